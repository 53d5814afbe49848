"""What is used of asyncio's private parts is there, and a fan-out past its detours is the same stream."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest
from websockets.protocol import CLOSED, OPEN
from websockets.server import ServerProtocol

from chat_server.transport import tls_stream
from chat_server.transport.socket import text_frame
from chat_server.transport.tls_stream import Outbox, TlsStream
from tests.server.transport.conftest import Start, eventually
from tests.wire import GUARD_S


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


async def test_a_write_goes_past_the_detours_record_by_record(start: Start) -> None:
    """Of more than a record at once OpenSSL would keep a buffer of that size for as long as the connection lasts."""
    async with start() as running:
        wire = await running.log_in(running.host)
        (connection,) = running.server.roll
        stream = connection.socket.stream
        through, encrypted = _Watching(stream._transport), _Counted(stream._encrypt)
        stream._transport, stream._encrypt = through, encrypted  # type: ignore[assignment]
        for size in (5, 20_000, 300_000):
            connection.socket.put(text_frame(b"x" * size))
            assert await wire.socket.recv() == "x" * size
            assert size > 5 or not through.sizes
        assert max(encrypted.sizes) == 16 * 1024
        assert max(through.sizes, default=0) <= 16 * 1024  # what the system did not take at once


async def test_nothing_is_written_once_it_is_closing(start: Start) -> None:
    async with start() as running:
        await running.log_in(running.host)
        (connection,) = running.server.roll
        connection.socket.transport.abort()
        for _ in range(10):  # asyncio would log a warning at the fifth
            connection.socket.put(text_frame(b"late"))
            connection.socket.flush()
        assert connection.socket.stream.unsent_bytes() == 0


async def test_a_fan_out_goes_in_steps_and_who_asked_is_served_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_stream, "WRITES_PER_STEP", 2)
    written: list[tuple[str, bytes]] = []
    streams = {name: _Stream(name, written) for name in "abcdef"}
    outbox = Outbox()
    assert outbox.fan_out(streams, b"1") == []
    outbox.put(streams["f"], b"ok")
    assert written == []
    await asyncio.sleep(0)
    assert written == [("f", b"1ok"), ("a", b"1"), ("b", b"1")]
    await asyncio.sleep(0)
    assert written[3:] == [("c", b"1"), ("d", b"1")]
    assert outbox.fan_out(streams, b"2") == []
    for _ in range(3):
        await asyncio.sleep(0)
    assert written[5:] == [("e", b"12"), ("a", b"2"), ("b", b"2"), ("c", b"2"), ("d", b"2"), ("f", b"2")]


async def test_a_stream_is_flushed_before_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_stream, "WRITES_PER_STEP", 1)
    written: list[tuple[str, bytes]] = []
    streams = {name: _Stream(name, written) for name in "abc"}
    outbox = Outbox()
    outbox.fan_out(streams, b"1")
    outbox.put(streams["c"], b"bye")
    outbox.flush(streams["c"])
    assert written == [("c", b"1bye")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert written[1:] == [("a", b"1"), ("b", b"1")]


async def test_d7_more_than_so_much_is_held_only_because_of_one_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_stream, "WRITES_PER_STEP", 1)
    monkeypatch.setattr(tls_stream, "HELD_BYTES", 30)
    written: list[tuple[str, bytes]] = []
    streams = {name: _Stream(name, written) for name in "abcd"}
    outbox = Outbox()
    outbox.fan_out(streams, b"12345")
    async with asyncio.timeout(GUARD_S):
        await outbox.drain()
    assert written == []
    outbox.fan_out(streams, b"12345")
    streams["b"].lost()  # what it was to get is held no more when its turn comes
    async with asyncio.timeout(GUARD_S):
        await outbox.drain()
    assert written == [("a", b"1234512345")]


class _Stream(TlsStream):
    """A stream without a connection, which notes what is written to it."""

    def __init__(self, name: str, written: list[tuple[str, bytes]]) -> None:
        self._websocket = ServerProtocol()
        self._websocket.state = OPEN
        self._below = self
        self._encrypt = lambda data: written.append((name, data))
        self._read = lambda: b""
        self._send = len
        self._buffer = b""
        self._closing = False

    def lost(self) -> None:
        self._websocket.state = CLOSED


class _Counted:
    """A way to encrypt that notes how much at a time."""

    def __init__(self, encrypt: Callable[[bytes], int]) -> None:
        self._encrypt = encrypt
        self.sizes: list[int] = []

    def __call__(self, data: bytes) -> int:
        self.sizes.append(len(data))
        return self._encrypt(data)


class _Watching:
    """A transport that notes how much is written through it at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.sizes: list[int] = []

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        self.sizes.append(len(data))
        self._transport.write(data)
