"""The driver in virtual time: order of effects, silence, wake, retries, one commit for a burst."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

import pytest

from chat_protocol import codec, frames
from chat_protocol.errors import Code, Refused, Retry
from chat_protocol.events import Text
from chat_protocol.ids import LogId, b64
from desktop_chat.core.copying import Extent
from desktop_chat.core.driver import Driver
from desktop_chat.core.effects import Answer, Disconnected, LoggedIn, Notice, Now, StartedOver
from desktop_chat.core.link import LinkLost
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.session import Session
from desktop_chat.store.contract import Extended, KnownServer, Op, PutServer, StoreDamaged, StoreFull
from desktop_chat.store.suffix import NotContiguous
from tests.core.desk import ME, OTHER, ROOM, SERVER, FakeLog, Key
from tests.simulation import START_MS, VirtualLoop
from tests.store.memory import MemoryStore


class FakeLink:
    """A connection whose other end is a list."""

    def __init__(self, bench: Bench) -> None:
        self.heard_s = bench.loop.time()
        self.sent: list[frames.ClientFrame] = []
        self.answers_pings = True
        self.probes = 0
        self.is_open = True
        self.gone: asyncio.Event | None = None
        """While set, a goodbye waits for it."""
        self._bench = bench
        self._inbox: asyncio.Queue[bytes | Exception] = asyncio.Queue()

    def say(self, frame: frames.ServerFrame | bytes) -> None:
        self.heard_s = self._bench.loop.time()
        self._inbox.put_nowait(frame if isinstance(frame, bytes) else codec.encode(frame))

    def lose(self, error: Exception | None = None) -> None:
        self._inbox.put_nowait(error or LinkLost("cut"))

    async def receive(self) -> bytes:
        frame = await self._inbox.get()
        if isinstance(frame, Exception):
            raise frame
        return frame

    async def send(self, frame: bytes) -> None:
        self._bench.journal.append("sent")
        self.sent.append(codec.decode_client(frame))

    async def probe(self, within_s: float) -> bool:
        self.probes += 1
        return self.answers_pings

    async def close(self) -> None:
        if self.gone is not None:
            await self.gone.wait()
        self.is_open = False

    def abort(self) -> None:
        self.is_open = False


class Bench:
    """A driver, its links and its store."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.wall_ms = START_MS
        self.store = MemoryStore()
        self.links: list[FakeLink] = []
        self.opened_s: list[float] = []
        self.notices: list[Notice] = []
        self.journal: list[str] = []
        self.reachable = True
        self.gate: asyncio.Event | None = None
        """While set, a commit waits for it."""
        self.fails: Exception | None = None
        """While set, nothing is stored."""
        self.is_readable = True
        self.commits: list[int] = []
        known = KnownServer(SERVER, ("host:1",), "There", member=ME)
        self.store.apply([PutServer(known)])
        self.driver = self._new_driver()
        self.tasks = [self.loop.create_task(self.driver.run()), self.loop.create_task(self.driver.carry_out())]
        self.settle()

    def _new_driver(self) -> Driver:
        return Driver(self._new_session, self._apply, self._notify, self._now, lambda: 1.0, self._open)

    def _now(self) -> Now:
        return Now(self.wall_ms, self.loop.time())

    def _new_session(self) -> Session:
        if not self.is_readable:
            raise StoreDamaged("damaged")
        (known,) = self.store.servers()
        return Session(known, Key(), b"d" * 16, self.store, random.Random(1).randbytes, extent=Extent.AS_READ)

    async def _apply(self, ops: Sequence[Op]) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.fails is not None:
            raise self.fails
        self.store.apply(ops)
        self.commits.append(len(ops))
        self.journal.append("stored")

    def _notify(self, notice: Notice) -> None:
        self.journal.append("told")
        self.notices.append(notice)

    async def _open(self, addresses: Sequence[str], key: bytes) -> FakeLink:
        self.opened_s.append(self.loop.time())
        if not self.reachable:
            raise ChatError(Trouble.UNREACHABLE)
        self.links.append(FakeLink(self))
        return self.links[-1]

    def settle(self) -> None:
        self.loop.settle()

    def pass_s(self, seconds: float) -> None:
        """In steps that every timer of the driver sees."""
        for _ in range(round(seconds * 10)):
            self.loop.now_s += 0.1
            self.wall_ms += 100
            self.settle()

    @property
    def link(self) -> FakeLink:
        return self.links[-1]

    def log_in(self, *logs: FakeLog) -> None:
        self.link.say(frames.Challenge(b64(b"n" * 32), SERVER, "There"))
        self.settle()
        login = next(frame for frame in self.link.sent if isinstance(frame, frames.Login))
        self.link.say(frames.Welcome(login.id, ME, frames.Limits(), [log.head() for log in logs]))
        self.settle()
        for follow in [frame for frame in self.link.sent if isinstance(frame, frames.Follow)]:
            self.link.say(frames.Ok(follow.id, logs=dict.fromkeys(follow.since, "behind")))
        for log in logs:
            self.link.say(log.snapshot())
        self.settle()

    def refusal(self, work: Coroutine[Any, Any, object]) -> str:
        """Why `work` can't be done."""
        task = self.loop.create_task(work)
        self.settle()
        assert task.done(), "it waits for ever"
        error = task.exception()
        assert isinstance(error, ChatError)
        return error.code.value

    def started_over(self) -> list[Exception]:
        return [notice.error for notice in self.notices if isinstance(notice, StartedOver)]

    def endings(self) -> list[str]:
        return [notice.ending.code.value for notice in self.notices if isinstance(notice, Disconnected)]

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.settle()
        self.loop.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    try:
        yield bench
    finally:
        bench.close()


@pytest.fixture
def room() -> FakeLog:
    log = FakeLog()
    log.say("one")
    return log


def test_it_is_stored_before_it_is_sent_and_sent_before_it_is_told(bench: Bench, room: FakeLog) -> None:
    bench.log_in(room)
    bench.journal.clear()
    writing = bench.loop.create_task(_write(bench, "hi"))
    bench.settle()
    assert bench.journal == ["stored", "sent", "told", "told"]
    assert writing.done()


async def _write(bench: Bench, text: str, log: LogId = ROOM) -> None:
    bench.driver.session.write(log, "text", Text(text), bench.driver.now())
    await bench.driver.durable()


def test_what_comes_while_the_store_writes_is_one_commit(bench: Bench, room: FakeLog) -> None:
    bench.log_in(room)
    bench.gate = asyncio.Event()
    bench.commits.clear()
    for n in range(20):
        room.say(f"{n}")
        bench.link.say(room.frame(n + 1))
    bench.settle()
    assert bench.commits == []
    bench.gate.set()
    bench.settle()
    assert len(bench.commits) <= 2
    assert sum(isinstance(notice, Extended) for notice in bench.notices) == 20


def test_a_server_silent_for_25_s_is_left_and_tried_again_at_once(bench: Bench, room: FakeLog) -> None:
    bench.log_in(room)
    bench.pass_s(20)
    bench.link.heard_s = bench.loop.time()  # a ping
    bench.pass_s(24.5)
    assert len(bench.links) == 1
    bench.pass_s(0.7)
    assert bench.endings() == ["silent"]
    assert not bench.links[0].is_open
    bench.pass_s(1.1)
    assert len(bench.links) == 2


def test_after_a_sleep_the_connection_is_probed_and_stays_if_it_lives(bench: Bench, room: FakeLog) -> None:
    bench.log_in(room)
    bench.wall_ms += 3_600_000
    bench.pass_s(5.1)
    assert bench.link.probes == 1
    assert bench.endings() == []
    bench.link.answers_pings = False
    bench.driver.wake()  # the network changed: not even a tick is waited for
    bench.settle()
    assert bench.endings() == ["silent"]
    bench.pass_s(1.1)
    assert len(bench.links) == 2


def test_attempts_come_later_and_later_and_a_wake_makes_one_at_once(bench: Bench) -> None:
    bench.reachable = False
    bench.link.lose()
    bench.settle()
    bench.opened_s.clear()
    bench.pass_s(130)
    assert bench.driver.next_try_s == bench.opened_s[-1] + 30
    gaps = [round(b - a) for a, b in zip(bench.opened_s, bench.opened_s[1:], strict=False)]
    assert gaps[:6] == [2, 4, 8, 16, 30, 30]
    before = len(bench.opened_s)
    bench.driver.wake()
    bench.settle()
    assert len(bench.opened_s) == before + 1
    bench.reachable = True
    bench.driver.wake()
    bench.settle()
    assert bench.driver.next_try_s is None


@pytest.mark.parametrize("is_monotonic_too", [False, True])
def test_after_a_sleep_a_room_that_rests_is_tried_at_once(bench: Bench, is_monotonic_too: bool) -> None:
    bench.reachable = False
    bench.link.lose()
    bench.pass_s(65)
    assert bench.driver.next_try_s is not None
    assert bench.driver.next_try_s - bench.loop.now_s > 15
    bench.opened_s.clear()
    bench.wall_ms += 3_600_000
    if is_monotonic_too:  # Windows: the timers are late
        bench.loop.now_s += 14
    bench.pass_s(5.1)
    assert len(bench.opened_s) >= 1
    bench.pass_s(5)
    assert len(bench.opened_s) >= 3, "and then as after any other loss: the network comes back a little later"


def test_a_planned_stop_says_when_to_come_back(bench: Bench, room: FakeLog) -> None:
    bench.log_in(room)
    bench.link.say(codec.bye(Code.RESTART, "Soon.", 3_000))
    bench.link.lose()  # the close that follows says less
    bench.settle()
    assert bench.endings() == ["restart"]
    bench.pass_s(2.9)
    assert len(bench.links) == 1
    bench.pass_s(1.2)
    assert len(bench.links) == 2


def test_a_final_end_stays_until_the_person_acts(bench: Bench) -> None:
    bench.link.say(frames.Challenge(b64(b"n" * 32), SERVER, "There"))
    bench.settle()
    (login,) = bench.link.sent
    assert isinstance(login, frames.Login)
    bench.link.say(codec.err(Refused(Code.BANNED, "No."), login.id))
    bench.settle()
    assert bench.endings() == ["banned"]
    assert bench.driver.last_ending is not None
    assert bench.driver.last_ending.retry is Retry.NEVER
    assert bench.driver.next_try_s is None
    bench.pass_s(100)
    assert len(bench.links) == 1
    bench.driver.wake()
    bench.settle()
    assert len(bench.links) == 2


def test_a_full_disk_drops_the_connection_and_comes_back_when_there_is_room(bench: Bench, room: FakeLog) -> None:
    bench.log_in(room)
    bench.store.full = True
    room.say("two")
    bench.link.say(room.frame(1))
    bench.settle()
    assert bench.endings() == ["disk_full_here"]
    assert [type(error) for error in bench.started_over()] == [StoreFull]
    assert bench.refusal(_write(bench, "no room")) == "disk_full_here"
    bench.store.full = False
    bench.pass_s(6.1)
    assert len(bench.links) == 2
    assert bench.driver.session.outbox.rows() == []


def test_who_waits_for_an_answer_when_the_disk_is_full_gets_none(bench: Bench, room: FakeLog) -> None:
    answers: list[Answer] = []
    bench.log_in(room)
    bench.driver.session.search("one", None, lambda answer, _now: answers.append(answer), bench.driver.now())
    bench.driver.act()
    bench.store.full = True
    assert bench.refusal(_write(bench, "no room")) == "disk_full_here"
    assert answers == [None]


def test_direct_messages_opened_before_the_disk_was_full_are_open_when_there_is_room(
    bench: Bench, room: FakeLog
) -> None:
    bench.log_in(room)
    dm = bench.driver.session.open_dm(OTHER)
    bench.store.full = True
    assert bench.refusal(_write(bench, "room", ROOM)) == "disk_full_here"
    assert bench.refusal(_write(bench, "dm", dm)) == "disk_full_here"
    bench.store.full = False
    bench.loop.create_task(_write(bench, "psst", dm))
    bench.settle()
    assert [row.kind for row in bench.store.outbox(SERVER)] == ["dm", "text"]


@pytest.mark.parametrize(
    ("error", "code", "is_lasting"),
    [
        (StoreDamaged("damaged"), "store_damaged", True),
        (PermissionError("read-only"), "profile_not_writable", True),
        (NotContiguous("gap"), "connection_lost", False),
        (ZeroDivisionError("a bug"), "connection_lost", False),
    ],
)
def test_what_the_store_can_t_do_is_said_to_whoever_waits_and_ends_the_connection(
    bench: Bench, room: FakeLog, error: Exception, code: str, is_lasting: bool
) -> None:
    bench.log_in(room)
    bench.fails = error
    assert bench.refusal(_write(bench, "one")) == code
    assert not bench.driver.session.logged_in
    assert bench.endings() == [code]
    assert bench.started_over() == [error]
    assert bench.refusal(_write(bench, "two")) == code, "each try says so again"
    bench.fails = None
    if is_lasting:
        bench.pass_s(100)
        assert len(bench.links) == 1, "the person has something to do first"
        bench.driver.wake()
    bench.pass_s(6.1)
    bench.log_in(room)
    writing = bench.loop.create_task(_write(bench, "three"))
    bench.settle()
    assert writing.done()
    assert [bytes(row.body) for row in bench.store.outbox(SERVER)] == [b'{"text":"three"}']


def test_a_store_that_can_t_be_read_either_takes_nothing_until_it_can_be(bench: Bench, room: FakeLog) -> None:
    bench.log_in(room)
    bench.fails, bench.is_readable = StoreDamaged("damaged"), False
    for text in ("one", "two"):
        assert bench.refusal(_write(bench, text)) == "store_damaged"
    assert not bench.driver.session.logged_in
    assert bench.endings() == ["store_damaged"]
    bench.driver.wake()
    bench.pass_s(100)
    assert len(bench.links) == 1, "there is nothing to go on with"
    bench.fails, bench.is_readable = None, True
    bench.driver.wake()
    bench.settle()
    bench.log_in(room)
    assert bench.store.outbox(SERVER) == []


def test_a_client_whose_store_is_damaged_closes(bench: Bench, room: FakeLog) -> None:
    bench.log_in(room)
    bench.fails, bench.is_readable = StoreDamaged("damaged"), False
    bench.refusal(_write(bench, "one"))
    stopping = bench.loop.create_task(bench.driver.stop())
    bench.settle()
    assert stopping.done()


def test_after_the_end_nobody_waits_for_the_disk(bench: Bench, room: FakeLog) -> None:
    bench.log_in(room)
    for task in bench.tasks:
        task.cancel()
    bench.settle()
    assert bench.refusal(_write(bench, "late")) == "left"


def test_a_bug_in_the_session_is_told_and_the_connection_made_again(bench: Bench, room: FakeLog) -> None:
    bug = ZeroDivisionError("a bug")

    def fail(*_: object) -> None:
        raise bug

    bench.log_in(room)
    bench.gate = asyncio.Event()
    writing = bench.loop.create_task(_write(bench, "in time"))
    bench.settle()
    bench.driver.session.sync.events = fail  # type: ignore[method-assign, assignment]
    bench.link.say(room.frame(0))
    bench.settle()
    assert bench.refusal(_write(bench, "too late")) == "connection_lost"
    bench.gate.set()
    bench.settle()
    assert writing.result() is None, "what was decided before it is carried out"
    assert bench.started_over() == [bug]
    assert bench.endings() == ["connection_lost"]
    assert not bench.links[0].is_open
    bench.pass_s(4.9)
    assert len(bench.links) == 1, "it may come again with the next frame"
    bench.pass_s(1.2)
    bench.log_in(room)
    assert [type(frame).__name__ for frame in bench.link.sent].count("Send") == 1


def test_a_bug_of_the_connection_is_told_and_it_is_made_again(bench: Bench, room: FakeLog) -> None:
    bug = ZeroDivisionError("a bug")
    bench.log_in(room)
    bench.link.lose(bug)
    bench.settle()
    (told,) = bench.started_over()
    assert isinstance(told, ExceptionGroup)
    assert told.exceptions == (bug,)
    assert bench.endings() == ["connection_lost"]
    assert not bench.links[0].is_open
    bench.pass_s(6.1)
    bench.log_in(room)
    assert bench.driver.session.logged_in


@pytest.mark.parametrize(("silence_s", "code"), [(15.1, "not_a_chat_server"), (30.1, "no_answer")])
def test_while_a_connection_ends_its_deadlines_are_over(
    bench: Bench, room: FakeLog, silence_s: float, code: str
) -> None:
    calls: list[Now] = []

    def timer(now: Now) -> None:
        calls.append(now)
        assert len(calls) < 100, "again and again"
        type(bench.driver.session).timer(bench.driver.session, now)

    bench.driver.session.timer = timer  # type: ignore[method-assign]
    if code == "no_answer":
        bench.log_in(room)
        bench.driver.session.search("one", None, lambda _answer, _now: None, bench.driver.now())
        bench.driver.act()
    bench.link.gone = asyncio.Event()
    for _ in range(round(silence_s * 10)):
        bench.link.heard_s = bench.loop.time()  # it pings
        bench.pass_s(0.1)
    bench.pass_s(2)
    assert bench.link.is_open
    assert bench.started_over() == []
    assert len(calls) < 10
    bench.link.gone.set()
    bench.pass_s(1.1)
    assert bench.endings() == [code]
    bench.pass_s(15.5)
    assert bench.endings() == [code, "not_a_chat_server"], "the next one has deadlines of its own"


def test_a_bug_at_a_deadline_is_told_and_the_connection_made_again(bench: Bench, room: FakeLog) -> None:
    def fail(_now: Now) -> None:
        raise ZeroDivisionError("a bug")

    bench.driver.session.timer = fail  # type: ignore[method-assign, assignment]
    bench.pass_s(15.1)  # no challenge came
    assert bench.endings() == ["connection_lost"]
    bench.pass_s(6.1)
    bench.log_in(room)
    assert bench.driver.session.logged_in


def test_a_login_begins_the_pauses_anew(bench: Bench, room: FakeLog) -> None:
    for _ in range(3):
        bench.log_in(room)
        bench.link.lose()
        bench.settle()
        before = len(bench.links)
        bench.pass_s(1.2)
        assert len(bench.links) == before + 1
    assert sum(isinstance(notice, LoggedIn) for notice in bench.notices) == 3
