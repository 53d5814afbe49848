"""A raw client that loses nothing, as docs/protocol.md tells a stranger to write one: an outbox, one batch on the way,
the same cids after every cut, and reading from where it stands.

It holds one room from its first event on, and records in a `History` what it wrote and what it was told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Raw
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from chat_protocol import frames
from chat_protocol.errors import Retry
from chat_protocol.events import Entry, Text, decode_event
from chat_protocol.ids import LogId, Ref, b64, first_h, next_h
from tests.faults.history import History
from tests.wire import Key, Wire, entry

RETRY_S = 0.05
BATCH = 16
DISCONNECTED = (ConnectionClosed, InvalidHandshake, OSError, EOFError, TimeoutError)


class TurnedAway(Exception):
    """The server answered the login with a temporary refusal, or said `bye`."""


class Chatter:
    def __init__(
        self, name: str, key: Key, room: LogId, connect: Callable[[], Awaitable[Wire]], history: History
    ) -> None:
        """`connect` makes a new connection each time; `name` is the reader and sender in the history."""
        self.name = name
        self.key = key
        self.room = room
        self.history = history
        self.seq = 0
        self.h = first_h(room)
        self.connections = 0
        self.faults: list[str] = []
        """What the server did that it must not do, whatever happens."""
        self.slowest_answer_s = 0.0
        self.online = asyncio.Event()
        self._connect = connect
        self._outbox: deque[Entry] = deque()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._moved = asyncio.Event()
        self._was_answered = asyncio.Event()
        self._answers: dict[int, asyncio.Future[frames.Ok | frames.Err]] = {}

    def write(self, text: str) -> Ref:
        """A message for the room, to be sent until its answer is there."""
        one = entry(self.room, "text", Text(text))
        ref = Ref(self.key.member, one.cid)
        self.history.write(self.name, ref, one.body)
        self._outbox.append(one)
        self._idle.clear()
        self._work.set()
        return ref

    @property
    def waiting(self) -> int:
        return len(self._outbox)

    async def all_answered(self) -> None:
        await self._idle.wait()

    async def answered(self) -> None:
        """Returns when messages of this sender have been stored once more."""
        self._was_answered.clear()
        await self._was_answered.wait()

    async def caught_up(self, seq: int) -> None:
        while self.seq < seq:
            self._moved.clear()
            await self._moved.wait()

    def end(self) -> None:
        """Records where it stands."""
        self.history.ended[self.name] = (self.seq, self.h)

    async def run(self) -> None:
        """Until cancelled: connects, and connects again."""
        while True:
            try:
                wire = await self._connect()
            except DISCONNECTED:
                await asyncio.sleep(RETRY_S)
                continue
            self.connections += 1
            try:
                await self._talk(wire)
            except* (*DISCONNECTED, TurnedAway):
                pass
            finally:
                self.online.clear()
                for answer in self._answers.values():
                    answer.cancel()
                self._answers.clear()
                wire.abort()
                await wire.socket.wait_closed()
            await asyncio.sleep(RETRY_S)

    async def _talk(self, wire: Wire) -> None:
        login = wire.login_frame(self.key)
        await wire.write(login)
        answer = await wire.answer(login.id)
        if not isinstance(answer, frames.Welcome):
            if isinstance(answer, frames.Err) and answer.retry in (Retry.NEVER, Retry.UPGRADE):
                self.faults.append(f"{self.name}: the login was refused: {answer.code}")
            raise ExceptionGroup("login", [TurnedAway()])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear(wire))
            tasks.create_task(self._say(wire))

    async def _say(self, wire: Wire) -> None:
        followed = await self._ask(wire, lambda re: frames.Follow(re, {self.room: (self.seq, b64(self.h[:8]))}))
        if not isinstance(followed, frames.Ok) or followed.logs != {self.room: "behind"}:
            self.faults.append(f"{self.name}: following from {self.seq} was answered {followed}")
        self.online.set()
        while True:
            self._work.clear()
            if not self._outbox:
                await self._work.wait()
            raws = [Raw(msgspec.json.encode(one)) for one in list(self._outbox)[:BATCH]]
            started = asyncio.get_running_loop().time()
            answer = await self._ask(wire, lambda re, raws=raws: frames.Send(re, raws))  # type: ignore[misc]
            self.slowest_answer_s = max(self.slowest_answer_s, asyncio.get_running_loop().time() - started)
            await asyncio.sleep(self._answered(answer))

    def _answered(self, answer: frames.Ok | frames.Err) -> float:
        """Takes what was decided out of the outbox; the seconds to wait before the next batch."""
        if isinstance(answer, frames.Err):
            if answer.retry is not Retry.LATER:
                self.faults.append(f"{self.name}: a send was refused as a whole: {answer.code}")
            return (answer.after_ms or 0) / 1000
        pause_s = 0.0
        for sent in answer.res or []:
            if sent.err is not None and sent.err.retry is Retry.LATER:
                pause_s = (sent.err.after_ms or 0) / 1000
                break
            if not self._outbox or self._outbox[0].cid != sent.cid:
                self.faults.append(f"{self.name}: an answer names {sent.cid}, which is not the next one")
                break
            ref = Ref(self.key.member, self._outbox.popleft().cid)
            if sent.seq is not None:
                self.history.ack(ref, sent.seq)
                self._was_answered.set()
            else:
                self.history.refused.add(ref)
                self.faults.append(f"{self.name}: a message was refused: {sent.err}")
        if not self._outbox:
            self._idle.set()
        return pause_s

    async def _ask(self, wire: Wire, make: Callable[[int], frames.Request]) -> frames.Ok | frames.Err:
        frame = make(wire.next_id())
        answer: asyncio.Future[frames.Ok | frames.Err] = asyncio.get_running_loop().create_future()
        self._answers[frame.id] = answer
        await wire.write(frame)
        return await answer

    async def _hear(self, wire: Wire) -> None:
        while True:
            match frame := await wire.read():
                case frames.Events() if frame.log == self.room:
                    for raw in frame.items:
                        self._take(raw)
                    self._moved.set()
                case frames.Ok() | frames.Err():
                    answer = self._answers.pop(frame.re, None) if frame.re is not None else None
                    if answer is None:
                        self.faults.append(f"{self.name}: an answer to nothing that was asked: {frame.re}")
                    elif not answer.done():
                        answer.set_result(frame)
                case frames.Bye():
                    raise TurnedAway

    def _take(self, raw: Raw) -> None:
        event = decode_event(raw)
        if event.seq != self.seq + 1:
            self.faults.append(f"{self.name}: seq {event.seq} came after {self.seq}")
        self.h = next_h(self.h, event.seq, event.by, event.cid, event.kind, event.target, event.key)
        self.seq = event.seq
        self.history.read(self.name, event)
