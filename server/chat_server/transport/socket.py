"""One WebSocket as the server uses it: all that is written goes through one function."""

from __future__ import annotations

import asyncio
import struct
from functools import partial
from typing import Any, Literal

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode

from chat_protocol.limits import CLIENT_FRAME, FEED_LOW_WATER
from chat_server.transport.tls_stream import Outbox, TlsStream

MAX_SIZE = CLIENT_FRAME + 1024
"""A frame a little too big gets a polite `frame_too_big`; over this WebSocket itself closes with 1009."""
WRITE_LIMIT = (FEED_LOW_WATER, FEED_LOW_WATER - 1)
"""For `serve`: from this many unsent bytes on `is_full` holds, below it no more."""
PING = b"\x89\x00"
"""An empty ping, unmasked as all that a server sends (RFC 6455 section 5.5.2): the same bytes for everybody."""

_UNREAD_TLS_BYTES = 32 * 1024


Hold = Literal["login", "unread", "unsent"]
"""Why nothing is read: a login is being decided; frames wait to be taken; what is owed, pongs too, is not taken."""


def text_frame(payload: bytes) -> bytes:
    """`payload`, UTF-8, as one unmasked text frame (RFC 6455 section 5.2)."""
    size = len(payload)
    if size < 126:
        return b"\x81%c%b" % (size, payload)
    if size < 65_536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


def text_frames(payloads: list[bytes]) -> bytes:
    return b"".join(map(text_frame, payloads))


class Socket(ServerConnection):
    """A connection of `websockets.serve`. It reads, pings back and closes as websockets does; writing is ours.

    `put` keeps bytes until the loop's step ends and hands all of them to the transport at once: a commit costs a
    connection one write, whatever it holds for it.
    """

    def __init__(self, outbox: Outbox, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._outbox = outbox
        self.heard_s = self.loop.time()
        """When the peer last sent anything, on the loop's clock."""
        self._holds: set[Hold] = set()
        self._standing: tuple[int, float] | None = None
        """While full: how much the peer had taken, and when that was noticed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.stream = TlsStream(self.transport, self.protocol)
        self.recv_messages.pause = partial(self.hold, "unread")
        self.recv_messages.resume = partial(self.release, "unread")
        # While we don't read, TLS would take in 256 KiB.
        transport.set_read_buffer_limits(_UNREAD_TLS_BYTES)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.heard_s = self.loop.time()
        super().data_received(data)
        if self.stream.overflows:
            self.hold("unsent")

    def resume_writing(self) -> None:
        super().resume_writing()
        self.release("unsent")

    def hold(self, why: Hold) -> None:
        """Reads nothing until each `hold` was released: whoever resumes alone would undo what others pause for."""
        self._holds.add(why)
        self.transport.pause_reading()

    def release(self, why: Hold) -> None:
        """To be called also when it was not held."""
        self._holds.discard(why)
        if not self._holds:
            self.transport.resume_reading()

    def put(self, frames: bytes) -> None:
        """Whole WebSocket frames, to be written when this step of the loop ends; nothing once it is closing."""
        self._outbox.put(self.stream, frames)

    def flush(self) -> None:
        """Writes at once what was `put`."""
        self._outbox.flush(self.stream)

    @property
    def is_full(self) -> bool:
        """Whether `FEED_LOW_WATER` bytes or more wait to be sent; see `writable`."""
        return self.paused

    def stands_still(self, now_s: float, patience_s: float) -> bool:
        """Whether the peer has taken nothing for `patience_s` though something waited. To be asked now and then."""
        if not self.paused:
            self._standing = None
            return False
        drained = self.stream.buffered - self.stream.unsent_bytes()
        if self._standing is None or drained > self._standing[0]:
            self._standing = (drained, now_s)
        return now_s - self._standing[1] >= patience_s

    async def writable(self) -> None:
        """Returns when no longer `is_full`, or when the connection is lost."""
        try:
            await self.drain()
        except OSError:
            return  # how it was lost is for whoever reads

    async def close(self, code: CloseCode | int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        self.flush()
        try:
            # websockets waits for ever until a close frame fits behind what a stuck reader does not take.
            async with asyncio.timeout(self.close_timeout):
                await super().close(code, reason)
        except TimeoutError:
            self.transport.abort()
