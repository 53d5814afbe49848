"""G4: a client is killed at random moments with events that it has not sent, and nothing that it took is lost or
doubled (P1, P2, P4): what it said is durable reaches the log exactly once, over all its lives."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec import Raw

from chat_protocol.ids import LogId, unb64
from tests.faults.chatter import Chatter
from tests.faults.history import History, check
from tests.faults.proxy import FaultProxy
from tests.faults.result import Result
from tests.faults.workplace import House, Workplace

LONGEST_LIFE_S = 2.0
"""From the start of the process on: some lives end before it has connected."""
GUARD_S = 60.0


def run(trials: int, seed: int) -> Result:
    """`trials` kills of one client."""
    return asyncio.run(kills(trials, seed))


async def kills(trials: int, seed: int) -> Result:
    started = time.monotonic()
    history = History()
    promised: list[str] = []
    unsent = 0
    async with Workplace(seed) as place:
        house = await place.found("--rate", "device=100/100")
        other = Chatter("other", await house.join("other"), house.room, house.connect, history)
        profile = place.folder / "profile"
        async with FaultProxy(("127.0.0.1", house.server.port), seed) as proxy, asyncio.TaskGroup() as tasks:
            running = tasks.create_task(other.run())
            talking = tasks.create_task(_talk(place, other))
            for number in range(trials):
                client = ClientProcess(place, house, profile, proxy.port)
                try:
                    await client.start(seed=number, settle=False)
                    promised += await _live(place, proxy, client)
                finally:
                    promised += await client.kill()
                stored = {event.cid for event in (await house.whole_log())[1]}
                unsent += sum(cid not in stored for cid in promised)
            talking.cancel()
            client = ClientProcess(place, house, profile, proxy.port)
            try:
                await client.start(seed=0, settle=True)
                failures = await _compare(house, client, other, history, promised)
            finally:
                await client.kill()
            running.cancel()
        place.keep_secret(_private_key(profile))
    failures += other.faults + place.findings
    what = f"client kill -9: {len(promised):,} events written, of which {unsent:,} waited unsent at some kill"
    return Result("G4", what, trials, failures, seed, time.monotonic() - started)


async def _live(place: Workplace, proxy: FaultProxy, client: ClientProcess) -> list[str]:
    """What the client tells of in one life: in some the server is out of reach, in some its answers are."""
    life_s = place.random.uniform(0, LONGEST_LIFE_S)
    line = place.random.choice(("up", "up", "down", "deaf"))
    proxy.refusing = line == "down"
    cids = await client.heard_during(life_s / 2)
    if line == "deaf":
        proxy.hold(up=False)
    cids += await client.heard_during(life_s / 2)
    proxy.refusing = False
    proxy.release()
    return cids


async def _compare(
    house: House, client: ClientProcess, other: Chatter, history: History, promised: list[str]
) -> list[str]:
    """Lets everything settle, then compares what was promised, the log, and what both hold."""
    try:
        async with asyncio.timeout(GUARD_S):
            await client.says("drained")
            await other.all_answered()
            head, final = await house.whole_log()
            await other.caught_up(head.seq)
            held = await client.ask(str(head.seq), "settled")
    except TimeoutError:
        return [f"hang: not settled after {GUARD_S:.0f} s"]
    other.end()
    there = {event.cid for event in final}
    failures = [f"lost: {cid} was written and is not in the log" for cid in promised if cid not in there]
    mine = [event for event in final if event.by == held["me"] and isinstance(event.body, Raw)]
    for event in mine:  # what a kill kept it from telling may be there too, once
        history.write("client", event.ref, event.body or b"")
    told = set(promised)
    if [event.cid for event in mine if event.cid in told] != [cid for cid in promised if cid in there]:
        failures.append("order: the client's events do not stand as they were written")
    texts = Counter(bytes(event.body or b"") for event in mine if event.kind == "text")
    failures += [f"doubled: {text[:40]!r} stands {count} times" for text, count in texts.items() if count > 1]
    history.ended["client"] = (held["seq"], unb64(held["h"]))
    if held["cids"] != [event.cid for event in final]:
        failures.append("copy: the client holds other events than the log")
    return failures + check(history, house.room, final)


async def _talk(place: Workplace, other: Chatter) -> None:
    """So that the client is also killed while it applies what comes."""
    number = 0
    while True:
        number += 1
        other.write(place.text(f"other {number}"))
        await asyncio.sleep(0.11)


def _private_key(profile: Path) -> bytes:
    stored = json.loads((profile / "identity.key").read_text("utf-8"))
    return unb64(stored["private"])


class ClientProcess:
    """One life of the client over a profile."""

    def __init__(self, place: Workplace, house: House, profile: Path, port: int) -> None:
        self._place = place
        self._profile = profile
        self._room: LogId = house.room
        self._link = house.link(port)
        self._process: asyncio.subprocess.Process | None = None
        self._errors = place.folder / "client.log"

    async def start(self, *, seed: int, settle: bool) -> None:
        # Without a screen the client asks no keyring: the key lies in the profile.
        environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
        with self._errors.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.client_process"),
                *("--profile", str(self._profile), "--link", self._link, "--name", "Client"),
                *("--room", self._room, "--word", self._place.word, "--seed", str(seed)),
                *(["--settle"] if settle else []),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=environment,
            )

    async def heard_during(self, seconds: float) -> list[str]:
        """The cids that it told of in so long."""
        cids: list[str] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    line = await self._line()
                    cids += [line["cid"]] if "cid" in line else []
        except TimeoutError:
            return cids

    async def kill(self) -> list[str]:
        """SIGKILL; the cids that it told of and nobody had read."""
        process = self._process
        if process is None:
            return []
        if process.returncode is None:
            process.kill()
        assert process.stdout is not None
        assert process.stdin is not None
        rest = await process.stdout.read()
        process.stdin.close()
        await process.wait()
        lines = [json.loads(line) for line in rest.split(b"\n")[:-1]]  # the last one may be cut
        return [line["cid"] for line in lines if "cid" in line]

    async def says(self, event: str) -> dict[str, Any]:
        while (line := await self._line()).get("event") != event:
            pass
        return line

    async def ask(self, question: str, event: str) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(question.encode() + b"\n")
        return await self.says(event)

    async def _line(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        data = await self._process.stdout.readline()
        if not data:
            raise AssertionError(f"the client ended: {self._errors.read_text('utf-8', 'replace')[-3000:]}")
        line: dict[str, Any] = json.loads(data)
        return line
