"""The checker counts only because it has failed: each fault that a log can have is put into a good one and found."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from msgspec import Raw
from msgspec.structs import replace

from chat_protocol.events import Event, Text, encode_body
from chat_protocol.ids import LogId, Ref, b64, first_h, member_id, new_cid, next_h
from tests.faults.history import AT_MOST, History, check

LOG = LogId(b64(bytes(16)))
MEMBERS = [member_id(bytes([number])) for number in range(3)]


@dataclass
class Story:
    """What three senders and two readers tell of a log, and the log."""

    written: list[tuple[Ref, Raw]]
    acked: list[tuple[Ref, int]]
    reads: dict[str, list[Event]]
    ended: dict[str, tuple[int, bytes]]
    final: list[Event]
    refused: set[Ref] = field(default_factory=set)

    def nobody_read(self) -> None:
        self.reads = {}
        self.ended = {}

    def findings(self) -> list[str]:
        history = History()
        for ref, body in self.written:
            history.write(ref.member, ref, body)
        for ref, seq in self.acked:
            history.ack(ref, seq)
        for reader, events in self.reads.items():
            for event in events:
                history.read(reader, event)
        history.refused |= self.refused
        history.ended |= self.ended
        return check(history, LOG, self.final)


def good(count: int = 30) -> Story:
    """Everything as it should be; the last event was never acknowledged."""
    written, final, h = [], [], first_h(LOG)
    for seq in range(1, count + 1):
        ref = Ref(MEMBERS[seq % 3], new_cid(seq, os.urandom(10)))
        body = encode_body(Text(f"number {seq}"))
        written.append((ref, body))
        final.append(Event(seq, seq, seq, ref.member, ref.cid, "text", body=body))
        h = next_h(h, seq, ref.member, ref.cid, "text", None, None)
    acked = [(event.ref, event.seq) for event in final[:-1]]
    return Story(
        written, acked, {"one": final[:], "other": final[6:]}, dict.fromkeys(("one", "other"), (count, h)), final
    )


def test_a_good_history_has_no_findings() -> None:
    assert good().findings() == []


def lose(story: Story) -> None:
    del story.final[10]
    story.final[10:] = [replace(event, seq=event.seq - 1) for event in story.final[10:]]


def lose_one_that_nobody_read(story: Story) -> None:
    story.nobody_read()
    story.final[5] = replace(story.final[5], by=member_id(b"the server"), kind="topic", key="topic")


def double(story: Story) -> None:
    story.final.append(replace(story.final[3], seq=len(story.final) + 1))


def leave_a_gap(story: Story) -> None:
    del story.final[10]


def swap_two_of_one_sender(story: Story) -> None:
    story.nobody_read()
    story.acked = []
    one, other = story.final[3], story.final[6]
    story.final[3], story.final[6] = replace(other, seq=one.seq), replace(one, seq=other.seq)


def move_after_the_ack(story: Story) -> None:
    story.nobody_read()
    one, other = story.final[3], story.final[4]
    story.final[3], story.final[4] = replace(other, seq=one.seq), replace(one, seq=other.seq)


def acknowledge_twice_differently(story: Story) -> None:
    ref, seq = story.acked[4]
    story.acked.append((ref, seq + 1))


def change_a_body(story: Story) -> None:
    story.nobody_read()
    story.final[3] = replace(story.final[3], body=encode_body(Text("something else")))


def invent(story: Story) -> None:
    story.nobody_read()
    story.written.pop()


def store_a_refused_one(story: Story) -> None:
    story.refused.add(story.final[-1].ref)


def skip_for_one_reader(story: Story) -> None:
    del story.reads["one"][10]


def double_for_one_reader(story: Story) -> None:
    story.reads["one"].insert(10, story.reads["one"][10])


def tell_one_reader_something_else(story: Story) -> None:
    story.reads["other"][2] = replace(story.reads["other"][2], body=encode_body(Text("for you alone")))


def take_back_what_all_have_read(story: Story) -> None:
    story.acked = []
    story.ended = {}
    story.written.pop()
    story.final.pop()


def leave_one_behind(story: Story) -> None:
    seq, h = story.ended["one"]
    story.ended["one"] = (seq - 1, h)


def let_one_hold_another_h(story: Story) -> None:
    seq, h = story.ended["one"]
    story.ended["one"] = (seq, bytes(reversed(h)))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (lose, "lost"),
        (lose_one_that_nobody_read, "lost"),
        (double, "doubled"),
        (leave_a_gap, "gap"),
        (swap_two_of_one_sender, "order"),
        (move_after_the_ack, "order"),
        (acknowledge_twice_differently, "order"),
        (change_a_body, "changed"),
        (invent, "changed"),
        (store_a_refused_one, "changed"),
        (skip_for_one_reader, "read"),
        (double_for_one_reader, "read"),
        (tell_one_reader_something_else, "read"),
        (take_back_what_all_have_read, "read"),
        (leave_one_behind, "head"),
        (let_one_hold_another_h, "head"),
    ],
)
def test_finds(fault: Callable[[Story], None], kind: str) -> None:
    story = good()
    fault(story)
    assert kind in {line.partition(":")[0] for line in story.findings()}


def test_tells_a_few_of_many() -> None:
    story = good(200)
    story.nobody_read()
    story.final = []
    lines = story.findings()
    assert lines[-1] == f"lost: {199 - AT_MOST} more"
    assert len(lines) == AT_MOST + 1
