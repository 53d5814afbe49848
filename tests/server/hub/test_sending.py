"""A `send`: retries (P2), what ends a batch, rates (D6), and the clock."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Raw

from chat_protocol.codec import decode_entry
from chat_protocol.errors import Code, Refused
from chat_protocol.events import (
    Access,
    Body,
    Delete,
    Edit,
    Entry,
    Fault,
    Join,
    Kick,
    Leave,
    Make,
    Name,
    React,
    Text,
    Topic,
    encode_body,
)
from chat_protocol.frames import Sent
from chat_protocol.ids import PEOPLE, STAFF, LogId, Ref, b64, derived_cid, dm_log, new_cid
from chat_server.hub.hub import Hub
from chat_server.hub.rates import Buckets, Rate, Rates
from chat_server.hub.requests import SendRequest
from chat_server.storage.contract import Loaded
from tests.protocol.test_codec import SEEDS
from tests.server.hub.harness import START_MS, UNLIMITED, House, Person, code_of, dm_body, refusal, stored
from tests.server.hub.oracle import check


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    check(house)


def with_body(entry: Entry, body: Body) -> Entry:
    return msgspec.structs.replace(entry, body=encode_body(body))


# --- retries --------------------------------------------------------------------------------------------------


def test_a_retry_gets_the_first_answer_for_ever(house: House) -> None:
    """P2: one event and one seq, in later rounds, after a restart, after years."""
    ann = house.join("Ann")
    entry = house.entry(house.lobby, "text", Text("once"))
    first = stored(house.send(ann, entry)[0])
    head = house.last(house.lobby).seq
    house.say(house.host, house.lobby)
    for again in range(3):
        (sent,) = house.send(ann, entry)
        assert sent == Sent(entry.cid, first.seq, first.ts, dup=True)
        if again == 1:
            house.restart()
        house.later(10 * 365 * 86_400_000)
    assert house.last(house.lobby).seq == head + 1


def test_a_retry_within_one_round(house: House) -> None:
    """P2: twice in one request, and from another device in the same round."""
    ann, phone = house.join("Ann"), Person("Ann", "phone")
    entry = house.entry(house.lobby, "text", Text("once"))
    one, other = house.round(house.sends(ann, entry, entry), house.sends(phone, entry))
    assert isinstance(one, list)
    assert isinstance(other, list)
    assert {sent.seq for sent in one + other} == {stored(one[0]).seq}
    assert [sent.dup for sent in one + other] == [False, True, True]
    assert [event.cid for event in house.events(house.lobby)].count(entry.cid) == 1


@pytest.mark.parametrize("rounds", [1, 2])
def test_another_event_under_a_known_cid_is_an_error(house: House, rounds: int) -> None:
    """P2: another body, kind, log, target or key; in the same round and in a later one."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann)
    target, other = house.say(ann, room), house.say(ann, room)
    text = house.entry(room, "text", Text("one"))
    changed = [
        with_body(text, Text("two")),
        with_body(text, Text("one", reply=target)),
        msgspec.structs.replace(text, log=house.lobby),
        house.entry(room, "edit", Edit("one"), target=target, cid=text.cid),
        house.entry(room, "topic", Topic("one"), key="topic", cid=text.cid),
    ]
    cases = [(text, change) for change in changed]
    edit = house.entry(room, "edit", Edit("x"), target=target)
    cases.append((edit, msgspec.structs.replace(edit, target=other)))
    rename = house.entry(PEOPLE, "rename", Name("Anna"), key=f"name:{ann.id}")
    cases += [(rename, with_body(rename, Name("Hanna"))), (rename, with_body(rename, Name("Ben")))]
    name = house.entry(room, "name", Name("A"), key="name")
    cases.append((name, with_body(name, Name("B"))))
    make = house.entry(LogId(b64(b"m" * 16)), "make", Make("A"), key="make")
    cases += [(make, with_body(make, Make("B"))), (make, with_body(make, Make("A", Access.OPEN)))]
    add = house.entry(room, "add", Join(), key=f"in:{ben.id}")
    cases.append((add, msgspec.structs.replace(add, key=f"in:{house.host.id}")))
    for first, second in cases:
        sent = house.send(ann, first, second) if rounds == 1 else house.send(ann, first) + house.send(ann, second)
        assert sent[0].err is None, first
        assert refusal(sent[1]).code is Code.CID_REUSED, second


@pytest.mark.parametrize("rounds", [1, 2])
def test_what_the_hub_completes_can_be_sent_again(house: House, rounds: int) -> None:
    """P2: names are tidied and bodies written by the hub; the sent form is a retry all the same."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room = LogId(b64(b"m" * 16))
    entries = [
        house.entry(room, "make", Make("  A  room "), key="make"),
        house.entry(room, "name", Name(" B   room"), key="name"),
        house.entry(PEOPLE, "rename", Name("  Anna   B "), key=f"name:{ann.id}"),
        house.entry(room, "add", Join(55), key=f"in:{ben.id}"),
    ]
    if rounds == 1:
        sent = house.send(ann, *entries, *entries)
        first, again = sent[:4], sent[4:]
    else:
        first, again = house.send(ann, *entries), house.send(ann, *entries)
    assert [(one.seq, one.dup) for one in again] == [(stored(one).seq, True) for one in first]


@pytest.mark.parametrize("rounds", [1, 2])
def test_once_erased_any_body_is_a_retry(house: House, rounds: int) -> None:
    """P2, M6: nothing is left to compare with."""
    ann = house.join("Ann")
    text = house.entry(house.lobby, "text", Text("secret"))
    ref = Ref(ann.id, text.cid)
    delete = house.entry(house.lobby, "delete", Delete(), target=ref)
    retries = [text, with_body(text, Text("another")), delete]
    if rounds == 1:
        sent = house.send(ann, text, delete, *retries)
    else:
        sent = house.send(ann, text, delete) + house.send(ann, *retries)
    assert [one.dup for one in sent] == [False, False, True, True, True]
    assert sent[2].seq == sent[3].seq == sent[0].seq
    assert refusal(house.do(ann, house.lobby, "topic", Topic("x"), key="topic", cid=text.cid)).code is Code.CID_REUSED


def test_cids_are_each_members_own(house: House) -> None:
    ann, ben = house.join("Ann"), house.join("Ben")
    entry = house.entry(house.lobby, "text", Text("same"))
    one, other = (stored(house.send(who, entry)[0]) for who in (ann, ben))
    assert (one.dup, other.dup) == (False, False)
    assert one.seq != other.seq


def test_a_retry_is_answered_to_whoever_lost_the_room_or_the_role(house: House) -> None:
    """P2, P12: it was stored, so it is said so; anything new is refused."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann, ben)
    entry = house.entry(room, "text", Text("once"))
    first = stored(house.send(ben, entry)[0])
    stored(house.do(ann, room, "kick", Kick(), key=f"in:{ben.id}"))
    assert house.send(ben, entry)[0] == Sent(entry.cid, first.seq, first.ts, dup=True)
    stored(house.do(house.host, PEOPLE, "ban", Join(), key=f"ban:{ben.id}"))
    assert house.send(ben, entry)[0].dup
    assert refusal(house.do(ben, room, "text", Text("new"))).code is Code.UNKNOWN_LOG


def test_nobody_can_take_the_cid_of_what_would_follow(house: House) -> None:
    """P13: a cid that the hub would derive later, used up before, would make the whole round fail."""
    ann = house.join("Ann")
    room = LogId(b64(b"m" * 16))
    make = house.entry(room, "make", Make("Room"), key="make")
    derived = derived_cid(Ref(ann.id, make.cid), room, "name", "name")
    sent = house.send(ann, house.entry(house.lobby, "text", Text("mine"), cid=derived), make)
    assert [code_of(one) for one in sent] == [Code.BAD_VALUE, None]


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=4)), max_size=3))
def test_every_cid_and_target_that_can_be_decided_is_looked_up(seed: bytes, changes: list[tuple[int, bytes]]) -> None:
    """P2: else an event could be stored twice, and the round of everybody would fail on it."""
    for place, junk in changes:
        seed = seed[:place] + junk + seed[place + len(junk) :]
    assert_looked_up(seed)


@pytest.mark.parametrize(
    "body", [b'{"emoji":"x","reply":5}', b'{"emoji":"x","reply":["a"]}', b'{"emoji":"x","reply":{}}', b'{"emoji":"x"}']
)
def test_unknown_fields_hide_no_cid(body: bytes) -> None:
    target = b'["%s","%s"]' % (b64(b"m" * 16).encode(), new_cid(1, b"t" * 10).encode())
    cid = new_cid(1, b"c" * 10).encode()
    assert_looked_up(b'{"log":"x","cid":"%s","kind":"react","target":%s,"body":%s}' % (cid, target, body))


def assert_looked_up(data: bytes) -> None:
    ann = Person("Ann")
    refs = Hub(Loaded([], [])).refs([SendRequest(ann.id, "device", [Raw(data)])])
    try:
        entry, body = decode_entry(data)
    except Refused:
        return
    assert Ref(ann.id, entry.cid) in refs
    assert entry.target is None or entry.target in refs
    reply = getattr(body, "reply", None)
    assert reply is None or reply in refs or b'"reply"' not in data


# --- what ends a batch ----------------------------------------------------------------------------------------


def test_a_permanent_refusal_concerns_its_entry_alone(house: House) -> None:
    ann = house.join("Ann")
    good, other = (house.entry(house.lobby, "text", Text(text)) for text in ("good", "other"))
    bad = house.entry(house.lobby, "react", React("x"), target=Ref(ann.id, house.cid()))
    request = house.sends(ann, good, bad, other)
    request.batch[2:2] = [Raw(b'{"cid":"nonsense"}'), Raw(b"[]")]
    (sent,) = house.round(request)
    assert isinstance(sent, list)
    assert [code_of(one) for one in sent] == [None, Code.UNKNOWN_TARGET, Code.BAD_VALUE, Code.BAD_VALUE, None]
    assert [one.cid for one in sent[:4]] == [good.cid, bad.cid, "", ""]


def test_a_bad_entry_is_named_by_its_cid_where_it_has_one(house: House) -> None:
    ann = house.join("Ann")
    entry = house.entry(house.lobby, "later message", Text("x"))
    assert house.send(ann, entry)[0].cid == entry.cid


def test_the_first_temporary_refusal_ends_the_batch() -> None:
    """P4: what was written later can't overtake it."""
    house = House(Rates(Rate(1, 2), Rate(1e9, 1e9), Rate(1, 1)))
    entries = [house.entry(house.lobby, "text", Text(str(n))) for n in range(4)]
    house.later(60_000)
    sent = house.send(house.host, *entries)
    assert [code_of(one) for one in sent] == [None, None, Code.RATE_LIMITED]
    after_ms = refusal(sent[2]).after_ms
    assert after_ms == 1_001
    house.later(after_ms)
    sent = house.send(house.host, *entries[2:])
    assert [code_of(one) for one in sent] == [None, Code.RATE_LIMITED]
    house.later(after_ms)
    house.send(house.host, *entries[3:])
    assert [event.cid for event in house.events(house.lobby) if event.kind == "text"] == [one.cid for one in entries]
    check(house)


# --- rates ----------------------------------------------------------------------------------------------------


def test_a_device_has_its_rate_and_a_room_has_one() -> None:
    """D6: over it an entry is refused, others' go on; a retry costs nothing."""
    house = House(Rates(Rate(10, 64), Rate(300, 100), Rate(1, 1)))
    ann, phone, ben = Person("Ann"), Person("Ann", "phone"), Person("Ben")
    for person in (ann, ben):
        house.login(person, house.invite(person.name.encode()), person.name)
    house.later(60_000)

    def spam(who: Person, count: int) -> list[Code | None]:
        entries = [house.entry(house.lobby, "text", Text("x")) for _ in range(count)]
        answers = house.round(*(house.sends(who, entry) for entry in entries))
        return [code_of(answer[0]) for answer in answers if isinstance(answer, list)]

    assert spam(ann, 70) == [None] * 64 + [Code.RATE_LIMITED] * 6
    assert spam(phone, 30) == [None] * 30, "another device of hers has its own"
    assert spam(ben, 10) == [None] * 6 + [Code.RATE_LIMITED] * 4, "the room is full"
    elsewhere = house.room(ben)
    assert house.last(elsewhere).key == f"mod:{ben.id}"
    again = house.entry(elsewhere, "text", Text("x"))
    sent = house.send(ben, again, *[again] * 31)
    assert [one.dup for one in sent] == [False, *[True] * 31]
    check(house)


def test_buckets_fill_up_again_and_are_forgotten_when_full() -> None:
    buckets = Buckets(Rate(10, 3))
    take = [buckets.take("a", 0.0) for _ in range(4)]
    assert take == [None, None, None, 101]
    assert buckets.take("b", 0.0) is None
    assert buckets.take("a", 0.05) == 51
    assert buckets.take("a", 0.11) is None
    assert [buckets.take("a", 100.0) for _ in range(4)] == [None, None, None, 101]
    for number in range(Buckets.SWEEP + 1):
        draft = buckets.draft()
        draft.take(str(number), 200.0 + number)
        draft.merge()
    assert len(buckets) < Buckets.SWEEP


@given(st.lists(st.floats(0, 0.5), max_size=40))
def test_no_sequence_of_takes_exceeds_the_rate(waits: list[float]) -> None:
    buckets, now, taken = Buckets(Rate(10, 5)), 0.0, 0
    for wait in waits:
        now += wait
        taken += buckets.take("a", now) is None
        assert taken <= 5 + 10 * now + 1e-6


def test_faults_are_stored_once_a_minute_and_always_answered() -> None:
    house = House(UNLIMITED._replace(fault=Rates().fault))
    entries = [house.entry(STAFF, "fault", Fault(house.lobby, n, "gap")) for n in range(3)]
    sent = house.send(house.host, *entries)
    assert [(one.seq is not None, one.do) for one in sent] == [(True, "resync"), (False, "resync"), (False, "resync")]
    assert house.send(house.host, entries[0])[0] == Sent(entries[0].cid, sent[0].seq, sent[0].ts, dup=True, do="resync")
    phone = Person("Hana", "phone")
    assert house.send(phone, house.entry(STAFF, "fault", Fault(house.lobby, 9, "gap")))[0].seq is not None
    house.later(60_000)
    assert house.send(house.host, entries[1])[0].seq is not None
    assert [event.kind for event in house.events(STAFF)].count("fault") == 3
    check(house)


# --- the clock ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step_ms", "expected_ms"),
    [
        (0, 0),
        (5, 5),
        (3_600_000, 3_600_000),
        (-1, 0),
        (-599_999, 0),
        (-600_000, -600_000),
        (-3_600_000, -3_600_000),
        (-10 * 365 * 86_400_000, -10 * 365 * 86_400_000),
    ],
)
def test_time_is_raised_over_a_small_lag_and_believed_over_a_large_one(
    house: House, step_ms: int, expected_ms: int
) -> None:
    house.say(house.host, house.lobby)
    house.set_clock(step_ms)
    house.say(house.host, house.lobby)
    assert house.last(house.lobby).ts == START_MS + expected_ms
    house.restart()
    house.say(house.host, house.lobby)
    assert house.last(house.lobby).ts == START_MS + expected_ms


def test_the_writers_clock_means_nothing(house: House) -> None:
    for ms in (0, 2**47 - 1):
        cid = new_cid(ms, b"0123456789")
        sent = stored(house.do(house.host, house.lobby, "text", Text("x"), cid=cid))
        assert sent.ts == START_MS


def test_erased_bodies_stay_erased_after_a_restart(house: House) -> None:
    ref = house.say(house.host, house.lobby)
    stored(house.do(house.host, house.lobby, "delete", Delete(), target=ref))
    house.restart()
    assert house.events(house.lobby)[-2].body is UNSET
    assert refusal(house.do(house.host, house.lobby, "react", React("x"), target=ref)).code is Code.UNKNOWN_TARGET


def test_a_dm_and_its_first_text_go_in_one_batch(house: House) -> None:
    """So that either can write first, offline too."""
    ann, ben = house.join("Ann"), house.join("Ben")
    log = dm_log(ann.id, ben.id)
    sent = house.send(
        ben,
        house.entry(log, "dm", dm_body(ann, ben), key="dm"),
        house.entry(log, "text", Text("hi")),
        house.entry(log, "leave", Leave(), key=f"in:{ben.id}"),
    )
    assert [code_of(one) for one in sent] == [None, None, Code.FORBIDDEN]
    assert [event.kind for event in house.events(log)] == ["dm", "text"]


def test_a_round_keeps_the_order_of_its_requests(house: House) -> None:
    """P4."""
    entries = [house.entry(house.lobby, "text", Text(str(n))) for n in range(100)]
    house.round(*(house.sends(house.host, *entries[n : n + 5]) for n in range(0, 100, 5)))
    assert [event.cid for event in house.events(house.lobby)[-100:]] == [entry.cid for entry in entries]
