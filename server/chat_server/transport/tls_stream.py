"""What asyncio's TLS transport does for a small write, without its detours, and what it does not tell.

WORKAROUND: a fan-out writes to a thousand connections, none of which is in the processor's cache. Of the 18 µs that
asyncio takes for each, encrypting is 5 and the system's `send` 6. And `get_write_buffer_size` leaves out what was
handed to the socket's own transport, so a slow reader looks like one that stands still. There is no public way to
either; `tests/server/transport/test_tls_stream.py` fails when the private parts that this uses are others.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, TypeVar

from websockets.protocol import OPEN, Protocol

from chat_protocol.limits import FEED_HIGH_WATER

Reader = TypeVar("Reader")

_TLS_RECORD = 16 * 1024
"""RFC 8446 section 5.1. What is longer costs so much anyway that the detours don't matter."""


class TlsStream:
    """The writing side of a TLS transport that was just handed to its WebSocket."""

    __slots__ = ("_below", "_encrypt", "_held", "_read", "_send", "_transport", "_websocket", "written")

    def __init__(self, transport: asyncio.Transport, websocket: Protocol) -> None:
        self.written = 0
        """How many bytes were handed over so far."""
        self._held = b""
        self._transport = transport
        self._websocket = websocket
        tls: Any = transport._ssl_protocol  # type: ignore[attr-defined]
        self._below = tls._transport
        self._encrypt = tls._sslobj._sslobj.write
        self._read = tls._outgoing.read
        self._send = self._below._sock.send

    def flush(self) -> None:
        """Writes what the outbox has for it. The one raw write of whole frames: after a close each would log a warning,
        inside a fragmented message (which we never send) it would be a protocol error."""
        held, self._held = self._held, b""
        if held and self._websocket.state is OPEN:
            self.written += len(held)
            self.write(held)

    def write(self, data: bytes) -> None:
        """As `Transport.write`; nothing once it is closing."""
        below = self._below
        if below._buffer or below._closing or len(data) > _TLS_RECORD:
            if not self._transport.is_closing():
                self._transport.write(data)
            return
        try:
            self._encrypt(data)
        except ssl.SSLError:
            self._transport.abort()
            return
        record = self._read()
        try:
            sent = self._send(record)
        except OSError:
            sent = 0  # if it is more than a full buffer, the transport will meet it again
        if sent < len(record):
            below.write(record[sent:])

    @property
    def overflows(self) -> bool:
        """Whether so much waits to be sent that nothing is to be added but answers."""
        return bool(self._below._buffer) and self._transport.get_write_buffer_size() > FEED_HIGH_WATER

    def unsent_bytes(self) -> int:
        """All that the process holds for a peer that has not taken it."""
        size: int = self._transport.get_write_buffer_size() + self._below.get_write_buffer_size()
        return size


class Outbox:
    """What a step of the loop has for all connections of a server; it is written when the step ends."""

    def __init__(self) -> None:
        self._streams: list[TlsStream] = []

    def put(self, stream: TlsStream, frames: bytes) -> None:
        if stream._held:
            stream._held += frames
        else:
            stream._held = frames
            self._due().append(stream)

    def fan_out(self, streams: Mapping[Reader, TlsStream], frames: bytes) -> list[Reader]:
        """Puts the same `frames` to all `streams`; returns those that overflow, which get nothing."""
        full = []
        due = self._due()
        for reader, stream in streams.items():
            if stream._below._buffer and stream.overflows:
                full.append(reader)
            elif stream._held:
                stream._held += frames
            else:
                stream._held = frames  # the same object for all who hold nothing else
                due.append(stream)
        return full

    def _due(self) -> list[TlsStream]:
        if not self._streams:
            asyncio.get_running_loop().call_soon(self._flush)
        return self._streams

    def _flush(self) -> None:
        streams, self._streams = self._streams, []
        for stream in streams:
            stream.flush()
