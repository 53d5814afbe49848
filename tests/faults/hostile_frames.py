"""G3: hostile frames over real sockets: no crash, no hang, no effect on a well-behaved member beside them (P13, D5)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from random import Random

from chat_protocol import frames
from chat_protocol.errors import Code
from chat_protocol.ids import Ref
from tests.faults.chatter import DISCONNECTED, Chatter
from tests.faults.history import History, check
from tests.faults.hostile import Generator, Hostile, How, Known
from tests.faults.result import Result
from tests.faults.workplace import House, Workplace
from tests.wire import GUARD_S, Key, Wire

ATTACKERS = 4
PROBE_EVERY = 10
"""Hostile frames between two right requests, each of which must be answered or find the connection closed."""
ANSWER_GUARD_S = 5.0
"""The well-behaved member never waits longer for an answer."""


def run(trials: int, seed: int) -> Result:
    """`trials` hostile frames."""
    return asyncio.run(attack(trials, seed))


async def attack(trials: int, seed: int) -> Result:
    started = time.monotonic()
    history = History()
    failures: list[str] = []
    async with Workplace(seed) as place:
        house = await place.found()
        good = Chatter("well-behaved", await house.join("well-behaved"), house.room, house.connect, history)
        pid = house.server.pid
        attackers = [await Attacker.begin(place, house, number) for number in range(ATTACKERS)]
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(good.run())
            writing = tasks.create_task(_talk(place, good))
            async with asyncio.TaskGroup() as attacks:
                for number, attacker in enumerate(attackers):
                    attacks.create_task(attacker.attack(trials // ATTACKERS + (number < trials % ATTACKERS)))
            writing.cancel()
            try:
                async with asyncio.timeout(GUARD_S):
                    await good.all_answered()
            except TimeoutError:
                failures.append(f"hang: {good.waiting} messages of the well-behaved member wait for an answer")
            running.cancel()
        if not house.server.is_running or house.server.pid != pid:
            failures.append("crash: the server is not the process that it was")
        else:
            _head, final = await house.whole_log()
            failures += check(history, house.room, final)
    failures += [line for attacker in attackers for line in attacker.findings()]
    failures += good.faults + place.findings
    if good.connections != 1:
        failures.append(f"effect: the well-behaved member was cut off {good.connections - 1} times")
    if good.slowest_answer_s > ANSWER_GUARD_S:
        failures.append(f"effect: the well-behaved member waited {good.slowest_answer_s:.1f} s for an answer")
    cut = sum(attacker.cut for attacker in attackers)
    what = (
        f"hostile frames: {cut:,} cut a connection, the others were refused; beside them "
        f"{len(history.acked):,} messages, slowest answer {good.slowest_answer_s * 1000:.0f} ms"
    )
    return Result("G3", what, trials, failures, seed, time.monotonic() - started)


async def _talk(place: Workplace, good: Chatter) -> None:
    number = 0
    while True:
        number += 1
        good.write(place.text(f"good {number}"))
        await asyncio.sleep(0.12)


class Attacker:
    """A member who says what nobody should."""

    def __init__(self, place: Workplace, house: House, number: int, key: Key, known: Known) -> None:
        self.cut = 0
        self.answers: Counter[int] = Counter()
        self.odd: list[str] = []
        self._house = house
        self._key = key
        self._random = Random(place.random.random())
        self._generator = Generator(self._random, known)
        self._source = f"attacker {number}"

    @classmethod
    async def begin(cls, place: Workplace, house: House, number: int) -> Attacker:
        key = await house.join(f"attacker {number}")
        async with await house.connect() as wire:
            await wire.login(house.host.on_another_device())
            sent = await wire.say(house.room, place.text(f"for attacker {number}"))
        known = Known(key.member, house.host.member, house.room, Ref(house.host.member, sent.cid))
        return cls(place, house, number, key, known)

    async def attack(self, count: int) -> None:
        while count > 0:
            count -= 1
            await self._as_a_stranger(self._generator.next())
            wire = await self._house.connect()
            await wire.login(self._key)
            try:
                while count > 0:
                    for _ in range(min(PROBE_EVERY, count)):
                        count -= 1
                        await self._say(wire, self._generator.next())
                        await asyncio.sleep(0)  # a cut is noticed between two frames
                    await self._probe(wire)
            except DISCONNECTED as ended:
                self.cut += 1
                if isinstance(ended, TimeoutError):
                    self.odd.append(f"hang: {self._source}: a right request was neither answered nor cut off")
            finally:
                self._count(wire)
                wire.abort()
                await wire.socket.wait_closed()

    async def _as_a_stranger(self, hostile: Hostile) -> None:
        """Instead of a login; the connection ends by that."""
        wire = await self._house.connect()
        try:
            await self._say(wire, hostile)
            await wire.ended()
            if any(isinstance(frame, frames.Welcome) for frame in wire.seen):
                self.odd.append(f"let in: {self._source}, by {hostile.what}")
        except TimeoutError:
            self.odd.append(f"hang: a stranger's connection stays open after {hostile.what}")
        except DISCONNECTED:
            pass
        finally:
            self._count(wire)
            wire.abort()
            await wire.socket.wait_closed()

    async def _say(self, wire: Wire, hostile: Hostile) -> None:
        match hostile.how:
            case How.TEXT:
                await wire.write_bytes(hostile.data)
            case How.BINARY:
                await wire.socket.send(hostile.data)
            case How.RAW:
                wire.socket.transport.write(hostile.data)

    async def _probe(self, wire: Wire) -> None:
        """A right request; its answer may be that there were too many."""
        await wire.request(lambda re: frames.Mark(re, self._house.room, 1))
        self._count(wire)

    def _count(self, wire: Wire) -> None:
        """Counts what was answered: each request once, and never that the server made a mistake."""
        for frame in wire.seen:
            if isinstance(frame, frames.Ok | frames.Err | frames.Welcome) and frame.re is not None:
                self.answers[frame.re] += 1
            codes = [frame.code] if isinstance(frame, frames.Err | frames.Bye) else []
            codes += [sent.err.code for sent in getattr(frame, "res", None) or [] if sent.err is not None]
            if Code.INTERNAL in codes:
                self.odd.append(f"crash: {self._source} was answered `internal`")
        wire.seen.clear()

    def findings(self) -> list[str]:
        twice = [re for re, count in self.answers.items() if count > 1 and re > 1_000_000]
        return self.odd + [f"answered twice: {self._source}: request {re}" for re in twice]
