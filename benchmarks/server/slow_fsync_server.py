"""The server as it is, on a disk whose every fsync takes some time more: `slow_fsync_server.py MS serve …`.

SQLite reaches files through a VFS (https://sqlite.org/vfs.html). Made the default one before the server opens its
database, this one lies under all others and delays `xSync`: of the write-ahead log at each commit, and of both
files at a checkpoint.
"""

from __future__ import annotations

import sys
import time

import apsw

from chat_server.cli import main

_BELOW = apsw.vfs_names()[0]
"""The operating system's own."""


class _SlowFile(apsw.VFSFile):
    delay_s = 0.0

    def xSync(self, flags: int) -> None:
        time.sleep(self.delay_s)  # noqa: TID251 - the delay is what this program is for
        super().xSync(flags)


class _SlowDisk(apsw.VFS):
    def __init__(self) -> None:
        super().__init__("slow-fsync", _BELOW, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _SlowFile(_BELOW, name, flags)


if __name__ == "__main__":
    _SlowFile.delay_s = float(sys.argv.pop(1)) / 1_000
    _disk = _SlowDisk()  # SQLite uses it as long as it is referred to
    main()
