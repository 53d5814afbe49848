"""A real server: a child process over a data folder, that can be killed and started again."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chat_protocol.ids import unb64

PROGRAM = ("-m", "chat_server")
START_GUARD_S = 30.0
STOP_GUARD_S = 30.0


class ServerFailed(Exception):
    """The server ended or said nothing where it should have been ready."""


class ServerProcess:
    """`start` it, `kill` it, `start` it again: on the same folder it is the same server on the same port."""

    def __init__(self, folder: Path, log: Path, options: Sequence[str] = (), program: Sequence[str] = PROGRAM) -> None:
        """`log` gets all that the server says on stderr; `program` is what Python is to run."""
        self.folder = folder
        self.log = log
        self.options = list(options)
        self.program = list(program)
        self.ready: dict[str, Any] = {}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def port(self) -> int:
        port: int = self.ready["port"]
        return port

    @property
    def fingerprint(self) -> bytes:
        return unb64(self.ready["fingerprint"])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> float:
        """Returns when the server listens: how many seconds that took. Raises `ServerFailed`."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *self.program, "serve", "--data", str(self.folder), "--port", "0"),
                *self.options,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_GUARD_S):
                while (line := await self._process.stdout.readline()) and self._process.returncode is None:
                    said = json.loads(line)
                    if said.get("event") == "listening":
                        self.ready = said
                        return loop.time() - started
        except TimeoutError:
            pass
        await self.kill()
        raise ServerFailed(f"the server is not ready: {self.log.read_text('utf-8', 'replace')[-2000:]}")

    async def kill(self) -> None:
        """SIGKILL: as if the machine had forgotten it."""
        await self._end(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)

    async def stop(self) -> int:
        """SIGTERM, and its exit code."""
        try:
            async with asyncio.timeout(STOP_GUARD_S):
                return await self._end(signal.SIGTERM)
        except TimeoutError:
            await self.kill()
            raise ServerFailed("the server does not stop") from None

    async def _end(self, by: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(by)
        # Its stdout is read to the end: else the pipe's transport would outlive the process.
        assert process.stdout is not None
        await process.stdout.read()
        return await process.wait()

    def memory_bytes(self) -> int:
        """Resident memory (Linux)."""
        for line in Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ServerFailed("the system does not tell how much memory a process has")
