"""A TCP proxy on loopback that does to a connection what networks do. It ends no TLS: it sees bytes.

    async with FaultProxy(("127.0.0.1", server_port), seed=7) as proxy:
        proxy.up = Line(delay_s=0.1, jitter_s=0.05, slice_bytes=1)     # connections made from now on
        ...                                                            # connect to proxy.port
        proxy.links[-1].down.cut_after(17)                             # 17 more bytes reach the client, then the end
        proxy.hold(); ...; proxy.release()                             # a partition: nothing passes, nothing closes

*Up* is from whoever connected to the target, *down* the way back. What is random follows from `seed`, the number of
the connection and the direction.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Self

_QUEUED_BYTES = 256 * 1024
"""What one direction holds back before it reads no more: then the sender notices, as on a real line."""


@dataclass(frozen=True)
class Line:
    """How one direction behaves. Offsets count from the first byte of a connection."""

    cut_at: int | None = None
    """So many bytes arrive, then the receiver sees the end and the sender a reset."""
    stall_at: int | None = None
    """So many bytes arrive, then no more; nothing is read, nothing is closed: half-open."""
    delay_s: float = 0.0
    jitter_s: float = 0.0
    """Added to the delay: between nothing and this."""
    bytes_per_s: float | None = None
    slice_bytes: int | None = None
    """Bytes come in pieces of this size, each in a packet of its own."""


class Pipe:
    """One direction of one link."""

    def __init__(self, line: Line, random: Random, cut: Callable[[], None]) -> None:
        self.passed = 0
        """Bytes that were handed to the receiver."""
        self.line = line
        self.cut_at = line.cut_at
        self.stall_at = line.stall_at
        self.held = False
        self.sink: asyncio.Transport | None = None
        self.source: asyncio.Transport | None = None
        self._random = random
        self._cut = cut
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, bytes]] = deque()
        """(when it is due, piece); empty bytes are the end of the stream."""
        self._queued = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._sink_full = False
        self.ended = False
        """The end of the stream was passed on."""

    @property
    def is_blocked(self) -> bool:
        """Whether neither bytes nor an end pass, however long one waits."""
        return self.held or (self.stall_at is not None and self.passed >= self.stall_at)

    def cut_after(self, count: int) -> None:
        """Cuts the link once `count` more bytes have passed; with 0 before the next one."""
        self.cut_at = self.passed + count

    def heard(self, data: bytes) -> None:
        """Bytes from the sender, or none at its end."""
        line = self.line
        size = line.slice_bytes or len(data) or 1
        if line.bytes_per_s is not None:
            size = min(size, max(1, int(line.bytes_per_s / 20)))
        now = self._loop.time()
        arrives = now + line.delay_s + line.jitter_s * self._random.random()
        for start in range(0, len(data) or 1, size):
            piece = data[start : start + size]
            self._due = max(self._due, arrives)
            if line.bytes_per_s is not None:
                self._due += len(piece) / line.bytes_per_s
            self._queue.append((self._due, piece))
        self._queued += len(data)
        self.go_on()

    def go_on(self) -> None:
        """Passes what is due and may pass."""
        while self._queue and self._may_pass():
            due, piece = self._queue[0]
            wait_s = due - self._loop.time()
            if wait_s > 0 or self._timer is not None:
                self._timer = self._timer or self._loop.call_at(due, self._woken)
                break
            self._queue.popleft()
            self._pass(piece)
            if self.line.slice_bytes is not None and self._queue:
                self._timer = self._loop.call_later(0, self._woken)  # the next packet in the loop's next turn
        self._read_or_not()

    def sink_full(self, full: bool) -> None:
        """The receiver takes less than it gets, or takes again."""
        self._sink_full = full
        if not full:
            self.go_on()

    def close(self) -> None:
        """Nothing passes any more."""
        self._queue.clear()
        self.held = True
        if self._timer is not None:
            self._timer.cancel()

    def _woken(self) -> None:
        self._timer = None
        self.go_on()

    def _may_pass(self) -> bool:
        return not (self.is_blocked or self._sink_full or self.sink is None)

    def _pass(self, piece: bytes) -> None:
        assert self.sink is not None
        if not piece:
            self.ended = True
            with contextlib.suppress(OSError):  # a receiver that is gone is told of by its own end
                if not self.sink.is_closing():
                    self.sink.write_eof()
            return
        whole = len(piece)
        for bound in (self.cut_at, self.stall_at):
            if bound is not None:
                piece = piece[: max(0, bound - self.passed)]
        if piece:
            self.sink.write(piece)
            self.passed += len(piece)
        self._queued -= whole
        if self.cut_at is not None and self.passed >= self.cut_at:
            self._cut()

    def _read_or_not(self) -> None:
        if self.source is None or self.source.is_closing():
            return
        blocked = not self._may_pass() and self.sink is not None
        if blocked or self._queued > _QUEUED_BYTES:
            self.source.pause_reading()
        else:
            self.source.resume_reading()


class _End(asyncio.Protocol):
    """One socket of a link: what it sends goes into `outgoing`, what it gets comes from `incoming`."""

    def __init__(self, outgoing: Pipe, incoming: Pipe, link: Link) -> None:
        self.outgoing = outgoing
        self.incoming = incoming
        self.link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if not self.link.is_open:
            _reset(transport)
            return
        _set(transport, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.outgoing.source = self.incoming.sink = transport
        self.incoming.go_on()

    def data_received(self, data: bytes) -> None:
        self.outgoing.heard(data)

    def eof_received(self) -> bool:
        self.outgoing.heard(b"")
        self.link.end_if_over()
        return True  # the other direction may still be open

    def pause_writing(self) -> None:
        self.incoming.sink_full(True)

    def resume_writing(self) -> None:
        self.incoming.sink_full(False)

    def connection_lost(self, exc: Exception | None) -> None:
        self.link.end_lost()


class Link:
    """One connection through the proxy."""

    def __init__(self, number: int, up: Line, down: Line, seed: int) -> None:
        self.number = number
        self.up = Pipe(up, Random(f"{seed}/{number}/up"), lambda: self.cut(deliver_up=True))
        self.down = Pipe(down, Random(f"{seed}/{number}/down"), lambda: self.cut(deliver_down=True))
        self.is_open = True
        self._lost = False

    @property
    def pipes(self) -> tuple[Pipe, Pipe]:
        return self.up, self.down

    def cut(self, *, deliver_up: bool = False, deliver_down: bool = False) -> None:
        """Ends both sides by a reset; what was passed in a direction that is delivered still arrives."""
        self.is_open = False
        for pipe, deliver in ((self.up, deliver_up), (self.down, deliver_down)):
            pipe.close()
            if (sink := pipe.sink) is None:
                continue
            if deliver:
                sink.close()
            else:
                _reset(sink)

    def end_lost(self) -> None:
        """One of the two sockets is gone: so is the other, unless the line can't tell now."""
        self._lost = True
        self.end_if_over()

    def end_if_over(self) -> None:
        """Ends what the line may tell the end of."""
        if self.is_open and not any(pipe.is_blocked for pipe in self.pipes):
            if self._lost:
                self.cut()
            elif all(pipe.ended for pipe in self.pipes):
                self.cut(deliver_up=True, deliver_down=True)


class FaultProxy:
    """Listens on a free port of loopback and connects each comer to `target`."""

    def __init__(self, target: tuple[str, int], seed: int = 0) -> None:
        self.target = target
        self.up = Line()
        self.down = Line()
        self.refusing = False
        """Whoever connects is reset at once."""
        self.links: list[Link] = []
        """Every connection so far, in order."""
        self._seed = seed
        self._held: set[str] = set()
        self._stack = AsyncExitStack()
        self._tasks = asyncio.TaskGroup()
        self.port = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        await self._stack.enter_async_context(self._tasks)
        server = await loop.create_server(self._accepted, "127.0.0.1", 0)
        self._stack.callback(self.cut)
        self._stack.callback(server.close)
        self.port = server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.refusing = True
        await self._stack.aclose()

    # --- faults -----------------------------------------------------------------------------------------------

    def cut(self) -> None:
        """Resets every open connection."""
        for link in self.open_links():
            link.cut()

    def hold(self, up: bool = True, down: bool = True) -> None:
        """Nothing passes and nothing closes in these directions, now and on new connections, until `release`."""
        self._held |= {name for name, held in (("up", up), ("down", down)) if held}
        self._apply_hold()

    def release(self) -> None:
        self._held.clear()
        self._apply_hold()

    async def flap(self, up_s: float, down_s: float) -> None:
        """Until cancelled: the line is up for a while, then cut and refused for a while."""
        try:
            while True:
                await asyncio.sleep(up_s)
                self.refusing = True
                self.cut()
                await asyncio.sleep(down_s)
                self.refusing = False
        finally:
            self.refusing = False

    def open_links(self) -> list[Link]:
        return [link for link in self.links if link.is_open]

    # --- connections ------------------------------------------------------------------------------------------

    def _accepted(self) -> asyncio.Protocol:
        link = Link(len(self.links), self.up, self.down, self._seed)
        self.links.append(link)
        link.up.held, link.down.held = "up" in self._held, "down" in self._held
        if self.refusing:
            link.cut()
        else:
            self._tasks.create_task(self._connect(link))
        return _End(link.up, link.down, link)

    async def _connect(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _End(link.down, link.up, link), *self.target)
        except OSError:
            link.cut()  # the target is not there: neither is this end

    def _apply_hold(self) -> None:
        for link in self.open_links():
            for pipe, name in ((link.up, "up"), (link.down, "down")):
                pipe.held = name in self._held
                pipe.go_on()
            link.end_if_over()


def _reset(transport: asyncio.Transport) -> None:
    _set(transport, socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _set(transport: asyncio.BaseTransport, level: int, option: int, value: int | bytes) -> None:
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is not None and sock.fileno() != -1:
        sock.setsockopt(level, option, value)
