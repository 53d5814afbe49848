"""Every key of the window, for whoever looks for it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import fill
from desktop_chat.widgets.controls import Button, KeyHint, Text
from desktop_chat.widgets.sheet import Sheet, button_row, over_buttons

translate = QCoreApplication.translate


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
        for place, (keys, what) in enumerate(_keys()):
            rows.addWidget(KeyHint(theme, keys), place, 0)
            rows.addWidget(Text(theme, text=what), place, 1)
        fill(self.body, over_buttons(theme, (Text(theme, "title", text=title), 16, rows), button_row(close)))
        self.set_primary(close)
        close.setFocus()
        said = "; ".join(f"{keys}: {what}" for keys, what in _keys())
        self.setAccessibleDescription(said)


def _keys() -> list[tuple[str, str]]:
    """As this system writes them, and what they do."""
    known = [
        ("Ctrl+K", translate("KeyList", "Jump to a conversation or a person")),
        ("Alt+Down", translate("KeyList", "The next conversation; with ↑ the one before")),
        ("Alt+Shift+Down", translate("KeyList", "The next one with something new; with ↑ the one before")),
        ("Ctrl+1", translate("KeyList", "The first conversation, and so on to 9")),
        ("Ctrl+F", translate("KeyList", "Find in this conversation")),
        ("F6", translate("KeyList", "The next pane")),
        ("Return", translate("KeyList", "Send; with Shift a new line")),
        ("Up", translate("KeyList", "In an empty field: edit your last message")),
        ("Esc", translate("KeyList", "Cancel reply or edit, then leave the field, then mark as read")),
        ("Ctrl+/", translate("KeyList", "This list")),
        ("Ctrl+Q", translate("KeyList", "Quit")),
    ]
    native = QKeySequence.SequenceFormat.NativeText
    return [(QKeySequence(keys).toString(native), what) for keys, what in known]
