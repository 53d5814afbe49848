"""A room with a million messages on this computer: opened, scrolled, resized, copied, searched; one more comes in."""

from __future__ import annotations

import time

from benchmarks.client import history
from benchmarks.client.desk import Probed
from benchmarks.client.stage import Stage
from benchmarks.rows import Row, Run, percentile

_STEP_PX = 60
_P99_RUNS = 3
_WORDS = (history.COMMON, history.RARE, f"{history.COMMON} {history.RARE}", history.ABSENT)


async def measure(stage: Stage) -> None:
    scale = stage.scale
    with stage.folder() as folder:
        home = await history.found(folder)
        profile = home.profiles[0]
        begun = time.perf_counter()
        said = history.of_profile(home, profile, home.archive, scale.long)
        history.put_into_profile(home, profile, home.archive, said)
        print(f"{scale.long:,} messages put into the store in {time.perf_counter() - begun:.0f} s", flush=True)
        async with Probed(profile, "--lang", "en") as desk:
            await desk("wait", "composer_field")
            await _measure(stage, desk, home)
            assert desk.said() == "", desk.said()


async def _measure(stage: Stage, desk: Probed, home: history.Home) -> None:
    scale, large = stage.scale, f"a room of {stage.scale.long:,}"
    opened = []
    for _ in range(scale.repeats):
        answer = await desk("open", server=home.id, log=home.archive)
        opened.append(Run(answer["ms"]))
        await desk("open", server=home.id, log=home.room)
    stage.add(Row("room/open", f"open {large}", "ms", opened))
    await desk("open", server=home.id, log=home.archive)
    came = [Run(percentile((await desk("append", count=scale.steps))["ms"], 99)) for _ in range(_P99_RUNS)]
    scrolled = [
        Run(percentile((await desk("scroll", px=-_STEP_PX, count=scale.steps))["ms"], 99)) for _ in range(_P99_RUNS)
    ]
    stage.add(Row("room/scroll/p99", f"scroll by {_STEP_PX} px, p99", "ms", scrolled))
    stage.add(Row("room/append/p99", "a message comes in at the bottom, p99", "ms", came))
    resized = [Run(ms) for ms in (await desk("resize", count=4 * scale.repeats))["ms"]]
    stage.add(Row("room/resize", f"resize the window of {large}", "ms", resized))
    copied = [Run((await desk("copy", count=scale.copied))["ms"]) for _ in range(scale.repeats)]
    stage.add(Row("room/copy", f"copy {scale.copied:,} selected messages", "ms", copied))
    await _search(stage, desk, "room/search", "the slowest of four words", _WORDS)
    await _search(stage, desk, "room/search/chinese", "two Chinese characters", (history.CHINESE,))


async def _search(stage: Stage, desk: Probed, row: str, what: str, queries: tuple[str, ...]) -> None:
    slowest: list[Run] = []
    for query in queries:
        answers = [await desk("search", query=query) for _ in range(stage.scale.repeats)]
        assert all((answer["hits"] > 0) == (query != history.ABSENT) for answer in answers) or stage.scale.long < 10_000
        runs = [Run(answer["ms"]) for answer in answers]
        slowest = max(slowest, runs, key=lambda of: sum(run.value for run in of))
    stage.add(Row(row, f"search {stage.scale.long:,} for the first 50: {what}", "ms", slowest))
