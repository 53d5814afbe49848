"""A server as a child process, as an administrator or the desktop client starts it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

from chat_protocol.ids import unb64
from tests.wire import GUARD_S

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DESKTOP_CHAT_")}


@dataclass
class Child:
    process: asyncio.subprocess.Process
    line: dict[str, Any]
    """The first line of its stdout."""

    @property
    def port(self) -> int:
        port: int = self.line["port"]
        return port

    @property
    def fingerprint(self) -> bytes:
        return unb64(self.line["fingerprint"])

    async def end(self) -> tuple[int, str, str]:
        """Waits for its end; exit code, and what else it wrote to stdout and stderr."""
        async with asyncio.timeout(GUARD_S):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def child(*arguments: str | Path, **environment: str) -> AsyncIterator[Child]:
    """`python -m chat_server ARGUMENTS` once it has said that it listens. It is killed if the test did not end it."""
    process = await _start(arguments, environment)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(GUARD_S):
            line = await process.stdout.readline()
            if not line:
                assert process.stderr is not None
                raise AssertionError((await process.stderr.read()).decode())
        yield Child(process, json.loads(line))
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def run(*arguments: str | Path, **environment: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that ends by itself."""
    process = await _start(arguments, environment)
    return await Child(process, {}).end()


async def _start(arguments: tuple[str | Path, ...], environment: dict[str, str]) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "chat_server", *map(str, arguments))
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=ENVIRONMENT | environment
    )
