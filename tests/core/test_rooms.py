"""What a state says to a reader, and what is unread."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from chat_protocol.events import (
    Delete,
    Identity,
    Join,
    Leave,
    Listed,
    Make,
    Moderate,
    Name,
    Role,
    SetRole,
    Text,
    Unlisted,
)
from chat_protocol.ids import PEOPLE, MemberId, b64, member_id, unb64
from chat_protocol.permissions import LogKind, Standing
from desktop_chat.core import rooms
from desktop_chat.store.contract import Extended, HeldLog, LogHeld
from tests.core.desk import ME, OTHER, ROOM, SERVER, FakeLog
from tests.store.memory import MemoryStore

THIRD = member_id(b"t" * 32)


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


def unread_of(log: FakeLog, held_from: int, mark: int, hidden: Collection[MemberId] = ()) -> rooms.Unread:
    store = MemoryStore()
    before = log.positions[held_from]
    store.apply([LogHeld(HeldLog(SERVER, ROOM, LogKind.ROOM, before, before, 1, mark), [])])
    store.apply([Extended(SERVER, ROOM, log.events[held_from:], log.at)])
    (held,) = store.held(SERVER)
    return rooms.unread(store, held, ME, hidden)


def test_others_standing_messages_above_the_mark_are_counted_and_mentions_among_them(log: FakeLog) -> None:
    log.say("read", "one", "two")
    log.say("mine", by=ME)
    log.append("text", Text("hey", mentions=[ME]))
    gone = log.append("text", Text("gone"))
    log.append("delete", Delete(), target=gone.ref)
    assert unread_of(log, 0, mark=1) == rooms.Unread(3, 1, is_exact=True)
    assert unread_of(log, 0, mark=7) == rooms.Unread(0, 0, is_exact=True)
    assert unread_of(log, 0, mark=99) == rooms.Unread(0, 0, is_exact=True)  # counts as the head


def test_what_those_say_who_are_hidden_is_not_unread(log: FakeLog) -> None:
    log.say("read", "one")
    log.append("text", Text("hey", mentions=[ME]), by=THIRD)
    assert unread_of(log, 0, mark=1) == rooms.Unread(2, 1, is_exact=True)
    assert unread_of(log, 0, mark=1, hidden=[THIRD]) == rooms.Unread(1, 0, is_exact=True)
    assert unread_of(log, 0, mark=1, hidden=[THIRD, OTHER]) == rooms.Unread(0, 0, is_exact=True)


def test_before_the_suffix_reaches_the_mark_the_difference_of_rows_is_the_estimate(log: FakeLog) -> None:
    log.say(*"abcdefgh")
    assert unread_of(log, 5, mark=2) == rooms.Unread(6, 0, is_exact=False)


def test_more_than_can_be_said_is_not_counted(log: FakeLog) -> None:
    log.say(*map(str, range(rooms.UNREAD_LIMIT + 5)))
    assert unread_of(log, 0, mark=1) == rooms.Unread(rooms.UNREAD_LIMIT + 4, 0, is_exact=False)


def test_people_and_rooms_are_read_from_states() -> None:
    people, room = FakeLog(PEOPLE, LogKind.PEOPLE), FakeLog()
    for member, name in ((ME, "Ann"), (OTHER, "Bob")):
        people.append("role", SetRole(Role.MEMBER), key=f"role:{member}")
        people.append("rename", Name(name), key=f"name:{member}")
    people.append("listed", Listed("Lobby"), key=f"room:{ROOM}")
    people.append("unlisted", Unlisted(), key="room:other")
    room.append("make", Make("Lobby"), key="make")
    room.append("name", Name("Lounge"), key="name")
    room.append("join", Join(1), key=f"in:{ME}")
    room.append("leave", Leave(), key=f"in:{OTHER}")
    state = {event.key or "": event for event in people.events}
    assert rooms.members(state) == [ME, OTHER]
    assert rooms.member_named(state, "ann") == ME
    assert rooms.member_named(state, "nobody") is None
    assert rooms.name_of(state, OTHER) == "Bob"
    assert rooms.name_of({}, OTHER) == OTHER[:8]
    assert list(rooms.open_rooms(state)) == [(ROOM, "Lobby")]
    inside = {event.key or "": event for event in room.events}
    assert rooms.room_name(inside) == "Lounge"
    assert rooms.in_room(inside) == [ME]


def test_persons_are_read_from_the_people_and_the_room() -> None:
    people, room = FakeLog(PEOPLE, LogKind.PEOPLE), FakeLog()
    people.append("role", SetRole(Role.HOST), key=f"role:{THIRD}")  # the server's own identity has no name
    for member, role in ((ME, Role.MEMBER), (OTHER, Role.HOST)):
        people.append("role", SetRole(role), key=f"role:{member}")
        people.append("rename", Name("Name"), key=f"name:{member}")
    people.append("identity", Identity(b64(b"m" * 32)), key=f"identity:{ME}")
    people.append("identity", Identity("no key"), key=f"identity:{OTHER}")
    room.append("moderate", Moderate(), key=f"mod:{ME}")
    room.append("moderate", Moderate(on=False), key=f"mod:{OTHER}")
    state = {event.key or "": event for event in people.events}
    assert rooms.host_of(state) == OTHER
    assert rooms.host_of({}) is None
    assert rooms.identity_of(state, ME) == b"m" * 32
    assert rooms.identity_of(state, THIRD) == unb64(THIRD)
    assert rooms.identity_of(state, OTHER) == b"no key"
    inside = {event.key or "": event for event in room.events}
    assert [rooms.is_moderator(inside, member) for member in (ME, OTHER, THIRD)] == [True, False, False]


def test_the_first_row_is_known_by_the_floor_the_joining_or_when_it_is_held(log: FakeLog) -> None:
    log.say("one", "two", "three")
    joining = log.append("join", Join(4), key=f"in:{ME}")
    log.say("four", "five")

    def held(before: int, floor: int) -> HeldLog:
        return HeldLog(SERVER, ROOM, LogKind.ROOM, log.positions[before], log.at, floor)

    state = {f"in:{ME}": joining}
    assert rooms.first_row(held(5, 1), state, ME) == 1
    assert rooms.first_row(held(5, 4), state, ME) == 4
    assert rooms.first_row(held(5, 3), state, ME) is None
    assert rooms.first_row(held(5, 4), {}, ME) is None
    assert rooms.first_row(held(2, 3), {}, ME) == 3


def test_in_a_room_one_stands_as_the_higher_of_two_roles_says() -> None:
    people, room = FakeLog(PEOPLE, LogKind.PEOPLE), FakeLog()
    for member, role in ((ME, Role.HOST), (OTHER, Role.MEMBER), (THIRD, Role.MODERATOR)):
        people.append("role", SetRole(role), key=f"role:{member}")
    state = {event.key or "": event for event in people.events}

    def standings() -> list[Standing]:
        inside = {event.key or "": event for event in room.events}
        return [rooms.standing(state, inside, member) for member in (ME, OTHER, THIRD)]

    for member in (ME, OTHER):
        room.append("join", Join(1), key=f"in:{member}")
    assert standings() == [Standing.HOST, Standing.MEMBER, Standing.OUTSIDER]
    room.append("moderate", Moderate(), key=f"mod:{OTHER}")
    room.append("leave", Leave(), key=f"in:{ME}")
    room.append("join", Join(1), key=f"in:{THIRD}")
    assert standings() == [Standing.OUTSIDER, Standing.ROOM_MODERATOR, Standing.MODERATOR]
