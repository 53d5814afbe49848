"""The composition root: ties the parts of a server together, and ends them in order."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.server import Server, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request
from websockets.typing import Subprotocol

from chat_protocol import codec, frames
from chat_protocol.errors import Code, Refused
from chat_protocol.events import Role, decode_event
from chat_protocol.ids import PEOPLE, LogId, member_id
from chat_protocol.invite_link import Address, Invite
from chat_protocol.limits import PING_EVERY_S, PROTOCOL
from chat_server import operator
from chat_server.commit import Committer, StorageThreads
from chat_server.config import FIRST_ROOM, Config
from chat_server.hub.hub import Hub
from chat_server.hub.rates import Buckets
from chat_server.hub.requests import Decision, Now, SendRequest
from chat_server.network import listen, own_addresses
from chat_server.storage.contract import Storage
from chat_server.storage.data_folder import files_of, write_private
from chat_server.trace import Trace
from chat_server.transport.connection import Connection, Services
from chat_server.transport.feed import Feeds
from chat_server.transport.handshake import Admitted, Door, Heads
from chat_server.transport.http import gatekeeper
from chat_server.transport.listener import (
    BACKLOG,
    TLS_S,
    UPGRADE_S,
    Gate,
    Listener,
    fit_open_files,
    use_small_tls_buffers,
)
from chat_server.transport.roll import Roll
from chat_server.transport.signals import Signals
from chat_server.transport.socket import MAX_SIZE, PING, WRITE_LIMIT, Socket, text_frame
from chat_server.transport.tls import ServerIdentity
from chat_server.transport.tls_stream import Outbox

HOST_TOKEN_FILE = "host.token"  # noqa: S105 - a file name
"""The one-use token that makes the host, from the first start until somebody redeemed it."""

_UNREAD_FRAMES = 8
PING_TURNS = 10
_SWEEP_S = PING_EVERY_S / PING_TURNS
_RESTART_AFTER_MS = 1_000

_UPGRADED = Request("/", Headers())
"""Takes the place of a connection's own request and response: 3 KB of headers that nobody reads any more."""

_log = logging.getLogger(__name__)
_trace_log = logging.getLogger("chat_server.trace")


def system_clock() -> Now:
    return Now(time.time_ns() // 1_000_000, time.monotonic())


@dataclass(frozen=True)
class Listening:
    """What a starter has to know of a server that is ready."""

    addresses: tuple[Address, ...]
    """Where others find it."""
    port: int
    fingerprint: bytes
    host_link: str | None
    """Makes whoever uses it first the host. Secret."""


class ChatServer:
    """One server over one data folder, whose lock the caller holds. `run` once."""

    def __init__(
        self,
        config: Config,
        storage: Storage,
        identity: ServerIdentity,
        own_key: Ed25519PrivateKey,
        clock: Callable[[], Now] = system_clock,
    ) -> None:
        """`storage` is closed when `run` ends. Raises `StorageDamaged` when it can't be read."""
        self._config = config
        self._identity = identity
        self._own_key = own_key
        self._clock = clock
        self._threads = StorageThreads(storage)
        load = partial(_load, storage, config)
        self.committer = Committer(load(), self._threads, load, clock)
        trace = Trace(_trace_log.info) if config.trace else None
        self._outbox = Outbox()
        self.feeds = Feeds(self.committer, self._threads, self._outbox, trace)
        self._signals = Signals(self.feeds, self.committer)
        self.feeds.on_live = self._signals.live
        self._services = Services(
            committer=self.committer,
            threads=self._threads,
            feeds=self.feeds,
            signals=self._signals,
            rate=config.limits.requests,
            clock=clock,
            trace=trace,
        )
        self.roll = Roll()
        self._numbers = itertools.count(1)
        self._stopping = asyncio.Event()
        self._bye = codec.bye(Code.RESTART, "The server restarts.", _RESTART_AFTER_MS)
        self._starter_died = False
        self._pinged_s = [-math.inf] * PING_TURNS
        self._linger: asyncio.TimerHandle | None = None

    # --- from outside -----------------------------------------------------------------------------------------

    def restart(self) -> None:
        """Ends `run`; members are told to come back soon."""
        _log.info("stopping; members are told to come back soon")
        self._stopping.set()

    def stop(self) -> None:
        """Ends `run`; members are told that the server stops."""
        _log.info("stopping; members are told that the host wished it")
        self._bye = codec.bye(Code.STOPPED, "The host has stopped the server.")
        self._stopping.set()

    def starter_died(self) -> None:
        """From now on the server stops when the host has not been connected for a while."""
        self._starter_died = True
        self._mind_the_host()

    async def run(self, ready: Callable[[Listening], None]) -> None:
        """Serves until `stop` or `restart`. Raises `PortTaken`, `BadConfiguration`, `StorageFull`,
        `FolderNotWritable`, and what `ready` raises, by itself or in a group."""
        config = self._config
        use_small_tls_buffers()
        gate = Gate(fit_open_files(config.limits.caps), monotonic=time.monotonic)
        try:
            with listen(config.folder, config.bind, config.port, gate) as listener:
                with files_of(config.folder):  # behind it: what could not start is founded as it is asked for then
                    host_token = self._found()
                await self._run(ready, gate, listener, host_token)
        finally:
            self._signals.close()
            if self._linger is not None:
                self._linger.cancel()
            gate.close()
            self._threads.close()

    async def _run(
        self, ready: Callable[[Listening], None], gate: Gate, listener: Listener, host_token: bytes | None
    ) -> None:
        port: int = listener.getsockname()[1]
        addresses = own_addresses(self._config.bind, self._config.names, port)
        async with asyncio.TaskGroup() as tasks:
            committing = tasks.create_task(self.committer.run(self), name="commit")
            keeping = tasks.create_task(self._keep_alive(), name="keep alive")
            server = await self._serve(listener, self._door(gate), addresses, port)
            link = Invite(addresses, self._identity.fingerprint, host_token).to_app_link() if host_token else None
            ready(Listening(addresses, port, self._identity.fingerprint, link))
            await self._stopping.wait()
            await self._close(server)
            keeping.cancel()
            self.committer.stop()
            await committing

    # --- the audience of the commits --------------------------------------------------------------------------

    async def drain(self) -> None:
        await self._outbox.drain()

    def is_telling(self) -> bool:
        return not self._outbox.is_empty

    def publish(self, decision: Decision) -> None:
        self.feeds.publish(decision)
        for member, code in decision.gone:
            for connection in self.roll.of(member):
                connection.end(codec.bye(code, _GOODBYES.get(code, "You are no longer a member here.")))
        if decision.stop:
            self.stop()

    def moved(self, log: LogId, head: int) -> None:
        self.feeds.moved(log, head)

    def reloaded(self) -> None:
        self._end_all(codec.bye(Code.RESTART, "The server's disk failed; it begins anew.", _RESTART_AFTER_MS))

    # --- starting ---------------------------------------------------------------------------------------------

    def _found(self) -> bytes | None:
        """What a first start makes; the token that makes the host, as long as there is none."""
        hub, now = self.committer.hub, self._clock()
        path = self._config.folder / HOST_TOKEN_FILE
        public = self._own_key.public_key().public_bytes_raw()
        if hub.is_empty():
            token = None
            if self._config.host_key is None:
                # Kept first: a token that only the log's hash of it survives would leave a server without a host.
                token = operator.new_token()
                write_private(path, token)
            self._append(hub.found(public, self._config.host_key, token, self._config.room or FIRST_ROOM, now))
            return token
        try:
            token = path.read_bytes()
            hub.peek(token, now)
        except FileNotFoundError:
            return None
        except Refused as refused:
            if refused.code is not Code.INVITE_EXPIRED:
                path.unlink()
                return None
            return self._new_host_token()
        return token

    def _new_host_token(self) -> bytes:
        hub, now = self.committer.hub, self._clock()
        token = operator.new_token()
        room = _first_room(self._threads.storage)
        entry = operator.invite_entry(token, room, now.wall_ms, role=Role.HOST)
        member = member_id(self._own_key.public_key().public_bytes_raw())
        write_private(self._config.folder / HOST_TOKEN_FILE, token)
        self._append(hub.decide([SendRequest(member, "server", [entry])], {}, now))
        return token

    def _append(self, decision: Decision) -> None:
        self._threads.storage.append(decision.batch)
        self.committer.hub.commit(decision)

    def _door(self, gate: Gate) -> Door:
        return Door(
            committer=self.committer,
            gate=gate,
            joins=Buckets(self._config.limits.joins),
            fingerprint=self._identity.fingerprint,
            name=self._config.name,
            login_s=self._config.patience.login_s,
            clock=self._clock,
            present=lambda room: self.roll.count(self.committer.hub.members(room)),
        )

    async def _serve(self, listener: Listener, door: Door, addresses: tuple[Address, ...], port: int) -> Server:
        hosts = {address.host for address in addresses} | {"127.0.0.1", "localhost"}
        return await serve(
            partial(self._connected, door),
            sock=listener,
            backlog=BACKLOG,
            ssl=self._identity.context(),
            ssl_handshake_timeout=TLS_S,
            open_timeout=UPGRADE_S,
            close_timeout=self._config.patience.stop_s,
            ping_interval=None,
            compression=None,
            max_size=MAX_SIZE,
            max_queue=_UNREAD_FRAMES,
            write_limit=WRITE_LIMIT,
            subprotocols=[Subprotocol(PROTOCOL)],
            process_request=gatekeeper(hosts, port),
            server_header=None,
            create_connection=partial(Socket, self._outbox),  # type: ignore[arg-type]  # called as the class would be
        )

    # --- a connection -----------------------------------------------------------------------------------------

    async def _connected(self, door: Door, socket: Socket) -> None:
        number = next(self._numbers)
        socket.request, socket.response = _UPGRADED, None
        try:
            login = await door.admit(socket)
            if login is not None:
                async with asyncio.TaskGroup() as tasks:
                    await self._serve_member(socket, login, number, tasks)
        except ConnectionClosed:
            return
        except Exception:  # noqa: BLE001 - the sink of what a connection did not expect: it must not reach others (D11)
            _log.exception("connection %d failed", number)
            socket.put(text_frame(codec.encode(codec.bye(Code.INTERNAL, "The server made a mistake."))))
            await socket.close(1011)

    async def _serve_member(self, socket: Socket, login: Admitted, number: int, tasks: asyncio.TaskGroup) -> None:
        heads = Heads(self.committer, self._threads, login.member)
        await heads.gather()
        if self.committer.hub.role(login.member) is Role.NONE:  # removed since the login was decided
            socket.put(text_frame(codec.encode(codec.bye(Code.NOT_A_MEMBER, _GOODBYES[Code.NOT_A_MEMBER]))))
            socket.release("login")
            return
        connection = Connection(self._services, socket, number, login.member, login.device, tasks)
        self.roll.add(connection)
        self._mind_the_host()
        connection.welcome(*heads.welcome(login))
        socket.release("login")
        try:
            await connection.run()
        finally:
            self.roll.remove(connection)
            self._mind_the_host()

    # --- staying alive, and ending ----------------------------------------------------------------------------

    async def _keep_alive(self) -> None:
        loop = asyncio.get_running_loop()
        for beat in itertools.count(1):
            await asyncio.sleep(_SWEEP_S)
            self.sweep(loop.time())
            self.ping(loop.time(), beat % PING_TURNS)

    def sweep(self, now_s: float) -> None:
        """Closes who takes nothing though something waits. `now_s` by the loop's clock."""
        for connection in list(self.roll):
            if connection.socket.stands_still(now_s, self._config.patience.drain_s):
                connection.end(codec.bye(Code.TOO_SLOW, "The connection took nothing for too long."))

    def ping(self, now_s: float, turn: int) -> None:
        """Pings all whose turn it is in one batch; whoever of them was not heard since the last one is gone: 40 s at
        the latest. The answers of a thousand at once would hold up what is said meanwhile by 50 ms."""
        pinged_s, self._pinged_s[turn] = self._pinged_s[turn], now_s
        for connection in self.roll:
            socket = connection.socket
            if connection.number % PING_TURNS != turn:
                continue
            if socket.heard_s < pinged_s and not socket.is_full:
                socket.transport.abort()
            else:
                socket.put(PING)

    def _mind_the_host(self) -> None:
        """Whoever came or left: without its starter the server stays until a while after the host's last connection."""
        if not self._starter_died:
            return
        is_here = any(self.committer.hub.role(one.member) is Role.HOST for one in self.roll)
        if is_here and self._linger is not None:
            self._linger.cancel()
            self._linger = None
        elif not is_here and self._linger is None:
            self._linger = asyncio.get_running_loop().call_later(self._config.patience.linger_s, self.lingered)

    def is_lingering(self) -> bool:
        """The starter died and no host is here: it ends unless one comes in time."""
        return self._linger is not None

    def lingered(self) -> None:
        self._linger = None
        if not any(self.committer.hub.role(one.member) is Role.HOST for one in self.roll):
            self.stop()

    def _end_all(self, bye: frames.Bye) -> None:
        for connection in list(self.roll):
            connection.end(bye)

    async def _close(self, server: Server) -> None:
        """The port is free at once; connections get their `bye` and a little time."""
        self._end_all(self._bye)
        server.close()
        try:
            async with asyncio.timeout(self._config.patience.stop_s + 1):
                await server.wait_closed()
        except TimeoutError:
            _log.info("some connections did not close in time")


_GOODBYES = {
    Code.BANNED: "You were banned from this server.",
    Code.NOT_A_MEMBER: "You are no longer a member of this server.",
}


def _load(storage: Storage, config: Config) -> Hub:
    return Hub(storage.load(), config.limits.rates)


def _first_room(storage: Storage) -> LogId:
    """The open room that was listed first: the one that the server was founded with, unless it was closed."""
    _at, state = storage.state(PEOPLE)
    listed = (event for event in map(decode_event, state) if event.kind == "listed" and event.key is not None)
    return next(LogId(event.key.removeprefix("room:")) for event in listed if event.key is not None)
