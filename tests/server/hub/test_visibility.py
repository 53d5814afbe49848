"""From which seq on a member reads a log (M5, P17), who is told when that changes, and what they get until then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat_protocol.errors import Code
from chat_protocol.events import (
    Access,
    Ban,
    Delete,
    History,
    Join,
    Kick,
    Leave,
    Pin,
    React,
    Role,
    SetAccess,
    SetHistory,
    SetRole,
    Text,
)
from chat_protocol.ids import PEOPLE, STAFF, LogId, Ref
from chat_server.hub.requests import LoggedIn
from tests.server.hub.harness import House, Person, code_of, stored
from tests.server.hub.oracle import check


@pytest.fixture
def house() -> Iterator[House]:
    """In order after every test, for every reader too."""
    house = House()
    yield house
    check(house, [house.host, *(Person(name) for name in ("Ann", "Ben", "Cyd"))])


def joined(house: House, log: LogId, who: Person) -> int:
    """Ben or another comes in by himself; from where he reads."""
    return stored(house.do(who, log, "join", Join(), key=f"in:{who.id}")).seq or 0


def left(house: House, log: LogId, who: Person) -> None:
    stored(house.do(who, log, "leave", Leave(), key=f"in:{who.id}"))


# --- from where one reads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("history", History)
def test_history_for_newcomers(house: House, history: History) -> None:
    """M5: all of it, or what came from the joining on; however one comes in."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann, access=Access.OPEN, history=history)
    old = house.say(ann, room)
    seq = joined(house, room, ben)
    cyd = Person("Cyd")
    house.add(ann, room, house.host)
    assert isinstance(house.login(cyd, house.invite(b"in", room), "Cyd"), LoggedIn)
    entered = house.last(room).seq
    all_of_it = history is History.ALL
    assert house.hub.visible_from(ann.id, room) == 1
    assert house.hub.visible_from(ben.id, room) == (1 if all_of_it else seq)
    assert house.hub.visible_from(cyd.id, room) == (1 if all_of_it else entered)
    for who in (ben, cyd):
        for attempt in [
            house.do(who, room, "react", React("x"), target=old),
            house.do(who, room, "text", Text("yes", reply=old)),
        ]:
            assert code_of(attempt) is (None if all_of_it else Code.UNKNOWN_TARGET)


def test_a_changed_setting_counts_for_later_joinings(house: House) -> None:
    ann, ben, cyd = (house.join(name) for name in ("Ann", "Ben", "Cyd"))
    room = house.room(ann, access=Access.OPEN)
    joined(house, room, ben)
    stored(house.do(ann, room, "history", SetHistory(History.JOINED), key="history"))
    seq = joined(house, room, cyd)
    assert [house.hub.visible_from(who.id, room) for who in (ann, ben, cyd)] == [1, 1, seq]


@pytest.mark.parametrize("history", History)
@pytest.mark.parametrize("is_kicked", [False, True])
def test_coming_back(house: House, history: History, is_kicked: bool) -> None:
    """After leaving or a kick: what came meanwhile is read only where newcomers read everything."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann, access=Access.OPEN, history=history)
    first = joined(house, room, ben)
    early = house.say(ben, room)
    if is_kicked:
        stored(house.do(ann, room, "kick", Kick(), key=f"in:{ben.id}"))
    else:
        left(house, room, ben)
    assert house.hub.visible_from(ben.id, room) is None
    meanwhile = house.say(ann, room)
    again = joined(house, room, ben)
    assert house.hub.visible_from(ben.id, room) == (1 if history is History.ALL else again) != first
    for ref in (early, meanwhile):
        sent = house.do(ben, room, "react", React("x"), target=ref)
        assert code_of(sent) is (None if history is History.ALL else Code.UNKNOWN_TARGET)


def test_people_and_staff_are_read_while_the_role_lasts(house: House) -> None:
    ann = house.join("Ann")
    assert [house.hub.visible_from(ann.id, log) for log in (PEOPLE, STAFF)] == [1, None]
    house.promote(ann)
    assert [house.hub.visible_from(ann.id, log) for log in (PEOPLE, STAFF)] == [1, 1]
    house.promote(ann, Role.MEMBER)
    assert [house.hub.visible_from(ann.id, log) for log in (PEOPLE, STAFF)] == [1, None]
    house.promote(ann, Role.NONE)
    assert [house.hub.visible_from(ann.id, log) for log in (PEOPLE, STAFF)] == [None, None]


def test_a_stranger_reads_nothing(house: House) -> None:
    """P17."""
    nobody = Person("nobody")
    assert house.hub.readable(nobody.id) == []
    for log in (*house.logs(), LogId("nowhere")):
        assert house.hub.visible_from(nobody.id, log) is None
        assert code_of(house.do(nobody, log, "text", Text("hi"))) is Code.UNKNOWN_LOG


def test_a_private_room_is_like_none(house: House) -> None:
    """P17: whoever is not in it is answered as for a log that does not exist, in the same words."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room, nowhere = house.room(ann), LogId("A" * 22)
    ref = house.say(ann, room)
    attempts = [
        ("text", Text("hi"), None, None),
        ("react", React("x"), ref, None),
        ("join", Join(), None, f"in:{ben.id}"),
        ("leave", Leave(), None, f"in:{ben.id}"),
        ("kick", Kick(), None, f"in:{ann.id}"),
        ("access", SetAccess(Access.OPEN), None, "access"),
    ]
    for kind, body, target, key in attempts:
        one, other = (house.do(ben, log, kind, body, target=target, key=key).err for log in (room, nowhere))
        assert one is not None
        assert one.code is Code.UNKNOWN_LOG
        assert one == other


def test_what_one_may_not_read_is_like_what_is_not_there(house: House) -> None:
    """P17: an earlier message, another room's, a deleted one, one that never was: one answer."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann, access=Access.OPEN, history=History.JOINED)
    early = house.say(ann, room)
    joined(house, room, ben)
    elsewhere = house.say(ann, house.room(ann))
    deleted = house.say(ann, room)
    stored(house.do(ann, room, "delete", Delete(), target=deleted))
    never = Ref(ann.id, house.cid())
    for target in (early, elsewhere, deleted, never):
        for kind, body in [("react", React("x")), ("pin", Pin()), ("delete", Delete())]:
            error = house.do(ben, room, kind, body, target=target).err
            assert error is not None
            assert (error.code, error.text) == (Code.UNKNOWN_TARGET, "The message is not there any more.")


# --- who is told ----------------------------------------------------------------------------------------------


def test_joining_gains_and_leaving_loses(house: House) -> None:
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann, access=Access.OPEN)
    reader = house.connect(ben)
    decision = house.decide(house.sends(ben, house.entry(room, "join", Join(), key=f"in:{ben.id}")))
    assert (decision.gained, decision.lost, decision.gone) == ([(ben.id, room)], [], [])
    joined(house, room, ben)
    assert room in reader.follows
    seq = house.last(room).seq + 1
    decision = house.decide(house.sends(ben, house.entry(room, "leave", Leave(), key=f"in:{ben.id}")))
    assert (decision.gained, decision.lost, decision.gone) == ([], [(ben.id, room, seq)], [])
    left(house, room, ben)
    assert [event.kind for event in reader.past[-1].events] == ["leave"]


def test_who_is_kicked_gets_what_was_decided_until_then(house: House) -> None:
    """One round: a text, the kick, another text. The kicked member gets the first two."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann, ben)
    reader = house.connect(ben)
    before, kick, after = (
        house.entry(room, "text", Text("before")),
        house.entry(room, "kick", Kick(), key=f"in:{ben.id}"),
        house.entry(room, "text", Text("after")),
    )
    house.send(ann, before, kick, after)
    assert [event.kind for event in reader.past[-1].events] == ["text", "kick"]
    assert room not in reader.follows


@pytest.mark.parametrize("kind", ["ban", "role"])
def test_who_is_removed_gets_nothing_of_what_follows_in_the_round(house: House, kind: str) -> None:
    """P17, A10: in rooms, DMs, people and staff, however the removal comes about."""
    ann, ben, cyd = (house.join(name) for name in ("Ann", "Ben", "Cyd"))
    room, dm = house.room(ann, ben), house.dm(ann, ben)
    said = house.say(ann, dm)
    house.promote(ben)
    logs = [PEOPLE, STAFF, house.lobby, room, dm]
    reader = house.connect(ben)
    assert sorted(reader.follows) == sorted(logs)
    body = Ban() if kind == "ban" else SetRole(Role.NONE)
    heads = {log: house.last(log).seq for log in logs}
    decision = house.decide(
        house.sends(house.host, house.entry(PEOPLE, kind, body, key=f"{kind}:{ben.id}")),
        house.sends(ann, house.entry(room, "text", Text("he is gone"))),
        house.sends(ann, house.entry(dm, "react", React("x"), target=said)),
    )
    assert sorted(log for member, log, _end in decision.lost if member == ben.id) == sorted(logs)
    assert decision.gone == [(ben.id, Code.BANNED if kind == "ban" else Code.NOT_A_MEMBER)]
    ends = {log: end for _member, log, end in decision.lost}
    assert (ends[dm], ends[STAFF]) == (heads[dm], heads[STAFF])
    assert cyd.id not in {member for member, _log, _end in decision.lost}
    house.round(
        house.sends(house.host, house.entry(PEOPLE, kind, body, key=f"{kind}:{ben.id}")),
        house.sends(ann, house.entry(room, "text", Text("he is gone"))),
        house.sends(ann, house.entry(dm, "react", React("x"), target=said)),
    )
    got = [event.kind for past in reader.past if past.log in (room, dm) for event in past.events]
    assert set(got) <= {"kick"}


def test_in_and_out_in_one_round_is_nothing(house: House) -> None:
    """Who never read it loses nothing; the events go to those who did."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann)
    reader = house.connect(ben)
    add, kick = (
        house.entry(room, kind, body, key=f"in:{ben.id}") for kind, body in [("add", Join()), ("kick", Kick())]
    )
    decision = house.decide(house.sends(ann, add, kick))
    assert (decision.gained, decision.lost) == ([], [])
    house.send(ann, add, kick)
    assert room not in reader.follows
    assert not any(got.log == room for got in reader.past)


def test_out_and_in_in_one_round_is_a_fresh_start(house: House) -> None:
    """Both are told: the old copy ends where it was lost, the new one begins with a snapshot."""
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann, ben, history=History.JOINED)
    reader = house.connect(ben)
    entries = [
        house.entry(room, "text", Text("he reads this")),
        house.entry(room, "kick", Kick(), key=f"in:{ben.id}"),
        house.entry(room, "text", Text("not this")),
        house.entry(room, "add", Join(), key=f"in:{ben.id}"),
    ]
    head = house.last(room).seq
    decision = house.decide(house.sends(ann, *entries))
    assert decision.lost == [(ben.id, room, head + 2)]
    assert decision.gained == [(ben.id, room)]
    house.send(ann, *entries)
    assert [event.kind for event in reader.past[-1].events] == ["text", "kick"]
    assert house.hub.visible_from(ben.id, room) == head + 4


def test_a_new_moderator_gains_the_staff_log(house: House) -> None:
    ann = house.join("Ann")
    reader = house.connect(ann)
    house.promote(ann)
    assert STAFF in reader.follows
    house.promote(ann, Role.MEMBER)
    assert STAFF not in reader.follows
    assert PEOPLE in reader.follows


def test_who_comes_back_reads_the_old_dms_and_no_room(house: House) -> None:
    ann, ben = house.join("Ann"), house.join("Ben")
    room, dm = house.room(ann, ben), house.dm(ann, ben)
    house.promote(ben, Role.NONE)
    house.say(ann, room)
    assert isinstance(house.login(ben, house.invite(b"again")), LoggedIn)
    assert sorted(one.log for one in house.hub.readable(ben.id)) == sorted([PEOPLE, house.lobby, dm])
    house.say(ben, dm)


def test_readable_names_kinds_and_begins(house: House) -> None:
    ann = house.join("Ann")
    room = house.room(ann)
    kinds = {one.log: (one.kind, one.from_seq) for one in house.hub.readable(house.host.id)}
    assert kinds == {house.lobby: ("room", 1), PEOPLE: ("people", 1), STAFF: ("staff", 1)}
    assert room in {one.log for one in house.hub.readable(ann.id)}
