"""The people of a story, each with a client of their own, and the servers they meet on: all say what they have to."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from chat_protocol import invite_link
from chat_protocol.events import Access, Role, SetRole, Topic
from chat_protocol.ids import PEOPLE, LogId, MemberId, Ref, b64, unb64
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.server import Server
from desktop_chat.models.kept import YES, draft_key, favourite_key, muted_key
from tests.screenshots.staged import CLOCK, SEED, SERVER, stand_still
from tests.screenshots.story import Place, Room, Said, Story
from tests.waiting import woken


class Listening(NamedTuple):
    """Where a server is, and its key."""

    address: str
    key: bytes


class NotStarted(Exception):
    """Some server can't be where the pictures show it: another run, perhaps, has its port. The text says why."""


class ServerProcess:
    """Over a data folder. `async with` ends it whatever happened."""

    def __init__(self, process: asyncio.subprocess.Process, listening: Listening) -> None:
        self._process = process
        self.listening = listening

    @classmethod
    async def start(cls, folder: Path, clock: Path, host_key: bytes, name: str, place: Place) -> Self:
        """Returns when it listens. Raises `NotStarted`."""
        room = place.rooms[0].name
        options = (
            "--port",
            str(place.port),
            "--data",
            str(folder),
            "--host-key",
            b64(host_key),
            "--name",
            name,
            "--room",
            room,
        )
        errors = folder.parent / "server.stderr"
        with errors.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *(*SERVER, "serve", *options),
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, CLOCK: str(clock), SEED: name},
            )
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line:
            await process.wait()
            raise NotStarted(f"the server of {name} did not start: {errors.read_text('utf-8').strip()}")
        said = msgspec.json.decode(line)
        return cls(process, Listening(f"127.0.0.1:{said['port']}", unb64(said["fingerprint"])))

    async def end(self, number: signal.Signals) -> None:
        """SIGTERM: it comes back; SIGINT: the host stopped it."""
        if self._process.returncode is None:
            self._process.send_signal(number)
        await self._process.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end(signal.SIGTERM)


class Person:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.at: dict[str, Server] = {}
        """By the key of the place."""
        self._changed = asyncio.Event()
        client.on_notice = self._on_notice

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await woken(self._changed)

    def _on_notice(self, server: Server, notice: object) -> None:
        if type(notice).__name__ == "LoggedIn":
            server.signal(PEOPLE, "present")
        self._changed.set()


class Cast:
    """`async with`: everybody has said what the story says, and whoever hosts for others is still there."""

    def __init__(self, story: Story, folder: Path, clock: Path) -> None:
        self.story = story
        self.folder = folder
        self.logs: dict[tuple[str, str], LogId] = {}
        self.clock = clock
        self._people: dict[str, Person] = {}
        self._servers: dict[str, ServerProcess] = {}
        self._said: dict[str, Ref] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._play()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def stand_at(self, when: str) -> None:
        """All clocks."""
        then = datetime.strptime(when, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        new = self.clock.with_suffix(".new")
        new.write_text(str(round(then.timestamp() * 1000)), "ascii")
        new.replace(self.clock)

    def profile(self, who: str) -> Path:
        return self.folder / who

    def wake(self) -> None:
        """Whoever lost a connection tries at once."""
        for person in self._people.values():
            person.client.woke()

    def types(self, who: str, place: str, room: str) -> None:
        self._people[who].at[place].signal(self.logs[place, room], "typing")

    async def removes_me(self, who: str, place: str, room: str) -> None:
        """By `who` hosts there."""
        server = self._people[who].at[place]
        me = rooms.member_named(server.state(PEOPLE), self.story.names[self.story.me])
        assert me is not None
        await server.stored(await server.kick(self.logs[place, room], me))

    def for_this_computer(self, link: str) -> str:
        """The same invite, under the address where its server is for the pictures' sake."""
        invite = invite_link.parse(link)
        host, port = self._servers[self.story.places[0].key].listening.address.split(":")
        return invite_link.Invite((invite_link.Address(host, int(port)),), invite.key, invite.token).to_app_link()

    # --- playing ----------------------------------------------------------------------------------------------

    async def _play(self) -> None:
        story = self.story
        self.stand_at("2026-11-14 10:00")
        stand_still(self.clock, story.seed)
        for who in story.names:
            client = await self._stack.enter_async_context(await Client.open(self.profile(who)))
            self._people[who] = Person(client)
        for place in story.places:
            await self._found(place)
        for said in story.said:
            await self._say(said)
        await self._read()
        await self._keep()
        me, resting = self._people[story.me], story.places[-1].key
        await self._servers[resting].end(signal.SIGINT)
        await me.until(lambda: not me.at[resting].is_connected)
        for said in story.waiting:
            await self._say(said)
        for who in (story.me, story.visitor):
            await self._people.pop(who).client.close()
        await self._servers[story.places[0].key].end(signal.SIGTERM)
        self.stand_at(max(said.at for said in story.said))

    async def _found(self, place: Place) -> None:
        host = self._people[place.host]
        first, *others = place.rooms
        # Where the program looks for the server of its own person.
        folder = self.profile(place.host) / "server"
        name = self.story.names[place.host]
        starting = ServerProcess.start(folder, self.clock, host.client.identity.public, name, place)
        process = await self._stack.enter_async_context(await starting)
        self._servers[place.key] = process
        address = [process.listening.address]
        server = host.at[place.key] = await host.client.join_as_host(process.listening.key, address, name)
        await host.until(lambda: any(True for _ in rooms.open_rooms(server.state(PEOPLE))))
        log = next(log for log, _ in rooms.open_rooms(server.state(PEOPLE)))
        await host.until(lambda: log in server.held())
        link = await server.invite(log, uses=20, addresses=address)
        for who in place.people:
            person = self._people[who]
            person.at[place.key] = await person.client.join(link, self.story.names[who])
        await self._describe(place, first, log)
        for room in others:
            self.stand_at(f"2026-11-14 10:0{1 + others.index(room)}")  # which is the first is told by the time
            log = await server.make_room(room.name, Access.OPEN)
            await self._describe(place, room, log)
            await asyncio.gather(*(self._enter(self._people[who], place, log) for who in place.people))
        if len(place.rooms) > 1:
            moderator = self._member(place.key, place.people[0])
            await server.stored(await server.write(PEOPLE, "role", SetRole(Role.MODERATOR), key=f"role:{moderator}"))

    async def _describe(self, place: Place, room: Room, log: LogId) -> None:
        server = self._people[place.host].at[place.key]
        await server.stored(await server.write(log, "topic", Topic(room.topic), key="topic"))
        self.logs[place.key, room.key] = log

    async def _enter(self, person: Person, place: Place, log: LogId) -> None:
        server = person.at[place.key]
        await person.until(lambda: log in dict(rooms.open_rooms(server.state(PEOPLE))))
        await server.enter(log)
        await person.until(lambda: log in server.held())

    async def _say(self, said: Said) -> None:
        self.stand_at(said.at)
        server = self._people[said.by].at[said.place]
        log = self._log(said.place, said.by, said.room)
        mentions = self._members(said.place, said.mentions)
        ref = await server.send_text(log, said.was or said.text, self._said.get(said.reply), mentions)
        if said.tag:
            self._said[said.tag] = ref
        if said in self.story.waiting:
            return
        await server.stored(ref)
        if said.was:
            await server.edit(log, ref, said.text)
        if said.pinned:
            host = next(place.host for place in self.story.places if place.key == said.place)
            await self._people[host].at[said.place].pin(log, ref)
        if said.deleted:
            await server.delete(log, ref)
        for emoji, people in said.reactions.items():
            for who in people:
                other = self._people[who].at[said.place]
                await other.stored(await other.react(log, ref, emoji))

    def _log(self, place: str, by: str, room: str) -> LogId:
        """Direct messages have one name for each of the two; it is kept under that of `me`."""
        if not room.startswith("@"):
            return self.logs[place, room]
        log = self._people[by].at[place].open_dm(self._member(place, room[1:]))
        other = by if room[1:] == self.story.me else room[1:]
        self.logs[place, f"@{other}"] = log
        return log

    def _member(self, place: str, who: str) -> MemberId:
        return self._people[who].at[place].me

    def _members(self, place: str, people: Sequence[str]) -> list[MemberId]:
        return [self._member(place, who) for who in people]

    # --- what only this device knows --------------------------------------------------------------------------

    async def _read(self) -> None:
        story, me = self.story, self._people[self.story.me]
        told: dict[tuple[str, str], int] = {}
        for said in story.said:
            direct = f"@{said.by if said.room[1:] == story.me else said.room[1:]}"
            key = said.place, direct if said.room.startswith("@") else said.room
            told[key] = told.get(key, 0) + 1
        for (place, room), count in told.items():
            server, log = me.at[place], self.logs[place, room]

            def rows(server: Server = server, log: LogId = log) -> int:
                held = server.held().get(log)
                return 0 if held is None else held.at.row

            await me.until(lambda count=count, rows=rows: rows() == count)  # type: ignore[misc]
            read = server.store.messages(
                server.id, log, before_row=count + 1 - story.unread.get((place, room), 0), limit=1
            )
            if read:
                server.mark(log, read[-1].seq)
                seq = read[-1].seq
                await me.until(lambda server=server, log=log, seq=seq: server.held()[log].mark >= seq)  # type: ignore[misc]

    async def _keep(self) -> None:
        story, client = self.story, self._people[self.story.me].client
        at = self._people[story.me].at
        for place, room in story.favourites:
            await client.keep(favourite_key(at[place].id, self.logs[place, room]), YES)
        for place, room in story.muted:
            await client.keep(muted_key(at[place].id, self.logs[place, room]), YES)
        place, room, text = story.draft
        await client.keep(draft_key(at[place].id, self.logs[place, room]), text)
        first = story.places[0]
        await client.keep("window:conversation", f"{at[first.key].id} {self.logs[first.key, first.rooms[1].key]}")
        await client.keep("hosting:bind", "all")
