"""Every kind of event: one struct each, and the table that says how it lies in a log.

An event is of one of three classes, told by what it names: a *change* names a `target` message, a *state* names
a `key`, a *message* names neither. So row, h and state are right for kinds that a program does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from chat_protocol import limits
from chat_protocol.decoders import Decoders
from chat_protocol.ids import Cid, LogId, MemberId, Ref

Uint = Annotated[int, Meta(ge=0, le=limits.MAX_INT)]


class EventClass(StrEnum):
    MESSAGE = "message"
    CHANGE = "change"
    STATE = "state"


class Role(StrEnum):
    """On a server. NONE is a former member: its key may come back by an invite, unless banned."""

    HOST = "host"
    MODERATOR = "moderator"
    MEMBER = "member"
    NONE = "none"


class Access(StrEnum):
    OPEN = "open"
    PRIVATE = "private"


class History(StrEnum):
    """What a newcomer may read: everything, or what came from the joining on."""

    ALL = "all"
    JOINED = "joined"


class Body(Struct, frozen=True, omit_defaults=True):
    """What an event says. Structs only gain optional fields: stored bytes outlive versions."""

    def fits(self, _message: Any) -> bool:
        """Whether this change applies to a message, as `fold.Shown`, of the kind that the change is `on`. To be
        decided by what no change alters: the hub asks it of the message as sent, the fold of the message as shown."""
        return True


# --- messages -------------------------------------------------------------------------------------------------


class Text(Body, frozen=True):
    """What somebody said. `reply` names the message it answers; quotes refer, they never copy."""

    text: Annotated[str, Meta(min_length=1)]
    reply: Ref | None = None
    mentions: Annotated[list[MemberId], Meta(max_length=limits.MENTIONS)] = []


class Fault(Body, frozen=True):
    """What a client found wrong with what the server sent. Stored in the staff log."""

    log: Annotated[LogId, Meta(max_length=limits.KEY)]
    seq: Uint
    code: Annotated[str, Meta(min_length=1, max_length=32)]


# --- changes to a message -------------------------------------------------------------------------------------


class Edit(Body, frozen=True):
    text: Annotated[str, Meta(min_length=1)]
    mentions: Annotated[list[MemberId], Meta(max_length=limits.MENTIONS)] = []


class Delete(Body, frozen=True):
    pass


class React(Body, frozen=True):
    emoji: Annotated[str, Meta(min_length=1, max_length=limits.EMOJI)]
    on: bool = True


class Pin(Body, frozen=True):
    on: bool = True


# --- states of a room or a DM ---------------------------------------------------------------------------------


class Make(Body, frozen=True):
    """The first event of a room. The hub adds name, access, history, the maker's joining and moderatorship."""

    name: str
    access: Access = Access.PRIVATE
    history: History = History.ALL


class Name(Body, frozen=True):
    """Of a room (key `name`) or of a member (key `name:ID` of the people log)."""

    name: str


class Topic(Body, frozen=True):
    topic: Annotated[str, Meta(max_length=limits.TOPIC)]


class SetAccess(Body, frozen=True):
    access: Access


class SetHistory(Body, frozen=True):
    history: History


class Join(Body, frozen=True):
    """`from` is the first seq this member may read and `invite` what let it in; the hub writes both."""

    from_: Uint = msgspec.field(name="from", default=0)
    invite: str | None = None


class Leave(Body, frozen=True):
    pass


class Kick(Body, frozen=True):
    reason: Annotated[str, Meta(max_length=limits.REASON)] = ""


class Moderate(Body, frozen=True):
    """Moderator of this room only."""

    on: bool = True


class Dm(Body, frozen=True):
    """The first event of a DM: whose id hashes to the log's. The lower id stands first."""

    members: tuple[MemberId, MemberId]


# --- states of the people log ---------------------------------------------------------------------------------


class Identity(Body, frozen=True):
    """The raw Ed25519 public key of a member, base64url; written by the hub at the first joining."""

    key: str


class SetRole(Body, frozen=True):
    role: Role


class Ban(Body, frozen=True):
    reason: Annotated[str, Meta(max_length=limits.REASON)] = ""


class Unban(Body, frozen=True):
    pass


class Listed(Body, frozen=True):
    """An open room as every member sees it; written by the hub in the batch of the room's own event."""

    name: str


class Unlisted(Body, frozen=True):
    pass


# --- states of the staff log ----------------------------------------------------------------------------------


class Invite(Body, frozen=True):
    """Key `invite:H`, H = SHA-256 of the token, base64url. Redeeming it joins the server and `room`.

    `role` above member makes a host link; only the server itself writes one.
    """

    room: LogId
    expires_ms: Uint
    uses: Annotated[int, Meta(ge=1, le=100_000)]
    role: Role = Role.MEMBER


class Revoke(Body, frozen=True):
    pass


class Used(Body, frozen=True):
    """How often an invite was redeemed; written by the hub in the batch of the joining."""

    count: Uint


class Stop(Body, frozen=True):
    """The host stops the server; everybody gets `bye` after this is stored."""


class Kind(NamedTuple):
    """How a kind lies in a log. `key` is the state's whole key, or its prefix when it ends in a colon. `on` is the
    kind of message that a change applies to; None: to any."""

    body: type[Body]
    cls: EventClass
    key: str | None = None
    on: str | None = None


KINDS: dict[str, Kind] = {
    "text": Kind(Text, EventClass.MESSAGE),
    "fault": Kind(Fault, EventClass.MESSAGE),
    "edit": Kind(Edit, EventClass.CHANGE, on="text"),
    "delete": Kind(Delete, EventClass.CHANGE),
    "react": Kind(React, EventClass.CHANGE),
    "pin": Kind(Pin, EventClass.CHANGE),
    "make": Kind(Make, EventClass.STATE, "make"),
    "topic": Kind(Topic, EventClass.STATE, "topic"),
    "access": Kind(SetAccess, EventClass.STATE, "access"),
    "history": Kind(SetHistory, EventClass.STATE, "history"),
    "name": Kind(Name, EventClass.STATE, "name"),
    "join": Kind(Join, EventClass.STATE, "in:"),
    "add": Kind(Join, EventClass.STATE, "in:"),
    "leave": Kind(Leave, EventClass.STATE, "in:"),
    "kick": Kind(Kick, EventClass.STATE, "in:"),
    "moderate": Kind(Moderate, EventClass.STATE, "mod:"),
    "dm": Kind(Dm, EventClass.STATE, "dm"),
    "rename": Kind(Name, EventClass.STATE, "name:"),
    "identity": Kind(Identity, EventClass.STATE, "identity:"),
    "role": Kind(SetRole, EventClass.STATE, "role:"),
    "ban": Kind(Ban, EventClass.STATE, "ban:"),
    "unban": Kind(Unban, EventClass.STATE, "ban:"),
    "listed": Kind(Listed, EventClass.STATE, "room:"),
    "unlisted": Kind(Unlisted, EventClass.STATE, "room:"),
    "invite": Kind(Invite, EventClass.STATE, "invite:"),
    "revoke": Kind(Revoke, EventClass.STATE, "invite:"),
    "used": Kind(Used, EventClass.STATE, "used:"),
    "stop": Kind(Stop, EventClass.STATE, "stop"),
}


WORDLESS = tuple(
    name for name, kind in KINDS.items() if kind.cls is EventClass.CHANGE and not hasattr(kind.body, "text")
)
"""The changes that bring no text of their own."""


class Entry(Struct, frozen=True, omit_defaults=True):
    """An event as its author sends it: still without a place in the log."""

    log: LogId
    cid: Cid
    kind: Annotated[str, Meta(min_length=1, max_length=limits.KIND)]
    body: Raw
    target: Ref | None = None
    key: Annotated[str, Meta(min_length=1, max_length=limits.KEY)] | None = None


class Event(Struct, frozen=True, omit_defaults=True):
    """An event as the log holds it. `body` is UNSET once it was erased."""

    seq: Uint
    row: Uint
    """How many messages the log holds up to and including this event."""
    ts: Uint
    """The server's clock, ms since 1970 UTC. For display: `seq` orders."""
    by: MemberId
    cid: Cid
    kind: Annotated[str, Meta(min_length=1, max_length=limits.KIND)]
    target: Ref | None = None
    key: Annotated[str, Meta(min_length=1, max_length=limits.KEY)] | None = None
    body: Raw | UnsetType = UNSET

    @property
    def ref(self) -> Ref:
        return Ref(self.by, self.cid)

    @property
    def cls(self) -> EventClass:
        return class_of(self.target, self.key)


def class_of(target: Ref | None, key: str | None) -> EventClass:
    """The class of an event that names `target` and `key`; both at once is refused where events come in."""
    if target is not None:
        return EventClass.CHANGE
    return EventClass.MESSAGE if key is None else EventClass.STATE


_encode = msgspec.json.Encoder().encode
_decode_event = msgspec.json.Decoder(Event).decode
_decode_body = Decoders({kind: entry.body for kind, entry in KINDS.items()})


def encode_event(event: Event) -> bytes:
    """The bytes of an event: stored, sent and hashed for search; made once."""
    return _encode(event)


def decode_event(data: bytes | Raw) -> Event:
    """Raises `msgspec.DecodeError` (of which `ValidationError` is one) if `data` is no event."""
    return _decode_event(data)


def encode_body(body: Body) -> Raw:
    return Raw(_encode(body))


def decode_body(kind: str, body: Raw) -> Any:
    """The struct of `kind` that `body` says. Raises `KeyError` for an unknown kind, `msgspec.DecodeError` for a
    body that does not fit it. Unknown fields are ignored."""
    return _decode_body[kind](body)


def decode_bodies(kind: str, bodies: Sequence[bytes]) -> list[Any]:
    """What `decode_body` gives for each of `bodies`, all read at once. Raises as it does, whichever is at fault."""
    found: list[Any] = msgspec.json.decode(b"[%b]" % b",".join(bodies), type=list[KINDS[kind].body])  # type: ignore[misc]
    return found


def has_words(change: Event) -> bool:
    """Whether `change` is erased with the message that it names; of a kind that is not known here it is."""
    return change.kind not in WORDLESS


def erased(event: Event) -> Event:
    """The same event without what it said."""
    return msgspec.structs.replace(event, body=UNSET)
