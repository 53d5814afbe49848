"""Anything that members may ask, in any order, with restarts, failing disks and jumping clocks: what must always hold
does (P1, P2, P3, P5, P17)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chat_protocol.errors import Code
from chat_protocol.events import (
    Access,
    Ban,
    Body,
    Delete,
    Edit,
    History,
    Invite,
    Join,
    Kick,
    Leave,
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
    Text,
    Topic,
    Unban,
)
from chat_protocol.frames import Sent
from chat_protocol.ids import PEOPLE, STAFF, LogId, Ref, b64, dm_log
from chat_server.hub.joining import invite_name
from chat_server.hub.rates import Rate, Rates
from chat_server.hub.requests import LoginRequest, Request, SendRequest
from chat_server.storage.contract import StorageFull, StorageUncertain
from tests.memory_storage import Moment
from tests.protocol.test_codec import CID, ROOM, SEEDS, TARGET
from tests.server.hub.harness import SERVER, UNLIMITED, House, Person, dm_body
from tests.server.hub.oracle import check

NAMES = ["Ann", "Ben", "Cyd", "Dan"]
TIGHT = Rates(Rate(2, 12), Rate(5, 40), Rate(1 / 60, 1))

people_at = st.integers(0, len(NAMES))
small = st.integers(0, 7)


class Action(NamedTuple):
    """Something that somebody tries; numbers are taken modulo what there is."""

    kind: str
    who: int
    log: int
    about: int
    other: int


KINDS = [
    "text", "text", "text", "text", "edit", "edit", "delete", "react", "pin", "reply", "make", "name", "topic",
    "access", "history", "join", "add", "leave", "kick", "moderate", "dm", "dm_text", "rename", "role", "ban", "unban",
    "invite", "revoke", "login", "login", "retry", "retry",
]  # fmt: skip
actions = st.builds(Action, st.sampled_from(KINDS), people_at, small, people_at, small)
rounds = st.lists(actions, min_size=2, max_size=10)


class Anything(RuleBasedStateMachine):
    new_house: Callable[[], House] = House

    @initialize(is_tight=st.booleans())
    def found(self, is_tight: bool) -> None:
        self.house = type(self).new_house()
        ann, ben, cyd = (self.house.join(name) for name in NAMES[:3])
        self.people = [self.house.host, ann, ben, cyd, *map(Person, NAMES[3:])]
        self.house.promote(cyd)
        rooms = [self.house.room(ann, ben, access=access, history=History.JOINED) for access in Access]
        self.house.rates = TIGHT if is_tight else UNLIMITED
        self.house.restart()
        self.logs = [self.house.lobby, *rooms, self.house.dm(ann, ben)]
        self.said: list[tuple[LogId, Ref]] = []
        self.tokens: list[bytes] = [self.house.invite()] if not is_tight else []
        self.sent: list[tuple[Person, bytes]] = []
        """Every entry that was ever written, to be sent again."""
        self.acked: dict[Ref, tuple[LogId, int, int]] = {}

    # --- what is asked ------------------------------------------------------------------------------------------

    def _request(self, action: Action) -> Request:
        who, about = self.people[action.who], self.people[action.about]
        # Mostly where one is: elsewhere there is but one answer.
        mine = [one.log for one in self.house.hub.readable(who.id) if one.log not in (PEOPLE, STAFF)]
        logs = mine if mine and action.log % 4 else self.logs
        log = logs[action.log % len(logs)]
        if action.kind == "login":
            token = self.tokens[action.other % len(self.tokens)] if self.tokens and action.log % 4 else None
            return LoginRequest(who.identity, who.device, token, who.name)
        if action.kind == "retry" and self.sent:
            writer, raw = self.sent[-1 - action.other % len(self.sent)]
            return SendRequest(writer.id, writer.device, [msgspec.Raw(raw)])
        return self._send(action, who, about, log)

    def _send(self, action: Action, who: Person, about: Person, log: LogId) -> SendRequest:
        kind, target, key = action.kind, None, None
        number = action.other
        bodies: dict[str, Body] = {
            "edit": Edit("ho"), "delete": Delete(), "react": React("ab"[number % 2], number % 3 > 0), "pin": Pin(),
            "join": Join(), "add": Join(), "leave": Leave(), "kick": Kick(), "moderate": Moderate(number % 3 > 0),
            "name": Name(f"Room {number}"), "topic": Topic("topic"), "make": Make("Room", list(Access)[number % 2],
            list(History)[action.log % 2]), "access": SetAccess(list(Access)[number % 2]),
            "history": SetHistory(list(History)[number % 2]), "ban": Ban(), "unban": Unban(), "revoke": Revoke(),
            "rename": Name(f"{NAMES[number % 4]} {number}"), "role": SetRole(list(Role)[1 + number % 7 // 3]),
        }  # fmt: skip
        body = bodies.get(kind, Text("hi"))
        if kind in ("edit", "delete", "react", "pin", "reply"):
            said = [ref for where, ref in self.said if where == log] or [Ref(who.id, self.house.cid())]
            target = said[-1 - number % len(said)]
            if kind == "reply":
                kind, body, target = "text", Text("re", reply=target), None
        elif kind in ("join", "add", "leave", "kick"):
            key = f"in:{(who if kind in ('join', 'leave') else about).id}"
        elif kind in ("role", "ban", "unban", "rename"):
            log, key = PEOPLE, f"{'ban' if kind == 'unban' else 'name' if kind == 'rename' else kind}:{about.id}"
        elif kind == "moderate":
            key = f"mod:{about.id}"
        elif kind in ("name", "topic", "access", "history", "make"):
            key = kind
        if kind == "make":
            log = LogId(b64(bytes([len(self.logs) % 5]) * 16))
            self.logs += [log] * (log not in self.logs)
        elif kind in ("dm", "dm_text"):
            log = dm_log(who.id, about.id)
            self.logs += [log] * (log not in self.logs)
            kind, body, key = ("dm", dm_body(who, about), "dm") if kind == "dm" else ("text", Text("dm"), None)
        elif kind in ("invite", "revoke"):
            token = f"token {len(self.tokens)}".encode() if kind == "invite" or not self.tokens else self.tokens[-1]
            if kind == "invite":
                self.tokens.append(token)
                body = Invite(log, self.house.now.wall_ms + 1_000_000, 1 + number % 2)
            log, key = STAFF, f"invite:{invite_name(token)}"
        entry = self.house.entry(log, kind if kind != "retry" else "text", body, target=target, key=key)
        if entry.kind == "text":
            self.said.append((log, Ref(who.id, entry.cid)))
        request = self.house.sends(who, entry)
        self.sent.append((who, bytes(request.batch[0])))
        return request

    # --- what happens -------------------------------------------------------------------------------------------

    @rule(actions=rounds, is_joined=st.booleans())
    def ask(self, actions: list[Action], is_joined: bool) -> None:
        """One round; with `is_joined` neighbours of one sender go in one request."""
        requests = [self._request(action) for action in actions]
        if is_joined:
            requests = _joined(requests)
        answers = self.house.round(*requests)
        for request, answer in zip(requests, answers, strict=True):
            if isinstance(request, SendRequest) and isinstance(answer, list):
                self._acknowledged(request, answer)

    def _acknowledged(self, request: SendRequest, answer: list[Sent]) -> None:
        for raw, sent in zip(request.batch, answer, strict=False):
            if sent.seq is not None and sent.ts is not None:
                ref = Ref(request.member, sent.cid)
                place = (LogId(msgspec.json.decode(raw)["log"]), sent.seq, sent.ts)
                assert self.acked.setdefault(ref, place) == place, "another answer to a retry"

    @rule(actions=rounds, moment=st.sampled_from(Moment), is_full=st.booleans())
    def fail(self, actions: list[Action], moment: Moment, is_full: bool) -> None:
        """The disk is full: nothing happened. Or it failed: the batch is stored or not, and the hub begins anew."""
        error = StorageFull() if is_full and moment is Moment.BEFORE else StorageUncertain()
        decision = self.house.decide(*map(self._request, actions))

        def hook(now: Moment, _batch: object) -> None:
            if now is moment:
                raise error

        self.house.storage.hook = hook
        try:
            self.house.storage.append(decision.batch)
        except StorageFull:
            pass
        except StorageUncertain:
            if moment is Moment.STORED:
                self.house.told += decision.batch.events
            self.house.restart()
        finally:
            self.house.storage.hook = lambda _moment, _batch: None

    @rule(who=people_at, step_ms=st.sampled_from([0, 5, 5_000, 600_000, 3_600_000, -5_000, -3_600_000]))
    def come(self, who: int, step_ms: int) -> None:
        """Time passes or jumps, and somebody connects. The long way round: the hub is begun anew before."""
        if step_ms == 0:
            self.house.restart()
        if step_ms > 0:
            self.house.later(step_ms)
        else:
            self.house.set_clock(step_ms)
        self.house.connect(self.people[who])

    @rule(who=st.integers(1, len(NAMES)))
    def back_again(self, who: int) -> None:
        """Else a long history ends with everybody gone: unbanned, and invited to one of the first rooms."""
        house, person, token = self.house, self.people[who], f"back {len(self.tokens)}".encode()
        house.do(SERVER, PEOPLE, "unban", Unban(), key=f"ban:{person.id}")
        body = Invite(self.logs[len(self.tokens) % 3], house.now.wall_ms + 1_000_000, 2)
        house.do(SERVER, STAFF, "invite", body, key=f"invite:{invite_name(token)}")
        self.tokens.append(token)
        house.login(person, token, f"{person.name} {len(self.tokens)}")

    # --- what must hold -----------------------------------------------------------------------------------------

    @precondition(lambda self: hasattr(self, "house"))
    @invariant()
    def all_is_well(self) -> None:
        check(self.house, self.people)
        for ref, found in self.house.storage.find(self.acked).items():
            assert self.acked[ref] == (found.log, found.event.seq, found.event.ts)
        assert len(self.house.storage.find(self.acked)) == len(self.acked), "an acknowledged event is not there"


def _joined(requests: list[Request]) -> list[Request]:
    joined: list[Request] = []
    for request in requests:
        last = joined[-1] if joined else None
        if isinstance(request, SendRequest) and isinstance(last, SendRequest) and last.member == request.member:
            joined[-1] = SendRequest(last.member, last.device, last.batch + request.batch)
        else:
            joined.append(request)
    return joined


TestAnything = Anything.TestCase
TestAnything.settings = settings(max_examples=60, stateful_step_count=25)


def long_history(seed: int, new_house: Callable[[], House] = House) -> House:
    """The same without a search for small examples: hundreds of rounds, looked at in the end."""
    choose = random.Random(seed)

    class Long(Anything):
        pass

    Long.new_house = new_house

    def actions() -> list[Action]:
        count = choose.randint(1, 12)
        return [Action(choose.choice(KINDS), *(choose.randrange(n) for n in (5, 8, 5, 8))) for _ in range(count)]

    machine = Long()
    machine.found(is_tight=False)
    for _ in range(150):
        machine.ask(actions(), is_joined=choose.random() < 0.5)
        if choose.random() < 0.1:
            machine.fail(actions(), choose.choice(list(Moment)), is_full=choose.random() < 0.5)
        if choose.random() < 0.3:
            machine.back_again(choose.randrange(1, 5))
        if choose.random() < 0.2:
            machine.come(choose.randrange(5), choose.choice([0, 5, 600_000, -5_000, -3_600_000]))
    machine.all_is_well()
    return machine.house


@pytest.mark.parametrize("seed", range(6))
def test_long_histories(seed: int) -> None:
    house = long_history(seed)
    stored = Counter(one.event.kind for one in house.told)
    assert min(stored[kind] for kind in ("text", "edit", "delete", "react", "join", "leave", "kick", "ban", "dm")) > 0


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(SEEDS), small, st.integers(0, 300), st.binary(max_size=4)), max_size=8))
def test_no_entry_breaks_the_round_of_others(hostile: list[tuple[bytes, int, int, bytes]]) -> None:
    """P13, D11: entries of every kind, about what there is, with bytes changed. What an honest member sends in the same
    round is stored, and so is the batch."""
    house = House()
    ann, ben = house.join("Ann"), house.join("Ben")
    said = house.say(ann, house.lobby)
    logs = [house.lobby, PEOPLE, STAFF, house.room(ann), house.dm(ann, ben), LogId(b64(b"new." * 4))]
    raws = []
    for seed, number, place, junk in hostile:
        raw = seed.replace(ROOM.encode(), logs[number % len(logs)].encode())
        raw = raw.replace(TARGET[0].encode(), said.member.encode()).replace(TARGET[1].encode(), said.cid.encode())
        raw = raw.replace(CID.encode(), house.cid().encode())
        raws.append(msgspec.Raw(raw[:place] + junk + raw[place + len(junk) :]))
    honest = house.entry(house.lobby, "text", Text("hi"))
    requests = [SendRequest(who.id, who.device, raws) for who in (house.host, ann)]
    *_hostile, answer = house.round(*requests, house.sends(ben, honest))
    assert isinstance(answer, list)
    assert answer[0].err is None or answer[0].err.code is Code.UNKNOWN_LOG  # somebody kicked or banned him
    check(house, [house.host, ann, ben])
