"""The parts of the composer that only paint: its edge, and Send."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.controls import IconButton
from desktop_chat.widgets.part import Part, Words


class ComposerFrame(Part):
    """The edge around field and banners; it says where the keyboard is."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent=parent)
        self._has_focus = False

    def set_focused(self, has_focus: bool) -> None:
        self._has_focus = has_focus
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        edge, width = ("focus", self._theme.size["focusWidth"]) if self._has_focus else ("line.field", 1)
        radius = self._theme.radius["dialog"]
        paint_box(QPainter(self), self._theme, QRectF(self.rect()), radius, "bg.field", edge, width)


class SendButton(IconButton):
    """Grey while there is nothing to send."""

    def __init__(self, theme: Theme, text: Words) -> None:
        super().__init__(theme, "send-horizontal", text, name="send_button")
        self._is_ready = False

    @property
    def is_ready(self) -> bool:
        return self._is_ready

    def set_ready(self, is_ready: bool) -> None:
        self._is_ready = is_ready
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, self._begin()
        ink = "text.faint"
        if self._is_ready:
            ink = "text.onAccent"
            fill = self._pick("accent", "accent.hover", "accent.pressed")
            paint_box(painter, theme, QRectF(self.rect()), self._radius, fill)
        at = (self.width() - self._icon_size) // 2
        pixmap = theme.pixmap(self._icon_name, self._icon_size, ink, self.devicePixelRatioF())
        painter.drawPixmap(at, at, pixmap)
