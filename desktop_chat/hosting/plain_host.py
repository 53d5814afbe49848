"""Hosting without Qt: the server on this computer as a process of the terminal client."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from chat_protocol.ids import b64
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.hosting.room_host import parse_listening
from desktop_chat.hosting.server_command import FOLDER_IN_USE, STOPPED, server_command, trouble_of

_STOP_S = 15.0


class NotHosted(ChatError):
    """The server on this computer does not run; `detail` says what it said of it."""


class PlainHost:
    """A server process on this computer, of which this profile is the host. Or one that runs there already."""

    def __init__(self, folder: Path, identity: bytes, bind: str) -> None:
        self.key = b""
        self.addresses: tuple[str, ...] = ()
        """For others."""
        self.here: tuple[str, ...] = ()
        self._folder = folder
        self._command = [
            *(*server_command(), "serve", "--parent-pipe"),
            *("--data", str(folder), "--bind", bind, "--host-key", b64(identity)),
        ]
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when it listens. Raises `ChatError`."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        log = self._folder.with_suffix(".log")
        with log.open("wb") as said:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
            )
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = await self._process.stdout.readline()
        code = STOPPED if line else await self._process.wait()
        if code == FOLDER_IN_USE:
            line = self._said_by_the_other()
        if not line:
            raise NotHosted(trouble_of(code), detail=_plain(log.read_text("utf-8", "replace")))
        listening = parse_listening(line)
        self.key, self.addresses = listening.key, listening.addresses
        self.here = listening.here

    async def stop(self) -> None:
        """Everybody is told goodbye; a server that was only attached to stays."""
        if self._process is None or self._process.returncode is not None:
            return
        try:
            async with asyncio.timeout(_STOP_S):
                await self._process.communicate(b"stop\n")
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _said_by_the_other(self) -> bytes:
        """By the server that has the folder: where it listens."""
        try:
            return (self._folder / "listening.json").read_bytes()
        except FileNotFoundError:
            why = f"Another server is just starting or ending over {self._folder}: try again in a moment."
            raise NotHosted(Trouble.HOSTING_FAILED, detail=why) from None


def _plain(said: str) -> str:
    """What a server that did not start says to a person; its log if that is all."""
    lines = said.splitlines()
    return "\n".join([line for line in lines if not line.startswith("{")] or lines)
