"""A server as the programs above see it, in virtual time: what is done at once or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from chat_protocol import frames
from chat_protocol.errors import Code
from chat_protocol.ids import STAFF, LogId, b64
from chat_protocol.invite_link import parse
from chat_protocol.permissions import LogKind
from desktop_chat.core.driver import Driver
from desktop_chat.core.server import Server
from desktop_chat.store.contract import KnownServer, PutServer, ServerId, StoreFull
from tests.core.desk import ME, ROOM, SERVER, FakeLog, refusal, stored
from tests.core.test_driver import Bench

OPEN_ROOM = LogId(b64(b"o" * 16))


class Counter(Bench):
    """A bench with the whole server at it."""

    def _new_driver(self) -> Driver:
        self.store.apply([PutServer(KnownServer(SERVER, ("127.0.0.1:1",), "There", member=ME))])
        self.server = Server(
            self._new_session,
            self.store,
            self._apply,
            lambda _server, notice: self._notify(notice),
            self._now,
            lambda: 1.0,
            self._open,
        )
        return self.server.driver

    def begin(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        doing = self.loop.create_task(work)
        self.settle()
        return doing

    def last_send(self) -> frames.Send:
        return [frame for frame in self.link.sent if isinstance(frame, frames.Send)][-1]

    def answer(self, *res: frames.Sent) -> None:
        self.link.say(frames.Ok(self.last_send().id, res=list(res)))
        self.settle()

    def waiting(self) -> list[str]:
        assert self.server.session.outbox.rows() == self.store.outbox(ServerId(SERVER))
        return [row.kind for row in self.store.outbox(ServerId(SERVER))]


@pytest.fixture
def counter() -> Iterator[Counter]:
    counter = Counter()
    try:
        yield counter
    finally:
        counter.close()


@pytest.fixture
def logs() -> list[FakeLog]:
    room = FakeLog()
    room.say("one")
    return [room, FakeLog(STAFF, LogKind.STAFF)]


DEEDS: dict[str, Callable[[Server], Coroutine[Any, Any, object]]] = {
    "invite": lambda server: server.invite(ROOM),
    "join": lambda server: server.enter(OPEN_ROOM),
}


@pytest.fixture(params=DEEDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_is_done_when_the_server_has_stored_it(counter: Counter, logs: list[FakeLog], kind: str) -> None:
    counter.log_in(*logs)
    doing = counter.begin(DEEDS[kind](counter.server))
    assert counter.waiting() == [kind]
    assert not doing.done()
    (row,) = counter.store.outbox(ServerId(SERVER))
    counter.answer(*stored([row.cid], 2))
    done = doing.result()
    if kind == "invite":
        assert isinstance(done, str)
        assert parse(done).addresses[0].port == 1


def test_without_a_connection_nothing_of_it_is_left_for_later(counter: Counter, logs: list[FakeLog], kind: str) -> None:
    counter.log_in(*logs)
    counter.reachable = False
    counter.link.lose()
    counter.settle()
    assert counter.refusal(DEEDS[kind](counter.server)) == "not_connected"
    assert counter.waiting() == []


def test_nor_when_the_connection_ends_before_the_answer(counter: Counter, logs: list[FakeLog], kind: str) -> None:
    counter.log_in(*logs)
    doing = counter.begin(DEEDS[kind](counter.server))
    counter.reachable = False
    counter.link.lose()
    counter.settle()
    assert str(getattr(doing.exception(), "code", "")) == "not_connected"
    assert counter.waiting() == []


def test_what_it_is_refused_with_is_raised(counter: Counter, logs: list[FakeLog], kind: str) -> None:
    counter.log_in(*logs)
    doing = counter.begin(DEEDS[kind](counter.server))
    (row,) = counter.store.outbox(ServerId(SERVER))
    counter.answer(refusal(row.cid, Code.FORBIDDEN))
    assert getattr(doing.exception(), "code", None) is Code.FORBIDDEN
    assert counter.waiting() == []


def test_on_a_full_disk_it_is_not_done(counter: Counter, logs: list[FakeLog], kind: str) -> None:
    counter.log_in(*logs)
    counter.fails = StoreFull("full")
    assert counter.refusal(DEEDS[kind](counter.server)) == "disk_full_here"
    counter.fails = None
    assert counter.waiting() == []
