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
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from msgspec import Raw
from websockets.exceptions import ConnectionClosed

from chat_protocol import codec, frames
from chat_protocol.events import Text, decode_event
from chat_protocol.ids import b64, unb64
from tests.faults.permission_cells import NO_LIMITS
from tests.faults.result import Result
from tests.faults.workplace import House, Workplace
from tests.wire import GUARD_S, Key, Wire, entry

WARM_PHASES = 6
STEADY = 256 * 1024
"""Caches have filled when a phase leaves the server with less than so much more memory."""
RECEIVE_BUFFER = 4_096
JUDGED_FROM = 3
"""With fewer pairs of phases the 99th percentiles are told and not judged: one hiccup of the machine is in them."""
MOST_MEMORY = 2 * 1024 * 1024
MOST_SLOWER = 1.10


@dataclass(frozen=True)
class Load:
    """What a run puts on the server."""

    readers: int = 10
    """Who read as fast as they can."""
    slow: int = 1
    """Who stop."""
    rate_per_s: float = 200
    text_bytes: int = 3_000
    phase_s: float = 6.0
    """At the rate, several times what a stopped reader's buffers hold; and well below `limits.DRAIN_S`, after which the
    server parts with whoever takes nothing."""


LOAD = Load()
MANY = Load(readers=150, slow=50, rate_per_s=20, text_bytes=6_000, phase_s=15.0)
"""As many deliveries a second as one process can take in."""


class Phase(NamedTuple):
    p99_ms: float
    grown: int
    """Bytes of memory that the server has more than before it."""


def run(trials: int, seed: int, load: Load = LOAD) -> Result:
    """`trials` pairs of phases, one with stopped readers and one without; up to three times as many when what was
    measured first is over the limit, all of which count."""
    return asyncio.run(phases(trials, seed, load))


async def phases(trials: int, seed: int, load: Load) -> Result:
    started = time.monotonic()
    failures: list[str] = []
    without: list[Phase] = []
    with_slow: list[Phase] = []
    async with Workplace(seed) as place, AsyncExitStack() as stack:
        house = await place.found(*NO_LIMITS)
        stage = _Room(place, house, load)
        await stage.open(stack)
        async with asyncio.TaskGroup() as tasks:
            reading = [tasks.create_task(stage.read(wire)) for wire in stage.wires]
            for _ in range(WARM_PHASES):
                if (await stage.phase(load.phase_s / 2)).grown < STEADY:
                    break
            while len(with_slow) < trials or (
                trials >= JUDGED_FROM and _slower(without, with_slow) > MOST_SLOWER and len(with_slow) < 3 * trials
            ):
                for is_slow in (False, True) if len(with_slow) % 2 == 0 else (True, False):
                    if not is_slow:
                        without.append(await stage.phase(load.phase_s))
                        continue
                    stopped = [await StoppedReader.begin(house) for _ in range(load.slow)]
                    with_slow.append(await stage.phase(load.phase_s))
                    for one in stopped:
                        one.go_on()
                    for one in stopped:
                        failures += await one.catch_up(stage.last_seq)
            failures += [f"lost: {stage.lost} messages were not delivered"] if stage.lost else []
            for task in reading:
                task.cancel()
    grown = sum(one.grown for one in with_slow) - sum(one.grown for one in without)
    slower = _slower(without, with_slow)
    if grown > MOST_MEMORY * load.slow:
        failures.append(f"memory: {grown / 2**20:.1f} MiB more with {load.slow} stopped readers")
    if slower > MOST_SLOWER and trials >= JUDGED_FROM:
        failures.append(f"slower: the others' 99th percentile is {slower:.2f} of that without")
    what = (
        f"{load.slow} stopped of {load.readers + load.slow} readers at {load.rate_per_s} msg/s: memory "
        f"{grown / 2**20:+.1f} MiB, others' p99 {_median([one.p99_ms for one in with_slow]):.1f} ms, "
        f"{slower:.2f} of that without"
    )
    return Result("G9", what, len(with_slow), failures + place.findings, seed, time.monotonic() - started)


def _slower(without: Sequence[Phase], with_slow: Sequence[Phase]) -> float:
    return _median([after.p99_ms / before.p99_ms for before, after in zip(without, with_slow, strict=True)])


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


class _Room:
    """A room with readers who note how long each message took."""

    def __init__(self, place: Workplace, house: House, load: Load) -> None:
        self.wires: list[Wire] = []
        self.last_seq = 0
        self.lost = 0
        self._place = place
        self._house = house
        self._numbers = itertools.count(1)
        self._sent_s: dict[int, float] = {}
        self._waits_ms: list[float] = []
        self._arrived = asyncio.Event()
        self._load = load
        self._padding = "x" * load.text_bytes

    async def open(self, stack: AsyncExitStack) -> None:
        for number in range(self._load.readers):
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
        memory = self._house.server.memory_bytes()
        started = loop.time()
        count = int(seconds * self._load.rate_per_s)
        for number in range(count):
            await asyncio.sleep(started + number / self._load.rate_per_s - loop.time())
            await self._say(self.wires[number % len(self.wires)])
        expected = count * len(self.wires)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GUARD_S):
                while len(self._waits_ms) < expected:
                    self._arrived.clear()
                    await self._arrived.wait()
        self.lost += expected - len(self._waits_ms)
        grown = self._house.server.memory_bytes() - memory
        return Phase(statistics.quantiles(self._waits_ms, n=100)[98], grown)

    async def _say(self, wire: Wire) -> None:
        number = next(self._numbers)
        one = entry(self._house.room, "text", Text(f"{number} {self._place.word} {self._padding}"))
        frame = frames.Send(wire.next_id(), [Raw(msgspec.json.encode(one))])
        self._sent_s[number] = asyncio.get_running_loop().time()
        await wire.write(frame)


class StoppedReader:
    """Follows the room and takes nothing, until it is to go on."""

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

    def go_on(self) -> None:
        """Takes again, at first what fits its buffers."""
        self._wire.socket.transport.resume_reading()

    async def catch_up(self, seq: int) -> list[str]:
        """Takes what it was spared: all of it must come."""
        try:
            async with asyncio.timeout(GUARD_S):
                events = await self._wire.until(self._house.room, seq)
        except (TimeoutError, ConnectionClosed) as error:
            return [f"lost: a reader that stopped did not get all up to {seq}: {error!r}"]
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
