"""Servers with a fault of their own: `python -m tests.faults.mutant_server NAME serve …`.

A checker counts only after it has failed. Each mutant replaces one collaborator of the real server.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

from chat_protocol import codec
from chat_protocol.ids import LogId
from chat_server import process
from chat_server.cli import main
from chat_server.storage.contract import Batch
from chat_server.storage.sqlite import SqliteStorage

QUIET_S = 1.0
KEPT = 40
"""Nobody gets in where the first ones don't come."""
DROPPED = 5
"""One event of so many."""


class OneBehind(SqliteStorage):
    """Says that a batch is stored and stores it when the next one comes, or when nothing has come for a while: nearly
    every kill loses one."""

    _owed: Batch | None = None
    _owed_since_s = 0.0

    def append(self, batch: Batch) -> None:
        self._pay()
        self._owed, self._owed_since_s = batch, time.monotonic()

    def index(self) -> bool:
        if time.monotonic() - self._owed_since_s > QUIET_S:
            self._pay()
        return super().index() or self._owed is not None

    def _pay(self) -> None:
        owed, self._owed = self._owed, None
        if owed is not None:
            super().append(owed)


def ack_before_commit() -> None:
    vars(process)["SqliteStorage"] = OneBehind


def drop_some_events() -> None:
    """Readers are not told of every event."""
    right = codec.events_frames
    told = 0

    def events_frames(log: LogId, blobs: Iterable[bytes], **limits: Any) -> list[bytes]:
        nonlocal told
        kept: list[bytes] = []
        for blob in blobs:
            told += 1
            if told <= KEPT or told % DROPPED:
                kept.append(blob)
        return right(log, kept, **limits)

    vars(codec)["events_frames"] = events_frames


MUTANTS = {mutant.__name__: mutant for mutant in (ack_before_commit, drop_some_events)}

if __name__ == "__main__":
    MUTANTS[sys.argv.pop(1)]()
    main()
