"""G9, D7, P14: readers that take nothing cost the server a bounded bit of memory and the others nothing.

Phases with and without stopped readers alternate in one run, so that what else the machine does falls on both. In
each, messages come at a fixed rate whatever the answers do, and every other reader notes how long each one took.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple

import msgspec
from msgspec import Raw

from chat_protocol import codec, frames
from chat_protocol.events import Text, decode_event
from chat_protocol.ids import b64, unb64
from tests.faults.permission_cells import NO_LIMITS
from tests.faults.result import Result
from tests.faults.workplace import House, Workplace
from tests.wire import GUARD_S, Key, Wire, entry

RATE_PER_S = 200
TEXT_BYTES = 3_000
"""So that a phase is several times what a stopped reader's buffers hold."""
PHASE_S = 6.0
READERS = 10
RECEIVE_BUFFER = 4_096
JUDGED_FROM = 3
"""With fewer pairs of phases the 99th percentiles are told and not judged: one hiccup of the machine is in them."""
MOST_MEMORY = 2 * 1024 * 1024
MOST_SLOWER = 1.10


class Phase(NamedTuple):
    p99_ms: float
    memory: int


def run(trials: int, seed: int, slow: int = 1, readers: int = READERS) -> Result:
    """`trials` pairs of phases, one with `slow` stopped readers and one without, beside `readers` others."""
    return asyncio.run(phases(trials, seed, slow, readers))


async def phases(trials: int, seed: int, slow: int = 1, readers: int = READERS, phase_s: float = PHASE_S) -> Result:
    started = time.monotonic()
    failures: list[str] = []
    without: list[Phase] = []
    with_slow: list[Phase] = []
    async with Workplace(seed) as place, AsyncExitStack() as stack:
        house = await place.found(*NO_LIMITS)
        stage = _Room(place, house)
        await stage.open(stack, readers)
        async with asyncio.TaskGroup() as tasks:
            reading = [tasks.create_task(stage.read(wire)) for wire in stage.wires]
            await stage.phase(phase_s / 2)  # warm
            for number in range(trials):
                for is_slow in (False, True) if number % 2 == 0 else (True, False):
                    if not is_slow:
                        without.append(await stage.phase(phase_s))
                        continue
                    stopped = [await StoppedReader.begin(house) for _ in range(slow)]
                    with_slow.append(await stage.phase(phase_s))
                    for one in stopped:
                        failures += await one.catch_up(stage.last_seq)
            failures += [f"lost: {stage.lost} messages were not delivered"] if stage.lost else []
            for task in reading:
                task.cancel()
    grown = _median([after.memory - before.memory for before, after in zip(without, with_slow, strict=True)])
    slower = _median([after.p99_ms / before.p99_ms for before, after in zip(without, with_slow, strict=True)])
    if grown > MOST_MEMORY * slow:
        failures.append(f"memory: {grown / 2**20:.1f} MiB more with {slow} stopped readers")
    if slower > MOST_SLOWER and trials >= JUDGED_FROM:
        failures.append(f"slower: the others' 99th percentile is {slower:.2f} of that without")
    what = (
        f"{slow} stopped of {readers + slow} readers at {RATE_PER_S} msg/s: memory {grown / 2**20:+.1f} MiB, "
        f"others' p99 {_median([one.p99_ms for one in with_slow]):.1f} ms, {slower:.2f} of that without"
    )
    return Result("G9", what, trials, failures + place.findings, seed, time.monotonic() - started)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


class _Room:
    """A room with readers who note how long each message took."""

    def __init__(self, place: Workplace, house: House) -> None:
        self.wires: list[Wire] = []
        self.last_seq = 0
        self.lost = 0
        self._place = place
        self._house = house
        self._numbers = itertools.count(1)
        self._sent_s: dict[int, float] = {}
        self._waits_ms: list[float] = []
        self._arrived = asyncio.Event()
        self._padding = "x" * TEXT_BYTES

    async def open(self, stack: AsyncExitStack, readers: int) -> None:
        for number in range(readers):
            key = await self._house.join(f"reader {number}")
            wire = await self._house.connect(source=self._house.new_source())
            stack.callback(wire.abort)
            await _follow(wire, self._house, key)
            self.wires.append(wire)

    async def read(self, wire: Wire) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            data = await wire.socket.recv(decode=False)
            now_s = loop.time()
            frame = codec.decode_server(data)
            if isinstance(frame, frames.Events):
                for event in map(decode_event, frame.items):
                    if isinstance(event.body, Raw) and event.kind == "text":
                        text = msgspec.json.decode(event.body, type=Text).text
                        self._waits_ms.append((now_s - self._sent_s[int(text.partition(" ")[0])]) * 1000)
                    self.last_seq = max(self.last_seq, event.seq)
                self._arrived.set()

    async def phase(self, seconds: float) -> Phase:
        """Messages at the rate, by the readers in turn, for so long; then waits until all are there."""
        loop = asyncio.get_running_loop()
        self._waits_ms.clear()
        started = loop.time()
        count = int(seconds * RATE_PER_S)
        for number in range(count):
            await asyncio.sleep(started + number / RATE_PER_S - loop.time())
            await self._say(self.wires[number % len(self.wires)])
        expected = count * len(self.wires)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GUARD_S):
                while len(self._waits_ms) < expected:
                    self._arrived.clear()
                    await self._arrived.wait()
        self.lost += expected - len(self._waits_ms)
        return Phase(statistics.quantiles(self._waits_ms, n=100)[98], self._house.server.memory_bytes())

    async def _say(self, wire: Wire) -> None:
        number = next(self._numbers)
        one = entry(self._house.room, "text", Text(f"{number} {self._place.word} {self._padding}"))
        frame = frames.Send(wire.next_id(), [Raw(msgspec.json.encode(one))])
        self._sent_s[number] = asyncio.get_running_loop().time()
        await wire.write(frame)


class StoppedReader:
    """Follows the room and takes nothing, until it is to catch up."""

    def __init__(self, wire: Wire, house: House) -> None:
        self._wire = wire
        self._house = house

    @classmethod
    async def begin(cls, house: House) -> StoppedReader:
        key = await house.join(f"slow {time.monotonic_ns()}")
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)  # so that little hides in the system
        small.setblocking(False)
        await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", house.server.port))
        wire = await Wire.connect(house.server.port, house.server.fingerprint, sock=small)
        await _follow(wire, house, key)
        wire.socket.transport.pause_reading()
        return cls(wire, house)

    async def catch_up(self, seq: int) -> list[str]:
        """Takes what it was spared: all of it must come."""
        self._wire.socket.transport.resume_reading()
        try:
            async with asyncio.timeout(GUARD_S):
                events = await self._wire.until(self._house.room, seq)
        except TimeoutError:
            return [f"lost: a reader that stopped did not get all up to {seq}"]
        finally:
            self._wire.abort()
        seqs = [event.seq for event in events]
        return [] if seqs == list(range(seqs[0], seqs[0] + len(seqs))) else ["gap: in what a stopped reader got"]


async def _follow(wire: Wire, house: House, key: Key) -> None:
    """From the head on."""
    welcome = await wire.login(key)
    head = next(one for one in welcome.logs if one.log == house.room)
    at = (head.head, b64(unb64(head.h)[:8]))
    followed = await wire.request(lambda re: frames.Follow(re, {house.room: at}))
    assert isinstance(followed, frames.Ok), followed
