"""G14: a database damaged at random while its server was stopped is refused, or all that is served is what was stored.

Half of the trials damage the files of a server that was killed: what follows a damaged place of the write-ahead log
is then like what was never committed, so an earlier head is right too (members see it by `h`), but nothing else.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

from chat_protocol.ids import Ref
from chat_server.storage.contract import Batch, Storage, StorageDamaged
from chat_server.storage.sqlite import SqliteStorage
from tests.faults.batches import Scribe, differences
from tests.faults.result import Result
from tests.memory_storage import MemoryStorage

BATCHES = 60
DATABASE = "chat.db"
WAL = "chat.db-wal"


class _Stored:
    """A server's files after a clean stop and after a kill, and what they hold."""

    def __init__(self, random: Random, folder: Path) -> None:
        self.stopped, self.killed = folder / "stopped", folder / "killed"
        scribe = Scribe(random)
        self.refs = scribe.refs
        self.batches: list[Batch] = []
        self._twins: dict[int, MemoryStorage | None] = {}
        self.killed.mkdir()
        live = folder / "live"
        live.mkdir()
        with closing(SqliteStorage(live / DATABASE)) as storage:
            for step in range(BATCHES):
                self.batches.append(scribe.anything(random.randrange(1, 20)))
                storage.append(self.batches[-1])
                if step % 20 == 10:
                    storage.index()
            for name in (DATABASE, WAL):
                shutil.copy(live / name, self.killed)
        shutil.copytree(live, self.stopped)

    def twin(self, events: int) -> MemoryStorage | None:
        """What was stored when there were so many events; None if no batch ended there."""
        if events not in self._twins:
            twin, left = MemoryStorage(), events
            for batch in self.batches:
                if left > 0:
                    twin.append(batch)
                    left -= len(batch.events)
            self._twins[events] = twin if left == 0 else None
        return self._twins[events]


def run(trials: int, seed: int, storage: type[SqliteStorage] = SqliteStorage) -> Result:
    """`storage` opens what was damaged."""
    begun = time.monotonic()
    failures = []
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        stored = _Stored(Random(seed), Path(folder))
        for trial in range(trials):
            random = Random(f"{seed}/{trial}")
            kept = Path(folder) / "damaged"
            shutil.copytree(random.choice((stored.stopped, stored.killed)), kept)
            done = _damage(random.choice(sorted(kept.iterdir())), random)
            wrong = _served(kept / DATABASE, storage, stored)
            outcomes["served" if wrong is None else "refused" if not wrong else "wrong"] += 1
            if wrong:
                failures.append(f"trial {trial} of seed {seed}: {done}: {'; '.join(wrong[:3])}")
            shutil.rmtree(kept)
    what = f"damaged database, server ({outcomes['refused']} refused, {outcomes['served']} served)"
    return Result("G14", what, trials, failures, seed, time.monotonic() - begun)


def _damage(file: Path, random: Random) -> str:
    content = bytearray(file.read_bytes())
    at = random.randrange(len(content))
    draw = random.random()
    if draw < 0.6:
        places = [at, *(random.randrange(len(content)) for _ in range(random.randrange(8)))]
        for place in places:
            content[place] ^= random.randrange(1, 256)
        done = f"bytes {places}"
    elif draw < 0.75:
        at -= at % 512
        content[at : at + 512] = random.randbytes(len(content[at : at + 512]))
        done = f"sector at {at}"
    elif draw < 0.9:
        at -= at % 4096
        content[at : at + 4096] = bytes(len(content[at : at + 4096]))
        done = f"zeros at {at}"
    else:
        del content[at:]
        done = f"cut at {at}"
    file.write_bytes(content)
    return f"{file.name}, {done}"


def _served(path: Path, opened_by: type[SqliteStorage], stored: _Stored) -> list[str] | None:
    """None: what was stored. Empty: refused. Else what was served wrongly."""
    try:
        with closing(opened_by(path)) as storage:
            return _wrong(storage, stored, stored.refs, may_be_earlier=path.with_name(WAL).exists()) or None
    except StorageDamaged:
        return []
    except Exception as error:  # noqa: BLE001 - whatever it is, a server would crash of it at each start
        return [f"crashed: {error!r}"]


def _wrong(storage: Storage, stored: _Stored, refs: list[Ref], *, may_be_earlier: bool) -> list[str]:
    events = sum(log.at.seq for log in storage.load().logs)
    everything = sum(len(batch.events) for batch in stored.batches)
    twin = stored.twin(events)
    if twin is None or (events != everything and not may_be_earlier):
        return [f"{events} events of {everything}"]
    return differences(storage, twin, refs)


if __name__ == "__main__":
    print(run(int(sys.argv[1]), int(sys.argv[2])))
