"""What is used of asyncio's private parts is there, and a fan-out past its detours is the same stream."""

from __future__ import annotations

import asyncio
import os

from chat_server.transport.socket import text_frame
from tests.server.transport.conftest import Start, eventually


async def test_writes_of_all_sizes_arrive_in_order(start: Start) -> None:
    """Small ones go past asyncio's transport, big ones through it, as do those behind what waits there."""
    async with start() as running:
        wire = await running.log_in(running.host)
        (connection,) = running.server.roll
        socket = connection.socket
        wire.socket.transport.pause_reading()
        texts = [os.urandom(size // 2).hex() for size in (10, 200_000, 10, 16_300, 16_400, 3_000_000, 10, 70_000) * 3]
        for text in texts:
            socket.put(text_frame(text.encode()))
            await asyncio.sleep(0)
        assert socket.is_full
        assert socket.stream.unsent_bytes() > 1_000_000
        wire.socket.transport.resume_reading()
        for text in texts:
            assert await wire.socket.recv() == text
        await eventually(lambda: socket.stream.unsent_bytes() == 0)
        assert not socket.is_full


async def test_a_small_write_goes_past_the_detours(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        (connection,) = running.server.roll
        socket = connection.socket
        through: list[bytes] = []
        socket.stream._transport = _Watching(socket.transport, through)  # type: ignore[assignment]
        socket.put(text_frame(b"small"))
        assert await wire.socket.recv() == "small"
        assert through == []
        socket.put(text_frame(b"x" * 20_000))
        assert await wire.socket.recv() == "x" * 20_000
        assert len(through) == 1


async def test_nothing_is_written_once_it_is_closing(start: Start) -> None:
    async with start() as running:
        await running.log_in(running.host)
        (connection,) = running.server.roll
        connection.socket.transport.abort()
        for _ in range(10):  # asyncio would log a warning at the fifth
            connection.socket.put(text_frame(b"late"))
            connection.socket.flush()
        assert connection.socket.stream.unsent_bytes() == 0


class _Watching:
    """A transport that notes what is written through it."""

    def __init__(self, transport: asyncio.Transport, writes: list[bytes]) -> None:
        self._transport = transport
        self._writes = writes

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def write(self, data: bytes) -> None:
        self._writes.append(data)
        self._transport.write(data)
