"""A hub over a storage in memory, people who ask it things, and readers who get what is published.

    house = House()
    ann = house.join("Ann")
    sent = house.say(ann, house.lobby, "hello")

Whatever a round decided is appended, committed and handed to the readers. `oracle.check` compares all of it with what
the events alone say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, Raw

from chat_protocol.errors import Code, Refused
from chat_protocol.events import (
    Access,
    Body,
    Dm,
    Entry,
    Event,
    History,
    Invite,
    Join,
    Make,
    Role,
    SetRole,
    Text,
    decode_body,
    decode_event,
    encode_body,
)
from chat_protocol.frames import ErrorInfo, Sent
from chat_protocol.ids import (
    PEOPLE,
    STAFF,
    Cid,
    LogId,
    MemberId,
    Ref,
    b64,
    dm_log,
    member_id,
    new_cid,
)
from chat_server.hub.hub import Hub
from chat_server.hub.joining import invite_name
from chat_server.hub.rates import Rate, Rates
from chat_server.hub.requests import Answer, Decision, LoggedIn, LoginRequest, Now, Request, SendRequest
from chat_server.storage.contract import Appended, Loaded
from tests.memory_storage import MemoryStorage

START_MS = 1_764_000_000_000
_ALL = 2**40
UNLIMITED = Rates(Rate(1e9, 1e9), Rate(1e9, 1e9), Rate(1e9, 1e9))


class Person:
    """Somebody with an identity key, on one device."""

    def __init__(self, name: str, device: str = "device") -> None:
        self.name = name
        self.device = device
        self.identity = hashlib.sha256(name.encode()).digest()
        self.id = member_id(self.identity)

    def __repr__(self) -> str:
        return self.name


SERVER = Person("server")
HANA = Person("Hana")


@dataclass(frozen=True)
class Got:
    """What a reader was handed: a log from its snapshot on, as long as it was followed."""

    log: LogId
    snapshot_seq: int
    events: list[Event]


class Reader:
    """A connection that is always live: what it is handed is all that this member learns."""

    def __init__(self, member: MemberId) -> None:
        self.member = member
        self.follows: dict[LogId, Got] = {}
        self.past: list[Got] = []
        self.is_gone = False

    def begin(self, log: LogId, at: int) -> None:
        self.lose(log)
        self.follows[log] = Got(log, at, [])

    def lose(self, log: LogId) -> None:
        if (got := self.follows.pop(log, None)) is not None:
            self.past.append(got)

    def end(self) -> None:
        self.is_gone = True
        for log in list(self.follows):
            self.lose(log)


class House:
    """A founded server: Hana is its host by key, and `lobby` its first room."""

    def __init__(
        self,
        rates: Rates = UNLIMITED,
        *,
        host: Person | None = HANA,
        host_token: bytes | None = None,
        new_hub: Callable[[Loaded, Rates], Hub] = Hub,
    ) -> None:
        self.rates = rates
        self.storage = MemoryStorage()
        self.new_hub = new_hub
        self.hub = new_hub(self.storage.load(), rates)
        self.now = Now(START_MS, 1_000.0)
        self.readers: list[Reader] = []
        self.stops = 0
        self.told: list[Appended] = []
        """Every event in the order of commits, as it was published."""
        self._number = 0
        self.host = host or SERVER
        identity = host.identity if host is not None else None
        self._carry_out(self.hub.found(SERVER.identity, identity, host_token, "Lobby", self.now))
        self.lobby = next(log for log in self.logs() if log not in (PEOPLE, STAFF))
        if host is HANA:
            assert isinstance(self.login(HANA, name="Hana"), LoggedIn)

    # --- asking -----------------------------------------------------------------------------------------------

    def decide(self, *requests: Request) -> Decision:
        """One round, decided and not carried out."""
        return self.hub.decide(requests, self.storage.find(self.hub.refs(requests)), self.now)

    def round(self, *requests: Request) -> list[Answer]:
        """One round, carried out."""
        return self._carry_out(self.decide(*requests)).answers

    def _carry_out(self, decision: Decision) -> Decision:
        if decision.batch.events:
            self.storage.append(decision.batch)
        self.hub.commit(decision)
        self.stops += decision.stop
        self.told += decision.batch.events
        self.publish(decision)
        return decision

    def publish(self, decision: Decision) -> None:
        """As the transport does it: who lost a log gets its events up to there; who gained one begins with it."""
        logs: dict[LogId, list[Event]] = {}
        for one in decision.batch.events:
            logs.setdefault(one.log, []).append(decode_event(one.encoded))
        for member, log, end in decision.lost:
            for reader in self._of(member, log):
                reader.follows[log].events.extend(event for event in logs.get(log, []) if event.seq <= end)
                reader.lose(log)
        for log, events in logs.items():
            for reader in self.readers:
                if log in reader.follows:
                    reader.follows[log].events.extend(events)
        for member, log in decision.gained:
            for reader in self.readers:
                if reader.member == member and not reader.is_gone:
                    reader.begin(log, self.hub.position(log).seq)
        for member, _code in decision.gone:
            for reader in self.readers:
                if reader.member == member:
                    reader.end()

    def _of(self, member: MemberId, log: LogId) -> list[Reader]:
        return [reader for reader in self.readers if reader.member == member and log in reader.follows]

    def connect(self, person: Person) -> Reader:
        """A reader of all that `person` may read."""
        reader = Reader(person.id)
        for readable in self.hub.readable(person.id):
            reader.begin(readable.log, self.hub.position(readable.log).seq)
        self.readers.append(reader)
        return reader

    def restart(self) -> None:
        """The hub anew, from what is stored; all connections end."""
        self.hub = self.new_hub(self.storage.load(), self.rates)
        for reader in self.readers:
            reader.end()

    def later(self, ms: int) -> None:
        self.now = Now(self.now.wall_ms + ms, self.now.mono_s + ms / 1_000)

    def set_clock(self, step_ms: int) -> None:
        """The wall clock jumps, forwards or back."""
        self.now = self.now._replace(wall_ms=self.now.wall_ms + step_ms)

    # --- what people do ---------------------------------------------------------------------------------------

    def cid(self) -> Cid:
        self._number += 1
        return new_cid(self.now.wall_ms, self._number.to_bytes(10, "big"))

    def entry(
        self,
        log: LogId,
        kind: str,
        body: Body,
        *,
        target: Ref | None = None,
        key: str | None = None,
        cid: Cid | None = None,
    ) -> Entry:
        return Entry(log, cid or self.cid(), kind, encode_body(body), target, key)

    def sends(self, person: Person, *entries: Entry) -> SendRequest:
        return SendRequest(person.id, person.device, [Raw(msgspec.json.encode(entry)) for entry in entries])

    def send(self, person: Person, *entries: Entry) -> list[Sent]:
        """One request in a round of its own; what became of its entries."""
        (answer,) = self.round(self.sends(person, *entries))
        assert isinstance(answer, list)
        return answer

    def do(
        self,
        person: Person,
        log: LogId,
        kind: str,
        body: Body,
        *,
        target: Ref | None = None,
        key: str | None = None,
        cid: Cid | None = None,
    ) -> Sent:
        (sent,) = self.send(person, self.entry(log, kind, body, target=target, key=key, cid=cid))
        return sent

    def say(self, person: Person, log: LogId, text: str = "hello") -> Ref:
        """A message that is stored; its name."""
        return Ref(person.id, stored(self.do(person, log, "text", Text(text))).cid)

    def login(self, person: Person, invite: bytes | None = None, name: str | None = None) -> LoggedIn | Refused:
        (answer,) = self.round(LoginRequest(person.identity, person.device, invite, name))
        assert not isinstance(answer, list)
        return answer

    def invite(
        self, token: bytes = b"token", room: LogId | None = None, *, uses: int = 1_000, days: float = 7
    ) -> bytes:
        body = Invite(room or self.lobby, self.now.wall_ms + int(days * 86_400_000), uses)
        stored(self.do(self.host, STAFF, "invite", body, key=f"invite:{invite_name(token)}"))
        return token

    def join(self, name: str, room: LogId | None = None) -> Person:
        """A new member of the server, in `room` or the lobby."""
        person = Person(name)
        token = f"for {name} {self._number}".encode()
        answer = self.login(person, self.invite(token, room), name)
        assert isinstance(answer, LoggedIn), answer
        return person

    def promote(self, person: Person, role: Role = Role.MODERATOR) -> None:
        stored(self.do(self.host, PEOPLE, "role", SetRole(role), key=f"role:{person.id}"))

    def room(
        self, maker: Person, *members: Person, access: Access = Access.PRIVATE, history: History = History.ALL
    ) -> LogId:
        log = LogId(b64(hashlib.sha256(f"room {self._number}".encode()).digest()[:16]))
        stored(self.do(maker, log, "make", Make("A room", access, history), key="make"))
        for member in members:
            self.add(maker, log, member)
        return log

    def add(self, by: Person, log: LogId, member: Person) -> None:
        stored(self.do(by, log, "add", Join(), key=f"in:{member.id}"))

    def dm(self, one: Person, other: Person) -> LogId:
        """A DM, begun by the first."""
        log = dm_log(one.id, other.id)
        stored(self.do(one, log, "dm", dm_body(one, other), key="dm"))
        return log

    # --- what is there ----------------------------------------------------------------------------------------

    def logs(self) -> list[LogId]:
        return [held.log for held in self.storage.load().logs]

    def events(self, log: LogId) -> list[Event]:
        return [decode_event(data) for data in self.storage.read(log, 0, _ALL, _ALL).events]

    def last(self, log: LogId) -> Event:
        return self.events(log)[-1]

    def value(self, log: LogId, key: str) -> Event:
        return [event for event in self.events(log) if event.key == key][-1]


def dm_body(one: Person, other: Person) -> Dm:
    low, high = sorted((one.id, other.id))
    return Dm((low, high))


def body_of(event: Event) -> Body:
    """The decoded body of an event that has one."""
    assert event.body is not UNSET
    body = decode_body(event.kind, event.body)
    assert isinstance(body, Body)
    return body


def stored(sent: Sent) -> Sent:
    assert sent.err is None, sent
    assert sent.seq is not None
    return sent


def refusal(sent: Sent) -> ErrorInfo:
    assert sent.err is not None, sent
    assert sent.seq is None
    return sent.err


def code_of(answer: Sent | LoggedIn | Refused) -> Code | None:
    """Why it was refused; None if it was not."""
    if isinstance(answer, Refused):
        return answer.code
    return answer.err.code if isinstance(answer, Sent) and answer.err is not None else None
