"""A quiet strip over what it is about: an icon, what happened, what it means, and at most one button."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.controls import Button, IconButton, Text

_TONES = {"warn": "text.warn", "info": "text.link", "danger": "text.danger"}


class Banner(QWidget):
    """Hidden until `show_about`. `tone` is warn, info or danger: the name of a `soft.*` colour."""

    acted = Signal()
    """The button was pressed."""
    closed = Signal()
    """The person put it away; only of one that can be closed."""

    def __init__(self, theme: Theme, *, can_close: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tone = "warn"
        self._icon = "info"
        self._title = Text(theme, "bodyStrong", parent=self)
        self._sentence = Text(theme, "body", "text.secondary", parent=self)
        self._sentence.setWordWrap(True)
        self._button = Button(theme, "plain", small=True, parent=self)
        self._button.setObjectName("banner_action")
        self._close = IconButton(theme, "x", parent=self)
        self._close.setObjectName("banner_close")
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self._title)
        texts.addWidget(self._sentence)
        row = QHBoxLayout(self)
        row.setContentsMargins(46, 12, 16, 12)
        row.setSpacing(theme.space["12"])
        row.addLayout(texts, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._close.setVisible(can_close)
        self._close.clicked.connect(self._on_close_clicked)
        self._button.clicked.connect(self.acted)
        theme.changed.connect(self.update)
        self.hide()

    def show_about(self, tone: str, icon: str, title: str, sentence: str, action: str = "") -> None:
        self._tone, self._icon = tone, icon
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self._button.setText(action)
        self._button.setAccessibleName(action)
        self._button.setVisible(bool(action))
        self._close.setAccessibleName(self.tr("Put away"))
        self.setAccessibleName(f"{title}. {sentence}")
        self.update()
        self.show()

    def _on_close_clicked(self) -> None:
        self.hide()
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color(f"soft.{self._tone}"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), self._theme.color("line"))
        side = self._theme.size["icon"]
        pixmap = self._theme.pixmap(self._icon, side, _TONES[self._tone], self.devicePixelRatioF())
        painter.drawPixmap(16, 13, pixmap)
