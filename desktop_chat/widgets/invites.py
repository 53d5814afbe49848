"""Invites that come from outside: pasted, dropped, or found on the clipboard."""

from __future__ import annotations

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from chat_protocol.invite_link import Invite, InviteMalformed, InviteProblem, parse
from desktop_chat.core.sentences import Trouble

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


def text_of(data: QMimeData) -> str:
    """The text of a drop; empty if it holds none."""
    if data.hasText():
        return data.text()
    return data.urls()[0].toString() if data.hasUrls() else ""


def clipboard_text() -> str:
    return QGuiApplication.clipboard().text()
