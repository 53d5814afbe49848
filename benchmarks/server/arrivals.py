"""Many at once: newcomers, members who come back to a server that was killed, and one who was away for long."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import chain

from benchmarks.rows import Row, Run
from benchmarks.server.link import ConnectionLost
from benchmarks.server.member import Member, Person, text_send
from benchmarks.server.people import Home, close_all, found, join, populate, remember, strangers
from benchmarks.server.processes import chat_server, running
from benchmarks.server.stage import Stage, Watch
from chat_protocol.limits import SEND_EVENTS

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0
_GUARD_S = 120.0


async def measure(stage: Stage) -> None:
    scale = stage.scale
    rooms = scale.members // scale.per_room
    await _joins(stage, "joins/rooms", [scale.per_room] * rooms, f"{rooms} rooms x {scale.per_room}")
    await _joins(stage, "joins/one", [scale.members], "ONE room")
    await _catch_up(stage)
    await _storm(stage)


async def _joins(stage: Stage, id_: str, sizes: list[int], where: str) -> None:
    """Strangers, each with an invite: TLS, upgrade, login, the state of all that they may read."""
    runs = []
    for _ in range(stage.scale.repeats):
        async with stage.server() as server:
            home, people = await found(server, len(sizes)), strangers(sizes)
            watch = Watch(server)
            members = await join(home, people)
            runs.append(watch.run(count=sum(sizes)))
            close_all(chain(*members))
    stage.add(Row(id_, f"{sum(sizes):,} connects and joins, {where}", "s", runs))


async def _catch_up(stage: Stage) -> None:
    missed = stage.scale.missed
    async with stage.server(raised=True) as server:
        home = await found(server, 1)
        people, ((away, speaker),) = await populate(home, [2])
        away.close()
        await remember(home, people)
        room = home.rooms[0].log
        texts = [b"x" * 100] * SEND_EVENTS
        first = head = speaker.seqs[room.encode()]
        for _ in range(missed // SEND_EVENTS):
            head += SEND_EVENTS
            speaker.write_text(text_send(speaker.next_id(), room, texts))
            await speaker.until_seq(room, head)
        runs = []
        for _ in range(stage.scale.repeats):
            watch = Watch(server)
            (await home.come_back(people[0][0])).close()
            runs.append(watch.run(count=head - first))
        speaker.close()
    stage.add(Row("catch-up", f"catch-up of {missed // SEND_EVENTS * SEND_EVENTS:,} events", "s", runs))


async def _storm(stage: Stage) -> None:
    """All lose a server that is killed, and come back as clients do: after 0-1 s at random, then ever later."""
    scale = stage.scale
    rooms = scale.members // scale.per_room
    times, sizes = [], []
    with stage.folder() as folder:
        async with running(chat_server(folder)) as server:
            home = await found(server, rooms)
            people, members = await populate(home, [scale.per_room] * rooms)
            await remember(home, people)
            await server.kill()
            close_all(chain(*members))
        for _ in range(scale.repeats):
            async with running(chat_server(folder)) as server:
                watch = Watch(server)
                members = await _all_back(home, people)
                times.append(watch.run(count=scale.members))
                sizes.append(Run(server.rss_kib() / 1024))
                await remember(home, people)
                await server.kill()
                close_all(chain(*members))
    title = f"{scale.members:,} members come back to a killed server"
    stage.add(Row("storm", f"{title}: all in sync", "s", times))
    stage.add(Row("storm/rss", f"{title}: its memory", "MiB", sizes))


async def _all_back(home: Home, people: Sequence[Sequence[Person]]) -> list[list[Member]]:
    """Until each has heard what the first one back in their room said."""
    spoken: list[asyncio.Future[int]] = [asyncio.get_running_loop().create_future() for _ in people]

    async def one(number: int, person: Person) -> Member:
        member = await _persistent(home, person)
        room, is_spoken = home.rooms[number].log, spoken[number]
        if not is_spoken.done():
            is_spoken.set_result(member.seqs[room.encode()] + 1)
            member.write_text(text_send(member.next_id(), room, [b"here again"]))
        await member.until_seq(room, await is_spoken)
        return member

    async with asyncio.timeout(_GUARD_S), asyncio.TaskGroup() as tasks:
        coming = [[tasks.create_task(one(number, who)) for who in room] for number, room in enumerate(people)]
    return [[done.result() for done in room] for room in coming]


async def _persistent(home: Home, person: Person) -> Member:
    wait_s = _FIRST_WAIT_S
    while True:
        await asyncio.sleep(random.uniform(0, wait_s))
        try:
            return await home.come_back(person)
        except ConnectionLost:
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
