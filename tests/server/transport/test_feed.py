"""Live or behind: sync, live delivery and backpressure are one mechanism (D7, P3, P5, P14, A10)."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import msgspec
from msgspec import Raw

from chat_protocol import codec, frames
from chat_protocol.errors import Code
from chat_protocol.events import (
    Access,
    Entry,
    History,
    Invite,
    Join,
    Kick,
    Make,
    Role,
    SetHistory,
    SetRole,
    Text,
    decode_event,
)
from chat_protocol.fold import fold_state
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, Ref, b64, first_h
from chat_protocol.limits import SERVER_FRAME
from chat_server.config import Patience
from chat_server.storage.contract import Batch
from chat_server.storage.sqlite import SqliteStorage
from tests.server.transport.conftest import Running, Start, eventually
from tests.wire import GUARD_S, Key, Wire, cid, entry

BIG = "x" * 15_000


async def follow(wire: Wire, log: LogId, since: tuple[int, str] | None) -> str:
    answer = await wire.request(lambda re: frames.Follow(re, {log: since}))
    assert isinstance(answer, frames.Ok), answer
    assert answer.logs is not None
    return answer.logs[log]


def place(running: Running, log: LogId, seq: int) -> tuple[int, str]:
    """As a client that holds `log` up to `seq` follows it."""
    at = running.storage.position(log, seq)
    assert at is not None
    return seq, b64(at.h[:8])


def head(running: Running, log: LogId) -> int:
    return running.server.committer.hub.position(log).seq


async def is_live(running: Running, log: LogId, member: MemberId) -> None:
    """Returns when everybody of `member` gets the commits of `log`."""
    feeds = running.server.feeds
    await eventually(lambda: not set(feeds.of(member)) - feeds.live(log).keys())


async def make_room(wire: Wire, *, access: Access, history: History) -> LogId:
    room = LogId(b64(os.urandom(16)))
    sent = await wire.append(room, "make", Make("Room", access, history), key="make")
    assert sent.err is None, sent
    await wire.expect(frames.Snapshot, lambda frame: frame.log == room and frame.last)
    return room


# --- following ---


async def test_a_log_that_is_not_held_begins_with_its_snapshot(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host, follow=False)
        await wire.say(running.room, "before")
        assert await follow(wire, running.room, None) == "behind"
        snapshot = await wire.expect(frames.Snapshot)
        assert snapshot.last
        assert snapshot.from_ == (1, b64(first_h(running.room)), 0)
        at, state = running.storage.state(running.room)
        assert (snapshot.seq, snapshot.h, snapshot.row) == (at.seq, b64(at.h), at.row)
        assert [bytes(item) for item in snapshot.items] == state
        sent = await wire.say(running.room, "after")
        assert [event.seq for event in wire.events[running.room]] == [sent.seq]


async def test_p5_who_comes_back_gets_exactly_what_was_missed(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        first = (await wire.say(running.room, "0")).seq or 0
        for number in range(1, 50):
            await wire.say(running.room, str(number))
        other = await running.log_in(running.host.on_another_device(), follow=False)
        assert await follow(other, running.room, place(running, running.room, first)) == "behind"
        events = await other.until(running.room, first + 49)
        assert [event.seq for event in events] == list(range(first + 1, first + 50))
        assert wire.events[running.room][1:] == events


async def test_p6_a_snapshot_and_what_follows_it_are_one_history(start: Start) -> None:
    """Joined while the log moves: no gap and no double between the snapshot and the events."""
    async with start() as running:
        host = await running.log_in(running.host)
        other = await running.log_in(running.host.on_another_device(), follow=False)
        for number in range(200):
            await host.write(frames.Send(1_000 + number, [Raw(msgspec.json.encode(text(running.room, "x")))]))
            if number == 20:
                await other.write(frames.Follow(7, {running.room: None}))
        for number in range(200):
            await host.answer(1_000 + number)
        snapshot = await other.expect(frames.Snapshot)
        last = head(running, running.room)
        seqs = [event.seq for event in await other.until(running.room, last)] if snapshot.seq < last else []
        assert seqs == list(range(snapshot.seq + 1, last + 1))


async def test_a_position_that_is_not_of_the_log_is_history_changed(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host, follow=False)
        seq, h = place(running, running.room, 3)
        for since in ((seq, b64(bytes(8))), (seq, "?"), (seq + 1, h), (10_000, h)):
            assert await follow(wire, running.room, since) == "history_changed"
        assert await follow(wire, running.room, (seq, h)) == "behind"
        assert await follow(wire, running.room, (0, b64(first_h(running.room)[:8]))) == "behind"


async def test_p10_who_follows_from_another_history_may_reply_to_what_is_not_there_yet(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host, follow=False)
        reply = Text("yes", reply=Ref(running.host.member, cid()))
        refused = await wire.append(running.room, "text", reply)
        assert refused.err is not None
        assert refused.err.code is Code.UNKNOWN_TARGET
        assert await follow(wire, running.room, (10_000, b64(bytes(8)))) == "history_changed"
        assert (await wire.append(running.room, "text", reply)).err is None


async def test_following_again_begins_again(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        sent = await wire.say(running.room, "x")
        assert sent.seq is not None
        wire.events.clear()
        assert await follow(wire, running.room, place(running, running.room, sent.seq - 1)) == "behind"
        assert [event.seq for event in await wire.until(running.room, sent.seq)] == [sent.seq]


async def test_a_big_snapshot_comes_in_frames_that_fit(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        for _ in range(50):
            batch = [entry(STAFF, "invite", invite(running), key=f"invite:{b64(os.urandom(32))}") for _ in range(32)]
            await host.send(*batch)
        other = await running.log_in(running.host.on_another_device(), follow=False)
        await follow(other, STAFF, None)
        parts = [await other.expect(frames.Snapshot)]
        while not parts[-1].last:
            parts.append(await other.expect(frames.Snapshot))
        assert len(parts) > 1
        assert all(len(msgspec.json.encode(part)) <= SERVER_FRAME for part in parts)
        assert sum(len(part.items) for part in parts) == 1_600


# --- readers gained and lost ---


async def test_a_log_that_becomes_readable_is_followed_at_once(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        room = await make_room(host, access=Access.PRIVATE, history=History.ALL)
        before = await host.say(room, "before")
        sent = await host.append(room, "add", Join(), key=f"in:{key.member}")
        assert sent.err is None, sent
        snapshot = await ann.expect(frames.Snapshot)
        assert (snapshot.log, snapshot.from_[0]) == (room, 1)
        assert snapshot.seq >= (before.seq or 0)
        after = await host.say(room, "after")
        assert after.seq is not None
        assert (await ann.until(room, after.seq))[-1].seq == after.seq


async def test_a10_who_is_kicked_gets_what_was_decided_before_and_nothing_after(start: Start) -> None:
    """A reader lost inside a batch gets exactly its part of it."""
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        await is_live(running, running.room, key.member)
        before, kick, after = await host.send(
            text(running.room, "before"),
            entry(running.room, "kick", Kick("enough"), key=f"in:{key.member}"),
            text(running.room, "after"),
        )
        assert [before.err, kick.err, after.err] == [None, None, None]
        assert (await ann.expect(frames.Lost)).log == running.room
        assert ann.events[running.room][-1].seq == kick.seq
        sent = await ann.append(running.room, "text", Text("am I still here?"))
        assert sent.err is not None
        assert ann.events[running.room][-1].seq == kick.seq


async def test_m5_who_joins_reads_from_the_joining_where_history_says_so(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        room = await make_room(host, access=Access.PRIVATE, history=History.JOINED)
        for number in range(5):
            await host.say(room, str(number))
        added = await host.append(room, "add", Join(), key=f"in:{key.member}")
        assert added.seq is not None
        snapshot = await ann.expect(frames.Snapshot)
        position = running.storage.position(room, added.seq - 1)
        assert position is not None
        assert snapshot.from_ == (added.seq, b64(position.h), position.row)
        page = await ann.request(lambda re: frames.Page(re, room, 100, before=100))
        assert isinstance(page, frames.Ok)
        assert page.events is not None
        assert [decode_event(item).seq for item in page.events] == [added.seq]
        assert await follow(ann, room, place(running, room, added.seq - 2)) == "history_changed"
        newest = await ann.request(lambda re: frames.Page(re, room, 100))
        assert isinstance(newest, frames.Ok)
        assert not newest.messages


async def test_a10_a_role_given_and_taken_opens_and_closes_the_staff_log(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        for role in (Role.MODERATOR, Role.MEMBER):
            sent = await host.append(PEOPLE, "role", SetRole(role), key=f"role:{key.member}")
            assert sent.err is None, sent
            if role is Role.MODERATOR:
                await ann.expect(frames.Snapshot, lambda frame: frame.log == STAFF and frame.last)
            else:
                assert (await ann.expect(frames.Lost)).log == STAFF


# --- slow readers ---


async def test_p14_a_slow_reader_falls_behind_and_misses_nothing(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        await is_live(running, running.room, key.member)
        (feed,) = running.server.feeds.of(key.member)
        seen = len(ann.events.get(running.room, ()))
        ann.socket.transport.pause_reading()
        first = head(running, running.room) + 1
        while feed in running.server.feeds.live(running.room):
            sent = await host.send(*(text(running.room, BIG) for _ in range(3)))
            assert [one.err for one in sent] == [None] * 3
        held = feed.socket.stream.unsent_bytes()
        for _ in range(50):
            await host.send(*(text(running.room, BIG) for _ in range(3)))
        assert feed.socket.stream.unsent_bytes() <= held
        assert held < 2 * 1024 * 1024
        ann.socket.transport.resume_reading()
        last = head(running, running.room)
        events = await ann.until(running.room, last)
        assert [event.seq for event in events[seen:]] == list(range(first, last + 1))
        await is_live(running, running.room, key.member)


async def test_d7_requests_of_a_slow_reader_are_not_read(start: Start) -> None:
    """Whoever asks for pages and reads none of them is not asked for more."""
    async with start() as running:
        host = await running.log_in(running.host)
        for _ in range(10):
            await host.send(*(text(running.room, BIG) for _ in range(3)))
        ann = await running.join(host, "Ann")
        (feed,) = [feed for feed in running.server.feeds.live(PEOPLE) if feed.member != running.host.member]
        ann.socket.transport.pause_reading()
        asked = 0
        while not feed.socket.stream.overflows:
            asked += 1
            await ann.write(frames.Page(asked, running.room, 1_000))
            await host.say(running.room, "time goes by")
        for _ in range(20):
            asked += 1
            await ann.write(frames.Page(asked, running.room, 1_000))
        assert feed.socket.stream.unsent_bytes() < 4 * 1024 * 1024
        ann.socket.transport.resume_reading()
        for re in range(1, asked + 1):
            assert isinstance(await ann.answer(re), frames.Ok)


class Held(SqliteStorage):
    """Appends nothing while `may_append` is not set."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.may_append = threading.Event()
        self.may_append.set()

    def append(self, batch: Batch) -> None:
        assert self.may_append.wait(GUARD_S)
        super().append(batch)


async def test_d7_what_comes_right_behind_a_login_is_read_no_faster(start: Start, tmp_path: Path) -> None:
    storage = Held(tmp_path / "chat.db")
    async with start(open_storage=lambda: storage) as running:
        storage.may_append.clear()
        wire = await running.connect()
        protocol = wire.socket.protocol
        login = wire.login_frame(running.host)
        protocol.send_text(codec.encode(login))
        asked = [wire.next_id() for _ in range(500)]
        for re in asked:
            send = frames.Send(re, [Raw(msgspec.json.encode(text(running.room, "x" * 1_000)))])
            protocol.send_text(codec.encode(send))
        wire.socket.transport.write(b"".join(protocol.data_to_send()))
        assert isinstance(await wire.answer(login.id), frames.Welcome)
        (connection,) = running.server.roll.of(running.host.member)
        for _ in range(2_000):
            await asyncio.sleep(0)
        assert len(connection.socket.recv_messages.frames) <= 8 + 32, "the limit, and what one step of TLS brings"
        storage.may_append.set()
        for re in asked:
            assert isinstance(await wire.answer(re), frames.Ok)


async def test_d7_pings_of_who_takes_no_pong_are_not_read(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        (feed,) = running.server.feeds.of(key.member)
        protocol, transport = ann.socket.protocol, ann.socket.transport
        for _ in range(100):
            protocol.send_ping(b"x" * 125)
        pings = b"".join(protocol.data_to_send())
        transport.pause_reading()
        async with asyncio.timeout(GUARD_S):
            while not feed.socket.stream.overflows:
                transport.write(pings)
                await host.say(running.room, "time goes by")
        for _ in range(200):
            transport.write(pings)
        for _ in range(20):
            await host.say(running.room, "time goes by")
        assert feed.socket.stream.unsent_bytes() < 2 * 1024 * 1024
        transport.resume_reading()
        await ann.say(running.room, "and all of it was answered")


async def test_d7_who_takes_nothing_for_too_long_is_closed(start: Start) -> None:
    async with start(patience=Patience(drain_s=30, stop_s=0.01)) as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        await is_live(running, running.room, key.member)
        (feed,) = running.server.feeds.of(key.member)
        ann.socket.transport.pause_reading()
        while feed in running.server.feeds.live(running.room):
            await host.send(*(text(running.room, BIG) for _ in range(3)))
        now_s = time.monotonic()
        running.server.sweep(now_s)
        running.server.sweep(now_s + 29)
        assert running.server.roll.of(key.member)
        running.server.sweep(now_s + 31)
        await eventually(lambda: not running.server.roll.of(key.member))
        await host.say(running.room, "still here")


async def test_a_reader_that_takes_a_little_is_not_closed(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        key = Key.fresh()
        ann = await running.join(host, "Ann", key=key)
        await is_live(running, running.room, key.member)
        (feed,) = running.server.feeds.of(key.member)
        ann.socket.transport.pause_reading()
        while feed in running.server.feeds.live(running.room):
            await host.send(*(text(running.room, BIG) for _ in range(3)))
        now_s, before = time.monotonic(), feed.socket.stream.unsent_bytes()
        running.server.sweep(now_s)
        ann.socket.transport.resume_reading()
        async with asyncio.timeout(GUARD_S):
            while feed.socket.is_full and feed.socket.stream.unsent_bytes() >= before:
                await ann.read()
        ann.socket.transport.pause_reading()
        running.server.sweep(now_s + 31)
        assert running.server.roll.of(key.member)


async def test_p3_all_readers_see_one_order(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        wires = [host, *[await running.join(host, name) for name in ("Ann", "Bob", "Cid")]]

        async def talk(wire: Wire) -> None:
            for number in range(30):
                await wire.say(running.room, str(number))

        first = head(running, running.room) + 1
        await asyncio.gather(*map(talk, wires))
        last = head(running, running.room)
        orders = [[(event.seq, event.cid) for event in await wire.until(running.room, last)][-120:] for wire in wires]
        assert orders == [orders[0]] * 4
        assert [seq for seq, _ in orders[0]] == list(range(first, last + 1))


async def test_p6_snapshot_then_events_fold_to_the_next_snapshot(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host, follow=False)
        await follow(host, running.room, None)
        snapshot = await host.expect(frames.Snapshot)
        state = {event.key: event for event in map(decode_event, snapshot.items) if event.key is not None}
        sent = await host.append(running.room, "history", SetHistory(History.JOINED), key="history")
        assert sent.seq is not None
        fold_state(state, await host.until(running.room, sent.seq))
        _at, stored = running.storage.state(running.room)
        assert sorted(state.values(), key=lambda event: event.seq) == list(map(decode_event, stored))


def text(log: LogId, said: str) -> Entry:
    return entry(log, "text", Text(said))


def invite(running: Running) -> Invite:
    return Invite(running.room, time.time_ns() // 1_000_000 + 3_600_000, 1)
