"""The whole server: starting, staying alive, stopping (H3, D3, P1, A1)."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from chat_protocol import frames, invite_link
from chat_protocol.errors import Code, Retry
from chat_protocol.events import Role, Stop, Text
from chat_protocol.ids import STAFF
from chat_protocol.limits import PING_EVERY_S
from chat_server.app import PING_TURNS
from chat_server.config import Patience
from chat_server.hub.requests import Now
from chat_server.network import PortTaken
from chat_server.operator import invite_entry
from chat_server.storage.contract import Batch, StorageFull, StorageUncertain
from tests.conftest import AllowLog
from tests.memory_storage import MemoryStorage, Moment
from tests.server.transport.conftest import Start, eventually
from tests.wire import Key, entry


def connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


# --- stopping ---


@pytest.mark.parametrize("code", [Code.RESTART, Code.STOPPED])
async def test_h3_a_stop_says_bye_to_all_and_frees_the_port(start: Start, code: Code) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        stranger = await running.connect()
        (running.server.restart if code is Code.RESTART else running.server.stop)()
        for wire in (host, ann):
            bye = await wire.ended()
            assert isinstance(bye, frames.Bye)
            assert (bye.code, bye.retry) == (code, Retry.LATER)
            assert bye.after_ms == (1_000 if code is Code.RESTART else None)
        assert await stranger.ended() is None
        await eventually(lambda: not connects(running.listening.port))


async def test_h3_a_stuck_reader_does_not_hold_up_the_stop(start: Start) -> None:
    started = time.monotonic()
    async with start(patience=Patience(stop_s=0.05)) as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        (feed,) = running.server.feeds.of(key.member)
        ann.socket.transport.pause_reading()
        while not feed.socket.is_full:
            feed.socket.put(b"\x89\x00" * 100_000)
            await asyncio.sleep(0)
        running.wires.remove(ann)
    assert time.monotonic() - started < 30
    ann.abort()


async def test_the_host_stops_the_server_by_an_event(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        refused = await ann.append(STAFF, "stop", Stop(), key="stop")
        assert refused.err is not None
        sent = await host.append(STAFF, "stop", Stop(), key="stop")
        assert sent.err is None
        bye = await ann.ended()
        assert isinstance(bye, frames.Bye)
        assert bye.code is Code.STOPPED


# --- starting again ---


async def test_the_port_and_the_key_are_the_same_for_ever(start: Start) -> None:
    async with start() as running:
        first = running.listening
    async with start() as running:
        assert (running.listening.port, running.listening.fingerprint) == (first.port, first.fingerprint)


async def test_a_port_that_is_taken_is_said_by_whom(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        (tmp_path / "port").write_text(str(taken.getsockname()[1]))
        with pytest.raises(BaseExceptionGroup) as group:
            async with start():
                pass
        (error,) = group.value.exceptions
        assert isinstance(error, PortTaken)
        assert "(process " in str(error)


async def test_a_one_use_link_makes_the_host_and_is_shown_until_it_did(start: Start) -> None:
    link = None
    for _ in range(2):
        async with start(host_key=None) as running:
            assert running.listening.host_link is not None
            assert link in (None, running.listening.host_link)
            link = running.listening.host_link
    token = invite_link.parse(link or "").token
    async with start(host_key=None) as running:
        wire = await running.connect()
        welcome = await wire.login(Key.fresh(), invite=token, name="Ann")
        assert running.server.committer.hub.role(welcome.member) is Role.HOST
        again = await running.connect()
        frame = again.login_frame(Key.fresh(), invite=token, name="Bob")
        await again.write(frame)
        refused = await again.answer(frame.id)
        assert isinstance(refused, frames.Err)
        assert refused.code is Code.INVITE_USED_UP
    async with start(host_key=None) as running:
        assert running.listening.host_link is None


async def test_a_host_link_that_expired_unused_is_made_anew(start: Start) -> None:
    now_ms = [time.time_ns() // 1_000_000]
    async with start(host_key=None, clock=lambda: Now(now_ms[0], 0.0)) as running:
        old = running.listening.host_link
    now_ms[0] += 8 * 86_400_000
    async with start(host_key=None, clock=lambda: Now(now_ms[0], 0.0)) as running:
        new = running.listening.host_link
        assert new is not None
        assert new != old
        welcome = await (await running.connect()).login(Key.fresh(), invite=invite_link.parse(new).token, name="Ann")
        assert running.server.committer.hub.role(welcome.member) is Role.HOST


async def test_a1_an_invite_is_used_up_also_after_a_restart(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        token = await running.invite(host, uses=1)
        await (await running.connect()).login(Key.fresh(), invite=token, name="Ann")
    async with start() as running:
        wire = await running.connect()
        frame = wire.login_frame(Key.fresh(), invite=token, name="Bob")
        await wire.write(frame)
        refused = await wire.answer(frame.id)
        assert isinstance(refused, frames.Err)
        assert refused.code is Code.INVITE_USED_UP


# --- staying alive ---


async def test_half_open_connections_are_noticed_and_living_ones_stay(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        ann.socket.transport.pause_reading()  # it will not answer pings
        now_s = asyncio.get_running_loop().time()
        for turn in range(PING_TURNS):
            running.server.ping(now_s, turn)
        # The pong comes at once, so it is older than a period when the next ping goes out.
        await eventually(lambda: all(one.socket.heard_s > now_s for one in running.server.roll.of(running.host.member)))
        for turn in range(PING_TURNS):
            running.server.ping(now_s + PING_EVERY_S, turn)
        await eventually(lambda: not running.server.roll.of(key.member))
        await host.say(running.room, "still here")


async def test_a_server_whose_starter_died_stays_as_long_as_the_host(start: Start) -> None:
    async with start(patience=Patience(linger_s=0.01)) as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        running.server.starter_died()
        for _ in range(5):
            await ann.say(running.room, "still here")
        host.abort()
        bye = await ann.ended()
        assert isinstance(bye, frames.Bye)
        assert bye.code is Code.STOPPED


async def test_a_host_who_comes_back_in_time_keeps_the_server(start: Start) -> None:
    async with start(patience=Patience(linger_s=3_600)) as running:
        host = await running.log_in(running.host)
        running.server.starter_died()
        host.abort()
        await eventually(lambda: not running.server.roll.of(running.host.member))
        assert running.server.is_lingering()
        again = await running.log_in(running.host)
        assert not running.server.is_lingering()  # the time begins anew when the host leaves again
        running.server.lingered()
        await again.say(running.room, "still here")


# --- disks ---


async def test_d9_while_the_disk_is_full_reads_go_on_and_writes_come_back(start: Start, allow_log: AllowLog) -> None:
    allow_log("chat_server.commit", "the disk is full")
    full = [False]

    def hook(_moment: Moment, _batch: Batch) -> None:
        if full[0]:
            raise StorageFull

    async with start(open_storage=lambda: MemoryStorage(hook)) as running:
        wire = await running.log_in(running.host)
        await wire.say(running.room, "before")
        full[0] = True
        refused = await wire.request(
            lambda re: frames.Send(re, [invite_entry(b"t" * 16, running.room, time.time_ns() // 1_000_000)])
        )
        assert isinstance(refused, frames.Err)
        assert (refused.code, refused.retry) == (Code.STORAGE_FULL, Retry.LATER)
        page = await wire.request(lambda re: frames.Page(re, running.room, 10))
        assert isinstance(page, frames.Ok)
        assert page.messages
        other = await running.log_in(running.host.on_another_device())
        full[0] = False
        sent = await wire.say(running.room, "after")
        assert sent.seq is not None
        await other.until(running.room, sent.seq)


async def test_after_an_uncertain_commit_everybody_begins_anew(start: Start, allow_log: AllowLog) -> None:
    allow_log("chat_server.commit", "the disk failed")
    fails = [False]

    def hook(moment: Moment, _batch: Batch) -> None:
        if moment is Moment.STORED and fails[0]:
            fails[0] = False
            raise StorageUncertain

    async with start(open_storage=lambda: MemoryStorage(hook)) as running:
        wire, other = await running.log_in(running.host), await running.log_in(running.host.on_another_device())
        fails[0] = True
        raw = Raw(msgspec.json.encode(entry(running.room, "text", Text("anyhow"))))
        sent = await wire.request(lambda re: frames.Send(re, [raw]))
        assert isinstance(sent, frames.Err)
        assert (sent.code, sent.retry) == (Code.BUSY, Retry.LATER)
        bye = await other.ended()
        assert isinstance(bye, frames.Bye)
        assert bye.code is Code.RESTART
        again = await running.log_in(running.host, follow=False)
        page = await again.request(lambda re: frames.Page(re, running.room, 10))
        assert isinstance(page, frames.Ok)
        assert [message.text for message in page.messages or ()] == ["anyhow"]
