"""The simulation's checkers are checkers too: a server with one mistake does not pass the same short history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pytest
from msgspec.structs import replace

from chat_protocol.events import Event, React, Text
from chat_protocol.ids import LogId, MemberId
from chat_server.hub.hub import Hub
from chat_server.hub.requests import Now
from chat_server.storage.contract import Appended
from desktop_chat.core.session import Session
from tests.conftest import AllowLog
from tests.core.test_simulation import a_deletion_that_one_device_missed
from tests.memory_storage import Moment
from tests.mutants.mutants import AcksBeforeCommit, ForgetsCids, ForgetsRetries
from tests.simulation import Device, Fanout, Line, World


class DropsEveryTenth(Fanout):
    def live(self, line: Line, log: LogId, events: list[Appended]) -> None:
        super().live(line, log, [one for one in events if one.event.seq % 10])


class SwapsTwo(Fanout):
    def live(self, line: Line, log: LogId, events: list[Appended]) -> None:
        super().live(line, log, [*events[1:2], *events[:1], *events[2:]])


class ForgetsWhoHoldsMore(Hub):
    def heal(self, member: MemberId, log: LogId, now: Now) -> None:
        pass


class BringsBackTwoSwapped(Session):
    """The first two of what a set-back took."""

    def log_restored(self, log: LogId, own: Sequence[Event]) -> None:
        super().log_restored(log, [*own[1:2], *own[:1], *own[2:]])


class BringsBackBehind(Session):
    """What a set-back took goes behind what was written since."""

    def log_restored(self, log: LogId, own: Sequence[Event]) -> None:
        since = {row.cid for row in self.outbox.rows()}
        super().log_restored(log, own)
        for row in self.outbox.rows():
            if row.cid not in since:
                self.outbox._drop(row)
                self.outbox._put(replace(row, place=row.place + 1_000))


@contextmanager
def living(make: Callable[[], World]) -> Iterator[World]:
    world = make()
    try:
        world.heal()
        yield world
    finally:
        world.close()


def say(world: World, device: Device, text: str) -> None:
    device.press(lambda: device.session.write(world.lobby, "text", Text(text), device.now()))


def history(world: World) -> None:
    """All write; answers are lost and entries sent again; the disk fails; in the end all is compared."""
    for number in range(6):
        for device in world.devices:
            say(world, device, f"{number} of {device}")
            say(world, device, f"{number} of {device}, again")
        if number == 2:
            world.server.disk.fails_at = Moment.BEFORE
        world.settle()
        world.check()  # before anybody comes back and sends again what was lost
        if number % 2:
            for device in world.devices:
                say(world, device, f"{number} of {device}: cut off")
                device.cut(arrives=9)  # it gets there, and its answer does not come back
        world.heal()
        world.check()
    world.check_quiet()
    assert not any(device.faults for device in world.devices), "what a server sent could not be"


def set_back(world: World) -> None:
    """Ann comes back before Bob does, to whom she replied and whose message she liked."""
    folder = world.server.folder()
    _hugo, ann, bob = world.devices
    say(world, bob, "I have a question")
    world.settle()
    question = world.server.events(world.lobby)[-1]
    like(ann, world.lobby, question)
    ann.press(lambda: ann.session.write(world.lobby, "text", Text("yes?", question.ref), ann.now()))
    world.settle()
    world.set_back(folder)
    world.heal()
    world.check_quiet()


def like(device: Device, room: LogId, message: Event) -> None:
    device.press(lambda: device.session.write(room, "react", React("🙂"), device.now(), target=message.ref))


TwoOfAnn = partial(World, ("hugo", "ann", "bob", "ann"))


def missed_a_deletion(world: World) -> None:
    """The device that missed it is the first to be back. The only two that are swapped are what the other knows as
    deleted and what was written before it."""
    a_deletion_that_one_device_missed(world, world.devices[3])


@pytest.fixture(autouse=True)
def the_disk_fails(allow_log: AllowLog) -> None:
    allow_log("chat_server.commit", "the disk (failed|is full)|could not be decided")


def test_without_a_mistake_nothing_is_found() -> None:
    with living(World) as world:
        history(world)
        set_back(world)


MUTANTS: dict[str, tuple[Callable[[], World], Callable[[World], None], str]] = {
    "acks before the commit": (partial(World, committer=AcksBeforeCommit), history, "P1"),
    "drops every tenth": (partial(World, fanout=DropsEveryTenth()), history, "could not be|P5"),
    "forgets cids": (partial(World, storage=ForgetsCids), history, "P2"),
    "forgets retries": (partial(World, hub=ForgetsRetries), history, "the committer died"),
    "forgets who holds more": (partial(World, hub=ForgetsWhoHoldsMore), set_back, "P10"),
    "brings back two swapped": (partial(TwoOfAnn, session=BringsBackTwoSwapped), missed_a_deletion, "P4"),
    "brings back behind": (partial(TwoOfAnn, session=BringsBackBehind), missed_a_deletion, "P4"),
    "swaps two": (partial(World, fanout=SwapsTwo()), history, "could not be|P5"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_is_found(name: str) -> None:
    make, live, finding = MUTANTS[name]
    with living(make) as world, pytest.raises(AssertionError, match=finding):
        live(world)
