"""A card that floats over the window, beside what it belongs to. It takes no focus by itself and grabs nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.shapes import paint_box, paint_shadow
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import column
from desktop_chat.widgets.part import Part

SHADOW = 24
_GAP = 8
"""Room around it for the shadow."""
_REACH = 16


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
        height = max(bottom - y, self.minimumSizeHint().height())  # over the anchor too, where else it would not fit
        self.setGeometry(x, y, size.width(), height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        card = QRectF(self.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        radius = theme.radius["dialog"]
        paint_shadow(painter, theme, card, radius, _REACH)
        paint_box(painter, theme, card, radius, "bg.raised", "line")
