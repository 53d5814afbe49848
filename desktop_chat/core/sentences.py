"""Every refusal that a person can meet, by code, with the one plain sentence that says it.

`Code`s come from the server, `Trouble`s arise here. The table is English; a translation is another table with the
same keys. The server's own text is never shown where this table has a sentence: it may be in another language.
"""

from __future__ import annotations

from enum import StrEnum

from chat_protocol import limits
from chat_protocol.errors import Code, Refused


class Trouble(StrEnum):
    """What goes wrong on this side of the wire."""

    NOT_AN_INVITE = "not_an_invite"
    INVITE_MISTYPED = "invite_mistyped"
    INVITE_TRUNCATED = "invite_truncated"
    INVITE_BAD_ADDRESS = "invite_bad_address"
    INVITE_TOO_LONG = "invite_too_long"
    WRONG_SERVER_KEY = "wrong_server_key"
    NOT_A_CHAT_SERVER = "not_a_chat_server"
    OTHER_VERSION = "other_version"
    UNREACHABLE = "unreachable"
    CONNECTION_LOST = "connection_lost"
    SILENT = "silent"
    NO_ANSWER = "no_answer"
    NOT_CONNECTED = "not_connected"
    LEFT = "left"
    DISK_FULL_HERE = "disk_full_here"
    STORE_DAMAGED = "store_damaged"
    STORE_NEWER = "store_newer"
    PROFILE_OPEN = "profile_open"
    PROFILE_NOT_WRITABLE = "profile_not_writable"
    IDENTITY_DAMAGED = "identity_damaged"
    KEYRING_UNAVAILABLE = "keyring_unavailable"
    HOSTING_FAILED = "hosting_failed"
    PORT_TAKEN = "port_taken"
    ROOM_NEWER = "room_newer"
    ROOM_NOT_WRITABLE = "room_not_writable"
    ROOM_DAMAGED = "room_damaged"
    NO_FONT = "no_font"


SENTENCES: dict[Code | Trouble, str] = {
    Trouble.NOT_AN_INVITE: "This is not an invite link.",
    Trouble.INVITE_MISTYPED: "The invite link has a mistake in it. Copy it again rather than typing it.",
    Trouble.INVITE_TRUNCATED: "A part of the invite link is missing. Copy all of it.",
    Trouble.INVITE_BAD_ADDRESS: "The invite link holds an address that can't exist.",
    Trouble.INVITE_TOO_LONG: "The invite link is too long to be one.",
    Trouble.WRONG_SERVER_KEY: "Another server answered than the one this invite was made for. Nothing was sent to it.",
    Trouble.NOT_A_CHAT_SERVER: "What answers at this address is not a chat server.",
    Trouble.OTHER_VERSION: "The server speaks another version of the protocol: one of the two programs is too old.",
    Trouble.UNREACHABLE: "The server can't be reached. It may be off, or the network is in the way.",
    Trouble.CONNECTION_LOST: "The connection was lost. It is tried again by itself.",
    Trouble.SILENT: "The server has been silent too long. The connection is tried again by itself.",
    Trouble.NO_ANSWER: "The server did not answer in time. It is asked again by itself.",
    Trouble.NOT_CONNECTED: "This needs a connection to the server, and there is none just now.",
    Trouble.LEFT: "You closed this connection.",
    Trouble.DISK_FULL_HERE: "The disk of this computer is full. Nothing is lost: make room and it goes on.",
    Trouble.STORE_DAMAGED: "The copy of your conversations on this computer is damaged. It was set aside.",
    Trouble.STORE_NEWER: "This profile was written by a later version of the program.",
    Trouble.PROFILE_OPEN: "This profile is open already, in another window of the program.",
    Trouble.PROFILE_NOT_WRITABLE: "The folder of this profile can't be written. Check who owns it.",
    Trouble.IDENTITY_DAMAGED: "The identity of this profile is damaged or missing. Put its file back from a copy.",
    Trouble.KEYRING_UNAVAILABLE: "The key of this profile is in the keyring of this system, which does not answer.",
    Trouble.HOSTING_FAILED: "The server on this computer could not be started.",
    Trouble.PORT_TAKEN: "Another program on this computer is at the port where your room is found.",
    Trouble.ROOM_NEWER: "Your room was hosted by a later version of the program.",
    Trouble.ROOM_NOT_WRITABLE: "The folder of your room can't be written.",
    Trouble.ROOM_DAMAGED: "The files of your room are damaged. Nothing was changed in them.",
    Trouble.NO_FONT: "This computer has no font with Chinese characters, so the window is in English.",
    Code.BAD_FRAME: "The server did not understand this program.",
    Code.FRAME_TOO_BIG: "This was too large to send.",
    Code.UNKNOWN_TYPE: "The server is too old for this.",
    Code.BAD_VALUE: "Something in this can't be accepted, a character perhaps.",
    Code.UNSUPPORTED_VERSION: "The server speaks another version of the protocol: one of the two programs is too old.",
    Code.LOGIN_REQUIRED: "The server asked for a login first.",
    Code.LOGIN_TIMEOUT: "The login took too long. It is tried again by itself.",
    Code.BAD_SIGNATURE: "The server does not accept the key of this profile.",
    Code.TOO_MANY_ATTEMPTS: "Too many logins failed. The next one is tried in a while.",
    Code.NOT_A_MEMBER: "You are not a member of this server: you need an invite.",
    Code.BANNED: "You are banned from this server.",
    Code.INVITE_UNKNOWN: "This server does not know this invite. It may belong to another server.",
    Code.INVITE_EXPIRED: "This invite has expired.",
    Code.INVITE_REVOKED: "This invite was revoked.",
    Code.INVITE_USED_UP: "This invite was used as often as it may be.",
    Code.NAME_TAKEN: "Somebody here has this name, or one that looks like it.",
    Code.NAME_NOT_ALLOWED: "This name is not allowed here.",
    Code.UNKNOWN_LOG: "This room does not exist, or you are not in it.",
    Code.UNKNOWN_TARGET: "The message this is about does not exist any more.",
    Code.UNKNOWN_MEMBER: "There is no such member.",
    Code.UNKNOWN_KIND: "The server is too old for this.",
    Code.FORBIDDEN: "You may not do that here.",
    Code.TEXT_TOO_LONG: f"The text is too long: a message holds at most {limits.TEXT:,} bytes.",
    Code.TOO_MANY_CHANGES: "This message was changed so often that it can't be changed any more.",
    Code.CID_REUSED: "The server holds something else under the name of this message.",
    Code.RATE_LIMITED: "That was too much at once. It goes on by itself in a moment.",
    Code.BUSY: "The server is busy. It goes on by itself in a moment.",
    Code.STORAGE_FULL: "The server's disk is full. What you wrote waits here until there is room.",
    Code.INTERNAL: "The server made a mistake. It is tried again by itself.",
    Code.REPLACED: "This profile connected from another place.",
    Code.RESTART: "The server restarts.",
    Code.STOPPED: "The host has stopped the server.",
    Code.TOO_SLOW: "The connection was too slow to keep up. It is tried again by itself.",
    Code.UNKNOWN: "The server refused this for a reason that this version of the program does not know.",
}


def sentence(code: Code | Trouble, suggestion: str | None = None) -> str:
    """The plain sentence for a code; with `name_taken` it offers the free name."""
    said = SENTENCES[code]
    return f'{said} "{suggestion}" is free.' if suggestion else said


class ChatError(Exception):
    """An expected refusal, for the person: nothing that was written is lost by it. `code` says which, `str()` is
    its sentence, `suggestion` a free name, `field` what was wrong in the thing written."""

    def __init__(
        self, code: Code | Trouble, *, suggestion: str | None = None, field: str | None = None, detail: str = ""
    ) -> None:
        super().__init__(sentence(code, suggestion))
        self.code = code
        self.suggestion = suggestion
        self.field = field
        self.detail = detail
        """For a log or a report, not for the person."""

    @classmethod
    def of(cls, refused: Refused) -> ChatError:
        return cls(refused.code, suggestion=refused.suggestion, field=refused.field, detail=refused.text)
