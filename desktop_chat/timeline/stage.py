"""Which rows of a conversation stand where in the view: ties `Messages`, the layouts of rows and the viewport."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from PySide6.QtCore import QObject, QPointF, QRect, Signal

from chat_protocol.ids import Ref
from desktop_chat.models.messages import Messages
from desktop_chat.timeline.bubble import RowLayout
from desktop_chat.timeline.height_index import HeightIndex
from desktop_chat.timeline.metrics import Metrics
from desktop_chat.timeline.rows import Rows
from desktop_chat.timeline.viewport import Placed, Viewport

ESTIMATE = 64
"""px of a row that was never measured: the average of real conversations."""


class Stage(QObject):
    """Rows have the numbers of `Messages`, points and places are px of the view. After whatever moves, `settled`."""

    settled = Signal()
    added = Signal(int, int)
    """The first and the last of rows that came at the end."""
    moved = Signal(object)
    """By the old row, where rows that waited stand now: a dict."""
    found = Signal(int)
    """The row of a message that was looked for; 0: the server doesn't show it."""

    def __init__(self, metrics: Metrics, zone: tzinfo | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.metrics = metrics
        self.zone = zone
        self.size = (0, 0)
        self.rows: Rows | None = None
        self.placed: list[Placed] = []
        """What is on screen, with the numbers of rows."""
        self._place = Viewport(HeightIndex(0, ESTIMATE))
        self._first = 1
        """The row that is row 0 of `_place`."""
        self._goal: int | None = None
        """The row that was jumped to, until the person scrolls."""
        self._sought: Ref | None = None

    @property
    def messages(self) -> Messages | None:
        return self.rows.messages if self.rows is not None else None

    def show(self, messages: Messages) -> None:
        """Shows a conversation from the "new messages" line on; its end, if nothing is new or nothing was ever read."""
        self.leave()
        self.rows = Rows(messages, self.metrics, self.column.width(), self.zone)
        for signal, slot in self._connections(messages):
            signal.connect(slot)
        self._first = messages.first_row
        self._place.reset(self._count())
        if messages.read_row is not None and self.holds(messages.read_row):
            self._place.to_row(messages.read_row + 1 - self._first, self.metrics.line)
        self.settle()

    def leave(self) -> None:
        """Shows nothing."""
        if self.rows is not None:
            for signal, slot in self._connections(self.rows.messages):
                signal.disconnect(slot)
        self.rows = self._goal = self._sought = None
        self._place.reset(0)
        self.settle()

    def _connections(self, messages: Messages) -> list[tuple[Any, Callable[..., None]]]:
        return [
            (messages.rows_changed, self._on_rows_changed),
            (messages.rows_added, self._on_rows_added),
            (messages.rows_removed, self._on_rows_removed),
            (messages.reset, self._on_reset),
            (messages.found, self._on_found),
            (messages.authors_changed, self.lay_out_anew),
        ]

    # --- where things are -------------------------------------------------------------------------------------

    @property
    def column(self) -> QRect:
        """What the messages stand in."""
        width, height = self.size
        column = max(min(self.metrics.column_max, width - 2 * self.metrics.side), self.metrics.bubble_max // 4)
        return QRect((width - column) // 2, 0, column, height)

    @property
    def height(self) -> int:
        """Down to where messages end; below is a margin."""
        return self._place.height

    @property
    def at_bottom(self) -> bool:
        return self._place.at_bottom

    @property
    def value(self) -> int:
        """Of the scroll bar, 0 … `maximum`."""
        return self._place.value()

    @property
    def maximum(self) -> int:
        return self._place.maximum()

    def holds(self, row: int) -> bool:
        return 0 <= row - self._first < len(self._place.index)

    def layout(self, row: int | None) -> RowLayout | None:
        """None: the message is not here, or there is no such row."""
        return self.rows.layout(row) if self.rows is not None and row is not None and self.holds(row) else None

    def text(self, row: int) -> str:
        """All of a message's text; empty if it is not here."""
        item = self.messages.item(row) if self.messages is not None and self.holds(row) else None
        return item.shown.said if item is not None else ""

    def find(self, row: int | None) -> Placed | None:
        """Where a row stands, if it is on screen."""
        return next((one for one in self.placed if one.row == row), None)

    def row_at(self, y: float) -> int | None:
        """The row on screen that covers `y`, else the nearest one."""
        return next((one.row for one in self.placed if y < one.bottom), self.placed[-1].row if self.placed else None)

    def in_row(self, row: int, point: QPointF) -> QPointF:
        """A point of the view, as the layout of a row counts."""
        placed = self.find(row)
        return QPointF(point.x() - self.column.left(), point.y() - (placed.top if placed is not None else 0))

    def bubble(self, row: int | None) -> QRect | None:
        """Of a row that is on screen."""
        placed, layout = self.find(row), self.layout(row)
        if placed is None or layout is None:
            return None
        return layout.bubble.translated(self.column.left(), placed.top).toRect()

    def first_whole(self) -> int | None:
        """The first row whose beginning is on screen."""
        return next((one.row for one in self.placed if one.top >= 0), None)

    def last_whole(self) -> int | None:
        """The last row that is on screen to its end."""
        return next((one.row for one in reversed(self.placed) if one.bottom <= self.height), None)

    # --- moving -----------------------------------------------------------------------------------------------

    def resize(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._place.resize(max(0, height - self.metrics.pad))
        if self.rows is not None and self.rows.column != self.column.width():
            self.lay_out_anew()
        else:
            self.settle()

    def move(self, go: Callable[[Viewport], None]) -> None:
        """Wherever `go` leads; what was jumped to is left."""
        self._goal = None
        go(self._place)
        self.settle()

    def to_row(self, row: int) -> None:
        """With its surroundings: it keeps its place while they come."""
        self._goal = row
        self._place.to_row(row - self._first, self.height // 3)
        self.settle()

    def look_for(self, ref: Ref) -> None:
        """`found` tells."""
        if self.messages is not None:
            self._sought = ref
            self.messages.look_for(ref)

    def reveal(self, row: int) -> None:
        """Scrolls as far as it takes to see a row."""
        self._place.reveal(row - self._first, self._measure)
        self.settle()

    def settle(self) -> None:
        placed = self._place.settle(self._measure) if self.rows is not None else []
        self.placed = [Placed(row + self._first, top, height) for row, top, height in placed]
        self.settled.emit()

    def _measure(self, index: int) -> int:
        layout = self.layout(index + self._first)
        return layout.height if layout is not None else self._place.index.height(index)

    # --- what changes -----------------------------------------------------------------------------------------

    def use(self, metrics: Metrics) -> None:
        """Fonts and sizes may be others."""
        self.metrics = metrics
        if self.rows is not None:
            self.rows.metrics = metrics
        self.lay_out_anew()

    def lay_out_anew(self) -> None:
        """Any row may be higher or lower than before."""
        if self.rows is not None:
            self.rows.clear()
            self.rows.column = self.column.width()
            self._place.rewrapped()
        self.settle()

    def show_in_full(self, row: int) -> None:
        """A text of which only the beginning was shown: the rest of it comes below what is read."""
        if self.rows is not None:
            self.rows.show_in_full(row)
            if (here := self.find(row)) is not None:
                self._place.opened(row - self._first, here.top)
            self.settle()

    def set_line(self, text: str) -> None:
        """Over what waits here, why it does; empty: nothing keeps it."""
        if self.rows is not None and self.rows.line != text:
            self.rows.line = text
            self._on_rows_changed(self.rows.messages.head_row, self.rows.messages.last_row)

    def _count(self) -> int:
        messages = self.messages
        return max(0, messages.last_row - messages.first_row + 1) if messages is not None else 0

    def _hold(self, first: int, last: int) -> None:
        """Rows `first` … `last` are about to change: what a person reads beside them keeps its place."""
        if self._place.at_bottom:
            return
        steady = [one for one in self.placed if not first <= one.row <= last and self.layout(one.row) is not None]
        goal = self.find(self._goal)
        one = goal if goal is not None else next(iter(steady), None)
        if one is not None:
            self._place.to_row(one.row - self._first, one.top)

    def _on_rows_changed(self, first: int, last: int) -> None:
        if self.rows is None:
            return
        if moved := self.rows.take_moved():
            self.moved.emit(moved)
        # A row's name, date and corners hang on its neighbours.
        first, last = first - 1, last + 1
        self._hold(first, last)
        self.rows.forget(first, last)
        self._take_first_row(self.rows.messages.first_row)
        self._place.changed(first - self._first, last - self._first)
        self.settle()

    def _take_first_row(self, first: int) -> None:
        """Rows may have become readable above the first, or be no longer."""
        if first < self._first:
            self._place.added_front(self._first - first)
        elif first > self._first:
            self._place.dropped_front(first - self._first)
        self._first = first

    def _on_rows_added(self, count: int) -> None:
        if self.rows is None:
            return
        last = self.rows.messages.last_row
        self.rows.forget(last - count + 1, last)
        self.rows.join(last - count)
        self._place.appended(count)
        self.settle()
        self.added.emit(last - count + 1, last)

    def _on_rows_removed(self, count: int) -> None:
        if self.rows is None:
            return
        last = self.rows.messages.last_row
        self.rows.forget(last, last + count)
        self._place.dropped_back(count)
        self.settle()

    def _on_reset(self) -> None:
        if self.rows is None:
            return
        if moved := self.rows.take_moved():
            self.moved.emit(moved)
        row, y, at_bottom = self._place.row + self._first, self._place.y, self._place.at_bottom
        self.rows.clear()
        self._first = self.rows.messages.first_row
        self._place.reset(self._count())
        if not at_bottom and self.holds(row):
            self._place.to_row(row - self._first, y)
        self.settle()

    def _on_found(self, ref: Ref, row: int) -> None:
        if ref == self._sought:
            self._sought = None
            self.found.emit(row)
