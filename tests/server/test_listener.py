"""Connections are counted and refused in accept() (D1), the limit of open files holds (D2), slow ones end (D3)."""

from __future__ import annotations

import asyncio
import asyncio.sslproto
import contextlib
import errno
import gc
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from chat_server.transport import listener as listener_module
from chat_server.transport.admission import Caps
from chat_server.transport.listener import TLS_READ_BYTES, Gate, Listener, fit_open_files, use_small_tls_buffers
from chat_server.transport.tls import ServerIdentity
from tests.conftest import AllowLog

HANG_GUARD_S = 30
LOG = "chat_server.transport.listener"

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 and /proc")


class Peer:
    """A raw TCP client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ended(self) -> bytes:
        """Waits until the server closes or resets; what came before."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b""

    def close(self) -> None:
        self.writer.transport.abort()


class GatedServer:
    """A server that says `hello` to each whom the gate lets in."""

    def __init__(self, caps: Caps) -> None:
        self.now_s = 0.0
        self.gate = Gate(caps, monotonic=lambda: self.now_s)
        self.transports: list[asyncio.BaseTransport] = []
        self.peers: list[Peer] = []
        self.port = 0
        self._gone = 0
        self._somebody_left = asyncio.Condition()

    async def hello(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.transports.append(writer.transport)
        with contextlib.suppress(ConnectionResetError):
            writer.write(b"hello")
            await reader.read()
            writer.close()
            await writer.wait_closed()
        async with self._somebody_left:
            self._gone += 1
            self._somebody_left.notify_all()

    async def comes(self, address: str = "127.0.0.1") -> Peer | None:
        """A client whom the server let in and greeted; None if it was refused."""
        try:
            peer = Peer(*await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0)))
        except ConnectionResetError:
            return None
        self.peers.append(peer)
        try:
            return peer if await peer.reader.read(5) == b"hello" else None
        except ConnectionResetError:
            return None

    async def enters(self, address: str = "127.0.0.1") -> Peer:
        """A client that was let in."""
        peer = await self.comes(address)
        assert peer, "refused"
        return peer

    async def gone(self, count: int) -> None:
        """Waits until the server has seen so many connections end."""
        async with self._somebody_left:
            await self._somebody_left.wait_for(lambda: self._gone == count)


@pytest.fixture
async def gated() -> AsyncIterator[Callable[[Caps], Awaitable[GatedServer]]]:
    """Starts a `GatedServer`; everything of it is gone at the end of the test."""
    servers: list[GatedServer] = []
    async with contextlib.AsyncExitStack() as stack, asyncio.timeout(HANG_GUARD_S):

        async def start(caps: Caps) -> GatedServer:
            gated = GatedServer(caps)
            stack.callback(gated.gate.close)
            listener = Listener.bound("127.0.0.1", 0, gated.gate)
            gated.port = listener.getsockname()[1]
            server = await asyncio.start_server(gated.hello, sock=listener)
            stack.push_async_callback(lambda: gated.gone(len(gated.transports)))
            await stack.enter_async_context(server)
            servers.append(gated)
            return gated

        yield start
        for gated in servers:
            for peer in gated.peers:
                peer.close()


Start = Callable[[Caps], Awaitable[GatedServer]]


async def test_d1_the_seventeenth_of_an_address_is_refused_and_the_sixteen_stay(
    gated: Start, allow_log: AllowLog
) -> None:
    allow_log(LOG, "at a limit of connections")
    server = await gated(Caps())
    inside = [await server.enters() for _ in range(16)]
    assert await server.comes() is None
    assert server.gate.connections == 16

    inside[3].close()
    await server.gone(1)
    assert server.gate.connections == 15
    await server.enters()
    assert server.gate.strangers == 16


async def test_d1_who_has_logged_in_counts_no_more_as_a_stranger(gated: Start) -> None:
    server = await gated(Caps(total=10, strangers=2, strangers_per_address=1))
    for _ in range(10):
        await server.enters()
        assert server.gate.mark_authenticated(server.transports[-1])
    assert (server.gate.connections, server.gate.strangers) == (10, 0)


async def test_small_writes_are_not_held_back_for_others(gated: Start) -> None:
    """With Nagle's algorithm (RFC 896) a message waits up to 40 ms for the reader to acknowledge the one before."""
    server = await gated(Caps())
    await server.enters()
    assert server.transports[0].get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@needs_linux
async def test_d1_a_flood_pushes_itself_out_and_somebody_else_gets_in(gated: Start, allow_log: AllowLog) -> None:
    allow_log(LOG, "at a limit of connections")
    server = await gated(Caps(strangers=8))
    flood = [await server.enters(f"127.0.0.{2 + number // 4}") for number in range(8)]
    await server.enters("127.0.0.9")
    # Both addresses hold four: the one that came first has waited longest, its newest goes.
    assert await flood[3].ended() == b""
    assert server.gate.strangers == 8
    assert not flood[4].reader.at_eof()


@needs_linux
async def test_d1_one_that_was_cut_off_cannot_log_in_any_more(gated: Start, allow_log: AllowLog) -> None:
    allow_log(LOG, "at a limit of connections")
    server = await gated(Caps(strangers=1))
    first = await server.enters("127.0.0.2")
    await server.enters("127.0.0.3")
    await first.ended()
    assert not server.gate.mark_authenticated(server.transports[0])
    assert server.gate.mark_authenticated(server.transports[1])


async def test_a_closed_connection_cannot_log_in(gated: Start) -> None:
    server = await gated(Caps())
    peer = await server.enters()
    peer.close()
    await server.gone(1)
    assert not server.gate.mark_authenticated(server.transports[0])


async def test_d11_a_connection_that_fails_before_it_has_a_transport_gives_its_place_back() -> None:
    def fails() -> asyncio.Protocol:
        raise RuntimeError("no protocol for this one")

    gate = Gate(Caps(), monotonic=lambda: 0.0)
    listener = Listener.bound("127.0.0.1", 0, gate)
    address = listener.getsockname()
    server = await asyncio.get_running_loop().create_server(fails, sock=listener)
    async with server, asyncio.timeout(HANG_GUARD_S):
        peer = Peer(*await asyncio.open_connection(*address))
        assert await peer.ended() == b""
        peer.close()
        assert gate.connections == 0
    gate.close()


async def test_d2_the_limit_is_said_once_a_minute_with_a_count(
    gated: Start, allow_log: AllowLog, caplog: pytest.LogCaptureFixture
) -> None:
    allow_log(LOG, "at a limit of connections")
    server = await gated(Caps(strangers_per_address=1))
    await server.enters()
    for now_s in (0.0, 0.0, 59.0, 60.0, 61.0):
        server.now_s = now_s
        assert await server.comes() is None
    assert [record.getMessage().partition(":")[2] for record in caplog.records if record.name == LOG] == [
        " 1 cut off since the last such line",
        " 3 cut off since the last such line",
    ]


def test_d2_with_no_descriptor_left_whoever_waits_is_refused_with_the_spare_one(allow_log: AllowLog) -> None:
    allow_log(LOG, "Too many open files")
    gate = Gate(Caps(), monotonic=lambda: 0.0)
    listener = Listener.bound("127.0.0.1", 0, gate)
    listener.listen()
    with socket.create_connection(listener.getsockname()) as client, listener:
        gate.out_of_resources(super(Listener, listener).accept, OSError(errno.EMFILE, "Too many open files"))
        client.settimeout(HANG_GUARD_S)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        with pytest.raises(BlockingIOError):
            listener.accept()
    gate.close()


def test_d8_a_storm_is_taken_in_steps() -> None:
    gate = Gate(Caps(strangers_per_address=100), monotonic=lambda: 0.0)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(Listener.bound("127.0.0.1", 0, gate))
        listener.listen(128)
        for _ in range(10):
            stack.enter_context(socket.create_connection(listener.getsockname()))

        def step() -> int:
            taken = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    stack.enter_context(listener.accept()[0])
                    taken += 1
            return taken

        assert [step(), step(), step()] == [8, 2, 0]
    assert gate.connections == 0
    gate.close()


def test_a_taken_port_is_an_error_and_leaves_no_socket_open() -> None:
    gate = Gate(Caps(), monotonic=lambda: 0.0)
    with Listener.bound("127.0.0.1", 0, gate) as listener:
        listener.listen()
        with pytest.raises(OSError, match="in use"):
            Listener.bound("127.0.0.1", listener.getsockname()[1], gate)
    gate.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_d1_the_ipv6_listener_takes_ipv4_too_and_counts_both_as_they_are() -> None:
    gate = Gate(Caps(strangers_per_address=1), monotonic=lambda: 0.0)
    try:
        listener = Listener.bound("::", 0, gate)
    except OSError:
        pytest.skip("no IPv6 here")
    listener.listen()
    port = listener.getsockname()[1]
    with listener, socket.create_connection(("127.0.0.1", port)), socket.create_connection(("::1", port)):
        listener.setblocking(True)
        with listener.accept()[0], listener.accept()[0]:
            assert gate.strangers == 2
    gate.close()


# --- memory and deadlines -------------------------------------------------------------------------------------


@pytest.fixture
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attribute must exist, or the work-around works around nothing; put back after the test."""
    monkeypatch.setattr(asyncio.sslproto.SSLProtocol, "max_size", asyncio.sslproto.SSLProtocol.max_size)
    use_small_tls_buffers()


@pytest.mark.usefixtures("small_buffers")
async def test_d1_the_small_tls_buffer_has_effect(tmp_path: Path) -> None:
    buffers: list[int] = []

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        transport: Any = writer.transport
        buffers.append(len(transport._ssl_protocol._ssl_buffer))
        writer.close()

    context = ServerIdentity.load_or_create(tmp_path).context()
    server = await asyncio.start_server(look, "127.0.0.1", 0, ssl=context)
    async with server, asyncio.timeout(HANG_GUARD_S):
        address = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address, ssl=trusting_client())
        await reader.read()
        writer.close()
    assert buffers == [TLS_READ_BYTES]


@contextlib.asynccontextmanager
async def impatient_server(folder: Path) -> AsyncIterator[tuple[int, Gate]]:
    async def login(connection: ServerConnection) -> None:
        await connection.wait_closed()

    gate = Gate(Caps(), monotonic=lambda: 0.0)
    listener = Listener.bound("127.0.0.1", 0, gate)
    port = listener.getsockname()[1]
    context = ServerIdentity.load_or_create(folder).context()
    async with (
        serve(login, sock=listener, ssl=context, ssl_handshake_timeout=0.2, open_timeout=0.2),
        asyncio.timeout(HANG_GUARD_S),
    ):
        yield port, gate
    gate.close()


@pytest.mark.parametrize("said", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])
async def test_d3_who_does_not_finish_tls_is_cut(tmp_path: Path, said: bytes) -> None:
    async with impatient_server(tmp_path) as (port, gate):
        peer = Peer(*await asyncio.open_connection("127.0.0.1", port))
        peer.writer.write(said)
        assert await peer.ended() == b""
        peer.close()
        assert gate.connections == 0


@pytest.mark.usefixtures("small_buffers")
async def test_d1_failed_handshakes_do_not_pile_up(tmp_path: Path) -> None:
    gc.collect()
    gc.disable()  # Python's own full collections come as they like, and late
    try:
        async with impatient_server(tmp_path) as (port, _):
            for _ in range(150):
                peer = Peer(*await asyncio.open_connection("127.0.0.1", port))
                peer.writer.write(b"this is not TLS")
                await peer.ended()
                peer.close()
            kept = sum(type(one) is asyncio.sslproto.SSLProtocol for one in gc.get_objects())
    finally:
        gc.enable()
    assert kept < 70


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: 1\r\n"])
async def test_d3_who_does_not_finish_the_upgrade_is_cut(tmp_path: Path, said: bytes) -> None:
    async with impatient_server(tmp_path) as (port, gate):
        peer = Peer(*await asyncio.open_connection("127.0.0.1", port, ssl=trusting_client()))
        peer.writer.write(said)
        await peer.ended()
        peer.close()
        assert gate.connections == 0


def test_d3_the_deadlines() -> None:
    assert (listener_module.TLS_S, listener_module.UPGRADE_S) == (5, 5)


# --- a whole server in a process of its own -------------------------------------------------------------------


class ServerProcess:
    def __init__(self, folder: Path, *options: str, open_files: int | None = None) -> None:
        command = [sys.executable, "-m", "tests.server.gated_server", str(folder), *options]
        if open_files is not None:
            command = ["sh", "-c", f'ulimit -n {open_files} && exec "$@"', "sh", *command]
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.port = int(line)

    def rss_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024

    def log_lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    async def member_gets_in(self) -> float:
        """Seconds that it took."""
        began = time.perf_counter()
        async with connect(f"wss://127.0.0.1:{self.port}", ssl=trusting_client(), proxy=None) as member:
            await member.send("login")
            assert await member.recv() == "in"
            return time.perf_counter() - began

    def stop(self) -> None:
        self.process.communicate(timeout=HANG_GUARD_S)


@pytest.fixture
def idle_sockets() -> Iterator[Callable[[int, int, int], None]]:
    """Connects so many sockets that say nothing from so many addresses to a port."""
    with contextlib.ExitStack() as stack:

        def connect_all(count: int, addresses: int, port: int) -> None:
            for number in range(count):
                idle = stack.enter_context(socket.socket())
                idle.bind((f"127.0.1.{1 + number % addresses}", 0))
                idle.settimeout(HANG_GUARD_S)
                with contextlib.suppress(ConnectionResetError):  # refused: as good as idle
                    idle.connect(("127.0.0.1", port))

        yield connect_all


@needs_linux
async def test_d1_idle_sockets_cost_little_and_a_member_gets_in(
    tmp_path: Path, idle_sockets: Callable[[int, int, int], None]
) -> None:
    server = ServerProcess(tmp_path)
    try:
        await server.member_gets_in()
        before = server.rss_mib()
        idle_sockets(600, 200, server.port)
        took_s = await server.member_gets_in()
        grown = server.rss_mib() - before
    finally:
        server.stop()
    print(f"600 idle sockets from 200 addresses: RSS +{grown:.1f} MiB, a member got in after {took_s * 1000:.0f} ms")
    assert grown <= 40
    assert took_s < 10 * 2  # a guard against hangs: benchmarks measure
    assert all(LOG in line for line in server.log_lines())
    assert len(server.log_lines()) <= 2


@needs_linux
async def test_d2_with_256_files_the_server_works_and_says_little(
    tmp_path: Path, idle_sockets: Callable[[int, int, int], None]
) -> None:
    server = ServerProcess(tmp_path, open_files=256)
    try:
        idle_sockets(800, 200, server.port)
        took_s = await server.member_gets_in()
    finally:
        server.stop()
    lines = server.log_lines()
    print(f"ulimit -n 256, 800 connects: {len(lines)} log lines, a member got in after {took_s * 1000:.0f} ms")
    assert "256 open files are allowed: at most 128 connections instead of 2000" in lines[0]
    assert len(lines) <= 20


@needs_linux
async def test_d2_out_of_descriptors_all_the_same_it_says_little_and_recovers(
    tmp_path: Path, idle_sockets: Callable[[int, int, int], None]
) -> None:
    server = ServerProcess(tmp_path, "--files-left", "20", "--tls-s", "0.5")
    try:
        idle_sockets(300, 100, server.port)
        async with asyncio.timeout(HANG_GUARD_S):
            while True:  # until the deadline for TLS has ended an idle one
                with contextlib.suppress(OSError):
                    await server.member_gets_in()
                    break
    finally:
        server.stop()
    lines = server.log_lines()
    print(f"20 descriptors, 300 connects: {len(lines)} log lines")
    assert "Too many open files" in lines[0]
    assert len(lines) <= 20


@needs_linux
def test_d2_the_soft_limit_is_raised_as_far_as_needed() -> None:
    program = (
        "import resource, chat_server.transport.listener as listener\n"
        "from chat_server.transport.admission import Caps\n"
        "assert listener.fit_open_files(Caps(total=200)) == Caps(total=200)\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], listener.SPARE_FILES)\n"
    )
    command = ["sh", "-c", 'ulimit -S -n 100 && exec "$@"', "sh", sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=HANG_GUARD_S)
    limit, spare = map(int, ran.stdout.split())
    assert limit == 200 + spare


def test_d2_a_limit_that_is_high_enough_stays() -> None:
    assert fit_open_files(Caps(total=1)) == Caps(total=1)


def trusting_client() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
