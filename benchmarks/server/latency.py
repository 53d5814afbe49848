"""From one member's write until it has come to another under ordinary load, beside the raw server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain

from benchmarks.rows import Row, Run, percentile
from benchmarks.server.fan_out import open_raw
from benchmarks.server.link import RawLink
from benchmarks.server.load import Timed, steadily
from benchmarks.server.member import Member, text_send
from benchmarks.server.people import Home, close_all, found, populate
from benchmarks.server.processes import ServerProcess, raw_server, running
from benchmarks.server.stage import Stage, Watch

_PERCENTS = (50, 99)
_Found = dict[int, list[Run]]


@dataclass(frozen=True)
class _Case:
    id: str
    rooms: int
    per_room: int
    per_s: float

    @property
    def title(self) -> str:
        return f"{self.per_s:g} msg/s over {self.rooms} x {self.per_room}"


async def measure(stage: Stage) -> None:
    scale = stage.scale
    many = _Case("latency/many", scale.members // scale.per_room, scale.per_room, 200)
    for case in (many, _Case("latency/one", 1, scale.members // 2, 20)):
        async with _servers(stage) as (server, raw, flushing):
            home = await found(server, case.rooms)
            _, members = await populate(home, [case.per_room] * case.rooms)
            links, flushed = [
                [await open_raw(one.port, case.per_room, f"/{number}") for number in range(case.rooms)]
                for one in (raw, flushing)
            ]
            ours: _Found = {percent: [] for percent in _PERCENTS}
            theirs: _Found = {percent: [] for percent in _PERCENTS}
            least: _Found = {percent: [] for percent in _PERCENTS}
            for _ in range(scale.repeats):
                await _ours(case, home, members, server, scale.seconds * 3, ours)
                await _raw(case, links, raw, scale.seconds * 3, theirs)
                await _raw(case, flushed, flushing, scale.seconds * 3, least)
            for percent in _PERCENTS:
                name = f"delivered p{percent}, {case.title}"
                stage.add(Row(f"{case.id}/p{percent}", name, "ms", ours[percent], theirs[percent]))
            for percent in _PERCENTS:
                name = f"raw p{percent}, {case.title}, each message flushed first"
                stage.add(Row(f"{case.id}/flushed-p{percent}", name, "ms", least[percent], theirs[percent]))
            close_all(chain(*members))


@asynccontextmanager
async def _servers(stage: Stage) -> AsyncIterator[tuple[ServerProcess, ServerProcess, ServerProcess]]:
    with stage.folder() as folder:
        async with (
            stage.server() as server,
            running(raw_server()) as raw,
            running(raw_server(folder / "page")) as flushing,
        ):
            yield server, raw, flushing


async def _ours(
    case: _Case,
    home: Home,
    members: list[list[Member]],
    server: ServerProcess,
    seconds: float,
    found: _Found,
) -> None:
    timed = Timed()
    for member in chain(*members):
        timed.by_member(member)
        member.on_ok = _stored

    def send(number: int) -> None:
        room, turn = number % case.rooms, number // case.rooms
        member = members[room][turn % case.per_room]
        member.write_text(text_send(member.next_id(), home.rooms[room].log, [timed.text()]))

    watch = Watch(server)
    sent = await steadily(send, case.per_s, seconds)
    await timed.until(sent * case.per_room)
    _note(found, timed, watch)
    for member in chain(*members):
        member.on_events = member.on_ok = None


async def _raw(case: _Case, links: list[list[RawLink]], raw: ServerProcess, seconds: float, found: _Found) -> None:
    timed = Timed()
    for link in chain(*links):
        timed.by_link(link)
    watch = Watch(raw)

    def send(number: int) -> None:
        room, turn = number % case.rooms, number // case.rooms
        links[room][turn % case.per_room].write_text(timed.text())

    sent = await steadily(send, case.per_s, seconds)
    await timed.until(sent * case.per_room)
    _note(found, timed, watch)


def _stored(data: bytearray, start: int, end: int) -> None:
    if data.find(b'"err"', start, end) >= 0:
        raise RuntimeError(f"refused: {bytes(data[start:end])!r}")


def _note(found: _Found, timed: Timed, watch: Watch) -> None:
    for percent, runs in found.items():
        runs.append(watch.run(percentile(timed.latencies_s, percent) * 1_000, count=len(timed.latencies_s)))
