"""The conversation that docs/protocol.md shows: each frame of it under the name that the document gives it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import Raw

from chat_protocol import codec, frames
from chat_protocol.events import Invite, React, Text
from chat_protocol.ids import PEOPLE, STAFF, LogId, Ref, b64
from chat_server import operator
from chat_server.app import ChatServer, Listening
from chat_server.config import Config, Limits
from chat_server.hub.rates import Rate
from chat_server.storage.sqlite import SqliteStorage
from chat_server.transport.tls import ServerIdentity
from tests.wire import GUARD_S, Key, Wire, entry

_DAY_MS = 86_400_000


class _Recorder(Wire):
    """Keeps the bytes of the last frame in each direction, by its `op`."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.last: dict[str, bytes] = {}

    async def write_bytes(self, data: bytes) -> None:
        self._keep("> ", data)
        await super().write_bytes(data)

    async def read(self) -> frames.ServerFrame:
        async with asyncio.timeout(GUARD_S):
            data = await self.socket.recv(decode=False)
        self._keep("< ", data)
        frame = codec.decode_server(data)
        if isinstance(frame, frames.Events):
            self.events.setdefault(frame.log, [])
        return frame

    def _keep(self, direction: str, data: bytes) -> None:
        op = msgspec.json.decode(data)["op"]
        self.last[direction + op] = data


async def record(folder: Path) -> dict[str, bytes]:
    """Has the conversation over a new server in `folder`; its frames by name."""
    found: dict[str, bytes] = {}
    host, guest = Key.fresh(), Key.fresh()
    async with _server(folder, host) as (server, listening):

        async def connect() -> _Recorder:
            return await _Recorder.connect(listening.port, listening.fingerprint)

        hosting = await connect()
        welcome = await hosting.login(host, name="Ada")
        (room,) = [log.log for log in welcome.logs if log.log not in (PEOPLE, STAFF)]
        token = os.urandom(16)
        key = f"invite:{b64(hashlib.sha256(token).digest())}"
        await hosting.append(STAFF, "invite", Invite(room, time.time_ns() // 1_000_000 + _DAY_MS, 10), key=key)

        async with await connect() as peeking:
            await peeking.request(lambda re: frames.Peek(re, b64(token)))
            found["peek"] = peeking.last["> peek"] + b"\n" + peeking.last["< ok"]

        wire = await connect()
        found["challenge"] = msgspec.json.encode(wire.challenge)
        login = await wire.login(guest, invite=token, name="Ben")
        found["login"], found["welcome"] = wire.last["> login"], wire.last["< welcome"]
        head = next(one.head for one in login.logs if one.log == room)
        await wire.request(lambda re: frames.Follow(re, {room: None, PEOPLE: None}))
        found["follow"], found["followed"] = wire.last["> follow"], wire.last["< ok"]
        await wire.expect(frames.Snapshot, lambda one: one.log == PEOPLE)
        if not any(isinstance(one, frames.Snapshot) and one.log == room for one in wire.seen):
            await wire.expect(frames.Snapshot, lambda one: one.log == room)
        found["snapshot"] = wire.last["< snapshot"]

        hello = entry(room, "text", Text("Does anybody know how to move a home folder?"))
        answer = entry(room, "text", Text("Copy it.", Ref(guest.member, hello.cid), [guest.member]))
        await wire.send(hello)
        found["send"], found["sent"] = wire.last["> send"], wire.last["< ok"]
        found["events"] = wire.last["< events"]
        found["event"] = bytes(msgspec.json.decode(found["events"], type=frames.Events).items[0])
        await hosting.send(answer)
        await wire.expect(frames.Events, lambda one: one.log == room and b"Copy" in bytes(one.items[-1]))
        await wire.append(room, "react", React("👍"), target=Ref(host.member, answer.cid))

        await wire.request(lambda re: frames.Page(re, room, 50))
        found["page"], found["window"] = wire.last["> page"], wire.last["< ok"]
        await wire.request(lambda re: frames.Page(re, room, 1, before=head))
        found["page-before"] = wire.last["> page"] + b"\n" + wire.last["< ok"]
        async with asyncio.timeout(GUARD_S):
            while b'"hits":[]' in await _searched(wire, room):
                pass
        found["search"] = wire.last["> search"] + b"\n" + wire.last["< ok"]
        await wire.request(lambda re: frames.Mark(re, room, head))
        found["mark"] = wire.last["> mark"] + b"\n" + wire.last["< ok"]
        await wire.write(frames.SendSignal(room, "typing"))
        found["typing"] = wire.last["> signal"]
        await wire.request(lambda re: frames.Send(re, [_nowhere()]))
        found["err"] = wire.last["< ok"]
        server.restart()
        await wire.ended()
        found["bye"] = wire.last["< bye"]
        await hosting.ended()
    return found


async def _searched(wire: _Recorder, room: LogId) -> bytes:
    await wire.request(lambda re: frames.Search(re, "home folder", room))
    return wire.last["< ok"]


def _nowhere() -> Raw:
    return Raw(msgspec.json.encode(entry(LogId("AAAAAAAAAAAAAAAAAAAAAA"), "text", Text("hi"))))


@asynccontextmanager
async def _server(folder: Path, host: Key) -> AsyncIterator[tuple[ChatServer, Listening]]:
    # Searching goes again until the index, which comes behind the commit, has the message.
    limits = Limits(requests=Rate(1e9, 1e9))
    config = Config(folder, port=0, host_key=host.public, name="Ada's computer", limits=limits)
    storage = SqliteStorage(folder / "chat.db")
    server = ChatServer(config, storage, ServerIdentity.load_or_create(folder), operator.load_or_create(folder))
    ready: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(server.run(ready.set_result))
        running.add_done_callback(lambda _: ready.cancel())
        listening = await ready
        try:
            yield server, listening
        finally:
            server.restart()
            await running
