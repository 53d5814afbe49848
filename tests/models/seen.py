"""A view of a conversation that believes what it is told."""

from __future__ import annotations

from desktop_chat.models.items import Item
from desktop_chat.models.messages import Messages
from tests.models.counter import Counter


class Seen:
    """A view: it keeps what it was told, reads what it was told of, and nothing else."""

    def __init__(self, messages: Messages) -> None:
        self.messages = messages
        self.told: list[tuple[object, ...]] = []
        self.rows: dict[int, str] = {}
        self.moments: list[list[str]] = []
        """All rows as they were at each signal."""
        messages.rows_changed.connect(self._on_changed)
        messages.rows_added.connect(self._on_added)
        messages.rows_removed.connect(self._on_removed)
        messages.reset.connect(self._on_reset)
        messages.found.connect(lambda ref, row: self.told.append(("found", ref, row)))
        messages.authors_changed.connect(lambda: self.told.append(("authors",)))
        self._read(messages.first_row, messages.last_row)

    def apply(self, counter: Counter) -> list[tuple[object, ...]]:
        self.told.clear()
        self.messages.apply(counter.batch())
        assert self.rows == dict(rows_of(self.messages)), "what it was told of is all that changed"
        return list(self.told)

    def texts(self) -> list[str]:
        return list(self.rows.values())

    def _read(self, first: int, last: int) -> None:
        for row in range(first, last + 1):
            self.rows[row] = said(self.messages.item(row))

    def _on_changed(self, first: int, last: int) -> None:
        assert self.messages.first_row <= first <= last <= len(self.rows) + self.messages.first_row - 1
        self.told.append(("changed", first, last))
        self._read(first, last)
        self.moments.append(self.texts())

    def _on_added(self, count: int) -> None:
        self.told.append(("added", count))
        last = self.messages.last_row
        self._read(last - count + 1, last)
        self.moments.append(self.texts())

    def _on_removed(self, count: int) -> None:
        self.told.append(("removed", count))
        for row in sorted(self.rows)[-count:]:
            del self.rows[row]

    def _on_reset(self) -> None:
        self.told.append(("reset",))
        self.rows.clear()
        self._read(self.messages.first_row, self.messages.last_row)


def said(item: Item | None) -> str:
    """All of an item, short."""
    if item is None:
        return "?"
    shown = item.shown
    words = ["(deleted)" if shown.deleted else shown.text, *shown.reactions]
    words += [one.value for one in (item.delivery, item.change, item.code) if one is not None]
    words += [f"read by {len(item.read_by)}"] * bool(item.read_by)
    return " ".join(words + ["edited"] * (shown.edited_ts is not None))


def rows_of(messages: Messages) -> list[tuple[int, str]]:
    return [(row, said(messages.item(row))) for row in range(messages.first_row, messages.last_row + 1)]
