"""One connection of the load generator, as cheap as Python gets: it counts deliveries and decodes none.

asyncio's TLS, a WebSocket library and a JSON decoder would each cost the generator more than the server that it
measures. So a `Link` drives the socket and OpenSSL itself, walks over frame headers (RFC 6455 section 5.2), and of an
`events` frame reads the log and the seq of the last event: seqs have no gaps, so their difference is the count.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self, cast

_GUARD_S = 60.0
_READ_BYTES = 256 * 1024
_READS_PER_STEP = 8
_TEXT, _CLOSE, _PING = 0x1, 0x8, 0x9
_SO_TIMESTAMPNS = 35
"""Of Linux (asm-generic/socket.h), for option and control message; the socket module of Python 3.11 lacks it."""
_TIMESPEC = struct.Struct("qq")

# All links are read by one thread, one after the other.
_received = bytearray(_READ_BYTES)
_plain = bytearray(4 * _READ_BYTES)


class ConnectionLost(Exception):
    """The server ended the connection, or never took it."""


class Target(NamedTuple):
    """Where to connect. Without `tls` the connection is plain."""

    port: int
    path: str = "/"
    subprotocol: str | None = None
    tls: ssl.SSLContext | None = None
    server_name: str | None = None


class Link:
    """Opened by `open`; then it reads by itself. `until` waits for something that what it reads makes true."""

    def __init__(self, sock: socket.socket) -> None:
        self.bytes_received = 0
        """As TCP delivered them: TLS and WebSocket headers included."""
        self.is_lost = False
        self.arrived_ns = 0
        """When the system took in what was read last (`time.time_ns`); asked for by `stamp_arrivals`."""
        self._receive = self._receive_unstamped
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._take = self._take_plain
        self._parse = self._parse_frames
        self._rest = b""
        self._is_open = False
        self._ending = "the server ended the connection"
        self._condition: Callable[[], bool] = bool
        self._waiter: asyncio.Future[None] | None = None

    @classmethod
    async def open(cls, target: Target, source: str = "127.0.0.1") -> Self:
        """Connected from the address `source`, upgraded to a WebSocket. Raises `ConnectionLost`."""
        link = await cls.connect(target, source)
        try:
            await link._upgrade(target)
        except (OSError, ConnectionLost) as error:
            link.close()
            raise ConnectionLost(str(error)) from error
        return link

    @classmethod
    async def connect(cls, target: Target, source: str = "127.0.0.1") -> Self:
        """Only TCP and TLS. Raises `ConnectionLost`."""
        sock = socket.socket()
        link = cls(sock)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.bind((source, 0))
            await link._loop.sock_connect(sock, ("127.0.0.1", target.port))
            link.read_by_itself()
            if target.tls is not None:
                await link._shake_hands(target.tls, target.server_name)
        except (OSError, ConnectionLost) as error:
            link.close()
            raise ConnectionLost(str(error)) from error
        return link

    def close(self) -> None:
        """Cuts the connection."""
        if not self.is_lost:
            self.is_lost = True
            self._loop.remove_reader(self._socket)
            self._socket.close()
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_exception(ConnectionLost(self._ending))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Returns when `condition`, looked at after each read, holds. Raises `ConnectionLost`, `TimeoutError`."""
        if condition():
            return
        if self.is_lost:
            raise ConnectionLost(self._ending)
        self._condition = condition
        self._waiter = self._loop.create_future()
        try:
            async with asyncio.timeout(_GUARD_S):
                await self._waiter
        finally:
            self._waiter = None

    def read_by_itself(self) -> None:
        """As soon as something comes."""
        if not self.is_lost:
            self._loop.add_reader(self._socket, self.read)

    def read_when_told(self) -> None:
        """Only when somebody calls `read`, until `read_by_itself`."""
        self._loop.remove_reader(self._socket)

    def read(self) -> None:
        """Takes what has come, if anything has."""
        try:
            size = self._receive()
        except BlockingIOError:
            return
        except OSError:
            size = 0
        self.bytes_received += size
        if size == 0 or not self._take(size):
            self.close()
        elif self._waiter is not None and not self._waiter.done() and self._condition():
            self._waiter.set_result(None)

    def stamp_arrivals(self) -> None:
        """From now on `arrived_ns` is kept. By the system's own stamp, where there is one: when a message reaches fifty
        members at once, the last of them would otherwise be charged with the decrypting of the others, which here goes
        on in one process and for real members does not."""
        if sys.platform == "linux":
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._receive = self._receive_stamped

    def _receive_unstamped(self) -> int:
        return self._socket.recv_into(_received)

    def _receive_stamped(self) -> int:
        size, control, _flags, _sender = self._socket.recvmsg_into([_received], socket.CMSG_SPACE(_TIMESPEC.size))
        self.arrived_ns = time.time_ns()
        for level, kind, data in control:
            if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                seconds, ns = _TIMESPEC.unpack(data)
                self.arrived_ns = seconds * 1_000_000_000 + ns
        return size

    def write_text(self, payload: bytes) -> None:
        """One masked text frame (RFC 6455 section 5.3). The mask is zero: it costs the server the same."""
        self._write_frame(0x80 | _TEXT, payload)

    # --- what a kind of link does with what comes ---------------------------------------------------------------

    def _on_text(self, data: bytearray, start: int, end: int) -> None:
        """A text frame, whose payload is `data[start:end]` until this returns."""

    # --- out ----------------------------------------------------------------------------------------------------

    def _write_frame(self, head: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            length = bytes((0x80 | size,))
        elif size < 65_536:
            length = b"\xfe" + size.to_bytes(2, "big")
        else:
            raise ValueError("a client's frame is smaller")
        self._write(bytes((head,)) + length + bytes(4) + payload)

    def _write(self, data: bytes) -> None:
        if self._tls is not None:
            self._tls.write(data)
            data = self._outgoing.read()
        self._send(data)

    def _send(self, data: bytes) -> None:
        if self._socket.send(data) != len(data):
            raise RuntimeError("a socket is full: the generator has more in flight than it should")

    # --- in: `_take` what was received, `_parse` what it says; False if the server closes -------------------------

    def _take_plain(self, size: int) -> bool:
        kept = len(self._rest)
        _plain[:kept] = self._rest
        _plain[kept : kept + size] = memoryview(_received)[:size]
        return self._parse(kept + size)

    def _take_handshake(self, size: int) -> bool:
        self._incoming.write(memoryview(_received)[:size])
        return self._shake()

    def _take_encrypted(self, size: int) -> bool:
        assert self._tls is not None
        self._incoming.write(memoryview(_received)[:size])
        end = len(self._rest)
        _plain[:end] = self._rest
        room = memoryview(_plain)
        try:
            while self._incoming.pending:
                read = self._tls.read(_READ_BYTES, room[end:])
                if not read:
                    return False
                end += cast(int, read)
        except ssl.SSLWantReadError:
            pass  # a part of a record, or one that holds no data
        except ssl.SSLError:
            return False
        return self._parse(end)

    def _parse_answer(self, size: int) -> bool:
        """Of the upgrade."""
        head, end, rest = bytes(_plain[:size]).partition(b"\r\n\r\n")
        if not end:
            self._rest = head
            return True
        if not head.startswith(b"HTTP/1.1 101 "):
            self._ending = head.decode("latin-1").partition("\r\n")[0]
            return False
        self._is_open = True
        self._parse = self._parse_frames
        _plain[: len(rest)] = rest
        return self._parse(len(rest))

    def _parse_frames(self, size: int) -> bool:
        at = 0
        while size - at >= 2:
            length, start = _plain[at + 1], at + 2
            if length == 126:
                start = at + 4
                length = int.from_bytes(_plain[at + 2 : start], "big")
            elif length == 127:
                start = at + 10
                length = int.from_bytes(_plain[at + 2 : start], "big")
            end = start + length
            if end > size or start > size:
                break
            opcode = _plain[at] & 0x0F
            if opcode == _TEXT:
                self._on_text(_plain, start, end)
            elif opcode == _PING:
                self._write_frame(0x8A, bytes(_plain[start:end]))
            elif opcode == _CLOSE:
                return False
            at = end
        self._rest = bytes(_plain[at:size])
        return True

    # --- opening ------------------------------------------------------------------------------------------------

    async def _shake_hands(self, context: ssl.SSLContext, server_name: str | None) -> None:
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._take = self._take_handshake
        self._shake()
        await self.until(lambda: self._is_open)

    def _shake(self) -> bool:
        """The next step of the handshake; False if it failed."""
        assert self._tls is not None
        try:
            self._tls.do_handshake()
            self._take = self._take_encrypted
            self._is_open = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            return False
        self._send(self._outgoing.read())
        return True

    async def _upgrade(self, target: Target) -> None:
        lines = [
            f"GET {target.path} HTTP/1.1",
            f"Host: 127.0.0.1:{target.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version: 13",
            *([f"Sec-WebSocket-Protocol: {target.subprotocol}"] if target.subprotocol else ()),
        ]
        self._is_open = False
        self._parse = self._parse_answer
        self._write("\r\n".join([*lines, "", ""]).encode())
        await self.until(lambda: self._is_open)


class RawLink(Link):
    """To a server that hands on each text as it came."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.delivered = 0
        self.on_text: Callable[[bytearray, int, int], None] | None = None

    def _on_text(self, data: bytearray, start: int, end: int) -> None:
        self.delivered += 1
        if self.on_text is not None:
            self.on_text(data, start, end)


async def read_now_and_then(links: Sequence[Link], every_s: float) -> None:
    """Reads `links`, which may become more, each so often that the system's buffers hold what comes meanwhile: who
    only listens needs nothing at once, and taken one by one a thousand deliveries would cost the generator more than
    the server. When it is cancelled they read by themselves."""
    loop = asyncio.get_running_loop()
    for link in links:
        link.read_when_told()
    try:
        while True:
            due_s = loop.time() + every_s
            for number, link in enumerate(links):
                link.read()
                if number % _READS_PER_STEP == 0:
                    await asyncio.sleep(0)  # who waits for an answer reads it
            await asyncio.sleep(due_s - loop.time())
    finally:
        for link in links:
            link.read_by_itself()
