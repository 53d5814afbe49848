"""G1: the server is killed at random moments while twenty clients send, and nothing acknowledged is lost (P1–P5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from random import Random

from tests.faults.chatter import Chatter
from tests.faults.history import History, check
from tests.faults.result import Result
from tests.faults.server_process import PROGRAM
from tests.faults.workplace import House, Workplace

SENDERS = 20
LONGEST_LIFE_S = 0.8
"""A server lives for a random part of this from one kill to the next."""
MOST_WAITING = 100
"""A sender with so many messages without an answer writes no more."""
PAUSE_S = 0.12
"""Between two messages of one sender, on average: a little less than what its rate allows."""
SETTLE_GUARD_S = 60.0


def run(trials: int, seed: int) -> Result:
    """`trials` kills."""
    return asyncio.run(cycles(trials, seed))


async def cycles(
    trials: int,
    seed: int,
    senders: int = SENDERS,
    program: Sequence[str] = PROGRAM,
    settle_guard_s: float = SETTLE_GUARD_S,
    at_an_answer: bool = False,
) -> Result:
    """`trials` kills, each at a random moment or just when the last sender has had an answer."""
    started = time.monotonic()
    history = History()
    starts: list[float] = []
    async with Workplace(seed) as place:
        house = await place.found(program=program)
        names = [f"sender {number}" for number in range(senders)]
        keys = await house.join_many(names)
        chatters = [
            Chatter(name, key, house.room, house.connect, history) for name, key in zip(names, keys, strict=True)
        ]
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(chatter.run()) for chatter in chatters]
            writing = [tasks.create_task(_write(place, chatter)) for chatter in chatters]
            for _ in range(trials):
                if at_an_answer:
                    for chatter in chatters:
                        await chatter.answered()
                else:
                    await asyncio.sleep(place.random.uniform(0, LONGEST_LIFE_S))
                await house.server.kill()
                starts.append(await house.server.start())
            for task in writing:
                task.cancel()
            failures = await _settled(house, chatters, settle_guard_s)
            for task in running:
                task.cancel()
            await asyncio.wait(running)  # what the log held is asked when nobody is answered any more
            for chatter in chatters:
                chatter.end()
                failures += chatter.faults
            try:
                _head, final = await house.whole_log()
                failures += check(history, house.room, final)
            except TimeoutError:
                failures.append("hang: the whole log does not come")
    failures += place.findings
    what = (
        f"server kill -9 under {senders} senders: {len(dict(history.acked)):,} acknowledged of "
        f"{len(history.written):,}; slowest start {max(starts, default=0):.1f} s"
    )
    return Result("G1", what, trials, failures, seed, time.monotonic() - started)


async def _settled(house: House, chatters: list[Chatter], guard_s: float) -> list[str]:
    """Waits until everything written was answered and read by all; what is wrong then."""
    try:
        async with asyncio.timeout(guard_s):
            for chatter in chatters:
                await chatter.all_answered()
            head, _events = await house.whole_log()
            for chatter in chatters:
                await chatter.caught_up(head.seq)
    except TimeoutError:
        left = sum(chatter.waiting for chatter in chatters)
        return [f"hang: {left} messages wait for an answer after {guard_s:.0f} s of quiet"]
    return []


async def _write(place: Workplace, chatter: Chatter) -> None:
    """Until cancelled: single messages and bursts, short and long ones."""
    random = Random(place.random.random())
    number = 0
    while True:
        for _ in range(random.choice((1, 1, 1, 4)) if chatter.waiting < MOST_WAITING else 0):
            number += 1
            padding = "x" * random.choice((0, 0, 0, 40, 3_000))
            chatter.write(place.text(f"{chatter.name}: {number} {padding}"))
        await asyncio.sleep(random.expovariate(1 / (PAUSE_S * 1.75)))
