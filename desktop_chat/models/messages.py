"""What a timeline shows of one conversation: the rows of its log, then what waits here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from chat_protocol.events import EventClass
from chat_protocol.fold import Shown
from chat_protocol.ids import PEOPLE, LogId, MemberId, Ref
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Disconnected, LoggedIn, Notice, Signalled, StartedOver, WindowChanged
from desktop_chat.core.marks import hidden_key
from desktop_chat.core.server import Server
from desktop_chat.models.distant import Distant
from desktop_chat.models.items import Item as Item
from desktop_chat.models.items import Line
from desktop_chat.models.kept import Kept
from desktop_chat.models.pages import Pages
from desktop_chat.models.persons import Person, member_of, person_in
from desktop_chat.models.unsent import Unsent, is_message
from desktop_chat.store.contract import (
    Extended,
    ExtendedBack,
    HeldLog,
    LogClosed,
    LogHeld,
    Marked,
    OutboxRow,
    RowChanged,
    RowGone,
)

Batch = Sequence[tuple[Server, Notice]]

NEAR = 3_000
"""Rows below what is held that are fetched by extending it; farther ones are shown in a window."""
AHEAD = 500
"""Rows that are fetched beyond the one that is looked at."""
_SOON = 200
"""So near to the end of what is held, more is asked for."""


class Messages(QObject):
    """Rows `first_row` … `head_row` are numbered as in the log; those that wait here follow, in order of Send, up to
    `last_row`. There are none while `last_row < first_row`.

    `apply` every batch of notices. It tells in this order what it did to the rows: `rows_removed` from the end,
    `rows_changed` about those that stay, `rows_added` at the end; or `reset` alone. An own message that comes into the
    log keeps its row if no other came before it, and is there exactly once at any time. Close it when done.
    """

    rows_changed = Signal(int, int)
    """First and last row that are to be read again: of those that were read of late, others may have changed too."""
    rows_added = Signal(int)
    """So many at the end."""
    rows_removed = Signal(int)
    """So many at the end: what waited was taken back."""
    reset = Signal()
    """Everything may be other than before, the numbers of rows too."""
    found = Signal(object, int)
    """A `Ref` that was looked for and its row; row 0: it is not to be had."""
    authors_changed = Signal()
    """Names or roles of authors."""

    def __init__(
        self, client: Client, server: Server, log: LogId, kept: Kept | None = None, parent: QObject | None = None
    ) -> None:
        """`kept` gives contacts their own names."""
        super().__init__(parent)
        self.client = client
        self.server = server
        self.log = log
        self.read_row: int | None = None
        """The last row that was read when this was made or at `reopen`; the line "new messages" stands under it. None:
        there was nothing new, or it is not known where."""
        self._kept = kept
        self._pages = Pages(client.store, server.id, log)
        self._distant = Distant(server, log)
        self._authors: dict[MemberId, Person] = {}
        self._asked_down_to: int | None = None
        self._missed_up_to = self._head_at_login()
        """What comes up to this seq was said while there was no connection."""
        self._held: HeldLog | None = None
        self._unsent = Unsent(server.me, ())
        self._readers: dict[MemberId, int] = {}
        self._first_row = 1
        self._read()
        if kept is not None:
            kept.changed.connect(self._on_kept_changed)

    def close(self) -> None:
        """It is no longer shown: what the server kept ready for it is let go."""
        self._distant.close()
        if self._kept is not None:
            self._kept.changed.disconnect(self._on_kept_changed)

    # --- rows -------------------------------------------------------------------------------------------------

    @property
    def first_row(self) -> int:
        """The first that this person may read."""
        return self._first_row

    @property
    def head_row(self) -> int:
        """The last of the log."""
        return self._held.at.row if self._held is not None else 0

    @property
    def last_row(self) -> int:
        return self.head_row + len(self._unsent.waiting)

    @property
    def is_closed(self) -> bool:
        """No longer readable at the server: a copy, which takes no more messages."""
        return self._held is not None and self._held.closed

    def item(self, row: int) -> Item | None:
        """None: not here yet. It is asked for by that, and `rows_changed` tells when it is."""
        if not self.first_row <= row <= self.last_row:
            return None
        if row > self.head_row:
            return self._unsent.item(row - self.head_row - 1, row)
        shown = self._shown(row)
        if shown is None:
            self._ask(row)
            return None
        self._ask_ahead(row)
        return self._unsent.changed(Item(shown, read_by=self._readers_of(shown)))

    def _readers_of(self, shown: Shown) -> tuple[MemberId, ...]:
        if shown.by != self.server.me or (self._kept is not None and self._kept.hides("read")):
            return ()
        return tuple(member for member, seq in self._readers.items() if seq >= shown.seq)

    def row_of(self, ref: Ref) -> int | None:
        """The row of a message that is here; `look_for` finds others."""
        row = self._row_read(ref)
        if row is None and (shown := self.client.store.message(self.server.id, self.log, ref)) is not None:
            row = shown.row
        return row if row is not None and self.first_row <= row <= self.last_row else None

    def look_for(self, ref: Ref) -> None:
        """`found` tells its row: at once if it is here, or can't be asked for."""
        row = self.row_of(ref)
        if row is None and self.server.is_connected and self._held is not None and not self._held.closed:
            self._distant.ask(ref)
        else:
            self.found.emit(ref, row or 0)

    def author(self, member: MemberId) -> Person:
        author = self._authors.get(member)
        if author is None:
            author = self._authors[member] = person_in(self.server, self.log, member, self._kept)
        return author

    def quoted(self, ref: Ref) -> Shown | None:
        """The message that a reply names, as it is shown now; None: it is not here."""
        row = self._row_read(ref)
        if row is not None and row > self.head_row:
            return self._unsent.item(row - self.head_row - 1, row).shown
        shown = self._shown(row) if row is not None else self.client.store.message(self.server.id, self.log, ref)
        return None if shown is None else self._unsent.changed(Item(shown)).shown

    def lines(self, first: int, last: int) -> Iterator[Line]:
        """Rows `first` … `last` for copying, those that are not here and deleted ones left out."""
        held_from = self._held.before.row + 1 if self._held is not None else self.head_row + 1
        for row in range(max(first, self.first_row), min(last + 1, held_from)):
            if (shown := self._distant.get(row)) is not None:
                yield from self._line(self._unsent.changed(Item(shown)).shown)
        yield from self._held_lines(max(first, self.first_row, held_from), min(last, self.head_row))
        for row in range(max(first, self.head_row + 1), min(last, self.last_row) + 1):
            yield from self._line(self._unsent.item(row - self.head_row - 1, row).shown)

    def _held_lines(self, first: int, last: int) -> Iterator[Line]:
        """Of a hundred thousand messages too: nothing of them is read but what they say."""
        store, server, log = self.client.store, self.server.id, self.log
        names: dict[MemberId, str] = {}
        about = (store.message(server, log, ref) for ref in self._unsent.about())
        changed = {shown.row: self._unsent.changed(Item(shown)).shown for shown in about if shown is not None}
        for row, by, ts, text in store.said(server, log, first, last) if first <= last else ():
            if row in changed:
                yield from self._line(changed[row])
                continue
            name = names.get(by)
            if name is None:
                name = names[by] = self.author(by).name
            yield row, name, ts, text

    def _line(self, shown: Shown) -> Iterator[Line]:
        if not shown.deleted:
            yield shown.row, self.author(shown.by).name, shown.ts, shown.said

    def reopen(self) -> None:
        """The person looks here anew: what is not read now is what is new. Call it before that is marked as read."""
        before, self.read_row = self.read_row, self._last_read()
        if self.read_row != before:
            rows = [(row, row + 1) for row in (before, self.read_row) if row is not None]
            for first, last in _joined(rows, self.first_row, self.last_row):
                self.rows_changed.emit(first, last)

    # --- what happens -----------------------------------------------------------------------------------------

    def apply(self, batch: Batch) -> None:
        """What a batch of notices changes. Call it with each one, in order."""
        change = _Change(self.head_row, self._unsent.waiting)
        for server, notice in batch:
            if server is self.server:
                self._apply(notice, change)
        if change.is_reset:
            self.reset.emit()
        else:
            self._tell(change)
        if change.authors & self._authors.keys():
            self._forget_authors(change.authors)
        for ref, row in change.found:
            self.found.emit(ref, row)

    def _apply(self, notice: Notice, change: _Change) -> None:
        match notice:
            case Extended(log=log) if log == self.log:
                self._extended(notice, change)
            case ExtendedBack(log=log) if log == self.log:
                self._extended_back(notice, change)
            case Extended(log=log, events=events) if log == PEOPLE:
                change.authors.update(member for event in events if (member := member_of(event.key)) is not None)
            case LogHeld(held=held) if held.log == self.log:
                self._read()
                change.is_reset = True
            case LogHeld(held=held) if held.log == PEOPLE:
                change.authors.update(self._authors)
            case LogClosed(log=log, dropped=dropped) if log == self.log and self._held is not None:
                if dropped:
                    self._read()
                    change.is_reset = True
                else:
                    self._held = replace(self._held, closed=True)
            case Marked(log=log, seq=seq) if log == self.log and self._held is not None:
                self._held = replace(self._held, mark=max(seq, self._held.mark))
            case Signalled(log=log, kind="read", by=by, seq=int(seq)) if log == self.log and by != self.server.me:
                before = self._readers.get(by, 0)
                self._readers[by] = max(seq, before)
                mine = (shown for shown in self._at_hand() if shown.by == self.server.me)
                change.rows += [(shown.row, shown.row) for shown in mine if before < shown.seq <= seq]
            case RowChanged(row=row) if row.log == self.log:
                if self._unsent.has(row.cid) or not self._is_in_log(row):
                    self._unsent.put(row)
                    change.about(row)
            case RowGone(row=row) if row.log == self.log:
                change.about(self._unsent.drop(row.cid))
            case WindowChanged():
                self._window_changed(notice, change)
            case LoggedIn() | Disconnected() | StartedOver():
                self._missed_up_to = self._head_at_login()
                # What was asked for may be forgotten there; and a line above what waits says that the server rests.
                self._asked_down_to = None
                change.rows.append((self.head_row + 1, self.head_row + 1))

    def _read(self) -> None:
        """Everything anew. The store may be ahead of the notices: what they tell of it then changes nothing."""
        with self.client.store.together():  # so that what waits is not in the log too
            rows = [row for row in self.client.store.outbox(self.server.id) if row.log == self.log]
            self._held = self.client.store.held_log(self.server.id, self.log)
        self._unsent = Unsent(self.server.me, rows)
        self._readers = dict(self.server.session.readers(self.log))
        self._pages.clear()
        self._asked_down_to = None
        self._first_row = 1
        self._find_first_row()
        self.read_row = self._last_read()

    def _extended(self, notice: Extended, change: _Change) -> None:
        held = self._held
        if held is None or notice.at.seq <= held.at.seq:
            return  # it was read already
        for event in notice.events:
            if event.by == self.server.me:
                change.about(self._unsent.drop(event.cid))
            if event.target is not None:
                change.refs.add(event.target)
            if (member := member_of(event.key)) is not None:
                change.authors.add(member)
        self._held = replace(held, at=notice.at)
        if held.at.seq < self._missed_up_to:
            self._find_line(change)

    def _extended_back(self, notice: ExtendedBack, change: _Change) -> None:
        held = self._held
        if held is None or notice.before.seq >= held.before.seq:
            return
        change.rows.append((notice.before.row + 1, held.before.row))
        change.refs.update(event.ref for event in notice.events if event.cls is EventClass.MESSAGE)
        self._held = replace(held, before=notice.before)
        self._asked_down_to = None
        before = self._first_row
        self._find_first_row()
        if self._first_row != before:
            change.is_reset = True
        self._find_line(change)

    def _find_line(self, change: _Change) -> None:
        """Where what is new begins, if that was not known: more is held, or what was missed came."""
        if self.read_row is None and (row := self._last_read()) is not None:
            self.read_row = row
            change.rows.append((row, row + 1))

    def _window_changed(self, notice: WindowChanged, change: _Change) -> None:
        about = self._distant.about(notice.window)
        window = self._distant.changed(notice.window)
        if window is None:
            return
        change.rows += [(shown.row, shown.row) for shown in notice.messages]
        change.refs.update(shown.ref for shown in notice.messages)
        if isinstance(about, Ref) and (window.as_of is not None or window.failed is not None):
            self._distant.settle(notice.window)
            change.found.append((about, self.row_of(about) or 0))

    def _tell(self, change: _Change) -> None:
        if change.refs:
            changed = list(self._rows_read(change.refs))
            change.rows += [(row, row) for row in (*changed, *self._quoting(change.refs))]
            self._pages.forget(changed)
        change.rows += [(row, row) for row in self._moved(change)]
        old_last = change.head + len(change.waiting)
        if self.last_row < old_last:
            self.rows_removed.emit(old_last - self.last_row)
        for first, last in _joined(change.rows, self.first_row, min(old_last, self.last_row)):
            self.rows_changed.emit(first, last)
        if self.last_row > old_last:
            self.rows_added.emit(self.last_row - old_last)

    def _moved(self, change: _Change) -> Iterator[int]:
        """Old rows of the waiting block that hold something else now."""
        for row, before in enumerate(change.waiting, change.head + 1):
            place = row - self.head_row - 1
            now = self._unsent.waiting[place] if 0 <= place < len(self._unsent.waiting) else None
            if now is not before:
                yield row

    # --- single rows ------------------------------------------------------------------------------------------

    def _shown(self, row: int) -> Shown | None:
        if self._held is not None and row > self._held.before.row:
            return self._pages.get(row)
        return self._distant.get(row)

    def _at_hand(self) -> Iterator[Shown]:
        """What was read of late, and what windows show."""
        yield from self._pages
        yield from self._distant

    def _row_read(self, ref: Ref) -> int | None:
        """Of a message that waits or was read of late: without a look into the store."""
        return next(self._rows_read({ref}), None)

    def _rows_read(self, refs: Collection[Ref]) -> Iterator[int]:
        for ref in refs:
            if (place := self._unsent.place_of(ref)) is not None:
                yield self.head_row + 1 + place
            elif (row := self._pages.row_of(ref)) is not None:
                yield row
        yield from (shown.row for shown in self._distant if shown.ref in refs)

    def _quoting(self, refs: set[Ref]) -> Iterator[int]:
        """Rows that wait or were read of late and answer one of `refs`."""
        yield from (shown.row for shown in self._at_hand() if shown.reply in refs)
        for place in range(len(self._unsent.waiting)):
            row = self.head_row + 1 + place
            if self._unsent.item(place, row).shown.reply in refs:
                yield row

    # --- asking for more --------------------------------------------------------------------------------------

    def _ask(self, row: int) -> None:
        held = self._held
        if held is None or held.closed or row > held.before.row:
            return
        if held.before.row - row < NEAR:
            self._extend_down_to(row - AHEAD)
        else:
            self._distant.ask(row)

    def _ask_ahead(self, row: int) -> None:
        held = self._held
        if held is None or held.closed or held.before.row < self.first_row:
            return
        if held.before.row < row <= held.before.row + _SOON:
            self._extend_down_to(held.before.row - AHEAD)

    def _extend_down_to(self, row: int) -> None:
        row = max(row, self.first_row)
        if self._asked_down_to is None or row < self._asked_down_to:
            self._asked_down_to = row
            self.server.page(self.log, row)

    # --- facts ------------------------------------------------------------------------------------------------

    def _find_first_row(self) -> None:
        """While it is not known the first held row counts as it."""
        held = self._held
        if held is not None:
            state = self.client.store.values(self.server.id, self.log, f"in:{self.server.me}")
            first = rooms.first_row(held, state, self.server.me)
            self._first_row = held.before.row + 1 if first is None else first

    def _head_at_login(self) -> int:
        head = self.server.session.sync.heads.get(self.log)
        return head.at.seq if head is not None else 0

    def _last_read(self) -> int | None:
        """Own messages right under the mark count as read."""
        held = self._held
        if held is None or held.mark >= held.at.seq or held.mark < held.before.seq:
            return None
        there = self.client.store.position(self.server.id, self.log, held.mark)
        row = there.row if there is not None else held.before.row
        while row < held.at.row and (shown := self._shown(row + 1)) is not None and shown.by == self.server.me:
            row += 1
        return row if row < held.at.row else None

    def _is_in_log(self, row: OutboxRow) -> bool:
        """Of a message written here; a change is in it when it is no longer in the outbox."""
        if not is_message(row):
            return False
        return self.client.store.message(self.server.id, self.log, Ref(self.server.me, row.cid)) is not None

    def _forget_authors(self, members: Iterable[MemberId]) -> None:
        for member in list(members):
            self._authors.pop(member, None)
        self.authors_changed.emit()

    def _on_kept_changed(self, key: str) -> None:
        if key.startswith("contact:"):
            self._forget_authors(self._authors)
        elif key == hidden_key("read"):
            mine = [(shown.row, shown.row) for shown in self._at_hand() if shown.by == self.server.me]
            for first, last in _joined(mine, self.first_row, self.head_row):
                self.rows_changed.emit(first, last)


class _Change(Struct):
    """What a batch does to the rows."""

    head: int
    """As it was before, like `waiting`."""
    waiting: Sequence[OutboxRow]
    rows: list[tuple[int, int]] = []
    refs: set[Ref] = field(default_factory=set)
    """Messages that are other than before."""
    authors: set[MemberId] = field(default_factory=set)
    found: list[tuple[Ref, int]] = []
    is_reset: bool = False

    def about(self, row: OutboxRow | None) -> None:
        """An own event came, went, or is elsewhere."""
        if row is not None and row.target is not None:
            self.refs.add(row.target)


def _joined(ranges: Iterable[tuple[int, int]], lowest: int, highest: int) -> Iterator[tuple[int, int]]:
    """The same rows in as few ranges, rising, none beyond the bounds."""
    begun: tuple[int, int] | None = None
    for first, last in sorted((max(first, lowest), min(last, highest)) for first, last in ranges):
        if first > last:
            continue
        if begun is not None and first <= begun[1] + 1:
            begun = begun[0], max(begun[1], last)
            continue
        if begun is not None:
            yield begun
        begun = first, last
    if begun is not None:
        yield begun
