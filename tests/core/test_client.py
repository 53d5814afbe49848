"""The client against a real server, over TLS on this computer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Response
from websockets.typing import Subprotocol

from chat_protocol import invite_link, limits
from chat_protocol.errors import Code
from chat_protocol.events import Access, SetAccess
from chat_protocol.ids import PEOPLE, LogId
from chat_server.transport.tls import ServerIdentity
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.connection import OPEN_S
from desktop_chat.core.effects import Ending, Signalled, WindowChanged
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.server import Server
from desktop_chat.store.contract import Delivery, LogClosed, Op
from tests.conftest import AllowLog
from tests.core.people import GUARD_S, Person, Place, room_of
from tests.store.memory import MemoryStore


@dataclass
class Home:
    """A server, its host, and the first room."""

    place: Place
    person: Person
    host: Server
    room: LogId

    async def link(self, uses: int = 100) -> str:
        return await self.host.invite(self.room, uses=uses)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with Person() as person:
        place = Place(tmp_path, person)
        async with place.open():
            host = await place.enter()
            yield Home(place, person, host, room_of(host))


class Silence:
    """Something that listens and never says a word."""

    async def __aenter__(self) -> Self:
        self._asked = asyncio.Event()
        self._server = await asyncio.start_server(self._listen, "127.0.0.1", 0)
        self.address = invite_link.Address("127.0.0.1", self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    def instead_of(self, link: str) -> str:
        """A link that leads here, where nobody has its key."""
        return replace(invite_link.parse(link), addresses=(self.address,)).to_app_link()

    async def is_asked(self) -> None:
        async with asyncio.timeout(GUARD_S):
            await self._asked.wait()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._asked.set()
        await reader.read()  # as long as somebody speaks
        writer.close()


class SlowStore(MemoryStore):
    """Writes when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = threading.Event()
        self.may_write.set()

    def apply(self, ops: Sequence[Op]) -> None:
        assert self.may_write.wait(GUARD_S)
        super().apply(ops)


async def refused(doing: Callable[[], object]) -> ChatError:
    with pytest.raises(ChatError) as caught:
        await doing()  # type: ignore[misc]
    assert str(caught.value)
    return caught.value


async def test_two_people_talk_and_hold_one_order(home: Home) -> None:
    async with Person() as ann:
        server, room = await ann.joined(await home.link(), "Ann")
        ref = await server.send_text(room, "hello")
        await server.stored(ref)
        await home.person.until(lambda: home.person.messages == ["hello"])
        await home.host.send_text(room, "hi Ann", reply=ref, mentions=[server.me])
        await ann.until(lambda: ann.messages == ["hello", "hi Ann"])
        # An estimate until what is held reaches down to the mark.
        await ann.until(lambda: server.unread(room) == rooms.Unread(1, 1, is_exact=True))
        await server.edit(room, ref, "hello!")
        await home.host.react(room, ref, "🙂")
        await home.host.pin(room, ref)
        await home.host.delete(room, ref)
        await ann.until(lambda: ann.texts(server, room)[:1] == [""])
        await home.person.until(lambda: home.host.session.sync.held[room].at == server.session.sync.held[room].at)
        assert home.host.name_of(server.me) == "Ann"
        assert ann.errors == []


async def test_a_restart_in_between_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """P1, P2, P4, P5 with a planned stop; kills are for the fault runs."""
    async with Person() as person:
        place = Place(tmp_path, person)
        async with place.open():
            server = await place.enter()
            room = room_of(server)
            for n in range(5):
                await server.send_text(room, f"before {n}")
        await person.until(lambda: not server.is_connected)
        assert person.endings[-1].code is Code.RESTART
        for n in range(5):
            await server.send_text(room, f"offline {n}")
        async with place.open():
            server.driver.wake()
            await person.until(lambda: len(person.messages) == 10)
            assert person.messages == [*(f"before {n}" for n in range(5)), *(f"offline {n}" for n in range(5))]
            assert server.session.outbox.rows() == []


async def test_peek_tells_where_an_invite_leads_and_uses_nothing_up(home: Home) -> None:
    link = await home.link(uses=1)
    async with Person() as ann:
        for _ in range(2):
            info = await ann.client.peek(link)
        assert (info.host, info.room, info.members, info.present) == ("Hugo", "Lobby", 1, 1)
        await ann.joined(link, "Ann")


async def test_peek_waits_for_an_answer_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def say_nothing(connection: ServerConnection) -> None:
        await connection.wait_closed()

    identity = ServerIdentity.load_or_create(tmp_path)
    subprotocols = [Subprotocol(limits.PROTOCOL)]
    async with serve(say_nothing, "127.0.0.1", 0, ssl=identity.context(), subprotocols=subprotocols) as server:
        address = invite_link.Address("127.0.0.1", next(iter(server.sockets)).getsockname()[1])
        link = invite_link.Invite((address,), identity.fingerprint, b"t" * 16).to_app_link()
        monkeypatch.setattr("desktop_chat.core.client.ANSWER_S", 0.01)
        async with Person() as ann:
            assert (await refused(lambda: ann.client.peek(link))).code is Trouble.NO_ANSWER


async def test_a_host_knows_all_addresses_others_the_newest(home: Home) -> None:
    old = [f"192.0.2.{n}:47000" for n in range(1, 41)]
    home.host.session.know(msgspec.structs.replace(home.host.session.known, addresses=tuple(old)))
    await home.place.enter()
    assert home.host.session.known.addresses == (home.place.address,)
    async with Person() as ann:
        server, _ = await ann.joined(await home.link(), "Ann")
        server.session.know(msgspec.structs.replace(server.session.known, addresses=tuple(old)))
        await ann.joined(await home.link(), "Ann")
        assert server.session.known.addresses == (home.place.address, *old[:11])


async def test_a_link_holds_what_addresses_it_can(home: Home) -> None:
    names = [f"{n}.example:47000" for n in range(200)]
    link = await home.host.invite(home.room, addresses=names)
    assert [str(one) for one in invite_link.parse(link).addresses] == names[:12]
    label = "a" * 60
    long = [f"{n}.{label}.{label}.{label}:47000" for n in range(12)]
    assert (await refused(lambda: home.host.invite(home.room, addresses=long))).code is Trouble.INVITE_TOO_LONG


# --- refusals: each its own code and sentence, and nothing that was written is lost ---------------------------------


async def test_an_invite_that_is_wrong_says_how(home: Home) -> None:
    link = await home.link()
    other = replace(invite_link.parse(link), token=os.urandom(16)).to_app_link()
    used, revoked = await home.link(uses=1), await home.link()
    await home.host.stored(await home.host.revoke(invite_link.parse(revoked).token))
    async with Person() as ann:
        await ann.joined(used, "Ann")
        tries = {
            "hello": Trouble.NOT_AN_INVITE,
            link[:-1] + "?": Trouble.INVITE_MISTYPED,
            link[:-9]: Trouble.INVITE_TRUNCATED,
            other: Code.INVITE_UNKNOWN,
            used: Code.INVITE_USED_UP,
            revoked: Code.INVITE_REVOKED,
        }
        for text, code in tries.items():
            async with Person() as bob:  # who fails has to wait a little (A8)
                assert (await refused(lambda text=text, bob=bob: bob.client.join(text, "Bob"))).code is code  # type: ignore[misc]
                assert bob.client.servers == {}


async def test_an_expired_invite_says_so(home: Home) -> None:
    link = await home.link()
    assert home.place.server is not None
    clock = home.place.server.committer._clock
    home.place.server.committer._clock = lambda: clock()._replace(wall_ms=clock().wall_ms + 8 * 86_400_000)
    async with Person() as ann:
        assert (await refused(lambda: ann.client.join(link, "Ann"))).code is Code.INVITE_EXPIRED


async def test_a_taken_name_comes_with_a_free_one(home: Home) -> None:
    link = await home.link()
    async with Person() as ann:
        error = await refused(lambda: ann.client.join(link, "HUGO"))
        assert error.code is Code.NAME_TAKEN
        assert error.suggestion
        assert error.suggestion in str(error)
        assert (await refused(lambda: ann.client.join(link, "admin"))).code is Code.NAME_NOT_ALLOWED
        server, _ = await ann.joined(link, error.suggestion)
        await ann.until(lambda: server.name_of(server.me) == error.suggestion)


async def test_a_member_keeps_the_server_when_a_further_invite_is_refused(home: Home) -> None:
    async with Person() as ann:
        server, room = await ann.joined(await home.link(), "Ann")
        further = await home.host.make_room("Den")
        link = await home.host.invite(further)
        await home.host.stored(await home.host.revoke(invite_link.parse(link).token))
        assert (await refused(lambda: ann.client.join(link, "Ann"))).code is Code.INVITE_REVOKED
        await server.stored(await server.send_text(room, "still here"))
        same, den = await ann.joined(await home.host.invite(further), "Ann")
        assert (same, den) == (server, further)


async def test_a4_another_key_is_a_hard_stop(home: Home, tmp_path: Path) -> None:
    link = replace(invite_link.parse(await home.link()), key=os.urandom(32)).to_app_link()
    async with Person() as ann:
        assert (await refused(lambda: ann.client.join(link, "Ann"))).code is Trouble.WRONG_SERVER_KEY


async def test_a4_where_another_server_has_the_old_address_the_own_one_is_looked_for_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "other").mkdir()
    async with Person() as hugo, Person() as ann, Place(tmp_path / "other", None).open() as other:
        home = Place(tmp_path / "home", hugo)
        async with home.open():
            host = await home.enter()
            link = await host.invite(room_of(host), addresses=[other.address, home.address])
            server, _ = await ann.joined(link, "Ann")
        await ann.until(lambda: [one.code for one in ann.endings].count(Trouble.WRONG_SERVER_KEY) > 1)
        assert not any(one.is_final for one in ann.endings)
        async with home.open():
            await ann.until(lambda: server.is_connected)


async def test_a_further_joining_does_not_wait_for_an_attempt_at_an_old_address(tmp_path: Path) -> None:
    async with Person() as hugo, Person() as ann, Silence() as silence:
        old = (str(silence.address),)
        async with Place(tmp_path, hugo).open() as home:
            host = await home.enter()
            link = await host.invite(room_of(host), addresses=[home.address])
            server, _ = await ann.joined(link, "Ann")
            server.session.know(msgspec.structs.replace(server.session.known, addresses=old))
            server.driver.end(Ending(Trouble.CONNECTION_LOST))
            attempts = server.driver.attempts
            await ann.until(lambda: server.driver.attempts > attempts)
            assert not server.is_connected
            async with asyncio.timeout(OPEN_S / 2):
                await ann.joined(link, "Ann")


async def test_a_joining_that_is_called_off_leaves_no_member_and_no_invite(home: Home) -> None:
    async with Person() as ann, Silence() as silence, asyncio.TaskGroup() as tasks:
        link = await home.link(uses=1)
        joining = tasks.create_task(ann.client.join(silence.instead_of(link), "Ann"))
        await silence.is_asked()
        joining.cancel()
        await asyncio.wait([joining])
        assert joining.cancelled()
        assert ann.client.servers == {}
        assert [known.token for known in ann.store.servers()] == [None], "it would join at the next start"
        await ann.joined(link, "Ann")


async def test_a_member_who_calls_off_a_further_joining_is_not_in_that_room_later(home: Home) -> None:
    store = SlowStore()
    async with Person(store) as ann, asyncio.TaskGroup() as tasks:
        server, room = await ann.joined(await home.link(), "Ann")
        den = await home.host.make_room("Den")
        link = await home.host.invite(den)
        store.may_write.clear()
        joining = tasks.create_task(ann.client.join(link, "Ann"))
        await asyncio.sleep(0)
        assert server.session.known.token is not None, "it is being put down"
        joining.cancel()
        store.may_write.set()
        await asyncio.wait([joining])
        assert joining.cancelled()
        server.driver.end(Ending(Trouble.CONNECTION_LOST))
        await server.send_text(room, "still here")
        await home.person.until(lambda: home.person.messages == ["still here"])
        assert server.me not in rooms.in_room(home.host.state(den))


async def test_who_joins_twice_at_once_is_there_once(home: Home) -> None:
    async with Person() as ann:
        link = await home.link()
        one, other = await asyncio.gather(ann.client.join(link, "Ann"), ann.client.join(link, "Ann"))
        assert one is other
        assert list(ann.client.servers.values()) == [one]


async def test_what_is_not_there_or_no_chat_server_says_so(home: Home) -> None:
    invite = invite_link.parse(await home.link())
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        closed_port = nobody.getsockname()[1]

    async def shout(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(shout, "127.0.0.1", 0) as mail, Person() as ann:
        port = mail.sockets[0].getsockname()[1]
        for at, code in ((closed_port, Trouble.UNREACHABLE), (port, Trouble.NOT_A_CHAT_SERVER)):
            link = replace(invite, addresses=(invite_link.Address("127.0.0.1", at),)).to_app_link()
            assert (await refused(lambda link=link: ann.client.join(link, "Ann"))).code is code  # type: ignore[misc]
        # Of several addresses one is enough, wherever it stands.
        addresses = (*(invite_link.Address("127.0.0.1", at) for at in (closed_port, port)), *invite.addresses)
        await ann.joined(replace(invite, addresses=addresses).to_app_link(), "Ann")


@pytest.mark.parametrize("is_stopping", [False, True])
async def test_who_lets_nobody_in_is_of_another_version_or_about_to_stop(tmp_path: Path, is_stopping: bool) -> None:
    identity = ServerIdentity.load_or_create(tmp_path)

    async def ignore(_connection: object) -> None:
        raise AssertionError("nobody gets in")

    def answer(connection: ServerConnection, _request: object) -> Response | None:
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Shutting down.\n") if is_stopping else None

    offered: dict[str, Any] = {"subprotocols": [Subprotocol("desktop-chat.9")], "process_request": answer}
    async with serve(ignore, "127.0.0.1", 0, ssl=identity.context(), **offered) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        invite = invite_link.Invite((invite_link.Address("127.0.0.1", port),), identity.fingerprint, b"t" * 16)
        async with Person() as ann:
            error = await refused(lambda: ann.client.join(invite.to_app_link(), "Ann"))
            assert error.code is (Trouble.UNREACHABLE if is_stopping else Trouble.OTHER_VERSION)


async def test_what_this_device_keeps_is_durable_before_it_is_told() -> None:
    async with Person() as ann:
        told: list[tuple[str, str | None]] = []
        ann.client.on_kept = lambda key, value: told.append((key, ann.store.kept().get(key)))
        await ann.client.keep("language", "zh_CN")
        await ann.client.keep("language", None)
        assert told == [("language", "zh_CN"), ("language", None)]
        ann.store.full = True  # type: ignore[attr-defined]
        assert (await refused(lambda: ann.client.keep("language", "en"))).code is Trouble.DISK_FULL_HERE
        assert len(told) == 2
        ann.store.full = False  # type: ignore[attr-defined]


async def test_a_full_disk_here_keeps_what_was_durable_and_goes_on_when_there_is_room(home: Home) -> None:
    async with Person() as ann:
        server, room = await ann.joined(await home.link(), "Ann")
        ann.store.full = True  # type: ignore[attr-defined]
        assert (await refused(lambda: server.send_text(room, "no room"))).code is Trouble.DISK_FULL_HERE
        await ann.until(lambda: not server.is_connected)
        await home.host.send_text(room, "meanwhile")
        ann.store.full = False  # type: ignore[attr-defined]
        server.driver.wake()
        await ann.until(lambda: ann.messages == ["meanwhile"])
        await server.stored(await server.send_text(room, "room again"))
        assert [str(error.code) for error in ann.errors if isinstance(error, ChatError)] == ["disk_full_here"]


async def test_joining_on_a_full_disk_says_so_and_leaves_nothing(home: Home) -> None:
    async with Person() as ann:
        link = await home.link(uses=1)
        ann.store.full = True  # type: ignore[attr-defined]
        assert (await refused(lambda: ann.client.join(link, "Ann"))).code is Trouble.DISK_FULL_HERE
        assert ann.client.servers == {}
        ann.store.full = False  # type: ignore[attr-defined]
        await ann.joined(link, "Ann")


async def test_a_listener_for_errors_that_fails_itself_stops_nothing(home: Home) -> None:
    def fail(_server: Server | None, error: BaseException) -> None:
        raise RuntimeError("a bug in the listener") from error

    bugs: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: bugs.append(context["exception"]))
    async with Person() as ann:
        server, room = await ann.joined(await home.link(), "Ann")
        ann.client.on_error = fail
        ann.store.full = True  # type: ignore[attr-defined]
        assert (await refused(lambda: server.send_text(room, "no room"))).code is Trouble.DISK_FULL_HERE
        assert [type(bug) for bug in bugs] == [RuntimeError]
        ann.store.full = False  # type: ignore[attr-defined]
        await ann.until(lambda: not server.is_connected)
        server.driver.wake()
        await server.stored(await server.send_text(room, "room again"))


async def test_a_refused_event_is_told_and_stays_for_the_person(home: Home) -> None:
    async with Person() as ann:
        server, room = await ann.joined(await home.link(), "Ann")
        ref = await server.pin(room, await server.send_text(room, "important"))
        assert (await refused(lambda: server.stored(ref))).code is Code.FORBIDDEN
        await ann.until(lambda: [row.delivery for row in server.session.outbox.rows()] == [Delivery.REFUSED])
        assert [error.code for error in ann.errors if isinstance(error, ChatError)] == [Code.FORBIDDEN]
        state = await server.write(room, "access", SetAccess(Access.PRIVATE), key="access")
        assert (await refused(lambda: server.stored(state))).code is Code.FORBIDDEN
        assert [row.kind for row in server.session.outbox.rows()] == ["pin"]
        assert [error.code for error in ann.errors if isinstance(error, ChatError)] == [Code.FORBIDDEN] * 2
        assert (await refused(lambda: server.send_text(LogId("A" * 22), "hi"))).code is Code.UNKNOWN_LOG
        assert (await refused(lambda: server.send_text(room, "x" * 16_001))).code is Code.TEXT_TOO_LONG


# --- rooms, people, devices -----------------------------------------------------------------------------------------


async def test_rooms_are_made_entered_and_left_and_a_kick_is_felt_at_once(home: Home) -> None:
    """A10"""
    async with Person() as ann:
        server, _ = await ann.joined(await home.link(), "Ann")
        den = await home.host.make_room("Den", Access.OPEN)
        await home.host.stored(await home.host.send_text(den, "old news"))
        await ann.until(lambda: (den, "Den") in list(rooms.open_rooms(server.state(PEOPLE))))
        await server.enter(den)
        await ann.until(lambda: ann.texts(server, den) == ["old news"])
        assert rooms.room_name(server.state(den)) == "Den"
        assert set(rooms.in_room(server.state(den))) == {server.me, home.host.me}
        await home.host.kick(den, server.me)
        await ann.until(lambda: LogClosed(server.id, den) in ann.notices)
        assert ann.texts(server, den) == ["old news"]
        assert (await refused(lambda: server.send_text(den, "hello?"))).code is Code.UNKNOWN_LOG


async def test_a_dm_can_be_begun_offline_by_either_side(home: Home) -> None:
    async with Person() as ann:
        server, _ = await ann.joined(await home.link(), "Ann")
        dm = server.open_dm(home.host.me)
        assert dm == home.host.open_dm(server.me)
        await server.send_text(dm, "psst")
        await home.host.send_text(dm, "yes?")
        for person, at in ((ann, server), (home.person, home.host)):
            await person.until(lambda person=person, at=at: sorted(person.texts(at, dm)) == ["psst", "yes?"])  # type: ignore[misc]
        assert rooms.dm_members(server.state(dm)) == tuple(sorted((server.me, home.host.me)))
        assert rooms.member_named(server.state(PEOPLE), "hugo") == home.host.me


async def test_the_same_identity_on_two_devices_sees_the_same(home: Home) -> None:
    async with Person() as ann, Person(key=ann.key) as tablet:
        server, room = await ann.joined(await home.link(), "Ann")
        other, _ = await tablet.joined(await home.link(), "Ann")
        await server.send_text(room, "from the laptop")
        await other.send_text(room, "from the tablet")
        await ann.until(lambda: len(ann.texts(server, room)) == 2)
        await tablet.until(lambda: ann.texts(server, room) == tablet.texts(other, room))
        server.mark(room, server.session.sync.held[room].at.seq)
        await tablet.until(lambda: other.session.sync.held[room].mark == other.session.sync.held[room].at.seq)
        other.signal(room, "typing")
        await home.person.until(lambda: any(isinstance(one, Signalled) for one in home.person.notices))


async def test_several_servers_at_once(home: Home, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    async with Person() as eve:
        second = Place(tmp_path / "second", eve)
        async with second.open():
            hers = await second.enter("Eve")
            his, room = await eve.joined(await home.link(), "Eve")
            await hers.stored(await hers.send_text(room_of(hers), "at home"))
            await his.stored(await his.send_text(room, "at his"))
            await eve.until(lambda: sorted(eve.messages) == ["at his", "at home"])
            assert len(eve.client.servers) == 2
            eve.client.woke()  # probes both
            await his.stored(await his.send_text(room, "again"))
            await eve.client.close()


async def test_a_window_and_a_search_reach_what_is_not_held(home: Home) -> None:
    for n in range(30):
        await home.host.send_text(home.room, f"会议 {n}")
    await home.host.stored(await home.host.send_text(home.room, "end"))
    async with Person() as ann:
        server, room = await ann.joined(await home.link(), "Ann")
        number = server.window(room, around=3)
        await ann.until(lambda: any(isinstance(one, WindowChanged) for one in ann.notices))
        assert "会议 2" in [one.text for one in server.session.windows.open[number].messages]
        async with asyncio.timeout(GUARD_S):
            while len(await server.search("会议 7", room)) != 1:
                pass  # the index follows the commits
        server.page(room, 1)
        await ann.until(lambda: len(ann.texts(server, room)) == 31)


# --- the client itself ----------------------------------------------------------------------------------------------


async def test_callbacks_may_be_coroutines_and_a_bug_in_one_is_reported(home: Home) -> None:
    async with Person() as ann:
        server, room = await ann.joined(await home.link(), "Ann")

        async def echo(at: Server, log: LogId, message: object) -> None:
            if getattr(message, "by", None) != at.me:
                await at.send_text(log, "echo")
            else:
                raise RuntimeError("a bug in the bot")

        ann.client.on_message = echo
        await home.host.send_text(room, "anyone?")
        await home.person.until(lambda: home.person.messages == ["anyone?", "echo"])
        await ann.until(lambda: ann.errors)
        assert isinstance(ann.errors[0], RuntimeError)
        await server.stored(await server.send_text(room, "still talking"))


async def test_a_profile_is_open_once_and_keeps_what_waits(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    async with await Client.open(folder) as client:
        server = await client.join(await home.link(), "Ann")
        assert (await refused(lambda: Client.open(folder))).code is Trouble.PROFILE_OPEN
        room = server.invited_to
        assert room is not None
        await server.driver.stop()
        ref = await server.send_text(room, "written with no connection")
    async with await Client.open(folder) as client:
        (server,) = client.servers.values()
        await server.stored(ref)
        await home.person.until(lambda: home.person.messages == ["written with no connection"])


async def test_a_profile_can_be_looked_at_before_it_connects(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    async with await Client.open(folder) as client:
        await client.join(await home.link(), "Ann")
    async with await Client.open(folder, connect=False) as client:
        (server,) = client.servers.values()
        ref = await server.send_text(home.room, "written before there is a connection")
        assert server.driver.last_ending is None, "no attempt was made"
        assert not server.is_connected
        await client.connect()
        await server.stored(ref)


async def test_a_damaged_copy_is_set_aside_and_that_is_told(tmp_path: Path, allow_log: AllowLog) -> None:
    allow_log("desktop_chat.core.client", "set aside")
    async with await Client.open(tmp_path / "profile") as client:
        assert not client.copy_was_damaged
    (tmp_path / "profile" / "store.db").write_bytes(b"not a database" * 100)
    async with await Client.open(tmp_path / "profile") as client:
        assert client.copy_was_damaged


async def test_a_copy_that_shows_its_damage_only_when_it_is_read_is_set_aside_too(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    async with await Client.open(tmp_path):
        pass
    with contextlib.closing(sqlite3.connect(file)) as store:
        (page,) = store.execute("SELECT rootpage FROM sqlite_master WHERE name = 'server'").fetchone()
        (size,) = store.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size + 100)
        opened.write(b"!")
    assert (await refused(lambda: Client.open(tmp_path))).code is Trouble.STORE_DAMAGED
    async with await Client.open(tmp_path) as client:
        assert client.servers == {}


def test_nothing_is_imported_for_a_connection_before_there_is_one() -> None:
    script = (
        "import sys, desktop_chat.core.client\n"
        "print([name for name in ('websockets', 'cryptography', 'keyring', 'PySide6') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_profile_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ChatError) as refused:
        await Client.open(tmp_path / "file")
    assert refused.value.code is Trouble.PROFILE_NOT_WRITABLE
