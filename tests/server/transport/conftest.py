"""A server in this process, over real TLS on a free port of this computer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chat_protocol import frames
from chat_protocol.ids import PEOPLE, STAFF, LogId
from chat_server.app import ChatServer, Listening, system_clock
from chat_server.config import Config, Limits
from chat_server.hub.rates import Rate, Rates
from chat_server.hub.requests import Now
from chat_server.operator import invite_entry
from chat_server.storage.contract import Storage
from chat_server.storage.sqlite import SqliteStorage
from chat_server.transport.tls import ServerIdentity
from tests.wire import GUARD_S, Key, Wire

_FREE = Rate(1e9, 1e9)
UNLIMITED = Limits(Rates(_FREE, _FREE, _FREE), _FREE, _FREE)


@dataclass
class Running:
    """A server that runs. `host` is its host (unless it was started with another), `room` the first room."""

    server: ChatServer
    listening: Listening
    storage: Storage
    host: Key
    room: LogId
    wires: list[Wire] = field(default_factory=list)

    async def connect(self, **options: Any) -> Wire:
        """A stranger, challenged."""
        wire = await Wire.connect(self.listening.port, self.listening.fingerprint, **options)
        self.wires.append(wire)
        return wire

    async def log_in(self, key: Key, *, follow: bool = True) -> Wire:
        """A member, who follows everything."""
        wire = await self.connect()
        welcome = await wire.login(key)
        if follow:
            await wire.follow_all(welcome)
        return wire

    async def join(self, host: Wire, name: str, *, key: Key | None = None, follow: bool = True) -> Wire:
        """Somebody new in the first room, invited by `host`."""
        wire = await self.connect()
        welcome = await wire.login(key or Key.fresh(), invite=await self.invite(host), name=name)
        if follow:
            await wire.follow_all(welcome)
        return wire

    async def invite(self, host: Wire, **options: Any) -> bytes:
        """The token of a new invite into the first room; `options` as of `invite_entry`."""
        token = os.urandom(16)
        entry = invite_entry(token, self.room, time.time_ns() // 1_000_000, **options)
        ok = await host.request(lambda re: frames.Send(re, [entry]))
        assert isinstance(ok, frames.Ok), ok
        assert ok.res is not None
        assert ok.res[0].err is None, ok
        return token


async def eventually(holds: Callable[[], object]) -> None:
    """Gives the loop turns until `holds`: for what the server does by itself, a few steps later."""
    async with asyncio.timeout(GUARD_S):
        while not holds():  # noqa: ASYNC110 - turns of the loop, no time
            await asyncio.sleep(0)


Start = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts a server: `async with start(patience=Patience(login_s=0)) as running`. A second one in the same test
    goes on over the same folder."""
    host = Key.fresh()
    own_key = Ed25519PrivateKey.generate()

    @asynccontextmanager
    async def starting(
        *,
        open_storage: Callable[[], Storage] = lambda: SqliteStorage(tmp_path / "chat.db"),
        clock: Callable[[], Now] = system_clock,
        **changes: Any,
    ) -> AsyncIterator[Running]:
        config = replace(Config(tmp_path, port=0, host_key=host.public, limits=UNLIMITED), **changes)
        storage = open_storage()
        server = ChatServer(config, storage, ServerIdentity.load_or_create(tmp_path), own_key, clock)
        ready: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(server.run(ready.set_result))
            running.add_done_callback(lambda _: ready.done() or ready.cancel())
            listening = await ready
            (room,) = {one.log for one in storage.load().logs} - {PEOPLE, STAFF}
            started = Running(server, listening, storage, host, room)
            try:
                yield started
            finally:
                for wire in started.wires:
                    wire.abort()
                server.stop()
                async with asyncio.timeout(GUARD_S):
                    await running

    return starting
