"""A D-Bus of a test's own, with fake services on it."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.core.people import GUARD_S

HERE = Path(__file__).parent


class Services:
    """A bus, and what runs on it."""

    def __init__(self, address: str, stack: AsyncExitStack) -> None:
        self.address = address
        self._stack = stack

    async def start(self, script: str, *arguments: str) -> Process:
        """`script` of this folder; it is told the address and then `arguments`, and says when it is ready."""
        command = (sys.executable, str(HERE / script), self.address.partition(",guid")[0], *arguments)
        service = await self._stack.enter_async_context(process(*command))
        assert await line_of(service) == "ready"
        return service


@asynccontextmanager
async def process(*command: str) -> AsyncIterator[Process]:
    running = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        yield running
    finally:
        running.kill()
        await running.communicate()


async def line_of(running: Process) -> str:
    assert running.stdout is not None
    async with asyncio.timeout(GUARD_S):
        return (await running.stdout.readline()).decode().strip()
