"""Getting in: logins, invites (A1), names (C7), bans (M3), and the first events of a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat_protocol.errors import Code, Refused
from chat_protocol.events import (
    Ban,
    History,
    Identity,
    Invite,
    Join,
    Kick,
    Leave,
    Name,
    Revoke,
    Role,
    SetRole,
    Text,
    Unban,
    Used,
)
from chat_protocol.ids import PEOPLE, STAFF, b64, is_dm, is_id, is_server_cid
from chat_server.hub.hub import Hub
from chat_server.hub.joining import invite_name
from chat_server.hub.requests import LoggedIn, LoginRequest, Now
from tests.memory_storage import MemoryStorage
from tests.server.hub.harness import SERVER, START_MS, UNLIMITED, House, Person, body_of, code_of, stored
from tests.server.hub.oracle import check

DAY_MS = 86_400_000


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    check(house, [house.host, SERVER, *(Person(name) for name in ("Ann", "Ben", "Cyd"))])


def login(house: House, name: str, invite: bytes | None, wanted: str | None = None) -> Code | None:
    return code_of(house.login(Person(name), invite, wanted or name))


def uses(house: House, token: bytes) -> int:
    body = body_of(house.value(STAFF, f"used:{invite_name(token)}"))
    assert isinstance(body, Used)
    return body.count


# --- invites --------------------------------------------------------------------------------------------------


def test_an_invite_makes_a_member_of_the_server_and_of_its_room(house: House) -> None:
    """One batch: role, identity, name, joining, and the count of uses."""
    ann = Person("Ann")
    token = house.invite()
    request = LoginRequest(ann.identity, ann.device, token, "  Ann  ")
    decision = house.decide(request)
    assert decision.answers == [LoggedIn(ann.id, house.lobby)]
    assert [(one.log, one.event.kind, one.event.key) for one in decision.batch.events] == [
        (PEOPLE, "role", f"role:{ann.id}"),
        (PEOPLE, "identity", f"identity:{ann.id}"),
        (PEOPLE, "rename", f"name:{ann.id}"),
        (house.lobby, "join", f"in:{ann.id}"),
        (STAFF, "used", f"used:{invite_name(token)}"),
    ]
    assert all(one.event.by == ann.id and is_server_cid(one.event.cid) for one in decision.batch.events)
    assert decision.gained == [(ann.id, PEOPLE), (ann.id, house.lobby)]
    house.round(request)
    assert body_of(house.value(PEOPLE, f"role:{ann.id}")) == SetRole(Role.MEMBER)
    assert body_of(house.value(PEOPLE, f"identity:{ann.id}")) == Identity(b64(ann.identity))
    assert body_of(house.value(PEOPLE, f"name:{ann.id}")) == Name("Ann")
    assert body_of(house.last(house.lobby)) == Join(1, invite_name(token))
    assert uses(house, token) == 1
    house.say(ann, house.lobby)


def test_without_an_invite_only_members_get_in(house: House) -> None:
    ann = house.join("Ann")
    assert house.login(ann) == LoggedIn(ann.id, None)
    assert login(house, "Ben", None) is Code.NOT_A_MEMBER
    assert login(house, "Ben", b"guessed") is Code.INVITE_UNKNOWN


def test_an_invite_expires(house: House) -> None:
    """A1: at its last millisecond it opens, after it never again, nor after a restart."""
    token = house.invite(days=7)
    house.set_clock(7 * DAY_MS - 1)
    assert login(house, "Ann", token) is None
    house.set_clock(1)
    assert login(house, "Ben", token) is Code.INVITE_EXPIRED
    house.restart()
    assert login(house, "Ben", token) is Code.INVITE_EXPIRED


def test_a_revoked_invite_opens_nothing(house: House) -> None:
    """A1."""
    token = house.invite()
    assert login(house, "Ann", token) is None
    stored(house.do(house.host, STAFF, "revoke", Revoke(), key=f"invite:{invite_name(token)}"))
    assert login(house, "Ben", token) is Code.INVITE_REVOKED
    assert login(house, "Ann", token) is Code.INVITE_REVOKED
    house.restart()
    assert login(house, "Ben", token) is Code.INVITE_REVOKED
    assert uses(house, token) == 1, "a revocation does not lose the count"


@pytest.mark.parametrize("in_one_round", [True, False])
@pytest.mark.parametrize("allowed", [1, 7])
def test_hundred_on_one_invite(house: House, in_one_round: bool, allowed: int) -> None:
    """A1: exactly as many as it may, in one round and in many."""
    token = house.invite(uses=allowed)
    people = [Person(f"Guest {number}") for number in range(100)]
    requests = [LoginRequest(one.identity, one.device, token, one.name) for one in people]
    answers = house.round(*requests) if in_one_round else [house.round(request)[0] for request in requests]
    assert [isinstance(answer, LoggedIn) for answer in answers] == [True] * allowed + [False] * (100 - allowed)
    assert {answer.code for answer in answers if isinstance(answer, Refused)} == {Code.INVITE_USED_UP}
    assert uses(house, token) == allowed
    house.restart()
    assert login(house, "One more", token) is Code.INVITE_USED_UP
    assert len(house.hub.members(house.lobby)) == allowed + 1


def test_a_second_device_of_one_person_in_the_same_round(house: House) -> None:
    """The first becomes a member, the second is one already and uses nothing up."""
    token = house.invite(uses=1)
    ann = Person("Ann")
    answers = house.round(*(LoginRequest(ann.identity, device, token, "Ann") for device in ("desk", "phone", "desk")))
    assert answers == [LoggedIn(ann.id, house.lobby)] * 3
    assert uses(house, token) == 1
    assert [event.kind for event in house.events(house.lobby) if event.key == f"in:{ann.id}"] == ["join"]


def test_a_member_uses_nothing_up(house: House) -> None:
    ann, ben = house.join("Ann"), house.join("Ben")
    room = house.room(ann)
    token = b"to the room"
    house.promote(ann)
    body = Invite(room, house.now.wall_ms + DAY_MS, 1)
    stored(house.do(ann, STAFF, "invite", body, key=f"invite:{invite_name(token)}"))
    reader = house.connect(ben)
    assert house.login(ben, token) == LoggedIn(ben.id, room)
    assert room in reader.follows
    assert body_of(house.last(room)) == Join(1, invite_name(token))
    head = house.last(room).seq
    assert house.login(ben, token) == LoggedIn(ben.id, room), "a link to where one is just opens it"
    assert house.last(room).seq == head
    house.set_clock(2 * DAY_MS)
    assert house.login(ben, token) == LoggedIn(ben.id, room), "however old it is"
    assert login(house, "Cyd", token) is Code.INVITE_EXPIRED
    house.set_clock(-2 * DAY_MS)
    assert login(house, "Cyd", token) is None


def test_an_invite_honours_the_rooms_history(house: House) -> None:
    """M5."""
    ann = house.join("Ann")
    house.promote(ann)
    room = house.room(ann, history=History.JOINED)
    house.say(ann, room)
    body = Invite(room, house.now.wall_ms + DAY_MS, 1)
    stored(house.do(ann, STAFF, "invite", body, key=f"invite:{invite_name(b'in')}"))
    assert login(house, "Ben", b"in") is None
    assert house.hub.visible_from(Person("Ben").id, room) == house.last(room).seq


def test_in_and_out_and_in_again_in_one_millisecond(house: House) -> None:
    """Every event has a cid of its own, though no clock moves and nothing else is written."""
    ann = house.join("Ann")
    token = house.invite()
    for _ in range(3):
        stored(house.do(ann, house.lobby, "leave", Text("x"), key=f"in:{ann.id}"))
        assert house.login(ann, token) == LoggedIn(ann.id, house.lobby)


# --- names ----------------------------------------------------------------------------------------------------


def test_a_taken_name_is_refused_with_a_free_one(house: House) -> None:
    """C7; a refused joining uses nothing up and writes nothing."""
    house.join("Ann")
    token = house.invite(uses=1)
    heads = {log: house.hub.position(log) for log in house.logs()}
    for wanted in ("Ann", "ANN", "Аnn"):
        answer = house.login(Person("Ben"), token, wanted)
        assert isinstance(answer, Refused)
        assert (answer.code, answer.field) == (Code.NAME_TAKEN, "name")
        assert answer.suggestion is not None
        assert answer.suggestion.endswith(" 2")
    assert login(house, "Ben", token, "host") is Code.NAME_NOT_ALLOWED
    assert code_of(house.login(Person("Ben"), token)) is Code.NAME_NOT_ALLOWED
    assert {log: house.hub.position(log) for log in house.logs()} == heads
    assert login(house, "Ben", token, "Ann 2") is None


def test_two_with_one_name_in_one_round(house: House) -> None:
    token = house.invite()
    one, other = Person("Ann"), Person("Ben")
    answers = house.round(*(LoginRequest(who.identity, "d", token, "Sam") for who in (one, other)))
    assert answers[0] == LoggedIn(one.id, house.lobby)
    assert isinstance(answers[1], Refused)
    assert (answers[1].code, answers[1].suggestion) == (Code.NAME_TAKEN, "Sam 2")


def test_a_name_stays_its_owners_after_leaving(house: House) -> None:
    ann = house.join("Ann")
    house.promote(ann, Role.NONE)
    assert login(house, "Ben", house.invite(b"1"), "Ann") is Code.NAME_TAKEN
    assert house.login(ann, house.invite(b"2")) == LoggedIn(ann.id, house.lobby), "it needs no new one"
    assert body_of(house.value(PEOPLE, f"name:{ann.id}")) == Name("Ann")
    kinds = [event.kind for event in house.events(PEOPLE) if (event.key or "").endswith(ann.id)]
    assert kinds.count("identity") == 1


def test_a_member_keeps_the_name_whatever_a_login_says(house: House) -> None:
    ann = house.join("Ann")
    head = house.hub.position(PEOPLE)
    assert house.login(ann, name="Hanna") == LoggedIn(ann.id, None)
    assert house.login(ann, house.invite(), "Hanna") == LoggedIn(ann.id, house.lobby)
    assert house.hub.position(PEOPLE) == head


# --- bans -----------------------------------------------------------------------------------------------------


def test_a_banned_key_comes_back_by_no_invite(house: House) -> None:
    """M3: not by the same one, not by a new one, not after a restart; after an unban by any that is good."""
    token = house.invite()
    ann = Person("Ann")
    assert login(house, "Ann", token) is None
    stored(house.do(house.host, PEOPLE, "ban", Ban(), key=f"ban:{ann.id}"))
    for invite in (None, token, house.invite(b"new")):
        assert login(house, "Ann", invite) is Code.BANNED
    house.restart()
    assert login(house, "Ann", token) is Code.BANNED
    stored(house.do(house.host, PEOPLE, "unban", Unban(), key=f"ban:{ann.id}"))
    assert login(house, "Ann", None) is Code.NOT_A_MEMBER
    assert house.login(ann, token) == LoggedIn(ann.id, house.lobby)


def test_banned_and_knocking_in_one_round(house: House) -> None:
    ann = house.join("Ann")
    token = house.invite()
    ban = house.entry(PEOPLE, "ban", Ban(), key=f"ban:{ann.id}")
    _sent, answer = house.round(house.sends(house.host, ban), LoginRequest(ann.identity, "d", token, "Ann"))
    assert isinstance(answer, Refused)
    assert answer.code is Code.BANNED


def test_who_lost_the_role_may_be_invited_again(house: House) -> None:
    ann = house.join("Ann")
    house.promote(ann, Role.NONE)
    assert login(house, "Ann", None) is Code.NOT_A_MEMBER
    token = house.invite(uses=1)
    assert house.login(ann, token) == LoggedIn(ann.id, house.lobby)
    assert uses(house, token) == 1


# --- peek -----------------------------------------------------------------------------------------------------


def test_peek_tells_whom_an_invite_leads_to_and_uses_nothing_up(house: House) -> None:
    house.join("Ann")
    token = house.invite(uses=1)
    for _ in range(3):
        info = house.hub.peek(token, house.now)
    assert (info.host, info.identity) == ("Hana", b64(house.host.identity))
    assert (info.room, info.log, info.members, info.present) == ("Lobby", house.lobby, 2, 0)
    assert info.expires_ms == house.now.wall_ms + 7 * DAY_MS
    assert house.hub.invited_room(token, house.now) == house.lobby
    assert login(house, "Ben", token) is None
    with pytest.raises(Refused) as caught:
        house.hub.peek(token, house.now)
    assert caught.value.code is Code.INVITE_USED_UP


@pytest.mark.parametrize(
    ("token", "after_ms", "code"),
    [(b"guessed", 0, Code.INVITE_UNKNOWN), (b"token", 8 * DAY_MS, Code.INVITE_EXPIRED)],
)
def test_peek_refuses_as_a_login_does(house: House, token: bytes, after_ms: int, code: Code) -> None:
    house.invite()
    house.set_clock(after_ms)
    for ask in (house.hub.peek, house.hub.invited_room):
        with pytest.raises(Refused) as caught:
            ask(token, house.now)
        assert caught.value.code is code
    house.set_clock(-after_ms)
    stored(house.do(house.host, STAFF, "revoke", Revoke(), key=f"invite:{invite_name(b'token')}"))
    with pytest.raises(Refused) as caught:
        house.hub.peek(b"token", house.now)
    assert caught.value.code is Code.INVITE_REVOKED


# --- founding -------------------------------------------------------------------------------------------------


def test_a_server_founded_for_a_key(house: House) -> None:
    hub = house.hub
    assert not hub.is_empty()
    assert (hub.role(house.host.id), hub.role(SERVER.id)) == (Role.HOST, Role.HOST)
    assert house.events(PEOPLE)[0].by == SERVER.id
    assert is_id(house.lobby)
    assert not is_dm(house.lobby)
    assert hub.members(house.lobby) == {house.host.id}
    assert house.events(STAFF) == []
    stored(house.do(house.host, house.lobby, "name", Name("Parlour"), key="name"))
    assert body_of(house.last(PEOPLE)).name == "Parlour"  # type: ignore[attr-defined]


def test_the_host_takes_a_name_at_the_first_login() -> None:
    house = House(host=Person("Nell"))
    heads = house.hub.position(PEOPLE).seq
    tries = [(None, None, 0), ("admin", Code.NAME_NOT_ALLOWED, 0), ("Hana", None, 1), ("Oz", None, 1)]
    for name, code, written in tries:
        assert code_of(house.login(house.host, name=name)) is code
        assert house.hub.position(PEOPLE).seq == heads + written
    check(house, [house.host, SERVER])


def test_the_host_by_key_may_come_by_a_link_too() -> None:
    """With the name that was asked for: it has none yet."""
    house = House(host=Person("Nell"))
    token = house.invite()
    assert code_of(house.login(house.host, token, "admin")) is Code.NAME_NOT_ALLOWED
    assert house.login(house.host, token, "Nell") == LoggedIn(house.host.id, house.lobby)
    assert body_of(house.value(PEOPLE, f"name:{house.host.id}")) == Name("Nell")
    assert [event.kind for event in house.events(STAFF)] == ["invite"]
    check(house, [house.host, SERVER])


def test_a_server_founded_with_a_host_link() -> None:
    """Its first user is the host, and nobody else: the link is used up."""
    house = House(host=None, host_token=b"host link")
    first, second = Person("First"), Person("Second")
    info = house.hub.peek(b"host link", house.now)
    assert (info.host, info.room, info.members) == ("", "Lobby", 0)
    assert login(house, "First", b"host link") is None
    assert house.hub.role(first.id) is Role.HOST
    assert login(house, "Second", b"host link") is Code.INVITE_USED_UP
    house.host = first
    assert house.login(second, house.invite(), "Second") == LoggedIn(second.id, house.lobby)
    assert house.hub.role(second.id) is Role.MEMBER
    assert house.hub.peek(b"token", house.now).host == "First"
    check(house, [first, second, SERVER])


@pytest.mark.parametrize("is_inside", [True, False])
def test_a_host_link_makes_a_host_of_a_member(is_inside: bool) -> None:
    """Of the first who uses it, on all their devices; with the name that they have."""
    house = House(host=None, host_token=b"host link")
    ann, ben = house.join("Ann"), house.join("Ben")
    if not is_inside:
        stored(house.do(ann, house.lobby, "leave", Leave(), key=f"in:{ann.id}"))
    reader, head = house.connect(ann), house.last(house.lobby).seq
    request = LoginRequest(ann.identity, "desk", b"host link", "Anna")
    again = LoginRequest(ann.identity, "phone", b"host link", None)
    other = LoginRequest(ben.identity, "desk", b"host link", None)
    *let_in, refused = house.round(request, again, other)
    assert let_in == [LoggedIn(ann.id, house.lobby)] * 2
    assert isinstance(refused, Refused)
    assert refused.code is Code.INVITE_USED_UP
    assert (house.hub.role(ann.id), house.hub.role(ben.id)) == (Role.HOST, Role.MEMBER)
    assert STAFF in reader.follows
    assert uses(house, b"host link") == 1
    assert [event.kind for event in house.events(house.lobby)[head:]] == ([] if is_inside else ["join"])
    assert body_of(house.value(PEOPLE, f"name:{ann.id}")) == Name("Ann")
    assert house.login(ann, b"host link") == LoggedIn(ann.id, house.lobby)
    check(house, [ann, ben, SERVER])


def test_a_host_link_lasts_a_week() -> None:
    house = House(host=None, host_token=b"host link")
    house.set_clock(7 * DAY_MS)
    assert login(house, "First", b"host link") is Code.INVITE_EXPIRED


def test_the_servers_own_identity_makes_host_links_and_invites_to_any_room(house: House) -> None:
    """So the command line needs no second way in."""
    ann = house.join("Ann")
    room = house.room(ann)
    assert house.login(SERVER) == LoggedIn(SERVER.id, None)
    for name, role in [("Cyd", Role.MEMBER), ("Ben", Role.HOST)]:
        token = f"for {name}".encode()
        body = Invite(room, house.now.wall_ms + DAY_MS, 1, role)
        stored(house.do(SERVER, STAFF, "invite", body, key=f"invite:{invite_name(token)}"))
        assert house.login(Person(name), token, name) == LoggedIn(Person(name).id, room)
        assert house.hub.role(Person(name).id) is role
    body = Invite(room, house.now.wall_ms + DAY_MS, 1, Role.MODERATOR)
    sent = house.do(SERVER, STAFF, "invite", body, key=f"invite:{invite_name(b'no')}")
    assert code_of(sent) is Code.FORBIDDEN
    assert house.hub.visible_from(SERVER.id, room) is None


def test_the_server_is_founded_once(house: House) -> None:
    assert Hub(MemoryStorage().load()).is_empty()
    house.restart()
    assert not house.hub.is_empty()


def test_rooms_of_two_foundings_differ() -> None:
    one = House(host=None, host_token=b"link").lobby
    hub = Hub(MemoryStorage().load(), UNLIMITED)
    decision = hub.found(Person("another").identity, None, b"link", "Lobby", Now(START_MS, 0))
    assert one not in decision.batch.heads


def test_kicked_is_not_banned(house: House) -> None:
    ann = house.join("Ann")
    stored(house.do(house.host, house.lobby, "kick", Kick(), key=f"in:{ann.id}"))
    assert house.login(ann) == LoggedIn(ann.id, None)
    stored(house.do(ann, house.lobby, "join", Join(), key=f"in:{ann.id}"))
