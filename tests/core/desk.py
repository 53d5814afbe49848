"""A session at its desk: a store in memory, a server that is only lists, and a driver that does what it is told."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from msgspec import Raw

from chat_protocol import codec, frames
from chat_protocol.errors import Code, Refused
from chat_protocol.events import Body, Event, EventClass, Text, class_of, encode_body, encode_event
from chat_protocol.frames import ClientFrame, Ok, Sent
from chat_protocol.ids import Cid, LogId, MemberId, Position, Ref, b64, first_h, member_id, new_cid, next_h
from chat_protocol.permissions import LogKind
from desktop_chat.core.copying import Extent
from desktop_chat.core.effects import Effects, Ending, Notice, Now
from desktop_chat.core.sentences import Trouble
from desktop_chat.core.session import Session
from desktop_chat.store.contract import KnownServer, PutServer, ServerId
from tests.store.memory import MemoryStore

SERVER = ServerId(b64(b"k" * 32))
ROOM = LogId(b64(b"r" * 16))
OTHER = member_id(b"o" * 32)
START_MS = 1_764_000_000_000

F = TypeVar("F", bound=ClientFrame)
N = TypeVar("N")


class Key:
    """Signs by name: what a signature is worth is tested elsewhere."""

    def __init__(self, public: bytes = b"m" * 32) -> None:
        self.public = public

    def sign(self, data: bytes) -> bytes:
        return b"signed:" + data[-16:]


ME = member_id(Key().public)


class FakeLog:
    """A log as the server would hold it."""

    def __init__(self, log: LogId = ROOM, kind: LogKind = LogKind.ROOM, floor: int = 1) -> None:
        self.log, self.kind, self.floor = log, kind, floor
        self.events: list[Event] = []
        self.positions = [Position(0, first_h(log), 0)]

    def append(
        self,
        kind: str,
        body: Body,
        *,
        by: MemberId = OTHER,
        cid: Cid | None = None,
        target: Ref | None = None,
        key: str | None = None,
    ) -> Event:
        seq, h, row = self.positions[-1]
        seq += 1
        row += class_of(target, key) is EventClass.MESSAGE
        cid = cid or new_cid(START_MS + seq, seq.to_bytes(10, "big"))
        event = Event(seq, row, START_MS + seq, by, cid, kind, target, key, encode_body(body))
        self.events.append(event)
        self.positions.append(Position(seq, next_h(h, seq, by, cid, kind, target, key), row))
        return event

    def say(self, *texts: str, by: MemberId = OTHER) -> list[Event]:
        return [self.append("text", Text(text), by=by) for text in texts]

    def cut(self, keep: int) -> None:
        """An older backup was restored."""
        del self.events[keep:], self.positions[keep + 1 :]

    @property
    def at(self) -> Position:
        return self.positions[-1]

    def head(self, mark: int = 0) -> frames.LogHead:
        return frames.LogHead(self.log, self.kind, self._from(), self.at.seq, b64(self.at.h), self.at.row, mark)

    def frame(self, after: int) -> bytes:
        (frame,) = codec.events_frames(self.log, [encode_event(event) for event in self.events[after:]])
        return frame

    def snapshot(self) -> bytes:
        state = {event.key: event for event in self.events if event.key is not None}
        items = [Raw(encode_event(event)) for event in state.values()]
        at = self.at
        return codec.encode(
            frames.Snapshot(self.log, self.kind, self._from(), at.seq, b64(at.h), at.row, items, last=True)
        )

    def page(self, request: frames.Page) -> Ok:
        """The answer to a page `before` a seq."""
        assert request.before is not None
        first = max(self.floor, request.before - request.limit)
        events = [Raw(encode_event(event)) for event in self.events[first - 1 : request.before - 1]]
        seq, h, row = self.positions[first - 1]
        return Ok(request.id, start=(seq, b64(h), row), events=events)

    def _from(self) -> tuple[int, str, int]:
        before = self.positions[self.floor - 1]
        return self.floor, b64(before.h), before.row


class Desk:
    def __init__(self, *, extent: Extent = Extent.AS_READ, key: Key | None = None) -> None:
        self.store = MemoryStore()
        self.key = key or Key()
        self.extent = extent
        self.now = Now(START_MS, 100.0)
        self.sent: list[ClientFrame] = []
        self.notices: list[Notice] = []
        self.effects = Effects()
        known = KnownServer(SERVER, ("host:1",), "There", member=member_id(self.key.public))
        self.store.apply([PutServer(known)])
        self._seed = 0
        self.session = self._new_session()

    def _new_session(self) -> Session:
        self._seed += 1
        rng = random.Random(self._seed)
        (known,) = self.store.servers()
        return Session(known, self.key, b"d" * 16, self.store, rng.randbytes, extent=self.extent)

    def do(self) -> Effects:
        """What a driver does: store, then write, then tell. `StoreFull` flies."""
        self.effects = self.session.take(self.now)
        self.store.apply(self.effects.ops)
        self.sent += [codec.decode_client(frame) for frame in self.effects.frames]
        self.notices += self.effects.notices
        return self.effects

    def call(self, method: Callable[..., object], *args: object, **named: object) -> object:
        result = method(*args, **named)
        self.do()
        return result

    def pass_s(self, seconds: float) -> None:
        """Time passes; the session is called when it asked to be."""
        until = self.now.mono_s + seconds
        for _ in range(1000):
            deadline = self.do().deadline
            if deadline is None or deadline > until or self.effects.close is not None:
                break
            self._move(max(deadline, self.now.mono_s))
            self.session.timer(self.now)
            self.do()
        self._move(until)

    def _move(self, mono_s: float) -> None:
        self.now = Now(self.now.wall_ms + round((mono_s - self.now.mono_s) * 1000), mono_s)

    def connect(self, *logs: FakeLog, answers: dict[LogId, str] | None = None, marks: int = 0) -> None:
        """A connection, a login and the answers to the `follow`s; what is not held is answered with a snapshot."""
        self.session.connected(self.now)
        self.do()
        self.receive(frames.Challenge(b64(b"n" * 32), SERVER, "There"))
        login = self.last(frames.Login)
        self.receive(frames.Welcome(login.id, self.session.member, frames.Limits(), [log.head(marks) for log in logs]))
        self.answer_follows(*logs, answers=answers)

    def answer_follows(self, *logs: FakeLog, answers: dict[LogId, str] | None = None) -> None:
        """Answers each `follow` that was not answered yet, as a server that holds `logs` does."""
        held = {log.log: log for log in logs}
        while follows := self.all(frames.Follow):
            follow = follows[0]
            self.sent.remove(follow)
            said = {log: "behind" if log in held else "unknown_log" for log in follow.since}
            if answers is not None:
                said |= {log: answers[log] for log in said if follow.since[log] is not None and log in answers}
            self.receive(Ok(follow.id, logs=said))
            for log, since in follow.since.items():
                if said[log] == "behind" and since is None:
                    self.receive(held[log].snapshot())
                elif said[log] == "behind" and since is not None and held[log].at.seq > since[0]:
                    self.receive(held[log].frame(since[0]))

    def receive(self, frame: frames.ServerFrame | bytes) -> None:
        self.session.received(frame if isinstance(frame, bytes) else codec.encode(frame), self.now)
        self.do()

    def cut(self) -> None:
        self.session.disconnected(Ending(Trouble.CONNECTION_LOST), self.now)
        self.do()

    def crash(self) -> None:
        """kill -9 and a new start."""
        self.session = self._new_session()

    def all(self, kind: type[F]) -> list[F]:
        return [frame for frame in self.sent if isinstance(frame, kind)]

    def last(self, kind: type[F]) -> F:
        return self.all(kind)[-1]

    def told(self, kind: type[N]) -> list[N]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def entries(self, send: frames.Send | None = None) -> list[tuple[str, Cid]]:
        """Kind and cid of each event of a `send`, the last one."""
        return [(entry.kind, entry.cid) for entry, _ in map(codec.decode_entry, (send or self.last(frames.Send)).batch)]

    def say(self, text: str, log: LogId = ROOM) -> Ref:
        row = self.session.write(log, "text", Text(text), self.now)
        self.do()
        return Ref(self.session.member, row.cid)

    def ok(self, *res: Sent) -> None:
        self.receive(Ok(self.last(frames.Send).id, res=list(res)))

    def deliveries(self) -> list[str]:
        rows = self.store.outbox(SERVER)
        assert rows == self.session.outbox.rows(), "what the session believes is what the store holds"
        return [row.delivery.value for row in rows]

    def texts(self, log: LogId = ROOM) -> list[str]:
        return [shown.text for shown in self.store.messages(SERVER, log, before_row=1 << 50, limit=10_000)]


def refusal(cid: Cid, code: Code, after_ms: int | None = None) -> Sent:
    return Sent(cid, err=codec.error_info(Refused(code, "No.", after_ms=after_ms)))


def stored(cids: Iterable[Cid], first_seq: int) -> Sequence[Sent]:
    return [Sent(cid, seq, START_MS) for seq, cid in enumerate(cids, first_seq)]
