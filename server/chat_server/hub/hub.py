"""The hub: who may append what, in which place. Without I/O, without a clock, without look-ups.

One round: the driver asks `refs`, finds them in the storage, calls `decide`, appends the decision's batch and then
`commit`s the decision. To forget one, drop it: nothing here has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Raw, Struct

from chat_protocol.events import Event, Identity, Invite, Role
from chat_protocol.frames import PeekInfo
from chat_protocol.ids import PEOPLE, STAFF, Cid, LogId, MemberId, Position, Ref
from chat_protocol.permissions import LogKind
from chat_protocol.unreadable import UNREADABLE
from chat_server.hub.entries import decide_send
from chat_server.hub.founding import found
from chat_server.hub.healing import Healing
from chat_server.hub.joining import decide_login, redeemable
from chat_server.hub.rates import Allowed, Rates
from chat_server.hub.requests import Decision, LoginRequest, Now, Readable, Request, SendRequest
from chat_server.hub.round import Round
from chat_server.hub.state import State, facts_of
from chat_server.storage.contract import Found, Loaded


class _Named(Struct):
    """As much of an entry as the look-ups need."""

    cid: Cid = Cid("")
    target: Ref | None = None
    body: Raw = Raw(b"{}")


class _Reply(Struct):
    reply: Ref | None = None


_decode_named = msgspec.json.Decoder(_Named).decode
_decode_reply = msgspec.json.Decoder(_Reply).decode


class Hub:
    """Decides for all logs of one server.

    `decide` changes nothing, so it may run in another thread while the loop asks; `commit`, `learn` and `heal` are
    for the loop alone.
    """

    def __init__(self, loaded: Loaded, rates: Rates | None = None) -> None:
        self._state = State()
        self._allowed = Allowed.by(rates or Rates())
        self._healing = Healing()
        for log, at, ts in loaded.logs:
            self._state.move(log, at, ts)
        for log, key, fact in facts_of(loaded.state):
            self._state.put(log, key, fact)

    # --- decide late, append once ---------------------------------------------------------------------------

    def refs(self, requests: Sequence[Request]) -> set[Ref]:
        """Every cid and every target that `requests` name: the driver finds them before `decide`."""
        found: set[Ref] = set()
        for request in requests:
            if isinstance(request, SendRequest):
                for raw in request.batch:
                    found.update(_refs_of(request.member, raw))
        return found

    def decide(self, requests: Sequence[Request], stored: Mapping[Ref, Found], now: Now) -> Decision:
        """Decides `requests` in order, each against what is committed and what this round decided before it."""
        current = Round(self._state, stored, now, self._allowed, self._healing)
        for request in requests:
            if isinstance(request, LoginRequest):
                current.answers.append(decide_login(current, request))
            else:
                current.answers.append(decide_send(current, request))
        return current.decision()

    def commit(self, decision: Decision) -> None:
        """The batch of `decision`, the last one made, is stored or empty: what it decided is now so."""
        decision.merge()

    def learn(self, log: LogId, events: Iterable[Event], at: Position, ts: int) -> None:
        """Events that others appended to `log`, up to `at`: what `HeadMoved` told of. Decide again after it."""
        self._state.move(log, at, ts)
        for name, key, fact in facts_of((log, event) for event in events):
            self._state.put(name, key, fact)

    def heal(self, member: MemberId, log: LogId, now: Now) -> None:
        """What `member` holds of `log` is of another history than the server's: see `healing`."""
        self._healing.begin(member, log, now.mono_s)

    def found(self, server: bytes, host: bytes | None, host_token: bytes | None, room_name: str, now: Now) -> Decision:
        """The first decision of a new server; see `founding.found`. Only while `is_empty()`."""
        current = Round(self._state, {}, now, self._allowed, self._healing)
        found(current, server, host, host_token, room_name)
        return current.decision()

    # --- questions, against what is committed ---------------------------------------------------------------

    def is_empty(self) -> bool:
        return self._state.position(PEOPLE).seq == 0

    def position(self, log: LogId) -> Position:
        return self._state.position(log)

    def visible_from(self, member: MemberId, log: LogId) -> int | None:
        """The first seq of `log` that `member` may read; None: for them there is no such log."""
        return self._state.visible_from(member, log)

    def members(self, log: LogId) -> set[MemberId]:
        """Who is in a room or a DM; not to be changed."""
        return self._state.members(log)

    def role(self, member: MemberId) -> Role:
        return self._state.role(member)

    def kind_of(self, log: LogId) -> LogKind | None:
        return self._state.kind_of(log)

    def readable(self, member: MemberId) -> list[Readable]:
        """Every log that `member` may read."""
        found = []
        for log in (*sorted(self._state.conversations(member)), PEOPLE, STAFF):
            kind = self._state.kind_of(log)
            from_seq = self._state.visible_from(member, log)
            if from_seq is not None and kind is not None:
                found.append(Readable(log, kind, from_seq))
        return found

    def peek(self, token: bytes, now: Now) -> PeekInfo:
        """Whose server and which room the invite of `token` leads to; `present` is left 0. Raises `Refused`."""
        invite = self._redeemable(token, now)
        host = next(iter(sorted(self._state.hosts(), key=lambda one: (not self._state.name_of(one), one))), None)
        identity = self._state.fact(PEOPLE, f"identity:{host}")
        return PeekInfo(
            host=self._state.name_of(host) if host is not None else "",
            identity=identity.body.key if identity is not None and isinstance(identity.body, Identity) else "",
            room=self._state.room_name(invite.room),
            present=0,
            members=len(self._state.members(invite.room)),
            expires_ms=invite.expires_ms,
            log=invite.room,
        )

    def invited_room(self, token: bytes, now: Now) -> LogId:
        """Where the invite of `token` leads. Raises `Refused`."""
        return self._redeemable(token, now).room

    def _redeemable(self, token: bytes, now: Now) -> Invite:
        return redeemable(Round(self._state, {}, now, self._allowed, self._healing), token)[0]


def _refs_of(member: MemberId, raw: Raw) -> Iterable[Ref]:
    """What one entry names. Whatever can be decided can be read here: a cid that was not looked up would be
    stored twice."""
    try:
        named = _decode_named(raw)
    except UNREADABLE:
        return
    yield Ref(member, named.cid)
    if named.target is not None:
        yield named.target
    if b"reply" in bytes(named.body):
        try:
            reply = _decode_reply(named.body).reply
        except UNREADABLE:  # not a text's: of another kind it is an unknown field
            return
        if reply is not None:
            yield reply
