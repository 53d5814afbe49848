"""What a timeline shows of one conversation: the rows of its log, then what waits here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from msgspec import Raw
from PySide6.QtCore import QObject, Signal

from chat_protocol.events import Event, EventClass, class_of
from chat_protocol.fold import Shown, fold_message, show
from chat_protocol.ids import PEOPLE, LogId, MemberId, Ref, cid_ms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import (
    Disconnected,
    Extended,
    ExtendedBack,
    LogClosed,
    LoggedIn,
    LogHeld,
    Notice,
    RowChanged,
    RowGone,
    WindowChanged,
)
from desktop_chat.core.server import Server
from desktop_chat.models.distant import Distant
from desktop_chat.models.items import Author as Author
from desktop_chat.models.items import Item as Item
from desktop_chat.models.kept import Kept
from desktop_chat.models.pages import Pages
from desktop_chat.models.persons import author_of, member_of
from desktop_chat.store.contract import Delivery, HeldLog, OutboxRow

Batch = Sequence[tuple[Server, Notice]]

NEAR = 3_000
"""Rows below what is held that are fetched by extending it; farther ones are shown in a window."""
AHEAD = 500
"""Rows that are fetched beyond the one that is looked at."""
_SOON = 200
"""So near to the end of what is held, more is asked for."""


class Line(NamedTuple):
    """A message for copying as text."""

    row: int
    author: str
    ts: int
    text: str


class Messages(QObject):
    """Rows `first_row` … `head_row` are numbered as in the log; those that wait here follow, in order of Send, up to
    `last_row`. There are none while `last_row < first_row`.

    `apply` every batch of notices. It tells in this order what it did to the rows: `rows_changed` about old rows,
    `rows_removed` or `rows_added` at the end; or `reset` alone. An own message that comes into the log keeps its row
    if no other came before it, and is there exactly once at any time. Close it when done.
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
    """A `Ref` that was looked for and its row; row 0: the server doesn't show it."""
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
        self._authors: dict[MemberId, Author] = {}
        self._quotes: dict[Ref, Shown | None] = {}
        self._asked_down_to: int | None = None
        # Waiting rows first: what enters the log in between is then seen in both, and found by that.
        rows = [row for row in client.store.outbox(server.id) if row.log == log]
        self._held = client.store.held_log(server.id, log)
        self._rows = {row.place: row for row in rows if not self._is_in_log(row)}
        self._waiting: list[OutboxRow] = []
        self._changes: dict[Ref, list[OutboxRow]] = {}
        self._sort_rows()
        self.reopen()
        if kept is not None:
            kept.changed.connect(self._on_kept_changed)

    def close(self) -> None:
        """It is no longer shown: what the server kept ready for it is let go."""
        self._distant.close()

    # --- rows -------------------------------------------------------------------------------------------------

    @property
    def first_row(self) -> int:
        """The first that this person may read."""
        held = self._held
        if held is None or held.floor <= 1:
            return 1
        return held.before.row + 1

    @property
    def head_row(self) -> int:
        """The last of the log."""
        return self._held.at.row if self._held is not None else 0

    @property
    def last_row(self) -> int:
        return self.head_row + len(self._waiting)

    @property
    def is_closed(self) -> bool:
        """No longer readable at the server: a copy, which takes no more messages."""
        return self._held is not None and self._held.closed

    def item(self, row: int) -> Item | None:
        """None: not here yet. It is asked for by that, and `rows_changed` tells when it is."""
        if row > self.head_row:
            place = row - self.head_row - 1
            return self._waiting_item(row, self._waiting[place]) if place < len(self._waiting) else None
        shown = self._shown(row)
        if shown is None:
            self._ask(row)
            return None
        self._ask_ahead(row)
        return self._with_changes(Item(shown))

    def row_of(self, ref: Ref) -> int | None:
        """The row of a message that is here; `look_for` finds others."""
        for row, waiting in enumerate(self._waiting, self.head_row + 1):
            if ref == (self.server.me, waiting.cid):
                return row
        row_read = self._pages.row_of(ref)
        if row_read is not None:
            return row_read
        shown = self.client.store.message(self.server.id, self.log, ref) or self._distant.find(ref)
        return None if shown is None or shown.row > self.head_row else shown.row

    def look_for(self, ref: Ref) -> None:
        """`found` tells its row, at once if it is here."""
        row = self.row_of(ref)
        if row is not None:
            self.found.emit(ref, row)
        elif self._held is not None and not self._held.closed:
            self._distant.ask(ref)
        else:
            self.found.emit(ref, 0)

    def author(self, member: MemberId) -> Author:
        author = self._authors.get(member)
        if author is None:
            author = self._authors[member] = author_of(self.server, self.log, member, self._kept)
        return author

    def quoted(self, ref: Ref) -> Shown | None:
        """The message that a reply names, as it is shown now; None: it is not here."""
        if ref not in self._quotes:
            row = self.row_of(ref)
            item = self.item(row) if row is not None else None
            self._quotes[ref] = None if item is None else item.shown
        return self._quotes[ref]

    def lines(self, first: int, last: int) -> Iterator[Line]:
        """Rows `first` … `last` for copying, those that are not here and deleted ones left out."""
        row = first
        while row <= min(last, self.head_row):
            page = self._page(row, min(last, self.head_row))
            for shown in page:
                if not shown.deleted:
                    yield self._line(shown)
            row = page[-1].row + 1 if page else row + 1
        for row in range(max(first, self.head_row + 1), min(last, self.last_row) + 1):
            yield self._line(self._waiting_item(row, self._waiting[row - self.head_row - 1]).shown)

    def reopen(self) -> None:
        """The person looks here anew: what is new is new from here on."""
        self.read_row = self._last_read()

    # --- what happens -----------------------------------------------------------------------------------------

    def apply(self, batch: Batch) -> None:
        """What a batch of notices changes. Call it with each one, in order."""
        change = _Change(self.head_row, self._waiting)
        for server, notice in batch:
            if server is self.server:
                self._apply(notice, change)
        if change.is_reset:
            self._quotes.clear()
            self._sort_rows()
            self.reset.emit()
            return
        if change.is_outbox:
            self._sort_rows()
        self._tell(change)

    def _apply(self, notice: Notice, change: _Change) -> None:
        match notice:
            case Extended(log=log) if log == self.log:
                self._extended(notice, change)
            case Extended(log=log, events=events) if log == PEOPLE:
                self._forget_authors(event.key for event in events)
            case ExtendedBack(log=log) if log == self.log and self._held is not None:
                change.rows.append((notice.before.row + 1, self._held.before.row))
                change.refs.update(event.ref for event in notice.events if event.cls is EventClass.MESSAGE)
                self._pages.forget(notice.before.row + 1, self._held.before.row)
                self._held = replace(self._held, before=notice.before)
                self._asked_down_to = None
                if self.read_row is None:
                    self.reopen()
            case LogHeld(held=held) if held.log == self.log:
                self._anew(held, change)
            case LogHeld(held=held) if held.log == PEOPLE:
                self._forget_authors(None)
            case LogClosed(log=log, dropped=dropped) if log == self.log and self._held is not None:
                if dropped:
                    self._anew(None, change)
                else:
                    self._held = replace(self._held, closed=True)
            case RowChanged(row=row) if row.log == self.log:
                if row.place in self._rows or not self._is_in_log(row):
                    self._rows[row.place] = row
                    change.of_row(row)
            case RowGone(row=row) if row.log == self.log:
                if self._rows.pop(row.place, None) is not None:
                    change.of_row(row)
            case WindowChanged(window=number):
                self._window_changed(number, change)
            case LoggedIn() | Disconnected():
                self._asked_down_to = None
                if self._waiting:
                    change.rows.append((self.head_row + 1, self.head_row + 1))

    def _extended(self, notice: Extended, change: _Change) -> None:
        if self._held is None or notice.at.seq <= self._held.at.seq:
            return  # it was read already
        cids = {row.cid: row for row in self._rows.values()}
        for event in notice.events:
            row = cids.get(event.cid) if event.by == self.server.me else None
            if row is not None:
                del self._rows[row.place]
                change.of_row(row)
            if event.target is not None:
                change.refs.add(event.target)
        if notice.at.row > self._held.at.row:
            self._pages.forget(self._held.at.row + 1, notice.at.row)
        self._held = replace(self._held, at=notice.at)
        self._forget_authors(event.key for event in notice.events)

    def _anew(self, held: HeldLog | None, change: _Change) -> None:
        self._held = held
        self._pages.clear()
        self._asked_down_to = None
        self.read_row = self._last_read()
        change.is_reset = True

    def _window_changed(self, number: int, change: _Change) -> None:
        about = self._distant.asked(number)
        window = self._distant.changed(number)
        if window is None:
            return
        if window.messages:
            change.rows.append((window.messages[0].row, window.messages[-1].row))
        if isinstance(about, Ref) and (window.as_of is not None or window.failed is not None):
            shown = next((one for one in window.messages if one.ref == about), None)
            change.found.append((about, shown.row if shown is not None else 0))

    def _tell(self, change: _Change) -> None:
        for ref in change.refs:
            row = self._pages.row_of(ref)
            if row is not None:
                self._pages.forget(row, row)
                change.rows.append((row, row))
            self._quotes.pop(ref, None)
        if change.refs:
            change.rows += [(row, row) for row in self._pages.quoting(change.refs)]
        old_last = change.head + len(change.waiting)
        change.rows += [(row, row) for row in self._moved(change)]
        for first, last in _joined(change.rows, old_last):
            self.rows_changed.emit(first, last)
        if self.last_row < old_last:
            self.rows_removed.emit(old_last - self.last_row)
        elif self.last_row > old_last:
            self.rows_added.emit(self.last_row - old_last)
        for about, row in change.found:
            self.found.emit(about, row)

    def _moved(self, change: _Change) -> Iterator[int]:
        """Old rows of the waiting block that hold something else now."""
        for row, before in enumerate(change.waiting, change.head + 1):
            place = row - self.head_row - 1
            now = self._waiting[place] if 0 <= place < len(self._waiting) else None
            if now is not before and row <= self.last_row:
                yield row

    # --- single rows ------------------------------------------------------------------------------------------

    def _shown(self, row: int) -> Shown | None:
        if self._held is not None and row > self._held.before.row:
            return self._pages.get(row)
        return self._distant.get(row)

    def _waiting_item(self, row: int, waiting: OutboxRow) -> Item:
        event = self._event_of(waiting, row)
        return self._with_changes(Item(show(event), waiting.delivery, waiting.code, waiting.place))

    def _with_changes(self, item: Item) -> Item:
        """What was written here about the message and is not in the log yet."""
        for row in self._changes.get(item.shown.ref, ()):
            shown = item.shown
            if row.delivery is not Delivery.REFUSED:
                shown = fold_message(shown, self._event_of(row, shown.row))
            if item.is_waiting:
                item = item._replace(shown=shown, change=row.delivery)
            else:
                item = item._replace(shown=shown, change=row.delivery, code=row.code, place=row.place)
        return item

    def _event_of(self, row: OutboxRow, at: int) -> Event:
        ts = row.ts or cid_ms(row.cid)
        return Event(0, at, ts, self.server.me, row.cid, row.kind, row.target, row.key, Raw(row.body))

    def _line(self, shown: Shown) -> Line:
        return Line(shown.row, self.author(shown.by).name, shown.ts, shown.text)

    def _page(self, row: int, last: int) -> list[Shown]:
        """Messages from `row` on, as many as are read at once, those that are not held left out."""
        if self._held is not None and row > self._held.before.row:
            until = min(row + 1_000, last + 1)
            page = self.client.store.messages(self.server.id, self.log, before_row=until, limit=until - row)
            return [self._with_changes(Item(shown)).shown for shown in page]
        shown = self._distant.get(row)
        return [] if shown is None else [shown]

    # --- asking for more --------------------------------------------------------------------------------------

    def _ask(self, row: int) -> None:
        held = self._held
        if held is None or held.closed or not self.first_row <= row <= held.before.row:
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
        if class_of(row.target, row.key) is not EventClass.MESSAGE or row.delivery is Delivery.WAITING:
            return False
        return self.client.store.message(self.server.id, self.log, Ref(self.server.me, row.cid)) is not None

    def _sort_rows(self) -> None:
        self._waiting = []
        self._changes = {}
        for row in sorted(self._rows.values(), key=lambda row: row.place):
            if row.target is not None:
                self._changes.setdefault(row.target, []).append(row)
            elif row.key is None:
                self._waiting.append(row)

    def _forget_authors(self, keys: Iterable[str | None] | None) -> None:
        """All of them, or those whom `keys` are about."""
        members = set(self._authors) if keys is None else {member_of(key) for key in keys} & self._authors.keys()
        for member in members:
            if member is not None:
                del self._authors[member]
        if members:
            self.authors_changed.emit()

    def _on_kept_changed(self, key: str) -> None:
        if key.startswith("contact:"):
            self._forget_authors(None)


class _Change:
    """What a batch did to the rows; `head` and `waiting` as they were before."""

    def __init__(self, head: int, waiting: list[OutboxRow]) -> None:
        self.head = head
        self.waiting = waiting
        self.rows: list[tuple[int, int]] = []
        self.refs: set[Ref] = set()
        """Messages that are other than before."""
        self.found: list[tuple[Ref, int]] = []
        self.is_outbox = False
        self.is_reset = False

    def of_row(self, row: OutboxRow) -> None:
        self.is_outbox = True
        if row.target is not None:
            self.refs.add(row.target)


def _joined(ranges: Iterable[tuple[int, int]], last: int) -> Iterator[tuple[int, int]]:
    """The same rows in as few ranges, rising, none above `last`."""
    begun: tuple[int, int] | None = None
    for first, end in sorted((first, min(end, last)) for first, end in ranges):
        if first > end:
            continue
        if begun is not None and first <= begun[1] + 1:
            begun = begun[0], max(begun[1], end)
            continue
        if begun is not None:
            yield begun
        begun = first, end
    if begun is not None:
        yield begun
