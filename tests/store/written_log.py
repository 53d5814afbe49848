"""A log as a server would have it, for tests that hold parts of it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from msgspec import Raw, UnsetType

from chat_protocol.events import Body, Delete, Edit, Event, Name, Pin, React, Text, Topic, encode_body
from chat_protocol.fold import Shown, fold_message, fold_state, show
from chat_protocol.ids import LogId, MemberId, Position, Ref, b64, first_h, new_cid, next_h
from chat_protocol.permissions import LogKind
from desktop_chat.store.contract import Extended, ExtendedBack, HeldLog, KnownServer, LogHeld, PutServer, ServerId

SERVER = ServerId("a-server")
START_MS = 1_700_000_000_000


def member(n: int) -> MemberId:
    return MemberId(b64(n.to_bytes(16, "big")))


ME, ANN, BOB = (member(n) for n in range(3))
JOINED = PutServer(KnownServer(SERVER, ("127.0.0.1:47000", "[::1]:47000"), "A server", member=ME))


class WrittenLog:
    """`events[n]` has seq n + 1; `at[seq]` is the position there."""

    def __init__(self, log: str = "room", server: ServerId = SERVER, start_ms: int = START_MS) -> None:
        self.log = LogId(log)
        self.server = server
        self.start_ms = start_ms
        self.clock_ms = 0
        """How far the server's clock was set."""
        self.events: list[Event] = []
        self.at = [Position(0, first_h(self.log), 0)]
        self._random = Random(log)

    def add(
        self, by: MemberId, kind: str, body: Raw | UnsetType, target: Ref | None = None, key: str | None = None
    ) -> Ref:
        seq, ts = len(self.events) + 1, self.start_ms + self.clock_ms + len(self.events) * 1000
        cid = new_cid(ts, self._random.randbytes(10))
        row = self.at[-1].row + (target is None and key is None)
        self.events.append(Event(seq, row, ts, by, cid, kind, target, key, body))
        self.at.append(Position(seq, next_h(self.at[-1].h, seq, by, cid, kind, target, key), row))
        return Ref(by, cid)

    def say(self, text: str, by: MemberId = ANN, reply: Ref | None = None) -> Ref:
        return self.add(by, "text", encode_body(Text(text, reply)))

    def change(self, target: Ref, body: Body, by: MemberId = ANN) -> Ref:
        return self.add(by, _KIND[type(body)], encode_body(body), target=target)

    def set(self, key: str, body: Body, by: MemberId = ANN) -> Ref:
        return self.add(by, _KIND[type(body)], encode_body(body), key=key)

    def fork(self, keep: int) -> WrittenLog:
        """Another history of the same log from position `keep` on."""
        other = WrittenLog(self.log, self.server, self.start_ms)
        other.events, other.at = self.events[:keep], self.at[: keep + 1]
        other._random = Random(f"fork of {self.log}")
        return other

    @property
    def head(self) -> int:
        return len(self.events)

    def state(self, at: int) -> dict[str, Event]:
        state: dict[str, Event] = {}
        fold_state(state, self.events[:at])
        return state

    def hold(self, at: int = 0) -> LogHeld:
        held = HeldLog(self.server, self.log, LogKind.ROOM, self.at[at], self.at[at], floor=1)
        return LogHeld(held, sorted(self.state(at).values(), key=lambda event: event.seq))

    def extend(self, after: int, until: int) -> Extended:
        return Extended(self.server, self.log, self.events[after:until], self.at[until])

    def extend_back(self, before: int, first: int) -> ExtendedBack:
        """Everything above seq `before` and below seq `first`."""
        return ExtendedBack(self.server, self.log, self.at[before], self.events[before : first - 1])

    def shown(self, before: int, head: int) -> list[Shown]:
        """The messages of the suffix (before, head], each with every change of the suffix."""
        return fold_all(self.events[before:head])


def fold_all(events: Sequence[Event]) -> list[Shown]:
    shown = {event.ref: show(event) for event in events if event.target is None and event.key is None}
    for event in events:
        if event.target in shown:
            shown[event.target] = fold_message(shown[event.target], event)
    return list(shown.values())


_KIND: dict[type[Body], str] = {
    Edit: "edit",
    Delete: "delete",
    React: "react",
    Pin: "pin",
    Topic: "topic",
    Name: "name",
}
