"""G2: the power goes, at any write, and the disk keeps what was synced and any part of the rest.

A VFS under the storage records what is written. When the power goes, each 512-byte sector written to a file since
that file's last sync is kept or not as the dice say; a server started on what is left must have every batch that was
acknowledged, the one in flight as a whole or not at all, and nothing else.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import apsw

from chat_protocol.ids import Ref
from chat_server.storage.contract import Storage, StorageDamaged, StorageUncertain
from chat_server.storage.schema import load_checksums
from chat_server.storage.sqlite import SqliteStorage
from tests.faults.batches import Scribe, differences
from tests.faults.result import Result
from tests.memory_storage import MemoryStorage

SECTOR = 512
STEPS = 40
LATEST_WRITE = 700
"""The power goes at one of the first so many writes, syncs and truncations: with `STEPS` steps few trials have more."""

_numbers = itertools.count()


class _Recorded:
    """One file: what is surely on the disk, and what was done to it since."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            self.durable = bytearray(file.read())
        self.pending: list[Callable[[bytearray, Random], None]] = []

    def after(self, random: Random) -> bytes:
        content = bytearray(self.durable)
        for happens in self.pending:
            happens(content, random)
        return bytes(content)

    def sync(self) -> None:
        everything = _Always()
        for happens in self.pending:
            happens(self.durable, everything)
        self.pending.clear()


class _Always(Random):
    def random(self) -> float:
        return 0.0


class FailingPower(apsw.VFS):
    """A disk whose power goes at the step `goes_at`; `kept` is then what it holds, by file name."""

    def __init__(self, random: Random, goes_at: int) -> None:
        load_checksums()  # they go below: what is recorded is what a disk would hold
        self.name = f"failing-power-{next(_numbers)}"
        super().__init__(self.name, "cksmvfs")
        self.kept: dict[str, bytes] | None = None
        self._random = random
        self._left = goes_at
        self._files: dict[str, _Recorded] = {}

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.step()
        self._files.pop(filename, None)
        super().xDelete(filename, syncdir)

    def recorded(self, path: str) -> _Recorded:
        if path not in self._files:
            self._files[path] = _Recorded(path)
        return self._files[path]

    def step(self) -> None:
        """Before whatever changes a file. Raises `apsw.IOError` once the power is gone."""
        self._left -= 1
        if self._left <= 0:
            self.go()
            raise apsw.exception_for(apsw.SQLITE_IOERR)

    def go(self) -> None:
        if self.kept is None:
            self.kept = {os.path.basename(path): file.after(self._random) for path, file in self._files.items()}


class _File(apsw.VFSFile):
    def __init__(self, power: FailingPower, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("cksmvfs", name, flags)
        self._power = power
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if self._path is not None:
            self._file = power.recorded(self._path)
            self._raw = os.open(self._path, os.O_RDONLY)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        written = os.pread(self._raw, len(data), offset)  # with its checksum

        def happens(content: bytearray, random: Random) -> None:
            for start in range(0, len(written), SECTOR):
                if random.random() < 0.5:
                    sector = written[start : start + SECTOR]
                    content.extend(bytes(max(offset + start - len(content), 0)))
                    content[offset + start : offset + start + len(sector)] = sector

        self._file.pending.append(happens)
        self._power.step()  # behind it: so the write that the power goes in may be there in part

    def xTruncate(self, size: int) -> None:
        self._power.step()
        super().xTruncate(size)

        def happens(content: bytearray, random: Random) -> None:
            if random.random() < 0.5:
                del content[size:]

        self._file.pending.append(happens)

    def xSync(self, flags: int) -> None:
        self._power.step()
        self._file.sync()

    def xClose(self) -> None:
        if self._path is not None:
            os.close(self._raw)
        super().xClose()


def run(trials: int, seed: int, synchronous: str = "full") -> Result:
    """`synchronous` is SQLite's; anything below `full` is a fault that the trials must find."""
    begun = time.monotonic()
    failures = []
    for trial in range(trials):
        with tempfile.TemporaryDirectory() as folder:
            wrong = _trial(f"{seed}/{trial}", Path(folder), synchronous)
        failures += [f"trial {trial} of seed {seed}: {wrong}"] * (wrong is not None)
    return Result("G2", "power loss, server", trials, failures, seed, time.monotonic() - begun)


def _trial(seed: str, folder: Path, synchronous: str) -> str | None:
    random = Random(seed)
    scribe = Scribe(random)
    twin = MemoryStorage()
    path = folder / "chat.db"
    SqliteStorage(path).close()
    power = FailingPower(random, random.randrange(1, LATEST_WRITE))
    in_flight: Callable[[Storage], object] | None = None
    with suppress(StorageUncertain, StorageDamaged), closing(SqliteStorage(path, power.name)) as storage:
        storage._writer.pragma("synchronous", synchronous)
        for _ in range(STEPS):
            in_flight = _step(random, scribe)
            in_flight(storage)
            in_flight(twin)
            in_flight = None
        power.go()
    power.unregister()
    assert power.kept is not None
    after = folder / "after"
    after.mkdir()
    for name, content in power.kept.items():
        (after / name).write_bytes(content)
    return _lost(after / path.name, twin, in_flight, scribe.refs)


def _step(random: Random, scribe: Scribe) -> Callable[[Storage], object]:
    draw = random.random()
    if draw < 0.2:
        return lambda storage: storage.index()
    if draw < 0.3:
        marks = {(random.choice(scribe.members), random.choice(scribe.logs)): random.randrange(100)}
        return lambda storage: storage.save_marks(marks)
    batch = scribe.anything(random.randrange(1, 12))
    return lambda storage: storage.append(batch)


def _lost(path: Path, twin: Storage, in_flight: Callable[[Storage], object] | None, refs: list[Ref]) -> str | None:
    try:
        with closing(SqliteStorage(path)) as restarted:
            lost = differences(restarted, twin, refs)
            if lost and in_flight is not None:
                in_flight(twin)
                lost = differences(restarted, twin, refs)
            whole = restarted._reader.pragma("integrity_check")
    except StorageDamaged as error:
        return f"refused: {error}"
    if whole != "ok":
        lost.append(str(whole))
    return "; ".join(lost) or None


if __name__ == "__main__":
    print(run(int(sys.argv[1]), int(sys.argv[2])))
