"""Where one fault test works: a temporary folder, its servers, and what their logs must not hold.

    async with Workplace(seed) as place:
        house = await place.found()
        ann = await house.join("Ann")
        async with await house.connect() as wire: ...
    failures += place.findings

Children are ended however the block ends; then the logs are looked through (A2), and the folder goes.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from chat_protocol import frames, invite_link
from chat_protocol.events import Event, Invite
from chat_protocol.ids import STAFF, LogId, Position, b64, first_h, unb64
from tests.faults.server_process import PROGRAM, ServerProcess
from tests.wire import Key, Wire

_MANY_SOURCES = sys.platform == "linux"
"""All of 127.0.0.0/8 is this computer there: each client may come from an address of its own."""
_DAY_MS = 86_400_000


class Workplace:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.folder = Path(tempfile.mkdtemp(prefix="desktop-chat-faults-"))
        self.word = f"w{self.random.getrandbits(64):016x}"
        """Part of every text that is sent here: no log may hold it."""
        self.findings: list[str] = []
        """What was found when the block ended."""
        self._secrets: list[bytes] = []
        self._servers: list[ServerProcess] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            for server in self._servers:
                await server.kill()
            self.findings += self._look_through_logs()
        finally:
            shutil.rmtree(self.folder)

    def text(self, about: str) -> str:
        """Something to say."""
        return f"{about} {self.word}"

    def key(self) -> Key:
        key = Key.fresh()
        self.keep_secret(key.private)
        return key

    def token(self) -> bytes:
        token = self.random.randbytes(16)
        self.keep_secret(token)
        return token

    def keep_secret(self, secret: bytes) -> None:
        """No log may hold it, in any usual spelling."""
        self._secrets.append(secret)

    async def found(self, *options: str, program: Sequence[str] = PROGRAM) -> House:
        """A new server with its host, and an invite to its first room that many may use."""
        name = f"server{len(self._servers)}"
        server = ServerProcess(self.folder / name, self.folder / f"{name}.log", options, program)
        self._servers.append(server)
        await server.start()
        link = invite_link.parse(server.ready["host_link"])
        self.keep_secret(link.token)
        house = House(self, server)
        await house.move_in(link.token)
        return house

    def logs(self) -> list[Path]:
        """What the servers wrote on stderr, and the logs in their folders."""
        return sorted(path for path in self.folder.rglob("*.log*") if path.is_file())

    def _look_through_logs(self) -> list[str]:
        found: list[str] = []
        forbidden = [self.word.encode(), *(spelling for one in self._secrets for spelling in _spellings(one))]
        for path in self.logs():
            data = path.read_bytes()
            found += [f"A2: {path.name} holds a secret or a body" for one in forbidden if one in data][:1]
            if (place := data.find(b"Traceback")) >= 0:
                found.append(f"crash: {path.name}: {data[place : place + 4000].decode('utf-8', 'replace')}")
        return found


class House:
    """A founded server: the host, the first room, and an open invite to it."""

    def __init__(self, place: Workplace, server: ServerProcess) -> None:
        self.place = place
        self.server = server
        self.host = place.key()
        self.room = LogId("")
        self.invite = b""
        self._sources = 0

    async def move_in(self, host_token: bytes) -> None:
        async with await self.connect() as wire:
            welcome = await wire.login(self.host, invite=host_token, name="Olga")
            assert welcome.room is not None
            self.room = welcome.room
            self.invite = await self.new_invite(wire)

    async def new_invite(self, wire: Wire, *, room: LogId | None = None, uses: int = 10_000, days: float = 1) -> bytes:
        """The token of an invite that the moderator at `wire` makes."""
        token = self.place.token()
        key = f"invite:{b64(hashlib.sha256(token).digest())}"
        expires_ms = time.time_ns() // 1_000_000 + int(days * _DAY_MS)
        sent = await wire.append(STAFF, "invite", Invite(room or self.room, expires_ms, uses), key=key)
        assert sent.err is None, sent
        return token

    async def connect(self, port: int | None = None, *, source: str | None = None) -> Wire:
        """A connection, also through a proxy on `port`."""
        return await Wire.connect(port or self.server.port, self.server.fingerprint, source=source)

    def link(self, port: int | None = None) -> str:
        """The invite as a person gets it; `port` may be a proxy's."""
        address = invite_link.Address("127.0.0.1", port or self.server.port)
        return invite_link.Invite((address,), self.server.fingerprint, self.invite).to_app_link()

    async def join(self, name: str) -> Key:
        """A new member, in the first room."""
        key = self.place.key()
        async with await self.connect(source=self.new_source()) as wire:
            await wire.login(key, invite=self.invite, name=name)
        return key

    async def join_many(self, names: Sequence[str]) -> list[Key]:
        return [await self.join(name) for name in names]

    def new_source(self) -> str | None:
        """An address of loopback for each ten clients, where there are several: limits count by address."""
        self._sources += 1
        return f"127.0.{1 + self._sources // 2000}.{1 + self._sources // 10 % 200}" if _MANY_SOURCES else None

    async def whole_log(self, log: LogId | None = None, *, key: Key | None = None) -> tuple[Position, list[Event]]:
        """The head of a log and all its events, as the server tells somebody who holds nothing of it."""
        log = log or self.room
        async with await self.connect() as wire:
            welcome = await wire.login((key or self.host).on_another_device())
            head = next(one for one in welcome.logs if one.log == log)
            at = (0, b64(first_h(log)[:8]))
            followed = await wire.request(lambda re: frames.Follow(re, {log: at}))
            assert isinstance(followed, frames.Ok), followed
            events = await wire.until(log, head.head)
            return Position(head.head, unb64(head.h), head.row), events


def _spellings(secret: bytes) -> list[bytes]:
    return [
        secret,
        secret.hex().encode(),
        b64(secret).encode(),
        base64.b64encode(secret).rstrip(b"="),
        repr(secret)[2:-1].encode(),
    ]
