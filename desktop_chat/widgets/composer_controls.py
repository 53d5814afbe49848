"""The parts of the composer that only paint: its edge, and Send."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

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
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self._theme.size["focusWidth"] if self._has_focus else 1
        painter.setPen(QPen(self._theme.color("focus" if self._has_focus else "line.field"), width))
        painter.setBrush(self._theme.color("bg.field"))
        half = width / 2
        radius = self._theme.radius["dialog"] - half
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), radius, radius)


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
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(self._pick("accent", "accent.hover", "accent.pressed")))
            painter.drawRoundedRect(QRectF(self.rect()), self._radius, self._radius)
        at = (self.width() - self._icon_size) // 2
        pixmap = theme.pixmap(self._icon_name, self._icon_size, ink, self.devicePixelRatioF())
        painter.drawPixmap(at, at, pixmap)
