"""G13: the disk is full at the n-th write of a server's storage, wherever that write goes.

The batch is then refused and not visible, now or after a restart; reads go on; once there is room the same batch is
stored without a restart.
"""

from __future__ import annotations

import errno
import itertools
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from random import Random

import apsw

from chat_protocol.ids import LogId, MemberId, Ref
from chat_server.storage.contract import Batch, Storage, StorageFull
from chat_server.storage.schema import load_checksums
from chat_server.storage.sqlite import SqliteStorage
from tests.faults.batches import Scribe, differences, differences_of_logs
from tests.faults.result import Result
from tests.memory_storage import MemoryStorage

STEPS = 30

_numbers = itertools.count()


class SmallDisk(apsw.VFS):
    """A disk with room for `room` more writes; None: room enough. `refused` says in which files it had none.

    `grows` names the only file that needs room, as where the others are overwritten; None: each does."""

    def __init__(self) -> None:
        load_checksums()  # they go below
        self.name = f"small-disk-{next(_numbers)}"
        super().__init__(self.name, "cksmvfs")
        self.room: int | None = None
        self.grows: str | None = None
        self.error = apsw.SQLITE_FULL
        """What a write without room fails with."""
        self.errno = errno.ENOSPC
        """What the system says to an I/O error."""
        self.writes = 0
        self.refused: Counter[str] = Counter()

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)

    def xGetLastError(self) -> tuple[int, str]:
        return self.errno, ""

    def write(self, file: str) -> None:
        self.writes += 1
        if self.room is not None and self.grows in (None, file):
            if self.room == 0:
                self.refused[file] += 1
                raise apsw.exception_for(self.error)
            self.room -= 1


class _File(apsw.VFSFile):
    def __init__(self, disk: SmallDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("cksmvfs", name, flags)
        self._disk = disk
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "").name

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.write(self._name)
        super().xWrite(data, offset)


def run(trials: int, seed: int, storage: type[SqliteStorage] = SqliteStorage) -> Result:
    """At `trials` points spread over all the writes of one history, or at each when there are fewer."""
    begun = time.monotonic()
    history = _History(seed)
    writes = _writes(history)
    points = sorted({point * writes // trials for point in range(trials)})
    failures = []
    refused: Counter[str] = Counter()
    for point in points:
        with tempfile.TemporaryDirectory() as folder:
            wrong = _trial(history, point, Path(folder), refused, storage)
        failures += [f"write {point} of seed {seed}: {line}" for line in wrong[:1]]
    what = f"disk full, server ({', '.join(f'{file} {times}' for file, times in sorted(refused.items()))})"
    return Result("G13", what, len(points), failures, seed, time.monotonic() - begun)


class _History:
    """The same steps for every trial of a seed."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)
        scribe = Scribe(random)
        self.refs = scribe.refs
        self.steps: list[Callable[[Storage], object]] = []
        for _ in range(STEPS):
            self.steps.append(partial(_append, scribe.anything(random.randrange(1, 20))))
            if random.random() < 0.3:
                self.steps.append(lambda storage: storage.index())
            if random.random() < 0.2:
                marks = {(random.choice(scribe.members), random.choice(scribe.logs)): random.randrange(100)}
                self.steps.append(partial(_save_marks, marks))


def _append(batch: Batch, storage: Storage) -> None:
    storage.append(batch)


def _save_marks(marks: dict[tuple[MemberId, LogId], int], storage: Storage) -> None:
    storage.save_marks(marks)


def _writes(history: _History) -> int:
    """How many writes the history makes when there is room."""
    with small_disk() as disk, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.db"
        SqliteStorage(path).close()
        with closing(SqliteStorage(path, disk.name)) as storage:
            for step in history.steps:
                step(storage)
            return disk.writes


def _trial(
    history: _History, point: int, folder: Path, refused: Counter[str], opened_by: type[SqliteStorage]
) -> list[str]:
    path = folder / "chat.db"
    SqliteStorage(path).close()
    twin = MemoryStorage()
    with small_disk() as disk, closing(opened_by(path, disk.name)) as storage:
        disk.room = point
        disk.error = apsw.SQLITE_FULL if point % 2 else apsw.SQLITE_IOERR_WRITE
        for step in history.steps:
            try:
                step(storage)
            except StorageFull:
                if wrong := _visible(storage, twin, history.refs, path, folder / "copy"):
                    return wrong
                disk.room = None
                step(storage)
            step(twin)
        refused.update(list(disk.refused))
        return differences(storage, twin, history.refs) if disk.refused else ["the disk was not full"]


def _visible(storage: Storage, twin: Storage, refs: list[Ref], path: Path, copy: Path) -> list[str]:
    """What is there of a batch that was refused: while the disk is full, and after a restart then."""
    copy.mkdir()
    for file in (path, path.with_name(path.name + "-wal")):
        shutil.copy(file, copy)
    with closing(SqliteStorage(copy / path.name)) as restarted:
        return differences_of_logs(storage, twin, refs) + differences_of_logs(restarted, twin, refs)


@contextmanager
def small_disk() -> Iterator[SmallDisk]:
    disk = SmallDisk()
    try:
        yield disk
    finally:
        disk.unregister()


if __name__ == "__main__":
    print(run(int(sys.argv[1]), int(sys.argv[2])))
