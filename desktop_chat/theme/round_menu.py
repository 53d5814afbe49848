"""A menu with round corners."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QBitmap, QPainter, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from desktop_chat.theme.theme import Theme


class RoundMenu(QMenu):
    """As any QMenu, whose style sheet draws the edge; this cuts what is beyond it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A mask, since a translucent window has black corners where nothing composes the screen.
        mask = QBitmap(self.size())
        mask.clear()
        painter = QPainter(mask)
        painter.setBrush(Qt.GlobalColor.color1)
        radius = self._theme.radius["control"]
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), radius, radius)
        painter.end()
        self.setMask(mask)
