"""From the first start of the host's program to the guest's "hi" on the host's screen: clicks, and seconds.

Two programs as they come, each started for the first time. A person's part takes no time: links are read at once, and
the link is on the guest's clipboard when the guest's program starts.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.client.desk import Probed
from benchmarks.client.probed import CLIPBOARD
from benchmarks.client.stage import Stage
from benchmarks.rows import Row, Run
from tests.e2e.desk import make_profile


class Counting(Probed):
    """Counts the clicks."""

    clicks = 0

    async def __call__(self, do: str, name: str = "", **order: Any) -> dict[str, Any]:
        self.clicks += do == "click"
        return await super().__call__(do, name, **order)


async def measure(stage: Stage) -> None:
    clicks: list[Run] = []
    seconds: list[Run] = []
    for _ in range(min(stage.scale.repeats, 3)):
        with stage.folder() as folder:
            count, took_s = await _meet(folder)
        clicks.append(Run(count))
        seconds.append(Run(took_s))
    stage.add(Row("hello/clicks", "from the host's first start to the guest's hi: clicks", "clicks", clicks))
    stage.add(Row("hello/seconds", "the same: the machine's time", "s", seconds))


async def _meet(folder: Path) -> tuple[int, float]:
    await make_profile(folder / "host")  # only that it is to be for this computer
    begun = time.monotonic()
    async with Counting(folder / "host", "--lang", "en") as host:
        link = await host.host_room()
        environment = {CLIPBOARD: link}
        async with Counting(folder / "guest", "--lang", "en", **environment) as guest:
            await guest("wait", "room_name")  # it was offered by itself
            await guest("fill", "name_field", text="Grace")
            await guest("click", "join_button")
            await guest("wait", "composer_field")
            await guest("enter", text="hi")
            await host("wait", "conversation_list", says="hi")
            took_s = time.monotonic() - begun
            assert (await guest.close())[0] == 0
        await host.left_alone()
        assert (await host.close())[0] == 0
        return host.clicks + guest.clicks, took_s
