"""The heights of rows are those of a plain list that is summed up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from desktop_chat.timeline.height_index import HeightIndex

ESTIMATE = 40
heights = st.integers(1, 500)
counts = st.integers(0, 2_500)
"""More than two blocks."""


class AgainstList(RuleBasedStateMachine):
    """`rows` holds the measured height of each, or None."""

    @initialize(count=counts)
    def begin(self, count: int) -> None:
        self.index = HeightIndex(count, ESTIMATE)
        self.rows: list[int | None] = [None] * count

    @rule(count=counts)
    def append(self, count: int) -> None:
        self.index.append(count)
        self.rows += [None] * count

    @rule(count=counts)
    def add_front(self, count: int) -> None:
        self.index.add_front(count)
        self.rows[:0] = [None] * count

    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        count = data.draw(st.integers(0, len(self.rows)))
        if data.draw(st.booleans()):
            self.index.drop_front(count)
            del self.rows[:count]
        else:
            self.index.drop_back(count)
            del self.rows[len(self.rows) - count :]

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), new=st.lists(st.one_of(heights, st.none()), min_size=1, max_size=20))
    def set_or_forget(self, data: st.DataObject, new: list[int | None]) -> None:
        first = data.draw(st.integers(0, len(self.rows) - 1))
        for row, height in enumerate(new[: len(self.rows) - first], first):
            if height is None:
                self.index.forget(row)
            else:
                self.index.set(row, height)
            self.rows[row] = height

    @rule(count=counts)
    def reset(self, count: int) -> None:
        self.index.reset(count)
        self.rows = [None] * count

    @invariant()
    def is_the_same(self) -> None:
        if not hasattr(self, "index"):
            return
        all_ = [height or ESTIMATE for height in self.rows]
        tops = [0]
        for height in all_:
            tops.append(tops[-1] + height)
        assert len(self.index) == len(all_)
        assert self.index.total() == tops[-1]
        for row in {0, 1, 1023, 1024, 1025, 2048, len(all_) // 2, len(all_) - 2, len(all_) - 1}:
            if 0 <= row < len(all_):
                assert self.index.height(row) == all_[row]
                assert self.index.is_measured(row) == (self.rows[row] is not None)
                assert self.index.top(row) == tops[row]
                for y in (tops[row], tops[row + 1] - 1):
                    assert self.index.row_at(y) == (row, tops[row])
        assert self.index.top(len(all_)) == tops[-1]
        if all_:
            assert self.index.row_at(-7) == (0, 0)
            assert self.index.row_at(tops[-1] + 7) == (len(all_) - 1, tops[-2])


TestAgainstList = AgainstList.TestCase
TestAgainstList.settings = settings(max_examples=40, stateful_step_count=20)


@given(st.lists(heights, min_size=1, max_size=60), st.data())
def test_every_y_is_covered_by_one_row(rows: list[int], data: st.DataObject) -> None:
    index = HeightIndex(len(rows), ESTIMATE)
    for row, height in enumerate(rows):
        index.set(row, height)
    y = data.draw(st.integers(0, sum(rows) - 1))
    row, top = index.row_at(y)
    assert top == sum(rows[:row]) <= y < top + rows[row]


def test_what_is_not_there_is_an_error() -> None:
    index = HeightIndex(2, ESTIMATE)
    for row in (-1, 2):
        with pytest.raises(IndexError):
            index.height(row)
        with pytest.raises(IndexError):
            index.set(row, 5)
    for row in (-1, 3):
        with pytest.raises(IndexError):
            index.top(row)
    with pytest.raises(IndexError):
        index.drop_back(3)
    with pytest.raises(IndexError):
        HeightIndex(0, ESTIMATE).row_at(0)
    with pytest.raises(ValueError, match="height"):
        index.set(0, 0)
    with pytest.raises(ValueError, match="height"):
        HeightIndex(1, 0)
