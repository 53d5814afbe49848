"""What a server costs that has nothing to do: wake-ups, memory for each member, memory in all."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import chain
from pathlib import Path

from benchmarks.rows import Row, Run
from benchmarks.server.link import Link
from benchmarks.server.load import MembersOfRoom, saturate
from benchmarks.server.member import Person, chat_target
from benchmarks.server.people import Home, close_all, come_back, found, populate, remember
from benchmarks.server.processes import bare_tls_server, chat_server, running
from benchmarks.server.stage import Stage, Watch, settle
from chat_server.transport.tls import IDENTITY_FILE

_IDLE_MEMBERS = 20
_RSS_MEMBERS = 50


async def measure(stage: Stage) -> None:
    await _wake_ups(stage)
    await _one_room(stage)
    await _each_member(stage)


async def _wake_ups(stage: Stage) -> None:
    """Of servers side by side: they hardly run, and take their time."""
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(stage.server()) for _ in range(stage.scale.repeats)]
        for server in servers:
            _, (members,) = await populate(await found(server, 1), [_IDLE_MEMBERS])
            stack.callback(close_all, members)
        await settle()
        begun = [(server.wake_ups(), Watch(server)) for server in servers]
        await asyncio.sleep(stage.scale.idle_s)
        runs = [
            watch.run((server.wake_ups() - before) / watch.seconds())
            for server, (before, watch) in zip(servers, begun, strict=True)
        ]
    stage.add(Row("idle/wake-ups", f"hosting idle, {_IDLE_MEMBERS} members", "wake-ups/s", runs))


async def _one_room(stage: Stage) -> None:
    runs = []
    for _ in range(stage.scale.repeats):
        async with stage.server(raised=True) as server:
            home = await found(server, 1)
            _, (members,) = await populate(home, [_RSS_MEMBERS])
            await saturate(MembersOfRoom(home.rooms[0].log, members), 1, stage.scale.seconds, server)
            await settle()
            runs.append(Run(server.rss_kib() / 1024))
            close_all(members)
    stage.add(Row("memory/rss", f"memory of the server, {_RSS_MEMBERS} members who talked", "MiB", runs))


async def _each_member(stage: Stage) -> None:
    scale = stage.scale
    rooms = scale.members // scale.per_room
    with stage.folder() as folder:
        async with running(chat_server(folder)) as server:
            home = await found(server, rooms)
            people, members = await populate(home, [scale.per_room] * rooms)
            close_all(chain(*members))
            await remember(home, people)
        ours = [await _of_members(folder, home, list(chain(*people))) for _ in range(scale.repeats)]
        bare = [await _of_bare_tls(folder / IDENTITY_FILE, scale.members) for _ in range(scale.repeats)]
    title = f"memory for each idle member, {rooms} rooms x {scale.per_room}"
    stage.add(Row("memory/member", title, "KiB", ours, bare))


async def _of_members(folder: Path, home: Home, people: list[Person]) -> Run:
    """They come back to a server that has just started: only what a connection costs is counted, not the log."""
    async with running(chat_server(folder)) as server:
        await settle()
        before = server.rss_kib()
        members = await come_back(home, people)
        await settle()
        used = server.rss_kib() - before
        close_all(members)
    return Run(used / len(people))


async def _of_bare_tls(pem: Path, count: int) -> Run:
    async with running(bare_tls_server(pem)) as server:
        await settle()
        before = server.rss_kib()
        links = [await Link.connect(chat_target(server.port)) for _ in range(count)]
        await settle()
        used = server.rss_kib() - before
        for link in links:
            link.close()
    return Run(used / count)
