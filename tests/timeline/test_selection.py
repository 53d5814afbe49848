"""What is selected across messages, and what a copy of it reads like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_chat.timeline.selection import Point, Selection, Unit, plain_text, word_at

TEXTS = ["Hello there, don't go", "", "two words", "你好 世界"]
ALL = [(1, TEXTS[0]), (2, TEXTS[1]), (3, TEXTS[2]), (4, TEXTS[3])]


def parts(selection: Selection) -> dict[int, str]:
    found = {row: selection.range_in(row, len(text)) for row, text in ALL}
    return {row: TEXTS[row - 1][slice(*of)] for row, of in found.items() if of is not None}


def selected(first: Point, last: Point, unit: Unit = Unit.CHARACTER) -> Selection:
    selection = Selection()
    selection.press(first, TEXTS[first.row - 1], unit)
    selection.drag(last, TEXTS[last.row - 1])
    return selection


def test_nothing_is_selected_by_a_click() -> None:
    selection = Selection()
    assert selection.is_empty
    selection.press(Point(1, 3), TEXTS[0])
    assert selection.is_empty
    assert selection.rows is None
    assert parts(selection) == {}


@pytest.mark.parametrize("ends", [(Point(1, 6), Point(3, 3)), (Point(3, 3), Point(1, 6))])
def test_a_drag_goes_both_ways(ends: tuple[Point, Point]) -> None:
    selection = selected(*ends)
    assert parts(selection) == {1: "there, don't go", 2: "", 3: "two"}
    assert selection.rows == (1, 3)
    assert not selection.is_empty


def test_words_and_messages_keep_what_was_clicked_first() -> None:
    words = selected(Point(3, 5), Point(3, 5), Unit.WORD)
    assert parts(words) == {3: "words"}
    words.drag(Point(4, 0), TEXTS[3])
    assert parts(words) == {3: "words", 4: "你好"}
    words.drag(Point(1, 7), TEXTS[0])
    assert parts(words) == {1: "there, don't go", 2: "", 3: "two words"}
    messages = selected(Point(3, 5), Point(3, 5), Unit.MESSAGE)
    assert parts(messages) == {3: "two words"}
    messages.drag(Point(1, 7), TEXTS[0])
    assert parts(messages) == {1: TEXTS[0], 2: "", 3: TEXTS[2]}
    messages.drag(Point(4, 1), TEXTS[3])
    assert parts(messages) == {3: TEXTS[2], 4: TEXTS[3]}


def test_the_keyboard_moves_the_free_end() -> None:
    selection = Selection()
    selection.extend(Point(3, 4))
    assert selection.is_empty
    selection.extend(Point(3, 9))
    assert parts(selection) == {3: "words"}
    selection.extend(Point(3, 0))
    assert parts(selection) == {3: "two "}
    selection.drag(Point(3, 9), TEXTS[2])  # then the mouse with Shift, from the same beginning
    assert parts(selection) == {3: "words"}
    selection.clear()
    selection.drag(Point(3, 3), TEXTS[2])
    assert selection.is_empty


def test_whole_messages_and_other_numbers_of_rows() -> None:
    selection = Selection()
    selection.move({1: 4})
    assert selection.is_empty
    selection.select_rows(1, 3)
    assert parts(selection) == {1: TEXTS[0], 2: "", 3: TEXTS[2]}
    selection.move({3: 4, 9: 10})
    assert selection.rows == (1, 4)
    selection.move({1: 2, 4: 5})
    assert selection.rows == (2, 5)
    selection.move({2: 1, 5: 3})
    selection.drag(Point(4, 1), TEXTS[3])
    assert parts(selection) == dict(ALL)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 25)), min_size=2, max_size=6), st.sampled_from(Unit))
def test_what_is_between_both_ends_is_selected_whatever_way_it_went(went: list[tuple[int, int]], unit: Unit) -> None:
    points = [Point(row, min(char, len(TEXTS[row - 1]))) for row, char in went]
    selection = Selection()
    selection.press(points[0], TEXTS[points[0].row - 1], unit)
    for point in points[1:]:
        selection.drag(point, TEXTS[point.row - 1])
    first, last = min(points[0], points[-1]), max(points[0], points[-1])
    for row, text in ALL:
        covered = selection.range_in(row, len(text))
        chars = range(*covered) if covered is not None else range(0)
        for char in range(len(text)):
            if first <= Point(row, char) < last:
                assert char in chars
            elif unit is Unit.CHARACTER:
                assert char not in chars


# --- copying --------------------------------------------------------------------------------------------------


def when(ts: int) -> str:
    return f"10:{ts // 60_000:02}"


def test_one_message_is_copied_as_what_was_selected_of_it() -> None:
    lines = [(3, "Ann", 1, TEXTS[2])]
    assert plain_text(selected(Point(3, 4), Point(3, 9)), lines, when) == "words"
    assert plain_text(Selection(), lines, when) == ""


def test_several_are_copied_with_who_said_them_and_when() -> None:
    lines = [
        (1, "Ann", 60_000, TEXTS[0]),
        (2, "Ann", 60_001, ""),
        (3, "Ann", 119_999, TEXTS[2]),
        (4, "Bo", 120_000, TEXTS[3]),
    ]
    text = plain_text(selected(Point(1, 6), Point(4, 2)), lines, when)
    assert text == "Ann, 10:01\nthere, don't go\ntwo words\n\nBo, 10:02\n你好"


# --- words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "char", "word"),
    [
        ("don't go", 1, "don't"),
        ("don't go", 3, "don't"),
        ("'quoted'", 3, "quoted"),
        ("a  b", 1, "  "),
        ("a, b", 1, ","),
        ("the end", 7, "end"),
        ("end.", 4, "."),
        ("你好，世界", 3, "世界"),
        ("नमस्ते दुनिया", 2, "नमस्ते"),
        ("snake_case x", 6, "snake_case"),
        ("", 0, ""),
    ],
)
def test_word_at(text: str, char: int, word: str) -> None:
    assert text[slice(*word_at(text, char))] == word
