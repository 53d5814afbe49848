"""What a refusal says on screen, in the language of the window: its sentence, and what one can do."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from chat_protocol.errors import Code
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.theme.language import sentence

translate = QCoreApplication.translate


def next_step(code: Code | Trouble) -> str:
    """Empty where the sentence says already what to do, or where there is nothing. Every code has its case here."""
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
            return translate("Sentences", "Ask the host for a new invite, by phone or in person.")
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
        case (
            Trouble.OTHER_VERSION
            | Code.UNSUPPORTED_VERSION
            | Code.BAD_FRAME
            | Code.BAD_SIGNATURE
            | Code.UNKNOWN_TYPE
            | Code.UNKNOWN_KIND
            | Code.UNKNOWN
        ):
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
        case Trouble.NOT_CONNECTED:
            return translate("Sentences", "Try again when you are connected.")
        case Trouble.PROFILE_OPEN:
            return translate(
                "Sentences", "Go on in the window that is open, or start another profile with --profile NAME."
            )
        case Trouble.STORE_NEWER:
            return translate("Sentences", "Start the newer version. Nothing was changed.")
        case Trouble.IDENTITY_DAMAGED:
            return translate("Sentences", "Until then nothing here is changed, and your messages stay.")
        case Trouble.PROFILE_NOT_WRITABLE:
            return translate("Sentences", "Then try again.")
        case Trouble.KEYRING_UNAVAILABLE:
            return translate("Sentences", "Unlock the keyring, then try again.")
        case Trouble.NO_FONT:
            return translate("Sentences", "Install one, Noto Sans CJK for example, then start the program again.")
        case Code.BANNED:
            return translate("Sentences", "Only the host can let you in again. What you had stays readable here.")
        case Code.STOPPED:
            return translate("Sentences", "Ask the host when the room opens again.")
        case Code.STORAGE_FULL:
            return translate("Sentences", "Tell the host, who can make room there.")
        case Code.REPLACED:
            return translate("Sentences", "Close it there, then try again here.")
        case Code.FORBIDDEN:
            return translate("Sentences", "Ask the host or a moderator what you may do.")
        case Code.UNKNOWN_LOG:
            return translate("Sentences", "Ask somebody who is in it to add you.")
        case Code.NAME_TAKEN | Code.NAME_NOT_ALLOWED:
            return translate("Sentences", "Take another name.")
        case Code.BAD_VALUE:
            return translate("Sentences", "Write it differently, then try again.")
        case Code.TEXT_TOO_LONG | Code.FRAME_TOO_BIG:
            return translate("Sentences", "Send it in several parts.")
        case Code.TOO_MANY_CHANGES | Code.CID_REUSED:
            return translate("Sentences", "Write a new message instead.")
        case (
            Trouble.CONNECTION_LOST
            | Trouble.SILENT
            | Trouble.NO_ANSWER
            | Trouble.HOSTING_FAILED
            | Code.LOGIN_REQUIRED
            | Code.LOGIN_TIMEOUT
            | Code.TOO_MANY_ATTEMPTS
            | Code.RATE_LIMITED
            | Code.BUSY
            | Code.INTERNAL
            | Code.RESTART
            | Code.TOO_SLOW
        ):
            return translate("Sentences", "Wait a moment, then try again.")
        case Trouble.LEFT | Code.UNKNOWN_TARGET | Code.UNKNOWN_MEMBER:
            return ""


def sentence_of(error: ChatError) -> str:
    """With the free name, where there is one."""
    said = sentence(error.code)
    if not error.suggestion:
        return said
    return f"{said} " + translate("Sentences", "“{name}” is free.").format(name=error.suggestion)


def name_refusal(name: str) -> str:
    """Why nobody can be called `name`, as far as can be told here; empty: somebody can."""
    from chat_protocol.names import NAME_CLUSTERS, NameProblem, why_refused  # with its table: only where it is asked

    refused = why_refused(name)
    match refused.reason if refused else None:
        case NameProblem.EMPTY:
            return translate("Sentences", "A name needs at least one character that can be seen.")
        case NameProblem.TOO_LONG:
            return translate("Sentences", "A name has at most {count} characters.").format(count=NAME_CLUSTERS)
        case NameProblem.CHARACTERS:
            return translate("Sentences", "A name can't hold characters that can't be seen.")
        case NameProblem.NOT_ALLOWED if refused:
            return translate("Sentences", "A name can't hold the word “{word}”.").format(word=refused.word)
    return ""
