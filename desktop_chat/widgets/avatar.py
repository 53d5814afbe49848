"""The avatar of a person or a room as a control of its own."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.avatars import paint_avatar
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.part import Part


class Avatar(Part):
    """Initials on the colour of a key; `side` in logical pixels."""

    def __init__(self, theme: Theme, side: int, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent=parent)
        self.setFixedSize(QSize(side, side))
        self._key = b""
        self._name = ""
        self._is_room = False

    def show_of(self, key: bytes, name: str, *, is_room: bool) -> None:
        self._key, self._name, self._is_room = key, name, is_room
        self.setAccessibleName(name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._key:
            painter = QPainter(self)
            paint_avatar(painter, QRectF(self.rect()), self._theme, self._key, self._name, self._is_room)
