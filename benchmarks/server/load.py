"""Load: a number of messages kept in flight, or a number a second."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from benchmarks.rows import Run
from benchmarks.server.link import Link, RawLink, read_now_and_then
from benchmarks.server.member import Member, text_send
from benchmarks.server.processes import ServerProcess
from benchmarks.server.stage import Watch
from chat_protocol.ids import LogId
from chat_protocol.limits import SEND_EVENTS

TEXT_BYTES = 100
_TEXT_START = b'"text":"'
_STAMP = 20
_GUARD_S = 60.0
_READ_EVERY_S = 0.05


class Side(Protocol):
    """One end of a comparison: our server, or the raw one."""

    def start(self, window: int) -> Sequence[Link]:
        """Puts `window` messages in flight, and another one for each that is done, until `stop`. Returns those who
        send none."""

    def stop(self) -> None: ...

    @property
    def done(self) -> int:
        """How many messages are done: acknowledged, or back at their sender."""

    async def idle(self) -> None:
        """Returns when nothing is in flight."""

    async def everybody_has_everything(self) -> int:
        """Waits for the last receiver, and returns how many deliveries there were since the last call."""


class Saturated(NamedTuple):
    messages: Run
    """A second."""
    deliveries: Run
    """A second."""


async def saturate(side: Side, window: int, seconds: float, server: ServerProcess) -> Saturated:
    """Keeps `window` messages in flight for `seconds`, then waits until everybody has everything."""
    await side.everybody_has_everything()
    done = side.done
    watch = Watch(server)
    async with asyncio.timeout(_GUARD_S), asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(read_now_and_then(side.start(window), _READ_EVERY_S))
        await asyncio.sleep(seconds)
        side.stop()
        await side.idle()
        reading.cancel()
    deliveries = await side.everybody_has_everything()
    wall = watch.seconds()
    messages = side.done - done
    return Saturated(watch.run(messages / wall, count=messages), watch.run(deliveries / wall, count=deliveries))


class _Flight:
    """How many messages are in flight."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    def add(self, count: int) -> None:
        self._count += count
        if self._count == 0:
            self._none.set()
        else:
            self._none.clear()

    async def none(self) -> None:
        await self._none.wait()


class MembersOfRoom:
    """Everybody in one room of our server. Each sender has one `send` on the way, as the protocol asks of clients:
    with fewer members than messages in flight it holds several."""

    def __init__(self, room: LogId, members: Sequence[Member]) -> None:
        self.latencies_s: list[float] = []
        """From each `send` to its `ok`."""
        self._room = room
        self._members = members
        self._log = room.encode()
        self._seen = [member.seqs.get(self._log, 0) for member in members]
        self._text = os.urandom(TEXT_BYTES // 2).hex().encode()
        self._going = False
        self._in_flight = _Flight()
        self._done = 0

    @property
    def done(self) -> int:
        return self._done

    async def idle(self) -> None:
        await self._in_flight.none()

    def received(self, members: Sequence[Member]) -> tuple[int, int]:
        """The bytes and the events that `members` have received by now."""
        return sum(one.bytes_received for one in members), sum(one.seqs[self._log] for one in members)

    def start(self, window: int) -> Sequence[Link]:
        senders = min(window, len(self._members))
        if window > senders * SEND_EVENTS:
            raise ValueError("so many don't fit into one send of each member")
        self._going = True
        for number, member in enumerate(self._members[:senders]):
            self._send(member, window // senders + (number < window % senders))
        return self._members[senders:]

    def stop(self) -> None:
        self._going = False

    async def everybody_has_everything(self) -> int:
        head = max(member.seqs.get(self._log, 0) for member in self._members)
        for member in self._members:
            await member.until_seq(self._room, head)
        seen, self._seen = self._seen, [member.seqs[self._log] for member in self._members]
        return sum(self._seen) - sum(seen)

    def _send(self, member: Member, entries: int) -> None:
        begun = time.perf_counter()

        def answered(data: bytearray, start: int, end: int) -> None:
            if data.find(b'"err"', start, end) >= 0:
                raise RuntimeError(f"refused: {bytes(data[start:end])!r}")
            self.latencies_s.append(time.perf_counter() - begun)
            self._done += entries
            if self._going:
                self._send(member, entries)
            else:
                member.on_ok = None
            self._in_flight.add(-entries)

        member.on_ok = answered
        self._in_flight.add(entries)
        member.write_text(text_send(member.next_id(), self._room, [self._text] * entries))


class RawRoom:
    """Everybody in one room of the raw server; a message is done when its sender has it back."""

    def __init__(self, links: Sequence[RawLink]) -> None:
        self._links = links
        self._seen = [link.delivered for link in links]
        self._going = False
        self._in_flight = _Flight()
        self._sent = 0
        self._done = 0

    @property
    def done(self) -> int:
        return self._done

    async def idle(self) -> None:
        await self._in_flight.none()

    def start(self, window: int) -> Sequence[Link]:
        self._going = True
        for number in range(window):
            link = self._links[number % len(self._links)]
            text = b"%08d" % (number % len(self._links)) + b"x" * (TEXT_BYTES - 8)
            if link.on_text is None:
                link.on_text = self._echoed(link, text)
            self._send(link, text)
        return self._links[window:]

    def stop(self) -> None:
        self._going = False

    async def everybody_has_everything(self) -> int:
        for link, seen in zip(self._links, self._seen, strict=True):
            wanted = seen + self._sent
            await link.until(lambda link=link, wanted=wanted: link.delivered >= wanted)  # type: ignore[misc]
            link.on_text = None
        deliveries = self._sent * len(self._links)
        self._seen = [link.delivered for link in self._links]
        self._sent = 0
        return deliveries

    def _echoed(self, link: RawLink, text: bytes) -> Callable[[bytearray, int, int], None]:
        tag = text[:8]

        def echoed(data: bytearray, start: int, _end: int) -> None:
            if data.startswith(tag, start):
                self._done += 1
                if self._going:
                    self._send(link, text)
                self._in_flight.add(-1)

        return echoed

    def _send(self, link: RawLink, text: bytes) -> None:
        self._in_flight.add(1)
        self._sent += 1
        link.write_text(text)


# --- so many a second -------------------------------------------------------------------------------------------


class Timed:
    """Messages that carry when they were sent, and how long each delivery took."""

    def __init__(self) -> None:
        self.latencies_s: list[float] = []
        self._awaited: int | None = None
        self._all = asyncio.Event()

    async def until(self, deliveries: int) -> None:
        """Returns when so many have come."""
        self._awaited = deliveries
        if len(self.latencies_s) < deliveries:
            async with asyncio.timeout(_GUARD_S):
                await self._all.wait()

    def text(self) -> bytes:
        return b"%020d" % time.time_ns() + b"x" * (TEXT_BYTES - _STAMP)

    def by_member(self, member: Member) -> None:
        """Notes what comes to `member` from now on."""

        def events(data: bytearray, start: int, end: int) -> None:
            place = data.find(_TEXT_START, start, end)
            while place >= 0:
                place += len(_TEXT_START)
                self._note(data, place, member.arrived_ns)
                place = data.find(_TEXT_START, place + TEXT_BYTES, end)

        member.stamp_arrivals()
        member.on_events = events

    def by_link(self, link: RawLink) -> None:
        """The same for the raw server's."""
        link.stamp_arrivals()
        link.on_text = lambda data, start, _end: self._note(data, start, link.arrived_ns)

    def _note(self, data: bytearray, place: int, arrived_ns: int) -> None:
        self.latencies_s.append((arrived_ns - int(data[place : place + _STAMP])) / 1e9)
        if len(self.latencies_s) == self._awaited:
            self._all.set()


async def steadily(send: Callable[[int], None], per_s: float, seconds: float) -> int:
    """Calls `send(number)` so many times a second; how many it were."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    count = int(per_s * seconds)
    for number in range(count):
        await asyncio.sleep(begun + number / per_s - loop.time())
        send(number)
    return count
