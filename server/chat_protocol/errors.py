"""The closed list of error codes, and what a client may do after each. The list of a later server is longer: what a
program doesn't know is read, never an unreadable frame."""

from __future__ import annotations

from enum import StrEnum


class Retry(StrEnum):
    """What makes sense after an error."""

    LATER = "later"
    """The same request, with the same cids, after `after_ms`."""
    REAUTH = "reauth"
    """Connect and log in again."""
    UPGRADE = "upgrade"
    """Only another version of the program can."""
    NEVER = "never"
    """The same request will be refused for good."""

    @classmethod
    def _missing_(cls, value: object) -> Retry:
        """Of a later server: what to do is known to another version."""
        return cls.UPGRADE


class Code(StrEnum):
    """Why a request was refused, an entry of a `send` was, or a connection ends."""

    # the frame
    BAD_FRAME = "bad_frame"
    FRAME_TOO_BIG = "frame_too_big"
    UNKNOWN_TYPE = "unknown_type"
    BAD_VALUE = "bad_value"
    UNSUPPORTED_VERSION = "unsupported_version"
    # getting in
    LOGIN_REQUIRED = "login_required"
    LOGIN_TIMEOUT = "login_timeout"
    BAD_SIGNATURE = "bad_signature"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    NOT_A_MEMBER = "not_a_member"
    BANNED = "banned"
    INVITE_UNKNOWN = "invite_unknown"
    INVITE_EXPIRED = "invite_expired"
    INVITE_REVOKED = "invite_revoked"
    INVITE_USED_UP = "invite_used_up"
    NAME_TAKEN = "name_taken"
    NAME_NOT_ALLOWED = "name_not_allowed"
    # an event
    UNKNOWN_LOG = "unknown_log"
    UNKNOWN_TARGET = "unknown_target"
    UNKNOWN_MEMBER = "unknown_member"
    UNKNOWN_KIND = "unknown_kind"
    FORBIDDEN = "forbidden"
    TEXT_TOO_LONG = "text_too_long"
    TOO_MANY_CHANGES = "too_many_changes"
    CID_REUSED = "cid_reused"
    # the server
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    STORAGE_FULL = "storage_full"
    INTERNAL = "internal"
    # a connection's end
    REPLACED = "replaced"
    RESTART = "restart"
    STOPPED = "stopped"
    TOO_SLOW = "too_slow"
    # never sent: any code that this program doesn't know
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> Code:
        """Of a later server: `retry` beside it says what may be done."""
        return cls.UNKNOWN


_RETRY = {
    Code.UNSUPPORTED_VERSION: Retry.UPGRADE,
    Code.UNKNOWN_TYPE: Retry.UPGRADE,
    Code.UNKNOWN_KIND: Retry.UPGRADE,
    Code.LOGIN_REQUIRED: Retry.REAUTH,
    Code.LOGIN_TIMEOUT: Retry.REAUTH,
    Code.TOO_MANY_ATTEMPTS: Retry.LATER,
    Code.RATE_LIMITED: Retry.LATER,
    Code.BUSY: Retry.LATER,
    Code.STORAGE_FULL: Retry.LATER,
    Code.INTERNAL: Retry.LATER,
    Code.RESTART: Retry.LATER,
    Code.STOPPED: Retry.LATER,
    Code.TOO_SLOW: Retry.REAUTH,
}


def retry_of(code: Code) -> Retry:
    """What a client may do after `code`; permanent unless listed."""
    return _RETRY.get(code, Retry.NEVER)


class Refused(Exception):
    """An expected refusal: a code of the closed list and one plain sentence for a person.

    `field` names the offending field, `after_ms` how long to wait, `suggestion` a free name.
    Text never holds a token, a key or a body.
    """

    def __init__(
        self,
        code: Code,
        text: str,
        *,
        after_ms: int | None = None,
        field: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.after_ms = after_ms
        self.field = field
        self.suggestion = suggestion
