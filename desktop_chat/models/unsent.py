"""What was written here of one log and is not in it yet: messages that wait, and changes under way. No Qt."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Raw

from chat_protocol.events import Event, EventClass, class_of
from chat_protocol.fold import fold_message, show
from chat_protocol.ids import Cid, MemberId, Ref, cid_ms
from desktop_chat.models.items import Item
from desktop_chat.store.contract import Delivery, OutboxRow


def is_message(row: OutboxRow) -> bool:
    return class_of(row.target, row.key) is EventClass.MESSAGE


def event_of(row: OutboxRow, me: MemberId, at_row: int = 0) -> Event:
    """The event as it will be in the log, but for its place there."""
    return Event(0, at_row, row.ts or cid_ms(row.cid), me, row.cid, row.kind, row.target, row.key, Raw(row.body))


class Unsent:
    """The outbox rows of one log, by the notices about them."""

    def __init__(self, me: MemberId, rows: Iterable[OutboxRow]) -> None:
        self._me = me
        self._rows = {row.cid: row for row in rows}
        self._in_order: tuple[list[OutboxRow], dict[Ref, list[OutboxRow]]] | None = None

    @property
    def waiting(self) -> Sequence[OutboxRow]:
        """The messages, in order of Send. Another list after each change."""
        return self._sorted()[0]

    def has(self, cid: Cid) -> bool:
        return cid in self._rows

    def put(self, row: OutboxRow) -> None:
        """A row is new or other than before."""
        self._rows[row.cid] = row
        self._in_order = None

    def drop(self, cid: Cid) -> OutboxRow | None:
        """The row whose event is in the log, or that is gone otherwise; None if it was dropped before."""
        self._in_order = None
        return self._rows.pop(cid, None)

    def place_of(self, ref: Ref) -> int | None:
        """Which of those that wait it is, from 0 on."""
        if ref.member != self._me or ref.cid not in self._rows:
            return None
        return next((place for place, row in enumerate(self.waiting) if row.cid == ref.cid), None)

    def item(self, place: int, at_row: int) -> Item:
        """A message that waits, as it is shown at `at_row`."""
        row = self.waiting[place]
        return self.changed(Item(show(event_of(row, self._me, at_row)), row.delivery, row.code, row.place))

    def about(self) -> Collection[Ref]:
        """The messages about which something was written here."""
        return self._sorted()[1].keys()

    def changed(self, item: Item) -> Item:
        """The item with what was written here about it. What was refused is told, before all else, and not applied."""
        for row in self._sorted()[1].get(item.shown.ref, ()):
            shown = item.shown
            if row.delivery is not Delivery.REFUSED:
                shown = fold_message(shown, event_of(row, self._me))
            item = item._replace(shown=shown)
            if item.change is Delivery.REFUSED:
                continue
            item = item._replace(change=row.delivery)
            if not item.is_waiting:
                item = item._replace(code=row.code, place=row.place)
        return item

    def _sorted(self) -> tuple[list[OutboxRow], dict[Ref, list[OutboxRow]]]:
        """The messages, and the changes by what they are about."""
        if self._in_order is None:
            rows = sorted(self._rows.values(), key=lambda row: row.place)
            changes: dict[Ref, list[OutboxRow]] = {}
            for row in rows:
                if row.target is not None:
                    changes.setdefault(row.target, []).append(row)
            self._in_order = [row for row in rows if is_message(row)], changes
        return self._in_order
