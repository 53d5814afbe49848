"""Decide late, append once: a decision is nothing before it is stored, and its batch names what it was decided on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_protocol.errors import Code, Refused
from chat_protocol.events import Ban, Delete, Fault, Join, Kick, Leave, Make, Name, React, Role, SetRole, Text, Topic
from chat_protocol.ids import PEOPLE, STAFF, LogId, b64, dm_log
from chat_server.hub.hub import Hub
from chat_server.hub.rates import Rate, Rates
from chat_server.hub.requests import Decision, LoginRequest, Request
from chat_server.storage.contract import HeadMoved, Loaded, StorageFull
from tests.memory_storage import Moment
from tests.server.hub.harness import House, Person, code_of, dm_body, stored
from tests.server.hub.oracle import check


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    check(house, [house.host, *(Person(name) for name in ("Ann", "Ben", "Cyd", "New"))])


def said_of(decision: Decision) -> tuple[object, ...]:
    """All that a decision says."""
    answers = [(one.code, one.text, one.suggestion) if isinstance(one, Refused) else one for one in decision.answers]
    batch = decision.batch
    return answers, batch.heads, batch.events, batch.erase, decision.gained, decision.lost, decision.gone, decision.stop


# --- a decision that is forgotten -----------------------------------------------------------------------------


class Busy:
    """Requests of every sort, made once: the same whatever becomes of them."""

    def __init__(self, house: House) -> None:
        ann, ben, cyd = (house.join(name) for name in ("Ann", "Ben", "Cyd"))
        house.promote(cyd)
        room = house.room(ann, ben)
        said = house.say(ann, room)
        token, new = house.invite(uses=1), Person("New")
        made = LogId(b64(b"made" * 4))
        entry = house.entry
        self.requests: list[Request] = [
            house.sends(ann, entry(room, "text", Text("hi")), entry(room, "delete", Delete(), target=said)),
            house.sends(ben, entry(room, "react", React("x"), target=said)),
            house.sends(ben, entry(made, "make", Make("Made"), key="make"), entry(made, "text", Text("mine"))),
            house.sends(ben, entry(dm_log(ann.id, ben.id), "dm", dm_body(ann, ben), key="dm")),
            house.sends(ann, entry(room, "kick", Kick(), key=f"in:{ben.id}")),
            house.sends(ann, entry(room, "add", Join(), key=f"in:{cyd.id}")),
            house.sends(ben, entry(house.lobby, "leave", Leave(), key=f"in:{ben.id}")),
            house.sends(cyd, entry(PEOPLE, "ban", Ban(), key=f"ban:{ann.id}")),
            house.sends(cyd, entry(PEOPLE, "rename", Name("Ann 2"), key=f"name:{cyd.id}")),
            house.sends(cyd, entry(house.lobby, "name", Name("Hall"), key="name")),
            house.sends(house.host, entry(PEOPLE, "role", SetRole(Role.NONE), key=f"role:{cyd.id}")),
            house.sends(house.host, *(entry(STAFF, "fault", Fault(room, seq, "gap")) for seq in (1, 2))),
            LoginRequest(new.identity, new.device, token, "Cyd"),
            LoginRequest(new.identity, new.device, token, "New"),
            LoginRequest(ben.identity, ben.device, token),
        ]


TIGHT = Rates(Rate(1, 3), Rate(2, 6), Rate(1 / 60, 1))
orders = st.lists(st.integers(0, 14), min_size=1, max_size=20)


@settings(max_examples=60)
@given(orders, st.lists(orders, max_size=3), st.booleans())
def test_a_forgotten_decision_leaves_no_trace(last: list[int], forgotten: list[list[int]], has_limits: bool) -> None:
    """Whatever was decided and dropped before, what is decided next is what would have been decided alone."""
    house = House()
    busy = Busy(house)
    house.rates = TIGHT if has_limits else house.rates
    house.restart()
    fresh = Hub(house.storage.load(), house.rates)
    for order in forgotten:
        house.decide(*(busy.requests[n] for n in order))
    requests = [busy.requests[n] for n in last]
    decision = house.decide(*requests)
    alone = fresh.decide(requests, house.storage.find(fresh.refs(requests)), house.now)
    assert said_of(decision) == said_of(alone)
    house.round(*requests)
    check(house, [Person(name) for name in ("Ann", "Ben", "Cyd", "New", "Hana")])


@settings(max_examples=60)
@given(orders, st.lists(st.integers(1, 5), min_size=1, max_size=10))
def test_one_round_or_many_make_the_same_logs(order: list[int], sizes: list[int]) -> None:
    """What is decided against the draft is what is decided against the committed state."""
    one, many = House(), House()
    answers: list[list[object]] = []
    for house, steps in ((one, [len(order)]), (many, sizes)):
        busy = Busy(house)
        requests = [busy.requests[n] for n in order]
        told: list[object] = []
        for step in cycle(steps):
            if not requests:
                break
            round_ = house.round(*requests[:step])
            told += [one.code if isinstance(one, Refused) else one for one in round_]
            del requests[:step]
        answers.append(told)
    assert answers[0] == answers[1]
    assert {log: one.events(log) for log in one.logs()} == {log: many.events(log) for log in many.logs()}


def test_a_full_disk_is_nothing_that_happened(house: House) -> None:
    """The same entry goes again and is stored once."""
    ann = house.join("Ann")
    entry = house.entry(house.lobby, "text", Text("hi"))

    def full(_moment: Moment, _batch: object) -> None:
        raise StorageFull

    hook, house.storage.hook = house.storage.hook, full
    with pytest.raises(StorageFull):
        house.send(ann, entry)
    house.storage.hook = hook
    sent = stored(house.send(ann, entry)[0])
    assert not sent.dup
    assert house.last(house.lobby).cid == entry.cid


# --- the heads of a batch -------------------------------------------------------------------------------------


def test_a_batch_names_the_heads_it_was_decided_on(house: House) -> None:
    ann = house.join("Ann")
    heads = {log: house.last(log).seq for log in (house.lobby, PEOPLE, STAFF)}
    new = LogId(b64(b"new." * 4))
    decision = house.decide(
        house.sends(ann, house.entry(house.lobby, "text", Text("1")), house.entry(house.lobby, "text", Text("2"))),
        house.sends(ann, house.entry(new, "make", Make("New"), key="make")),
    )
    assert decision.batch.heads == heads | {new: 0}


def test_a_round_that_appends_nothing_names_nothing(house: House) -> None:
    ann = house.join("Ann")
    decision = house.decide(
        LoginRequest(ann.identity, ann.device),
        house.sends(ann, house.entry(house.lobby, "topic", Topic("no"), key="topic")),
    )
    assert (decision.batch.events, decision.batch.heads, decision.batch.erase) == ([], {}, [])
    assert (decision.gained, decision.lost, decision.gone, decision.stop) == ([], [], [], False)
    house.hub.commit(decision)


@pytest.mark.parametrize("where", ["lobby", "people", "staff"])
def test_another_hub_was_faster(house: House, where: str) -> None:
    """Compare-and-append: the gap is learned, and what is decided then is right: here a ban, a text and an invite of
    another hub, of which each counts."""
    ann, ben = house.join("Ann"), house.join("Ben")
    slow = Hub(house.storage.load(), house.rates)
    request = house.sends(ann, house.entry(house.lobby, "text", Text("mine")))
    decision = slow.decide([request], {}, house.now)
    if where == "lobby":
        house.say(ben, house.lobby)
    elif where == "people":
        stored(house.do(house.host, PEOPLE, "ban", Ban(), key=f"ban:{ann.id}"))
    else:
        house.invite(b"another")
    with pytest.raises(HeadMoved) as caught:
        house.storage.append(decision.batch)
    assert (house.lobby in caught.value.logs) == (where != "staff")
    learn(house, slow, caught.value.logs)
    house.hub = slow
    (answer,) = house.round(request)
    assert isinstance(answer, list)
    assert code_of(answer[0]) is (Code.UNKNOWN_LOG if where == "people" else None)


def learn(house: House, hub: Hub, logs: Sequence[LogId]) -> None:
    """As the driver does it after `HeadMoved`."""
    for log in logs:
        events = house.events(log)[hub.position(log).seq :]
        at = house.storage.position(log, events[-1].seq)
        assert at is not None
        hub.learn(log, iter(events), at, events[-1].ts)


def test_learning_equals_committing(house: House) -> None:
    """A hub that learned every event of every log answers as the one that decided them."""
    busy = Busy(house)
    learner = Hub(Loaded([], []), house.rates)
    learn(house, learner, house.logs())
    house.round(*busy.requests)
    learn(house, learner, [log for log in house.logs() if house.hub.position(log) != learner.position(log)])
    found = house.storage.find(house.hub.refs(busy.requests))
    one, other = (hub.decide(busy.requests, found, house.now) for hub in (house.hub, learner))
    assert said_of(one) == said_of(other)
    for name in ("Ann", "Ben", "Cyd", "New", "Hana"):
        assert learner.readable(Person(name).id) == house.hub.readable(Person(name).id)


# --- a restart ------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(orders, orders)
def test_a_hub_loaded_anew_answers_as_the_running_one(before: list[int], after: list[int]) -> None:
    """P1, P2: all it knows is in what was stored."""
    house = House()
    busy = Busy(house)
    house.round(*(busy.requests[n] for n in before))
    requests = [busy.requests[n] for n in after]
    anew = Hub(house.storage.load(), house.rates)
    refs = house.hub.refs(requests)
    assert refs == anew.refs(requests)
    one, other = (hub.decide(requests, house.storage.find(refs), house.now) for hub in (house.hub, anew))
    assert said_of(one) == said_of(other)


def test_an_empty_hub_knows_nobody() -> None:
    hub = Hub(Loaded([], []))
    assert hub.is_empty()
    assert hub.readable(Person("Ann").id) == []
    assert (hub.position(PEOPLE).seq, hub.position(LogId("x")).seq) == (0, 0)
