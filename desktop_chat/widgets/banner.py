"""A quiet strip over what it is about: an icon, what happened, what it means, and at most one button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.controls import Button, IconButton, Text

_LOOK_MS = 500
"""How often the seconds that are left are looked at."""
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
        self._left = Text(theme, "caption", "text.secondary", tabular=True, parent=self)
        self._left.setObjectName("banner_left")
        self._seconds_left: Callable[[], int | None] | None = None
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self._show_seconds)
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
        act = QVBoxLayout()
        act.setSpacing(theme.space["4"])
        act.addWidget(self._button, 0, Qt.AlignmentFlag.AlignRight)
        act.addWidget(self._left, 0, Qt.AlignmentFlag.AlignRight)
        act.addStretch(1)
        row.addLayout(act)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._close.setVisible(can_close)
        self._close.clicked.connect(self._on_close_clicked)
        self._button.clicked.connect(self.acted)
        theme.changed.connect(self.update)
        self.hide()

    def show_about(
        self,
        tone: str,
        icon: str,
        title: str,
        sentence: str,
        action: str = "",
        seconds_left: Callable[[], int | None] | None = None,
    ) -> None:
        """`action` is what the button says; no words, no button. With `seconds_left` it is about what is tried again
        by itself: in so many seconds, or just now if that returns None."""
        self._tone, self._icon = tone, icon
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self._button.setText(action)
        self._button.setAccessibleName(action)
        self._button.set_icon("refresh-cw" if seconds_left is not None else "")
        self._button.setVisible(bool(action))
        self._seconds_left = seconds_left
        self._show_seconds()
        self._close.setAccessibleName(self.tr("Put away"))
        self.setAccessibleName(f"{title} {sentence}" if title.endswith((".", "。")) else f"{title}. {sentence}")
        self.update()
        self.show()

    def _show_seconds(self) -> None:
        self._left.setVisible(self._seconds_left is not None)
        if self._seconds_left is not None:
            left = self._seconds_left()
            self._left.setText(self.tr("trying now…") if left is None else self.tr("next try in %n s", "", left))

    def _on_close_clicked(self) -> None:
        self.hide()
        self.closed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color(f"soft.{self._tone}"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), self._theme.color("line"))
        side = self._theme.size["icon"]
        pixmap = self._theme.pixmap(self._icon, side, _TONES[self._tone], self.devicePixelRatioF())
        painter.drawPixmap(16, 13, pixmap)
