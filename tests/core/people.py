"""A real server over TLS in this process, and clients of it: for the end-to-end tests of the core."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chat_protocol.ids import LogId
from chat_server import operator
from chat_server.app import ChatServer, Listening
from chat_server.config import Config, Limits
from chat_server.hub.rates import Rate, Rates
from chat_server.storage.sqlite import SqliteStorage
from chat_server.transport.tls import ServerIdentity
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Ending, Notice
from desktop_chat.core.server import Server
from desktop_chat.store.contract import Store
from tests.store.memory import MemoryStore
from tests.waiting import woken

GUARD_S = 20.0
_FREE = Rate(1e9, 1e9)
UNLIMITED = Limits(Rates(_FREE, _FREE, _FREE), _FREE, _FREE)


class Person:
    """An identity and what its client told."""

    def __init__(self, store: Store | None = None, key: Ed25519PrivateKey | None = None, **options: Any) -> None:
        self.key = key or Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes_raw()
        self.store = store or MemoryStore()
        self.messages: list[str] = []
        self.errors: list[BaseException] = []
        self.endings: list[Ending] = []
        self.notices: list[Notice] = []
        self._changed = asyncio.Event()
        self.client = Client(self, os.urandom(16), self.store, chance=lambda: 0.01, share=1.0, **options)
        self.client.on_message = lambda _server, _log, message: self.messages.append(message.text)
        self.client.on_error = self._failed
        self.client.on_close = lambda _server, ending: self.endings.append(ending)
        self.client.on_notice = self._noticed

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data)

    async def __aenter__(self) -> Self:
        self.client.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def until(self, condition: Callable[[], object]) -> None:
        """Waits for what notices bring about, or an answer that is worth none: a row that is to go again later."""
        async with asyncio.timeout(GUARD_S):
            while not condition():
                await woken(self._changed)

    async def joined(self, link: str, name: str) -> tuple[Server, LogId]:
        """In by an invite; returns when its room is held."""
        server = await self.client.join(link, name)
        room = server.invited_to
        assert room is not None
        await self.until(lambda: room in server.held())
        return server, room

    def texts(self, server: Server, log: LogId) -> list[str]:
        return [one.text for one in self.store.messages(server.id, log, before_row=1 << 50, limit=10_000)]

    def _failed(self, _server: Server | None, error: BaseException) -> None:
        self.errors.append(error)
        self._changed.set()

    def _noticed(self, _server: Server, notice: Notice) -> None:
        self.notices.append(notice)
        # Woken after the other callbacks of the same notice.
        asyncio.get_running_loop().call_soon(self._changed.set)


class Place:
    """A data folder with its server, which can be stopped and started again."""

    def __init__(self, folder: Path, host: Person | None) -> None:
        self.folder = folder
        self.host = host
        self.listening: Listening | None = None
        self.server: ChatServer | None = None

    @property
    def address(self) -> str:
        assert self.listening is not None
        return f"127.0.0.1:{self.listening.port}"

    @property
    def key(self) -> bytes:
        assert self.listening is not None
        return self.listening.fingerprint

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        host_key = None if self.host is None else self.host.public
        config = Config(self.folder, port=0, host_key=host_key, limits=UNLIMITED)
        own_key = operator.load_or_create(self.folder)
        identity = ServerIdentity.load_or_create(self.folder)
        server = self.server = ChatServer(config, SqliteStorage(self.folder / "chat.db"), identity, own_key)
        ready: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(server.run(ready.set_result))
            running.add_done_callback(lambda _: ready.cancel())
            self.listening = await ready
            try:
                yield self
            finally:
                server.restart()
                async with asyncio.timeout(GUARD_S):
                    await running

    async def enter(self, name: str = "Hugo") -> Server:
        """The host logs in; returns when the first room is held."""
        assert self.host is not None
        server = await self.host.client.join_as_host(self.key, [self.address], name)
        await self.host.until(lambda: len(server.held()) == 3)
        return server


def room_of(server: Server) -> LogId:
    """The one room that is held there."""
    (room,) = [log for log in server.session.sync.held if log not in ("people", "staff")]
    return room
