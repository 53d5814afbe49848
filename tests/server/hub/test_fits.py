"""A change goes only to a message of the kind that it is on, and that has what it names; for both ends alike. And only
so often."""

from __future__ import annotations

import msgspec
import pytest

from chat_protocol import limits
from chat_protocol.errors import Code
from chat_protocol.events import (
    KINDS,
    Body,
    Delete,
    Event,
    EventClass,
    Kind,
    React,
    Text,
    encode_body,
    encode_event,
)
from chat_protocol.fold import Shown, fold_message, show
from chat_protocol.ids import LogId, Ref, next_h
from chat_protocol.permissions import PERMISSIONS, LogKind
from chat_server.storage.contract import Appended, Batch
from tests.protocol.later_kinds import learn
from tests.protocol.test_kinds import ALL, EXAMPLES, Example, plain, target_kind
from tests.server.hub.harness import House, Person, code_of, refusal, stored


class Underline(Body, frozen=True):
    """A change of a later version: it marks a word of the text."""

    word: str

    def fits(self, message: Shown) -> bool:
        return self.word in message.text


@pytest.fixture
def _underline(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more kind, so that there is one whose body must fit."""
    text = plain("text").text  # type: ignore[attr-defined]
    example = Example(Underline(text[:3]), target=EXAMPLES["edit"].target, unfit=(Underline(f"{text}?"),))
    monkeypatch.setitem(EXAMPLES, "underline", example)
    monkeypatch.setitem(PERMISSIONS, (LogKind.ROOM, "underline"), PERMISSIONS[LogKind.ROOM, "react"])
    line = Kind(Underline, EventClass.CHANGE, on="text")
    learn(monkeypatch, "underline", line, applied=lambda shown, *_change: msgspec.structs.replace(shown, pinned=True))


def planted(house: House, by: Person, log: LogId, kind: str) -> Ref:
    """A message that this hub would not have taken: a later version stored it, or it belongs into another log."""
    before, ref = house.hub.position(log), Ref(by.id, house.cid())
    seq = before.seq + 1
    event = Event(seq, before.row + 1, house.now.wall_ms, *ref, kind, body=encode_body(ALL[kind].body))
    h = next_h(before.h, seq, *ref, kind, None, None)
    house.storage.append(Batch({log: before.seq}, [Appended(log, event, encode_event(event), h, None)]))
    house.restart()
    return ref


def changes_of_one_kind() -> list[str]:
    return [kind for kind, line in KINDS.items() if line.on is not None]


@pytest.mark.usefixtures("_underline")
def test_a_change_of_another_kind_of_message_is_refused() -> None:
    house = House()
    ann = house.join("Ann")
    tried = 0
    for other, example in ALL.items():
        if example.target is not None or example.key is not None:
            continue
        target = planted(house, ann, house.lobby, other)
        for kind in changes_of_one_kind():
            sent = house.do(ann, house.lobby, kind, plain(kind), target=target)
            if other == KINDS[kind].on:
                stored(sent)
            else:
                assert (refusal(sent).code, refusal(sent).field) == (Code.BAD_VALUE, "target")
                tried += 1
    assert tried >= 4


@pytest.mark.usefixtures("_underline")
def test_a_change_that_does_not_fit_its_message_is_refused_and_would_change_nothing() -> None:
    house = House()
    ann = house.join("Ann")
    tried = 0
    for kind in changes_of_one_kind():
        target = Ref(ann.id, stored(house.do(ann, house.lobby, target_kind(kind), plain(target_kind(kind)))).cid)
        message = house.last(house.lobby)
        for unfit in EXAMPLES[kind].unfit:
            sent = house.do(ann, house.lobby, kind, unfit, target=target)
            assert (refusal(sent).code, refusal(sent).field) == (Code.BAD_VALUE, "target")
            change = Event(99, message.row, message.ts, ann.id, house.cid(), kind, target, body=encode_body(unfit))
            assert fold_message(show(message), change) == show(message)
            tried += 1
        stored(house.do(ann, house.lobby, kind, plain(kind), target=target))
        assert fold_message(show(message), house.last(house.lobby)) != show(message)
    assert tried >= 1


@pytest.mark.parametrize("in_one_round", [True, False])
def test_a_message_is_changed_so_often_and_then_only_deleted(
    monkeypatch: pytest.MonkeyPatch, in_one_round: bool
) -> None:
    """Whoever shows it folds all changes. What others use up of them is not the author's; a retry is none."""
    monkeypatch.setattr(limits, "CHANGES", 3)
    house = House()
    ann, ben = house.join("Ann"), house.join("Ben")
    target, other = house.say(ann, house.lobby), house.say(ann, house.lobby)

    def change(by: Person, times: int) -> list[Code | None]:
        entries = [house.entry(house.lobby, "react", React("x", on=n % 2 == 0), target=target) for n in range(times)]
        if in_one_round:
            return [code_of(sent) for sent in house.send(by, *entries)]
        house.restart()
        return [code_of(house.send(by, entry)[0]) for entry in entries]

    first = house.entry(house.lobby, "react", React("first"), target=target)
    stored(house.send(ben, first)[0])
    assert change(ben, 3) == [None, None, Code.TOO_MANY_CHANGES]
    assert change(ann, 4) == [None, None, None, Code.TOO_MANY_CHANGES]
    assert stored(house.send(ben, first)[0]).dup
    stored(house.do(ben, house.lobby, "react", React("x"), target=other))
    stored(house.do(ben, house.lobby, "text", Text("about it", reply=target)))
    stored(house.do(ann, house.lobby, "delete", Delete(), target=target))
    assert house.last(house.lobby).kind == "delete"
