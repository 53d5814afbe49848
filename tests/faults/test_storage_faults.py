"""Samples of G2, G13 and G14 at the server's storage, and the faults that each must find."""

from __future__ import annotations

from pathlib import Path

from chat_server.storage.contract import Batch
from chat_server.storage.sqlite import SqliteStorage
from tests.faults import damage, disk_full, power_loss


def test_power_loss_loses_nothing_that_was_acknowledged() -> None:
    """P1, G2."""
    result = power_loss.run(20, seed=1)
    print(result)
    assert result.trials == 20
    assert not result.failures, str(result)


def test_commits_that_are_not_synced_are_found() -> None:
    """`synchronous=NORMAL` acknowledges what a loss of power takes back."""
    assert power_loss.run(20, seed=1, synchronous="normal").failures


def test_a_full_disk_is_survived_without_a_restart() -> None:
    """D9, G13."""
    result = disk_full.run(12, seed=1)
    print(result)
    assert result.trials == 12
    assert not result.failures, str(result)


class Torn(SqliteStorage):
    """Commits a batch event by event."""

    def append(self, batch: Batch) -> None:
        for one in batch.events:
            erase = batch.erase if one is batch.events[-1] else []
            super().append(Batch({one.log: one.event.seq - 1}, [one], erase))


def test_half_a_batch_on_a_full_disk_is_found() -> None:
    assert disk_full.run(3, seed=1, storage=Torn).failures


def test_a_damaged_database_is_refused_or_served_right() -> None:
    """G14."""
    result = damage.run(50, seed=1)
    print(result)
    assert not result.failures, str(result)


class Trusting(SqliteStorage):
    """Believes every page."""

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        super().__init__(path, vfs)
        for db in (self._writer, self._reader):
            db.pragma("checksum_verification", "off")


def test_text_that_damage_changed_is_found() -> None:
    assert damage.run(20, seed=1, storage=Trusting).failures
