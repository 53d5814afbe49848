"""The driver: one commit for all that waits, no answer before it, and what becomes of failures (P1, P12, D9, D11)."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import pytest
from msgspec import Raw

from chat_protocol.errors import Code, Refused
from chat_protocol.events import Entry, Text, encode_body
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, Ref, member_id, new_cid
from chat_server import commit
from chat_server.commit import Committer, StorageThreads
from chat_server.hub.hub import Hub
from chat_server.hub.requests import Answer, Decision, LoggedIn, LoginRequest, Now, Request, SendRequest
from chat_server.storage.contract import Batch, Storage, StorageFull, StorageUncertain
from tests.conftest import AllowLog
from tests.memory_storage import MemoryStorage, Moment
from tests.wire import GUARD_S

NOW = Now(1_700_000_000_000, 0.0)
SERVER, HOST = os.urandom(32), os.urandom(32)
ME = member_id(HOST)


@dataclass
class Told:
    """An audience that notes what it was told, in order with the answers."""

    said: list[object] = field(default_factory=list)
    is_full: bool = False
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    drained: asyncio.Event = field(default_factory=asyncio.Event)

    turns: int = 0
    """Of the loop, that telling takes from now on."""

    def is_telling(self) -> bool:
        self.turns -= self.turns > 0
        return self.turns > 0

    async def drain(self) -> None:
        if self.is_full:
            self.asked.set()
            await self.drained.wait()

    def publish(self, decision: Decision) -> None:
        self.said.append(len(decision.batch.events))

    def moved(self, log: LogId, head: int) -> None:
        self.said.append(("moved", log, head))

    def reloaded(self) -> None:
        self.said.append("reloaded")


@dataclass
class Bench:
    committer: Committer
    storage: MemoryStorage
    told: Told
    room: LogId

    def send(self, *texts: str, by: MemberId = ME, device: str = "device") -> SendRequest:
        return SendRequest(by, device, [self.text(text) for text in texts])

    def text(self, text: str) -> Raw:
        cid = new_cid(NOW.wall_ms, os.urandom(10))
        return Raw(msgspec.json.encode(Entry(self.room, cid, "text", encode_body(Text(text)))))

    async def ask(self, *requests: Request) -> list[Answer]:
        """All of them at once."""
        async with asyncio.timeout(GUARD_S):
            return list(await asyncio.gather(*map(self.committer.ask, requests)))

    def head(self) -> int:
        return self.committer.hub.position(self.room).seq


def founded(storage: Storage) -> LogId:
    hub = Hub(storage.load())
    decision = hub.found(SERVER, HOST, None, "Lobby", NOW)
    storage.append(decision.batch)
    hub.commit(decision)
    (room,) = {one.log for one in hub.readable(ME)} - {PEOPLE, STAFF}
    return room


@asynccontextmanager
async def running(storage: MemoryStorage | None = None) -> AsyncIterator[Bench]:
    storage = storage or MemoryStorage()
    room = founded(storage)
    threads = StorageThreads(storage)
    load = lambda: Hub(storage.load())  # noqa: E731
    told = Told()
    committer = Committer(load(), threads, load, lambda: NOW)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(committer.run(told))
        try:
            yield Bench(committer, storage, told, room)
        finally:
            committer.stop()
    threads.close()


def outcomes(answer: Answer) -> list[int | Code]:
    assert isinstance(answer, list), answer
    return [sent.seq or 0 if sent.err is None else sent.err.code for sent in answer]


async def test_all_that_waits_is_one_commit() -> None:
    async with running() as bench:
        first = bench.head() + 1
        answers = await bench.ask(*(bench.send(str(number)) for number in range(10)))
        assert [outcomes(answer) for answer in answers] == [[first + number] for number in range(10)]
        assert bench.told.said == [10]


async def test_while_a_commit_runs_requests_wait_undecided() -> None:
    entered, go_on = threading.Event(), threading.Event()
    batches: list[int] = []

    def slow(moment: Moment, batch: Batch) -> None:
        if moment is Moment.BEFORE:
            batches.append(len(batch.events))
            entered.set()
            assert go_on.wait(GUARD_S)

    async with running() as bench:
        bench.storage.hook = slow
        first = asyncio.gather(bench.committer.ask(bench.send("a")))
        await asyncio.to_thread(entered.wait, GUARD_S)
        others = asyncio.gather(*(bench.committer.ask(bench.send("b")) for _ in range(5)))
        await asyncio.sleep(0)
        assert not first.done()
        assert bench.told.said == []
        go_on.set()
        await first
        await others
        assert batches == [1, 5]


async def test_p1_publishing_comes_before_the_answers() -> None:
    async with running() as bench:
        order = bench.told.said
        bench.committer.submit(bench.send("a", "b"), lambda answer: order.append(outcomes(answer)))
        await bench.ask(bench.send("c"))
        assert [type(one) for one in order[:2]] == [int, list]


async def test_d7_what_is_stored_is_told_when_there_is_room_for_it() -> None:
    async with running() as bench, asyncio.timeout(GUARD_S):
        told, head = bench.told, bench.head()
        told.is_full = True
        first = asyncio.gather(bench.committer.ask(bench.send("a")))
        await told.asked.wait()
        second = asyncio.gather(bench.committer.ask(bench.send("b")))
        await asyncio.sleep(0)
        assert bench.storage.position(bench.room, head + 1) is not None
        assert bench.storage.position(bench.room, head + 2) is None
        assert (told.said, bench.head()) == ([], head)
        told.drained.set()
        assert [outcomes(answer) for answer in [*await first, *await second]] == [[head + 1], [head + 2]]
        assert told.said == [1, 1]


async def test_a_round_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "ROUND_ENTRIES", 64)
    async with running() as bench:
        await bench.ask(*(bench.send(*("x" * 20), device=str(number)) for number in range(8)))
        assert bench.told.said == [60, 60, 40]


async def test_d9_a_full_disk_refuses_what_needs_room_and_nothing_else(allow_log: AllowLog) -> None:
    allow_log("chat_server.commit", "the disk is full")
    full = [True]

    def hook(_moment: Moment, _batch: Batch) -> None:
        if full[0]:
            raise StorageFull

    async with running() as bench:
        known = bench.send("known")
        (stored,) = await bench.ask(known)
        bench.storage.hook = hook
        write, again, login, bad = await bench.ask(
            bench.send("new"), known, LoginRequest(HOST, "device"), bench.send("x", by=member_id(b"nobody"))
        )
        assert isinstance(write, Refused)
        assert (write.code, write.after_ms) == (Code.STORAGE_FULL, commit.FULL_AFTER_MS)
        assert isinstance(again, list)
        assert again[0].dup
        assert outcomes(again) == outcomes(stored)
        assert login == LoggedIn(ME, None)
        assert outcomes(bad) == [Code.UNKNOWN_LOG]
        full[0] = False
        (after,) = await bench.ask(bench.send("there is room"))
        assert outcomes(after) == [(outcomes(stored)[0] or 0) + 1]  # type: ignore[operator]


async def test_d9_the_log_says_once_that_the_disk_is_full_and_once_that_it_has_room(
    allow_log: AllowLog, caplog: pytest.LogCaptureFixture
) -> None:
    allow_log("chat_server.commit", "the disk is full")
    caplog.set_level("INFO", "chat_server.commit")
    full = [False]

    def hook(_moment: Moment, _batch: Batch) -> None:
        if full[0]:
            raise StorageFull

    def said() -> list[tuple[str, str]]:
        return [(one.levelname, one.getMessage().partition(":")[0]) for one in caplog.records]

    began, over = ("ERROR", "the disk is full"), ("INFO", "the disk has room again")
    async with running() as bench:
        bench.storage.hook = hook
        for is_full in (False, True, True):
            full[0] = is_full
            await bench.ask(bench.send("x"))
        await bench.ask(LoginRequest(HOST, "device"))  # needs no room, so it says nothing of it
        assert said() == [began]
        for is_full in (False, False, True):
            full[0] = is_full
            await bench.ask(bench.send("x"))
        assert said() == [began, over, began]


@pytest.mark.parametrize("stored", [False, True])
async def test_p2_after_an_uncertain_commit_a_retry_finds_out(stored: bool, allow_log: AllowLog) -> None:
    allow_log("chat_server.commit", "the disk failed")
    fails = [Moment.STORED if stored else Moment.BEFORE]

    def hook(moment: Moment, _batch: Batch) -> None:
        if fails and moment is fails[0]:
            fails.clear()
            raise StorageUncertain

    async with running() as bench:
        first = bench.head() + 1
        bench.storage.hook = hook
        request = bench.send("perhaps")
        (answer,) = await bench.ask(request)
        assert isinstance(answer, Refused)
        assert answer.code is Code.BUSY
        (again,) = await bench.ask(request)
        assert bench.told.said[0] == "reloaded"
        assert outcomes(again) == [first]
        assert isinstance(again, list)
        assert again[0].dup is stored


async def test_heads_moved_by_others_are_learned_and_decided_on_again() -> None:
    async with running() as bench:
        other = Hub(bench.storage.load())
        head = bench.head()
        decision = other.decide([bench.send("from elsewhere")], {}, NOW)
        bench.storage.append(decision.batch)
        (answer,) = await bench.ask(bench.send("from here"))
        assert outcomes(answer) == [head + 2]
        assert bench.told.said == [("moved", bench.room, head), 1]


async def test_d11_a_request_that_the_hub_fails_on_harms_only_itself(
    allow_log: AllowLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow_log("chat_server.commit", "a round of . could not be decided")
    decide = Hub.decide

    def failing(self: Hub, requests: Sequence[Request], stored: dict, now: Now) -> Decision:
        if any(isinstance(one, SendRequest) and one.device == "poison" for one in requests):
            raise ZeroDivisionError
        return decide(self, requests, stored, now)

    monkeypatch.setattr(Hub, "decide", failing)
    async with running() as bench:
        poison = SendRequest(ME, "poison", [bench.text("x")])
        one, bad, other = await bench.ask(bench.send("one"), poison, bench.send("other"))
        assert isinstance(bad, Refused)
        assert bad.code is Code.INTERNAL
        assert outcomes(other)[0] == outcomes(one)[0] + 1  # type: ignore[operator]


async def test_ids_that_are_none_are_looked_up_nowhere() -> None:
    async with running() as bench:
        entry = Raw(b'{"log":"%b","cid":"?","kind":"edit","body":{},"target":["a","b"]}' % bench.room.encode())
        (answer,) = await bench.ask(SendRequest(ME, "device", [entry]))
        assert outcomes(answer) == [Code.BAD_VALUE]
        assert await bench.committer.find(Ref(ME, "?")) is None  # type: ignore[arg-type]


async def test_marks_are_stored_at_the_latest_when_the_server_stops() -> None:
    async with running() as bench:
        assert bench.committer.mark(ME, bench.room, 3)
        assert not bench.committer.mark(ME, bench.room, 2)
        assert await bench.committer.marks(ME) == {bench.room: 3}
        assert bench.storage.marks(ME) == {}
    assert bench.storage.marks(ME) == {bench.room: 3}


async def test_marks_are_stored_in_time_also_under_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "MARKS_EVERY_S", 0)
    async with running() as bench:
        assert bench.committer.mark(ME, bench.room, 3)
        while not bench.storage.marks(ME):
            await bench.ask(bench.send("x"))


async def test_marks_that_are_stored_while_the_others_are_read_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "MARKS_EVERY_S", 0)
    entered, stored, go_on = threading.Event(), threading.Event(), threading.Event()

    class Slow(MemoryStorage):
        def save_marks(self, marks: Mapping[tuple[MemberId, LogId], int]) -> None:
            super().save_marks(marks)
            stored.set()

        def marks(self, member: MemberId) -> dict[LogId, int]:
            found = super().marks(member)
            entered.set()
            assert go_on.wait(GUARD_S)
            return found

    async with running(Slow()) as bench, asyncio.timeout(GUARD_S), asyncio.TaskGroup() as tasks:
        read = tasks.create_task(bench.committer.marks(ME))
        await asyncio.to_thread(entered.wait, GUARD_S)
        bench.committer.mark(ME, bench.room, 3)
        await asyncio.to_thread(stored.wait, GUARD_S)
        await bench.ask(bench.send("behind the storing"))
        go_on.set()
        assert await read == {bench.room: 3}


async def test_the_index_is_brought_forward_when_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "INDEX_EVERY_S", 0)
    indexed = threading.Event()

    class Indexing(MemoryStorage):
        def index(self) -> bool:
            behind = super().index()
            if self.search({bench.room: 1}, "needle", 10):
                indexed.set()
            return behind

    async with running(Indexing()) as bench:
        await bench.ask(bench.send("a needle"))
        assert await asyncio.to_thread(indexed.wait, GUARD_S)


@pytest.mark.parametrize("error", [StorageFull, StorageUncertain])
async def test_m6_the_index_is_tried_again_after_a_failure_though_nobody_writes(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """What was erased stays in the write-ahead log until it succeeds."""
    monkeypatch.setattr(commit, "INDEX_AGAIN_S", 0)
    failures = [error("no room")] * 3
    indexed = threading.Event()

    class Failing(MemoryStorage):
        def index(self) -> bool:
            if failures:
                raise failures.pop()
            indexed.set()
            return super().index()

    async with running(Failing()):
        assert await asyncio.to_thread(indexed.wait, GUARD_S)
    assert not failures


async def test_the_index_waits_until_everybody_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "INDEX_EVERY_S", 0)
    turns_left: list[int] = []
    indexed = threading.Event()

    class Indexing(MemoryStorage):
        def index(self) -> bool:
            turns_left.append(told.turns)
            behind = super().index()
            if self.search({bench.room: 1}, "needle", 10):
                indexed.set()
            return behind

    async with running(Indexing()) as bench:
        told = bench.told
        told.turns = 30
        bench.committer.submit(bench.send("a needle"), lambda _answer: None)  # before the committer's first step
        assert await asyncio.to_thread(indexed.wait, GUARD_S)
    assert set(turns_left) == {0}


async def test_p12_what_was_asked_before_a_stop_is_answered() -> None:
    answers: list[Answer] = []
    async with running() as bench:
        for _ in range(5):
            bench.committer.submit(bench.send("x"), answers.append)
    assert [len(outcomes(answer)) for answer in answers] == [1] * 5
