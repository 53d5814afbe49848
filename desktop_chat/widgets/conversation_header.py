"""What stands over a conversation: whose it is, who is in it, who writes just now."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.controls import IconButton, Text

TYPING_MS = 6_000
"""A `typing` signal is forgotten after it."""


class ConversationHeader(QWidget):
    back_requested = Signal()
    find_requested = Signal()
    details_toggled = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("conversation_header")
        self.setFixedHeight(theme.size["header"])
        self._theme = theme
        self._typing: dict[str, QTimer] = {}
        self._back = IconButton(theme, "arrow-left")
        self._back.setObjectName("back_button")
        self._avatar = Avatar(theme, theme.size["avatarRow"])
        self._title = Text(theme, "title", elide=True)
        self._title.setObjectName("conversation_title")
        self._about = Text(theme, "caption", "text.secondary", elide=True)
        self._about.setObjectName("conversation_about")
        self._typing_text = Text(theme, "caption", "text.link", elide=True)
        self._typing_text.setObjectName("conversation_typing")
        self._find = IconButton(theme, "search")
        self._find.setObjectName("find_button")
        self._details = IconButton(theme, "panel-right")
        self._details.setObjectName("details_button")
        self._details.setCheckable(True)
        second = QHBoxLayout()
        second.setSpacing(0)
        second.addWidget(self._about)
        second.addWidget(self._typing_text)
        second.addStretch(1)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addStretch(1)
        names.addWidget(self._title)
        names.addLayout(second)
        names.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space["16"], 0, theme.space["12"], 1)
        row.setSpacing(theme.space["12"])
        row.addWidget(self._back)
        row.addWidget(self._avatar)
        row.addLayout(names, 1)
        row.addWidget(self._find)
        row.addSpacing(-theme.space["8"])
        row.addWidget(self._details)
        self._back.hide()
        self._back.clicked.connect(self.back_requested)
        self._find.clicked.connect(self.find_requested)
        self._details.clicked.connect(self.details_toggled)
        theme.changed.connect(self.update)
        self._retranslate()

    def show_about(self, title: str, about: str, key: bytes, *, is_room: bool) -> None:
        self._title.setText(title)
        self._about.setText(about)
        self._avatar.show_of(key, title, is_room=is_room)

    def show_typing(self, name: str) -> None:
        """Somebody writes; forgotten by itself."""
        timer = self._typing.get(name)
        if timer is None:
            timer = self._typing[name] = QTimer(self, singleShot=True)
            timer.timeout.connect(lambda: self.stop_typing(name))
        timer.start(TYPING_MS)
        self._say_typing()

    def stop_typing(self, name: str) -> None:
        timer = self._typing.pop(name, None)
        if timer is not None:
            timer.stop()
            timer.deleteLater()
            self._say_typing()

    def forget_typing(self) -> None:
        for name in list(self._typing):
            self.stop_typing(name)

    def set_narrow(self, narrow: bool) -> None:
        self._back.setVisible(narrow)

    def set_details_shown(self, shown: bool) -> None:
        self._details.setChecked(shown)

    def _say_typing(self) -> None:
        names = list(self._typing)
        if not names:
            text = ""
        elif len(names) == 1:
            text = self.tr("{name} is typing…").format(name=names[0])
        else:
            text = self.tr("%n people are typing…", "", len(names))
        self._typing_text.setText(f" · {text}" if text and self._about.text() else text)

    def _retranslate(self) -> None:
        self._back.set_name(self.tr("Back to the list"))
        self._find.set_name(self.tr("Find in this conversation"), "Ctrl+F")
        self._details.set_name(self.tr("People and details"))
        self._say_typing()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("bg.timeline"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.color("line"))
