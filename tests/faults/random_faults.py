"""G6: random faults against real clients and a real server, and a checker over all that was said (P1–P5, P8, P10).

Each client connects through a proxy of its own, which cuts, holds, slows, slices and refuses at random; the server is
killed and comes back; clients end and begin again over their profiles. Then everything is healed, and after a while
of quiet all must hold the same log, with everything in it that was written, once, in order.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

from chat_protocol.events import Event, EventClass
from chat_protocol.ids import Cid, LogId, Ref
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Faulted, Notice, Restored
from desktop_chat.core.sentences import ChatError
from desktop_chat.core.server import Server
from desktop_chat.store.contract import Delivery, Extended, RowChanged
from tests.faults.history import History, check
from tests.faults.proxy import FaultProxy, Line
from tests.faults.real_client import open_client
from tests.faults.result import Result
from tests.faults.workplace import House, Workplace
from tests.waiting import woken

CLIENTS = 5
FAULTS_S = 8.0
QUIET_GUARD_S = 60.0
"""After the heal everything is equal within 5 s (P10) where nothing else runs; this is against hangs."""


def run(trials: int, seed: int, faults_s: float = FAULTS_S) -> Result:
    """`trials` histories with so many seconds of faults each."""
    return asyncio.run(histories(trials, seed, faults_s))


async def histories(trials: int, seed: int, faults_s: float = FAULTS_S) -> Result:
    started = time.monotonic()
    failures: list[str] = []
    told = Told()
    for number in range(trials):
        found = await _history(seed * 1_000_003 + number, faults_s, told)
        failures += [f"history {number}: {line}" for line in found]
    what = (
        f"random faults: {told.written:,} events of {CLIENTS} clients, {told.faults:,} faults, "
        f"{told.server_kills} server kills, all equal {told.slowest_heal_s:.1f} s after the heal at the latest"
    )
    return Result("G6", what, trials, failures, seed, time.monotonic() - started)


class Told:
    """What the histories came to."""

    def __init__(self) -> None:
        self.written = 0
        self.faults = 0
        self.server_kills = 0
        self.slowest_heal_s = 0.0


async def _history(seed: int, faults_s: float, told: Told) -> list[str]:
    history = History()
    async with Workplace(seed) as place, AsyncExitStack() as stack:
        house = await place.found()
        people: list[Person] = []
        for number in range(CLIENTS):
            target = ("127.0.0.1", house.server.port)
            proxy = await stack.enter_async_context(FaultProxy(target, seed + number))
            person = Person(f"person {number}", place, house, proxy, history)
            stack.push_async_callback(person.leave)
            await person.come()
            people.append(person)
        until_s = asyncio.get_running_loop().time() + faults_s
        async with asyncio.TaskGroup() as tasks:
            for person in people:
                tasks.create_task(person.act(until_s))
                tasks.create_task(_weather(person, until_s, told))
            tasks.create_task(_kill_servers(place.random, house, until_s, told))
        failures = await _heal(house, people, history, told)
        told.written += len(history.written)
    return failures + place.findings


async def _heal(house: House, people: list[Person], history: History, told: Told) -> list[str]:
    """Ends the faults, waits for quiet, and compares."""
    started = asyncio.get_running_loop().time()
    for person in people:
        await person.heal()
    failures: list[str] = []
    try:
        async with asyncio.timeout(QUIET_GUARD_S):
            for person in people:
                await person.all_stored()
            head, _events = await house.whole_log()
            for person in people:
                await person.caught_up(head.seq)
    except TimeoutError:
        failures += [f"hang: {person.state()} after {QUIET_GUARD_S:.0f} s of quiet" for person in people]
    told.slowest_heal_s = max(told.slowest_heal_s, asyncio.get_running_loop().time() - started)
    _head, final = await house.whole_log()
    for person in people:
        failures += person.odd
        if (held := person.held()) is not None:
            history.ended[person.name] = held
        failures += _differences(person.name, person.copy(len(final)), final)
    unanswered = {ref for ref in history.written if ref not in dict(history.acked)}
    failures += [f"lost: {ref.cid} was never stored" for ref in sorted(unanswered)]
    return failures + check(history, house.room, final)


def _differences(name: str, copy: Sequence[Event], final: Sequence[Event]) -> list[str]:
    """A copy is the end of the log, however far it reaches down."""
    if copy and [event.seq for event in copy] != list(range(len(final) - len(copy) + 1, len(final) + 1)):
        return [f"copy: {name} holds {copy[0].seq} to {copy[-1].seq}, {len(copy)} events, of {len(final)}"]
    there = final[len(final) - len(copy) :]
    return [f"copy: {name} holds {mine}, the log {its}" for mine, its in zip(copy, there, strict=True) if mine != its][
        :3
    ]


async def _kill_servers(random: Random, house: House, until_s: float, told: Told) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(random.uniform(1, 5))
        if loop.time() > until_s:
            return
        told.server_kills += 1
        await house.server.kill()
        await asyncio.sleep(random.uniform(0, 0.5))
        await house.server.start()


async def _weather(person: Person, until_s: float, told: Told) -> None:
    """One fault after the other on one client's line."""
    random, proxy, loop = person.random, person.proxy, asyncio.get_running_loop()
    while loop.time() < until_s:
        await asyncio.sleep(random.uniform(0, 0.8))
        told.faults += 1
        match random.choice(("cut", "cut at", "hold", "one way", "refuse", "slow", "slices", "narrow", "leave")):
            case "cut":
                proxy.cut()
            case "cut at":
                for link in proxy.open_links():
                    random.choice(link.pipes).cut_after(random.randrange(600))
            case "hold":
                proxy.hold()
                await asyncio.sleep(random.uniform(0, 1.5))
                proxy.release()
            case "one way":
                up = random.random() < 0.5
                proxy.hold(up=up, down=not up)
                await asyncio.sleep(random.uniform(0, 1.5))
                proxy.release()
            case "refuse":
                proxy.refusing = True
                proxy.cut()
                await asyncio.sleep(random.uniform(0, 1))
                proxy.refusing = False
            case "slow":
                proxy.up = proxy.down = Line(delay_s=0.2, jitter_s=0.3)
                proxy.cut()
            case "slices":
                proxy.up = proxy.down = Line(slice_bytes=1)
                proxy.cut()
            case "narrow":
                proxy.up = proxy.down = Line(bytes_per_s=20_000)
                proxy.cut()
            case _:
                await person.leave()
                await person.come()


class Person:
    """A client over one profile, which may end and begin again."""

    def __init__(self, name: str, place: Workplace, house: House, proxy: FaultProxy, history: History) -> None:
        self.name = name
        self.proxy = proxy
        self.random = Random(place.random.random())
        self.odd: list[str] = []
        self._place = place
        self._room: LogId = house.room
        self._link = house.link(proxy.port)
        self._folder: Path = place.folder / name
        self._history = history
        self._known: set[Cid] = set()
        self._changed = asyncio.Event()
        self._stack = AsyncExitStack()
        self._writing = asyncio.Lock()
        """Held while something is written: the client does not end in the middle."""
        self._client: Client | None = None
        self._server: Server | None = None

    async def come(self) -> None:
        client = open_client(self._stack, self._folder, lambda: self.random.random() / 4)
        client.on_notice = self._heard
        client.on_error = self._failed
        client.start()
        self._client = client
        self._server = next(iter(client.servers.values()), None) or await client.join(self._link, self.name)
        while self._room not in self._server.session.sync.held:
            await self._change()

    async def leave(self) -> None:
        async with self._writing:
            self._client = self._server = None
            await self._stack.aclose()

    async def act(self, until_s: float) -> None:
        """Writes, edits and reacts."""
        number = 0
        while asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(self.random.uniform(0, 0.3))
            async with self._writing:
                number += 1
                await self._write(number)

    async def _write(self, number: int) -> None:
        if (server := self._server) is not None:
            seen = [
                event.ref
                for event in server.store.events(server.id, self._room, max(0, self._seq() - 20), 20)
                if event.cls is EventClass.MESSAGE
            ]
            mine = [ref for ref in seen if ref.member == server.me]
            choice = self.random.random()
            if choice < 0.15 and mine:
                await server.edit(self._room, self.random.choice(mine), self._place.text(f"{self.name} edit {number}"))
            elif choice < 0.3 and seen:
                await server.react(self._room, self.random.choice(seen), "👍", on=self.random.random() < 0.7)
            else:
                reply = self.random.choice(seen) if seen and choice > 0.9 else None
                await server.send_text(self._room, self._place.text(f"{self.name}: {number}"), reply)

    async def heal(self) -> None:
        self.proxy.refusing = False
        self.proxy.up = self.proxy.down = Line()
        self.proxy.release()
        self.proxy.cut()
        assert self._client is not None
        self._client.woke()

    async def all_stored(self) -> None:
        while self._rows():
            await self._change()

    async def caught_up(self, seq: int) -> None:
        while self._seq() < seq:
            await self._change()
        assert self._server is not None
        await self._server.driver.durable()  # the session knows of it before the store holds it

    def state(self) -> str:
        return f"{self.name} is at {self._seq()} with {self._rows()} events waiting"

    def held(self) -> tuple[int, bytes] | None:
        if self._server is None or (held := self._server.session.sync.held.get(self._room)) is None:
            return None
        return held.at.seq, held.at.h

    def copy(self, count: int) -> list[Event]:
        """The events that the store holds."""
        assert self._server is not None
        return self._server.store.events(self._server.id, self._room, 0, count + 1)

    def _seq(self) -> int:
        held = self.held()
        return held[0] if held is not None else 0

    def _rows(self) -> int:
        return len(self._server.store.outbox(self._server.id)) if self._server is not None else 0

    async def _change(self) -> None:
        await woken(self._changed)

    def _heard(self, server: Server, notice: Notice) -> None:
        self._changed.set()
        match notice:
            case RowChanged(row=row) if row.log == self._room:
                ref = Ref(server.me, row.cid)
                self._known.add(row.cid)
                self._history.write(self.name, ref, row.body)  # an edit changes what never left this device
                if row.delivery is Delivery.STORED and row.seq is not None:
                    self._history.ack(ref, row.seq)
                if row.delivery is Delivery.REFUSED:
                    self.odd.append(f"refused: {self.name}: {row.kind} {row.code}")
            case Extended(log=log, events=events) if log == self._room:
                for event in events:
                    self._history.read(self.name, event)
                    if event.by == server.me and event.cid in self._known:
                        self._history.ack(event.ref, event.seq)
            case Faulted() | Restored():
                self.odd.append(f"fault: {self.name}: {notice}")

    def _failed(self, _server: Server | None, error: BaseException) -> None:
        if not isinstance(error, ChatError):
            self.odd.append(f"crash: {self.name}: {error!r}")
