"""The shape that nearly everything is drawn of: a box with round corners, its edge, its shadow."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from desktop_chat.theme.theme import Theme


def paint_box(
    painter: QPainter, theme: Theme, rect: QRectF, radius: float, fill: str = "", edge: str = "", width: float = 1
) -> None:
    """Colours are named; "" paints none. The edge lies inside `rect`, whose corners are of `radius`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inset = width / 2 if edge else 0.0
    painter.setPen(QPen(theme.color(edge), width) if edge else Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(fill) if fill else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset)


def paint_shadow(painter: QPainter, theme: Theme, rect: QRectF, radius: float, reach: int) -> None:
    """Under `rect` and up to `reach` beyond it, in layers of which the outer ones are fainter: it ends without an
    edge."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    layers = range(0, reach, 2)
    shadow = QColor(theme.color("shadow"))
    alpha = shadow.alphaF() / sum(reach - grown for grown in layers)
    painter.setPen(Qt.PenStyle.NoPen)
    for grown in layers:
        shadow.setAlphaF(alpha * (reach - grown))
        painter.setBrush(shadow)
        place = rect.adjusted(-grown, reach / 3 - grown, grown, reach / 3 + grown)
        painter.drawRoundedRect(place, radius + grown, radius + grown)
