"""From the start of the process to the window's first picture and to its last conversation, and what the program then
takes, beside a bare one."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.client.history import found, of_server, put_into_profile, put_into_server
from benchmarks.client.stage import Stage
from benchmarks.rows import Row, Run

_STARTED = str(Path(__file__).with_name("started.py"))
_GUARD_S = 30.0
_REST_S = 3.0
"""After which nothing of the start goes on any more."""


class Started(NamedTuple):
    pid: int
    painted_s: float
    """After its start: the first picture of its window."""
    last_s: float
    """After its start: what was waited for."""
    cpu_s: float
    """Used until then."""


@asynccontextmanager
async def started(*arguments: str, until: str = "painted") -> AsyncIterator[Started]:
    """A program that has come as far as `until`; it is killed at the end."""
    without_screen = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    begun = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, _STARTED, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**without_screen, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert process.stdout is not None
    try:
        said: dict[str, float] = {}
        async with asyncio.timeout(_GUARD_S):
            while "painted" not in said or until not in said:
                line = await process.stdout.readline()
                assert line, f"it ended before {until}: {arguments}"
                said |= json.loads(line)
        yield Started(process.pid, said["painted"] - begun, said[until] - begun, said["cpu"])
    finally:
        process.kill()
        await process.stdout.read()
        await process.wait()


def rss_mb(pid: int) -> float:
    """Resident memory in MB of 10⁶ bytes, pages shared with other programs included."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise KeyError("VmRSS")


def cpu_ns(pid: int) -> int:
    """Of all threads that are there."""
    return sum(int(task.read_text("ascii").split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))


async def idle_percent(pid: int, seconds: float) -> float:
    """Of one core."""
    before, begun = cpu_ns(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu_ns(pid) - before) / (time.monotonic() - begun) / 1e7


async def measure(stage: Stage) -> None:
    scale = stage.scale
    with stage.folder() as folder:
        home = await found(folder)
        profile = home.profiles[0]
        said = of_server(home, scale.stored)
        put_into_server(home, said)
        put_into_profile(home, profile, home.room, said)
        ours: list[Started] = []
        bare: list[Started] = []
        for number in range(scale.repeats + 1):
            async with started("program", "--profile", str(profile), until="filled") as program:
                pass
            async with started("bare") as window:
                pass
            if number:  # the first one warms what the system keeps of files
                ours.append(program)
                bare.append(window)
        what = f"start to first paint, {scale.stored:,} messages stored"
        of_ours, of_bare = ([Run(one.painted_s * 1_000) for one in of] for of in (ours, bare))
        stage.add(Row("start/paint", what, "ms", of_ours, of_bare))
        of_ours, of_bare = ([Run(one.last_s * 1_000) for one in of] for of in (ours, bare))
        stage.add(Row("start/conversation", "start to the last conversation painted", "ms", of_ours, of_bare))
        of_ours, of_bare = ([Run(one.cpu_s * 1_000) for one in of] for of in (ours, bare))
        stage.add(Row("start/cpu", "CPU until the first paint", "ms", of_ours, of_bare))
        await home.server.start()
        try:
            await _at_rest(stage, profile)
        finally:
            await home.server.stop()


async def _at_rest(stage: Stage, profile: Path) -> None:
    async with started("program", "--profile", str(profile), until="logged_in") as program, started("bare") as bare:
        await asyncio.sleep(_REST_S)
        ours, window = Run(rss_mb(program.pid)), Run(rss_mb(bare.pid))
        stage.add(Row("start/rss", "memory at the first room, connected", "MB", [ours], [window]))
        idle = Run(await idle_percent(program.pid, stage.scale.idle_s))
        stage.add(Row("idle/cpu", "CPU when idle, connected", "% of a core", [idle]))
