"""What the hub knows: heads and the facts that decisions read. Committed state, and a draft of one round on top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from msgspec import UnsetType

from chat_protocol import names
from chat_protocol.events import Access, Body, Dm, Event, Join, Moderate, Name, Role, SetAccess, SetRole, decode_body
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, Position, first_h
from chat_protocol.permissions import LogKind, Standing, kind_of_log

_STANDING = {Role.HOST: Standing.HOST, Role.MODERATOR: Standing.MODERATOR, Role.MEMBER: Standing.MEMBER}


class Fact(NamedTuple):
    """The value of one key: the newest event's kind and body."""

    seq: int
    kind: str
    body: Body


class View:
    """Questions about facts, the same for what is committed and for a draft."""

    def fact(self, log: LogId, key: str) -> Fact | None:
        raise NotImplementedError

    def kind_of(self, log: LogId) -> LogKind | None:
        """None: there is no such log. People and staff always exist."""
        raise NotImplementedError

    def position(self, log: LogId) -> Position:
        raise NotImplementedError

    def role(self, member: MemberId) -> Role:
        fact = self.fact(PEOPLE, f"role:{member}")
        return fact.body.role if fact is not None and isinstance(fact.body, SetRole) else Role.NONE

    def is_server(self, member: MemberId) -> bool:
        """Whether `member` is the server's own identity: the one that the log of people begins with."""
        fact = self.fact(PEOPLE, f"role:{member}")
        return fact is not None and fact.seq == 1

    def is_banned(self, member: MemberId) -> bool:
        fact = self.fact(PEOPLE, f"ban:{member}")
        return fact is not None and fact.kind == "ban"

    def name_of(self, member: MemberId) -> str:
        fact = self.fact(PEOPLE, f"name:{member}")
        return fact.body.name if fact is not None and isinstance(fact.body, Name) else ""

    def room_name(self, log: LogId) -> str:
        fact = self.fact(log, "name")
        return fact.body.name if fact is not None and isinstance(fact.body, Name) else ""

    def is_open(self, log: LogId) -> bool:
        fact = self.fact(log, "access")
        return fact is not None and isinstance(fact.body, SetAccess) and fact.body.access is Access.OPEN

    def joined_from(self, log: LogId, member: MemberId) -> int | None:
        """The first seq that somebody in the room may read; None for whoever is not in it."""
        fact = self.fact(log, f"in:{member}")
        return fact.body.from_ if fact is not None and isinstance(fact.body, Join) else None

    def standing(self, log: LogId, member: MemberId) -> Standing:
        """What `member` is in `log`; an outsider wherever there is nothing to read."""
        base = _STANDING.get(self.role(member), Standing.OUTSIDER)
        kind = self.kind_of(log)
        if base is Standing.OUTSIDER or kind in (LogKind.PEOPLE, LogKind.STAFF):
            return base
        if self.visible_from(member, log) is None:
            return Standing.OUTSIDER
        moderates = self.fact(log, f"mod:{member}")
        if moderates is not None and isinstance(moderates.body, Moderate) and moderates.body.on:
            return max(base, Standing.ROOM_MODERATOR)
        return base

    def visible_from(self, member: MemberId, log: LogId) -> int | None:
        """The first seq of `log` that `member` may read; None: for them it does not exist.

        Sync, page, search, quotes and changes ask this one function.
        """
        role = self.role(member)
        if role is Role.NONE:
            return None
        match self.kind_of(log):
            case LogKind.PEOPLE:
                return 1
            case LogKind.STAFF:
                return 1 if role in (Role.HOST, Role.MODERATOR) else None
            case LogKind.ROOM:
                return self.joined_from(log, member)
            case LogKind.DM:
                fact = self.fact(log, "dm")
                return 1 if fact is not None and isinstance(fact.body, Dm) and member in fact.body.members else None
        return None


@dataclass
class _Log:
    at: Position
    ts: int = 0
    facts: dict[str, Fact] = field(default_factory=dict)
    members: set[MemberId] = field(default_factory=set)


class State(View):
    """What is committed. Indexes follow from facts, in `put` alone."""

    def __init__(self) -> None:
        self._logs = {log: _Log(_start(log)) for log in (PEOPLE, STAFF)}
        self._reads: dict[MemberId, set[LogId]] = {}
        self._names: dict[str, MemberId] = {}
        self._hosts: set[MemberId] = set()

    def fact(self, log: LogId, key: str) -> Fact | None:
        held = self._logs.get(log)
        return held.facts.get(key) if held is not None else None

    def kind_of(self, log: LogId) -> LogKind | None:
        return kind_of_log(log) if log in self._logs else None

    def position(self, log: LogId) -> Position:
        held = self._logs.get(log)
        return held.at if held is not None else _start(log)

    def last_ts(self, log: LogId) -> int:
        held = self._logs.get(log)
        return held.ts if held is not None else 0

    def name_owner(self, skeleton: str) -> MemberId | None:
        return self._names.get(skeleton)

    def conversations(self, member: MemberId) -> set[LogId]:
        """The rooms and DMs that `member` is in."""
        return self._reads.get(member, set())

    def members(self, log: LogId) -> set[MemberId]:
        """Who is in a room or a DM."""
        held = self._logs.get(log)
        return held.members if held is not None else set()

    def hosts(self) -> set[MemberId]:
        return self._hosts

    def move(self, log: LogId, at: Position, ts: int) -> None:
        """The head of `log`, which begins to exist if it didn't."""
        held = self._logs.setdefault(log, _Log(at))
        held.at, held.ts = at, ts

    def put(self, log: LogId, key: str, fact: Fact) -> None:
        """`fact` becomes the value of `key`, in a log that exists."""
        held = self._logs[log]
        before = held.facts.get(key)
        held.facts[key] = fact
        prefix, _, name = key.partition(":")
        who = MemberId(name)
        match prefix:
            case "in":
                self._place(held, log, who, inside=isinstance(fact.body, Join))
            case "dm" if isinstance(fact.body, Dm):
                for member in fact.body.members:
                    self._place(held, log, member, inside=True)
            case "name" if name:
                self._rename(who, before, fact)
            case "role" if isinstance(fact.body, SetRole):
                (self._hosts.add if fact.body.role is Role.HOST else self._hosts.discard)(who)

    def _place(self, held: _Log, log: LogId, member: MemberId, *, inside: bool) -> None:
        logs = self._reads.setdefault(member, set())
        if inside:
            logs.add(log)
            held.members.add(member)
        else:
            logs.discard(log)
            held.members.discard(member)

    def _rename(self, member: MemberId, before: Fact | None, fact: Fact) -> None:
        if before is not None and isinstance(before.body, Name):
            old = names.skeleton(before.body.name)
            if self._names.get(old) == member:
                del self._names[old]
        if isinstance(fact.body, Name):
            self._names[names.skeleton(fact.body.name)] = member


class Draft(View):
    """A round of decisions on top of a `State`, which it never changes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._heads: dict[LogId, tuple[Position, int]] = {}
        self._facts: dict[tuple[LogId, str], Fact] = {}
        self._names: dict[str, MemberId] = {}

    def fact(self, log: LogId, key: str) -> Fact | None:
        drafted = self._facts.get((log, key)) if self._facts else None
        return drafted or self._state.fact(log, key)

    def kind_of(self, log: LogId) -> LogKind | None:
        return kind_of_log(log) if log in self._heads else self._state.kind_of(log)

    def position(self, log: LogId) -> Position:
        drafted = self._heads.get(log)
        return drafted[0] if drafted is not None else self._state.position(log)

    def last_ts(self, log: LogId) -> int:
        drafted = self._heads.get(log)
        return drafted[1] if drafted is not None else self._state.last_ts(log)

    def base(self, log: LogId) -> int:
        """The committed head that this draft stands on."""
        return self._state.position(log).seq

    def name_owner(self, skeleton: str) -> MemberId | None:
        """Who goes by a name of this skeleton, if that is still so in the draft."""
        owner = self._names.get(skeleton) or self._state.name_owner(skeleton)
        if owner is None or names.skeleton(self.name_of(owner)) != skeleton:
            return None
        return owner

    def conversations(self, member: MemberId) -> list[LogId]:
        """The rooms and DMs that `member` is in or was before this draft, in a fixed order."""
        drafted = {log for log, key in self._facts if key in (f"in:{member}", "dm")}
        return sorted(self._state.conversations(member) | drafted)

    def rooms(self, member: MemberId) -> list[LogId]:
        """The rooms that `member` is in, in a fixed order."""
        return [log for log in self.conversations(member) if self.joined_from(log, member) is not None]

    def move(self, log: LogId, at: Position, ts: int) -> None:
        self._heads[log] = (at, ts)

    def put(self, log: LogId, key: str, fact: Fact) -> None:
        self._facts[log, key] = fact
        if key.startswith("name:") and isinstance(fact.body, Name):
            self._names[names.skeleton(fact.body.name)] = MemberId(key.removeprefix("name:"))

    def merge(self) -> None:
        """The draft was stored: it becomes the state."""
        for log, (at, ts) in self._heads.items():
            self._state.move(log, at, ts)
        for (log, key), fact in self._facts.items():
            self._state.put(log, key, fact)


def facts_of(events: Iterable[tuple[LogId, Event]]) -> Iterator[tuple[LogId, str, Fact]]:
    """The facts that stored state events say; a kind of a later version says none that decisions read."""
    for log, event in events:
        if event.key is None or isinstance(event.body, UnsetType):
            continue
        try:
            body = decode_body(event.kind, event.body)
        except (KeyError, msgspec.DecodeError):
            continue
        yield log, event.key, Fact(event.seq, event.kind, body)


def _start(log: LogId) -> Position:
    return Position(0, first_h(log), 0)
