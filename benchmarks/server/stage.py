"""What all measurements share: their size, folders and servers, and the rows that they come to."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.server.goals import GOALS
from benchmarks.server.processes import ServerProcess, chat_server, cpu_s, running

TOO_BUSY = 0.9
"""A generator that uses more of its core than that measures itself."""


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


@dataclass
class Run:
    """One run: what it came to, and who worked how much for it."""

    value: float
    server_cpu: float = 0.0
    """Of one core."""
    generator_cpu: float = 0.0


@dataclass
class Row:
    id: str
    name: str
    unit: str
    runs: list[Run]
    baseline: list[Run] | None = None
    note: str = ""

    @property
    def value(self) -> float:
        return statistics.median(run.value for run in self.runs)

    @property
    def ratio(self) -> float | None:
        if self.baseline is None:
            return None
        return self.value / statistics.median(run.value for run in self.baseline)

    @property
    def generator_cpu(self) -> float:
        busiest = 0.0
        for run in [*self.runs, *(self.baseline or ())]:
            busiest = max(busiest, run.generator_cpu)
        return busiest


@dataclass
class Stage:
    scale: Scale
    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        print(_line(row), flush=True)

    @asynccontextmanager
    async def server(self, *, raised: bool = False, fsync_ms: float | None = None) -> AsyncIterator[ServerProcess]:
        """A new server over a new folder."""
        with self.folder() as folder:
            async with running(chat_server(folder, raised=raised, fsync_ms=fsync_ms)) as server:
                yield server

    @contextmanager
    def folder(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="chat-bench-") as path:
            yield Path(path) / "server"


class Watch:
    """Wall and CPU time, from here on."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._begun = self._times()

    def _times(self) -> tuple[float, float, float]:
        return time.perf_counter(), self._server.cpu_s(), cpu_s(os.getpid())

    def seconds(self) -> float:
        return time.perf_counter() - self._begun[0]

    def run(self, value: float | None = None) -> Run:
        """`value`, or else the seconds passed, with how much of a core both sides used."""
        wall, server, generator = (now - begun for now, begun in zip(self._times(), self._begun, strict=True))
        return Run(wall if value is None else value, server / wall, generator / wall)


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


async def settle() -> None:
    """Lets what was begun come to rest, so that a process can be weighed."""
    await asyncio.sleep(1.0)


def _line(row: Row) -> str:
    values = [run.value for run in row.runs]
    said = f"{row.name:58} {row.value:12,.2f} {row.unit}"
    if len(values) > 1:
        said += f"  ({min(values):,.2f}-{max(values):,.2f})"
    if row.ratio is not None:
        said += f"  {row.ratio:.2f}x"
    if (goal := GOALS.get(row.id)) is not None:
        said += f"  goal {goal.text(goal.reach)}"
    servers = statistics.median(run.server_cpu for run in row.runs)
    if servers:
        said += f"  cpu {servers:.0%} / {row.generator_cpu:.0%}"
    return said + ("  GENERATOR-BOUND" if row.generator_cpu > TOO_BUSY else "")
