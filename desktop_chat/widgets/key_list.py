"""Every key of the window, for whoever looks for it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.deeds import Deed
from desktop_chat.widgets.boxes import fill
from desktop_chat.widgets.controls import Button, KeyHint, Text
from desktop_chat.widgets.keys import Keys
from desktop_chat.widgets.sheet import Sheet, button_row, over_buttons

translate = QCoreApplication.translate

_Row = tuple[str, str]
"""A key as this system writes it, and what it does."""


class KeyList(Sheet):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        title = translate("KeyList", "Keyboard")
        super().__init__(theme, parent, "key_list", title, width=560)
        close = Button(theme, "primary", name="close_keys_button", text=translate("KeyList", "Close"))
        close.clicked.connect(self.accept)
        rows = QGridLayout()
        rows.setHorizontalSpacing(theme.space["16"])
        rows.setVerticalSpacing(theme.space["8"])
        rows.setColumnStretch(1, 1)
        of_window, in_messages = _of_window(), _in_messages()
        heading = translate("KeyList", "In the messages")
        _add(theme, rows, of_window)
        rows.addWidget(Text(theme, "bodyMedium", text=heading), rows.rowCount(), 0, 1, 2)
        _add(theme, rows, in_messages)
        fill(self.body, over_buttons(theme, (Text(theme, "title", text=title), 16, rows), button_row(close)))
        self.set_primary(close)
        # A screen reader reads the labels of a dialog, but Orca none of less than three words: of Chinese nearly none.
        close.setAccessibleDescription("; ".join(f"{key}: {what}" for key, what in (*of_window, *in_messages)))
        close.setFocus()
        Keys(close, {"Up": partial(self.scroll_by, Qt.Key.Key_Up), "Down": partial(self.scroll_by, Qt.Key.Key_Down)})


def _add(theme: Theme, rows: QGridLayout, keys: list[_Row]) -> None:
    for place, (key, what) in enumerate(keys, rows.rowCount()):
        rows.addWidget(KeyHint(theme, key), place, 0)
        rows.addWidget(Text(theme, text=what, wrap=True), place, 1)


def _native(keys: list[_Row]) -> list[_Row]:
    native = QKeySequence.SequenceFormat.NativeText
    return [(QKeySequence(key).toString(native), what) for key, what in keys]


def _of_window() -> list[_Row]:
    known = [
        ("Ctrl+K", translate("KeyList", "Jump to a conversation or a person")),
        ("Alt+Down", translate("KeyList", "The next conversation; with ↑ the one before")),
        ("Alt+Shift+Down", translate("KeyList", "The next one with something new; with ↑ the one before")),
        ("Ctrl+1", translate("KeyList", "The first conversation, and so on to 9")),
        ("Ctrl+F", translate("KeyList", "Find in this conversation")),
        ("F6", translate("KeyList", "The next pane")),
        ("Enter", translate("KeyList", "Send; with Shift a new line")),
        ("Up", translate("KeyList", "In an empty field: edit your last message")),
        ("Esc", translate("KeyList", "Cancel reply or edit, then leave the field, then mark as read")),
        ("Ctrl+/", translate("KeyList", "This list")),
        ("Ctrl+Q", translate("KeyList", "Quit")),
    ]
    return _native(known)


def _in_messages() -> list[_Row]:
    known = [
        ("Up", translate("KeyList", "The message before; with ↓ the next one")),
        ("Home", translate("KeyList", "The first message that is here")),
        ("End", translate("KeyList", "The newest message")),
        ("Shift+Up", translate("KeyList", "Select messages; with ↓ the other way, with ← and → single characters")),
        ("Ctrl+A", translate("KeyList", "Select everything")),
    ]
    return [*_native(known), *((deed.key, what) for deed, what in _of_deeds())]


def _of_deeds() -> list[tuple[Deed, str]]:
    return [
        (Deed.REACT, translate("KeyList", "React to the message")),
        (Deed.REPLY, translate("KeyList", "Reply to it")),
        (Deed.EDIT, translate("KeyList", "Edit it")),
        (Deed.DELETE, translate("KeyList", "Delete it")),
        (Deed.MORE, translate("KeyList", "Its menu; also Shift+F10 or Enter")),
        (Deed.COPY_TEXT, translate("KeyList", "Copy its text, or what is selected")),
    ]
