"""What stands over a conversation: whose it is, who is in it, who writes just now."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.boxes import SPRING, grown, middle, row
from desktop_chat.widgets.controls import IconButton, Text
from desktop_chat.widgets.part import Head

TYPING_MS = 6_000
"""A `typing` signal is forgotten after it."""


class ConversationHeader(Head):
    back_requested = Signal()
    find_requested = Signal()
    details_toggled = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "bg.timeline", "conversation_header")
        self._typing: dict[str, QTimer] = {}
        self._back = IconButton(theme, "arrow-left", lambda: self.tr("Back to the list"), name="back_button")
        self._avatar = Avatar(theme, theme.size["avatarRow"])
        self._title = Text(theme, "title", name="conversation_title", elide=True)
        self._about = Text(theme, "caption", "text.secondary", name="conversation_about", elide=True)
        self._typing_text = Text(
            theme, "caption", "text.link", name="conversation_typing", text=self._who_types, elide=True
        )
        find = IconButton(
            theme, "search", lambda: self.tr("Find in this conversation"), name="find_button", keys="Ctrl+F"
        )
        self._details = IconButton(
            theme, "panel-right", lambda: self.tr("People and details"), name="details_button", checkable=True
        )
        names = middle(self._title, row(self._about, self._typing_text, SPRING))
        buttons = row(find, self._details, gap=4)
        row(self._back, self._avatar, grown(names), buttons, gap=12, margins=(16, 0, 12, 1), on=self)
        self._back.hide()
        self._back.clicked.connect(self.back_requested)
        find.clicked.connect(self.find_requested)
        self._details.clicked.connect(self.details_toggled)

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
        self._typing_text.retranslate()

    def stop_typing(self, name: str) -> None:
        timer = self._typing.pop(name, None)
        if timer is not None:
            timer.stop()
            timer.deleteLater()
            self._typing_text.retranslate()

    def forget_typing(self) -> None:
        for name in list(self._typing):
            self.stop_typing(name)

    def set_narrow(self, narrow: bool) -> None:
        self._back.setVisible(narrow)

    def set_details_shown(self, shown: bool) -> None:
        self._details.setChecked(shown)

    def _who_types(self) -> str:
        names = list(self._typing)
        if not names:
            return ""
        if len(names) == 1:
            text = self.tr("{name} is typing…").format(name=names[0])
        else:
            text = self.tr("%n people are typing…", "", len(names))
        return f" · {text}" if self._about.text() else text
