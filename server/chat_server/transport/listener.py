"""The listening socket: connections are counted, and refused, in `accept()` (promises D1, D2, D3).

`websockets.serve` sees a connection only after TLS, when it has cost most of what it can cost. asyncio's selector
loop calls `accept()` on the very socket object it was given, and `close()` on the one that it got; both are ours.

    use_small_tls_buffers()
    gate = Gate(fit_open_files(caps), monotonic=time.monotonic)
    serve(handler, sock=Listener.bound(host, port, gate), backlog=BACKLOG, ssl=identity.context(),
          ssl_handshake_timeout=TLS_S, open_timeout=UPGRADE_S, …)
    gate.mark_authenticated(connection.transport)       # after the login

Several listeners (IPv4, IPv6) share one gate. It needs a selector loop: the Proactor loop of Windows, and uvloop,
accept by themselves, and nothing would be counted.
"""

from __future__ import annotations

import asyncio.sslproto
import contextlib
import errno
import gc
import logging
import os
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, Self
from weakref import WeakValueDictionary

from chat_server.transport.admission import CUT_AT_ONCE, Admission, Caps, address_of

TLS_S = 5
"""D3: from accept to the end of the TLS handshake."""
UPGRADE_S = 5
"""D3: from there to the end of the WebSocket upgrade."""
BACKLOG = 1_024
"""Of the kernel: a whole server's members coming back at once fit."""
TLS_READ_BYTES = 4 * 1024
"""What a client sends at a time is seldom more; a longer record (RFC 8446 section 5.1) is read in parts."""
SPARE_FILES = 64 + CUT_AT_ONCE
"""Files that are no connections: database, logs, listeners; and connections cut but not closed yet."""

_ACCEPTS_PER_STEP = 8
"""A storm is taken in steps, so that the loop keeps serving the others (D8), and no faster than it gets through the
logins: who waits in the kernel's backlog is served in a moment, who is one stranger too many is cut and comes later."""
_LOG_EVERY_S = 60.0
_COLLECT_EVERY = 64
_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER for zero seconds: the peer hears at once, and no TIME_WAIT stays behind."""

_log = logging.getLogger(__name__)


def use_small_tls_buffers() -> None:
    """TLS connections made from now on read at most `TLS_READ_BYTES` at a time.

    WORKAROUND: asyncio gives each connection a buffer of 256 KiB at accept: 292 KB for an idle one, against 40 KB
    with this. There is no public setting; `tests/server/test_listener.py` fails when this one stops working.
    """
    asyncio.sslproto.SSLProtocol.max_size = TLS_READ_BYTES


def fit_open_files(caps: Caps) -> Caps:
    """Raises this process's limit of open files to what `caps` need; returns the caps that fit under what it allows.

    A higher limit is left as it is.
    """
    wanted = caps.total + SPARE_FILES
    allowed = _allow_open_files(wanted)
    if allowed >= wanted:
        return caps
    fitting = caps.within(max(allowed - SPARE_FILES, 1))
    _log.warning("%d open files are allowed: at most %d connections instead of %d", allowed, fitting.total, caps.total)
    return fitting


class Gate:
    """Lets connections in, and puts out the ones that `Admission` names. One for all listeners of a server."""

    def __init__(self, caps: Caps, *, monotonic: Callable[[], float]) -> None:
        self._admission = Admission(caps)
        self._sockets: WeakValueDictionary[int, _Accepted] = WeakValueDictionary()
        self._notice = _Notice(monotonic)
        self._spare = _open_spare()
        self._strangers_gone = 0

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._admission)

    @property
    def strangers(self) -> int:
        """How many of them are not logged in."""
        return self._admission.strangers

    def mark_authenticated(self, transport: asyncio.BaseTransport) -> bool:
        """The connection has logged in: from now on only `Caps.total` concerns it.

        False if it was put out or closed in the meantime.
        """
        connection = transport.get_extra_info("socket")  # None once it is lost
        return connection is not None and self._admission.authenticated(connection.fileno())

    def close(self) -> None:
        """Gives the spare file back; after the listeners are closed."""
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def admit(self, plain: socket.socket, address: str) -> socket.socket | None:
        """The accepted socket as one that is counted until it is closed; None if it was refused and closed."""
        key = plain.fileno()
        victim = self._admission.arrived(key, address_of(address))
        if victim is not None:
            self._notice.say("at a limit of connections: %d cut off since the last such line")
        if victim == key:
            _reset(plain)
            return None
        if victim is not None:
            self._sockets[victim].cut_off()
        accepted = _Accepted(plain, self._left)
        self._sockets[key] = accepted
        return accepted

    def out_of_resources(self, accept: Callable[[], tuple[socket.socket, Any]], error: OSError) -> None:
        """The system has no descriptor for who waits to be accepted: takes it with the spare one and refuses it.

        Left waiting it would keep the listener ready, and asyncio would log each of its tries.
        """
        self._notice.say(f"{error.strerror}: %d refused since the last such line")
        self.close()
        with contextlib.suppress(OSError):
            _reset(accept()[0])
        self._spare = _open_spare()

    def _left(self, key: int) -> None:
        stranger = self._admission.left(key)
        # WORKAROUND: a failed TLS handshake is kept alive by its own traceback, 32 KB each, until a full collection
        # happens to come: 160 MiB later, in a flood. https://github.com/python/cpython/issues/109534
        self._strangers_gone += stranger
        if self._strangers_gone >= _COLLECT_EVERY:
            self._strangers_gone = 0
            gc.collect()


class Listener(socket.socket):
    """A listening TCP socket whose connections a `Gate` counts."""

    def __init__(self, family: int, gate: Gate) -> None:
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio leaves Nagle on
        self._gate = gate
        self._taken = 0

    @classmethod
    def bound(cls, host: str, port: int, gate: Gate) -> Self:
        """Bound to an IP address (`::`: IPv4 as well) and a port (0: any). Raises `OSError`, as when it is taken."""
        listener = cls(socket.AF_INET6 if ":" in host else socket.AF_INET, gate)
        try:
            if sys.platform == "win32":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if listener.family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.setblocking(False)
            listener.bind((host, port))
        except OSError:
            listener.close()
            raise
        return listener

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that may stay. Raises `BlockingIOError` when none waits, or enough for one step came."""
        while self._taken < _ACCEPTS_PER_STEP:
            self._taken += 1
            try:
                plain, address = super().accept()
            except OSError as error:
                self._taken = 0
                if error.errno not in _OUT_OF_RESOURCES:
                    raise
                self._gate.out_of_resources(super().accept, error)
                break
            accepted = self._gate.admit(plain, address[0])
            if accepted is not None:
                return accepted, address
        self._taken = 0
        raise BlockingIOError(errno.EAGAIN, "enough for one step of the loop")


class _Accepted(socket.socket):
    """An accepted socket that tells `left` when it is closed."""

    __slots__ = ("_left",)

    def __init__(self, plain: socket.socket, left: Callable[[int], None]) -> None:
        super().__init__(plain.family, plain.type, plain.proto, plain.detach())
        self._left = left

    def close(self) -> None:
        if self.fileno() != -1:
            self._left(self.fileno())
        super().close()

    def __del__(self) -> None:
        # asyncio drops the socket unclosed when it fails to make a transport for it; its place would be lost.
        self.close()

    def cut_off(self) -> None:
        """Ends it below its transport, which sees an end of file and closes as at any other lost connection."""
        with contextlib.suppress(OSError):  # the peer was faster
            self.shutdown(socket.SHUT_RDWR)


class _Notice:
    """Says a thing that happens often once a minute, with how often it happened."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._next: dict[str, float] = {}
        self._count: dict[str, int] = {}

    def say(self, text: str) -> None:
        """`text` holds one `%d`, the times since the last line."""
        self._count[text] = self._count.get(text, 0) + 1
        now = self._monotonic()
        if now >= self._next.get(text, now):
            _log.warning(text, self._count.pop(text))
            self._next[text] = now + _LOG_EVERY_S


def _reset(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):  # macOS refuses the option when the peer is gone
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _open_spare() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return None


def _allow_open_files(wanted: int) -> int:
    if sys.platform == "win32":
        return 512  # of select(), as Python is built there
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft >= wanted:
        return soft
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    except (OSError, ValueError):  # macOS refuses more than kern.maxfilesperproc
        return soft
    return allowed
