"""What the hub is asked and what it answers. Plain values: the hub knows no connection, no clock and no disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import Raw

from chat_protocol.errors import Code, Refused
from chat_protocol.frames import Sent
from chat_protocol.ids import LogId, MemberId
from chat_protocol.permissions import LogKind
from chat_server.storage.contract import Batch


class Now(NamedTuple):
    wall_ms: int
    """UTC since 1970: for `ts` and expiry. It may jump."""
    mono_s: float
    """For rates. It never goes back."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """Somebody whose signature was right. `invite` is the token's bytes."""

    identity: bytes
    device: str
    invite: bytes | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SendRequest:
    member: MemberId
    device: str
    batch: list[Raw]


Request = LoginRequest | SendRequest


class LoggedIn(NamedTuple):
    member: MemberId
    room: LogId | None
    """Where the invite led."""


Answer = LoggedIn | list[Sent] | Refused


def _nothing() -> None:
    pass


@dataclass
class Decision:
    """What a round of requests comes to. Nothing of it is true before its batch is stored."""

    answers: list[Answer] = field(default_factory=list)
    """One for each request, in order."""
    batch: Batch = field(default_factory=Batch)
    gained: list[tuple[MemberId, LogId]] = field(default_factory=list)
    """Logs that became readable: to be followed at once, beginning with a snapshot."""
    lost: list[tuple[MemberId, LogId, int]] = field(default_factory=list)
    """Logs no longer readable, and the last seq that still is: the event that ended it."""
    gone: list[tuple[MemberId, Code]] = field(default_factory=list)
    """Members whose connections end with `bye`."""
    stop: bool = False
    """The host stops the server."""
    merge: Callable[[], None] = _nothing
    """For `Hub.commit` alone: makes the draft the state."""


class Readable(NamedTuple):
    """A log as one member may read it."""

    log: LogId
    kind: LogKind
    from_seq: int
    """The first seq that this member may read."""
