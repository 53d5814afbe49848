"""What a person can do with a message: one table, from which the bar over it, its menu, the keys and the line under a
refused message are made. A deed that is new has its row here, its words, its case in `Conduct.do`, and its condition.
"""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence

from desktop_chat.store.contract import Delivery
from desktop_chat.timeline.content import Content

Shortcut = Qt.Key | QKeySequence.StandardKey | None


class Deed(Enum):
    REACT = "react", "smile-plus", Qt.Key.Key_Plus, 0, True
    REPLY = "reply", "reply", Qt.Key.Key_R, 1, True
    EDIT = "edit", "pencil", Qt.Key.Key_E, 1, True
    RETRY = "retry", "refresh-cw", None, 1, False
    COPY_TEXT = "copy_text", "copy", QKeySequence.StandardKey.Copy, 2, False
    COPY = "copy", "list-checks", None, 2, False
    DELETE = "delete", "trash-2", Qt.Key.Key_Delete, 3, True
    MORE = "more", "ellipsis", Qt.Key.Key_Menu, 0, True

    def __new__(cls, name: str, icon: str, shortcut: Shortcut, group: int, on_bar: bool) -> Deed:
        deed = object.__new__(cls)
        deed._value_ = name
        return deed

    def __init__(self, name: str, icon: str, shortcut: Shortcut, group: int, on_bar: bool) -> None:
        self.icon = icon
        self.shortcut = shortcut
        """What does it to the current message; None: no key."""
        self.group = group
        """Of the menu, between two lines; 0: not a row of it."""
        self.on_bar = on_bar

    @property
    def key(self) -> str:
        """The shortcut as a person reads it; empty: there is none."""
        return (
            ""
            if self.shortcut is None
            else QKeySequence(self.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        )

    @property
    def label(self) -> str:
        translate = QCoreApplication.translate
        return {
            "react": translate("Timeline", "React"),
            "reply": translate("Timeline", "Reply"),
            "edit": translate("Timeline", "Edit"),
            "retry": translate("Timeline", "Retry"),
            "copy_text": translate("Timeline", "Copy text"),
            "copy": translate("Timeline", "Copy selection"),
            "delete": translate("Timeline", "Delete…"),
            "more": translate("Timeline", "More"),
        }[self.value]


ON_BAR = tuple(deed for deed in Deed if deed.on_bar)
UNDER_REFUSED = (Deed.RETRY, Deed.EDIT, Deed.DELETE)
"""Offered under a message that was refused."""


def possible(content: Content, *, moderates: bool, is_closed: bool) -> frozenset[Deed]:
    """What of it makes sense for this message: the server decides all the same. `moderates`: the person may delete
    what others wrote. Where it `is_closed` one can only read."""
    if content.is_deleted:
        return frozenset()
    deeds = {Deed.MORE} if content.is_unknown else {Deed.COPY_TEXT, Deed.MORE}
    if is_closed:
        return frozenset(deeds)
    deeds.add(Deed.REPLY)
    if content.item.delivery is None:
        deeds.add(Deed.REACT)
    if content.is_own and content.item.shown.can_be_edited:
        deeds.add(Deed.EDIT)
    if content.is_own or moderates:
        deeds.add(Deed.DELETE)
    if Delivery.REFUSED in (content.item.delivery, content.item.change):
        deeds.add(Deed.RETRY)
    return frozenset(deeds)
