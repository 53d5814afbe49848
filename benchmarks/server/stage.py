"""How much the measurements of the server do, and on which servers."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks import area
from benchmarks.rows import Run
from benchmarks.server.processes import ServerProcess, chat_server, cpu_s, running


@dataclass(frozen=True)
class Scale:
    """How much is done."""

    members: int
    """In the largest room, and in all rooms of `per_room` together."""
    per_room: int
    windows: tuple[int, ...]
    seconds: float
    """Of each run."""
    repeats: int
    idle_s: float
    missed: int
    """Events to catch up with."""


FULL = Scale(members=1_000, per_room=50, windows=(1, 32, 256), seconds=2, repeats=3, idle_s=20, missed=10_000)
QUICK = Scale(members=100, per_room=10, windows=(1, 32), seconds=0.4, repeats=1, idle_s=4, missed=500)


class Stage(area.Stage[Scale]):
    @asynccontextmanager
    async def server(self, *, raised: bool = False, fsync_ms: float | None = None) -> AsyncIterator[ServerProcess]:
        """A new server over a new folder."""
        with self.folder() as folder:
            async with running(chat_server(folder, raised=raised, fsync_ms=fsync_ms)) as server:
                yield server


class Watch:
    """Wall and CPU time, from here on."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._begun = self._times()

    def _times(self) -> tuple[float, float, float]:
        return time.perf_counter(), self._server.cpu_s(), cpu_s(os.getpid())

    def seconds(self) -> float:
        return time.perf_counter() - self._begun[0]

    def run(self, value: float | None = None, *, count: int | None = None) -> Run:
        """`value`, or else the seconds passed, with how much of a core both sides used; the server's also for each of
        the `count` things that it did."""
        wall, server, generator = (now - begun for now, begun in zip(self._times(), self._begun, strict=True))
        each_us = server / count * 1e6 if count else None
        return Run(wall if value is None else value, server / wall, generator / wall, each_us)


async def settle() -> None:
    """Lets what was begun come to rest, so that a process can be weighed."""
    await asyncio.sleep(1.0)
