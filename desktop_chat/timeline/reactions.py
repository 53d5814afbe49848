"""The row of emoji that one reacts with, at the top of the menu or in one of its own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme

USUAL = ("👍", "❤️", "😂", "🎉", "👀", "🙏")
_CELL = 36


class ReactionRow(QWidget):
    """Offers `emoji`, at least one of `USUAL`: arrows move among them, Enter or a click chooses."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, emoji: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reaction_row")
        self.setAccessibleName(self.tr("React"))
        names = (
            self.tr("thumbs up"),
            self.tr("red heart"),
            self.tr("face with tears of joy"),
            self.tr("party popper"),
            self.tr("eyes"),
            self.tr("folded hands"),
        )
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self._cells = [_Cell(theme, one, names[USUAL.index(one)]) for one in emoji]
        for cell in self._cells:
            cell.clicked.connect(lambda _=False, one=cell.emoji: self.chosen.emit(one))
            box.addWidget(cell)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self._cells[0])

    def cell(self, emoji: str) -> QWidget:
        """Where an emoji stands."""
        return next(cell for cell in self._cells if cell.emoji == emoji)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        at = next((at for at, cell in enumerate(self._cells) if cell.hasFocus()), 0)
        if event.key() in steps:
            self._cells[(at + steps[Qt.Key(event.key())]) % len(self._cells)].setFocus()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._cells[at].click()
        else:
            super().keyPressEvent(event)


class _Cell(QAbstractButton):
    """A real button: what is only painted within a menu, no screen reader finds."""

    def __init__(self, theme: Theme, emoji: str, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.emoji = emoji
        self._theme = theme
        self._font = QFont(theme.font("display"))

    def sizeHint(self) -> QSize:
        return QSize(_CELL, _CELL)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the row's, and the menu's what that leaves

    def enterEvent(self, event: QEnterEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().enterEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._font)
        cell = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        if self.hasFocus():
            paint_box(painter, self._theme, cell, self._theme.radius["control"], "menu.hover")
        painter.setPen(self._theme.color("text"))
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, self.emoji)
