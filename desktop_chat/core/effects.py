"""What a session wants done, and what it has to tell: plain values, carried out by the driver.

A session decides without I/O. After each input the driver takes the `Effects`, applies `ops` to the store in one
durable transaction, then writes `frames`, then hands out `notices`: so nothing is sent or shown that a crash could
take back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from chat_protocol.errors import Code, Retry
from chat_protocol.events import Event
from chat_protocol.fold import Shown
from chat_protocol.frames import Err, Ok
from chat_protocol.ids import LogId, MemberId, Position
from desktop_chat.core.sentences import Trouble
from desktop_chat.store.contract import Change, Op


class Now(NamedTuple):
    wall_ms: int
    """UTC since 1970: a claim of when. It may jump."""
    mono_s: float
    """For deadlines. It never goes back."""


Answer = Ok | Err | None
"""To a request; None: the connection ended before the answer came."""


class Ending(msgspec.Struct, frozen=True):
    """Why a connection ends, and what to do next: `retry` NEVER and UPGRADE stay closed until the person acts."""

    code: Code | Trouble
    text: str = ""
    retry: Retry = Retry.LATER
    after_s: float = 0.0
    """Not to be tried again sooner."""
    suggestion: str | None = None
    """A free name, with `name_taken`."""

    @property
    def is_final(self) -> bool:
        return self.retry in (Retry.NEVER, Retry.UPGRADE)


class LoggedIn(msgspec.Struct, frozen=True):
    member: MemberId
    room: LogId | None
    """Where the invite led."""


class Disconnected(msgspec.Struct, frozen=True):
    ending: Ending


class WindowChanged(msgspec.Struct, frozen=True):
    """Read it again from `Session.windows`."""

    window: int
    messages: Sequence[Shown]
    """Those that are new or other than before."""


class Signalled(msgspec.Struct, frozen=True):
    """Best effort. `typing` expires 6 s after the last one."""

    log: LogId
    kind: str
    by: MemberId
    seq: int | None
    on: bool


class Restored(msgspec.Struct, frozen=True):
    """The server's history changed above `keep`. What was held beyond is kept aside; own messages and changes go
    again by themselves, own `states` only if the person wants it: write them again."""

    log: LogId
    keep: Position
    states: Sequence[Event]


class Faulted(msgspec.Struct, frozen=True):
    """The server sent what can't be. It was told; the log is followed again."""

    log: LogId
    seq: int
    code: str


class Hindered(msgspec.Struct, frozen=True):
    """The server takes nothing of what is written here, which is sent again by itself. `code` None: it does again."""

    code: Code | None


class StartedOver(msgspec.Struct, frozen=True):
    """The session was thrown away: what was not stored by then never was, what arrives is left at the server until it
    goes on. `error` says why: the disk is full for example, or it is a bug."""

    error: Exception


Notice = Change | LoggedIn | Disconnected | WindowChanged | Signalled | Restored | Faulted | Hindered | StartedOver


class Effects(msgspec.Struct):
    """To be carried out in this order; each list may be empty."""

    ops: list[Op] = []
    frames: list[bytes] = []
    notices: list[Notice] = []
    close: Ending | None = None
    """End the connection once the frames are written."""
    deadline: float | None = None
    """When `Session.timer` wants to be called, on the monotonic clock."""

    def change(self, change: Change) -> None:
        """To be stored, and then told."""
        self.ops.append(change)
        self.notices.append(change)

    def take(self, deadline: float | None) -> Effects:
        """What there is to do since the last call."""
        taken = Effects(self.ops, self.frames, self.notices, self.close, deadline)
        self.ops, self.frames, self.notices, self.close = [], [], [], None
        return taken
