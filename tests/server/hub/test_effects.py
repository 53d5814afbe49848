"""What each kind of event comes to, beyond its line of the table: what is completed, refused, and entailed.

Success and refusal share one set-up: `room` (private, made by Ann, with Ben and Zoe, who is a moderator of the server),
the open lobby, and Cyd, who is in the lobby alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec import UNSET

from chat_protocol.errors import Code
from chat_protocol.events import (
    Access,
    Ban,
    Body,
    Delete,
    Dm,
    Edit,
    Event,
    Fault,
    History,
    Invite,
    Join,
    Kick,
    Leave,
    Listed,
    Make,
    Moderate,
    Name,
    Pin,
    React,
    Revoke,
    Role,
    SetAccess,
    SetHistory,
    SetRole,
    Stop,
    Text,
    Topic,
    Unban,
    Unlisted,
)
from chat_protocol.frames import Sent
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, Ref, b64, derived_cid, dm_log, new_cid
from chat_server.hub.joining import invite_name
from chat_server.hub.requests import LoggedIn
from tests.server.hub.harness import SERVER, House, Person, body_of, code_of, dm_body, stored
from tests.server.hub.oracle import check

NOBODY = Ref(MemberId(b64(b"?" * 16)), new_cid(1, b"?" * 10))


class Set:
    """The set-up; `house.do` with fewer words."""

    def __init__(self) -> None:
        self.house = house = House()
        self.host = house.host
        self.ann, self.ben, self.zoe, self.cyd = (house.join(name) for name in ("Ann", "Ben", "Zoe", "Cyd"))
        house.promote(self.zoe)
        self.room = house.room(self.ann, self.ben, self.zoe)
        self.lobby = house.lobby
        self.hello = house.say(self.ann, self.room)
        for person in (self.ann, self.ben, self.zoe, self.cyd, self.host):
            house.connect(person)

    def do(self, who: Person, kind: str, body: Body, log: LogId | None = None, **names: str | Ref) -> Sent:
        return self.house.do(who, self.room if log is None else log, kind, body, **names)  # type: ignore[arg-type]

    def events(self, log: LogId, after: int) -> list[tuple[str, str | None]]:
        """Kind and key of what came to `log` after a seq."""
        return [(event.kind, event.key) for event in self.house.events(log)[after:]]

    def value(self, log: LogId, key: str) -> Body:
        return body_of(self.house.value(log, key))


@pytest.fixture
def here() -> Iterator[Set]:
    """Whatever a test does, the house is in order after it."""
    here = Set()
    yield here
    check(here.house, [here.host, here.ann, here.ben, here.zoe, here.cyd, SERVER])


def code(sent: Sent) -> Code | None:
    return code_of(sent)


# --- text, edit, delete, react, pin ---------------------------------------------------------------------------


def test_text(here: Set) -> None:
    body = Text("hi", reply=here.hello, mentions=[here.ben.id, here.cyd.id])
    sent = stored(here.do(here.ben, "text", body))
    event = here.house.last(here.room)
    assert (event.seq, event.ts, event.cid, event.by) == (sent.seq, sent.ts, sent.cid, here.ben.id)
    assert body_of(event) == body
    assert code(here.do(here.ben, "text", Text("hi", reply=NOBODY))) is Code.UNKNOWN_TARGET
    assert code(here.do(here.ben, "text", Text("hi", mentions=[NOBODY.member]))) is Code.UNKNOWN_MEMBER
    elsewhere = here.house.say(here.cyd, here.lobby)
    assert code(here.do(here.ben, "text", Text("hi", reply=elsewhere))) is Code.UNKNOWN_TARGET


def test_edit(here: Set) -> None:
    stored(here.do(here.ann, "edit", Edit("ho", [here.ben.id]), target=here.hello))
    assert here.house.last(here.room).target == here.hello
    assert here.house.storage.changes(here.room, [here.house.events(here.room)[-2].seq], 99)
    assert code(here.do(here.ann, "edit", Edit("ho", [NOBODY.member]), target=here.hello)) is Code.UNKNOWN_MEMBER
    assert code(here.do(here.ann, "edit", Edit("ho"), target=NOBODY)) is Code.UNKNOWN_TARGET
    change = here.house.last(here.room).ref
    assert code(here.do(here.ann, "edit", Edit("ho"), target=change)) is Code.UNKNOWN_TARGET


def test_delete(here: Set) -> None:
    """M6: the bodies of the message and of its edits are gone from the storage; nothing is about it any more."""
    stored(here.do(here.ann, "edit", Edit("ho"), target=here.hello))
    stored(here.do(here.ben, "react", React("x"), target=here.hello))
    stored(here.do(here.ann, "delete", Delete(), target=here.hello))
    message, edit, reaction, _deletion = here.house.events(here.room)[-4:]
    assert (message.body, edit.body) == (UNSET, UNSET)
    assert reaction.body is not UNSET
    for kind, body in [("edit", Edit("x")), ("delete", Delete()), ("react", React("x")), ("pin", Pin())]:
        assert code(here.do(here.ann, kind, body, target=here.hello)) is Code.UNKNOWN_TARGET
    assert code(here.do(here.ann, "text", Text("x", reply=here.hello))) is Code.UNKNOWN_TARGET


def test_delete_of_what_was_said_in_the_same_round(here: Set) -> None:
    house = here.house
    text = house.entry(here.room, "text", Text("gone"))
    ref = Ref(here.ann.id, text.cid)
    edit = house.entry(here.room, "edit", Edit("gone too"), target=ref)
    delete = house.entry(here.room, "delete", Delete(), target=ref)
    late = house.entry(here.room, "edit", Edit("later"), target=ref)
    sent = house.send(here.ann, text, edit, delete, late)
    assert [one.err is None for one in sent] == [True, True, True, False]
    assert [event.body is UNSET for event in house.events(here.room)[-3:]] == [True, True, False]


def test_react_and_pin(here: Set) -> None:
    for on in (True, False):
        stored(here.do(here.ben, "react", React("👍", on), target=here.hello))
        stored(here.do(here.ann, "pin", Pin(on), target=here.hello))
    assert code(here.do(here.ben, "react", React("👍"), target=NOBODY)) is Code.UNKNOWN_TARGET
    made = here.house.value(here.room, "make").ref
    assert code(here.do(here.ann, "pin", Pin(), target=made)) is Code.UNKNOWN_TARGET


# --- rooms ----------------------------------------------------------------------------------------------------


def test_make(here: Set) -> None:
    house = here.house
    log = LogId(b64(b"new room's id.." + b"!"))
    people = house.last(PEOPLE).seq
    sent = stored(here.do(here.cyd, "make", Make("  New \n room ", Access.OPEN, History.JOINED), log, key="make"))
    keys = ["make", "name", "access", "history", f"in:{here.cyd.id}", f"mod:{here.cyd.id}"]
    assert [event.key for event in house.events(log)] == keys
    assert body_of(house.events(log)[0]) == Make("New room", Access.OPEN, History.JOINED)
    assert here.value(log, f"in:{here.cyd.id}") == Join(1)
    assert here.events(PEOPLE, people) == [("listed", f"room:{log}")]
    assert here.value(PEOPLE, f"room:{log}") == Listed("New room")
    cause = Ref(here.cyd.id, sent.cid)
    assert house.value(log, "name").ref == Ref(here.cyd.id, derived_cid(cause, log, "name", "name"))
    assert code(here.do(here.cyd, "make", Make("Again"), log, key="make")) is Code.FORBIDDEN
    assert code(here.do(here.ben, "make", Make("Again"), log, key="make")) is Code.FORBIDDEN


@pytest.mark.parametrize("name", ["", " \n ", "x" * 81])
def test_a_room_needs_a_name_of_1_to_80_characters(here: Set, name: str) -> None:
    log = LogId(b64(b"n" * 16))
    assert code(here.do(here.ann, "make", Make(name), log, key="make")) is Code.NAME_NOT_ALLOWED
    assert code(here.do(here.ann, "name", Name(name), key="name")) is Code.NAME_NOT_ALLOWED
    assert here.house.hub.kind_of(log) is None


HIDING = ["\u202egnp.exe", "会议\u202e室", "Lob\u200bby", "⁦大厅", "\u0301", "Raum\u00ad", "\u3164", "部屋\ufeff"]
SHOWN = ["会议室", "大厅 ②", "قاعة", "می\u200cخواهم", "Chess ♟️", "Café 👩‍💻", "½ price"]


@pytest.mark.parametrize("name", HIDING)
def test_c7_a_room_s_name_and_topic_hide_nothing(here: Set, name: str) -> None:
    log = LogId(b64(b"n" * 16))
    assert code(here.do(here.ann, "make", Make(name), log, key="make")) is Code.NAME_NOT_ALLOWED
    assert code(here.do(here.ann, "name", Name(name), key="name")) is Code.NAME_NOT_ALLOWED
    for topic in (name, f"first line\n{name}", f"第一\t{name}"):
        error = here.do(here.ann, "topic", Topic(topic), key="topic").err
        assert error is not None
        assert (error.code, error.field) == (Code.BAD_VALUE, "topic")
        assert name not in error.text


@pytest.mark.parametrize("name", SHOWN)
def test_c7_a_room_s_name_and_topic_are_in_any_script(here: Set, name: str) -> None:
    stored(here.do(here.ann, "name", Name(name), key="name"))
    stored(here.do(here.ann, "topic", Topic(f"{name}\n\t{name}\n"), key="topic"))
    assert here.value(here.room, "name") == Name(name)


@pytest.mark.parametrize("log", ["room", "", "A" * 21 + "B", "____" + "A" * 18])
def test_a_room_needs_an_id_of_its_own(here: Set, log: str) -> None:
    """The last one has the form of a DM's: whoever took it would keep two others from writing to each other."""
    assert code(here.do(here.ann, "make", Make("Room"), LogId(log), key="make")) is Code.UNKNOWN_LOG


def test_a_private_room_is_listed_nowhere(here: Set) -> None:
    people = here.house.last(PEOPLE).seq
    log = here.house.room(here.ann)
    stored(here.do(here.ann, "name", Name("Secret"), log, key="name"))
    assert here.events(PEOPLE, people) == []


def test_name_and_access_are_followed_by_the_list_of_rooms(here: Set) -> None:
    key = f"room:{here.room}"
    for kind, body, listed in [
        ("access", SetAccess(Access.OPEN), Listed("A room")),
        ("name", Name(" New  name "), Listed("New name")),
        ("access", SetAccess(Access.PRIVATE), Unlisted()),
    ]:
        before = here.house.last(PEOPLE).seq
        stored(here.do(here.ann, kind, body, key=kind))
        assert here.events(PEOPLE, before) == [(type(listed).__name__.lower(), key)]
        assert here.value(PEOPLE, key) == listed
    before = here.house.last(PEOPLE).seq
    stored(here.do(here.ann, "access", SetAccess(Access.PRIVATE), key="access"))
    assert here.events(PEOPLE, before) == []
    assert here.value(here.room, "name") == Name("New name")


def test_topic_and_history(here: Set) -> None:
    stored(here.do(here.ann, "topic", Topic("What grows"), key="topic"))
    stored(here.do(here.ann, "history", SetHistory(History.JOINED), key="history"))
    assert here.value(here.room, "topic") == Topic("What grows")
    assert here.value(here.room, "history") == SetHistory(History.JOINED)


def test_join(here: Set) -> None:
    """Whatever the body says, the hub writes from where one may read."""
    house, key = here.house, f"in:{here.cyd.id}"
    assert code(here.do(here.cyd, "join", Join(), key=key)) is Code.UNKNOWN_LOG
    stored(here.do(here.ann, "access", SetAccess(Access.OPEN), key="access"))
    stored(here.do(here.ann, "history", SetHistory(History.JOINED), key="history"))
    assert code(here.do(here.cyd, "join", Join(), key=f"in:{here.host.id}")) is Code.FORBIDDEN
    sent = stored(here.do(here.cyd, "join", Join(1, "somebody's invite"), key=key))
    assert here.value(here.room, key) == Join(sent.seq or 0)
    assert here.house.hub.visible_from(here.cyd.id, here.room) == sent.seq
    assert code(here.do(here.cyd, "join", Join(), key=key)) is Code.FORBIDDEN
    assert house.last(here.room).seq == sent.seq


def test_add(here: Set) -> None:
    key = f"in:{here.cyd.id}"
    sent = stored(here.do(here.ann, "add", Join(99), key=key))
    assert here.value(here.room, key) == Join(1)
    assert here.house.last(here.room).seq == sent.seq
    assert code(here.do(here.ann, "add", Join(), key=key)) is Code.FORBIDDEN
    assert code(here.do(here.ann, "add", Join(), key=f"in:{NOBODY.member}")) is Code.UNKNOWN_MEMBER
    stored(here.do(here.host, "ban", Ban(), PEOPLE, key=f"ban:{here.cyd.id}"))
    assert code(here.do(here.ann, "add", Join(), key=key)) is Code.UNKNOWN_MEMBER


def test_leave(here: Set) -> None:
    key = f"in:{here.ben.id}"
    stored(here.do(here.ben, "leave", Leave(), key=key))
    assert here.house.hub.visible_from(here.ben.id, here.room) is None
    assert code(here.do(here.ben, "leave", Leave(), key=key)) is Code.UNKNOWN_LOG
    assert code(here.do(here.ben, "text", Text("hi"))) is Code.UNKNOWN_LOG


@pytest.mark.parametrize("is_banned", [True, False])
def test_who_left_comes_back_without_being_a_moderator(here: Set, is_banned: bool) -> None:
    """Also when the server took somebody out who had left that room before."""
    key, before = f"in:{here.ann.id}", here.house.last(here.room).seq
    stored(here.do(here.ann, "leave", Leave(), key=key))
    assert here.events(here.room, before) == [("leave", key), ("moderate", f"mod:{here.ann.id}")]
    if is_banned:
        for kind, body in [("ban", Ban()), ("unban", Unban())]:
            stored(here.do(here.host, kind, body, PEOPLE, key=f"ban:{here.ann.id}"))
        assert isinstance(here.house.login(here.ann, here.house.invite(b"again")), LoggedIn)
    here.house.add(here.zoe, here.room, here.ann)
    assert code(here.do(here.ann, "topic", Topic("mine"), key="topic")) is Code.FORBIDDEN


def test_kick(here: Set) -> None:
    stored(here.do(here.host, "role", SetRole(Role.MODERATOR), PEOPLE, key=f"role:{here.ben.id}"))
    stored(here.do(here.zoe, "moderate", Moderate(), key=f"mod:{here.ben.id}"))
    stored(here.do(here.host, "role", SetRole(Role.MEMBER), PEOPLE, key=f"role:{here.ben.id}"))
    before = here.house.last(here.room).seq
    stored(here.do(here.zoe, "kick", Kick("enough"), key=f"in:{here.ben.id}"))
    assert here.events(here.room, before) == [("kick", f"in:{here.ben.id}"), ("moderate", f"mod:{here.ben.id}")]
    assert here.value(here.room, f"mod:{here.ben.id}") == Moderate(on=False)
    assert code(here.do(here.zoe, "kick", Kick(), key=f"in:{here.ben.id}")) is Code.UNKNOWN_MEMBER
    assert code(here.do(here.zoe, "kick", Kick(), key=f"in:{NOBODY.member}")) is Code.UNKNOWN_MEMBER
    here.house.add(here.ann, here.room, here.ben)
    assert code(here.do(here.ben, "topic", Topic("mine"), key="topic")) is Code.FORBIDDEN


def test_moderate(here: Set) -> None:
    key = f"mod:{here.ben.id}"
    for on, expected in [(True, None), (False, Code.FORBIDDEN)]:
        stored(here.do(here.zoe, "moderate", Moderate(on), key=key))
        assert code(here.do(here.ben, "topic", Topic("mine"), key="topic")) is expected
    assert code(here.do(here.zoe, "moderate", Moderate(), key=f"mod:{here.cyd.id}")) is Code.UNKNOWN_MEMBER
    stored(here.do(here.zoe, "moderate", Moderate(on=False), key=f"mod:{here.cyd.id}"))
    for on in (True, False):
        nobody = here.do(here.zoe, "moderate", Moderate(on), key=f"mod:{NOBODY.member}")
        assert code(nobody) is Code.UNKNOWN_MEMBER


# --- DMs ------------------------------------------------------------------------------------------------------


def test_dm(here: Set) -> None:
    house, log = here.house, dm_log(here.ann.id, here.cyd.id)
    assert code(here.do(here.ann, "text", Text("hi"), log)) is Code.UNKNOWN_LOG
    stored(here.do(here.ann, "dm", dm_body(here.ann, here.cyd), log, key="dm"))
    assert house.hub.members(log) == {here.ann.id, here.cyd.id}
    house.say(here.cyd, log)
    for outsider in (here.ben, here.host):
        assert house.hub.visible_from(outsider.id, log) is None
        assert code(here.do(outsider, "text", Text("hi"), log)) is Code.UNKNOWN_LOG
    # The other began it too, offline: the same DM.
    stored(here.do(here.cyd, "dm", dm_body(here.ann, here.cyd), log, key="dm"))
    assert house.hub.members(log) == {here.ann.id, here.cyd.id}


def test_a_dm_is_only_what_its_id_says(here: Set) -> None:
    low, high = sorted((here.ann.id, here.cyd.id))
    log = dm_log(low, high)
    wrong: list[tuple[LogId, Dm]] = [
        (log, Dm((high, low))),
        (log, dm_body(here.ann, here.ben)),
        (dm_log(here.ben.id, here.cyd.id), dm_body(here.ben, here.cyd)),
        (dm_log(here.ann.id, here.ann.id), Dm((here.ann.id, here.ann.id))),
        (LogId(b64(b"n" * 16)), Dm((low, high))),
        (log, Dm((MemberId("?"), high))),
    ]
    for where, body in wrong:
        assert code(here.do(here.ann, "dm", body, where, key="dm")) is Code.UNKNOWN_LOG
        assert here.house.hub.kind_of(where) is None
    unknown = Dm((min(low, NOBODY.member), max(low, NOBODY.member)))
    log = dm_log(*unknown.members)
    author = here.ann if low == here.ann.id else here.cyd
    assert code(here.do(author, "dm", unknown, log, key="dm")) is Code.UNKNOWN_MEMBER


def test_nobody_learns_whether_two_others_write_to_each_other(here: Set) -> None:
    """P17: every kind is answered just as if there were no such DM."""
    log = dm_log(here.ann.id, here.cyd.id)

    def answers() -> list[tuple[Code | None, str]]:
        attempts: list[tuple[str, Body, dict[str, str | Ref]]] = [
            ("text", Text("hi"), {}),
            ("dm", dm_body(here.ann, here.cyd), {"key": "dm"}),
            ("dm", dm_body(here.ben, here.cyd), {"key": "dm"}),
            ("dm", Dm((MemberId("?"), MemberId("?"))), {"key": "dm"}),
            ("make", Make("Room"), {"key": "make"}),
            ("react", React("x"), {"target": NOBODY}),
            ("join", Join(), {"key": f"in:{here.ben.id}"}),
        ]
        sent = [here.do(here.ben, kind, body, log, **names) for kind, body, names in attempts]
        return [(code(one), one.err.text if one.err else "") for one in sent]

    before = answers()
    here.house.dm(here.ann, here.cyd)
    assert answers() == before


def test_nothing_is_written_to_whoever_is_banned(here: Set) -> None:
    log = here.house.dm(here.ann, here.cyd)
    said = here.house.say(here.ann, log)
    stored(here.do(here.zoe, "ban", Ban(), PEOPLE, key=f"ban:{here.cyd.id}"))
    assert code(here.do(here.ann, "text", Text("hi"), log)) is Code.UNKNOWN_MEMBER
    assert code(here.do(here.ann, "edit", Edit("hi"), log, target=said)) is Code.UNKNOWN_MEMBER
    assert code(here.do(here.cyd, "text", Text("hi"), log)) is Code.UNKNOWN_LOG
    stored(here.do(here.ann, "delete", Delete(), log, target=said))
    new = dm_log(here.ben.id, here.cyd.id)
    assert code(here.do(here.ben, "dm", dm_body(here.ben, here.cyd), new, key="dm")) is Code.UNKNOWN_MEMBER


# --- people ---------------------------------------------------------------------------------------------------


def test_rename(here: Set) -> None:
    """C7: a name is cleaned, taken once by how it looks, and a free one is offered."""
    key = f"name:{here.ben.id}"
    sent = here.do(here.ben, "rename", Name("ANN"), PEOPLE, key=key)
    assert sent.err is not None
    assert (sent.err.code, sent.err.suggestion) == (Code.NAME_TAKEN, "ANN 2")
    assert code(here.do(here.ben, "rename", Name("Аnn"), PEOPLE, key=key)) is Code.NAME_TAKEN  # a Cyrillic А
    assert code(here.do(here.ben, "rename", Name("admin"), PEOPLE, key=key)) is Code.NAME_NOT_ALLOWED
    assert code(here.do(here.ben, "rename", Name(" "), PEOPLE, key=key)) is Code.NAME_NOT_ALLOWED
    stored(here.do(here.ben, "rename", Name("  Ann   2 "), PEOPLE, key=key))
    assert here.value(PEOPLE, key) == Name("Ann 2")
    stored(here.do(here.ben, "rename", Name("ann 2"), PEOPLE, key=key))
    stored(here.do(here.cyd, "rename", Name("Ben"), PEOPLE, key=f"name:{here.cyd.id}"))


def test_names_change_hands_within_one_round(here: Set) -> None:
    house = here.house
    names = [("Ann", "Tom", here.ann), ("Ben", "Ann", here.ben), ("Cyd", "Ann", here.cyd), ("Tom", "Ben", here.ann)]
    entries = [house.sends(who, house.entry(PEOPLE, "rename", Name(to), key=f"name:{who.id}")) for _, to, who in names]
    answers = house.round(*entries)
    assert [code(answer[0]) for answer in answers if isinstance(answer, list)] == [None, None, Code.NAME_TAKEN, None]
    for who, name in [(here.ann, "Ben"), (here.ben, "Ann"), (here.cyd, "Cyd")]:
        assert here.value(PEOPLE, f"name:{who.id}") == Name(name)
    house.restart()
    assert code(here.do(here.cyd, "rename", Name("Ann"), PEOPLE, key=f"name:{here.cyd.id}")) is Code.NAME_TAKEN
    stored(here.do(here.cyd, "rename", Name("Tom"), PEOPLE, key=f"name:{here.cyd.id}"))


def test_whoever_gives_a_name_up_later_does_not_take_it_away_again(here: Set) -> None:
    """Within one round, in the order of first writing: Ben comes before Ann, whose name he ends up with."""
    house = here.house
    renames = [(here.ben, "Bob"), (here.ann, "Tom"), (here.ben, "Ann")]
    house.round(
        *(house.sends(who, house.entry(PEOPLE, "rename", Name(to), key=f"name:{who.id}")) for who, to in renames)
    )
    assert here.value(PEOPLE, f"name:{here.ben.id}") == Name("Ann")
    taken = [code(here.do(here.cyd, "rename", Name(to), PEOPLE, key=f"name:{here.cyd.id}")) for to in ("Ann", "Tom")]
    assert taken == [Code.NAME_TAKEN, Code.NAME_TAKEN]
    stored(here.do(here.cyd, "rename", Name("Bob"), PEOPLE, key=f"name:{here.cyd.id}"))


def test_role(here: Set) -> None:
    key = f"role:{here.ben.id}"
    for role, sees_staff in [(Role.MODERATOR, True), (Role.MEMBER, False)]:
        stored(here.do(here.host, "role", SetRole(role), PEOPLE, key=key))
        assert here.house.hub.role(here.ben.id) is role
        assert (here.house.hub.visible_from(here.ben.id, STAFF) is not None) == sees_staff
    assert code(here.do(here.host, "role", SetRole(Role.HOST), PEOPLE, key=key)) is Code.FORBIDDEN
    unknown = here.do(here.host, "role", SetRole(Role.MODERATOR), PEOPLE, key=f"role:{NOBODY.member}")
    assert code(unknown) is Code.UNKNOWN_MEMBER


def test_whoever_loses_the_role_leaves_every_room(here: Set) -> None:
    house = here.house
    dm = house.dm(here.ann, here.ben)
    stored(here.do(here.host, "role", SetRole(Role.NONE), PEOPLE, key=f"role:{here.ben.id}"))
    for log in (here.room, here.lobby):
        assert house.last(log).kind == "kick"
        assert house.hub.visible_from(here.ben.id, log) is None
        assert here.ben.id not in house.hub.members(log)
    assert house.hub.readable(here.ben.id) == []
    assert house.hub.visible_from(here.ann.id, dm) == 1
    role = here.do(here.host, "role", SetRole(Role.MODERATOR), PEOPLE, key=f"role:{here.ben.id}")
    assert code(role) is Code.UNKNOWN_MEMBER


def test_ban_and_unban(here: Set) -> None:
    """M3, A10: kicked everywhere, moderatorships taken, connections ended, in one batch."""
    house, key = here.house, f"ban:{here.ann.id}"
    request = house.sends(here.zoe, house.entry(PEOPLE, "ban", Ban("spam"), key=key))
    decision = house.decide(request)
    assert decision.gone == [(here.ann.id, Code.BANNED)]
    kinds = [(one.log, one.event.kind) for one in decision.batch.events]
    rooms = sorted((here.lobby, here.room))
    assert [log for log, kind in kinds if kind == "kick"] == rooms
    assert (here.room, "moderate") in kinds
    assert kinds[0] == (PEOPLE, "ban")
    assert kinds[-1] == (PEOPLE, "role")
    house.round(request)
    assert code(here.do(here.ann, "text", Text("hi"))) is Code.UNKNOWN_LOG
    stored(here.do(here.zoe, "unban", Unban(), PEOPLE, key=key))
    assert house.hub.role(here.ann.id) is Role.NONE
    for kind, body in [("ban", Ban()), ("unban", Unban())]:
        unknown = here.do(here.zoe, kind, body, PEOPLE, key=f"ban:{NOBODY.member}")
        assert code(unknown) is Code.UNKNOWN_MEMBER


# --- staff ----------------------------------------------------------------------------------------------------


def test_invite_and_revoke(here: Set) -> None:
    house = here.house
    day = 86_400_000
    now, key = house.now.wall_ms, f"invite:{invite_name(b'new')}"

    def invite(who: Person, room: LogId, *, days: float = 7, role: Role = Role.MEMBER, key: str = key) -> Code | None:
        return code(here.do(who, "invite", Invite(room, now + int(days * day), 5, role), STAFF, key=key))

    assert invite(here.zoe, LogId("nowhere")) is Code.UNKNOWN_LOG
    assert invite(here.host, here.room) is Code.UNKNOWN_LOG, "the host is not in it"
    assert invite(here.zoe, PEOPLE) is Code.UNKNOWN_LOG
    assert invite(here.zoe, here.room, role=Role.MODERATOR) is Code.FORBIDDEN
    assert invite(here.host, here.lobby, role=Role.HOST) is Code.FORBIDDEN
    assert invite(here.zoe, here.room, days=0) is Code.BAD_VALUE
    assert invite(here.zoe, here.room, days=401) is Code.BAD_VALUE
    assert invite(here.zoe, here.room, key="invite:short") is Code.BAD_VALUE
    assert invite(here.zoe, here.room, key="invite:" + "\0" * 43) is Code.BAD_VALUE
    assert invite(here.zoe, here.room) is None
    assert invite(here.zoe, here.room) is Code.BAD_VALUE, "a token makes one invite"
    stored(here.do(here.zoe, "revoke", Revoke(), STAFF, key=key))
    assert invite(here.zoe, here.room) is Code.BAD_VALUE
    assert code(here.do(here.zoe, "revoke", Revoke(), STAFF, key=f"invite:{invite_name(b'x')}")) is Code.INVITE_UNKNOWN


def test_an_invite_names_the_head_of_its_room(here: Set) -> None:
    """Compare-and-append: it was decided on what the room's log says, though nothing is appended to it."""
    body = Invite(here.room, here.house.now.wall_ms + 1, 1)
    entry = here.house.entry(STAFF, "invite", body, key=f"invite:{invite_name(b'new')}")
    batch = here.house.decide(here.house.sends(here.zoe, entry)).batch
    assert batch.heads == {log: here.house.last(log).seq for log in (PEOPLE, STAFF, here.room)}
    assert [one.log for one in batch.events] == [STAFF]


@pytest.mark.parametrize(
    ("found", "do"), [("gap", "resync"), ("bad_h", "resync"), ("bad_body", "upgrade"), ("odd", "nothing")]
)
def test_fault(here: Set, found: str, do: str) -> None:
    """The loop of errors: stored, and answered with what to do about it."""
    sent = stored(here.do(here.ben, "fault", Fault(here.room, 7, found), STAFF))
    assert sent.do == do
    assert here.house.last(STAFF).by == here.ben.id
    assert code(here.do(here.ben, "fault", Fault(here.room, 7, found), here.lobby)) is Code.FORBIDDEN
    assert here.house.hub.visible_from(here.ben.id, STAFF) is None


def test_stop(here: Set) -> None:
    house = here.house
    assert code(here.do(here.zoe, "stop", Stop(), STAFF, key="stop")) is Code.FORBIDDEN
    request = house.sends(here.host, house.entry(STAFF, "stop", Stop(), key="stop"))
    assert house.decide(request).stop
    before = house.stops
    house.round(request)
    assert house.stops == before + 1
    assert house.last(STAFF).kind == "stop"


def test_kinds_of_the_hub_alone_are_refused(here: Set) -> None:
    """Nobody gives himself an identity, lists a room or counts an invite."""
    attempts: list[tuple[LogId, str, Body, str]] = [
        (PEOPLE, "identity", Name("x"), f"identity:{here.host.id}"),
        (PEOPLE, "listed", Listed("x"), f"room:{here.room}"),
        (PEOPLE, "unlisted", Unlisted(), f"room:{here.lobby}"),
        (STAFF, "used", Name("x"), "used:x"),
    ]
    for log, kind, body, key in attempts:
        assert code(here.do(here.host, kind, body, log, key=key)) in (Code.FORBIDDEN, Code.BAD_VALUE)


def test_the_author_of_what_follows_is_that_of_its_cause(here: Set) -> None:
    def authors(events: list[Event]) -> set[MemberId]:
        return {event.by for event in events}

    before = {log: here.house.last(log).seq for log in (here.room, here.lobby, PEOPLE)}
    stored(here.do(here.zoe, "ban", Ban(), PEOPLE, key=f"ban:{here.ben.id}"))
    assert {who for log in before for who in authors(here.house.events(log)[before[log] :])} == {here.zoe.id}
