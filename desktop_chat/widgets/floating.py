"""A card that floats over the window, beside what it belongs to. It takes no focus by itself and grabs nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import column
from desktop_chat.widgets.part import Part

SHADOW = 24
_GAP = 8
_SHADOW_DOWN = 8
_STEPS = 6


class Floating(Part):
    """A child of the anchor's window, above the anchor. Put what it shows into `body`."""

    def __init__(self, theme: Theme, anchor: QWidget, name: str) -> None:
        super().__init__(theme, name, parent=anchor)
        self._anchor = anchor
        self._at_right = False
        self.body = column(margins=SHADOW, on=self)
        self.hide()

    def show_above(self, *, at_right: bool = False) -> None:
        """Over the anchor's left end, or its right one; kept inside the window."""
        window = self._anchor.window()
        if self.parentWidget() is not window:
            self.setParent(window)
            window.installEventFilter(self)
        self._at_right = at_right
        self._place()
        self.raise_()
        self.show()

    def _place(self) -> None:
        window = self._anchor.window()
        self.body.activate()
        size = self.sizeHint()
        corner = self._anchor.mapTo(window, QPoint(0, 0))
        x = corner.x() + (self._anchor.width() - size.width() + SHADOW if self._at_right else -SHADOW)
        x = max(-SHADOW, min(x, window.width() - size.width() + SHADOW))
        bottom = corner.y() - _GAP + SHADOW
        y = max(-SHADOW, bottom - size.height())
        self.setGeometry(x, y, size.width(), bottom - y)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(self.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        radius = self._theme.radius["dialog"]
        painter.setPen(Qt.PenStyle.NoPen)
        shadow = QColor(self._theme.color("shadow"))
        shadow.setAlphaF(shadow.alphaF() / _STEPS)
        painter.setBrush(shadow)
        for step in range(_STEPS):
            grown = step * (SHADOW - _SHADOW_DOWN) / _STEPS
            painter.drawRoundedRect(
                card.adjusted(-grown, _SHADOW_DOWN / 2 - grown, grown, _SHADOW_DOWN / 2 + grown),
                *(radius + grown, radius + grown),
            )
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("bg.raised"))
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
