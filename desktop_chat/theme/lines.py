"""One line of text in a box, always at the same height in it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter


def base_line(font: QFont, height: float) -> int:
    """How far below the top of a box of that height the text stands, so that it is in the middle.

    By the font alone: a Han character or an emoji comes from a taller one, and would push the line down.
    """
    metrics = QFontMetricsF(font)
    return round((height - metrics.ascent() - metrics.descent()) / 2 + metrics.ascent())


def draw_line(painter: QPainter, rect: QRectF, text: str, *, centred: bool = False) -> None:
    """Draws with the painter's font and pen, from the left of `rect` or in its middle. It may reach beyond."""
    left = rect.left()
    if centred:
        left += (rect.width() - QFontMetricsF(painter.font()).horizontalAdvance(text)) / 2
    flow = painter.layoutDirection()
    painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    painter.drawText(QPointF(left, rect.top() + base_line(painter.font(), rect.height())), text)
    painter.setLayoutDirection(flow)
