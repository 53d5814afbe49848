"""One member's connection: frames in, answers out.

Each request gets exactly one answer that names it (P12). What is wrong with a frame harms its sender only (P13), and
what goes wrong here stays here (D11).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from websockets.exceptions import ConnectionClosed

from chat_protocol import codec, frames
from chat_protocol.codec import BadFrame
from chat_protocol.errors import Code, Refused
from chat_protocol.events import EventClass
from chat_protocol.ids import LogId, MemberId
from chat_protocol.limits import IN_FLIGHT
from chat_server.commit import Committer, StorageThreads
from chat_server.hub.rates import Buckets, Rate
from chat_server.hub.requests import Answer, Now, SendRequest
from chat_server.trace import Trace
from chat_server.transport import answers
from chat_server.transport.feed import Feed, Feeds
from chat_server.transport.signals import Signals
from chat_server.transport.socket import Socket, text_frame


@dataclass(frozen=True)
class Services:
    """What all connections of a server share."""

    committer: Committer
    threads: StorageThreads
    feeds: Feeds
    signals: Signals
    rate: Rate
    """Of one connection: requests other than `send` (D6)."""
    clock: Callable[[], Now]
    trace: Trace | None


class Connection:
    """Of a member that has logged in. `run` until it ends; `end` makes it end from the server's side."""

    def __init__(
        self, services: Services, socket: Socket, number: int, member: MemberId, device: str, tasks: asyncio.TaskGroup
    ) -> None:
        """`tasks` owns what the connection does beside reading; whatever fails there ends the connection."""
        self.member = member
        self.device = device
        self.socket = socket
        self.number = number
        self._services = services
        self._tasks = tasks
        self._running: set[asyncio.Task[None]] = set()
        self._rate = Buckets(services.rate)
        self._in_flight = 0
        self._has_room = asyncio.Event()
        self.feed = Feed(services.feeds, socket, member, self._spawn)

    async def run(self) -> None:
        """Reads and answers until the connection is closed."""
        try:
            while True:
                message = await self.socket.recv()
                self._take(message)
                # Not read: while 8 requests wait for answers, and while too much waits to be sent.
                while self._in_flight >= IN_FLIGHT:
                    self._has_room.clear()
                    await self._has_room.wait()
                if self.socket.stream.overflows:
                    await self.socket.writable()
        except ConnectionClosed:
            pass
        finally:
            self.feed.close()
            self._services.signals.gone(self.feed)
            for task in self._running:
                task.cancel()

    def end(self, bye: frames.Bye) -> None:
        """Says why and closes; `run` returns after that."""
        self.socket.put(text_frame(codec.encode(bye)))
        self._spawn(self.socket.close())

    def welcome(self, welcome: frames.Welcome, unasked: list[LogId]) -> None:
        """The answer to the login, and logs to be fed without being asked for."""
        self._reply(welcome.re, welcome)
        for log in unasked:
            self.feed.begin(log, None)

    # --- requests ---------------------------------------------------------------------------------------------

    def _take(self, message: str | bytes) -> None:
        re = None
        try:
            if not isinstance(message, str):
                raise BadFrame(Code.BAD_FRAME, "Frames are text.")
            data = message.encode()
            frame = codec.decode_client(data)
            if (trace := self._services.trace) is not None:
                trace.received(self.number, frame, len(data))
            if isinstance(frame, frames.Send):
                self._in_flight += 1
                self._services.signals.wrote(self.member)
                request = SendRequest(self.member, self.device, frame.batch)
                self._services.committer.submit(request, partial(self._sent, frame.id))
                return
            if isinstance(frame, frames.SendSignal):
                if self._within_rate() is None:
                    self._services.signals.say(self.feed, frame)
                return
            re = frame.id
            after_ms = self._within_rate()
            if after_ms is not None:
                raise Refused(Code.RATE_LIMITED, "That was too much in too short a time.", after_ms=after_ms)
            self._in_flight += 1
            self._spawn(self._answer(frame))
        except BadFrame as bad:
            self._reply(bad.re, codec.err(bad, bad.re))
        except Refused as refused:
            self._reply(re, codec.err(refused, re))

    def _within_rate(self) -> int | None:
        return self._rate.take("", self._services.clock().mono_s)

    def _sent(self, re: int, answer: Answer) -> None:
        self._in_flight -= 1
        self._has_room.set()
        if isinstance(answer, Refused):
            self._reply(re, codec.err(answer, re))
        elif isinstance(answer, list):
            self._reply(re, frames.Ok(re, res=answer))

    async def _answer(self, frame: frames.Request) -> None:
        answer: frames.Frame | bytes
        try:
            answer = await self._answer_of(frame)
        except Refused as refused:
            answer = codec.err(refused, frame.id)
        self._in_flight -= 1
        self._has_room.set()
        self._reply(frame.id, answer)

    async def _answer_of(self, frame: frames.Request) -> frames.Ok | bytes:
        match frame:
            case frames.Follow():
                return await self.feed.follow(frame)
            case frames.Page():
                return await self._page(frame)
            case frames.Search():
                return await self._search(frame)
            case frames.Mark():
                return self._mark(frame)
        raise Refused(Code.BAD_FRAME, "You are logged in already.", field="op")

    async def _page(self, frame: frames.Page) -> bytes:
        services = self._services
        hub = services.committer.hub
        floor = hub.visible_from(self.member, frame.log)
        if floor is None:
            raise answers.unknown_log()
        head = hub.position(frame.log).seq
        storage = services.threads.storage
        if frame.before is not None:
            return await services.threads.read(answers.page_before, storage, frame, frame.before, floor, head)
        target: int | None = None
        if frame.around is not None:
            found = await services.committer.find(frame.around)
            if (
                found is None
                or found.log != frame.log
                or not floor <= found.event.seq <= head
                or found.event.cls is not EventClass.MESSAGE
            ):
                raise answers.unknown_target()
            target = found.event.seq
        return await services.threads.read(answers.page_around, storage, frame, target, floor, head)

    async def _search(self, frame: frames.Search) -> bytes:
        services = self._services
        hub = services.committer.hub
        readable = {one.log: one.from_seq for one in hub.readable(self.member)}
        if frame.log is not None:
            if frame.log not in readable:
                raise answers.unknown_log()
            readable = {frame.log: readable[frame.log]}
        heads = {log: hub.position(log).seq for log in readable}
        return await services.threads.read(answers.search, services.threads.storage, frame, readable, heads)

    def _mark(self, frame: frames.Mark) -> frames.Ok:
        services = self._services
        if services.committer.hub.visible_from(self.member, frame.log) is None:
            raise answers.unknown_log()
        seq = min(frame.seq, services.committer.hub.position(frame.log).seq)
        if services.committer.mark(self.member, frame.log, seq):
            services.signals.marked(self.feed, frame.log, seq)
        return frames.Ok(frame.id)

    # --- out --------------------------------------------------------------------------------------------------

    def _reply(self, re: int | None, answer: frames.Frame | bytes) -> None:
        data = answer if isinstance(answer, bytes) else codec.encode(answer)
        if (trace := self._services.trace) is not None:
            trace.answered(self.number, re, None if isinstance(answer, bytes) else answer, len(data))
        self.socket.put(text_frame(data))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            task = self._tasks.create_task(work)
        except RuntimeError:  # the group ends already, because of a mistake: whoever publishes must not stumble over it
            work.close()
            return
        self._running.add(task)
        task.add_done_callback(self._running.discard)
