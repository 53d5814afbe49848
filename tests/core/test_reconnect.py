"""Reconnect timing and the detection of a sleep, by pure calls; and the owner of tasks."""

from __future__ import annotations

import asyncio
import random

import pytest

from desktop_chat.core.reconnect import LONGEST_S, TICK_S, Backoff, slept
from desktop_chat.core.tasks import Tasks


def test_pauses_double_to_thirty_seconds() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next_s() for _ in range(8)] == [1, 2, 4, 8, 16, 30, 30, 30]


def test_the_first_pause_is_uniform_over_a_second_and_all_have_full_jitter() -> None:
    rng = random.Random(1)
    first = [Backoff(rng.random).next_s() for _ in range(2_000)]
    assert 0 <= min(first) < 0.01
    assert 0.99 < max(first) <= 1
    assert 0.47 < sum(first) / len(first) < 0.53
    late = []
    for _ in range(2_000):
        backoff = Backoff(rng.random)
        for _ in range(9):
            backoff.next_s()
        late.append(backoff.next_s())
    assert 14 < sum(late) / len(late) < 16
    assert max(late) <= LONGEST_S


def test_the_server_s_after_comes_first() -> None:
    assert Backoff(lambda: 0.5).next_s(after_s=7.0) == 7.5


def test_a_wake_or_a_login_begins_anew() -> None:
    backoff = Backoff(lambda: 1.0)
    for _ in range(5):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == 1.0


@pytest.mark.parametrize(
    ("wall_s", "mono_s", "is_sleep"),
    [
        (TICK_S, TICK_S, False),
        (TICK_S + 1, TICK_S, False),  # a step of NTP
        (TICK_S + 3600, TICK_S, True),  # Linux: the monotonic clock stands still in sleep
        (TICK_S + 3600, TICK_S + 3600, True),  # Windows: it goes on, but nobody looked at it
        (TICK_S - 3600, TICK_S, True),  # set back: costs one ping
        (2 * TICK_S, 2 * TICK_S, False),  # a slow computer
    ],
)
def test_a_sleep_shows_in_the_clocks(wall_s: float, mono_s: float, is_sleep: bool) -> None:
    assert slept(wall_s, mono_s, TICK_S) is is_sleep


async def test_a_task_that_dies_is_reported_and_all_others_are_ended() -> None:
    deaths: list[tuple[str, str]] = []
    tasks = Tasks(lambda name, error: deaths.append((name, str(error))))
    ended = asyncio.Event()

    async def die() -> None:
        raise ValueError("by name")

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    await asyncio.wait([tasks.spawn(die(), name="doomed")])
    tasks.spawn(wait(), name="waiting")
    await asyncio.sleep(0)
    await tasks.close()
    assert deaths == [("doomed", "by name")]
    assert ended.is_set()
