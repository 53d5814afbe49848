"""G2, the client's half: the power goes while the local store writes, as `power_loss` does it to the server.

What `apply` returned from must be there: above all the outbox, which holds what exists nowhere else. What was on the
way must be there wholly or not at all.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import apsw
from msgspec.structs import replace

from chat_protocol.events import Delete, Edit, React, Text, Topic, encode_body
from chat_protocol.ids import Ref, new_cid
from desktop_chat.store.contract import (
    Delivery,
    Marked,
    Op,
    OutboxRow,
    RowChanged,
    RowGone,
    Store,
    StoreDamaged,
    StoreFull,
)
from desktop_chat.store.sqlite import SqliteStore
from tests.faults.power_loss import FailingPower
from tests.faults.result import Result
from tests.store.memory import MemoryStore
from tests.store.written_log import JOINED, ME, SERVER, START_MS, WrittenLog, member

STEPS = 40
LATEST_WRITE = 500
EVENTS = 120
WORDS = ("tide", "lantern", "会议", "東京", "harbour")


def run(trials: int, seed: int, synchronous: str = "full") -> Result:
    """`synchronous` is SQLite's; anything below `full` is a fault that the trials must find."""
    begun = time.monotonic()
    failures = []
    for trial in range(trials):
        with tempfile.TemporaryDirectory() as folder:
            wrong = _trial(f"{seed}/{trial}", Path(folder), synchronous)
        failures += [f"trial {trial} of seed {seed}: {wrong}"] if wrong else []
    return Result("G2", "power loss, client", trials, failures, seed, time.monotonic() - begun)


def _trial(seed: str, folder: Path, synchronous: str) -> str:
    random = Random(seed)
    person = _Person(random)
    twin = MemoryStore()
    path = folder / "store.db"
    SqliteStore(path, START_MS).close()
    power = FailingPower(random, random.randrange(1, LATEST_WRITE))
    in_flight: list[Op] = []
    with (
        suppress(StoreFull, StoreDamaged, apsw.IOError),
        closing(SqliteStore(path, START_MS, power.name)) as store,
    ):
        store._writer.pragma("synchronous", synchronous)
        for _ in range(STEPS):
            if random.random() < 0.15:
                store.tidy()
                continue
            in_flight = person.ops()
            store.apply(in_flight)
            twin.apply(in_flight)
            in_flight = []
        power.go()
    power.unregister()
    assert power.kept is not None
    after = folder / "after"
    after.mkdir()
    for name, content in power.kept.items():
        (after / name).write_bytes(content)
    return _lost(after / path.name, twin, in_flight, person)


def _lost(path: Path, twin: Store, in_flight: list[Op], person: _Person) -> str:
    try:
        with closing(SqliteStore(path, START_MS)) as again:
            lost = _differences(again, twin, person)
            if lost and in_flight:
                twin.apply(in_flight)
                lost = _differences(again, twin, person)
            whole = again._reader.pragma("integrity_check")
    except StoreDamaged as error:
        return f"refused: {error}"
    return lost or ("" if whole == "ok" else str(whole))


def _differences(one: Store, other: Store, person: _Person) -> str:
    log = person.log.log
    questions: dict[str, Callable[[Store], object]] = {
        "outbox": lambda store: store.outbox(SERVER),
        "servers": lambda store: store.servers(),
        "held": lambda store: store.held(SERVER),
        "events": lambda store: store.events(SERVER, log, 0, EVENTS),
        "state": lambda store: store.state(SERVER, log),
        "messages": lambda store: store.messages(SERVER, log, before_row=EVENTS, limit=EVENTS),
        "search": lambda store: [store.search(word, log=log) for word in WORDS],
    }
    return "; ".join(name for name, ask in questions.items() if ask(one) != ask(other))


class _Person:
    """Writes, receives, scrolls back and reads: what the core would tell the store, in the order it would."""

    def __init__(self, random: Random) -> None:
        self.log = _conversation(random)
        self._random = random
        self._before = self._head = 40
        self._rows: dict[int, OutboxRow] = {}
        self._place = 0
        self._begun = False

    def ops(self) -> list[Op]:
        """What goes to the store as one transaction."""
        if not self._begun:
            self._begun = True
            return [JOINED, self.log.hold(self._head)]
        return [op for _ in range(self._random.randrange(1, 4)) for op in self._step()]

    def _step(self) -> list[Op]:
        random, log = self._random, self.log
        match random.choice(("write", "write", "write", "send", "receive", "receive", "back", "drop", "mark")):
            case "write":
                return [self._put(self._new_row())]
            case "send" if self._rows:
                row = random.choice(list(self._rows.values()))
                return [self._put(replace(row, delivery=Delivery.SENT))]
            case "drop" if self._rows:
                place = random.choice(list(self._rows))
                return [RowGone(self._rows.pop(place))]
            case "back" if self._before > 0:
                first, self._before = self._before + 1, max(0, self._before - random.randrange(1, 8))
                return [log.extend_back(self._before, first)]
            case "receive" if self._head < log.head:
                after, self._head = self._head, min(log.head, self._head + random.randrange(1, 6))
                mine = {event.cid for event in log.events[after : self._head] if event.by == ME}
                gone = [self._rows.pop(place) for place, row in list(self._rows.items()) if row.cid in mine]
                return [log.extend(after, self._head), *map(RowGone, gone)]
        return [Marked(SERVER, log.log, random.randrange(EVENTS))]

    def _new_row(self) -> OutboxRow:
        """An own message: often one that comes back later, which takes the row away in the same step."""
        self._place += 1
        ahead = [event for event in self.log.events[self._head :] if event.by == ME and event.kind == "text"]
        written = {row.cid for row in self._rows.values()}
        ours = [event.cid for event in ahead if event.cid not in written]
        cid = ours[0] if ours else new_cid(START_MS + self._place, self._random.randbytes(10))
        return OutboxRow(SERVER, self._place, self.log.log, cid, "text", bytes(encode_body(Text("waits"))))

    def _put(self, row: OutboxRow) -> Op:
        self._rows[row.place] = row
        return RowChanged(row)


def _conversation(random: Random) -> WrittenLog:
    log = WrittenLog()
    said: list[Ref] = []
    while log.head < EVENTS:
        by, word = member(random.randrange(3)), random.choice(WORDS)
        match random.choice(("text", "text", "text", "edit", "react", "delete", "topic")):
            case "edit" if said:
                log.change(random.choice(said), Edit(f"{word} edited"), by)
            case "react" if said:
                log.change(random.choice(said), React("👍"), by)
            case "delete" if said:
                log.change(said.pop(random.randrange(len(said))), Delete(), by)
            case "topic":
                log.set("topic", Topic(word), by)
            case _:
                said.append(log.say(word, by))
    return log
