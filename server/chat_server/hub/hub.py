"""The hub: who may append what, in which place. Without I/O, without a clock, without look-ups.

One round: the driver asks `refs`, finds them in the storage, calls `decide`, appends the decision's batch and then
`commit`s the decision. To forget one, drop it: nothing here has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Raw, Struct

from chat_protocol.events import Event, Identity, Role
from chat_protocol.frames import PeekInfo
from chat_protocol.ids import PEOPLE, Cid, LogId, MemberId, Position, Ref
from chat_protocol.permissions import LogKind
from chat_server.hub.entries import decide_send
from chat_server.hub.founding import found
from chat_server.hub.joining import decide_login, redeemable
from chat_server.hub.rates import Buckets, Rates
from chat_server.hub.requests import Decision, LoginRequest, Now, Readable, Request, SendRequest
from chat_server.hub.round import Round
from chat_server.hub.state import State, facts_of
from chat_server.storage.contract import Found, Loaded


class _Named(Struct):
    """As much of an entry as the look-ups need."""

    cid: str = ""
    target: tuple[str, str] | None = None
    body: Raw = Raw(b"{}")


class _Reply(Struct):
    reply: tuple[str, str] | None = None


_decode_named = msgspec.json.Decoder(_Named).decode
_decode_reply = msgspec.json.Decoder(_Reply).decode


class Hub:
    """Decides for all logs of one server. Not thread-safe: one driver calls it."""

    def __init__(self, loaded: Loaded, rates: Rates | None = None) -> None:
        rates = rates or Rates()
        self._state = State()
        self._device_rate = Buckets(rates.device)
        self._room_rate = Buckets(rates.room)
        self._fault_rate = Buckets(rates.fault)
        positions = {log.log: log for log in loaded.logs}
        facts = list(facts_of(iter(loaded.state)))
        dms = {log for log, key, _fact in facts if key == "dm"}
        for log, held in positions.items():
            kind = self._state.kind_of(log) or (LogKind.DM if log in dms else LogKind.ROOM)
            self._state.move(log, kind, held.at, held.ts)
        for log, key, fact in facts:
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
        current = Round(self._state, stored, now)
        for request in requests:
            if isinstance(request, LoginRequest):
                current.answers.append(decide_login(current, request))
            else:
                current.answers.append(
                    decide_send(current, request, self._device_rate, self._room_rate, self._fault_rate)
                )
        return current.decision()

    def commit(self, decision: Decision) -> None:
        """The batch of `decision`, the last one made, is stored: what it decided is now so."""
        decision.merge()

    def learn(self, log: LogId, events: Iterable[Event], at: Position, ts: int) -> None:
        """Events that others appended to `log`, up to `at`: what `HeadMoved` told of. Decide again after it."""
        events = list(events)
        is_dm = any(event.key == "dm" for event in events)
        kind = self._state.kind_of(log) or (LogKind.DM if is_dm else LogKind.ROOM)
        self._state.move(log, kind, at, ts)
        for name, key, fact in facts_of((log, event) for event in events):
            self._state.put(name, key, fact)

    def found(self, server: bytes, host: bytes | None, host_token: bytes | None, room_name: str, now: Now) -> Decision:
        """The first decision of a new server; see `founding.found`. Only while `is_empty()`."""
        current = Round(self._state, {}, now)
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
        for log in (*sorted(self._state.conversations(member)), *_FIXED):
            kind = self._state.kind_of(log)
            from_seq = self._state.visible_from(member, log)
            if from_seq is not None and kind is not None:
                found.append(Readable(log, kind, from_seq))
        return found

    def peek(self, token: bytes, now: Now) -> PeekInfo:
        """Whose server and which room the invite of `token` leads to; `present` is left 0. Raises `Refused`."""
        current = Round(self._state, {}, now)
        invite, _key = redeemable(current, token)
        host = next(iter(sorted(self._state.hosts(), key=lambda one: (not self._state.name_of(one), one))), None)
        identity = self._state.fact(PEOPLE, f"identity:{host}")
        return PeekInfo(
            host=self._state.name_of(host) if host is not None else "",
            identity=identity.body.key if identity is not None and isinstance(identity.body, Identity) else "",
            room=self._state.room_name(invite.room),
            present=0,
            members=len(self._state.members(invite.room)),
            expires_ms=invite.expires_ms,
        )


_FIXED = (PEOPLE, LogId("staff"))


def _refs_of(member: MemberId, raw: Raw) -> Iterable[Ref]:
    try:
        named = _decode_named(raw)
        reply = _decode_reply(named.body).reply if b'"reply"' in bytes(named.body) else None
    except (msgspec.DecodeError, RecursionError):
        return
    yield Ref(member, Cid(named.cid))
    for target in (named.target, reply):
        if target is not None:
            yield Ref(MemberId(target[0]), Cid(target[1]))
