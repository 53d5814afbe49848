"""The folder of one server: made for its owner only, and for one process at a time; and its small files."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from chat_server.storage.contract import StorageFull
from chat_server.storage.failures import NO_ROOM

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = "lock"
DATABASE = "chat.db"

_PID_WIDTH = 20
_LOCKED_BYTE = 1 << 20
"""On Windows others can't read what is locked: so it is a byte far behind the pid."""


class FolderInUse(Exception):
    """Another process holds the folder: `pid`, if that could be read."""

    def __init__(self, path: Path, pid: int | None) -> None:
        super().__init__(f"{path} is in use by {'another process' if pid is None else f'process {pid}'}")
        self.path = path
        self.pid = pid


class FolderNotWritable(Exception):
    """The folder can't be made, read or written to, or holds what is not a server's."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} can't be used: {reason}")
        self.path = path
        self.reason = reason


class DataFolder:
    """A folder held until `close` or the end of the process, however that ends: the lock is the system's."""

    def __init__(self, path: Path) -> None:
        """Makes the folder if there is none, and holds it. Raises `FolderInUse`, and as `files_of`."""
        self.path = path
        with files_of(path):
            _make_private(path)
            self._lock = FileIO(path / LOCK, "r+", opener=_open_or_make)
            try:
                if not _locked(self._lock.fileno()):
                    raise FolderInUse(path, _pid(self._lock))
                self._lock.seek(0)
                # As long as the last: needs no room on the disk.
                self._lock.write(b"%-*d" % (_PID_WIDTH, os.getpid()))
            except BaseException:
                self._lock.close()
                raise

    @property
    def database(self) -> Path:
        return self.path / DATABASE

    def close(self) -> None:
        self._lock.close()


@contextmanager
def files_of(folder: Path) -> Iterator[None]:
    """Around what reads and writes files of `folder`: raises `StorageFull` where there is no room, and
    `FolderNotWritable` where the system refuses it otherwise."""
    try:
        yield
    except OSError as error:
        reason = f"{error.filename or folder}: {error.strerror or error}"
        if error.errno in NO_ROOM:
            raise StorageFull(reason) from error
        raise FolderNotWritable(folder, reason) from error


def write_private(path: Path, data: bytes) -> None:
    """`path` appears whole or not at all, also after a power loss, and only its owner may read it. Raises as
    `files_of`."""
    new = path.with_suffix(".new")
    with files_of(path.parent):
        new.unlink(missing_ok=True)  # of a start that was cut off
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(file, "wb") as writer:
                writer.write(data)
                writer.flush()
                os.fsync(writer.fileno())
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """What has got another name in `folder` keeps it after a power loss. Raises `OSError`."""
    if os.name == "posix":  # Windows can't open folders, and doesn't need it: NTFS journals a rename
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _make_private(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o700:
        return
    # A mistyped path must not close a folder that others use.
    if not (path / LOCK).exists() and any(path.iterdir()):
        raise FolderNotWritable(path, "it is open to others and holds files that are not a server's")
    path.chmod(0o700)


def _open_or_make(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT, 0o600)


def _locked(file: int) -> bool:
    """Whether the lock could be had. It goes with the process, so nobody has to clean up behind a dead one."""
    try:
        if sys.platform == "win32":
            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _pid(lock: FileIO) -> int | None:
    lock.seek(0)
    written = (lock.read(_PID_WIDTH) or b"").strip()
    return int(written) if written.isdigit() else None
