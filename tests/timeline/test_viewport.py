"""What a person reads never moves; the bottom stays the bottom."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from desktop_chat.timeline.height_index import HeightIndex
from desktop_chat.timeline.viewport import Viewport

SCREEN = 300
heights = st.integers(1, 700)


class Rows:
    """Rows with names, so that one is known again wherever it stands, and their true heights."""

    def __init__(self, *heights: int) -> None:
        self.heights = dict(enumerate(heights))
        self.names = list(self.heights)
        self.view = Viewport(HeightIndex(len(heights), 40), SCREEN)

    def measure(self, row: int) -> int:
        return self.heights[self.names[row]]

    def settle(self) -> dict[int, tuple[int, int]]:
        """By name, top and bottom of each row on screen."""
        return {self.names[one.row]: (one.top, one.bottom) for one in self.view.settle(self.measure)}

    def append(self, *heights: int) -> None:
        self._put(len(self.names), heights)
        self.view.appended(len(heights))

    def add_front(self, *heights: int) -> None:
        self._put(0, heights)
        self.view.added_front(len(heights))

    def _put(self, at: int, heights: tuple[int, ...]) -> None:
        new = [len(self.heights) + number for number in range(len(heights))]
        self.heights.update(zip(new, heights, strict=True))
        self.names[at:at] = new


def tops(rows: Rows) -> list[tuple[int, int]]:
    return [(one.row, one.top) for one in rows.view.settle(rows.measure)]


# --- by example -----------------------------------------------------------------------------------------------


def test_begins_at_the_bottom_and_stays_there() -> None:
    rows = Rows(*[100] * 10)
    assert tops(rows) == [(7, 0), (8, 100), (9, 200)]
    rows.append(50)
    assert tops(rows) == [(7, -50), (8, 50), (9, 150), (10, 250)]
    rows.view.resize(200)
    assert tops(rows) == [(8, -50), (9, 50), (10, 150)]


def test_few_rows_stand_at_the_lower_edge() -> None:
    rows = Rows(100, 50)
    assert tops(rows) == [(0, 150), (1, 250)]
    rows.view.scroll_by(-500)
    assert tops(rows) == [(0, 150), (1, 250)]
    assert (rows.view.value(), rows.view.maximum(), rows.view.at_bottom) == (0, 0, True)
    assert tops(Rows()) == []


def test_scrolled_up_it_is_not_moved_by_what_comes() -> None:
    rows = Rows(*[100] * 10)
    rows.settle()
    rows.view.scroll_by(-250)
    assert not rows.view.at_bottom
    before = tops(rows)
    assert before == [(4, -50), (5, 50), (6, 150), (7, 250)]
    rows.append(30, 700)
    assert tops(rows) == before
    rows.add_front(700)
    assert tops(rows) == [(row + 1, top) for row, top in before]


def test_scrolling_down_to_the_end_sticks_there_again() -> None:
    rows = Rows(*[100] * 10)
    rows.view.scroll_by(-60)
    assert tops(rows)[-1][1] > 200
    rows.view.scroll_by(200)
    rows.settle()
    assert rows.view.at_bottom
    rows.append(100)
    assert tops(rows)[-1] == (10, 200)


def test_rows_that_come_in_at_the_upper_edge_are_higher_than_estimated() -> None:
    rows = Rows(500, 400, 100, 100, 100)
    rows.settle()
    rows.view.scroll_by(-60)
    assert tops(rows) == [(1, -340), (2, 60), (3, 160), (4, 260)]


def test_row_half_above_the_screen_changes_and_what_is_below_stays() -> None:
    rows = Rows(*[100] * 10)
    rows.settle()
    rows.view.scroll_by(-250)
    rows.settle()
    rows.heights[4] = 30
    rows.view.changed(4, 4)
    assert tops(rows)[1:4] == [(4, 20), (5, 50), (6, 150)]
    assert tops(rows)[0] == (3, -80)
    rows.heights[3] = 400
    rows.view.changed(0, 9)
    assert tops(rows)[:2] == [(3, -380), (4, 20)]


def test_another_width_keeps_the_lower_edge_of_the_first_row() -> None:
    rows = Rows(*[100] * 10)
    rows.settle()
    rows.view.scroll_by(-250)
    rows.settle()
    rows.heights = dict.fromkeys(rows.heights, 60)
    rows.view.rewrapped()
    assert tops(rows) == [(4, -10), (5, 50), (6, 110), (7, 170), (8, 230), (9, 290)]


def test_inside_a_row_higher_than_the_screen_one_stays_as_far_into_it() -> None:
    rows = Rows(100, 1000, 500)
    rows.view.to_row(1, -400)
    rows.settle()
    rows.heights[1] = 2000
    rows.view.rewrapped()
    assert tops(rows) == [(1, -800)]


def test_jumps_and_pages() -> None:
    rows = Rows(*[100] * 50)
    rows.view.to_row(20, 90)
    assert tops(rows) == [(19, -10), (20, 90), (21, 190), (22, 290)]
    rows.view.page(1)
    assert tops(rows)[0] == (21, -70)
    rows.view.to_top()
    assert tops(rows)[0] == (0, 0)
    rows.view.page(-1)
    assert tops(rows)[0] == (0, 0)
    rows.view.page(1)
    assert tops(rows)[0] == (2, -60)
    rows.view.scroll_by(10_000_000)
    assert tops(rows)[-1] == (49, 200)
    rows.view.to_row(99, 0)
    assert tops(rows)[-1] == (49, 200)


def test_reveal_scrolls_no_more_than_it_takes() -> None:
    rows = Rows(*[100] * 50)
    rows.view.to_row(20, 50)
    rows.settle()
    for row, expected in ((20, 50), (21, 150), (22, 200), (30, 200), (10, 0)):
        rows.view.reveal(row, rows.measure)
        assert dict(tops(rows))[row] == expected
    rows.heights[40] = 1000
    rows.view.reveal(40, rows.measure)
    assert dict(tops(rows))[40] == 0
    rows.view.reveal(99, rows.measure)
    assert dict(tops(rows))[40] == 0


def test_jump_into_a_row_that_was_never_measured_is_where_it_was_said() -> None:
    rows = Rows(*[400] * 50)
    rows.view.to_row(20, -150)
    assert tops(rows)[0] == (20, -150)


def test_the_scroll_bar_leads_everywhere() -> None:
    rows = Rows(*[100] * 50)
    view = rows.view
    view.to_value(0)
    assert tops(rows)[0] == (0, 0)
    assert view.value() == 0
    view.to_value(400)
    assert tops(rows)[0] == (5, -20)  # three rows of 100 px were measured, the others count as 40
    view.to_value(view.maximum())
    assert tops(rows)[-1] == (49, 200)
    assert view.value() == view.maximum() == view.index.total() - SCREEN


def test_rows_that_go_take_nothing_else_along() -> None:
    rows = Rows(*[100] * 10)
    rows.view.to_row(4, -50)
    rows.settle()
    del rows.names[:3]
    rows.view.dropped_front(3)
    assert tops(rows)[0] == (1, -50)
    del rows.names[5:]
    rows.view.dropped_back(2)
    assert tops(rows)[-1] == (4, 250)
    del rows.names[:2]
    rows.view.dropped_front(2)
    del rows.names[1:]
    rows.view.dropped_back(2)
    assert tops(rows) == [(0, 200)]
    rows.view.reset(0)
    rows.names.clear()
    assert tops(rows) == []
    rows.append(20)
    assert tops(rows) == [(0, 280)]


# --- whatever happens -----------------------------------------------------------------------------------------

several = st.lists(heights, min_size=1, max_size=8)


class NothingMoves(RuleBasedStateMachine):
    @initialize(rows=st.lists(heights, max_size=30))
    def begin(self, rows: list[int]) -> None:
        self.rows = Rows(*rows)
        self.view = self.rows.view
        self.before: dict[int, tuple[int, int]] | None = None

    @rule(px=st.integers(-2_000, 2_000))
    def scroll(self, px: int) -> None:
        self.view.scroll_by(px)
        self.rows.settle()

    @rule(part=st.floats(0, 1))
    def scroll_to(self, part: float) -> None:
        self.view.to_value(round(self.view.maximum() * part))
        self.rows.settle()

    @rule(new=several, at_front=st.booleans())
    def come(self, new: list[int], at_front: bool) -> None:
        self.before = self.rows.settle()
        if at_front:
            self.rows.add_front(*new)
        else:
            self.rows.append(*new)

    @precondition(lambda self: self.rows.names)
    @rule(data=st.data(), new=several)
    def change_off_screen(self, data: st.DataObject, new: list[int]) -> None:
        self.before = self.rows.settle()
        first = data.draw(st.integers(0, len(self.rows.names) - 1))
        for row, height in enumerate(new[: len(self.rows.names) - first], first):
            name = self.rows.names[row]
            if name not in self.before:
                self.rows.heights[name] = height
                self.view.changed(row, row)

    @precondition(lambda self: self.rows.names)
    @rule(factor=st.floats(0.3, 3))
    def rewrap(self, factor: float) -> None:
        placed = self.rows.settle()
        name, (top, bottom) = next(iter(placed.items()))
        height = self.rows.heights
        self.rows.heights = {one: max(1, round(height[one] * factor)) for one in height}
        self.view.rewrapped()
        if not self.view.at_bottom and not top < 0 < self.view.height < bottom:
            edge = (bottom - self.rows.heights[name], bottom) if top < 0 else (top, top + self.rows.heights[name])
            self.before = {name: edge}

    @rule(height=st.integers(1, 1_000))
    def resize(self, height: int) -> None:
        self.before = self.rows.settle()
        self.before = {name: edge for name, edge in self.before.items() if edge[0] < height}
        self.view.resize(height)

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "rows"):
            return
        before, self.before = self.before, None
        was_at_bottom = self.view.at_bottom
        now = self.rows.settle()
        assert self.rows.settle() == now, "settled once, it is settled"
        if not now:
            assert not self.rows.names
            return
        edges = list(now.values())
        assert [bottom for _, bottom in edges[:-1]] == [top for top, _ in edges[1:]]
        assert all(bottom - top == self.rows.heights[name] for name, (top, bottom) in now.items())
        assert all(bottom > 0 and top < self.view.height for top, bottom in edges)
        is_at_top = next(iter(now)) == self.rows.names[0] and edges[0][0] >= 0
        assert edges[-1][1] >= self.view.height
        assert edges[0][0] <= 0 or (is_at_top and edges[-1][1] == self.view.height)
        assert self.view.at_bottom == (next(reversed(now)) == self.rows.names[-1] and edges[-1][1] == self.view.height)
        assert 0 <= self.view.value() <= self.view.maximum()
        if was_at_bottom:
            assert self.view.at_bottom, "the bottom stays the bottom"
        elif before and not self.view.at_bottom and not is_at_top:
            assert now.items() & before.items() == {item for item in before.items() if item[0] in now}
            assert now.keys() & before.keys()


TestNothingMoves = NothingMoves.TestCase
TestNothingMoves.settings = settings(max_examples=200, stateful_step_count=25)
