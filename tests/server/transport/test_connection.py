"""Requests and answers of a member (P12, P13, D4, D5, D6, D11)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from chat_protocol import frames, limits
from chat_protocol.errors import Code, Retry
from chat_protocol.events import Delete, Edit, React, Text
from chat_protocol.ids import STAFF, Cid, LogId, Ref, b64
from chat_server.hub.rates import Rate
from chat_server.transport.connection import Connection
from tests.conftest import AllowLog
from tests.server.transport.conftest import UNLIMITED, Running, Start
from tests.wire import Key, Wire, cid, entry

NOWHERE = LogId("AAAAAAAAAAAAAAAAAAAAAA")


async def ok(wire: Wire, make: Any) -> frames.Ok:
    answer = await wire.request(make)
    assert isinstance(answer, frames.Ok), answer
    return answer


async def err(wire: Wire, make: Any) -> frames.Err:
    answer = await wire.request(make)
    assert isinstance(answer, frames.Err), answer
    return answer


async def said(wire: Wire, room: LogId, *texts: str) -> list[frames.Sent]:
    return [await wire.say(room, text) for text in texts]


# --- send ---


async def test_p1_what_is_acknowledged_is_in_the_log_after_a_restart(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        sent = await wire.say(running.room, "hello")
    async with start() as running:
        wire = await running.log_in(running.host)
        page = await ok(wire, lambda re: frames.Page(re, running.room, 10))
        assert page.messages is not None
        assert [(message.seq, message.text) for message in page.messages] == [(sent.seq, "hello")]


async def test_p2_a_retry_gets_the_same_place(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        one = entry(running.room, "text", Text("once"))
        first, again, third = [(await wire.send(one))[0] for _ in range(3)]
        assert (first.dup, again.dup, third.dup) == (False, True, True)
        assert first.seq == again.seq == third.seq


async def test_p4_many_requests_at_once_keep_their_order(start: Start) -> None:
    """More than may be in flight: the rest waits unread."""
    async with start() as running:
        wire = await running.log_in(running.host)
        for number in range(100):
            await wire.write(frames.Send(1_000 + number, [raw(running.room, str(number))]))
        seqs = []
        for number in range(100):
            answer = await wire.answer(1_000 + number)
            assert isinstance(answer, frames.Ok)
            assert answer.res is not None
            seqs.append(answer.res[0].seq)
        assert seqs == list(range(seqs[0] or 0, (seqs[0] or 0) + 100))


async def test_p7_events_come_before_the_ok_of_who_sent_them(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        sent = await wire.say(running.room, "mine")
        assert wire.events[running.room][-1].seq == sent.seq


async def test_p13_a_bad_entry_is_refused_alone(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        batch = [raw(running.room, "one"), Raw(b'{"log":1}'), raw(NOWHERE, "x"), raw(running.room, "two")]
        answer = await ok(wire, lambda re: frames.Send(re, batch))
        assert answer.res is not None
        assert [None if sent.err is None else sent.err.code for sent in answer.res] == [
            None,
            Code.BAD_VALUE,
            Code.UNKNOWN_LOG,
            None,
        ]


# --- hostile frames ---


@pytest.mark.parametrize(
    ("data", "code", "re"),
    [
        (b"", Code.BAD_FRAME, None),
        (b"[1]", Code.BAD_FRAME, None),
        (b'{"op":', Code.BAD_FRAME, None),
        (b'{"op":"send","id":9,"batch":' + b"[" * 9 + b"]" * 9 + b"}", Code.BAD_FRAME, None),
        (b'{"op":"dance","id":9}', Code.UNKNOWN_TYPE, 9),
        (b'{"op":"welcome","re":9}', Code.UNKNOWN_TYPE, None),
        (b'{"op":"mark","id":9}', Code.BAD_VALUE, 9),
        (b'{"op":"mark","id":-1,"log":"people","seq":1}', Code.BAD_VALUE, None),
        (b'{"op":"page","id":9,"log":"people","limit":1001}', Code.BAD_VALUE, 9),
        (b'{"op":"send","id":9,"batch":[]}', Code.BAD_VALUE, 9),
        (b'{"op":"peek","id":9,"invite":"AAAA"}', Code.BAD_FRAME, 9),
        (b'{"op":"login","id":9,"identity":"","device":"","sig":""}', Code.BAD_FRAME, 9),
        (b" " * 65_537, Code.FRAME_TOO_BIG, None),
    ],
)
async def test_p13_a_wrong_frame_is_answered_and_the_connection_stays(
    start: Start, data: bytes, code: Code, re: int | None
) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        await wire.write_bytes(data)
        answer = await wire.expect(frames.Err)
        assert (answer.code, answer.re) == (code, re)
        await wire.say(running.room, "still here")


async def test_d4_a_binary_frame_is_refused(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        await wire.socket.send(b'{"op":"mark"}')
        assert (await wire.expect(frames.Err)).code is Code.BAD_FRAME
        await wire.say(running.room, "still here")


@pytest.mark.parametrize("data", [b"x" * 100_000, b"\xff\xfe"], ids=["oversized", "no UTF-8"])
async def test_p13_what_is_no_frame_closes_that_connection_only(start: Start, data: bytes) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        await ann.write_bytes(data)
        await ann.ended()
        await host.say(running.room, "still here")


async def test_d11_a_mistake_in_one_connection_stays_in_it(
    start: Start, allow_log: AllowLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")

        async def broken(self: Connection, frame: frames.Page) -> bytes:
            raise RuntimeError("a mistake")

        monkeypatch.setattr(Connection, "_page", broken)
        allow_log("chat_server.app", "connection 2 failed")
        await ann.write(frames.Page(9, running.room, 10))
        bye = await ann.ended()
        assert isinstance(bye, frames.Bye)
        assert (bye.code, bye.retry) == (Code.INTERNAL, Retry.LATER)
        assert "mistake" not in str(bye).replace("The server made a mistake.", "")
        await host.say(running.room, "still here")


# --- rates ---


async def test_d6_other_requests_are_limited_and_the_connection_stays(start: Start) -> None:
    async with start(limits=UNLIMITED._replace(requests=Rate(0.001, 3))) as running:
        wire = await running.log_in(running.host)
        for _ in range(2):
            await ok(wire, lambda re: frames.Mark(re, running.room, 1))
        answer = await err(wire, lambda re: frames.Mark(re, running.room, 1))
        assert (answer.code, answer.retry) == (Code.RATE_LIMITED, Retry.LATER)
        assert answer.after_ms
        await wire.say(running.room, "sending is limited by itself")


# --- marks ---


async def test_marks_grow_reach_other_devices_and_come_back_with_the_welcome(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        other = await running.log_in(running.host.on_another_device())
        last = (await said(wire, running.room, "a", "b", "c"))[-1]
        assert last.seq is not None
        await ok(wire, lambda re: frames.Mark(re, running.room, last.seq - 1))
        signal = await other.expect(frames.Signal)
        assert signal == frames.Signal(running.room, "mark", running.host.member, last.seq - 1)
        await ok(wire, lambda re: frames.Mark(re, running.room, 1))
        welcome = await (await running.connect()).login(running.host)
        assert marks(welcome)[running.room] == last.seq - 1
        await ok(other, lambda re: frames.Mark(re, running.room, limits.MAX_INT))
    async with start() as running:
        welcome = await (await running.connect()).login(running.host)
        assert marks(welcome)[running.room] == last.seq


async def test_p17_nothing_is_answered_about_a_log_that_one_may_not_read(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        for log in (NOWHERE, STAFF):
            for make in (
                lambda re, log=log: frames.Mark(re, log, 1),
                lambda re, log=log: frames.Page(re, log, 10),
                lambda re, log=log: frames.Page(re, log, 10, before=5),
                lambda re, log=log: frames.Search(re, "word", log),
            ):
                assert (await err(ann, make)).code is Code.UNKNOWN_LOG
            follow = await ok(ann, lambda re, log=log: frames.Follow(re, {log: None}))
            assert follow.logs == {log: "unknown_log"}


# --- pages ---


async def test_a_page_before_holds_raw_events_and_the_position_before_them(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        sent = await said(wire, running.room, "a", "b", "c")
        head = sent[-1].seq or 0
        page = await ok(wire, lambda re: frames.Page(re, running.room, 2, before=head))
        assert page.events is not None
        assert page.start is not None
        seqs = [msgspec.json.decode(event)["seq"] for event in page.events]
        assert seqs == [head - 2, head - 1]
        position = running.storage.position(running.room, head - 3)
        assert position is not None
        assert page.start == (position.seq, b64(position.h), position.row)
        empty = await ok(wire, lambda re: frames.Page(re, running.room, 2, before=1))
        assert (empty.events, empty.start and empty.start[0]) == ([], 0)
        beyond = await ok(wire, lambda re: frames.Page(re, running.room, 1, before=limits.MAX_INT))
        assert beyond.events is not None
        assert [msgspec.json.decode(event)["seq"] for event in beyond.events] == [head]


async def test_pages_of_messages_show_them_with_their_changes(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        me, room = running.host.member, running.room
        sent = await said(wire, room, *"abcdefgh")
        await wire.append(room, "edit", Edit("B"), target=Ref(me, sent[1].cid))
        await wire.append(room, "delete", Delete(), target=Ref(me, sent[2].cid))
        await wire.append(room, "react", React("👍"), target=Ref(me, sent[7].cid))
        newest = await ok(wire, lambda re: frames.Page(re, room, 3))
        assert newest.messages is not None
        assert [message.text for message in newest.messages] == ["f", "g", "h"]
        assert newest.messages[-1].reactions == {"👍": [me]}
        assert newest.as_of == running.server.committer.hub.position(room).seq
        for make in (
            lambda re: frames.Page(re, room, 4, around=Ref(me, sent[2].cid)),
            lambda re: frames.Page(re, room, 4, around_row=3),
        ):
            around = await ok(wire, make)
            assert around.messages is not None
            assert [(message.text, message.deleted) for message in around.messages] == [
                ("a", False),
                ("B", False),
                ("", True),
                ("d", False),
            ]


async def test_a_page_around_what_is_not_there_is_refused(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        sent = await wire.say(running.room, "a")
        targets = Ref(running.host.member, cid()), Ref(Key.fresh().member, sent.cid), Ref(running.host.member, Cid("?"))
        for target in targets:
            answer = await err(wire, lambda re, target=target: frames.Page(re, running.room, 4, around=target))
            assert answer.code is Code.UNKNOWN_TARGET


async def test_a_page_fits_one_frame(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        for number in range(30):
            await wire.say(running.room, f"{number:03}" + "x" * 15_000)
        newest = await ok(wire, lambda re: frames.Page(re, running.room, 1_000))
        assert newest.messages is not None
        assert [message.text[:3] for message in newest.messages] == [f"{number:03}" for number in range(13, 30)]
        middle = await ok(wire, lambda re: frames.Page(re, running.room, 1_000, around_row=15))
        assert middle.messages is not None
        assert middle.messages[len(middle.messages) // 2].text.startswith("014")
        before = await ok(wire, lambda re: frames.Page(re, running.room, 1_000, before=limits.MAX_INT))
        assert before.events is not None
        assert 10 < len(before.events) < 18


# --- search ---


async def test_search_finds_what_a_message_shows_now(start: Start) -> None:
    async with start() as running:
        wire = await running.log_in(running.host)
        me, room = running.host.member, running.room
        sent = await said(wire, room, "the quick fox", "a lazy dog", "会议在东京")
        await wire.append(room, "edit", Edit("the slow fox"), target=Ref(me, sent[0].cid))
        await indexed(running)
        for query, texts in (("slow fox", ["the slow fox"]), ("quick", []), ("东京", ["会议在东京"])):
            found = await ok(wire, lambda re, query=query: frames.Search(re, query))
            assert [hit.message.text for hit in found.hits or ()] == texts
        await wire.append(room, "delete", Delete(), target=Ref(me, sent[1].cid))
        assert (await ok(wire, lambda re: frames.Search(re, "lazy"))).hits in (None, [])


async def indexed(running: Running) -> None:
    """Brings the index forward, as the committer does when nobody waits."""
    threads = running.server.committer.threads
    while await threads.write(threads.storage.index):
        pass


async def test_requests_in_flight_are_all_answered(start: Start) -> None:
    """P12: of every sort, more than may be in flight, each exactly once."""
    async with start() as running:
        wire = await running.log_in(running.host)
        room = running.room
        makes = (
            lambda re: frames.Page(re, room, 10),
            lambda re: frames.Send(re, [raw(room, "x")]),
            lambda re: frames.Mark(re, room, 1),
            lambda re: frames.Follow(re, {room: None}),
            lambda re: frames.Search(re, "x"),
            lambda re: frames.Mark(re, NOWHERE, 1),
        )
        ids = [wire.next_id() for _ in range(60)]
        for number, re in enumerate(ids):
            await wire.write(makes[number % len(makes)](re))
        for re in reversed(ids):
            await wire.answer(re)
        await wire.say(room, "last")
        assert [frame for frame in wire.seen if isinstance(frame, frames.Ok | frames.Err)] == []


def raw(log: LogId, text: str) -> Raw:
    return Raw(msgspec.json.encode(entry(log, "text", Text(text))))


def marks(welcome: frames.Welcome) -> dict[LogId, int]:
    return {log.log: log.mark for log in welcome.logs}
