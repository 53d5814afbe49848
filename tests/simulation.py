"""A server and its members in one thread and no time: real hub, committer, storage and sessions, joined by lists.

Everything that happens is chosen by whoever drives a `World`: which frame is delivered, where a wire is cut, when a
disk is full, when a clock jumps. Checkers compare what everybody holds with the server's storage. The server's parts
are arguments, so that a mutant can take the place of each: a checker counts only after it has failed.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from msgspec import Raw, Struct, structs

from chat_protocol import codec, frames
from chat_protocol.errors import Code, Refused
from chat_protocol.events import Event, decode_event, erased
from chat_protocol.ids import PEOPLE, STAFF, Cid, LogId, MemberId, Position, Ref, b64, member_id, unb64
from chat_protocol.permissions import LogKind
from chat_server.commit import Committer, StorageThreads
from chat_server.hub.hub import Hub
from chat_server.hub.rates import Rate, Rates
from chat_server.hub.requests import Answer, Decision, LoggedIn, LoginRequest, SendRequest
from chat_server.hub.requests import Now as ServerNow
from chat_server.operator import invite_entry
from chat_server.storage.contract import Appended, Batch, StorageFull, StorageUncertain
from chat_server.transport import answers
from desktop_chat.core.effects import Ending, Faulted, Now
from desktop_chat.core.sentences import Trouble
from desktop_chat.core.session import Session
from desktop_chat.store.contract import (
    Delivery,
    KnownServer,
    OutboxRow,
    PutServer,
    RowChanged,
    RowGone,
    ServerId,
    StoreFull,
)
from tests.memory_storage import MemoryStorage, Moment
from tests.store.memory import MemoryStore

SERVER = ServerId(b64(b"s" * 32))
START_MS = 1_764_000_000_000
TOKEN = b"token of 16 byte"
_FREE = Rate(1e9, 1e9)
T = TypeVar("T", bound=Struct)
FREE = Rates(_FREE, _FREE, _FREE)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose clock stands still until it is moved."""

    now_s = 100.0

    def time(self) -> float:
        return self.now_s

    def settle(self) -> None:
        """Runs everything that is ready."""
        while True:
            self.call_soon(self.stop)
            self.run_forever()
            if not self._ready:  # type: ignore[attr-defined]
                return


class InlineThreads(StorageThreads):
    """The storage without its threads."""

    def __init__(self, storage: MemoryStorage) -> None:
        self.storage = storage

    async def write(self, call, *args, **kwargs):
        return call(*args, **kwargs)

    read = write


class Killed(Exception):
    """The server's process is gone, in the middle of a commit."""


@dataclass
class Disk:
    """What the server's disk does at the next commits."""

    is_full: bool = False
    fails_at: Moment | None = None
    kills_at: Moment | None = None

    def __call__(self, moment: Moment, _batch: Batch) -> None:
        if self.is_full and moment is Moment.BEFORE:
            raise StorageFull
        if self.kills_at is moment:
            self.kills_at = None
            raise Killed
        if self.fails_at is moment:
            self.fails_at = None
            raise StorageUncertain


@dataclass(eq=False)
class Line:
    """One connection, seen from the server: what each side has sent and the other has not got yet."""

    up: deque[bytes] = field(default_factory=deque)
    down: deque[bytes] = field(default_factory=deque)
    member: MemberId | None = None
    device: str = ""
    followed: dict[LogId, int] = field(default_factory=dict)
    """Up to which seq each log was written; the next commit's events go out live when they follow it."""
    is_closed: bool = False

    def put(self, frame: frames.ServerFrame | bytes) -> None:
        if not self.is_closed:
            self.down.append(frame if isinstance(frame, bytes) else codec.encode(frame))


class Fanout:
    """Hands a commit's events to one connection. A mutant overrides it."""

    def live(self, line: Line, log: LogId, events: list[Appended]) -> None:
        for frame in codec.events_frames(log, [one.encoded for one in events]):
            line.put(frame)


class Server:
    """Connections as lists, over the real hub, committer and storage."""

    def __init__(
        self,
        loop: VirtualLoop,
        hub: type[Hub],
        committer: type[Committer],
        storage: type[MemoryStorage],
        fanout: Fanout,
    ) -> None:
        self.disk = Disk()
        self.storage = storage(self.disk)
        self.wall_ms = START_MS
        self.lines: list[Line] = []
        self._loop = loop
        self._hub = hub
        self._committer = committer
        self._fanout = fanout
        self._task: asyncio.Task[None] | None = None
        self.start()

    # --- the process ------------------------------------------------------------------------------------------

    def start(self) -> None:
        threads = InlineThreads(self.storage)

        def load() -> Hub:
            return self._hub(self.storage.load(), FREE)

        self.committer = self._committer(load(), threads, load, self.now)
        self._task = self._loop.create_task(self.committer.run(self))
        self._loop.settle()

    def kill(self) -> None:
        """kill -9: what was being decided is gone, and so is every connection."""
        if self._task is not None:
            self._task.cancel()
            self._loop.settle()
            self._task = None
        for line in self.lines:
            line.is_closed = True
        self.lines.clear()

    def folder(self) -> dict[str, Any]:
        """A copy of what is stored, as a backup holds it."""
        kept = {name: copy(value) for name, value in vars(self.storage).items() if name not in ("hook", "_lock")}
        for value in kept.values():
            if isinstance(value, dict):
                for key in value:
                    value[key] = copy(value[key])
        return kept

    def set_back(self, folder: dict[str, Any]) -> None:
        """The folder is replaced by a backup."""
        self.kill()
        vars(self.storage).update(folder)
        self.start()

    def run(self) -> None:
        """Lets the server do what it can; starts it again when its disk killed it."""
        self._loop.settle()
        task = self._task
        if task is not None and task.done():
            error = task.exception()
            self._task = None
            self.kill()
            if not isinstance(error, Killed):
                raise AssertionError("the committer died") from error
            self.start()

    def now(self) -> ServerNow:
        return ServerNow(self.wall_ms, self._loop.time())

    # --- who listens to commits (commit.Audience) -------------------------------------------------------------

    def is_telling(self) -> bool:
        return False

    async def drain(self) -> None:
        pass

    def publish(self, decision: Decision) -> None:
        logs: dict[LogId, list[Appended]] = {}
        for one in decision.batch.events:
            logs.setdefault(one.log, []).append(one)
        for member, log, end in decision.lost:
            for line in self._of(member):
                if line.followed.pop(log, None) is not None:
                    seen = [one for one in logs.get(log, ()) if one.event.seq <= end]
                    if seen:
                        self._fanout.live(line, log, seen)
                    line.put(frames.Lost(log))
        for log, events in logs.items():
            for line in self.lines:
                if line.followed.get(log) == events[0].event.seq - 1:
                    self._fanout.live(line, log, events)
                    line.followed[log] = events[-1].event.seq
        for member, log in decision.gained:
            for line in self._of(member):
                self._feed(line, log, None)
        for member, code in decision.gone:
            for line in self._of(member):
                self._end(line, code)

    def moved(self, log: LogId, head: int) -> None:
        raise AssertionError("one committer, and yet somebody else appended")

    def reloaded(self) -> None:
        for line in list(self.lines):
            self._end(line, Code.RESTART)

    def _of(self, member: MemberId) -> list[Line]:
        return [line for line in self.lines if line.member == member]

    def _end(self, line: Line, code: Code) -> None:
        line.put(codec.bye(code, "Goodbye."))
        line.is_closed = True
        if line in self.lines:
            self.lines.remove(line)

    # --- connections ------------------------------------------------------------------------------------------

    def connect(self) -> Line:
        line = Line()
        self.lines.append(line)
        line.put(frames.Challenge(b64(b"n" * 32), SERVER, "Simulated"))
        return line

    def receive(self, line: Line, data: bytes) -> None:
        self._loop.call_soon(self._take, line, codec.decode_client(data))
        self.run()

    def _take(self, line: Line, frame: frames.ClientFrame) -> None:
        match frame:
            case frames.Login():
                token = None if frame.invite is None else unb64(frame.invite)
                request = LoginRequest(unb64(frame.identity), frame.device, token, frame.name)
                self.committer.submit(request, lambda answer: self._logged_in(line, frame, answer))
            case frames.Send() if line.member is not None:
                send = SendRequest(line.member, line.device, frame.batch)
                self.committer.submit(send, lambda answer: self._sent(line, frame, answer))
            case frames.Follow():
                line.put(self._follow(line, frame))
                for log, since in frame.since.items():
                    if line.followed.pop(log, None) == -1:
                        self._feed(line, log, None if since is None else since[0])
            case frames.Page():
                line.put(self._page(line, frame))
            case frames.Mark() if line.member is not None:
                self.committer.mark(line.member, frame.log, frame.seq)
                line.put(frames.Ok(frame.id))

    def _logged_in(self, line: Line, frame: frames.Login, answer: Answer) -> None:
        if isinstance(answer, Refused):
            line.put(codec.err(answer, frame.id))
            return
        assert isinstance(answer, LoggedIn)
        for other in self._of(answer.member):
            if other.device == frame.device:
                self._end(other, Code.REPLACED)
        line.member, line.device = answer.member, frame.device
        heads = []
        marks = self.storage.marks(answer.member)
        for one in self.committer.hub.readable(answer.member):
            before, at = self._position(one.log, one.from_seq - 1), self.committer.hub.position(one.log)
            first = (one.from_seq, b64(before.h), before.row)
            heads.append(frames.LogHead(one.log, one.kind, first, at.seq, b64(at.h), at.row, marks.get(one.log, 0)))
        line.put(frames.Welcome(frame.id, answer.member, frames.Limits(), heads, answer.room))

    def _sent(self, line: Line, frame: frames.Send, answer: Answer) -> None:
        if isinstance(answer, Refused):
            line.put(codec.err(answer, frame.id))
        elif isinstance(answer, list):
            line.put(frames.Ok(frame.id, res=answer))

    def _follow(self, line: Line, frame: frames.Follow) -> frames.Ok:
        said = {}
        for log, since in frame.since.items():
            floor = self._floor(line, log)
            line.followed.pop(log, None)
            if floor is None:
                said[log] = "unknown_log"
                continue
            at = None if since is None else self.storage.position(log, since[0])
            if since is not None and (at is None or b64(at.h[:8]) != since[1] or since[0] < floor - 1):
                said[log] = "history_changed"
                if line.member is not None and since[0] >= floor - 1:
                    self.committer.heal(line.member, log)
            else:
                said[log] = "behind"
                line.followed[log] = -1  # to be fed once the answer is written
        return frames.Ok(frame.id, logs=said)

    def _feed(self, line: Line, log: LogId, after: int | None) -> None:
        floor, kind = self._floor(line, log), self.committer.hub.kind_of(log)
        if floor is None or kind is None:
            return
        if after is None:
            at, state = self.storage.state(log)
            before = self._position(log, floor - 1)
            first = (floor, b64(before.h), before.row)
            items = [Raw(blob) for blob in state]
            line.put(frames.Snapshot(log, kind, first, at.seq, b64(at.h), at.row, items, last=True))
            after = at.seq
        run = self.storage.read(log, after, 1 << 20, 10_000)
        for part in codec.events_frames(log, run.events):
            line.put(part)
        line.followed[log] = after + len(run.events)

    def _page(self, line: Line, frame: frames.Page) -> bytes:
        floor = self._floor(line, frame.log)
        if floor is None:
            return codec.encode(codec.err(answers.unknown_log(), frame.id))
        head = self.committer.hub.position(frame.log).seq
        if frame.before is not None:
            return answers.page_before(self.storage, frame, frame.before, floor, head)
        target = None
        if frame.around is not None:
            found = self.storage.find([frame.around]).get(frame.around)
            if found is None or found.log != frame.log or found.event.seq < floor:
                return codec.encode(codec.err(answers.unknown_target(), frame.id))
            target = found.event.seq
        return answers.page_around(self.storage, frame, target, floor, head)

    def _floor(self, line: Line, log: LogId) -> int | None:
        return None if line.member is None else self.committer.hub.visible_from(line.member, log)

    def _position(self, log: LogId, seq: int) -> Position:
        at = self.storage.position(log, seq)
        assert at is not None
        return at

    def events(self, log: LogId) -> list[Event]:
        return [decode_event(blob) for blob in self.storage.read(log, 0, 1 << 30, 1 << 30).events]


class Key:
    def __init__(self, name: str) -> None:
        self.public = name.encode().ljust(32, b".")

    def sign(self, data: bytes) -> bytes:
        return b"signed"


class Owed(NamedTuple):
    log: LogId
    target: Ref | None


class Device:
    """One installation of one person: a session, its store, and a driver that does one step when told."""

    def __init__(self, world: World, name: str, number: int) -> None:
        self.name = name
        self.key = Key(name)
        self.member = member_id(self.key.public)
        self.store = MemoryStore()
        self.line: Line | None = None
        self.pressed: list[OutboxRow] = []
        """What was written here, in the order of pressing Send, once durable."""
        self.acked: dict[Cid, LogId] = {}
        self.refused: dict[Cid, Code] = {}
        self.taken_back: set[Cid] = set()
        self.owed: dict[Ref, Owed] = {}
        """What was written by this person and held here when a set-back took it from the server: it must come back."""
        self.overtaken: defaultdict[Cid, set[Cid]] = defaultdict(set)
        """For what a set-back took: what was written here after it and comes before it if another device of this
        person, which brings only that, is the first to be back."""
        self.faults: list[Faulted] = []
        self.skew_ms = 0
        self._world = world
        self._device = bytes([number]) * 16
        self._random = random.Random(f"{name}{number}")
        known = KnownServer(SERVER, ("sim:1",), "Simulated", token=TOKEN, first_name=f"{name} {number}")
        self.store.apply([PutServer(known)])
        self.session = self._new_session()

    def __repr__(self) -> str:
        return f"{self.name}{self._device[0]}"

    def _new_session(self) -> Session:
        (known,) = self.store.servers()
        return self._world.new_session(known, self.key, self._device, self.store, self._random.randbytes, share=1.0)

    def now(self) -> Now:
        return Now(self._world.server.wall_ms + self.skew_ms, self._world.loop.time())

    # --- the driver -------------------------------------------------------------------------------------------

    def act(self) -> bool:
        """Carries out what the session decided; False if there was no room: then none of it happened."""
        effects = self.session.take(self.now())
        try:
            self.store.apply(effects.ops)
        except StoreFull:
            self.kill()
            return False
        for notice in effects.notices:
            if isinstance(notice, RowChanged | RowGone):
                self._saw(notice.row, is_gone=isinstance(notice, RowGone))
            elif isinstance(notice, Faulted):
                self.faults.append(notice)
        if self.line is not None:
            self.line.up.extend(effects.frames)
            if effects.close is not None:
                self.cut(effects.close)
        return True

    def _saw(self, row: OutboxRow, *, is_gone: bool) -> None:
        if row.delivery is Delivery.REFUSED:
            self.refused[row.cid] = row.code or Code.INTERNAL
        elif row.delivery is Delivery.STORED or (is_gone and row.delivery is Delivery.SENT):
            self.acked[row.cid] = row.log  # nothing else makes a sent row go
        elif is_gone:
            self.taken_back.add(row.cid)

    def connect(self) -> None:
        if self.line is None:
            self.line = self._world.server.connect()
            self.session.connected(self.now())
            self.act()

    def cut(self, ending: Ending | None = None, arrives: int = 0) -> None:
        """The connection ends; of what was on its way up the first `arrives` frames still get there."""
        line, self.line = self.line, None
        if line is None:
            return
        for _ in range(min(arrives, len(line.up))):
            self._world.server.receive(line, line.up.popleft())
        line.is_closed = True
        if line in self._world.server.lines:
            self._world.server.lines.remove(line)
        self.session.disconnected(ending or Ending(Trouble.CONNECTION_LOST), self.now())
        self.act()

    def kill(self) -> None:
        """kill -9 and a new start from what is stored."""
        line, self.line = self.line, None
        if line is not None:
            line.is_closed = True
            if line in self._world.server.lines:
                self._world.server.lines.remove(line)
        self.session = self._new_session()

    def send_up(self) -> bool:
        if self.line is None or not self.line.up or self.line.is_closed:
            return False
        self._world.server.receive(self.line, self.line.up.popleft())
        return True

    def take_down(self) -> bool:
        """One frame from the server; a closed connection shows once everything before was read."""
        if self.line is None:
            return False
        if self.line.down:
            self.session.received(self.line.down.popleft(), self.now())
            self.act()
            return True
        if self.line.is_closed:
            self.cut()
            return True
        return False

    def tick(self) -> None:
        self.session.timer(self.now())
        self.act()

    def press(self, write: Callable[[], OutboxRow | None]) -> bool:
        """The person presses Send; whether it is durable."""
        before = {row.cid for row in self.session.outbox.rows()}
        write()
        rows = [row for row in self.session.outbox.rows() if row.cid not in before]
        if not self.act():
            return False
        self.pressed += rows
        return True

    # --- what it holds ----------------------------------------------------------------------------------------

    def server_was_set_back(self, logs: set[LogId], kept: set[Ref]) -> None:
        """It still has `logs`, and of all events `kept`. What this person wrote there and is held here comes back, in
        its order; not what was deleted, nor what is about it."""
        held: list[tuple[LogId, Event]] = []
        deleted: set[Ref] = set()
        for one in self.store.held(SERVER):
            if one.log in logs - {PEOPLE, STAFF}:
                held += [(one.log, event) for event in self.store.events(SERVER, one.log, 0, 1 << 30)]
                shown = self.store.messages(SERVER, one.log, before_row=1 << 50, limit=1 << 30)
                deleted |= {message.ref for message in shown if message.deleted}
        self.owed = {
            event.ref: Owed(log, event.target)
            for log, event in held
            if event.by == self.member
            and event.key is None
            and event.ref not in kept
            and (event.ref if event.target is None else event.target) not in deleted - kept
            and (event.target not in deleted or event.kind == "delete")
        }
        rows = self.store.outbox(SERVER)
        # Whoever was sent out meanwhile and enters anew brings it back behind what was written since.
        entered = {row.log for row in rows if row.kind == "join"}
        there = {ref.cid for ref in kept} | {ref.cid for ref, owed in self.owed.items() if owed.log not in entered}
        there |= {row.cid for row in rows}
        self.pressed = [row for row in self.pressed if row.cid in there]
        self.acked = {cid: log for cid, log in self.acked.items() if Ref(self.member, cid) in kept}

    def brings_back(self) -> set[Cid]:
        """After a set-back, of what this person wrote."""
        return {ref.cid for ref in self.owed} | {row.cid for row in self.store.outbox(SERVER)}

    def may_be_overtaken(self, other: Device, kept: set[Ref]) -> None:
        """The same person's `other` brings back what it can: not what was deleted, as only it may know, nor what is
        older than its copy. What this one brings of that has its place behind: a log only grows. Of any other two it is
        known to all who bring the later one which was the first."""
        brought = other.brings_back()
        later: set[Cid] = set()
        for row in reversed(self.pressed):
            if row.cid in brought:
                later.add(row.cid)
            elif later and Ref(self.member, row.cid) not in kept:
                self.overtaken[row.cid] |= later

    def readable(self) -> list[LogId]:
        return [log for log, held in self.session.sync.held.items() if not held.closed]

    def rooms(self) -> list[LogId]:
        held = self.session.sync.held.values()
        return sorted(one.log for one in held if one.kind in (LogKind.ROOM, LogKind.DM) and not one.closed)


class World:
    """`people` may hold a name twice: the same person on two devices. The first is the host."""

    def __init__(
        self,
        people: tuple[str, ...] = ("hugo", "ann", "bob"),
        *,
        hub: type[Hub] = Hub,
        committer: type[Committer] = Committer,
        storage: type[MemoryStorage] = MemoryStorage,
        fanout: Fanout | None = None,
        session: Callable[..., Session] = Session,
    ) -> None:
        self.loop = VirtualLoop()
        self.server = Server(self.loop, hub, committer, storage, fanout or Fanout())
        self.was_set_back = False
        """What is closed then may be of a history that is no more."""
        self.new_session = session
        self._found(Key(people[0]))
        self.devices = [Device(self, name, number) for number, name in enumerate(people)]

    def _found(self, host: Key) -> None:
        server, storage = self.server, self.server.storage
        hub = server.committer.hub
        decision = hub.found(b"o" * 32, host.public, None, "Lobby", server.now())
        storage.append(decision.batch)
        hub.commit(decision)
        (room,) = [one.log for one in hub.readable(member_id(host.public)) if one.log not in (PEOPLE, STAFF)]
        entry = invite_entry(TOKEN, room, server.wall_ms, days=300, uses=1_000)
        decision = hub.decide([SendRequest(member_id(host.public), "host", [entry])], {}, server.now())
        storage.append(decision.batch)
        hub.commit(decision)
        self.lobby = room

    def set_back(self, folder: dict[str, Any]) -> None:
        """The server's folder is replaced by an older copy: what is held by members comes back, not more."""
        self.server.set_back(folder)
        logs = set(self._logs())
        kept = {event.ref for log in logs for event in self.server.events(log)}
        for device in self.devices:
            while device.take_down():  # what was on its way is of before
                pass
            device.server_was_set_back(logs, kept)
        for device in self.devices:
            for other in self.devices:
                if other.member == device.member and other is not device:
                    device.may_be_overtaken(other, kept)
        self.was_set_back = True

    def close(self) -> None:
        self.server.kill()
        self.loop.close()

    def pass_s(self, seconds: float) -> None:
        """Time passes, for clocks and for whoever waits for it."""
        self.loop.now_s += seconds
        self.server.wall_ms += round(seconds * 1000)
        self.server.run()
        for device in self.devices:
            device.tick()

    def settle(self, rounds: int = 2_000) -> None:
        """Everything that is on its way arrives, and what follows from it, for as long as it needs and some time."""
        for _ in range(rounds):
            moved = False
            for device in self.devices:
                while device.send_up() or device.take_down():
                    moved = True
            if not moved and not self._waits():
                return
            if not moved:
                self.pass_s(1.0)
        raise AssertionError("it does not come to rest")

    def _waits(self) -> bool:
        """Whether somebody still has something to do that only time will start."""
        return any(
            device.line is not None and device.session.take(device.now()).deadline is not None
            for device in self.devices
        )

    def heal(self) -> None:
        """Disks have room, clocks go right, everybody connects, and all comes to rest."""
        self.server.disk.is_full = False
        self.server.disk.fails_at = self.server.disk.kills_at = None
        for device in self.devices:
            device.store.full = False
        for _ in range(20):
            for device in self.devices:
                device.connect()
            self.settle()
            if all(device.line is not None for device in self.devices):
                return
        raise AssertionError("somebody stays out")

    # --- checkers ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        """What holds at any moment. Each device's copies are parts of the server's logs; nothing is lost, doubled or
        out of order."""
        logs = {log: self.server.events(log) for log in self._logs()}
        for device in self.devices:
            self._check_copies(device, logs)
            self._check_written(device, logs)
        for log, events in logs.items():
            refs = [event.ref for event in events]
            assert len(refs) == len(set(refs)), f"P2: an event is twice in {log}"

    def _logs(self) -> Iterator[LogId]:
        for one in self.server.storage.load().logs:
            yield one.log

    def _check_copies(self, device: Device, logs: dict[LogId, list[Event]]) -> None:
        for held in device.store.held(SERVER):
            if held.closed and self.was_set_back:
                continue
            log, events = held.log, logs[held.log]
            assert held.at == self.server.storage.position(log, held.at.seq), f"P3: {device} holds another {log}"
            mine = device.store.events(SERVER, log, held.before.seq, 1 << 30)
            theirs = events[held.before.seq : held.at.seq]
            assert len(mine) == len(theirs), f"P3: {device} holds another {log}"
            for one, other in zip(mine, theirs, strict=True):
                is_whole = isinstance(one.body, Raw) and isinstance(other.body, Raw)  # else a deletion is on its way
                one, other = (self._timeless(each if is_whole else erased(each)) for each in (one, other))
                assert one == other, f"P3: {device} holds another event {one.seq} of {log}"

    def _timeless(self, one: T) -> T:
        """A set-back gives the same event another time, which is for display; who held it before keeps the old one."""
        changes = {name: 0 for name in ("ts", "edited_ts") if getattr(one, name, None)}
        return structs.replace(one, **changes) if self.was_set_back else one

    def _check_written(self, device: Device, logs: dict[LogId, list[Event]]) -> None:
        places = {event.ref: (log, event.seq) for log, events in logs.items() for event in events}
        for cid, log in device.acked.items():
            assert Ref(device.member, cid) in places, f"P1: acknowledged to {device} and gone from {log}"
        waiting = {row.cid for row in device.store.outbox(SERVER)}
        closed = {held.log for held in device.store.held(SERVER) if held.closed}
        # Of whoever was sent out before it came back: it does when they are let in again.
        outside = {ref.cid for ref, owed in device.owed.items() if owed.log in closed}
        known = waiting | device.refused.keys() | device.taken_back | outside
        last: dict[LogId, int] = {}
        overtaken: list[tuple[LogId, int, set[Cid]]] = []
        for row in device.pressed:
            place = places.get(Ref(device.member, row.cid))
            if place is None:
                assert row.cid in known, f"{device} wrote something and it is nowhere"
            elif row.key is None and row.cid not in device.refused:  # else the person sent it again later
                # A state may be refused in an answer that is lost, and be right when it goes again.
                log, seq = place
                before = [at for other, at, by in overtaken if other == log and row.cid not in by]
                assert seq > max([last.get(log, 0), *before]), f"P4: {device} pressed Send in another order"
                if by := device.overtaken.get(row.cid):
                    overtaken.append((log, seq, by))
                else:
                    last[log] = seq

    def check_quiet(self) -> None:
        """P5, P7, P10: after a heal all hold all that they may read, and nothing waits."""
        self.check()
        hub = self.server.committer.hub
        for device in self.devices:
            assert all(row.delivery is Delivery.REFUSED for row in device.store.outbox(SERVER)), f"{device} still waits"
            readable = {one.log: one for one in hub.readable(device.member)}
            self._check_owed(device, readable.keys())
            held = {one.log: one for one in device.store.held(SERVER) if not one.closed}
            assert held.keys() == readable.keys(), f"P5: {device} does not hold what it may read"
            for log, one in held.items():
                assert one.at == hub.position(log), f"P5: {device} is behind in {log}"
                assert one.before.seq == readable[log].from_seq - 1, f"the copy of {device} is not complete"
                _at, state = self.server.storage.state(log)
                newest = {event.key: self._timeless(event) for event in map(decode_event, state)}
                mine = {key: self._timeless(event) for key, event in device.store.state(SERVER, log).items()}
                assert mine == newest, f"P6: {device} folds another state of {log}"
                self._check_shown(device, log, one.floor)
            for window in device.session.windows.open.values():
                self._check_window(device, window.log, window.around, window.messages)

    def _check_owed(self, device: Device, readable: Collection[LogId]) -> None:
        events = {event.ref: event for log in self._logs() for event in self.server.events(log)}
        standing = {ref for ref, event in events.items() if event.target is None and isinstance(event.body, Raw)}
        for ref, (log, target) in device.owed.items():
            if ref in events or log not in readable or (target is not None and target not in standing):
                continue
            # Nothing but that its author was not in the room when it came may keep it out.
            assert device.refused.get(ref.cid) in (Code.UNKNOWN_LOG, Code.FORBIDDEN), (
                f"P10: {device} held what the server lost, and it did not come back"
            )

    def _check_shown(self, device: Device, log: LogId, floor: int) -> None:
        frame = frames.Page(1, log, 1_000)
        ok = codec.decode_server(answers.page_around(self.server.storage, frame, None, floor, 1 << 40))
        assert isinstance(ok, frames.Ok)
        mine = device.store.messages(SERVER, log, before_row=1 << 50, limit=1_000)
        assert list(map(self._timeless, mine)) == list(map(self._timeless, ok.messages or [])), (
            f"P6: {device} shows another {log}"
        )

    def _check_window(self, device: Device, log: LogId, around: object, messages: list) -> None:
        held = {shown.ref: shown for shown in device.store.messages(SERVER, log, before_row=1 << 50, limit=1 << 30)}
        theirs = [self._timeless(held[shown.ref]) for shown in messages]
        assert list(map(self._timeless, messages)) == theirs, f"P6: a window of {device} shows another {log}"
        rows = [shown.row for shown in messages]
        assert rows == list(range(rows[0], rows[0] + len(rows))) if rows else True
        if around is None and held:
            assert rows[-1:] == [max(shown.row for shown in held.values())], "the newest window ends at the head"
