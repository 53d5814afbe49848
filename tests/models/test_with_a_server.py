"""The models over a real client and a real server, on this computer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chat_protocol.ids import LogId
from desktop_chat.core.copying import Extent
from desktop_chat.core.effects import Notice
from desktop_chat.core.server import Server
from desktop_chat.models.conversations import Connection, Conversations
from desktop_chat.models.kept import Kept
from desktop_chat.models.messages import Messages
from desktop_chat.store.sqlite import SqliteStore
from tests.core.desk import START_MS
from tests.core.people import Person, Place, room_of
from tests.models.seen import Seen, rows_of


class Window:
    """One person's list, and one conversation."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.kept = Kept(person.client)
        self.list = Conversations(person.client, self.kept)
        self.seen: Seen | None = None
        self._noticed = person.client.on_notice
        person.client.on_notice = self._on_notice

    def open(self, server: Server, log: LogId) -> Seen:
        self.seen = Seen(Messages(self.person.client, server, log, self.kept))
        return self.seen

    async def until(self, condition: Callable[[], object]) -> None:
        await self.person.until(condition)

    def _on_notice(self, server: Server, notice: Notice) -> None:
        batch = [(server, notice)]
        self.list.apply(batch)
        if self.seen is not None:
            self.seen.messages.apply(batch)
            assert self.seen.rows == dict(rows_of(self.seen.messages))
        self._noticed(server, notice)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[tuple[Place, Window]]:
    store = SqliteStore(tmp_path / "host.db", START_MS)
    async with Person(store) as host:
        folder = tmp_path / "server"
        folder.mkdir()
        place = Place(folder, host)
        async with place.open():
            yield place, Window(host)
    store.close()


async def test_two_people_see_the_same(home: tuple[Place, Window], tmp_path: Path) -> None:
    place, host = home
    at_host = await place.enter()
    room = room_of(at_host)
    for n in range(60):
        await at_host.send_text(room, f"before {n}")
    await host.until(lambda: not at_host.session.outbox.rows())
    store = SqliteStore(tmp_path / "ann.db", START_MS)
    async with Person(store, extent=Extent.AS_READ) as person:
        ann = Window(person)
        server, _ = await person.joined(await at_host.invite(room), "Ann")
        seen, at_home = ann.open(server, room), host.open(at_host, room)
        first = at_home.messages.item(1)
        assert first is not None
        assert (seen.messages.first_row, seen.messages.last_row) == (1, 60)
        assert seen.messages.row_of(first.shown.ref) is None
        seen.messages.look_for(first.shown.ref)
        await ann.until(lambda: ("found", first.shown.ref, 1) in seen.told)
        seen.messages.item(60)
        await ann.until(lambda: seen.texts() == [f"before {n}" for n in range(60)])

        ref = await server.send_text(room, "hello", reply=first.shown.ref)
        await ann.until(lambda: seen.texts()[-1] == "hello")
        await host.until(lambda: at_home.texts()[-1] == "hello")
        await at_host.react(room, ref, "🙂")
        await at_host.delete(room, first.shown.ref)
        await ann.until(lambda: (seen.texts()[0], seen.texts()[-1]) == ("(deleted)", "hello 🙂"))
        await host.until(lambda: at_home.texts() == seen.texts())
        quoted = seen.messages.quoted(first.shown.ref)
        assert quoted is not None
        assert quoted.deleted

        lobby = ann.list.value(server.id, room)
        assert lobby is not None
        assert (lobby.title, lobby.preview, lobby.preview_is_mine) == ("Lobby", "hello", True)
        group = ann.list.group(server.id)
        assert group is not None
        assert (group.title, group.is_own, group.connection) == ("Hugo", False, Connection.CONNECTED)
        assert seen.messages.author(at_host.me).name == "Hugo"
        seen.messages.close()
    store.close()


async def test_what_is_written_while_the_server_rests_waits_and_comes(home: tuple[Place, Window]) -> None:
    place, host = home
    server = await place.enter()
    room = room_of(server)
    await server.send_text(room, "before")
    seen = host.open(server, room)
    await host.until(lambda: seen.texts() == ["before"])
    assert place.server is not None
    place.server.restart()
    await host.until(lambda: not server.is_connected)
    ref = await server.send_text(room, "while it rests")
    assert seen.texts() == ["before", "while it rests waiting"]
    group = host.list.group(server.id)
    assert group is not None
    assert (group.connection, group.waiting, group.is_own) == (Connection.RESTING, 1, True)
    assert group.resting_since_ms is not None
    await server.delete(room, ref)
    assert seen.texts() == ["before"]
