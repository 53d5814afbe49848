"""The proxy does what it says, byte by byte, or what is measured through it means nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.faults.proxy import FaultProxy, Line

GUARD_S = 10.0
PLAIN = Line()
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Peer:
    """A server for one test: its connections in order."""

    def __init__(self) -> None:
        self._came: asyncio.Queue[Streams] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> tuple[str, int]:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._came.put_nowait((reader, writer))

    async def next(self) -> Streams:
        async with asyncio.timeout(GUARD_S):
            return await self._came.get()

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def proxied(up: Line = PLAIN, down: Line = PLAIN, seed: int = 0) -> AsyncIterator[tuple[FaultProxy, Peer]]:
    peer = Peer()
    async with FaultProxy(await peer.start(), seed) as proxy:
        proxy.up, proxy.down = up, down
        yield proxy, peer
    await peer.stop()


@asynccontextmanager
async def dialled(proxy: FaultProxy) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """What arrives until the end, which may be a reset."""
    parts: list[bytes] = []
    async with asyncio.timeout(GUARD_S):
        try:
            while part := await reader.read(65536):
                parts.append(part)
        except ConnectionResetError:
            pass
    return b"".join(parts)


async def exactly(reader: asyncio.StreamReader, count: int) -> bytes:
    async with asyncio.timeout(GUARD_S):
        return await reader.readexactly(count)


async def until(holds: Callable[[], bool], turn: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)) -> None:
    async with asyncio.timeout(GUARD_S):
        while not holds():
            await turn()


async def test_passes_both_ways_and_both_ends() -> None:
    data = bytes(range(256)) * 4096
    async with proxied() as (proxy, peer), dialled(proxy) as (reader, writer):
        there, back = await peer.next()
        writer.write(data)
        writer.write_eof()
        assert await all_of(there) == data
        back.write(data[::-1])
        back.close()
        assert await all_of(reader) == data[::-1]
        await until(lambda: not proxy.open_links())
        assert (proxy.links[0].up.passed, proxy.links[0].down.passed) == (len(data), len(data))


@pytest.mark.parametrize("offset", [0, 1, 2, 99, 100])
async def test_cuts_after_just_so_many_bytes_up(offset: int) -> None:
    data = bytes(range(100))
    async with proxied(up=Line(cut_at=offset)) as (proxy, peer), dialled(proxy) as (reader, writer):
        there, _back = await peer.next()
        writer.write(data)
        assert await all_of(there) == data[:offset]
        assert await all_of(reader) == b""
        assert not proxy.links[0].is_open


@pytest.mark.parametrize("offset", [0, 1, 57])
async def test_cuts_what_comes_from_now_on_down(offset: int) -> None:
    async with proxied() as (proxy, peer), dialled(proxy) as (reader, writer):
        _there, back = await peer.next()
        back.write(b"before")
        assert await exactly(reader, 6) == b"before"
        proxy.links[0].down.cut_after(offset)
        back.write(bytes(range(58)))
        assert await all_of(reader) == bytes(range(offset))
        writer.close()


async def test_one_byte_slices_arrive_whole() -> None:
    data = bytes(range(200))
    async with proxied(up=Line(slice_bytes=1)) as (proxy, peer), dialled(proxy) as (_reader, writer):
        there, _back = await peer.next()
        writer.write(data)
        first = await there.read(65536)
        assert len(first) < len(data)
        assert first + await exactly(there, len(data) - len(first)) == data


async def test_delay_and_jitter_keep_the_order() -> None:
    data = bytes(range(100))
    line = Line(delay_s=0.01, jitter_s=0.02, slice_bytes=7)
    async with proxied(up=line) as (proxy, peer), dialled(proxy) as (_reader, writer):
        there, _back = await peer.next()
        started = asyncio.get_running_loop().time()
        for byte in data:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert await exactly(there, len(data)) == data
        assert asyncio.get_running_loop().time() - started >= 0.01


async def test_many_writes_behind_a_delay_are_not_delayed_one_after_the_other() -> None:
    async with proxied(up=Line(delay_s=0.05)) as (proxy, peer), dialled(proxy) as (_reader, writer):
        there, _back = await peer.next()
        loop = asyncio.get_running_loop()
        started = loop.time()
        for _ in range(50):
            writer.write(b"x")
            await asyncio.sleep(0)
        await exactly(there, 50)
        assert 0.05 <= loop.time() - started < 50 * 0.05 / 2


async def test_bandwidth_is_what_it_says() -> None:
    async with proxied(up=Line(bytes_per_s=100_000)) as (proxy, peer), dialled(proxy) as (_reader, writer):
        there, _back = await peer.next()
        started = asyncio.get_running_loop().time()
        writer.write(bytes(10_000))
        await exactly(there, 10_000)
        assert asyncio.get_running_loop().time() - started >= 0.095


async def test_a_stalled_direction_stops_for_good_and_the_other_goes_on() -> None:
    async with proxied(up=Line(stall_at=3)) as (proxy, peer), dialled(proxy) as (reader, writer):
        there, back = await peer.next()
        writer.write(b"abcdef")
        assert await exactly(there, 3) == b"abc"
        back.write(b"heard?")
        assert await exactly(reader, 6) == b"heard?"
        writer.close()  # the end of a half-open connection is never told
        await until(lambda: proxy.links[0].down.passed == 6)
        assert proxy.links[0].is_open
        assert not there.at_eof()


async def test_a_stalled_direction_holds_back_whoever_sends() -> None:
    async with proxied(up=Line(stall_at=0)) as (proxy, peer), dialled(proxy) as (_reader, writer):
        await peer.next()
        chunk = bytes(1 << 20)
        for _ in range(64):
            writer.write(chunk)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.drain(), 0.2)


async def test_a_partition_holds_everything_and_a_heal_lets_it_through() -> None:
    async with proxied() as (proxy, peer), dialled(proxy) as (reader, writer):
        there, back = await peer.next()
        proxy.hold()
        writer.write(b"up")
        back.write(b"down")
        async with dialled(proxy) as (_late_reader, late):
            late.write(b"late")
            late_there, _late_back = await peer.next()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(there.read(1), 0.05)
            assert [link.up.passed + link.down.passed for link in proxy.links] == [0, 0]
            proxy.release()
            assert await exactly(there, 2) == b"up"
            assert await exactly(reader, 4) == b"down"
            assert await exactly(late_there, 4) == b"late"


async def test_an_end_during_a_partition_is_told_after_it() -> None:
    async with proxied() as (proxy, peer):
        async with dialled(proxy):
            there, _back = await peer.next()
            proxy.hold()
        assert not there.at_eof()
        proxy.release()
        assert await all_of(there) == b""


async def test_flapping_cuts_and_refuses_and_comes_back() -> None:
    async with proxied() as (proxy, _peer), asyncio.TaskGroup() as tasks:
        flapping = tasks.create_task(proxy.flap(0.02, 0.02))
        reached = refused = 0
        async with asyncio.timeout(GUARD_S):
            while reached < 3 or refused < 3:
                async with dialled(proxy) as (reader, _writer):
                    open_before = proxy.refusing
                    assert await all_of(reader) == b""  # each connection is cut sooner or later
                    refused += open_before
                    reached += not open_before
        flapping.cancel()
        await asyncio.wait([flapping])
        assert not proxy.refusing


async def test_a_target_that_is_not_there_is_a_reset() -> None:
    peer = Peer()
    target = await peer.start()
    await peer.stop()
    async with FaultProxy(target) as proxy, dialled(proxy) as (reader, _writer):
        assert await all_of(reader) == b""
