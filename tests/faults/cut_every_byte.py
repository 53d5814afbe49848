"""G5: the connection is cut after each number of bytes of a send, and of what the server answers to it.

The offsets are those of the exchange as it is: TLS records, frames and all, counted by the proxy between the moment
before the send and the moment when its answer is there. After each cut the same cid goes again over a new connection.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

from chat_protocol import frames
from chat_protocol.events import Entry, Make, Text
from chat_protocol.frames import Sent
from chat_protocol.ids import LogId, Ref, b64, unb64
from tests.faults.chatter import DISCONNECTED
from tests.faults.history import History, check
from tests.faults.proxy import FaultProxy, Link
from tests.faults.result import Result
from tests.faults.workplace import House, Workplace
from tests.wire import Key, Wire, entry

WORKERS = 4
MARGIN = 8
"""Offsets beyond the exchange that was measured: seqs grow, and with them their digits."""
SIZES = (60,)
ALL_SIZES = (60, 2_000, 15_000)


class Cut(NamedTuple):
    direction: str
    offset: int
    size: int
    """Of the text."""


class Exchange(NamedTuple):
    """Bytes that went from the send to its answer."""

    up: int
    down: int


def run(trials: int, seed: int, sizes: Sequence[int] = SIZES) -> Result:
    """`trials` cuts, spread evenly over all offsets; 0: one at each."""
    return asyncio.run(cuts(trials, seed, sizes))


async def cuts(trials: int, seed: int, sizes: Sequence[int] = SIZES) -> Result:
    started = time.monotonic()
    measured: list[str] = []
    async with Workplace(seed) as place:
        house = await place.found()
        workers = [await Worker.begin(place, house, number) for number in range(WORKERS)]
        plan: list[Cut] = []
        for size in sizes:
            exchange = await workers[0].measure(size)
            measured.append(f"{exchange.up}+{exchange.down}")
            plan += [
                Cut(direction, offset, size)
                for direction, count in (("up", exchange.up), ("down", exchange.down))
                for offset in range(count + MARGIN)
            ]
        if trials:
            plan = [plan[number * len(plan) // trials] for number in range(trials)]
        place.random.shuffle(plan)
        waiting = iter(plan)
        async with asyncio.TaskGroup() as tasks:
            for worker in workers:
                tasks.create_task(worker.work(waiting))
        failures = [line for worker in workers for line in await worker.findings()]
    failures += place.findings
    what = (
        f"cut at byte offsets of a send and its answer ({', '.join(measured)} bytes): "
        f"{sum(one.answered for one in workers)} answered before the cut, "
        f"{sum(one.stored for one in workers)} stored and not answered"
    )
    return Result("G5", what, len(plan), failures, seed, time.monotonic() - started)


class Worker:
    """A member in a room of its own: nothing but its own exchange is on its connections."""

    def __init__(self, place: Workplace, house: House, key: Key, room: LogId) -> None:
        self.answered = 0
        """Exchanges that were over before the cut."""
        self.stored = 0
        """Messages that were stored though no answer came through."""
        self._place = place
        self._house = house
        self._key = key
        self._room = room
        self._history = History()
        self._failures: list[str] = []

    @classmethod
    async def begin(cls, place: Workplace, house: House, number: int) -> Self:
        key = await house.join(f"worker {number}")
        room = LogId(b64(place.random.randbytes(16)))
        async with await house.connect() as wire:
            await wire.login(key)
            made = await wire.append(room, "make", Make(f"room {number}"), key="make")
            assert made.err is None, made
        return cls(place, house, key, room)

    async def measure(self, size: int) -> Exchange:
        """An exchange without a cut."""
        async with FaultProxy(("127.0.0.1", self._house.server.port)) as proxy:
            wire, link = await self._connect(proxy, self._key.on_another_device())
            before = Exchange(link.up.passed, link.down.passed)
            await self._send(wire, self._key, self._entry(size))
            after = Exchange(link.up.passed, link.down.passed)
            wire.abort()
        return Exchange(after.up - before.up, after.down - before.down)

    async def work(self, waiting: Iterator[Cut]) -> None:
        """Makes cuts as long as some are waiting."""
        async with FaultProxy(("127.0.0.1", self._house.server.port)) as proxy:
            for cut in waiting:
                await self._cut(proxy, self._key.on_another_device(), cut)

    async def findings(self) -> list[str]:
        _head, final = await self._house.whole_log(self._room, key=self._key)
        return self._failures + check(self._history, self._room, final)

    async def _cut(self, proxy: FaultProxy, key: Key, cut: Cut) -> None:
        one = self._entry(cut.size)
        wire, link = await self._connect(proxy, key)
        (link.up if cut.direction == "up" else link.down).cut_after(cut.offset)
        first: Sent | None = None
        try:
            first = await self._send(wire, key, one)
            self.answered += 1
        except DISCONNECTED:
            pass
        wire.abort()
        wire, _link = await self._connect(proxy, key)
        again = await self._send(wire, key, one)
        wire.abort()
        if first is None:
            self.stored += again.dup
        elif not again.dup:
            self._failures.append(f"doubled: {cut}: what was acknowledged as {first.seq} was stored again")

    def _entry(self, size: int) -> Entry:
        return entry(self._room, "text", Text(self._place.text("x" * size)))

    async def _send(self, wire: Wire, key: Key, one: Entry) -> Sent:
        """Raises `DISCONNECTED`."""
        ref = Ref(key.member, one.cid)
        self._history.write(b64(key.device), ref, one.body)
        (sent,) = await wire.send(one)
        assert sent.seq is not None, sent
        self._history.ack(ref, sent.seq)
        return sent

    async def _connect(self, proxy: FaultProxy, key: Key) -> tuple[Wire, Link]:
        """A connection that follows the room and on which nothing is under way."""
        wire = await self._house.connect(proxy.port)
        welcome = await wire.login(key)
        (head,) = (one for one in welcome.logs if one.log == self._room)
        at = (head.head, b64(unb64(head.h)[:8]))
        followed = await wire.request(lambda re: frames.Follow(re, {self._room: at}))
        assert isinstance(followed, frames.Ok), followed
        return wire, proxy.links[-1]
