"""Every frame of the wire: who sends it and what the receiver must do. One JSON object each, in text frames.

A request (`login peek follow send page search mark`) carries `id` and gets exactly one answer that names it in
`re`: `ok`, `err`, or `welcome` for a login.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from chat_protocol import limits
from chat_protocol.errors import Code, Retry
from chat_protocol.events import Uint
from chat_protocol.fold import Shown
from chat_protocol.ids import Cid, LogId, MemberId, Ref
from chat_protocol.permissions import LogKind

B64 = Annotated[str, Meta(max_length=128)]
"""Unpadded base64url of bytes: a hash, a key, a signature, a nonce, a token."""


class Frame(Struct, frozen=True, omit_defaults=True, tag_field="op"):
    """Base of all frames; `op` names which."""


class Request(Frame, frozen=True):
    id: Uint


# --- client to server -----------------------------------------------------------------------------------------


class Login(Request, frozen=True, tag="login"):
    """Answers `challenge`. `identity` is the raw Ed25519 public key, `device` 16 random bytes of this
    installation, `sig` signs `login_payload`. With `invite` (the token) and `name` a stranger becomes a member."""

    identity: B64
    device: B64
    sig: B64
    invite: B64 | None = None
    name: Annotated[str, Meta(max_length=256)] | None = None


class Peek(Request, frozen=True, tag="peek"):
    """Instead of `login`: what an invite leads to. Uses nothing up; the server closes after the answer."""

    invite: B64


class Follow(Request, frozen=True, tag="follow"):
    """From where to feed each log: the seq held and the first 8 bytes of h there; None holds nothing of it."""

    since: Annotated[dict[LogId, tuple[Uint, B64] | None], Meta(max_length=limits.FOLLOW_LOGS)]


class Send(Request, frozen=True, tag="send"):
    """New events in the order they were written. Each item is an `Entry`, decoded by itself."""

    batch: Annotated[list[Raw], Meta(min_length=1, max_length=limits.SEND_EVENTS)]


class Page(Request, frozen=True, tag="page"):
    """Exactly one of: `before` a seq (raw events down from it), `around_row` / `around` (a message, folded with
    its surroundings), or none of them: the newest messages, folded."""

    log: LogId
    limit: Annotated[int, Meta(ge=1, le=limits.PAGE_MESSAGES)]
    before: Uint | None = None
    around_row: Uint | None = None
    around: Ref | None = None


class Search(Request, frozen=True, tag="search"):
    """Newest hits first in the logs that the member reads, or in one log."""

    query: Annotated[str, Meta(min_length=1, max_length=limits.SEARCH_QUERY)]
    log: LogId | None = None
    limit: Annotated[int, Meta(ge=1, le=limits.SEARCH_HITS)] = 50


class Mark(Request, frozen=True, tag="mark"):
    """Read up to `seq`. A register: it only grows, and is stored within 2 s."""

    log: LogId
    seq: Uint


class SendSignal(Frame, frozen=True, tag="signal"):
    """`typing` or `read` (this member has read up to `seq` and lets others know). Best effort, no answer."""

    log: LogId
    kind: Annotated[str, Meta(min_length=1, max_length=16)]
    seq: Uint | None = None


ClientFrame = Login | Peek | Follow | Send | Page | Search | Mark | SendSignal


# --- server to client -----------------------------------------------------------------------------------------


class Challenge(Frame, frozen=True, tag="challenge"):
    """The first frame of a connection. The client signs `nonce` together with the key that it pinned, not with
    what this says; `server` (SHA-256 of the SPKI) is for diagnostics, `name` for display."""

    nonce: B64
    server: B64
    name: str


class Limits(Struct, frozen=True):
    frame: int = limits.CLIENT_FRAME
    send_events: int = limits.SEND_EVENTS
    send_bytes: int = limits.SEND_BYTES
    body: int = limits.BODY
    text: int = limits.TEXT
    in_flight: int = limits.IN_FLIGHT


class LogHead(Struct, frozen=True, omit_defaults=True):
    """A log that the member reads: where its readable part begins (seq, h and row before it) and where it ends."""

    log: LogId
    kind: LogKind
    from_: tuple[Uint, B64, Uint] = msgspec.field(name="from")
    head: Uint
    h: B64
    row: Uint
    mark: Uint = 0


class Welcome(Frame, frozen=True, tag="welcome"):
    """Answers `login`. Heads, no state: that comes by `follow`. `room` is where the invite led."""

    re: Uint
    member: MemberId
    limits: Limits
    logs: list[LogHead]
    room: LogId | None = None


class Events(Frame, frozen=True, tag="events"):
    """The next events of a followed log, without a gap. Each item is an `Event`, decoded by itself."""

    log: LogId
    items: list[Raw] = msgspec.field(name="list")


class Snapshot(Frame, frozen=True, tag="snapshot"):
    """The newest event of every key as of `seq`, sent when the client holds nothing of a log. In as many frames
    as needed; with the one that says `last` the log is followed from `seq` on. `from_` as in `LogHead`."""

    log: LogId
    kind: LogKind
    from_: tuple[Uint, B64, Uint] = msgspec.field(name="from")
    seq: Uint
    h: B64
    row: Uint
    items: list[Raw] = msgspec.field(name="list")
    last: bool = False


class Lost(Frame, frozen=True, tag="lost"):
    """The member no longer reads `log`: nothing of it comes after this."""

    log: LogId


class Sent(Struct, frozen=True, omit_defaults=True):
    """What became of one entry of a `send`: its place, or `err`. `do` answers a `fault`: resync, upgrade or nothing."""

    cid: Cid
    seq: Uint | None = None
    ts: Uint | None = None
    dup: bool = False
    do: str | None = None
    err: ErrorInfo | None = None


class ErrorInfo(Struct, frozen=True, omit_defaults=True):
    code: Code
    text: str
    retry: Retry
    after_ms: Uint | None = None
    field: str | None = None
    suggestion: str | None = None
    """A free name, with `name_taken`."""


class Hit(Struct, frozen=True):
    log: LogId
    message: Shown


class PeekInfo(Struct, frozen=True, omit_defaults=True):
    """Whose server an invite leads to: the host's name and identity key, the room's name and id, members present."""

    host: str
    identity: str
    room: str
    present: Uint
    members: Uint
    expires_ms: Uint
    log: LogId | None = None
    """The room's id, of which its avatar has its colour. None: of a server that does not say it yet."""


class Ok(Frame, frozen=True, tag="ok"):
    """The answer to the request `re`; which field is set follows from the request.

    send: `res`, one for each entry decided; the first temporary refusal ends the list, later ones go again.
    follow: `logs`. page before: `start` (seq, h, row before the first) and `events`. page around/newest:
    `as_of` and `messages`. search: `hits`. peek: `peek`. mark: nothing.
    """

    re: Uint
    res: list[Sent] | None = None
    logs: dict[LogId, str] | None = None
    """`behind` (it comes), `history_changed` (the position is not of this log) or `unknown_log`."""
    start: tuple[Uint, B64, Uint] | None = None
    events: list[Raw] | None = None
    as_of: Uint | None = None
    messages: list[Shown] | None = None
    hits: list[Hit] | None = None
    peek: PeekInfo | None = None


class Err(Frame, frozen=True, tag="err"):
    """The request `re` was refused. Without `re`: a frame that named none; the connection stays unless `bye`."""

    code: Code
    text: str
    retry: Retry
    re: Uint | None = None
    after_ms: Uint | None = None
    field: str | None = None
    suggestion: str | None = None


class Signal(Frame, frozen=True, tag="signal"):
    """`typing`, `read` (another's mark), `mark` (own, from another device) or `present` (`members`, `on`)."""

    log: LogId
    kind: str
    by: MemberId
    seq: Uint | None = None
    on: bool = True


class Bye(Frame, frozen=True, tag="bye"):
    """The server closes the connection after this; `retry` says what a client may do."""

    code: Code
    text: str
    retry: Retry
    after_ms: Uint | None = None


ServerFrame = Challenge | Welcome | Events | Snapshot | Lost | Ok | Err | Signal | Bye
