"""The members of a server under measurement: rooms and invites are made, people join, leave and come back."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from benchmarks.server.link import Target, read_now_and_then
from benchmarks.server.member import Member, Person, chat_target, entry
from benchmarks.server.processes import ServerProcess
from chat_protocol.events import Make
from chat_protocol.ids import LogId, b64
from chat_server.operator import invite_entry

AT_ONCE = 100
"""Connections that are opening at a time: well below the server's cap of strangers."""

_READ_EVERY_S = 0.2
"""What comes meanwhile to a member, while a thousand join, fits the system's buffers."""


@dataclass(frozen=True)
class Room:
    log: LogId
    token: bytes
    """Of an invite that leads to it."""


@dataclass
class Home:
    """A founded server and its rooms; it stays right when the server is started again."""

    target: Target
    fingerprint: bytes
    rooms: list[Room]

    async def join(self, person: Person, room: Room) -> Member:
        """A newcomer, who holds all logs that they read when this returns."""
        member = await Member.log_in(self.target, self.fingerprint, person, room.token)
        await member.follow({})
        return member

    async def come_back(self, person: Person) -> Member:
        """A member, caught up from where `person` was."""
        member = await Member.log_in(self.target, self.fingerprint, person)
        await member.follow(person.positions)
        return member


async def found(server: ServerProcess, rooms: int) -> Home:
    """The host makes the rooms and an invite to each, and leaves."""
    target = chat_target(server.port)
    host = await Member.log_in(target, server.fingerprint, Person.fresh(0), server.host_token)
    made = []
    for number in range(rooms):
        room = Room(LogId(b64(os.urandom(16))), os.urandom(16))
        made.append(room)
        await host.send(entry(room.log, "make", Make(f"Room {number}"), key="make"))
        await host.send(invite_entry(room.token, room.log, time.time_ns() // 1_000_000, uses=10_000))
    host.close()
    return Home(target, server.fingerprint, made)


async def populate(home: Home, sizes: Sequence[int]) -> tuple[list[list[Person]], list[list[Member]]]:
    """So many newcomers for each room; they and their connections."""
    people = strangers(sizes)
    return people, await join(home, people)


def strangers(sizes: Sequence[int]) -> list[list[Person]]:
    """Who will join, so many for each room."""
    numbers = count(1)
    return [[Person.fresh(next(numbers)) for _ in range(size)] for size in sizes]


async def join(home: Home, people: Sequence[Sequence[Person]]) -> list[list[Member]]:
    """All of `people`, by room, join; their connections. Who is in only listens, and is read now and then."""
    gate = asyncio.Semaphore(AT_ONCE)
    listening: list[Member] = []

    async def one(person: Person, room: Room) -> Member:
        async with gate:
            member = await home.join(person, room)
        member.read_when_told()
        listening.append(member)
        return member

    async with asyncio.TaskGroup() as reading:
        turns = reading.create_task(read_now_and_then(listening, _READ_EVERY_S))
        async with asyncio.TaskGroup() as tasks:
            joining = [
                [tasks.create_task(one(person, room)) for person in those]
                for room, those in zip(home.rooms, people, strict=True)
            ]
        turns.cancel()
    return [[done.result() for done in those] for those in joining]


async def come_back(home: Home, people: Iterable[Person]) -> list[Member]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(person: Person) -> Member:
        async with gate:
            return await home.come_back(person)

    async with asyncio.TaskGroup() as tasks:
        coming = [tasks.create_task(one(person)) for person in people]
    return [done.result() for done in coming]


async def remember(home: Home, people: Sequence[Sequence[Person]]) -> None:
    """All of `people`, by room, hold from now on what there is."""
    for room in people:
        other_device = replace(room[0], device=os.urandom(16))  # the one that is connected stays
        member = await Member.log_in(home.target, home.fingerprint, other_device)
        for person in room:
            person.positions = member.positions()
        member.close()


def close_all(members: Iterable[Member]) -> None:
    for member in members:
        member.close()
