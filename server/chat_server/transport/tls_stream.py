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
from itertools import islice
from typing import Any, TypeVar

from websockets.protocol import OPEN, Protocol

from chat_protocol.limits import FEED_HIGH_WATER

Reader = TypeVar("Reader")

_TLS_RECORD = 16 * 1024
"""RFC 8446 section 5.1. Of more at once OpenSSL would make records too, in a buffer that grows to hold all of them and
stays with the connection: after a snapshot of a large server 350 KB, and growing it takes longer than encrypting."""

WRITES_PER_STEP = 32
"""Of a fan-out, 0.4 ms: meanwhile others are heard, and the next commit begins (D8)."""
HELD_BYTES = 4 * 1024 * 1024
"""More than this waits in all only because of a single commit. What is the same for many is in memory once."""


class TlsStream:
    """The writing side of a TLS transport that was just handed to its WebSocket."""

    __slots__ = ("_below", "_encrypt", "_read", "_send", "_transport", "_websocket", "buffered")

    def __init__(self, transport: asyncio.Transport, websocket: Protocol) -> None:
        self.buffered = 0
        """How many bytes so far could not be sent at once."""
        self._transport = transport
        self._websocket = websocket
        tls: Any = transport._ssl_protocol  # type: ignore[attr-defined]
        self._below = tls._transport
        self._encrypt = tls._sslobj._sslobj.write
        self._read = tls._outgoing.read
        self._send = self._below._sock.send

    @property
    def overflows(self) -> bool:
        """Whether so much waits to be sent that nothing is to be added but answers."""
        return bool(self._below._buffer) and self._transport.get_write_buffer_size() > FEED_HIGH_WATER

    def unsent_bytes(self) -> int:
        """All that the process holds for a peer that has not taken it."""
        size: int = self._transport.get_write_buffer_size() + self._below.get_write_buffer_size()
        return size


class Outbox:
    """What is on its way to all connections of a server.

    What is `put` for a single one goes out when the step of the loop ends, with all that it still has to get: whoever
    asked is served first. What goes to many is written in steps, those first who wait longest, and what comes meanwhile
    goes along with it in the same write.
    """

    def __init__(self) -> None:
        self._held: dict[TlsStream, bytes] = {}
        self._held_bytes = 0
        self._first: dict[TlsStream, None] = {}
        self._is_due = False
        self._drained = asyncio.Event()
        self._drained.set()
        self._slow: set[TlsStream] = set()
        """Whom something waits for, and some for whom it did: to look at everybody would cost as much as encrypting."""

    def put(self, stream: TlsStream, frames: bytes) -> None:
        self._held[stream] = self._held.get(stream, b"") + frames
        self._held_bytes += len(frames)
        self._first[stream] = None
        self._go_on()

    def fan_out(self, streams: Mapping[Reader, TlsStream], frames: bytes) -> list[Reader]:
        """Puts the same `frames` to all `streams`; returns those that overflow, which get nothing."""
        full: list[Reader] = []
        if self._slow:
            self._slow = {stream for stream in self._slow if stream._below._buffer}
            full = [reader for reader, stream in streams.items() if stream in self._slow and stream.overflows]
            streams = {reader: stream for reader, stream in streams.items() if reader not in full}
        held = self._held
        more = dict.fromkeys(streams.values(), frames)
        before = joined = b""
        for stream in more.keys() & held.keys():
            if held[stream] is not before:  # most hold the same: it is joined, and kept, once
                before = held[stream]
                joined = before + frames
            more[stream] = joined
        held |= more
        self._held_bytes += len(frames) * len(more)
        if self._held_bytes > HELD_BYTES:
            self._drained.clear()
        self._go_on()
        return full

    async def drain(self) -> None:
        """Returns when so little is held that there may be another fan-out."""
        await self._drained.wait()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to write; while there is, a step of it is made with each turn of the loop."""
        return not self._held

    def flush(self, stream: TlsStream) -> None:
        """Writes what there is for `stream`."""
        if stream in self._held:
            self._write({stream: self._held.pop(stream)})

    def _go_on(self) -> None:
        if self._held and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._step)

    def _step(self) -> None:
        self._is_due = False
        first, self._first = self._first, {}
        held = self._held
        step = {stream: held.pop(stream) for stream in first if stream in held}
        for stream in list(islice(held, WRITES_PER_STEP)):
            step[stream] = held.pop(stream)
        self._go_on()
        self._write(step)

    def _write(self, held: Mapping[TlsStream, bytes]) -> None:
        """The one raw write of whole frames: to a WebSocket that is closing each would log a warning, and inside a
        fragmented message (which we never send) it would be a protocol error."""
        self._held_bytes -= sum(map(len, held.values()))
        if self._held_bytes <= HELD_BYTES:
            self._drained.set()
        whole: bytes | None = None
        parts: list[bytes] = []
        for stream, data in held.items():
            if stream._websocket._state is not OPEN:  # `state` is a property: as long as a look at all the rest
                continue
            if data is not whole:
                whole, parts = data, [data[at : at + _TLS_RECORD] for at in range(0, len(data), _TLS_RECORD)]
            below = stream._below
            encrypt, read, send = stream._encrypt, stream._read, stream._send  # called as attributes they are slower
            for part in parts:
                if below._buffer or below._closing:
                    if not stream._transport.is_closing():
                        stream.buffered += len(part)
                        self._slow.add(stream)
                        stream._transport.write(part)
                    continue
                try:
                    encrypt(part)
                except ssl.SSLError:
                    stream._transport.abort()
                    break
                record = read()
                try:
                    sent = send(record)
                except OSError:
                    sent = 0  # if it is more than a full buffer, the transport will meet it again
                if sent < len(record):
                    stream.buffered += len(record) - sent
                    self._slow.add(stream)
                    below.write(record[sent:])
