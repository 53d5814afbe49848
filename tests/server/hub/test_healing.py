"""P10: after a set-back what members say may be about messages that are still to come back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat_protocol.errors import Code, Retry
from chat_protocol.events import Delete, Edit, History, React, Text
from chat_protocol.ids import Ref
from chat_server.hub.healing import HEALING_S
from tests.server.hub.harness import House, code_of, refusal, stored
from tests.server.hub.oracle import check


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    check(house)


def test_who_holds_more_than_the_server_replies_to_what_is_not_there_yet(house: House) -> None:
    ann, ben = house.join("Ann"), house.join("Ben")
    lost = Ref(ben.id, house.cid())
    reply = Text("yes", reply=lost)
    assert code_of(house.do(ann, house.lobby, "text", reply)) is Code.UNKNOWN_TARGET
    house.hub.heal(ann.id, house.lobby, house.now)
    stored(house.do(ann, house.lobby, "text", reply))
    assert code_of(house.do(ben, house.lobby, "text", reply)) is Code.UNKNOWN_TARGET  # who held nothing of it


def test_a_change_to_what_is_not_there_yet_waits_and_holds_up_what_follows(house: House) -> None:
    ann, ben = house.join("Ann"), house.join("Ben")
    lost = Ref(ben.id, house.cid())
    house.hub.heal(ann.id, house.lobby, house.now)
    react = house.entry(house.lobby, "react", React("🙂"), target=lost)
    later = house.entry(house.lobby, "text", Text("later"))
    (waits,) = house.send(ann, react, later)
    error = refusal(waits)
    assert (error.code, error.retry, error.field) == (Code.BUSY, Retry.LATER, "target")
    stored(house.do(ben, house.lobby, "text", Text("back again"), cid=lost.cid))
    assert [stored(sent).cid for sent in house.send(ann, react, later)] == [react.cid, later.cid]


def test_what_was_deleted_does_not_come_back(house: House) -> None:
    ann, ben = house.join("Ann"), house.join("Ben")
    said = house.say(ben, house.lobby)
    stored(house.do(ben, house.lobby, "delete", Delete(), target=said))
    house.hub.heal(ann.id, house.lobby, house.now)
    assert code_of(house.do(ann, house.lobby, "react", React("🙂"), target=said)) is Code.UNKNOWN_TARGET
    stored(house.do(ann, house.lobby, "text", Text("said before it was deleted", reply=said)))


def test_p17_what_one_may_not_read_is_like_what_is_still_to_come(house: House) -> None:
    ann = house.join("Ann")
    room = house.room(house.host, history=History.JOINED)
    hidden = house.say(house.host, room, "before Ann")
    house.add(house.host, room, ann)
    house.hub.heal(ann.id, room, house.now)
    answers = [
        refusal(house.do(ann, room, kind, body, target=target))
        for target in (hidden, Ref(house.host.id, house.cid()))
        for kind, body in (("react", React("🙂")), ("edit", Edit("x")), ("delete", Delete()))
    ]
    assert answers == [answers[0]] * 6
    assert answers[0].code is Code.BUSY


def test_healing_ends_and_is_of_one_log(house: House) -> None:
    ann = house.join("Ann")
    room = house.room(ann)
    lost = Ref(house.host.id, house.cid())
    for log in (room, house.lobby):
        house.hub.heal(ann.id, log, house.now)
        house.later(int(HEALING_S * 1_000) - 1)
        assert code_of(house.do(ann, log, "react", React("🙂"), target=lost)) is Code.BUSY
        house.later(1)
        assert code_of(house.do(ann, log, "react", React("🙂"), target=lost)) is Code.UNKNOWN_TARGET
