"""Typing, read receipts and presence: best effort, dropped first under load (P20)."""

from __future__ import annotations

import pytest

from chat_protocol import frames
from chat_protocol.ids import PEOPLE, STAFF
from chat_server.commit import Committer
from chat_server.hub.rates import Rate
from chat_server.transport import signals
from tests.server.transport.conftest import UNLIMITED, Start
from tests.wire import Key


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "EVERY_S", 0)


async def test_typing_reaches_those_who_read_the_log(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        await ann.write(frames.SendSignal(running.room, "typing"))
        assert await host.expect(frames.Signal) == frames.Signal(running.room, "typing", key.member)


async def test_typing_does_not_come_after_what_was_typed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "EVERY_S", 1)
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        key = Key.fresh()
        bob = await running.join(host, "Bob", key=key)
        await ann.write(frames.SendSignal(running.room, "typing"))
        await ann.say(running.room, "here it is")
        await bob.write(frames.SendSignal(running.room, "typing"))
        assert await host.expect(frames.Signal) == frames.Signal(running.room, "typing", key.member)
        assert [frame for frame in host.seen if isinstance(frame, frames.Signal)] == []


async def test_p17_a_signal_into_a_log_that_one_may_not_read_goes_nowhere(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        await ann.write(frames.SendSignal(STAFF, "typing"))
        await ann.write(frames.SendSignal(running.room, "dancing"))
        await ann.write(frames.SendSignal(running.room, "typing"))
        assert (await host.expect(frames.Signal)).log == running.room
        assert [frame for frame in host.seen if isinstance(frame, frames.Signal)] == []


async def test_one_types_and_reads_for_others_in_rooms_and_dms_only(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        await host.write(frames.SendSignal(PEOPLE, "present"))  # so that it hears of what is said there
        assert (await host.expect(frames.Signal)).kind == "present"
        for log in (PEOPLE, STAFF):
            await host.write(frames.SendSignal(log, "typing"))
            await host.write(frames.SendSignal(log, "read", 1))
        await host.write(frames.SendSignal(running.room, "typing"))
        while (heard := await host.expect(frames.Signal)).kind == "present":
            pass
        assert heard.log == running.room
        assert [frame for frame in host.seen if isinstance(frame, frames.Signal)] == []


async def test_receipts_only_grow_and_newcomers_hear_of_them_once(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        sent = await host.say(running.room, "read me")
        assert sent.seq is not None
        await ann.write(frames.SendSignal(running.room, "read", sent.seq))
        receipt = frames.Signal(running.room, "read", key.member, sent.seq)
        assert await host.expect(frames.Signal) == receipt
        await ann.write(frames.SendSignal(running.room, "read", 1))
        await ann.write(frames.SendSignal(running.room, "typing"))
        assert (await host.expect(frames.Signal)).kind == "typing"
        other = await running.log_in(running.host.on_another_device())
        assert await other.expect(frames.Signal) == receipt


async def test_receipts_do_not_go_around_in_big_rooms(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "NAMED", 1)
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        await ann.write(frames.SendSignal(running.room, "read", 1))
        await ann.write(frames.SendSignal(running.room, "typing"))
        assert (await host.expect(frames.Signal)).kind == "typing"


async def test_presence_is_seen_by_those_who_show_theirs(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        await ann.write(frames.SendSignal(PEOPLE, "present"))
        assert await ann.expect(frames.Signal) == frames.Signal(PEOPLE, "present", key.member)
        await host.write(frames.SendSignal(PEOPLE, "present"))
        here = {(await host.expect(frames.Signal)).by for _ in range(2)}
        assert here == {running.host.member, key.member}
        ann.abort()
        gone = await host.expect(frames.Signal, lambda signal: not signal.on)
        assert gone == frames.Signal(PEOPLE, "present", key.member, on=False)


async def test_p20_signals_are_dropped_first_under_load(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        with monkeypatch.context() as lagging:
            lagging.setattr(Committer, "is_lagging", True)
            await ann.write(frames.SendSignal(running.room, "typing"))
            await ann.say(running.room, "an event is not")
        await host.until(running.room, running.server.committer.hub.position(running.room).seq)
        assert [frame for frame in host.seen if isinstance(frame, frames.Signal)] == []


async def test_d6_too_many_signals_are_dropped_without_a_word(start: Start) -> None:
    async with start(limits=UNLIMITED._replace(requests=Rate(0.001, 3))) as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann", follow=False)
        for _ in range(50):
            await ann.write(frames.SendSignal(running.room, "typing"))
        await ann.say(running.room, "still here")
        assert [frame for frame in ann.seen if isinstance(frame, frames.Err)] == []
