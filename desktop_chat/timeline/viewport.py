"""Which part of the rows is on screen. What a person reads never moves by itself. Pure.

The position is a row and its y, never a distance from the top of everything: rows may come before it, and above all
they may turn out higher or lower than estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from desktop_chat.timeline.height_index import HeightIndex

PAGE_OVERLAP = 40
"""px of the old page that stay on screen when a page is turned."""


class Placed(NamedTuple):
    """A row on screen: its top (negative: it begins above) and its height, px from the upper edge."""

    row: int
    top: int
    height: int

    @property
    def bottom(self) -> int:
        return self.top + self.height


Measure = Callable[[int], int]
"""Gives the height of a row in px, above 0. It must not change rows."""


class Viewport:
    """Over rows 0 … n-1 of `index`, which this alone changes. After anything that it is told, `settle` says what is on
    screen. Rows fewer than the screen holds stand at its lower edge.

    At the bottom it stays there whatever comes; elsewhere the first row on screen keeps its place: by its upper edge,
    by its lower one if the upper is not seen, and by the part of it that is if neither is.
    """

    def __init__(self, index: HeightIndex, height: int = 0) -> None:
        self.index = index
        self.height = height
        """Of the screen, px."""
        self.at_bottom = True
        self.row = 0
        """The anchor: the first row on screen."""
        self.y = 0
        """Its top."""
        self.to_bottom()

    # --- what there is ----------------------------------------------------------------------------------------

    def resize(self, height: int) -> None:
        """The screen is `height` px high now; its lower edge moves."""
        self.height = height

    def appended(self, count: int) -> None:
        self.index.append(count)

    def dropped_back(self, count: int) -> None:
        self.index.drop_back(count)
        if self.row >= len(self.index):
            self.to_bottom()

    def added_front(self, count: int) -> None:
        self.row += count if len(self.index) else 0
        self.index.add_front(count)

    def dropped_front(self, count: int) -> None:
        self.index.drop_front(count)
        self.row, self.y = (self.row - count, self.y) if self.row >= count else (0, 0)

    def changed(self, first: int, last: int) -> None:
        """Rows are other than they were measured; those on screen are measured again by `settle`."""
        for row in range(max(first, 0), min(last + 1, len(self.index))):
            if row != self.row:  # how high it was says by how much its lower edge would move
                self.index.forget(row)

    def opened(self, row: int, y: int) -> None:
        """A row whose top is at `y` is higher than it was measured, and it is the one that is read: its top stays."""
        self.index.forget(row)
        self.to_row(row, y)

    def rewrapped(self) -> None:
        """The width changed: no height is right any more."""
        count = len(self.index)
        before = self.index.height(self.row) if count else 0
        self.index.reset(count)
        if count:
            self.index.set(self.row, before)

    def reset(self, count: int) -> None:
        """Other rows altogether, seen from the bottom."""
        self.index.reset(count)
        self.to_bottom()

    # --- moving -----------------------------------------------------------------------------------------------

    def scroll_by(self, px: int) -> None:
        """Down if above 0."""
        if len(self.index) and (px < 0 or not self.at_bottom):
            if abs(px) > 4 * self.height:
                self.to_value(self.value() + px)
                return
            self.at_bottom = False
            self.y -= px

    def page(self, pages: int) -> None:
        """So many screens down, up if below 0."""
        self.scroll_by(pages * max(self.height - PAGE_OVERLAP, 1))

    def to_bottom(self) -> None:
        self.at_bottom = True
        self.row, self.y = 0, 0
        if len(self.index):
            self.row = len(self.index) - 1
            self.y = self.height - self.index.height(self.row)

    def to_top(self) -> None:
        self.to_row(0, 0)

    def to_row(self, row: int, y: int) -> None:
        """A row with its top at `y`, as far as the ends allow."""
        if len(self.index):
            self.at_bottom = False
            self.row, self.y = max(0, min(row, len(self.index) - 1)), y

    def reveal(self, row: int, measure: Measure) -> None:
        """Scrolls no more than it takes for a row to be seen whole, or its beginning if it is higher than the
        screen."""
        placed = {one.row: one for one in self.settle(measure)}.get(row)
        if placed is not None and placed.top >= 0 and placed.bottom <= self.height:
            return
        if not 0 <= row < len(self.index):
            return
        if row <= self.row:
            self.to_row(row, 0)
        else:
            self.to_row(row, max(0, self.height - measure(row)))

    def to_value(self, value: int) -> None:
        """Where the scroll bar was put: px from the top of everything, by what is known of heights."""
        if value >= self.maximum():
            self.to_bottom()
        else:
            row, top = self.index.row_at(value)
            self.to_row(row, top - max(value, 0))

    # --- what is seen -----------------------------------------------------------------------------------------

    def value(self) -> int:
        """For the scroll bar, 0 … `maximum`."""
        if self.at_bottom or not len(self.index):
            return self.maximum()
        return max(0, min(self.index.top(self.row) - self.y, self.maximum()))

    def maximum(self) -> int:
        return max(0, self.index.total() - self.height)

    def settle(self, measure: Measure) -> list[Placed]:
        """Measures what is on screen, puts the anchor on the first row of it, and tells where each row stands, from
        the first to the last. No blank is left at either end but above rows too few to fill the screen."""
        count = len(self.index)
        if not count or self.height <= 0:
            return []
        if not self.at_bottom:
            placed = self._settle_from_anchor(measure)
            if placed[-1].row < count - 1 or placed[-1].bottom > self.height:
                return placed
            self.at_bottom = True
        return self._settle_from_bottom(measure)

    def _settle_from_anchor(self, measure: Measure) -> list[Placed]:
        row, y = self.row, self.y
        known = self.index.height(row) if self.index.is_measured(row) else 0
        height = self._measure(row, measure)
        if y < 0 < known <= self.height - y:
            y += known - height  # its lower edge is what is seen
        elif y < 0 < known:
            y = y * height // known  # nothing but its inside is: so far into it
        while y > 0 and row > 0:
            row -= 1
            height = self._measure(row, measure)
            y -= height
        if row == 0:
            y = min(y, 0)
        while y + height <= 0 and row < len(self.index) - 1:
            y += height
            row += 1
            height = self._measure(row, measure)
        self.row, self.y = row, y
        placed = [Placed(row, y, height)]
        while placed[-1].bottom < self.height and row < len(self.index) - 1:
            row += 1
            placed.append(Placed(row, placed[-1].bottom, self._measure(row, measure)))
        return placed

    def _settle_from_bottom(self, measure: Measure) -> list[Placed]:
        row, y = len(self.index), self.height
        placed: list[Placed] = []
        while row > 0 and y > 0:
            row -= 1
            height = self._measure(row, measure)
            y -= height
            placed.append(Placed(row, y, height))
        self.row, self.y = row, y
        placed.reverse()
        return placed

    def _measure(self, row: int, measure: Measure) -> int:
        height = measure(row)
        self.index.set(row, height)
        return height
