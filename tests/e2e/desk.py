"""A desktop program in a process of its own, driven by `tests.e2e.driven`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from chat_protocol.ids import PEOPLE, STAFF
from desktop_chat.core.client import Client
from desktop_chat.store.sqlite import SqliteStore

GUARD_S = 30.0
END_S = 3.0
"""Within which the program has to end."""


async def make_profile(folder: Path) -> Path:
    """Of somebody who hosts for this computer only."""
    async with await Client.open(folder, connect=False) as client:
        await client.keep("hosting:bind", "local")
    return folder


def texts_in(profile: Path) -> list[str]:
    """Of all messages that a program, closed by now, holds; in their order."""
    with closing(SqliteStore(profile / "store.db", 0)) as store:
        (server,) = store.servers()
        rooms = [held.log for held in store.held(server.server) if held.log not in (PEOPLE, STAFF)]
        return [
            one.text for log in rooms for one in store.messages(server.server, log, before_row=1 << 50, limit=10_000)
        ]


class Desk:
    """One person's program. `async with` ends it whatever happened."""

    command: Sequence[str] = (sys.executable, "-m", "tests.e2e.driven")

    def __init__(self, profile: Path, *arguments: str, **environment: str) -> None:
        self.profile = profile
        self._arguments = ["--profile", str(profile), *arguments]
        self._environment = {
            **self.surroundings(),
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONFAULTHANDLER": "1",
            "DESKTOP_CHAT_PORT": "0",  # any free one: a killed server's place is not taken by that of another test
            **environment,
        }
        self._process: asyncio.subprocess.Process
        self._stderr = profile.with_suffix(".stderr")

    def surroundings(self) -> dict[str, str]:
        """The environment it starts in. Without a screen nobody's keyring is asked."""
        return {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        with self._stderr.open("ab") as stderr:
            self._process = await asyncio.create_subprocess_exec(
                *(*self.command, *self._arguments),
                stdin=pipe,
                stdout=pipe,
                stderr=stderr,
                env=self._environment,
                limit=1 << 24,
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()
        assert self._process.stdout is not None
        await self._process.stdout.read()  # to its end: else the pipe's transport would outlive the process
        await self._process.wait()

    async def __call__(self, do: str, name: str = "", **order: Any) -> dict[str, Any]:
        """One order and its answer; see `tests.e2e.driven`."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"do": do, "name": name, **order}).encode() + b"\n")
        async with asyncio.timeout(2 * order.get("guard_s", GUARD_S)):  # it has its own guard, unless all of it hangs
            line = await process.stdout.readline()
        assert line, f"{do} {name}: the program has ended with {await process.wait()}: {self.said()}"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, f"{do} {name} {order}: {answer} {self.said()}"
        return answer

    async def send(self, text: str) -> None:
        """Types a message and presses Enter; returns when the composer has let go of it: then it is durable."""
        await self("type", "composer_field", text=text, enter=True)
        await self("empty", "composer_field")

    async def host_room(self) -> str:
        """By one click; the invite's link."""
        await self("click", "host_button")
        await self("wait", "invite_link", says="desktopchat://")
        link: str = (await self("clipboard"))["text"]
        return link

    async def join(self, name: str) -> None:
        """The room whose invite the program was started with."""
        await self("wait", "room_name")
        await self("fill", "name_field", text=name)
        await self("click", "join_button")
        await self("wait", "composer_field")

    async def left_alone(self) -> None:
        """As a host: everybody else has gone, so that closing asks nothing."""
        await self("wait", "host_button", says="1 here")

    async def close(self) -> tuple[int, float]:
        """By the window's cross: exit code, and how many seconds it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert self._process.stdin is not None
        self._process.stdin.write(b'{"do": "close"}\n')
        async with asyncio.timeout(GUARD_S):
            return await self._process.wait(), loop.time() - began

    def kill(self) -> None:
        """kill -9."""
        if self._process.returncode is None:
            self._process.kill()

    async def wait(self) -> int:
        async with asyncio.timeout(GUARD_S):
            return await self._process.wait()

    def terminate(self) -> None:
        self._process.terminate()

    def server_pid(self) -> int:
        """Of the server that it hosts (Linux)."""
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        (server,) = [one for one in children if b"chat_server" in Path(f"/proc/{one}/cmdline").read_bytes()]
        return int(server)

    def said(self) -> str:
        """On stderr, but for what the platform without a screen says of itself."""
        lines = self._stderr.read_text("utf-8", "replace").splitlines(keepends=True)
        return "".join(line for line in lines if not line.endswith("not support propagateSizeHints()\n"))
