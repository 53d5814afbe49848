"""Invites: those that come from outside, pasted, dropped, or found on the clipboard; and one to hand out."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDropEvent, QGuiApplication

from chat_protocol.ids import LogId
from chat_protocol.invite_link import Invite, InviteMalformed, InviteProblem, parse
from desktop_chat.core.effects import Notice
from desktop_chat.core.sentences import Trouble
from desktop_chat.core.server import Server
from desktop_chat.hosting.host import Host
from desktop_chat.store.contract import Extended

_LONGEST = 8_192
"""Characters of a clipboard that are looked at."""


def invite_in(text: str) -> Invite | None:
    """The invite that `text` is, if it is one."""
    if len(text) > _LONGEST:
        return None
    try:
        return parse(text)
    except InviteMalformed:
        return None


def invite_problem(text: str) -> Trouble | None:
    """What is wrong with a text that should be an invite."""
    try:
        parse(text)
    except InviteMalformed as error:
        is_none = error.reason is InviteProblem.NOT_AN_INVITE
        return Trouble.NOT_AN_INVITE if is_none else Trouble(f"invite_{error.reason}")
    return None


async def link_into(server: Server, room: LogId, host: Host) -> str:
    """An invite into `room`: for the host's first room the one that stands, else a new one, once it is stored.

    Secret. Raises `ChatError`.
    """
    if server is not host.server:
        return await server.invite(room)
    if room == host.room and host.invitation is not None:
        return host.invitation.link
    return await server.invite(room, addresses=host.addresses)


def is_revoking(notice: Notice) -> bool:
    """A link leads nowhere any more."""
    return isinstance(notice, Extended) and any(event.kind == "revoke" for event in notice.events)


class CopiedLink(QObject):
    """Whether the link that was copied at one place is still what a paste gives, until it is forgotten."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._link = ""
        QGuiApplication.clipboard().dataChanged.connect(self._on_clipboard_changed)

    def __bool__(self) -> bool:
        return bool(self._link)

    def holds(self, link: str) -> bool:
        return bool(link) and self._link == link

    def copy(self, link: str) -> None:
        QGuiApplication.clipboard().setText(link)
        self.note(link)

    def note(self, link: str) -> None:
        """It was put on the clipboard just now."""
        self._link = link
        self.changed.emit()

    def forget(self) -> None:
        """It leads nowhere any more, or is no longer what this place is about."""
        if self._link:
            self.note("")

    def _on_clipboard_changed(self) -> None:
        clipboard = QGuiApplication.clipboard()
        # What another program put there is not read: that could keep the window waiting.
        if not clipboard.ownsClipboard() or clipboard.text() != self._link:
            self.forget()


def text_of(data: QMimeData) -> str:
    """The text of a drop; empty if it holds none."""
    if data.hasText():
        return data.text()
    return data.urls()[0].toString() if data.hasUrls() else ""


def take_copy(event: QDropEvent) -> bool:
    """Accepts what is dragged as a copy, whatever is proposed: where it came from it must stay. False: it can't be
    had as one, and is refused."""
    if not event.possibleActions() & Qt.DropAction.CopyAction:
        event.ignore()
        return False
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
    return True


def clipboard_text() -> str:
    return QGuiApplication.clipboard().text()
