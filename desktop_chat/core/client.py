"""The client without a screen: one profile, several servers at once. The window, the terminal and bots use it.

async with await Client.open("echo") as client:
    client.on_message = answer
    server = await client.join(invite, name="Echo")
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chat_protocol import codec, frames, invite_link
from chat_protocol.events import EventClass
from chat_protocol.fold import Shown, show
from chat_protocol.frames import PeekInfo
from chat_protocol.ids import LogId, b64
from desktop_chat.core.copying import DEFAULT_SHARE, Extent
from desktop_chat.core.effects import Disconnected, Ending, Notice, Now, StartedOver
from desktop_chat.core.failures import as_chat_error, for_person
from desktop_chat.core.identity import SystemKeyring
from desktop_chat.core.link import Link, LinkLost
from desktop_chat.core.profile import DEFAULT, Profile
from desktop_chat.core.requests import ANSWER_S
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.server import Server
from desktop_chat.core.session import Session, Signer
from desktop_chat.core.tasks import Tasks
from desktop_chat.store.contract import (
    Delivery,
    Extended,
    Keep,
    KnownServer,
    Op,
    PutServer,
    RowChanged,
    ServerId,
    Store,
    StoreDamaged,
)

_TIDY_EVERY_S = 20.0
_LAST_TIDY_S = 0.5
"""At the end: what was deleted is out of the files then, if that takes no longer."""

_log = logging.getLogger(__name__)


class Client:
    """Set the callbacks before `start` or `join`; each may be a coroutine function. A callback that raises is
    reported to `on_error`, and the chat goes on.

    Everything is called in the loop in which it was made. Close it when done.
    """

    def __init__(
        self,
        identity: Signer,
        device: bytes,
        store: Store,
        *,
        extent: Extent = Extent.EVERYTHING,
        share: float = DEFAULT_SHARE,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`extent` and `share` govern the background copy; `chance` the pauses between attempts to connect."""
        self.store = store
        self.servers: dict[ServerId, Server] = {}
        self.on_message: Callable[[Server, LogId, Shown], Any] = _not_listened_to
        """Each message that a server adds to a log from now on, own ones too, once it is durable here."""
        self.on_error: Callable[[Server | None, BaseException], Any] = _log_error
        """A `ChatError` for the person (something written was refused, the disk is full), else a bug."""
        self.on_close: Callable[[Server, Ending], Any] = lambda _server, _ending: None
        """A connection ended; unless `ending.is_final` it is made again by itself."""
        self.on_notice: Callable[[Server, Notice], Any] = lambda _server, _notice: None
        """All of that and everything else, see `effects`."""
        self.on_kept: Callable[[str, str | None], Any] = lambda _key, _value: None
        """Something of this device was kept; the key and its new value."""
        self.identity = identity
        self._device = device
        self._extent = extent
        self._share = share
        self._chance = chance
        self._tasks = Tasks(lambda _name, error: self._tell(self.on_error, None, error))
        self._joins: defaultdict[ServerId, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One joining at a time at each: the next one knows what became of it."""
        self._running: dict[ServerId, list[asyncio.Task[None]]] = {}
        self._writer = ThreadPoolExecutor(1, "store")
        self._undo = contextlib.ExitStack()
        self._unlock: Callable[[], None] = lambda: None
        self._is_closed = False
        self._may_connect = asyncio.Event()
        self._may_connect.set()
        self.copy_was_damaged = False
        """The local copy could not be read when the profile was opened: it was set aside, a fresh one comes."""

    @classmethod
    async def open(cls, profile: str | Path = DEFAULT, *, connect: bool = True, **options: Any) -> Client:
        """Opens a profile (a name or a folder; made at the first time) and connects to every server that was joined;
        with `connect=False` not before `connect` is called, and no keyring is asked before.

        Raises `ChatError`: the profile is open already, was written by a later version, can't be written, or its
        identity or its store is damaged: that was set aside, and opened again it is empty.
        """
        with contextlib.ExitStack() as undo:
            keyring = SystemKeyring()
            with as_chat_error():
                opened = Profile.open(profile, keyring=keyring, unlock=connect)
                undo.callback(opened.close)
                store, copy_was_damaged = _open_store(opened.store_path)
            undo.callback(store.close)
            client = cls(opened.identity, opened.device, store, **options)
            client._undo = undo.pop_all()
        client.copy_was_damaged = copy_was_damaged
        if not connect:
            client._unlock = functools.partial(opened.identity.unlock, keyring)
            client._may_connect.clear()
        try:
            with as_chat_error():
                client.start()
        except ChatError:
            await client.close()  # which sets a damaged store aside
            raise
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def start(self) -> None:
        """Connects to every server that was joined. `open` has done it."""
        self._tasks.spawn(self._tidy(), name="tidy")
        for known in self.store.servers():
            if known.member is not None or known.token is not None:
                self._add(known)

    async def connect(self) -> None:
        """After `open(connect=False)`: connections are made from now on. Raises `ChatError` if the key of this profile
        is not to be had just now, or is lost; then it may be tried again."""
        with as_chat_error():
            await asyncio.get_running_loop().run_in_executor(None, self._unlock)
        self._may_connect.set()

    async def close(self) -> None:
        """Says goodbye to all servers and closes the profile. What was written and not sent waits in it."""
        await asyncio.gather(*(server.driver.stop() for server in self.servers.values()))
        await self._tasks.close()
        if not self._is_closed:
            self._is_closed = True
            await self._tidy_store(_LAST_TIDY_S)
        self._writer.shutdown()
        self._undo.close()

    def woke(self) -> None:
        """The computer woke, or its network changed."""
        for server in self.servers.values():
            server.driver.wake()

    async def join(self, invite: str, name: str) -> Server:
        """Joins by an invite link; `server.invited_to` is its room. Of a server where one is a member already it
        opens a further room. Raises `ChatError` with the reason, and with a free name when `name` is taken.
        """
        parsed = _parsed(invite)
        addresses = tuple(map(str, parsed.addresses))
        return await self._join(ServerId(b64(parsed.key)), addresses, parsed.token, name)

    async def join_as_host(self, key: bytes, addresses: Sequence[str], name: str) -> Server:
        """Logs in where this identity is known without an invite: at a server that was founded for it."""
        return await self._join(ServerId(b64(key)), tuple(addresses), None, name)

    async def peek(self, invite: str) -> PeekInfo:
        """Where an invite leads: whose server, which room, how many are there. Uses nothing up."""
        parsed = _parsed(invite)
        link = await _open_link(tuple(map(str, parsed.addresses)), parsed.key)
        try:
            async with asyncio.timeout(ANSWER_S):
                await link.receive()  # the challenge, which only a login answers
                await link.send(codec.encode(frames.Peek(1, b64(parsed.token))))
                answer = codec.decode_server(await link.receive())
        except TimeoutError as error:
            raise ChatError(Trouble.NO_ANSWER) from error
        except (LinkLost, codec.BadFrame) as error:
            raise ChatError(Trouble.CONNECTION_LOST, detail=str(error)) from error
        finally:
            await link.close()
        if isinstance(answer, (frames.Err, frames.Bye)):
            raise ChatError(answer.code, detail=answer.text)
        if not isinstance(answer, frames.Ok) or answer.peek is None:
            raise ChatError(Trouble.NOT_A_CHAT_SERVER)
        return answer.peek

    async def keep(self, key: str, value: str | None) -> None:
        """Keeps something of this device only; `store.kept` reads it. Raises `ChatError`: the disk is full."""
        await self._apply([Keep(key, value)])
        self._tell(self.on_kept, key, value)

    # --- servers ----------------------------------------------------------------------------------------------

    async def _join(self, id_: ServerId, addresses: tuple[str, ...], token: bytes | None, name: str) -> Server:
        async with self._joins[id_]:
            server = self.servers.get(id_) or await self._new_server(id_, addresses)
            try:
                await server.join(addresses, token, name)
            except (ChatError, asyncio.CancelledError):
                if server.session.known.member is None:
                    await self._remove(server)
                raise
            return server

    async def _new_server(self, id_: ServerId, addresses: tuple[str, ...]) -> Server:
        with as_chat_error():
            known = next((known for known in self.store.servers() if known.server == id_), None)
            if known is None:
                known = KnownServer(id_, addresses, "")
                await self._apply([PutServer(known)])
            return self._add(known)

    def _add(self, known: KnownServer) -> Server:
        def new_session() -> Session:
            (now_known,) = [one for one in self.store.servers() if one.server == known.server]
            return Session(
                now_known,
                self.identity,
                self._device,
                self.store,
                os.urandom,
                extent=self._extent,
                share=self._share,
            )

        server = Server(new_session, self.store, self._apply, self._heard, _now, self._chance, self._link)
        self.servers[known.server] = server
        self._running[known.server] = [
            self._tasks.spawn(server.driver.carry_out(), name="carry out"),
            self._tasks.spawn(server.driver.run(), name="connect"),
        ]
        return server

    async def _link(self, addresses: Sequence[str], key: bytes) -> Link:
        await self._may_connect.wait()
        return await _open_link(addresses, key)

    async def _remove(self, server: Server) -> None:
        """Of a server that could not be joined. What was put down of it leads nowhere."""
        del self.servers[server.id]
        await server.driver.stop()
        running = self._running.pop(server.id)
        for task in running:
            task.cancel()
        await asyncio.wait(running)

    # --- the store's thread -----------------------------------------------------------------------------------

    async def _apply(self, ops: Sequence[Op]) -> None:
        """Raises `ChatError` if the store can't."""
        with as_chat_error():
            await asyncio.get_running_loop().run_in_executor(self._writer, self.store.apply, ops)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_EVERY_S)
            await self._tidy_store(_TIDY_EVERY_S)

    async def _tidy_store(self, within_s: float) -> None:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + within_s
        with contextlib.suppress(ChatError), as_chat_error():  # whoever writes next hears of it
            # A step at a time, so that what was just written never waits behind all of them.
            while await loop.run_in_executor(self._writer, self.store.tidy) and loop.time() < until_s:
                pass

    # --- telling ----------------------------------------------------------------------------------------------

    def _heard(self, server: Server, notice: Notice) -> None:
        self._tell(self.on_notice, server, notice)
        match notice:
            case Extended(log=log, events=events) if self.on_message is not _not_listened_to:
                for event in events:
                    if event.cls is EventClass.MESSAGE:
                        self._tell(self.on_message, server, log, show(event))
            case Disconnected(ending=ending):
                self._tell(self.on_close, server, ending)
            case RowChanged(row=row) if row.delivery is Delivery.REFUSED and row.code is not None:
                self._tell(self.on_error, server, ChatError(row.code, detail=row.reason))
            case StartedOver(error=error):
                self._tell(self.on_error, server, for_person(error) or error)

    def _tell(self, callback: Callable[..., Any], *about: Any) -> None:
        try:
            result = callback(*about)
        except Exception as error:  # noqa: BLE001 - a listener's own bug: the chat goes on
            if callback is self.on_error:
                failed = {"message": "on_error", "exception": error}
                asyncio.get_running_loop().call_exception_handler(failed)
            else:
                self._tell(self.on_error, None, error)
            return
        if isinstance(result, Awaitable):
            self._tasks.spawn(_awaited(result), name="callback")


def _not_listened_to(_server: Server, _log: LogId, _message: Shown) -> None:
    """Then no message is made ready for it: the window reads what it shows."""


async def _awaited(result: Awaitable[Any]) -> None:
    await result


async def _open_link(addresses: Sequence[str], key: bytes) -> Link:
    from desktop_chat.core.connection import open_link  # websockets and TLS: not before they are needed

    return await open_link(addresses, key)


def _now() -> Now:
    return Now(time.time_ns() // 1_000_000, asyncio.get_running_loop().time())


def _log_error(_server: Server | None, error: BaseException) -> None:
    if isinstance(error, ChatError):
        _log.info("%s", error)
    else:
        _log.error("a task failed", exc_info=error)


def _parsed(invite: str) -> invite_link.Invite:
    with as_chat_error():
        return invite_link.parse(invite)


def _open_store(path: Path) -> tuple[Store, bool]:
    """And whether what was there is damaged, and was set aside."""
    from desktop_chat.store.sqlite import SqliteStore

    now_ms = time.time_ns() // 1_000_000
    try:
        return SqliteStore(path, now_ms), False
    except StoreDamaged as error:
        _log.warning("%s", error)  # it was set aside: a fresh copy comes from the servers
        return SqliteStore(path, now_ms), True
