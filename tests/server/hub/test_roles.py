"""Every cell of the table of permissions, tried through the hub (M1, C9): role by action, and some by hand.

Each attempt is decided and then forgotten, so all of them meet the same house.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pytest

from chat_protocol.errors import Code
from chat_protocol.events import (
    KINDS,
    Access,
    Ban,
    Body,
    Delete,
    Edit,
    EventClass,
    Invite,
    Join,
    Kick,
    Make,
    Moderate,
    Role,
    SetRole,
    Text,
    Topic,
)
from chat_protocol.ids import PEOPLE, STAFF, LogId, Ref, b64
from chat_protocol.permissions import PERMISSIONS, LogKind, Standing, kind_of_log, may
from chat_server.hub.joining import invite_name
from tests.protocol.test_kinds import plain, target_kind
from tests.server.hub.harness import SERVER, House, Person, code_of, dm_body, stored

OUTSIDER, MEMBER, ROOM_MODERATOR, MODERATOR, HOST = Standing
PREFIXES = {LogKind.ROOM: ("in:", "mod:"), LogKind.PEOPLE: ("name:", "role:", "ban:", "identity:")}
"""Of keys that end in a member, where they belong."""
KINDS_OF_LOG = [log for log in LogKind if log is not LogKind.UNKNOWN]
TARGETS = sorted({target_kind(kind) for kind, line in KINDS.items() if line.cls is EventClass.CHANGE})
"""The kinds of messages that changes are on."""


class Scene:
    """Two of each standing wherever there can be two. `said`: by kind, what each said where they are."""

    def __init__(self, access: Access) -> None:
        self.house = house = House()
        names = ["Mia", "Mel", "Rio", "Ron", "Zoe", "Zak", "Ola", "Stu", "Foe", "Fay"]
        mia, mel, rio, ron, zoe, zak, ola, stu, foe, fay = map(house.join, names)
        house.promote(zoe)
        house.promote(zak)
        self.room = house.room(rio, mia, mel, ron, zoe, zak, house.host, access=access)
        stored(house.do(house.host, self.room, "moderate", Moderate(), key=f"mod:{ron.id}"))
        in_room = {OUTSIDER: (ola, stu), MEMBER: (mia, mel), ROOM_MODERATOR: (rio, ron), MODERATOR: (zoe, zak)}
        on_server: dict[Standing, tuple[Person, ...]] = {
            OUTSIDER: (foe, fay),
            MEMBER: (mia, mel),
            MODERATOR: (zoe, zak),
            HOST: (house.host, SERVER),
        }
        self.people: dict[LogKind, dict[Standing, tuple[Person, ...]]] = {
            LogKind.ROOM: in_room | {HOST: (house.host,)},
            LogKind.DM: {OUTSIDER: (stu,), MEMBER: (mia,), MODERATOR: (zoe,), HOST: (house.host,)},
            LogKind.PEOPLE: on_server,
            LogKind.STAFF: on_server,
        }
        self.partner = mel
        self.dms = {one: house.dm(one, mel) for one in (mia, zoe, house.host)}
        places = [(self.room, one) for one in (mia, mel, rio, ron, zoe, zak, house.host)]
        places += [(dm, member) for one, dm in self.dms.items() for member in (one, mel)]
        places += [(STAFF, one) for one in (mia, zoe, house.host)]
        self.said = {kind: {(log, one): self._say(one, log, kind) for log, one in places} for kind in TARGETS}
        house.invite(b"invite")
        for one in (foe, fay):
            stored(house.do(house.host, PEOPLE, "role", SetRole(Role.NONE), key=f"role:{one.id}"))

    def _say(self, one: Person, log: LogId, kind: str) -> Ref:
        """A message of that kind, or of another where there can be none."""
        if (kind_of_log(log), kind) not in PERMISSIONS:
            kind = "fault" if log == STAFF else "text"
        return Ref(one.id, stored(self.house.do(one, log, kind, plain(kind))).cid)

    def log(self, kind: LogKind, me: Person) -> LogId:
        fixed = {LogKind.ROOM: self.room, LogKind.PEOPLE: PEOPLE, LogKind.STAFF: STAFF}
        return fixed[kind] if kind in fixed else self.dms.get(me, next(iter(self.dms.values())))

    def attempt(
        self, me: Person, log: LogId, kind: str, body: Body, *, target: Ref | None = None, key: str | None = None
    ) -> Code | None:
        """Why it is refused, decided and forgotten."""
        entry = self.house.entry(log, kind, body, target=target, key=key)
        (answer,) = self.house.decide(self.house.sends(me, entry)).answers
        assert isinstance(answer, list)
        return code_of(answer[0])


@cache
def scene(access: Access) -> Scene:
    return Scene(access)


class Cell(NamedTuple):
    log: LogKind
    kind: str
    who: Standing
    own: bool
    about: Standing | None
    access: Access


def cells() -> list[Cell]:
    found = []
    for log in KINDS_OF_LOG:
        people = scene(Access.PRIVATE).people[log]
        for kind, line in KINDS.items():
            names_a_member = line.key in PREFIXES.get(log, ())
            for who in people:
                for access in Access if (log, who) == (LogKind.ROOM, OUTSIDER) else [Access.PRIVATE]:
                    found.append(Cell(log, kind, who, True, who if names_a_member else None, access))
                    if names_a_member:
                        found += [
                            Cell(log, kind, who, False, about, access)
                            for about in people
                            if about is not who or len(people[about]) > 1
                        ]
                    elif line.cls is EventClass.CHANGE:
                        found.append(Cell(log, kind, who, False, None, access))
    return found


BEYOND_THE_TABLE: dict[tuple[LogKind, str], set[Standing]] = {
    (LogKind.ROOM, "add"): {MEMBER, ROOM_MODERATOR, MODERATOR, HOST},  # is there already
    (LogKind.ROOM, "kick"): {OUTSIDER},  # is not there
    (LogKind.PEOPLE, "role"): {OUTSIDER},
}
"""About whom an allowed action is refused all the same: their tests are in test_kinds.py."""


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: "-".join(map(str, cell)))
def test_cell(cell: Cell) -> None:
    """The hub decides as the table says; who may not read a log is told that there is none."""
    stage = scene(cell.access)
    house, people, line = stage.house, stage.people[cell.log], KINDS[cell.kind]
    me = people[cell.who][0]
    log = stage.log(cell.log, me)
    subject = me if cell.own or cell.about is None else people[cell.about][-1]
    body, said = plain(cell.kind), stage.said[target_kind(cell.kind)]
    key, target = line.key, None
    if cell.about is not None:
        key = f"{line.key}{subject.id}"
    elif line.key is not None and line.key.endswith(":"):
        key = f"{line.key}{invite_name(b'invite')}"
    if line.cls is EventClass.CHANGE:
        others = [ref for (where, who), ref in said.items() if where == log and who is not me]
        of_others = (others or [*said.values()])[0]
        target = said.get((log, me), of_others) if cell.own else of_others
    if cell.kind == "dm":
        body = dm_body(me, stage.partner)
    elif cell.kind == "invite":
        body, key = Invite(house.lobby, house.now.wall_ms + 1_000, 1), f"invite:{invite_name(b'another')}"
    elif cell.kind == "make" and cell.log is LogKind.ROOM and cell.who is OUTSIDER:
        log = LogId(b64(b"n" * 16))

    code = stage.attempt(me, log, cell.kind, body, target=target, key=key)

    own = target == said.get((log, me)) if target is not None else cell.own
    allowed = may(cell.log, cell.kind, cell.who, own=own, about=cell.about, is_open=cell.access is Access.OPEN)
    if allowed and cell.about in BEYOND_THE_TABLE.get((cell.log, cell.kind), ()):
        assert code in (Code.UNKNOWN_MEMBER, Code.FORBIDDEN)
    elif allowed:
        assert code is None
    elif cell.who is OUTSIDER and cell.access is Access.PRIVATE and cell.kind != "fault":
        assert code is Code.UNKNOWN_LOG
    elif target is not None and (log == PEOPLE or house.hub.visible_from(me.id, log) is None):
        assert code is Code.UNKNOWN_TARGET
    else:
        assert code is Code.FORBIDDEN


def test_the_cells_cover_the_table() -> None:
    tried = {(cell.log, cell.kind, cell.who) for cell in cells()}
    people = {log: set(scene(Access.PRIVATE).people[log]) for log in KINDS_OF_LOG}
    assert tried == {(log, kind, who) for log in KINDS_OF_LOG for kind in KINDS for who in people[log]}
    assert people[LogKind.ROOM] == set(Standing)
    assert {(cell.log, cell.kind) for cell in cells()} >= PERMISSIONS.keys()


def test_the_cast_stands_as_it_should() -> None:
    """`may` is asked with these standings: they must be what the hub sees."""
    stage = scene(Access.PRIVATE)
    hub = stage.house.hub
    for log in KINDS_OF_LOG:
        for who, people in stage.people[log].items():
            for one in people:
                reads = hub.visible_from(one.id, stage.log(log, one)) is not None
                assert reads == (who >= (MODERATOR if log is LogKind.STAFF else MEMBER))


# --- by hand --------------------------------------------------------------------------------------------------


@pytest.fixture
def stage() -> Scene:
    return scene(Access.PRIVATE)


def person(stage: Scene, standing: Standing, log: LogKind = LogKind.ROOM) -> Person:
    return stage.people[log][standing][0]


def test_the_host_is_a_stranger_in_a_room_that_is_not_his(stage: Scene) -> None:
    """Above all in what private rooms are: no role reads them from outside."""
    house = House()
    ann = house.join("Ann")
    room = house.room(ann)
    ref = house.say(ann, room)
    for attempt in [
        house.do(house.host, room, "text", Text("hi")),
        house.do(house.host, room, "delete", Delete(), target=ref),
        house.do(house.host, room, "kick", Kick(), key=f"in:{ann.id}"),
        house.do(house.host, room, "add", Join(), key=f"in:{house.host.id}"),
        house.do(house.host, room, "join", Join(), key=f"in:{house.host.id}"),
        house.do(house.host, room, "make", Make("Mine"), key="make"),
    ]:
        assert code_of(attempt) is Code.UNKNOWN_LOG


def test_nobody_edits_what_another_wrote(stage: Scene) -> None:
    """C9."""
    theirs = stage.said["text"][stage.room, person(stage, MEMBER)]
    for who in (ROOM_MODERATOR, MODERATOR, HOST):
        code = stage.attempt(person(stage, who), stage.room, "edit", Edit("no"), target=theirs)
        assert code is Code.FORBIDDEN


def test_a_room_moderator_deletes_and_a_member_does_not(stage: Scene) -> None:
    hosts = stage.said["text"][stage.room, stage.house.host]
    moderator, member = person(stage, ROOM_MODERATOR), person(stage, MEMBER)
    assert stage.attempt(moderator, stage.room, "delete", Delete(), target=hosts) is None
    assert stage.attempt(member, stage.room, "delete", Delete(), target=hosts) is Code.FORBIDDEN


def test_a_room_moderator_kicks_members_only(stage: Scene) -> None:
    moderator = person(stage, ROOM_MODERATOR)
    for about, expected in [(MEMBER, None), (MODERATOR, Code.FORBIDDEN), (HOST, Code.FORBIDDEN)]:
        key = f"in:{person(stage, about).id}"
        assert stage.attempt(moderator, stage.room, "kick", Kick(), key=key) is expected


def test_moderators_do_not_ban_each_other(stage: Scene) -> None:
    one, other = stage.people[LogKind.PEOPLE][MODERATOR]
    assert stage.attempt(one, PEOPLE, "ban", Ban(), key=f"ban:{other.id}") is Code.FORBIDDEN
    assert stage.attempt(stage.house.host, PEOPLE, "ban", Ban(), key=f"ban:{other.id}") is None


def test_a_moderator_of_one_room_is_none_of_another(stage: Scene) -> None:
    rio = person(stage, ROOM_MODERATOR)
    assert stage.attempt(rio, stage.room, "topic", Topic("mine"), key="topic") is None
    assert stage.attempt(rio, stage.house.lobby, "topic", Topic("mine"), key="topic") is Code.FORBIDDEN


def test_a_role_counts_from_the_next_entry_on() -> None:
    """A10: a demotion acts within the round that decides it."""
    house = House()
    zoe = house.join("Zoe")
    house.promote(zoe)
    demote = house.entry(PEOPLE, "role", SetRole(Role.MEMBER), key=f"role:{zoe.id}")
    topic = house.entry(house.lobby, "topic", Topic("mine"), key="topic")
    _demoted, refused = house.round(house.sends(house.host, demote), house.sends(zoe, topic))
    assert isinstance(refused, list)
    assert code_of(refused[0]) is Code.FORBIDDEN
