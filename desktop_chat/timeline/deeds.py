"""What a person can do with a message, and with which key."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QCoreApplication

from desktop_chat.store.contract import Delivery
from desktop_chat.timeline.content import Content


class Deed(Enum):
    REACT = "react"
    REPLY = "reply"
    EDIT = "edit"
    COPY_TEXT = "copy_text"
    COPY = "copy"
    RETRY = "retry"
    DELETE = "delete"
    MORE = "more"

    @property
    def label(self) -> str:
        translate = QCoreApplication.translate
        match self:
            case Deed.REACT:
                return translate("Timeline", "React")
            case Deed.REPLY:
                return translate("Timeline", "Reply")
            case Deed.EDIT:
                return translate("Timeline", "Edit")
            case Deed.COPY_TEXT:
                return translate("Timeline", "Copy text")
            case Deed.COPY:
                return translate("Timeline", "Copy selection")
            case Deed.RETRY:
                return translate("Timeline", "Retry")
            case Deed.DELETE:
                return translate("Timeline", "Delete…")
        return translate("Timeline", "More")

    @property
    def key(self) -> str:
        """The key that does it to the current message, as a person reads it; empty: none."""
        return _KEYS.get(self, "")


_KEYS = {
    Deed.REACT: "+",
    Deed.REPLY: "R",
    Deed.EDIT: "E",
    Deed.COPY_TEXT: "Ctrl+C",
    Deed.DELETE: "Del",
}


def possible(content: Content, *, moderates: bool, is_closed: bool) -> frozenset[Deed]:
    """What of it makes sense for this message: the server decides all the same. `moderates`: the person may delete
    what others wrote. Where it `is_closed` one can only read."""
    if content.is_deleted:
        return frozenset()
    if is_closed:
        return frozenset({Deed.COPY_TEXT, Deed.MORE})
    deeds = {Deed.REPLY, Deed.COPY_TEXT, Deed.MORE}
    if content.item.delivery is None:
        deeds.add(Deed.REACT)
    if content.is_own:
        deeds.add(Deed.EDIT)
    if content.is_own or moderates:
        deeds.add(Deed.DELETE)
    if Delivery.REFUSED in (content.item.delivery, content.item.change):
        deeds.add(Deed.RETRY)
    return frozenset(deeds)
