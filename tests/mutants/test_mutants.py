"""A server with a mistake is caught by the checker of histories, and one without passes it, under the same faults.

The workload is small and hard: every entry is sent twice as if the first answer was lost, and the disk fails twice,
once with the batch stored and once without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from msgspec import Raw
from websockets.exceptions import ConnectionClosed

from chat_protocol import frames
from chat_protocol.errors import Code
from chat_protocol.events import Access, Entry, Event, Make, React, Text, decode_event
from chat_protocol.ids import Cid, LogId, Ref, b64, first_h, next_h
from chat_server.storage.contract import Batch, StorageUncertain
from tests.conftest import AllowLog
from tests.faults.history import History, check
from tests.memory_storage import MemoryStorage, Moment
from tests.mutants.mutants import (
    AcksBeforeCommit,
    DropsFanOut,
    ForgetsCids,
    LetsEverybodyRead,
    LetsEverybodyWrite,
    SwapsTwo,
)
from tests.server.transport.conftest import Running, Start
from tests.wire import Key, Wire, entry

SENDERS = 3
ROUNDS = 6


class FailingDisk:
    """Fails at two batches, those with the messages named here: the first stores nothing, the second all."""

    def __init__(self) -> None:
        self.left = {Moment.BEFORE: b"sender 0, round 3", Moment.STORED: b"sender 1, round 3"}

    def __call__(self, moment: Moment, batch: Batch) -> None:
        marker = self.left.get(moment)
        if marker is not None and any(marker in one.encoded for one in batch.events):
            del self.left[moment]
            raise StorageUncertain


class Sender:
    """Writes two messages at a time, until they are stored; in every other round once more, as if the answer had been
    lost."""

    def __init__(self, running: Running, name: str, key: Key, history: History) -> None:
        self.running, self.name, self.key, self.history = running, name, key, history

    async def run(self) -> None:
        wire = await self.running.log_in(self.key, follow=False)
        for number in range(ROUNDS):
            texts = [Text(f"{self.name}, round {number}, message {n}") for n in range(2)]
            entries = [entry(self.running.room, "text", text) for text in texts]
            for one in entries:
                self.history.write(self.name, Ref(self.key.member, one.cid), one.body)
            for _again in range(1 if number % 2 else 2):
                wire = await self._store(wire, entries)

    async def _store(self, wire: Wire, entries: list[Entry]) -> Wire:
        raw = [Raw(msgspec.json.encode(one)) for one in entries]
        for _attempt in range(20):
            try:
                answer = await wire.request(lambda re: frames.Send(re, raw))
            except ConnectionClosed:
                wire = await self.running.log_in(self.key, follow=False)
                continue
            if isinstance(answer, frames.Ok) and answer.res is not None:
                for one in answer.res:
                    assert one.seq is not None, one
                    self.history.ack(Ref(self.key.member, one.cid), one.seq)
                return wire
            assert isinstance(answer, frames.Err), answer
            assert answer.code is Code.BUSY, answer
        raise AssertionError("the server never stored it")


class Reader:
    """Follows the room from its first event on, over the failures of the disk, and keeps what it got."""

    def __init__(self, running: Running, name: str, key: Key, history: History) -> None:
        self.running, self.name, self.key, self.history = running, name, key, history
        self.seq, self.h = 0, first_h(running.room)
        self.is_live = asyncio.Event()

    async def run(self, last: Cid) -> None:
        """Until that event came, or what was held is no part of the log any more."""
        while True:
            wire = await self.running.log_in(self.key, follow=False)
            request = frames.Follow(wire.next_id(), {self.running.room: (self.seq, b64(self.h[:8]))})
            await wire.write(request)
            answer = await wire.answer(request.id)
            assert isinstance(answer, frames.Ok), answer
            if answer.logs != {self.running.room: "behind"}:
                self.history.odd.append(f"read: {self.name} holds what is not in the log")
                return
            try:
                while True:
                    frame = await wire.expect(frames.Events)
                    for event in map(decode_event, frame.items):
                        self._got(event)
                    self.is_live.set()
                    if event.cid == last:
                        return
            except ConnectionClosed:
                continue

    def _got(self, event: Event) -> None:
        self.history.read(self.name, event)
        self.h = next_h(self.h, event.seq, event.by, event.cid, event.kind, event.target, event.key)
        self.seq = event.seq
        self.history.ended[self.name] = (self.seq, self.h)


async def findings(start: Start, storage: MemoryStorage) -> set[str]:
    """The kinds of what the checker finds after the workload."""
    history = History()
    async with start(open_storage=lambda: storage) as running:
        host = await running.log_in(running.host, follow=False)
        keys = [Key.fresh() for _ in range(SENDERS + 2)]
        for number, key in enumerate(keys):
            await running.join(host, f"Member {number}", key=key, follow=False)
        last = entry(running.room, "text", Text("the end"))
        readers = [Reader(running, f"reader {n}", key, history) for n, key in enumerate(keys[SENDERS:])]
        senders = [Sender(running, f"sender {n}", key, history) for n, key in enumerate(keys[:SENDERS])]
        async with asyncio.TaskGroup() as tasks:
            for reader in readers:
                tasks.create_task(reader.run(last.cid))
            for reader in readers:
                await reader.is_live.wait()
            storage.hook = FailingDisk()
            async with asyncio.TaskGroup() as writing:
                for sender in senders:
                    writing.create_task(sender.run())
            host = await running.log_in(running.host, follow=False)
            # The last event ends the readers: it must be none that a mutant drops.
            while ((await host.say(running.room, "more")).seq or 0) % 10 != 8:
                pass
            await host.send(last)
        events = [decode_event(data) for data in storage.read(running.room, 0, 2**40, 2**40).events]
    assert Moment.BEFORE not in storage.hook.left, "the disk did not fail as it should"
    return {line.partition(":")[0] for line in check(history, running.room, events)}


@pytest.fixture(autouse=True)
def the_disk_fails(allow_log: AllowLog) -> None:
    allow_log("chat_server.commit", "the disk failed")


async def test_without_a_mistake_nothing_is_found(start: Start) -> None:
    """P1, P2, P3, P4, P5 under failures of the disk; else finding mistakes would mean nothing."""
    storage = MemoryStorage()
    assert await findings(start, storage) == set()
    assert isinstance(storage.hook, FailingDisk)
    assert not storage.hook.left


async def test_an_ack_before_the_commit_is_found(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """P1."""
    monkeypatch.setattr("chat_server.app.Committer", AcksBeforeCommit)
    assert "lost" in await findings(start, MemoryStorage())


async def test_a_dropped_fan_out_is_found(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """P5."""
    monkeypatch.setattr("chat_server.app.Feeds", DropsFanOut)
    assert {"read", "head"} <= await findings(start, MemoryStorage())


async def test_a_forgotten_cid_is_found(start: Start) -> None:
    """P2."""
    assert "doubled" in await findings(start, ForgetsCids())


async def test_two_swapped_events_are_found(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """P3."""
    monkeypatch.setattr("chat_server.app.Feeds", SwapsTwo)
    assert {"read", "head"} <= await findings(start, MemoryStorage())


# --- who may not read -----------------------------------------------------------------------------------------


async def leaks(start: Start) -> set[str]:
    """What an outsider gets of a private room, by every request there is."""
    found = set()
    async with start() as running:
        host = await running.log_in(running.host, follow=False)
        room = LogId(b64(b"private." * 2))
        await host.append(room, "make", Make("Secret", Access.PRIVATE), key="make")
        said = await host.say(room, "a secret word")
        ref = Ref(running.host.member, said.cid)
        await host.say(running.room, "a public word")
        outsider = await running.join(host, "Outsider", follow=False)
        requests: dict[str, Callable[[int], frames.Request]] = {
            "follow": lambda re: frames.Follow(re, {room: None}),
            "follow from": lambda re: frames.Follow(re, {room: (0, b64(first_h(room)[:8]))}),
            "page before": lambda re: frames.Page(re, room, 9, before=99),
            "page newest": lambda re: frames.Page(re, room, 9),
            "page around": lambda re: frames.Page(re, room, 9, around=ref),
            "page around row": lambda re: frames.Page(re, room, 9, around_row=1),
            "search": lambda re: frames.Search(re, "secret", room),
            "search everywhere": lambda re: frames.Search(re, "secret"),
            "mark": lambda re: frames.Mark(re, room, 1),
            "react": lambda re: send(re, entry(room, "react", React("x"), target=ref)),
            "reply": lambda re: send(re, entry(running.room, "text", Text("x", reply=ref))),
        }
        for name, make in requests.items():
            answer = await outsider.request(make)
            if isinstance(answer, frames.Ok) and says_something(answer):
                found.add(name)
    return found


def send(re: int, one: Entry) -> frames.Send:
    return frames.Send(re, [Raw(msgspec.json.encode(one))])


def says_something(answer: frames.Ok) -> bool:
    if answer.res is not None:
        return answer.res[0].err is None
    if answer.logs is not None:
        return "unknown_log" not in answer.logs.values()
    return answer.hits != []


async def test_an_outsider_learns_nothing_by_any_request(start: Start) -> None:
    """P17."""
    assert await leaks(start) == set()


async def test_a_skipped_check_of_membership_is_found(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """P17."""
    monkeypatch.setattr("chat_server.app.Hub", LetsEverybodyRead)
    reads = {"follow", "follow from", "page before", "page newest", "page around", "page around row", "mark"}
    assert await leaks(start) == reads


async def test_a_skipped_check_of_permissions_is_found(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """P17, C9."""
    monkeypatch.setattr("chat_server.hub.entries.Context", LetsEverybodyWrite)
    assert await leaks(start) == {"react"}
