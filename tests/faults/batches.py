"""Batches as a hub would append them, and the question whether two storages serve the same."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from chat_protocol.events import (
    Body,
    Delete,
    Edit,
    Event,
    Name,
    Pin,
    React,
    Text,
    Topic,
    decode_event,
    encode_body,
    encode_event,
)
from chat_protocol.ids import LogId, MemberId, Position, Ref, b64, first_h, new_cid, next_h
from chat_server.storage.contract import Appended, Batch, LogState, Storage

START_MS = 1_700_000_000_000

_KIND: dict[type[Body], str] = {
    Text: "text",
    Edit: "edit",
    Delete: "delete",
    React: "react",
    Pin: "pin",
    Topic: "topic",
    Name: "rename",
}
_LENGTHS = [1, 1, 1, 2, 2, 3, 3, 5, 8] * 8 + [900]
_SOUGHT = ["harbour", "会议", "東京", "회의"]
_WORDS = [*_SOUGHT, "tide", "lantern", "Überfahrt", "crane", "dusk", "anchor", "rope", "salt", "wind", "north"]


class Scribe:
    """Writes events of a few members into a few logs. What it has written counts as stored."""

    def __init__(self, random: Random, logs: int = 3, members: int = 4) -> None:
        self.random = random
        self.logs = [LogId(b64(random.randbytes(16))) for _ in range(logs)]
        self.members = [MemberId(b64(random.randbytes(16))) for _ in range(members)]
        self.heads = {log: Position(0, first_h(log), 0) for log in self.logs}
        self.messages: dict[LogId, list[Appended]] = {log: [] for log in self.logs}
        """Those that stand, by log."""
        self.refs: list[Ref] = []
        self._now_ms = START_MS

    def write(
        self,
        log: LogId,
        body: Body,
        target: Appended | None = None,
        key: str | None = None,
        by: MemberId | None = None,
        kind: str | None = None,
    ) -> Appended:
        """The next event of `log`: a change when it has a `target`, a state when it has a `key`."""
        self._now_ms += 1
        by = by or self.random.choice(self.members)
        cid, kind = new_cid(self._now_ms, self.random.randbytes(10)), kind or _KIND[type(body)]
        at = self.heads[log]
        row = at.row + (target is None and key is None)
        ref = target.event.ref if target else None
        event = Event(at.seq + 1, row, self._now_ms, by, cid, kind, ref, key, encode_body(body))
        h = next_h(at.h, event.seq, by, cid, kind, ref, key)
        self.heads[log] = Position(event.seq, h, row)
        one = Appended(log, event, encode_event(event), h, target.event.seq if target else None)
        self.refs.append(event.ref)
        if target is None and key is None:
            self.messages[log].append(one)
        return one

    def say(self, text: str, log: LogId | None = None, by: MemberId | None = None) -> Appended:
        return self.write(log or self.logs[0], Text(text), by=by)

    def delete(self, message: Appended) -> Batch:
        """The event that deletes `message`, with what the storage has to erase."""
        self.messages[message.log] = [one for one in self.messages[message.log] if one is not message]
        return batch(self.write(message.log, Delete(), message), erase=[message])

    def anything(self, events: int) -> Batch:
        """About so many events of every class in every log, with a deletion now and then."""
        made = Batch()
        for _ in range(events):
            log = self.random.choice(self.logs)
            messages = self.messages[log]
            draw = self.random.random()
            if draw < 0.55 or not messages:
                one = batch(self.say(self._text(), log))
            elif draw < 0.65:
                one = batch(self.write(log, Edit(self._text()), self.random.choice(messages)))
            elif draw < 0.72:
                one = self.delete(self.random.choice(messages))
            elif draw < 0.85:
                one = batch(self.write(log, React(self.random.choice("👍🎉")), self.random.choice(messages)))
            else:
                key = f"name:{self.random.choice(self.members)}"
                one = batch(self.write(log, Name(self._text()[:30]), key=key))
            for name, head in one.heads.items():
                made.heads.setdefault(name, head)
            made.events += one.events
            made.erase += one.erase
        return made

    def _text(self) -> str:
        return " ".join(self.random.choices(_WORDS, k=self.random.choice(_LENGTHS)))


def batch(*events: Appended, erase: Iterable[Appended] = ()) -> Batch:
    """All of `events`, which are in order; the bodies of the messages `erase` go."""
    made = Batch(events=list(events), erase=[(one.log, one.event.seq) for one in erase])
    for one in events:
        made.heads.setdefault(one.log, one.event.seq - 1)
    return made


def differences(one: Storage, other: Storage, refs: Iterable[Ref]) -> list[str]:
    """What two storages serve differently, by any call that reads; once they agree, what they find after their
    search indexes were brought up to the head. `refs` names the events that may be there."""
    refs = list(refs)
    if found := differences_of_logs(one, other, refs):
        return found
    for storage in (one, other):
        while storage.index():
            pass
    readable = {state.log: 1 for state in other.load().logs}
    return [
        f"search({word})" for word in _SOUGHT if one.search(readable, word, 1000) != other.search(readable, word, 1000)
    ]


def differences_of_logs(one: Storage, other: Storage, refs: list[Ref]) -> list[str]:
    """The same but for search: nothing is written."""
    loaded, expected = one.load(), other.load()
    if sorted(loaded.logs) != sorted(expected.logs):
        return [f"heads: {_seqs(loaded.logs)} instead of {_seqs(expected.logs)}"]
    found = ["load().state"] if sorted(loaded.state, key=_place) != sorted(expected.state, key=_place) else []
    if one.find(refs) != other.find(refs):
        found.append("find()")
    members = {ref.member for ref in refs}
    found += [f"marks({member})" for member in members if one.marks(member) != other.marks(member)]
    for state in expected.logs:
        found += [f"log {state.log}: {what}" for what in _differences_of_log(one, other, state.log, state.at)]
    return found


def _seqs(logs: Iterable[LogState]) -> dict[LogId, int]:
    return {state.log: state.at.seq for state in sorted(logs)}


def _place(entry: tuple[LogId, Event]) -> tuple[LogId, int]:
    return entry[0], entry[1].seq


def _differences_of_log(one: Storage, other: Storage, log: LogId, head: Position) -> list[str]:
    everything = range(1, head.seq + 1)
    middle = head.seq // 2
    answers = [
        {
            "read()": storage.read(log, 0, 1 << 30, head.seq),
            "read_back()": storage.read_back(log, head.seq + 1, 2, 4000, 100),
            "positions": [storage.position(log, seq) for seq in range(head.seq + 2)],
            "at_row()": [storage.at_row(log, row) for row in range(head.row + 2)],
            "state()": storage.state(log),
            "messages()": storage.messages(log, 1, middle, 1000),
            "messages_back()": storage.messages_back(log, middle, 1, 1000),
            "changes()": storage.changes(log, everything, head.seq - 1),
        }
        for storage in (one, other)
    ]
    found = [what for what in answers[0] if answers[0][what] != answers[1][what]]
    if [decode_event(data).seq for data in one.read(log, 0, 1 << 30, head.seq).events] != list(everything):
        found.append("its events are not 1, 2, 3 …")
    return found
