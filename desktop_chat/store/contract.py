"""What the client's core asks of the local store, and the plain values that go between them.

The core decides and returns `Op`s; the store applies each list of them in one durable transaction, in order. So a
batch of frames is one commit, and what was not stored was never believed. `apply` is called from one writer
thread at a time; the reads may be called from the thread that draws (each takes at most a few milliseconds).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import NamedTuple, NewType, Protocol

import msgspec

from chat_protocol.errors import Code
from chat_protocol.events import Event
from chat_protocol.fold import Shown
from chat_protocol.ids import Cid, LogId, MemberId, Position, Ref
from chat_protocol.permissions import LogKind

ServerId = NewType("ServerId", str)
"""base64url of the SHA-256 of the server's key: the fingerprint in its invites."""


class Delivery(StrEnum):
    """Where an event written here is. Nothing else may look sent."""

    WAITING = "waiting"
    """Durable here; never written to a socket: an edit or a deletion still changes the row itself."""
    SENT = "sent"
    """May have reached the server: it goes again under its cid until an answer says what became of it."""
    STORED = "stored"
    """Acknowledged with a seq, the event itself not yet received."""
    REFUSED = "refused"
    """For good, with a code; stays until the person deletes it or tries again. A state doesn't stay: `RowGone` follows,
    unless messages that were refused with it are there to be tried again."""


class OutboxRow(msgspec.Struct, frozen=True):
    """An event written here. `place` orders the rows of one server as Send was pressed."""

    server: ServerId
    place: int
    log: LogId
    cid: Cid
    kind: str
    body: bytes
    """JSON of the body."""
    target: Ref | None = None
    key: str | None = None
    delivery: Delivery = Delivery.WAITING
    seq: int | None = None
    ts: int | None = None
    code: Code | None = None
    reason: str = ""


class HeldLog(msgspec.Struct, frozen=True):
    """The contiguous suffix [first … head] that is held of one log, and what is known of the rest."""

    server: ServerId
    log: LogId
    kind: LogKind
    before: Position
    """The position before `first`: where extending downwards goes on."""
    at: Position
    """The position at the head."""
    floor: int
    """The first seq that this member may read."""
    mark: int = 0
    closed: bool = False
    """No longer readable at the server; the copy stays."""


class KnownServer(msgspec.Struct, frozen=True):
    """A server that was joined. `token` redeems the invite again should the first login have been cut."""

    server: ServerId
    addresses: tuple[str, ...]
    """`host:port`, in order of preference."""
    name: str
    token: bytes | None = None
    first_name: str = ""
    """The display name to give at the first login."""
    member: MemberId | None = None
    """None until the first `welcome`."""


# --- what the core tells the store to do -----------------------------------------------------------------------

# What is shown changes by these: once they are durable, whoever shows it is told of the same values.


class LogHeld(msgspec.Struct, frozen=True):
    """A log is held from a snapshot on; whatever was held of it is replaced. `before` = `at` = the snapshot."""

    held: HeldLog
    state: Sequence[Event]


class LogClosed(msgspec.Struct, frozen=True):
    """The log is no longer readable at the server: the copy stays, marked closed, or goes when it is `dropped`."""

    server: ServerId
    log: LogId
    dropped: bool = False


class Extended(msgspec.Struct, frozen=True):
    """Events that follow the head, without a gap."""

    server: ServerId
    log: LogId
    events: Sequence[Event]
    at: Position


class ExtendedBack(msgspec.Struct, frozen=True):
    """Events that end right below `first`, held too by now. Their states change no value."""

    server: ServerId
    log: LogId
    before: Position
    events: Sequence[Event]


class Marked(msgspec.Struct, frozen=True):
    """Read up to `seq`; a mark only grows."""

    server: ServerId
    log: LogId
    seq: int


class RowChanged(msgspec.Struct, frozen=True):
    """An outbox row is new, or the same (server, place) has other contents or another delivery."""

    row: OutboxRow


class RowGone(msgspec.Struct, frozen=True):
    """The outbox no longer holds it: its event came, goes in the same step, the person deleted it, or it was a state
    and refused."""

    row: OutboxRow


Change = LogHeld | LogClosed | Extended | ExtendedBack | Marked | RowChanged | RowGone

# These the store alone is told.


class PutServer(msgspec.Struct, frozen=True):
    server: KnownServer


class SetAside(msgspec.Struct, frozen=True):
    """Keep what is held above `keep` apart as "from before the restore" and continue from there."""

    server: ServerId
    log: LogId
    keep: Position


class Keep(msgspec.Struct, frozen=True):
    """Something that this device keeps for itself and no server hears of: a draft, a favourite, a size of the window.
    None: no longer."""

    key: str
    value: str | None


Op = Change | PutServer | SetAside | Keep


# --- what is read ------------------------------------------------------------------------------------------------


Said = tuple[int, MemberId, int, str]
"""What a message says, and nothing else of it: its row, who wrote it, its ts and its text."""


class Found(NamedTuple):
    server: ServerId
    log: LogId
    message: Shown


class Standing(NamedTuple):
    """Messages that are not deleted."""

    messages: int
    mentions: int
    """Those among them that mention the member."""


class StoreFull(Exception):
    """No room on this device; nothing of the list was applied. What was stored stays readable."""


class StoreDamaged(Exception):
    """The local store contradicts itself. It was set aside, never overwritten."""


class StoreNewer(Exception):
    """The profile was written by a later version of the program."""


class ProfileOpen(Exception):
    """Another program of this person has the profile open."""


class Store(Protocol):
    def apply(self, ops: Sequence[Op]) -> None:
        """All of it, durable, or nothing. Raises `StoreFull` or `StoreDamaged`."""

    def tidy(self) -> bool:
        """A bounded step of what can wait; whether more is waiting. From the thread of `apply`, when nothing is to be
        applied, and at least once in 60 s: then what was deleted is gone from the files. Raises as `apply` does."""

    def together(self) -> AbstractContextManager[object]:
        """What is read within is of one state of the store, and costs less than each read alone."""

    def servers(self) -> list[KnownServer]: ...

    def held(self, server: ServerId) -> list[HeldLog]: ...

    def held_log(self, server: ServerId, log: LogId) -> HeldLog | None: ...

    def outbox(self, server: ServerId) -> list[OutboxRow]:
        """In order of place, refused ones included."""

    def kept(self, prefix: str = "") -> dict[str, str]:
        """What was kept by `Keep` under keys that begin with `prefix`, in their order."""

    def position(self, server: ServerId, log: LogId, seq: int) -> Position | None:
        """The position at a held seq, for comparing `h`."""

    def state(self, server: ServerId, log: LogId) -> dict[str, Event]:
        """The value of every key."""

    def values(self, server: ServerId, log: LogId, *keys: str) -> dict[str, Event]:
        """The values of those of `keys` that have one, read without all the others."""

    def messages(self, server: ServerId, log: LogId, *, before_row: int, limit: int) -> list[Shown]:
        """Up to `limit` held messages with row < `before_row`, rising, folded with every held change."""

    def message(self, server: ServerId, log: LogId, ref: Ref) -> Shown | None: ...

    def standing(
        self, server: ServerId, log: LogId, *, above_row: int, member: MemberId, hidden: Collection[MemberId] = ()
    ) -> Standing:
        """The held messages above a row, counted, but for those that the member or somebody `hidden` wrote."""

    def said(self, server: ServerId, log: LogId, first_row: int, last_row: int) -> list[Said]:
        """What the held messages of these rows say as shown, rising; those that say nothing are left out. For very
        many of them: one or two microseconds each."""

    def events(self, server: ServerId, log: LogId, after: int, limit: int) -> list[Event]:
        """Raw held events from seq `after` + 1 on."""

    def aside(self, server: ServerId, log: LogId) -> list[Event]:
        """What was set aside by a restore, in order of seq."""

    def search(
        self, query: str, *, server: ServerId | None = None, log: LogId | None = None, limit: int = 50
    ) -> list[Found]:
        """Newest first, messages whose text as shown holds `query`; two Chinese characters are found."""

    def close(self) -> None: ...
