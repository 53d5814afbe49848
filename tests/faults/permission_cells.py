"""G18: every cell of the permission table, tried by a raw client at a real server (M1).

Each case is made true first: a room, a DM or a person as the cell says, then one event by somebody who stands so.
What the table allows must be stored; what it doesn't must be refused as forbidden, or as unknown to whoever may not
know of it. Kinds without a line in a log are tried by the host and by a member: nobody may.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Iterator
from typing import NamedTuple

from chat_protocol import frames
from chat_protocol.errors import Code
from chat_protocol.events import (
    KINDS,
    Access,
    Ban,
    Body,
    Dm,
    EventClass,
    Invite,
    Join,
    Leave,
    Make,
    Moderate,
    Name,
    Role,
    SetRole,
)
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, Ref, b64, dm_log
from chat_protocol.permissions import PERMISSIONS, Cell, LogKind, Standing, may
from tests.faults.result import Result
from tests.faults.workplace import House, Workplace
from tests.protocol.test_kinds import plain, target_kind
from tests.wire import Key, Wire

NO_LIMITS = [f"--rate={what}=100000/100000" for what in ("device", "room", "fault", "requests", "joins")]
"""What is tried here is who may, not how often."""
_REFUSALS = {Code.FORBIDDEN, Code.UNKNOWN_LOG, Code.UNKNOWN_TARGET}
_ON_TARGET = {kind for kind, entry in KINDS.items() if entry.cls is EventClass.CHANGE}


class Case(NamedTuple):
    log: LogKind
    kind: str
    who: Standing
    own: bool = False
    about: Standing | None = None
    is_open: bool = False

    @property
    def is_allowed(self) -> bool:
        return may(self.log, self.kind, self.who, own=self.own, about=self.about, is_open=self.is_open)


def run(trials: int, seed: int) -> Result:
    """All cells; `trials` bounds how many cases are tried, spread evenly, 0 being all."""
    return asyncio.run(cells(trials, seed))


async def cells(trials: int, seed: int) -> Result:
    started = time.monotonic()
    failures: list[str] = []
    cases = list(all_cases())
    if trials:
        cases = [cases[number * len(cases) // trials] for number in range(min(trials, len(cases)))]
    async with Workplace(seed) as place:
        stage = await Stage.build(place, await place.found(*NO_LIMITS))
        for case in cases:
            failures += await stage.play(case)
        await stage.close()
    failures += place.findings
    allowed = sum(case.is_allowed for case in cases)
    what = f"role x action cells: {len(PERMISSIONS)} lines, {allowed} cases allowed, {len(cases) - allowed} refused"
    return Result("G18", what, len(cases), failures, seed, time.monotonic() - started)


def all_cases() -> Iterator[Case]:
    """Every cell, with each circumstance that its line asks for. What stops the server stands last."""
    for (log, kind), line in PERMISSIONS.items():
        owns = (True, False) if Cell.OWN in line or Cell.LISTED in line else (False,)
        abouts: tuple[Standing | None, ...] = tuple(_subjects(log, kind)) if Cell.BELOW in line else (None,)
        opens = (True, False) if Cell.LISTED in line else (False,)
        for who, own, about, is_open in itertools.product(Standing, owns, abouts, opens):
            case = Case(log, kind, who, own, about, is_open)
            if _can_be(case) and kind != "stop":
                yield case
    for log, kind in itertools.product(dict.fromkeys(log for log, _ in PERMISSIONS), KINDS):
        if (log, kind) not in PERMISSIONS:
            yield Case(log, kind, Standing.MEMBER)
            yield Case(log, kind, Standing.HOST)
    for who in Standing:
        yield Case(LogKind.STAFF, "stop", who)


def _subjects(log: LogKind, kind: str) -> Iterator[Standing]:
    for about in Standing:
        if about is Standing.OUTSIDER and kind in ("kick", "role"):
            continue  # there is nobody to send out, nobody whose role it would be
        if about is Standing.ROOM_MODERATOR and log is LogKind.PEOPLE:
            continue  # a member there
        yield about


def _can_be(case: Case) -> bool:
    if case.log is LogKind.DM and case.who is Standing.ROOM_MODERATOR:
        return False  # a DM has no moderators
    return not (case.own and case.kind == "join" and case.who is not Standing.OUTSIDER)  # already in


class Person:
    """Somebody with a connection."""

    def __init__(self, key: Key, wire: Wire) -> None:
        self.key = key
        self.wire = wire

    @property
    def id(self) -> MemberId:
        return self.key.member

    async def append(
        self, log: LogId, kind: str, body: Body, *, key: str | None = None, target: Ref | None = None
    ) -> Ref:
        """An event that must be stored: a part of the scene."""
        sent = await self.wire.append(log, kind, body, key=key, target=target)
        assert sent.err is None, (kind, sent)
        return Ref(self.id, sent.cid)


class Stage:
    """The people, and what is built for each case."""

    def __init__(self, place: Workplace, house: House, host: Person) -> None:
        self._place = place
        self._house = house
        self._host = host
        self._numbers = itertools.count(1)
        self._people: dict[Standing, Person] = {Standing.HOST: host}
        """One who tries, for each standing; room moderators are plain members elsewhere."""
        self._bystander = host

    @classmethod
    async def build(cls, place: Workplace, house: House) -> Stage:
        host_wire = await house.connect()
        await host_wire.login(house.host)
        stage = cls(place, house, Person(house.host, host_wire))
        stage._bystander = await stage._new_person(Standing.MEMBER)
        for standing in (Standing.OUTSIDER, Standing.MEMBER, Standing.ROOM_MODERATOR, Standing.MODERATOR):
            stage._people[standing] = await stage._new_person(standing)
        return stage

    async def close(self) -> None:
        for person in (*self._people.values(), self._bystander):
            await person.wire.close()

    async def play(self, case: Case) -> list[str]:
        if case.who is Standing.OUTSIDER and case.log in (LogKind.PEOPLE, LogKind.STAFF):
            return await self._former_member(case)
        actor = self._people[case.who]
        log = await self._log(case, actor)
        subject = await self._subject(case, actor, log)
        target = await self._target(case, actor, log) if case.kind in _ON_TARGET else None
        body, key = await self._event(case, log, subject)
        if case.kind in ("make", "dm") and case.is_allowed:
            log = log if case.kind == "dm" else self._new_room_id()
        sent = await actor.wire.append(log, case.kind, body, key=key, target=target)
        if case.is_allowed:
            return [] if sent.err is None else [f"{case} was refused: {sent.err.code}"]
        if sent.err is None:
            return [f"{case} was stored"]
        return [] if sent.err.code in _REFUSALS else [f"{case} was refused as {sent.err.code}"]

    async def _former_member(self, case: Case) -> list[str]:
        """Who was removed from the server is no outsider of its two logs but outside: cut off, and not let in."""
        person = await self._new_person(Standing.MEMBER)
        await self._host.append(PEOPLE, "role", SetRole(Role.NONE), key=f"role:{person.id}")
        bye = await person.wire.ended()
        if not isinstance(bye, frames.Bye) or bye.code is not Code.NOT_A_MEMBER:
            return [f"{case}: the removed member's connection ended with {bye}"]
        async with await self._house.connect() as wire:
            login = wire.login_frame(person.key.on_another_device())
            await wire.write(login)
            answer = await wire.answer(login.id)
        refused = isinstance(answer, frames.Err) and answer.code is Code.NOT_A_MEMBER
        return [] if refused else [f"{case}: the removed member's login was answered {answer}"]

    # --- the scene --------------------------------------------------------------------------------------------

    async def _new_person(self, standing: Standing) -> Person:
        """Somebody who stands so on the server."""
        key = await self._house.join(f"person {next(self._numbers)}")
        if standing is Standing.MODERATOR:
            await self._host.append(PEOPLE, "role", SetRole(Role.MODERATOR), key=f"role:{key.member}")
        wire = await self._house.connect()
        await wire.login(key)
        return Person(key, wire)

    async def _log(self, case: Case, actor: Person) -> LogId:
        match case.log:
            case LogKind.PEOPLE:
                return PEOPLE
            case LogKind.STAFF:
                return STAFF
            case LogKind.DM:
                one = self._host if case.who is Standing.OUTSIDER else actor
                log = dm_log(one.id, self._bystander.id)
                await one.append(log, "dm", self._dm(one.id), key="dm")
                return log
        room = self._new_room_id()
        make = Make("a room", Access.OPEN if case.is_open else Access.PRIVATE)
        await self._host.append(room, "make", make, key="make")
        await self._stand(room, actor, case.who)
        return room

    async def _stand(self, room: LogId, person: Person, standing: Standing) -> None:
        """Puts somebody into a room as they are to stand there."""
        if standing in (Standing.OUTSIDER, Standing.HOST):
            return
        await self._host.append(room, "add", Join(), key=f"in:{person.id}")
        if standing is Standing.ROOM_MODERATOR:
            await self._host.append(room, "moderate", Moderate(), key=f"mod:{person.id}")

    async def _subject(self, case: Case, actor: Person, log: LogId) -> Person:
        """Whom the event is about."""
        if case.own:
            return actor
        if case.about is Standing.HOST:
            return self._host
        if case.about is not None or case.kind in ("role", "unban", "leave", "moderate"):
            person = await self._new_person(case.about or Standing.MEMBER)
            if case.log is LogKind.ROOM:
                await self._stand(log, person, case.about or Standing.MEMBER)
            elif case.about is Standing.OUTSIDER:
                await self._host.append(PEOPLE, "role", SetRole(Role.NONE), key=f"role:{person.id}")
            if case.kind == "unban":
                await self._host.append(PEOPLE, "ban", Ban(), key=f"ban:{person.id}")
            await person.wire.close()
            return person
        return self._bystander

    async def _target(self, case: Case, actor: Person, log: LogId) -> Ref:
        """A message of the actor, or of somebody else who is there, of the kind that the change is on."""
        kind = target_kind(case.kind)
        said = plain(kind)
        if case.log in (LogKind.PEOPLE, LogKind.STAFF):
            return await self._host.append(self._house.room, kind, said)
        if case.log is LogKind.DM:
            author = actor if case.own else self._bystander
            if case.own and case.who is Standing.OUTSIDER:
                author = self._host  # nothing of one's own is in others' DM
            return await author.append(log, kind, said)
        if case.own and case.who is Standing.OUTSIDER:
            await self._host.append(log, "add", Join(), key=f"in:{actor.id}")
            mine = await actor.append(log, kind, said)
            await actor.append(log, "leave", Leave(), key=f"in:{actor.id}")
            return mine
        if case.own:
            return await actor.append(log, kind, said)
        if actor is not self._host:
            return await self._host.append(log, kind, said)
        await self._stand(log, self._bystander, Standing.MEMBER)
        return await self._bystander.append(log, kind, said)

    async def _event(self, case: Case, log: LogId, subject: Person) -> tuple[Body, str | None]:
        kind = case.kind
        token = hashlib.sha256(self._place.token()).digest()
        expires_ms = time.time_ns() // 1_000_000 + 3_600_000
        invite = Invite(self._house.room, expires_ms, 1)
        key = KINDS[kind].key
        if key == "invite:":
            key = f"invite:{b64(token)}"
            if kind == "revoke":
                await self._host.append(STAFF, "invite", invite, key=key)
        elif key == "used:":
            key = f"used:{b64(token)}"
        elif key == "room:":
            key = f"room:{self._house.room}"
        elif key is not None and key.endswith(":"):
            key += subject.id
        bodies: dict[str, Body] = {
            "dm": self._dm(self._people[case.who].id),
            "rename": Name(f"renamed {next(self._numbers)}"),
            "invite": invite,
        }
        return bodies.get(kind) or plain(kind), key

    def _dm(self, member: MemberId) -> Dm:
        one, other = sorted((member, self._bystander.id))
        return Dm((one, other))

    def _new_room_id(self) -> LogId:
        return LogId(b64(self._place.random.randbytes(16)))
