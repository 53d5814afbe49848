"""The row of emoji that one reacts with, at the top of the menu or in one of its own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme

USUAL = ("👍", "❤️", "😂", "🎉", "👀", "🙏")
_CELL = 36


class ReactionRow(QWidget):
    """Offers `emoji`, at least one: arrows move among them, Enter or a click chooses."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, emoji: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reaction_row")
        self.setAccessibleName(self.tr("React"))
        self.setAccessibleDescription(" ".join(emoji))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._theme = theme
        self._emoji = emoji
        self._current = -1
        self._font = QFont(theme.font("display"))

    def cell(self, emoji: str) -> QRectF:
        """Where an emoji stands."""
        return QRectF(self._emoji.index(emoji) * _CELL + 2, 2, _CELL - 4, _CELL - 4)

    def _move(self, to: int) -> None:
        self._current = to % len(self._emoji) if to >= 0 else to
        self.setAccessibleDescription(self._emoji[self._current] if self._current >= 0 else " ".join(self._emoji))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_CELL * len(self._emoji), _CELL)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self._current < 0:
            self._move(0)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._move(-1)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Left:
            self._move((self._current - 1) % len(self._emoji))
        elif key == Qt.Key.Key_Right:
            self._move(self._current + 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._current >= 0:
            self.chosen.emit(self._emoji[self._current])
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._move(self._index_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self._index_at(event.position())
        if index >= 0:
            self.chosen.emit(self._emoji[index])

    def _index_at(self, point: QPointF) -> int:
        return next((i for i, emoji in enumerate(self._emoji) if self.cell(emoji).contains(point)), -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._font)
        for i, emoji in enumerate(self._emoji):
            cell = self.cell(emoji)
            if i == self._current:
                paint_box(painter, self._theme, cell, self._theme.radius["control"], "menu.hover")
            painter.setPen(self._theme.color("text"))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, emoji)
