"""Hosting with real server processes: started, killed, attached to, stopped; and the invite that stays the same."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from chat_protocol import invite_link
from chat_protocol.ids import b64
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.server import Server
from desktop_chat.hosting import addresses, room_host
from desktop_chat.hosting import host as host_module
from desktop_chat.hosting.addresses import for_others, own_hosts, reachable, with_port
from desktop_chat.hosting.host import ALL, LOCAL, Host
from desktop_chat.hosting.invitation import DAY_MS, Invitation, qr_modules
from desktop_chat.hosting.room_host import State
from desktop_chat.hosting.server_process import last_lines
from tests.core.people import GUARD_S, Person
from tests.gui.conftest import LoopNotices
from tests.server.child import Child, child
from tests.waiting import woken

COMMAND = [sys.executable, "-P", "-m", "chat_server"]


class Hosting:
    """A person with the app's hosting, told of notices as the app tells it."""

    def __init__(self, person: Person, folder: Path, command: list[str] = COMMAND) -> None:
        self.person = person
        self.own_hosts = ["192.0.2.7", "2001:db8::7"]
        self.notices = LoopNotices()
        own = person.client.on_notice

        def on_notice(server: Server, notice: object) -> None:
            own(server, notice)  # type: ignore[arg-type]
            self.notices.add(server, notice)  # type: ignore[arg-type]

        person.client.on_notice = on_notice
        self.host = Host(person.client, folder, command=command, hosts=lambda: self.own_hosts)
        self.notices.happened.connect(self.host.apply)
        self.states: list[State] = []
        self._changed = asyncio.Event()
        self.host.changed.connect(self._on_changed)

    def _on_changed(self) -> None:
        if self.states[-1:] != [self.host.state]:
            self.states.append(self.host.state)
        self._changed.set()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(GUARD_S):
            while not condition():
                await woken(self._changed)

    async def kill(self) -> None:
        assert self.host.pid is not None
        os.kill(self.host.pid, signal.SIGKILL)
        await self.until(lambda: self.host.state is not State.LIVE)


@asynccontextmanager
async def hosting(folder: Path, person: Person | None = None) -> AsyncIterator[Hosting]:
    async with person or Person() as somebody:
        here = Hosting(somebody, folder / "server")
        try:
            yield here
        finally:
            await here.host.leave()


@pytest.fixture(autouse=True)
def any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are tried first are tried by everybody else on this computer too."""
    monkeypatch.setenv("DESKTOP_CHAT_PORT", "0")
    monkeypatch.setattr(addresses, "_PORTS", (0,))


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between death and restart. How long they are is for the tests of the state machine."""
    monkeypatch.setattr(room_host, "PAUSES_S", (0.0, 0.0, 0.0))


@pytest.fixture
async def here(qapp: QApplication, tmp_path: Path) -> AsyncIterator[Hosting]:
    async with hosting(tmp_path) as here:
        yield here


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def invitation_of(here: Hosting) -> Invitation | None:
    return here.host.invitation


def places(here: Hosting) -> list[str]:
    """Where the invite leads."""
    invitation = here.host.invitation
    return [] if invitation is None else list(map(str, invite_link.parse(invitation.link).addresses))


def answers(here: Hosting) -> bool:
    return here.host.server is not None and here.host.server.is_connected


# --- one click ------------------------------------------------------------------------------------------------


async def test_one_call_hosts_joins_and_invites_and_a_guest_talks(here: Hosting) -> None:
    host = here.host
    await host.start(LOCAL, name="Hugo", room="Lobby")
    assert here.states[0] is State.STARTING
    assert here.states[-1] is State.LIVE
    assert host.invitation is not None
    assert host.room is not None
    assert host.invitation.uses_left == 100
    now_ms = host.server.driver.now().wall_ms if host.server else 0
    assert host.invitation.days_left(now_ms) == 7
    async with Person() as guest:
        server, room = await guest.joined(host.invitation.link, "Grace")
        assert room == host.room
        await server.send_text(room, "hi")
        await here.person.until(lambda: "hi" in here.person.messages)
        await here.until(lambda: host.invitation is not None and host.invitation.uses_left == 99)
        server.signal("people", "present")  # type: ignore[arg-type]
        await here.until(lambda: server.me in host.others_here)
    await here.until(lambda: not host.others_here)
    assert host.storage_bytes() > 10_000


async def test_the_link_leads_to_the_addresses_that_the_computer_has_now(here: Hosting) -> None:
    host = here.host
    await host.start(ALL, name="Hugo")
    assert host.invitation is not None
    token, port = host.invitation.token, host.here[0].rpartition(":")[2]
    assert places(here) == list(host.addresses) == [f"192.0.2.7:{port}", f"[2001:db8::7]:{port}"]
    here.own_hosts = ["198.51.100.3"]  # another network
    host.look_for_addresses()
    assert places(here) == list(host.addresses) == [f"198.51.100.3:{port}"]
    assert host.invitation.token == token
    here.own_hosts = []  # none: the server itself knows at least one
    host.look_for_addresses()
    assert host.addresses


def test_for_others_are_all_addresses_but_those_of_no_use_to_them() -> None:
    hosts = ["127.0.0.1", "2001:db8::7", "169.254.3.4", "192.0.2.7", "fe80::1%eth0", "::1", "10.0.0.2", "192.0.2.7"]
    assert reachable(hosts) == ["192.0.2.7", "10.0.0.2", "2001:db8::7"]
    assert reachable(own_hosts()) == own_hosts()
    named = ["192.0.2.7:7", "[2001:db8::7]:7", "chat.example:7"]
    assert for_others(["127.0.0.1:7", *named, "[::1]:7"]) == named
    assert len(with_port([f"10.0.0.{number}" for number in range(9)], 7)) == 6


async def test_only_this_computer_is_a_choice_that_can_be_made_while_it_runs(here: Hosting) -> None:
    assert not here.host.was_hosted()
    await here.host.start(ALL, name="Hugo")
    assert here.host.was_hosted()
    first, port = here.host.pid, here.host.here[0]
    await here.host.start(LOCAL, name="Hugo")
    assert here.host.pid != first
    assert here.host.addresses == (port,)
    assert here.host.bind == LOCAL


# --- deaths ---------------------------------------------------------------------------------------------------


async def test_a_killed_server_comes_back_on_its_port_with_its_key_and_link(here: Hosting) -> None:
    host = here.host
    await host.start(LOCAL, name="Hugo")
    before = host.key, host.here, host.invitation, host.pid
    await here.kill()
    assert host.state is State.RESTARTING
    await here.until(lambda: host.state is State.LIVE)
    assert (host.key, host.here, host.invitation) == before[:3]
    assert host.pid != before[3]
    await here.person.until(lambda: answers(here))


async def test_three_deaths_are_told_with_the_last_lines(qapp: QApplication, tmp_path: Path, no_pauses: None) -> None:
    async with Person() as person:
        dying = [sys.executable, "-c", "import sys; print('out of luck', file=sys.stderr); sys.exit(1)"]
        here = Hosting(person, tmp_path / "server", dying)
        with pytest.raises(ChatError) as caught:
            await here.host.start(LOCAL, name="Hugo")
        assert caught.value.code is Trouble.HOSTING_FAILED
        assert caught.value.detail == "out of luck"
        assert here.states == [State.STARTING, State.RESTARTING, State.FAILED]
        assert here.host.last_lines == ("out of luck",)
        assert here.host.pid is None


async def test_a_program_that_is_not_there_is_told(qapp: QApplication, tmp_path: Path, no_pauses: None) -> None:
    async with Person() as person:
        here = Hosting(person, tmp_path / "server", [str(tmp_path / "nothing")])
        with pytest.raises(ChatError) as caught:
            await here.host.start(LOCAL, name="Hugo")
        assert str(tmp_path / "nothing") in caught.value.detail


async def test_what_can_not_be_started_at_all_is_told_at_once(here: Hosting) -> None:
    with pytest.raises(ChatError) as caught:
        await here.host.start("192.0.2.1", name="Hugo")  # of no computer: https://www.rfc-editor.org/rfc/rfc5737
    assert "192.0.2.1" in caught.value.detail
    assert State.RESTARTING not in here.states


async def test_a_taken_port_is_said_and_the_room_can_be_moved_to_another_one(here: Hosting) -> None:
    host = here.host
    await host.start(LOCAL, name="Hugo")
    first, taken = host.invitation, host.here[0]
    assert first is not None
    await host.stop()
    with socket.create_server(("127.0.0.1", int(taken.rpartition(":")[2]))):
        with pytest.raises(ChatError) as caught:
            await host.start(LOCAL, name="Hugo")
        assert caught.value.code is host.trouble is Trouble.PORT_TAKEN
        assert "taken" in host.last_lines[-1]
        assert State.RESTARTING not in here.states
        host.move()
        await host.start(LOCAL, name="Hugo")
        moved = host.here[0]
    assert moved != taken
    assert invitation_of(here) is not None
    assert places(here) == [moved]
    await host.stop()
    await host.start(LOCAL, name="Hugo")
    assert host.here[0] == moved, "it stays there"


async def test_a_port_that_was_taken_since_it_was_found_free_is_not_insisted_on(
    here: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = here.host
    await host.start(LOCAL, name="Hugo")
    await host.stop()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = int(other.getsockname()[1])
        found = iter([taken])
        monkeypatch.setattr(host_module, "free_port", lambda: next(found, None) or addresses.free_port())
        host.move()
        await host.start(LOCAL, name="Hugo")
        assert not host.here[0].endswith(f":{taken}")
    assert places(here) == [host.here[0]]


def test_the_last_lines_are_what_the_log_says_and_not_how_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    assert last_lines(log) == []
    log.write_text(
        "\n".join(
            [
                *(f"line {number}" for number in range(2_000)),
                '{"at": "2026-01-01", "level": "info", "by": "chat_server", "text": "It listens."}',
                '{"text": "the server failed", "traceback": "Traceback\\n  File\\nValueError: no"}',
                '{"else": 1}',
                "",
                "desktop-chat-server: port 47000 is taken",
            ]
        ),
        "utf-8",
    )
    assert last_lines(log) == [
        *("line 1997", "line 1998", "line 1999"),
        *("the server failed: ValueError: no", '{"else": 1}'),
        "desktop-chat-server: port 47000 is taken",
    ]


# --- one that runs already --------------------------------------------------------------------------------------


async def test_a_server_that_runs_is_attached_to_and_stays_when_the_app_goes(
    qapp: QApplication, tmp_path: Path
) -> None:
    person = Person()
    folder = tmp_path / "server"
    async with child("serve", "--data", folder, "--port", "0", "--host-key", b64(person.public)) as running:
        async with hosting(tmp_path, person) as here:
            await here.host.start(LOCAL, name="Hugo")
            assert here.host.is_attached
            assert here.host.key == running.fingerprint
            assert here.host.invitation is not None
            await here.host.leave()
            assert here.host.state is State.OFF
        assert running.process.returncode is None


@asynccontextmanager
async def attached(tmp_path: Path, *options: str) -> AsyncIterator[tuple[Hosting, Child]]:
    """A host whose server runs already, with these options."""
    person = Person()
    start = ("--data", str(tmp_path / "server"), "--port", "0", "--host-key", b64(person.public))
    async with child("serve", *options, *start) as running, hosting(tmp_path, person) as here:
        await here.host.start(LOCAL, name="Hugo")
        assert here.host.is_attached
        yield here, running


async def test_a_server_of_an_earlier_run_ends_with_the_program(qapp: QApplication, tmp_path: Path) -> None:
    async with attached(tmp_path, "--parent-pipe") as (here, running):
        assert here.host.ends_with_program
        await here.host.leave()
        assert here.host.state is State.OFF
        assert (await running.end())[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
async def test_a_server_of_an_earlier_run_that_hangs_is_not_stopped_when_the_room_is_hosted_again(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_host, "LEAVE_S", 0.0)
    async with attached(tmp_path, "--parent-pipe") as (here, running):
        server = here.host.server
        assert server is not None
        running.process.send_signal(signal.SIGSTOP)
        await here.host.leave()
        assert here.host.state is State.OFF
        assert [row.kind for row in server.session.outbox.rows()] == []


async def test_an_app_that_attached_can_stop_the_server_by_the_protocol(qapp: QApplication, tmp_path: Path) -> None:
    async with attached(tmp_path) as (here, running):
        await here.host.stop()
        assert here.host.state is State.OFF
        assert (await running.end())[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
async def test_a_server_that_was_asked_to_stop_and_hangs_is_not_asked_again_later(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_host, "STOP_S", 0.0)
    async with attached(tmp_path) as (here, running):
        server = here.host.server
        assert server is not None
        running.process.send_signal(signal.SIGSTOP)
        with pytest.raises(ChatError) as caught:
            await here.host.stop()
        assert caught.value.code is Trouble.NO_ANSWER
        assert here.host.state is State.LIVE
        assert [row.kind for row in server.session.outbox.rows()] == []


async def test_a_server_that_was_attached_to_and_died_is_followed_by_an_own_one(
    qapp: QApplication, tmp_path: Path
) -> None:
    person = Person()
    folder = tmp_path / "server"
    async with (
        child("serve", "--data", folder, "--port", "0", "--host-key", b64(person.public)) as running,
        hosting(tmp_path, person) as here,
    ):
        await here.host.start(LOCAL, name="Hugo")
        others = here.host.ends_with_program
        running.process.kill()
        await running.end()
        await here.until(lambda: here.host.state is State.LIVE and here.host.pid is not None)
        assert (others, here.host.ends_with_program) == (False, True)
        assert here.host.key == running.fingerprint
        assert not here.host.is_attached
        await here.person.until(lambda: answers(here))


# --- ending ---------------------------------------------------------------------------------------------------


async def test_a_stop_tells_everybody_and_leaves_no_process(here: Hosting) -> None:
    await here.host.start(LOCAL, name="Hugo")
    pid = here.host.pid
    assert pid is not None
    assert here.host.invitation is not None
    async with Person() as guest:
        await guest.joined(here.host.invitation.link, "Grace")
        await here.host.stop()
        await guest.until(lambda: [one for one in guest.endings if one.code == "stopped"])
    assert here.host.state is State.OFF
    assert here.host.pid is None
    assert not is_running(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("how", ["leave", "stop"])
async def test_a_server_that_hangs_is_killed_in_the_end(
    here: Hosting, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(room_host, "LEAVE_S", 0.0)
    monkeypatch.setattr(room_host, "STOP_S", 0.0)
    host = here.host
    await host.start(LOCAL, name="Hugo")
    pid = host.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(GUARD_S):
        await (host.leave() if how == "leave" else host.stop())
    assert (host.state, host.pid) == (State.OFF, None)
    assert not is_running(pid)


# --- the invite -----------------------------------------------------------------------------------------------


async def test_who_hides_that_they_are_here_is_counted(here: Hosting) -> None:
    await here.host.start(LOCAL, name="Hugo")
    assert await here.host.count_others() == 0
    assert here.host.invitation is not None
    async with Person() as guest:
        await guest.client.join(here.host.invitation.link, "Grace")  # and signals nothing
        assert (await here.host.count_others(), here.host.others_here) == (1, frozenset())


async def test_the_link_is_the_same_next_time(qapp: QApplication, tmp_path: Path) -> None:
    person = Person()
    async with hosting(tmp_path, person) as here:
        await here.host.start(LOCAL, name="Hugo")
        first = here.host.invitation
        await here.host.stop()
        await here.host.start(LOCAL, name="Hugo")
        assert here.host.invitation == first


async def test_the_link_is_the_same_however_many_rooms_there_are(here: Hosting) -> None:
    await here.host.start(LOCAL, name="Hugo")
    first, server = here.host.invitation, here.host.server
    assert server is not None
    rooms = [await server.make_room(f"Room {number}") for number in range(8)]
    await here.person.until(lambda: server.held().keys() >= set(rooms))
    await here.host.stop()
    await here.host.start(LOCAL, name="Hugo")
    assert here.host.invitation == first


async def test_a_revoked_link_leads_nowhere_and_the_next_one_is_another(here: Hosting) -> None:
    await here.host.start(LOCAL, name="Hugo")
    first = here.host.invitation
    assert first is not None
    await here.host.revoke()
    assert invitation_of(here) is None
    async with Person() as guest:
        with pytest.raises(ChatError) as caught:
            await guest.client.join(first.link, "Grace")
        assert caught.value.code == "invite_revoked"
    await here.host.renew()
    second = here.host.invitation
    assert second is not None
    assert second.link != first.link
    await here.host.renew()
    assert here.host.invitation is not None
    assert here.host.invitation.link not in (first.link, second.link)
    async with Person() as guest:
        await guest.joined(here.host.invitation.link, "Grace")


async def test_a_revoked_link_is_replaced_when_the_room_is_hosted_again(here: Hosting) -> None:
    await here.host.start(LOCAL, name="Hugo")
    first = here.host.invitation
    await here.host.revoke()
    await here.host.stop()
    await here.host.start(LOCAL, name="Hugo")
    assert first is not None
    assert here.host.invitation is not None
    assert here.host.invitation.link != first.link


async def test_how_long_an_invite_lasts(here: Hosting) -> None:
    await here.host.start(LOCAL, name="Hugo")
    invitation = here.host.invitation
    assert invitation is not None
    at = invitation.expires_ms
    assert [invitation.days_left(at - left) for left in (DAY_MS + 1, DAY_MS, 1, 0, -5)] == [2, 1, 1, 0, 0]
    assert invitation.is_good(at - 1)
    assert not invitation.is_good(at)
    assert not invitation._replace(used=100).is_good(at - 1)
    assert invitation._replace(used=101).uses_left == 0


def test_a_code_is_a_square_of_modules_with_its_finder_patterns() -> None:
    rows = qr_modules("desktopchat://join/192.0.2.7:47000#k=x")
    assert {len(row) for row in rows} == {len(rows)}
    assert rows[0][:8] == bytes([1, 1, 1, 1, 1, 1, 1, 0])
    assert {module for row in rows for module in row} == {0, 1}
