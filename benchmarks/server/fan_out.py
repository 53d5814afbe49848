"""Into one large room, as fast as it goes: deliveries a second beside the raw server, and bytes on the wire."""

from __future__ import annotations

import asyncio

from benchmarks.rows import Row, Run
from benchmarks.server.link import RawLink, Target
from benchmarks.server.load import TEXT_BYTES, MembersOfRoom, RawRoom, saturate
from benchmarks.server.people import AT_ONCE, close_all, found, populate
from benchmarks.server.processes import raw_server, running
from benchmarks.server.stage import Stage

_WIRE_WINDOWS = (1, 32)


async def measure(stage: Stage) -> None:
    scale = stage.scale
    async with stage.server(raised=True) as server, running(raw_server()) as raw:
        home = await found(server, 1)
        _, (members,) = await populate(home, [scale.members])
        links = await open_raw(raw.port, scale.members)
        room, raw_room = MembersOfRoom(home.rooms[0].log, members), RawRoom(links)
        for window in scale.windows:
            ours: list[Run] = []
            theirs: list[Run] = []
            sizes: list[Run] = []
            for _ in range(scale.repeats):
                listeners = members[window:]  # who sends nothing gets no answers, which would count as well
                bytes_before, events_before = room.received(listeners)
                ours.append((await saturate(room, window, scale.seconds, server)).deliveries)
                bytes_after, events_after = room.received(listeners)
                sizes.append(Run((bytes_after - bytes_before) / (events_after - events_before) - TEXT_BYTES))
                theirs.append((await saturate(raw_room, window, scale.seconds, raw)).deliveries)
            title = f"1 room x {scale.members:,}, window {window}"
            stage.add(Row(f"fan-out/{window}", f"fan-out, {title}", "deliveries/s", ours, theirs))
            if window in _WIRE_WINDOWS:
                stage.add(Row(f"wire/{window}", f"on the wire beside the text, {title}", "B/delivery", sizes))
        close_all(members)


async def open_raw(port: int, count: int, path: str = "/") -> list[RawLink]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> RawLink:
        async with gate:
            return await RawLink.open(Target(port, path))

    return await asyncio.gather(*(one() for _ in range(count)))
