"""Heights of many rows, of which only those ever shown are measured. Pure.

A row that was not measured counts as the estimate. Blocks of rows keep their heights: a look-up goes over the blocks
and then over the rows of one, so with a million rows it takes some tens of microseconds. A row takes 4 bytes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate

_BLOCK = 1024


class HeightIndex:
    """Rows are counted from 0, heights are whole px above 0."""

    def __init__(self, count: int, estimate: int) -> None:
        if estimate <= 0:
            raise ValueError("a row has a height")
        self._estimate = estimate
        self.reset(count)

    def reset(self, count: int) -> None:
        """`count` rows, none of them measured."""
        self._start = 0
        """Where row 0 lies: what is before it is room for rows at the front."""
        self._heights = _unmeasured(count)
        self._blocks = [_BLOCK * self._estimate] * (count // _BLOCK)
        if count % _BLOCK:
            self._blocks.append(count % _BLOCK * self._estimate)
        self._total = count * self._estimate

    def __len__(self) -> int:
        return len(self._heights) - self._start

    def total(self) -> int:
        """The height of all rows."""
        return self._total

    def height(self, row: int) -> int:
        return self._heights[self._at(row)] or self._estimate

    def is_measured(self, row: int) -> bool:
        return self._heights[self._at(row)] > 0

    def set(self, row: int, height: int) -> None:
        """A row was measured."""
        if height <= 0:
            raise ValueError("a row has a height")
        self._put(self._at(row), height)

    def forget(self, row: int) -> None:
        """A row is other than when it was measured."""
        self._put(self._at(row), 0)

    def top(self, row: int) -> int:
        """Where a row begins; for `len(self)` where the last one ends."""
        if not 0 <= row <= len(self):
            raise IndexError(row)
        at = self._start + row
        block = at // _BLOCK
        return sum(self._blocks[:block]) + self._height_of(block * _BLOCK, at)

    def row_at(self, y: int) -> tuple[int, int]:
        """The row that covers `y` and where it begins; the first or the last one beyond the ends. Raises `IndexError`
        when there are no rows."""
        if not len(self):
            raise IndexError(y)
        y = max(0, min(y, self._total - 1))
        tops = list(accumulate(self._blocks, initial=0))
        block = bisect_right(tops, y) - 1
        first = max(block * _BLOCK, self._start)
        rows = self._heights[first : (block + 1) * _BLOCK]
        tops = list(accumulate([height or self._estimate for height in rows], initial=tops[block]))
        place = bisect_right(tops, y) - 1
        return first + place - self._start, tops[place]

    def append(self, count: int) -> None:
        """`count` rows more at the end."""
        end = len(self._heights)
        self._heights.extend(_unmeasured(count))
        self._blocks += [0] * (-(-len(self._heights) // _BLOCK) - len(self._blocks))
        self._add_up(end, len(self._heights))
        self._total += count * self._estimate

    def drop_back(self, count: int) -> None:
        """`count` rows fewer at the end."""
        self._check(count)
        end = len(self._heights) - count
        self._total -= self._height_of(end, len(self._heights))
        del self._heights[end:]
        del self._blocks[-(-end // _BLOCK) :]
        self._add_up(end - 1, end)

    def add_front(self, count: int) -> None:
        """`count` rows more before the first, which is row `count` from now on."""
        if count > self._start:
            blocks = -(-(count - self._start) // _BLOCK)
            self._heights = _unmeasured(blocks * _BLOCK) + self._heights
            self._blocks[:0] = [0] * blocks
            self._start += blocks * _BLOCK
        self._start -= count
        self._add_up(self._start, self._start + count)
        self._total += count * self._estimate

    def drop_front(self, count: int) -> None:
        """`count` rows fewer at the beginning: what was row `count` is the first from now on."""
        self._check(count)
        start, end = self._start, self._start + count
        self._total -= self._height_of(start, end)
        self._heights[start:end] = _unmeasured(count)
        self._start = end
        self._add_up(start, end)

    def _check(self, count: int) -> None:
        if not 0 <= count <= len(self):
            raise IndexError(count)

    def _at(self, row: int) -> int:
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self._start + row

    def _put(self, at: int, height: int) -> None:
        change = (height or self._estimate) - (self._heights[at] or self._estimate)
        self._heights[at] = height
        self._blocks[at // _BLOCK] += change
        self._total += change

    def _add_up(self, first: int, end: int) -> None:
        """Of the blocks that hold `first` … `end` - 1."""
        for block in range(max(first, 0) // _BLOCK, -(-end // _BLOCK)):
            self._blocks[block] = self._height_of(block * _BLOCK, (block + 1) * _BLOCK)

    def _height_of(self, first: int, end: int) -> int:
        """Of what there is between, in one block or over several."""
        rows = self._heights[max(first, self._start) : max(end, self._start)]
        return sum(rows) + rows.count(0) * self._estimate


def _unmeasured(count: int) -> array[int]:
    return array("i", bytes(4 * count))
