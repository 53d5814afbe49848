"""A disk under SQLite that fails when it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from desktop_chat.store.schema import load_checksums


class FaultyDisk(apsw.VFS):
    """While `works` is a number, so many more writes and syncs succeed; then each raises `error`."""

    def __init__(self, name: str) -> None:
        load_checksums()  # which go below
        super().__init__(name, "")
        self.name = name
        self.works: int | None = None
        self.error = apsw.SQLITE_FULL

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)

    def step(self) -> None:
        if self.works is not None:
            if self.works == 0:
                raise apsw.exception_for(self.error)
            self.works -= 1

    @contextmanager
    def failing_after(self, works: int, error: int) -> Iterator[None]:
        self.works, self.error = works, error
        try:
            yield
        finally:
            self.works = None


class _File(apsw.VFSFile):
    def __init__(self, disk: FaultyDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.step()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.step()
        super().xSync(flags)
