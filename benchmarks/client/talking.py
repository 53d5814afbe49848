"""What passes between programs: a message until it is painted, here and there, and many that were missed."""

from __future__ import annotations

import asyncio
import statistics

from benchmarks.client.desk import Probed
from benchmarks.client.history import Home, found, of_server, put_into_server
from benchmarks.client.stage import Stage
from benchmarks.rows import Row, Run, percentile

_PAUSE_S = 0.11
"""Nobody writes faster, and the server takes ten a second from a device."""
_P99_RUNS = 3
_WARM_UP = 5


async def measure(stage: Stage) -> None:
    with stage.folder() as folder:
        home = await found(folder)
        await home.server.start()
        try:
            await _send(stage, home)
        finally:
            await home.server.stop()
        caught_up = [Run(await _catch_up(stage, home)) for _ in range(min(stage.scale.repeats, 3))]
        stage.add(Row("talk/catch-up", f"catch up with {stage.scale.missed:,} missed messages", "s", caught_up))


async def _send(stage: Stage, home: Home) -> None:
    own: list[Run] = []
    other: list[Run] = []
    async with Probed(home.profiles[0]) as hugo, Probed(home.profiles[1]) as ann:
        for desk in (hugo, ann):
            await desk("wait", "composer_field")
        for number in range(_WARM_UP):
            await _one(hugo, ann, f"Are you there? {number}")
        for run in range(_P99_RUNS):
            took = [await _one(hugo, ann, f"Message {number} of run {run}") for number in range(stage.scale.sent)]
            own.append(Run(statistics.median(ms for ms, _ in took)))
            other.append(Run(percentile([ms for _, ms in took], 99)))
        for desk in (hugo, ann):
            assert (await desk.close())[0] == 0
            assert desk.said() == "", desk.said()
    stage.add(Row("talk/own", "Enter to own message painted", "ms", own))
    stage.add(Row("talk/other/p99", "Enter to painted by another program, p99", "ms", other))


async def _one(sender: Probed, receiver: Probed, text: str) -> tuple[float, float]:
    """ms until it was painted by both."""
    sent = (await sender("enter", text=text))["at"]
    here, there = [(await desk("painted", text=text))["at"] for desk in (sender, receiver)]
    await asyncio.sleep(_PAUSE_S)
    return (here - sent) * 1_000, (there - sent) * 1_000


async def _catch_up(stage: Stage, home: Home) -> float:
    """Seconds from the login until all of it is durable here."""
    said = of_server(home, stage.scale.missed)
    put_into_server(home, said)
    row = said.at.row + said.count
    await home.server.start()
    try:
        async with Probed(home.profiles[1]) as ann:
            await ann("wait", "composer_field")
            held = await ann("caught_up", row=row)
            assert (await ann.close())[0] == 0
            assert ann.said() == "", ann.said()
    finally:
        await home.server.stop()
    seconds: float = held["at"] - held["logged_in"]
    return seconds
