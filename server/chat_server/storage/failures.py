"""What SQLite reports, as the typed errors of the contract. Whatever is not listed is a fault of this program."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import apsw
import msgspec

from chat_server.storage.contract import StorageDamaged, StorageFull, StorageUncertain

NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
"""What the system says when a disk is full or a quota used up."""
_DAMAGE = {apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_CORRUPTFS, apsw.SQLITE_IOERR_SHORT_READ}
"""I/O errors that say that what was read is not what was written; the first is a page's checksum."""
_FAILED = (
    apsw.IOError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
    apsw.PermissionsError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.ProtocolError,
)


@contextmanager
def reading() -> Iterator[None]:
    """Around statements that only read. What can't be read is damaged, for whatever reason."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError, *_FAILED) as error:
        raise StorageDamaged(str(error)) from error
    except msgspec.DecodeError as error:
        raise StorageDamaged(f"a stored event can't be read: {error}") from error


@contextmanager
def writing(db: apsw.Connection) -> Iterator[None]:
    """Around statements that write by `db`: raises `StorageFull`, `StorageUncertain` or `StorageDamaged`."""
    try:
        yield
    except apsw.FullError as error:
        raise StorageFull(str(error)) from error
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise StorageDamaged(str(error)) from error
    except msgspec.DecodeError as error:
        raise StorageDamaged(f"a stored event can't be read: {error}") from error
    except _FAILED as error:
        code: int = error.extendedresult  # type: ignore[union-attr]  # the stub leaves it out
        if code in _DAMAGE:
            raise StorageDamaged(str(error)) from error
        # Only a write that failed leaves nothing behind: after a failed sync, or once the frames of a commit are
        # written, it may be on the disk although SQLite says no.
        if code == apsw.SQLITE_IOERR_WRITE and db.system_errno in NO_ROOM:
            raise StorageFull(str(error)) from error
        raise StorageUncertain(str(error)) from error
