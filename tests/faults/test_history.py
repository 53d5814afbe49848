"""The checker counts only because it has failed: each fault that a log can have is put into a good one and found."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from chat_protocol.events import Event, Text, encode_body
from chat_protocol.ids import LogId, Ref, b64, first_h, member_id, new_cid, next_h
from tests.faults.history import AT_MOST, History, check

LOG = LogId(b64(bytes(16)))
MEMBERS = [member_id(bytes([number])) for number in range(3)]


def good(count: int = 30) -> tuple[History, list[Event]]:
    """Three senders, two readers, everything as it should be; the last event was never acknowledged."""
    history, final, h = History(), [], first_h(LOG)
    for seq in range(1, count + 1):
        ref = Ref(MEMBERS[seq % 3], new_cid(seq, os.urandom(10)))
        body = encode_body(Text(f"number {seq}"))
        history.write(ref.member, ref, body)
        final.append(Event(seq, seq, seq, ref.member, ref.cid, "text", body=body))
        h = next_h(h, seq, ref.member, ref.cid, "text", None, None)
        if seq < count:
            history.ack(ref, seq)
    for reader, first in (("one", 1), ("other", 7)):
        for event in final[first - 1 :]:
            history.read(reader, event)
        history.ended[reader] = (count, h)
    return history, final


def test_a_good_history_has_no_findings() -> None:
    assert check(*_with_log(*good())) == []


def _with_log(history: History, final: list[Event]) -> tuple[History, LogId, list[Event]]:
    return history, LOG, final


def lose(_history: History, final: list[Event]) -> None:
    del final[10]
    final[10:] = [msgspec.structs.replace(event, seq=event.seq - 1) for event in final[10:]]


def lose_silently(history: History, final: list[Event]) -> None:
    """Nobody read it, nobody holds a head: only the acknowledgement tells."""
    history.reads.clear()
    history.ended.clear()
    final[5] = msgspec.structs.replace(final[5], by=member_id(b"the server"), kind="topic", key="topic")


def double(_history: History, final: list[Event]) -> None:
    final.append(msgspec.structs.replace(final[3], seq=len(final) + 1))


def leave_a_gap(_history: History, final: list[Event]) -> None:
    del final[10]


def swap(history: History, final: list[Event]) -> None:
    """Two of one sender, before anybody read or acknowledged them."""
    history.reads.clear()
    history.ended.clear()
    history.acked.clear()
    one, other = final[3], final[6]
    final[3] = msgspec.structs.replace(other, seq=one.seq)
    final[6] = msgspec.structs.replace(one, seq=other.seq)


def move_after_the_ack(history: History, final: list[Event]) -> None:
    history.reads.clear()
    history.ended.clear()
    final[3], final[4] = (
        msgspec.structs.replace(final[4], seq=4),
        msgspec.structs.replace(final[3], seq=5),
    )


def change_a_body(history: History, final: list[Event]) -> None:
    history.reads.clear()
    final[3] = msgspec.structs.replace(final[3], body=encode_body(Text("something else")))


def invent(history: History, _final: list[Event]) -> None:
    history.reads.clear()
    ref = next(reversed(history.written))
    del history.written[ref]


def store_a_refused_one(history: History, final: list[Event]) -> None:
    history.refused.add(final[-1].ref)


def skip_for_one_reader(history: History, _final: list[Event]) -> None:
    del history.reads["one"][10]


def double_for_one_reader(history: History, _final: list[Event]) -> None:
    history.reads["one"].insert(10, history.reads["one"][10])


def tell_one_reader_something_else(history: History, _final: list[Event]) -> None:
    events = history.reads["other"]
    events[2] = msgspec.structs.replace(events[2], body=encode_body(Text("for you alone")))


def leave_one_behind(history: History, _final: list[Event]) -> None:
    seq, h = history.ended["one"]
    history.ended["one"] = (seq - 1, h)


def let_one_hold_another_h(history: History, _final: list[Event]) -> None:
    seq, h = history.ended["one"]
    history.ended["one"] = (seq, bytes(reversed(h)))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (lose, "lost"),
        (lose_silently, "lost"),
        (double, "doubled"),
        (leave_a_gap, "gap"),
        (swap, "order"),
        (move_after_the_ack, "order"),
        (change_a_body, "changed"),
        (invent, "changed"),
        (store_a_refused_one, "changed"),
        (skip_for_one_reader, "read"),
        (double_for_one_reader, "read"),
        (tell_one_reader_something_else, "read"),
        (leave_one_behind, "head"),
        (let_one_hold_another_h, "head"),
    ],
)
def test_finds(fault: Callable[[History, list[Event]], None], kind: str) -> None:
    history, final = good()
    fault(history, final)
    assert kind in {line.partition(":")[0] for line in check(history, LOG, final)}


def test_tells_a_few_of_many() -> None:
    history, final = good(200)
    lines = check(replace(history, reads={}, ended={}), LOG, final[:0])
    assert lines[-1] == f"lost: {199 - AT_MOST} more"
    assert len(lines) == AT_MOST + 1
