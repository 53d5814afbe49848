"""A text on screen: plain, wrapped, on a fixed line height, with marked ranges. It is never read as rich text.

Positions are indices of Python strings; Qt counts UTF-16 units, and only this file knows the difference.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextLine, QTextOption

_LINE_SEPARATOR = "\u2028"
_NEWLINE = re.compile(r"[\n\u2029]")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff]"
)
_STRONG = {"L": False, "R": True, "AL": True}


class MarkKind(Enum):
    LINK = "link"
    EMOJI = "emoji"
    """Larger than letters: else it is the smallest thing in a line."""
    MENTION = "mention"
    NAMES_ME = "names_me"


class Mark(NamedTuple):
    """A range of a text that looks different; `url` of a link."""

    start: int
    end: int
    kind: MarkKind
    url: str = ""


class TextLayout:
    """`text` wrapped to at most `max_width` px. It takes `size` px, from (0, 0) on.

    The lines stand `line_height` px apart whatever fonts the script needs, so a row does not jump with an emoji.
    """

    def __init__(
        self,
        text: str,
        font: QFont,
        line_height: int,
        max_width: float,
        marks: Sequence[Mark] = (),
        formats: Mapping[MarkKind, QTextCharFormat] | None = None,
    ) -> None:
        self.text = text
        self.marks = tuple(marks)
        self._line_height = line_height
        self._astral = [] if text.isascii() else [i for i, char in enumerate(text) if char > "\uffff"]
        """Characters that count twice in UTF-16."""
        self._astral_units = [index + before for before, index in enumerate(self._astral)]
        self._is_mixed = _RIGHT_TO_LEFT.search(text) is not None
        self._layout = QTextLayout(_NEWLINE.sub(_LINE_SEPARATOR, text), font)
        self._layout.setCacheEnabled(True)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        self._layout.setTextOption(option)
        if marks and formats:
            self._layout.setFormats([self._format(mark, formats[mark.kind]) for mark in marks])
        self._lines = self._break(font, max_width)

    def _format(self, mark: Mark, look: QTextCharFormat) -> QTextLayout.FormatRange:
        span = QTextLayout.FormatRange()
        span.start = self._units(mark.start)
        span.length = self._units(mark.end) - span.start
        span.format = look
        return span

    def _break(self, font: QFont, max_width: float) -> list[QTextLine]:
        metrics = QFontMetricsF(font)
        baseline = (self._line_height + metrics.ascent() - metrics.descent()) / 2
        lines: list[QTextLine] = []
        self._layout.beginLayout()
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(max_width)
            lines.append(line)
        self._layout.endLayout()
        widths = [line.naturalTextWidth() for line in lines]
        self._starts = [line.textStart() for line in lines]
        units = self._layout.text()
        self.is_wrapped = any(units[start - 1] != _LINE_SEPARATOR for start in self._starts[1:])
        self.width = math.ceil(max(widths, default=0.0))
        self.last_width = math.ceil(widths[-1]) if widths else 0
        self.height = self._line_height * max(1, len(lines))
        self.is_rtl = self._is_mixed and _is_rtl(self.text)
        for i, line in enumerate(lines):
            x = self.width - widths[i] if self.is_rtl else 0.0
            line.setPosition(QPointF(x, i * self._line_height + baseline - line.ascent()))
        return lines

    def draw(self, painter: QPainter, at: QPointF, clip: QRectF) -> None:
        """Draws with the painter's pen the lines that are in `clip`; selections and pills are the caller's to draw
        before."""
        for i in self._lines_in(clip.translated(-at)):
            self._lines[i].draw(painter, at)

    def position_at(self, point: QPointF) -> int:
        """The gap between two characters that is nearest to `point`."""
        return self._index(self._line_at(point).xToCursor(point.x())) if self._lines else 0

    def char_at(self, point: QPointF) -> int | None:
        """The character under `point`, if there is one."""
        row = int(point.y() // self._line_height)
        if not 0 <= row < len(self._lines):
            return None
        line = self._lines[row]
        if not line.x() <= point.x() < line.x() + line.naturalTextWidth():
            return None
        return self._index(line.xToCursor(point.x(), QTextLine.CursorPosition.CursorOnCharacter))

    def mark_at(self, point: QPointF) -> Mark | None:
        index = self.char_at(point) if self.marks else None
        return None if index is None else next((mark for mark in self.marks if mark.start <= index < mark.end), None)

    def rects(self, start: int, end: int, clip: QRectF) -> list[QRectF]:
        """What the characters [start, end) cover on the lines in `clip`: of each line one rectangle or more, of full
        line height."""
        first, last = self._units(start), self._units(end)
        seen = self._lines_in(clip)
        begun = bisect_right(self._starts, first) - 1
        ended = bisect_left(self._starts, last)
        found = []
        for i in range(max(begun, seen.start), min(ended, seen.stop)):
            line, top = self._lines[i], float(i * self._line_height)
            begin, stop = max(first, line.textStart()), min(last, line.textStart() + line.textLength())
            for left, right in self._stretches(line, begin, stop):
                found.append(QRectF(min(left, right), top, abs(right - left), float(self._line_height)))
        return found

    def _lines_in(self, clip: QRectF) -> range:
        first = max(0, int(clip.top() // self._line_height))
        return range(first, min(len(self._lines), int(clip.bottom() // self._line_height) + 1))

    def _stretches(self, line: QTextLine, begin: int, stop: int) -> list[tuple[float, float]]:
        if begin >= stop:
            return []
        end = line.textStart() + line.textLength()
        left, right = line.x(), line.x() + line.naturalTextWidth()
        if begin == line.textStart() and stop == end:
            return [(left, right)]
        if not self._is_mixed:
            return [(_x(line, begin), right if stop == end else _x(line, stop))]
        # What is one range in memory may be several on screen, in either direction.
        edges = QTextLine.Edge
        return [(_x(line, unit, edges.Leading), _x(line, unit, edges.Trailing)) for unit in range(begin, stop)]

    def _line_at(self, point: QPointF) -> QTextLine:
        return self._lines[min(max(int(point.y() // self._line_height), 0), len(self._lines) - 1)]

    def _units(self, index: int) -> int:
        return index + bisect_left(self._astral, index)

    def _index(self, units: int) -> int:
        """In the middle of a character its beginning counts."""
        return units - bisect_left(self._astral_units, units)


def _x(line: QTextLine, unit: int, edge: QTextLine.Edge = QTextLine.Edge.Leading) -> float:
    # PySide6 returns the position with its x, and its stubs say neither.
    place: tuple[float, int] = line.cursorToX(unit, edge)  # type: ignore[assignment]
    return place[0]


def _is_rtl(text: str) -> bool:
    """Whether the first character with a direction of its own runs from right to left."""
    return next((_STRONG[kind] for char in text if (kind := unicodedata.bidirectional(char)) in _STRONG), False)
