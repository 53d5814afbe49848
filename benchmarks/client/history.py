"""People on a server, and long conversations that are put straight into what the server and the programs hold.

A conversation is written through the storages' own interfaces, in batches as a catch-up brings them: every `h`, index
and checksum is there as if each message had come over the wire.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from chat_protocol.events import Event, Text, encode_body, encode_event
from chat_protocol.ids import LogId, MemberId, Position, new_cid, next_h
from chat_server.storage.contract import Appended, Batch
from chat_server.storage.sqlite import SqliteStorage
from desktop_chat.core.client import Client
from desktop_chat.core.server import Server
from desktop_chat.store.contract import Extended, Keep, Marked, Op, ServerId
from desktop_chat.store.sqlite import SqliteStore
from tests.faults.server_process import ServerProcess

_BATCH = 5_000
_APART_MS = 20_000
_GUARD_S = 60.0
_RARE = 10_000
"""One message in so many holds RARE."""
COMMON, RARE, CHINESE, ABSENT = "harbour", "quartz", "会议", "zyzzyva"
"""To be searched: a word of every tenth message, one that hardly any has, one of every hundredth, one of none."""


@dataclass(frozen=True)
class Home:
    """A server at which two people are, with a room of both and one of the first person's only."""

    server: ServerProcess
    id: ServerId
    room: LogId
    archive: LogId
    members: tuple[MemberId, MemberId]
    folder: Path

    @property
    def profiles(self) -> tuple[Path, Path]:
        return self.folder / "hugo", self.folder / "ann"


async def found(folder: Path, *, raised: bool = False) -> Home:
    """The server does not run when this returns; both profiles hold all that it has. `raised`: its limits of what one
    device and one room may send."""
    rates = ["--rate", "device=1000000", "--rate", "room=1000000"] if raised else []
    server = ServerProcess(folder / "server", folder / "server.log", ["--bind", "local", *rates])
    await server.start()
    try:
        async with await Client.open(folder / "hugo") as first, await Client.open(folder / "ann") as second:
            hugo = await first.join(server.ready["host_link"], "Hugo")
            room = hugo.invited_to
            assert room is not None
            ann = await second.join(await hugo.invite(room), "Ann")
            archive = await hugo.make_room("Archive")
            await hugo.stored(await hugo.send_text(archive, "The first one here."))
            await _hold_the_same([(first, hugo), (second, ann)], room)
            home = Home(server, hugo.id, room, archive, (hugo.me, ann.me), folder)
            await first.keep("window:conversation", f"{home.id} {room}")
            await second.keep("window:conversation", f"{home.id} {room}")
    finally:
        await server.stop()
    return home


async def _hold_the_same(people: Sequence[tuple[Client, Server]], room: LogId) -> None:
    """Each has what the other said last."""
    for (_, one), (client, other) in (people, people[::-1]):
        came = asyncio.Event()

        def on_message(*_: object, came: asyncio.Event = came) -> None:
            came.set()

        client.on_message = on_message
        said = await one.send_text(room, "Good morning!")
        async with asyncio.timeout(_GUARD_S):
            await one.stored(said)
            while other.store.message(other.id, room, said) is None:
                await came.wait()
                came.clear()


@dataclass(frozen=True)
class Conversation:
    """`count` messages from `at` on, said by turns, the last one at `until_ms`. The same whenever it is read."""

    at: Position
    members: Sequence[MemberId]
    count: int
    until_ms: int

    def batches(self) -> Iterator[tuple[list[Event], list[bytes], Position]]:
        """Events, the h at each, and the position behind the last one."""
        chance = random.Random(self.at.seq)
        bodies = [encode_body(Text(text)) for text in _texts(chance)]
        seq, h, row = self.at
        ts = self.until_ms - self.count * _APART_MS
        for begin in range(0, self.count, _BATCH):
            events, hs = [], []
            for _ in range(min(_BATCH, self.count - begin)):
                seq, row, ts = seq + 1, row + 1, ts + _APART_MS
                by = chance.choice(self.members)
                event = Event(seq, row, ts, by, new_cid(ts, chance.randbytes(10)), "text", body=chance.choice(bodies))
                h = next_h(h, seq, by, event.cid, "text", None, None)
                events.append(event)
                hs.append(h)
            yield events, hs, Position(seq, h, row)


def _texts(chance: random.Random) -> list[str]:
    """As many as RARE wants, some 60 characters each; every fifth is Chinese."""
    letters, hanzi = "abcdefghiklmnoprstu", [chr(0x4E00 + 7 * n) for n in range(1_500)]
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(4_000)]
    texts = []
    for number in range(_RARE):
        if number % 5 == 0:
            said = ["".join(chance.choices(hanzi, k=chance.randint(8, 30)))]
        else:
            said = [words[min(int(chance.paretovariate(0.6)), len(words)) - 1] for _ in range(chance.randint(3, 18))]
        said += [COMMON] * (number % 10 == 3) + [CHINESE] * (number % 100 == 5) + [RARE] * (number == 73)
        texts.append(" ".join(said))
    return texts


def of_server(home: Home, count: int) -> Conversation:
    """What goes on in the shared room, to be put into the server and those who hold it."""
    with closing(SqliteStorage(home.server.folder / "chat.db")) as storage:
        at = next(log.at for log in storage.load().logs if log.log == home.room)
    return Conversation(at, home.members, count, _now_ms())


def of_profile(home: Home, profile: Path, log: LogId, count: int) -> Conversation:
    """What goes on behind what a profile holds."""
    with closing(SqliteStore(profile / "store.db", _now_ms())) as store:
        held = store.held_log(home.id, log)
    assert held is not None
    return Conversation(held.at, home.members, count, _now_ms())


def put_into_server(home: Home, said: Conversation) -> None:
    with closing(SqliteStorage(home.server.folder / "chat.db")) as storage:
        head = said.at.seq
        for events, hs, at in said.batches():
            appended = [
                Appended(home.room, event, encode_event(event), h, None) for event, h in zip(events, hs, strict=True)
            ]
            storage.append(Batch({home.room: head}, appended))
            head = at.seq


def put_into_profile(home: Home, profile: Path, log: LogId, said: Conversation) -> None:
    """Everything counts as read."""
    with closing(SqliteStore(profile / "store.db", _now_ms())) as store:
        for events, _, at in said.batches():
            ops: list[Op] = [Extended(home.id, log, events, at), Marked(home.id, log, at.seq)]
            store.apply(ops)
        store.apply([Keep("window:conversation", f"{home.id} {home.room}")])
        while store.tidy():
            pass


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
