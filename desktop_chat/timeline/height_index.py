"""Heights of many rows, of which only those ever shown are measured. Pure.

A row that was not measured counts as the estimate. Blocks of rows keep their sums: a look-up goes over the blocks and
then over the rows of one, so a million rows take some tens of microseconds and 4 bytes each.
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
        """Where row 0 lies: before it is room for rows at the front, the whole of which counts for nothing."""
        self._heights = array("i", bytes(4 * count))
        blocks = -(-count // _BLOCK)
        self._sums = [0] * blocks
        self._measured = [0] * blocks
        self._sum = self._known = 0

    def __len__(self) -> int:
        return len(self._heights) - self._start

    def total(self) -> int:
        """The height of all rows."""
        return self._sum + (len(self) - self._known) * self._estimate

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
        at = self._start + row
        if not self._start <= at <= len(self._heights):
            raise IndexError(row)
        block = at // _BLOCK
        measured = sum(self._measured[:block])
        rows = self._heights[block * _BLOCK : at]
        measured += len(rows) - rows.count(0)
        return sum(self._sums[:block]) + sum(rows) + (row - measured) * self._estimate

    def row_at(self, y: int) -> tuple[int, int]:
        """The row that covers `y` and where it begins; the first or the last one beyond the ends. Raises `IndexError`
        when there are no rows."""
        if not len(self):
            raise IndexError(y)
        y = max(0, min(y, self.total() - 1))
        tops = list(accumulate(map(self._block_height, range(len(self._sums))), initial=0))
        block = bisect_right(tops, y, hi=len(tops) - 1) - 1
        top = tops[block]
        at = max(block * _BLOCK, self._start)
        while (bottom := top + (self._heights[at] or self._estimate)) <= y:
            top, at = bottom, at + 1
        return at - self._start, top

    def append(self, count: int) -> None:
        """`count` rows more at the end."""
        self._heights.extend(array("i", bytes(4 * count)))
        more = -(-len(self._heights) // _BLOCK) - len(self._sums)
        self._sums += [0] * more
        self._measured += [0] * more

    def drop_back(self, count: int) -> None:
        """`count` rows fewer at the end."""
        self._check(count)
        for at in range(len(self._heights) - count, len(self._heights)):
            self._put(at, 0)
        if count:
            del self._heights[-count:]
        blocks = -(-len(self._heights) // _BLOCK)
        del self._sums[blocks:], self._measured[blocks:]

    def add_front(self, count: int) -> None:
        """`count` rows more before the first, which is row `count` from now on."""
        if count > self._start:
            blocks = -(-(count - self._start) // _BLOCK)
            self._heights = array("i", bytes(4 * blocks * _BLOCK)) + self._heights
            self._sums[:0] = self._measured[:0] = [0] * blocks
            self._start += blocks * _BLOCK
        self._start -= count

    def drop_front(self, count: int) -> None:
        """`count` rows fewer at the beginning: what was row `count` is the first from now on."""
        self._check(count)
        for at in range(self._start, self._start + count):
            self._put(at, 0)
        self._start += count

    def _check(self, count: int) -> None:
        if not 0 <= count <= len(self):
            raise IndexError(count)

    def _at(self, row: int) -> int:
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self._start + row

    def _put(self, at: int, height: int) -> None:
        old = self._heights[at]
        if old == height:
            return
        block = at // _BLOCK
        self._heights[at] = height
        self._sums[block] += height - old
        self._sum += height - old
        change = (height > 0) - (old > 0)
        self._measured[block] += change
        self._known += change

    def _block_height(self, block: int) -> int:
        rows = min(len(self._heights), (block + 1) * _BLOCK) - max(self._start, block * _BLOCK)
        return self._sums[block] + (max(rows, 0) - self._measured[block]) * self._estimate
