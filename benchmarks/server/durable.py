"""A room of ordinary size: every message is on the disk before it is acknowledged or seen."""

from __future__ import annotations

from benchmarks.rows import Row, Run, percentile
from benchmarks.server.load import MembersOfRoom, saturate
from benchmarks.server.people import close_all, found, populate
from benchmarks.server.stage import Stage

SLOW_MS = 10


async def measure(stage: Stage) -> None:
    await _measure(stage, "durable", "", None)
    await _measure(stage, "durable-slow", f", each fsync {SLOW_MS} ms slower", SLOW_MS)


async def _measure(stage: Stage, id_: str, disk: str, fsync_ms: float | None) -> None:
    scale = stage.scale
    async with stage.server(raised=True, fsync_ms=fsync_ms) as server:
        home = await found(server, 1)
        _, (members,) = await populate(home, [scale.per_room])
        room = MembersOfRoom(home.rooms[0].log, members)
        for window in scale.windows:
            rates: list[Run] = []
            acks: dict[int, list[Run]] = {50: [], 99: []}
            for _ in range(scale.repeats):
                room.latencies_s.clear()
                rates.append((await saturate(room, window, scale.seconds, server)).messages)
                for percent, runs in acks.items():
                    runs.append(Run(percentile(room.latencies_s, percent) * 1_000))
            title = f"room of {scale.per_room}, window {window}{disk}"
            stage.add(Row(f"{id_}/{window}", f"durable messages, {title}", "messages/s", rates))
            for percent, runs in acks.items():
                stage.add(Row(f"{id_}/{window}/p{percent}", f"acknowledged p{percent}, {title}", "ms", runs))
        close_all(members)
