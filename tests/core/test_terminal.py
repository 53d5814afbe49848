"""The terminal client as a person or a pipe uses it: real processes, real lines."""

from __future__ import annotations

import asyncio
import functools
import io
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

import pytest
from msgspec import Raw
from msgspec.structs import replace

from chat_protocol import invite_link
from chat_protocol.errors import Code
from chat_protocol.fold import Shown
from chat_protocol.ids import PEOPLE, member_id, new_cid
from chat_protocol.key_words import key_digits, key_words
from chat_server.storage.contract import Batch, StorageFull
from chat_server.storage.data_folder import DataFolder
from desktop_chat import talk, terminal
from desktop_chat.core.sentences import ChatError, sentence
from desktop_chat.core.server import Server
from tests.conftest import AllowLog
from tests.core.people import GUARD_S, Person, Place, room_of

SCRIPT = [sys.executable, "-m", "desktop_chat.terminal"]


class Seat:
    """A terminal client in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    @classmethod
    async def take(cls, *arguments: str) -> Seat:
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*SCRIPT, *arguments, stdin=pipe, stdout=pipe, stderr=pipe))

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    async def read_to(self, end: str) -> str:
        """The next line that ends so."""
        assert self.process.stdout is not None
        async with asyncio.timeout(GUARD_S):
            while line := (await self.process.stdout.readline()).decode():
                self.lines.append(line.rstrip("\n"))
                if self.lines[-1].endswith(end):
                    return self.lines[-1]
        raise AssertionError(f"{end!r} never came: {self.lines}")

    async def shows(self, end: str) -> None:
        """A line that ends so, be it one that was read already."""
        if not any(line.endswith(end) for line in self.lines):
            await self.read_to(end)

    async def leave(self) -> tuple[int, str]:
        """Ends its input; exit code and stderr."""
        async with asyncio.timeout(GUARD_S):
            _, errors = await self.process.communicate(b"")  # without input it would stay open
        assert self.process.returncode is not None
        return self.process.returncode, errors.decode()


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Seat]:
    seat = await Seat.take("--host", "--bind", "local", "--name", "Hugo", "--profile", str(tmp_path / "host"))
    yield seat
    assert await seat.leave() == (terminal.DONE, "")


async def link_of(host: Seat) -> str:
    await host.read_to("its picture:")
    assert host.process.stdout is not None
    return (await host.process.stdout.readline()).decode().strip()


async def test_a_host_and_a_guest_talk_by_lines(host: Seat, tmp_path: Path) -> None:
    link = await link_of(host)
    host.type("welcome")
    await host.read_to("Hugo: welcome")
    guest = await Seat.take(link, "--name", "Ann", "--profile", str(tmp_path / "ann"))
    await guest.read_to("Hugo: welcome")  # said before she came
    key = invite_link.parse(link).key
    assert guest.lines[0] == host.lines[0], "both read the same of the key"
    assert " ".join(key_words(key)) in host.lines[0]
    assert host.lines[0].endswith(key_digits(key))
    guest.type("thanks")
    await host.read_to("Ann: thanks")
    await guest.read_to("Ann: thanks")
    guest.type("/edit thank you")
    assert (await host.read_to("Ann: thank you (edited)"))[0] == "*"
    await guest.read_to("Ann: thank you (edited)")
    guest.type("/who")
    assert set((await guest.read_to("")).split(", ")) == {"Hugo", "Ann"}
    guest.type("/dm hugo")
    await guest.read_to("shows the commands)")
    guest.type("psst")
    await guest.read_to("Ann: psst")
    guest.type("/invite")
    await guest.read_to("! You may not do that here.")
    guest.type("/room Nowhere")
    await guest.read_to("/rooms shows them.")
    assert guest.lines.count("! You may not do that here.") == 1
    guest.type("/quit")
    assert await guest.leave() == (terminal.DONE, "")
    namesake = await Seat.take(link, "--name", "Ann", "--profile", str(tmp_path / "other ann"))
    code, said = await namesake.leave()
    assert code == terminal.REFUSED
    assert said.endswith("Say --name 'Ann 2'\n")
    again = await Seat.take(link, "--name", "Ann", "--profile", str(tmp_path / "ann"))
    again.type("from a pipe")
    assert await again.leave() == (terminal.DONE, "")  # the end of the input does not cut it off
    await host.read_to("Ann: from a pipe")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
async def test_a_host_that_stays_needs_no_input_and_ends_by_a_signal(tmp_path: Path) -> None:
    host = await Seat.take("--host", "--stay", "--bind", "local", "--name", "Hugo", "--profile", str(tmp_path / "host"))
    link = await link_of(host)
    assert link in await host.read_to("--name NAME --profile PROFILE")
    assert host.process.stdin is not None
    host.process.stdin.close()
    guest = await Seat.take(link, "--name", "Ann", "--profile", str(tmp_path / "ann"))
    guest.type("anybody there?")
    await host.read_to("Ann: anybody there?")
    assert await guest.leave() == (terminal.DONE, "")
    host.process.terminate()
    assert await host.leave() == (terminal.DONE, "")
    assert not (tmp_path / "host" / "server" / "listening.json").exists(), "the server was told to end"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["hello"], terminal.REFUSED, "This is not an invite link."),
        ([], terminal.USAGE, "give an invite link, or --host"),
        (["desktopchat://join/x", "--host"], terminal.USAGE, "not both"),
        # Numbers, which no name server is asked for.
        (["--host", "--bind", "192.0.2.1"], terminal.NOT_HOSTED, "could not be started"),
    ],
    ids=["no invite", "nothing", "both", "no such address"],
)
async def test_what_does_not_work_ends_with_its_code_and_a_sentence(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    seat = await Seat.take(*arguments, "--profile", str(tmp_path / "p"))
    left = await seat.leave()
    assert left[0] == code, left
    assert said in left[1]
    assert "Traceback" not in left[1]


async def test_a_server_that_is_just_starting_is_no_mistake_of_the_program(tmp_path: Path) -> None:
    folder = tmp_path / "p" / "server"
    held = DataFolder(folder)  # and says nowhere yet where it listens
    seat = await Seat.take("--host", "--profile", str(tmp_path / "p"))
    code, said = await seat.leave()
    held.close()
    assert code == terminal.NOT_HOSTED, said
    assert f"Another server is just starting or ending over {folder}: try again in a moment." in said
    assert "Traceback" not in said


async def test_however_much_was_missed_every_line_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    missed = [f"missed {number}" for number in range(100)]
    async with Person() as hugo, Place(tmp_path, hugo).open() as place:
        host = await place.enter()
        room = room_of(host)
        async with Person() as ann:
            server, _room = await ann.joined(await host.invite(room), "Ann")
            await ann.until(lambda: {PEOPLE, room} <= server.held().keys())  # else one waits for it, and may miss less
        for text in missed:
            last = await host.send_text(room, text)
        await host.stored(last)
        again = Person(ann.store, ann.key)
        here = talk.Talk(again.client, said.append)
        async with again:
            (server,) = again.client.servers.values()
            await here.enter(server, room)  # nobody has said a word yet, as far as is known here
            async with asyncio.timeout(GUARD_S):
                await here._until(lambda: said[-1].endswith(missed[-1]))
    assert [line.partition("Hugo: ")[2] for line in said if "Hugo: " in line] == missed


async def test_d9_what_waits_though_there_is_a_connection_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allow_log: AllowLog
) -> None:
    allow_log("chat_server.commit", "the disk is full")
    said: list[str] = []
    monkeypatch.setattr(talk, "SEND_S", 0.0)

    def full(_batch: Batch) -> None:
        raise StorageFull

    async with Person() as hugo, Place(tmp_path, hugo).open() as place:
        server = await place.enter()
        assert place.server is not None
        monkeypatch.setattr(place.server.committer.threads.storage, "append", full)
        await server.send_text(room_of(server), "waits")
        await hugo.until(lambda: server.session.outbox.hindrance)
        here = talk.Talk(hugo.client, said.append)
        await here.enter(server, room_of(server))
        assert await here.unsent() == f"1 message waits here. {sentence(Code.STORAGE_FULL)}"


async def test_who_joins_a_server_whose_disk_is_full_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allow_log: AllowLog
) -> None:
    allow_log("chat_server.commit", "the disk is full")

    def full(_batch: Batch) -> None:
        raise StorageFull

    async with Person() as hugo, Person() as ann, Place(tmp_path, hugo).open() as place:
        server = await place.enter()
        link = await server.invite(room_of(server))
        assert place.server is not None
        monkeypatch.setattr(place.server.committer.threads.storage, "append", full)
        with pytest.raises(ChatError) as caught:
            await ann.client.join(link, "Ann")
        assert caught.value.code is Code.STORAGE_FULL


async def test_one_comes_back_without_a_link_and_offline_too(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    profile = ("--profile", str(tmp_path / "ann"))
    async with Person() as hugo:
        place = Place(tmp_path / "server", hugo)
        async with place.open():
            host = await place.enter()
            ann = await Seat.take(await host.invite(room_of(host)), "--name", "Ann", *profile)
            ann.type("first")
            await ann.read_to("Ann: first")
            assert await ann.leave() == (terminal.DONE, "")
        ann = await Seat.take(*profile)
        await ann.shows("Ann: first")
        await ann.shows("The server can't be reached. It may be off, or the network is in the way.")
        ann.type("from offline")
        await ann.read_to("(waiting here for a connection)")
        ann.type("/quit")
        assert await ann.leave() == (terminal.DONE, "")
        async with place.open():
            ann = await Seat.take(*profile)
            ann.type("and again")
            await ann.read_to("Ann: from offline")
            await ann.read_to("Ann: and again")
            await hugo.until(lambda: hugo.messages == ["first", "from offline", "and again"])
            assert await ann.leave() == (terminal.DONE, "")


def holds_all(server: Server) -> bool:
    return len(server.held()) == 3


async def test_several_servers_are_in_one_profile(tmp_path: Path) -> None:
    said: list[str] = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    async with (
        Person() as hugo,
        Person() as ann,
        Place(tmp_path / "one", hugo).open() as one,
        Place(tmp_path / "two", hugo).open() as two,
    ):
        for place in (one, two):
            host = await hugo.client.join_as_host(place.key, [place.address], "Hugo")
            await hugo.until(functools.partial(holds_all, host))
            await host.stored(await host.send_text(room_of(host), f"hello {len(ann.client.servers) + 1}"))
            server, room = await ann.joined(await host.invite(room_of(host)), "Ann")
        here = talk.Talk(ann.client, said.append)
        await here.enter(server, room)
        assert said[-1].endswith("Hugo: hello 2")
        await here.typed("/servers")
        assert said[-1] == f"1  Lobby (at {one.address})\n2  Lobby (at {two.address})"
        await here.typed("/server 3")
        assert said[-1] == "! There is no such server: /servers shows their numbers."
        await here.typed("/server 1")
        assert said[-1].endswith("Hugo: hello 1")
        first = next(iter(ann.client.servers.values()))
        assert here.last_place() == (first, room_of(first))


def test_it_says_which_version_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        terminal.main(["--version"])
    assert ended.value.code == terminal.DONE
    assert capsys.readouterr().out == f"desktop-chat-terminal {version('desktop-chat')}\n"


@pytest.mark.parametrize("as_host", [True, False])
async def test_an_invite_names_no_address_that_is_another_computer_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_host: bool
) -> None:
    said: list[str] = []
    elsewhere = "192.0.2.7:47000"
    async with Person() as hugo, Place(tmp_path, hugo).open() as place:
        server = await place.enter()
        here = talk.Talk(hugo.client, said.append, (elsewhere,) if as_host else ())
        if not as_host:
            await here.invite(server, room_of(server))
            assert said.pop() == "This link is of use on this computer only."
            known = server.session.known
            server.session.know(replace(known, addresses=(*known.addresses, elsewhere)))
        link = invite_link.parse(await here.invite(server, room_of(server)))
        assert said == []
    assert [str(address) for address in link.addresses] == [elsewhere]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ChatError(Code.INVITE_EXPIRED, detail="The invite has expired."),
            "This invite has expired. Ask for a new link.",
        ),
        (ChatError(Code.BANNED, detail="You were banned from this server."), "You are banned from this server."),
        (
            ChatError(Code.NAME_NOT_ALLOWED, detail="A name has 1 to 64 characters."),
            "This name is not allowed here. A name has 1 to 64 characters.",
        ),
    ],
    ids=["invite", "banned", "name"],
)
def test_a_refusal_is_said_once_and_with_what_to_do(error: ChatError, said: str) -> None:
    assert terminal._refusal(error) == said


async def test_a_mistake_is_said_and_the_chat_goes_on() -> None:
    said: list[str] = []
    async with Person() as hugo:
        talk.Talk(hugo.client, said.append)
        hugo.client.on_error(None, ZeroDivisionError("by zero"))
    assert said == ["! A mistake in this program: ZeroDivisionError('by zero')"]


def test_p18_what_only_a_later_version_can_read_is_said_to_be_so() -> None:
    later = Shown(1, 1, 0, member_id(b"ann"), new_cid(0, bytes(10)), "later message", body=Raw(b'{"text":"hidden"}'))
    assert talk.line("Ann", later).endswith(" Ann: (only a newer version can show this)")


def test_c1_remote_text_moves_no_cursor_and_plays_no_other_person() -> None:
    out = io.StringIO()
    talk.say("red \x1b[31m\x07 \u202eabc\u2066 fine 👩‍👩‍👧 文\ttab\nline", out)
    assert out.getvalue() == "red \ufffd[31m\ufffd \ufffdabc\ufffd fine 👩‍👩‍👧 文\ttab\nline\n"
