"""What must always hold of a house, from the events alone and by other means than the hub's."""

from __future__ import annotations

from collections.abc import Sequence

from chat_protocol.events import Dm, Event, EventClass, Join, Role, SetRole
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, first_h, is_server_cid, next_h
from chat_server.hub.hub import Hub
from tests.server.hub.harness import House, Person, body_of


class Truth:
    """Who may read what, from the events alone and by other means than the hub's."""

    def __init__(self) -> None:
        self.roles: dict[MemberId, Role] = {}
        self.inside: dict[LogId, dict[MemberId, int]] = {}

    def learn(self, log: LogId, event: Event) -> None:
        prefix, _, name = (event.key or "").partition(":")
        if event.kind == "role" and log == PEOPLE:
            body = body_of(event)
            assert isinstance(body, SetRole)
            self.roles[MemberId(name)] = body.role
        elif event.kind == "dm":
            body = body_of(event)
            assert isinstance(body, Dm)
            self.inside[log] = dict.fromkeys(body.members, 1)
        elif prefix == "in":
            body = body_of(event)
            if isinstance(body, Join):
                self.inside.setdefault(log, {})[MemberId(name)] = body.from_
            else:
                self.inside[log].pop(MemberId(name), None)

    def visible_from(self, member: MemberId, log: LogId) -> int | None:
        role = self.roles.get(member, Role.NONE)
        if role is Role.NONE:
            return None
        if log == PEOPLE:
            return 1
        if log == STAFF:
            return 1 if role in (Role.HOST, Role.MODERATOR) else None
        return self.inside.get(log, {}).get(member)


def wrong_in_logs(house: House) -> list[str]:
    """Dense seqs, rows that count messages, a chain that can be computed again, no cid twice (P2, P3), times that do
    not step back a little."""
    wrong = []
    stored = [event for log in house.logs() for event in house.events(log)]
    if len({event.ref for event in stored}) != len(stored):
        wrong.append("a (member, cid) stands twice")
    if {one.event.ref for one in house.told} != {event.ref for event in stored}:
        wrong.append("what is stored is not what was published")
    for log in house.logs():
        h, row, ts = first_h(log), 0, 0
        for seq, event in enumerate(house.events(log), 1):
            row += event.cls is EventClass.MESSAGE
            h = next_h(h, seq, event.by, event.cid, event.kind, event.target, event.key)
            if event.seq != seq or house.storage.position(log, seq) != (seq, h, row) or event.row != row:
                wrong.append(f"{log}: seq, row or h is wrong at {seq}")
            if 0 < ts - event.ts < 10 * 60 * 1_000:
                wrong.append(f"{log}: the time at {seq} is a little before the last")
            ts = event.ts
    return wrong


def wrong_with_readers(house: House) -> list[str]:
    """A reader has every event since it began, in order (P5), and none that it was not to read (P17)."""
    wrong = []
    for reader in house.readers:
        for got in reader.past + list(reader.follows.values()):
            seqs = [event.seq for event in got.events]
            if seqs != list(range(got.snapshot_seq + 1, got.snapshot_seq + 1 + len(seqs))):
                wrong.append(f"{reader.member} got {seqs} of {got.log} after {got.snapshot_seq}")
        for log, got in reader.follows.items():
            if got.snapshot_seq + len(got.events) != house.hub.position(log).seq:
                wrong.append(f"{reader.member} is behind in {log}")
    truth = Truth()
    allowed: dict[tuple[LogId, int], set[MemberId]] = {}
    members = {reader.member for reader in house.readers}
    for one in house.told:
        before = {member for member in members if truth.visible_from(member, one.log) is not None}
        truth.learn(one.log, one.event)
        after = {member for member in members if truth.visible_from(member, one.log) is not None}
        allowed[one.log, one.event.seq] = before | after
    for reader in house.readers:
        for got in reader.past + list(reader.follows.values()):
            wrong += [
                f"{reader.member} got {event.kind} at {event.seq} of {got.log}, which it may not read"
                for event in got.events
                if reader.member not in allowed[got.log, event.seq]
            ]
        should = {log for log in house.logs() if truth.visible_from(reader.member, log) is not None}
        if not reader.is_gone and reader.follows.keys() != should:
            wrong.append(f"{reader.member} follows {sorted(reader.follows)} and should {sorted(should)}")
    return wrong


def wrong_with_authors(house: House) -> list[str]:
    """Who writes to a log reads it, before or by what is written (P17). But for what the hub adds, and for faults."""
    wrong = []
    truth = Truth()
    for log, event, *_ in house.told:
        reads = truth.visible_from(event.by, log) is not None
        truth.learn(log, event)
        reads = reads or truth.visible_from(event.by, log) is not None
        if not reads and not is_server_cid(event.cid) and event.kind not in ("make", "fault"):
            wrong.append(f"{event.by} wrote {event.kind} at {event.seq} of {log}, which it does not read")
    return wrong


def wrong_with_hub(house: House, people: Sequence[Person]) -> list[str]:
    """What the running hub knows is what the events say, and what a new hub would know (P1)."""
    wrong = []
    truth = Truth()
    for one in house.told:
        truth.learn(one.log, one.event)
    anew = Hub(house.storage.load(), house.rates)
    for log in house.logs():
        if house.hub.position(log) != house.storage.position(log, len(house.events(log))):
            wrong.append(f"the hub has another head of {log}")
        if house.hub.members(log) != {who for who in truth.inside.get(log, {}) if log not in (PEOPLE, STAFF)}:
            wrong.append(f"the hub has other members of {log}")
        for person in people:
            from_seq = house.hub.visible_from(person.id, log)
            if from_seq != truth.visible_from(person.id, log):
                wrong += [f"{person} reads {log} from {from_seq}"]
    for person in people:
        if house.hub.role(person.id) is not truth.roles.get(person.id, Role.NONE):
            wrong.append(f"{person} has another role")
        if house.hub.readable(person.id) != anew.readable(person.id):
            wrong.append(f"after a restart {person} would read other logs")
    return wrong


def check(house: House, people: Sequence[Person] = ()) -> None:
    wrong = wrong_in_logs(house) + wrong_with_readers(house) + wrong_with_authors(house) + wrong_with_hub(house, people)
    assert not wrong, "\n".join(wrong)
