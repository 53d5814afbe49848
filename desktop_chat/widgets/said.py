"""What a refusal says on screen, in the language of the window: its sentence, and what one can do."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from chat_protocol.errors import Code
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.theme.language import sentence

translate = QCoreApplication.translate


def next_step(code: Code | Trouble) -> str:
    match code:
        case Trouble.NOT_AN_INVITE | Trouble.INVITE_MISTYPED | Trouble.INVITE_TRUNCATED | Trouble.INVITE_TOO_LONG:
            return translate("Sentences", "Copy the whole link again where you got it, and paste it here.")
        case (
            Trouble.INVITE_BAD_ADDRESS
            | Trouble.NOT_A_CHAT_SERVER
            | Code.NOT_A_MEMBER
            | Code.INVITE_UNKNOWN
            | Code.INVITE_EXPIRED
            | Code.INVITE_REVOKED
            | Code.INVITE_USED_UP
        ):
            return translate("Sentences", "Ask whoever invited you for a new link.")
        case Trouble.WRONG_SERVER_KEY:
            return translate(
                "Sentences", "Ask the host for a new invite, by phone or in person. Waiting messages stay safe here."
            )
        case Trouble.PORT_TAKEN:
            return translate(
                "Sentences",
                "Close that program, perhaps another window of this one that hosts, and try again: your link stays the "
                "same. Or move the room to another port: then everybody needs the new link, also those who are in.",
            )
        case Trouble.ROOM_NEWER:
            return translate("Sentences", "Start the newer version of the program on this computer.")
        case Trouble.ROOM_NOT_WRITABLE:
            return translate("Sentences", "Check who owns it, and that its disk is there, then try again.")
        case Trouble.ROOM_DAMAGED:
            return translate("Sentences", "Put a copy of its folder back, then try again.")
        case Trouble.OTHER_VERSION | Code.UNSUPPORTED_VERSION | Code.UNKNOWN_TYPE | Code.UNKNOWN:
            return translate("Sentences", "Get the newest version of the program, here and on the host's computer.")
        case Trouble.UNREACHABLE:
            return translate(
                "Sentences", "Check that you are in the same network, and ask the host whether the room is open."
            )
        case Trouble.STORE_DAMAGED:
            return translate(
                "Sentences",
                "Join your rooms again by their links, and host your own: what was said comes back from there. The old "
                "copy stays in the profile's folder.",
            )
        case Trouble.DISK_FULL_HERE:
            return translate("Sentences", "Delete what you don't need on this computer.")
        case Trouble.NO_FONT:
            return translate("Sentences", "Install one, Noto Sans CJK for example, then start the program again.")
        case Code.BANNED:
            return translate("Sentences", "Only the host can let you in again. What you had stays readable here.")
        case Code.STOPPED:
            return translate("Sentences", "Ask the host when the room opens again.")
    return translate("Sentences", "Wait a moment, then try again.")


def sentence_of(error: ChatError) -> str:
    """With the free name, where there is one."""
    said = sentence(error.code)
    if not error.suggestion:
        return said
    return f"{said} " + translate("Sentences", "“{name}” is free.").format(name=error.suggestion)
