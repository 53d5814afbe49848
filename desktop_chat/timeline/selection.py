"""What is selected across messages. Pure: rows and characters, so it outlives the unloading of what it is about.

Characters are those of Python's strings; Qt counts in UTF-16, and `layouts` alone deals in both.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from desktop_chat.models.items import Line


class Point(NamedTuple):
    """Before the character `char` of the text of `row`."""

    row: int
    char: int


class Unit(Enum):
    """What a drag goes on by: it began with one, two or three clicks."""

    CHARACTER = 1
    WORD = 2
    MESSAGE = 3


_END = 1 << 60
"""Beyond the last character of any text."""


class Selection:
    """From `anchor`, where it began, to `cursor`, where it ends by now; there may be neither.

    By words and messages what was clicked first stays selected, whichever way one drags.
    """

    def __init__(self) -> None:
        self.anchor: Point | None = None
        self.cursor: Point | None = None
        self._unit = Unit.CHARACTER
        self._first: tuple[Point, Point] | None = None
        """What the clicks selected."""

    @property
    def is_empty(self) -> bool:
        return self.anchor is None or self.anchor == self.cursor

    @property
    def span(self) -> tuple[Point, Point] | None:
        """Its ends in their order; None if it is empty."""
        if self.anchor is None or self.cursor is None or self.anchor == self.cursor:
            return None
        return min(self.anchor, self.cursor), max(self.anchor, self.cursor)

    @property
    def rows(self) -> tuple[int, int] | None:
        """The first and the last row of which something is selected."""
        span = self.span
        return None if span is None else (span[0].row, span[1].row)

    def range_in(self, row: int, length: int) -> tuple[int, int] | None:
        """What of a row, whose text has `length` characters, is selected: start and end, or None for nothing. (0, 0)
        of a row without a text that lies within."""
        span = self.span
        if span is None or not span[0].row <= row <= span[1].row:
            return None
        start = min(span[0].char, length) if row == span[0].row else 0
        end = min(span[1].char, length) if row == span[1].row else length
        is_within = span[0].row < row < span[1].row
        return (start, end) if start < end or (is_within and length == 0) else None

    # --- with the mouse ---------------------------------------------------------------------------------------

    def press(self, point: Point, text: str, unit: Unit = Unit.CHARACTER) -> None:
        """Begins anew at a point of `text`, by clicks: the second one of them selects the word, the third the
        message."""
        self._unit = unit
        self._first = _around(point, text, unit)
        self.anchor, self.cursor = self._first

    def drag(self, point: Point, text: str) -> None:
        """The mouse, still pressed, or pressed again with Shift, is at a point of `text`."""
        if self._first is None:
            self.press(point, text)
            return
        start, end = self._first
        low, high = _around(point, text, self._unit)
        if low < start:
            self.anchor, self.cursor = end, low
        else:
            self.anchor, self.cursor = start, max(high, end)

    # --- with the keyboard ------------------------------------------------------------------------------------

    def extend(self, point: Point) -> None:
        """The free end goes to `point`; where nothing was begun it begins there."""
        if self.anchor is None:
            self.anchor = point
        self._unit, self._first = Unit.CHARACTER, (self.anchor, self.anchor)
        self.cursor = point

    def select_rows(self, first: int, last: int) -> None:
        """Whole messages."""
        self.anchor, self.cursor = Point(first, 0), Point(last, _END)
        self._unit, self._first = Unit.MESSAGE, (Point(first, 0), Point(first, _END))

    def clear(self) -> None:
        self.anchor = self.cursor = self._first = None

    def move(self, rows: Mapping[int, int]) -> None:
        """What stood at one of `rows` stands at its value now."""

        def moved(point: Point | None) -> Point | None:
            return None if point is None else Point(rows.get(point.row, point.row), point.char)

        self.anchor, self.cursor = moved(self.anchor), moved(self.cursor)
        if self._first is not None:
            start, end = self._first
            self._first = Point(rows.get(start.row, start.row), start.char), Point(rows.get(end.row, end.row), end.char)


def plain_text(selection: Selection, lines: Iterable[Line], when: Callable[[int], str]) -> str:
    """What is copied: of one message the selected part alone; of several each with its author and time above it, those
    of one author and minute under one heading.

    `lines` are the messages of `selection.rows`, rising. `when` says a ts in words.
    """
    span = selection.span
    if span is None:
        return ""
    first, last = span[0].row, span[1].row
    out: list[str] = []
    heading_by = only = ""
    heading_at = -1
    for row, author, ts, text in lines:
        if not first < row < last:  # only of these less than everything may be selected
            start, end = selection.range_in(row, len(text)) or (0, 0)
            text = text[start:end]
        if not text:
            continue
        only, minute = text, ts // 60_000
        if minute == heading_at and author == heading_by:
            out.append(text)
        else:
            out.append(f"\n{author}, {when(ts)}\n{text}")
            heading_by, heading_at = author, minute
    return only if len(out) == 1 else "\n".join(out)[1:]


def word_at(text: str, char: int) -> tuple[int, int]:
    """Start and end of the word around a character; else of the run of spaces, or the one character that is there.

    An apostrophe within a word is part of it; Chinese characters side by side count as one word.
    """
    if not text:
        return 0, 0
    at = min(max(char, 0), len(text) - 1)
    if _is_of_word(text, at):
        return _run(text, at, _is_of_word)
    if text[at].isspace():
        return _run(text, at, lambda text, at: text[at].isspace())
    return at, at + 1


def _run(text: str, at: int, belongs: Callable[[str, int], bool]) -> tuple[int, int]:
    start, end = at, at + 1
    while start > 0 and belongs(text, start - 1):
        start -= 1
    while end < len(text) and belongs(text, end):
        end += 1
    return start, end


def _is_of_word(text: str, at: int) -> bool:
    char = text[at]
    if char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M":
        return True
    return char in "'’" and 0 < at < len(text) - 1 and text[at - 1].isalnum() and text[at + 1].isalnum()


def _around(point: Point, text: str, unit: Unit) -> tuple[Point, Point]:
    match unit:
        case Unit.CHARACTER:
            return point, point
        case Unit.WORD:
            start, end = word_at(text, point.char)
            return Point(point.row, start), Point(point.row, end)
        case Unit.MESSAGE:
            return Point(point.row, 0), Point(point.row, _END)
