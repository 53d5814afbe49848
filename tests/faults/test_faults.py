"""A little of each fault test that `dev.py faults` runs, over real processes and sockets, and two servers that they
must find at fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.faults import (
    cut_every_byte,
    getting_in,
    hostile_frames,
    kill_client,
    kill_server,
    permission_cells,
    power_loss_client,
    quiet_logs,
    random_faults,
    slow_reader,
)
from tests.faults.result import Result

SEED = 20_250_101


def holds(result: Result) -> None:
    assert not result.failures, result


def test_g1_nothing_acknowledged_is_lost_when_the_server_is_killed() -> None:
    holds(asyncio.run(kill_server.cycles(1, SEED, senders=5)))


def test_g2_nothing_applied_is_lost_when_the_client_s_power_goes() -> None:
    holds(power_loss_client.run(40, SEED))


def test_g2_a_local_store_that_does_not_sync_is_found() -> None:
    assert power_loss_client.run(20, SEED, synchronous="normal").failures


def test_g3_hostile_frames_harm_their_sender_only() -> None:
    holds(hostile_frames.run(200, SEED))


def test_g4_nothing_written_is_lost_or_doubled_when_the_client_is_killed() -> None:
    holds(kill_client.run(2, SEED))


def test_g5_a_cut_at_any_byte_of_a_send_or_its_answer() -> None:
    holds(cut_every_byte.run(12, SEED))


def test_g6_random_faults_leave_one_order_for_all() -> None:
    holds(asyncio.run(random_faults.histories(1, SEED, faults_s=1.5)))


def test_g9_a_reader_that_stops_gets_everything_later() -> None:
    holds(slow_reader.run(1, SEED, slow_reader.Load(readers=2, phase_s=1.0)))


def test_g18_some_cells_of_the_permission_table() -> None:
    holds(permission_cells.run(24, SEED))


@pytest.mark.parametrize(
    ("run", "trials"),
    [(getting_in.joins, 10), (quiet_logs.run, 1), (getting_in.wrong_key, 2), (getting_in.random_logins, 30)],
    ids=["a1_joins", "a2_logs", "a4_wrong_key", "a6_random_logins"],
)
def test_getting_in(run: Callable[[int, int], Result], trials: int) -> None:
    holds(run(trials, SEED))


@pytest.mark.parametrize(("mutant", "sign"), [("ack_before_commit", "lost: "), ("drop_some_events", " came after ")])
def test_g1_finds_a_server_that_would(mutant: str, sign: str) -> None:
    program = ("-m", "tests.faults.mutant_server", mutant)
    found = asyncio.run(kill_server.cycles(2, SEED, senders=5, program=program, settle_guard_s=1.0, at_an_answer=True))
    assert [line for line in found.failures if sign in line], found
