"""The tables of the local store, and a connection to them that keeps what it was told."""

# ruff: noqa: S608 - only names of columns and conditions of this package are put into SQL, never a value

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import apsw.sqlite_extra

from chat_protocol.erased_words import words_of
from chat_protocol.search_text import index_stamp
from desktop_chat.store.contract import StoreDamaged, StoreFull, StoreNewer

VERSION = 4
BUSY_MS = 5_000
_WAL_PAGES = 8_192
"""32 MB, which a copy in the background may reach: otherwise `tidy` empties the WAL, when nobody waits for a commit."""

MESSAGE = "target_cid IS NULL AND key IS NULL"
"""The events of class *message*, in the words of the partial indexes below."""

_KEPT = """
CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

# Segments of the index are merged by `SearchIndex.merge`, not for 40 ms in the commit that somebody waits for.
_NO_MERGES = "INSERT INTO found(found, rank) VALUES ('automerge', 0);"

_TABLES = f"""{_KEPT}CREATE TABLE server (
    id TEXT PRIMARY KEY, addresses TEXT NOT NULL, name TEXT NOT NULL, token BLOB, first_name TEXT NOT NULL, member TEXT
) WITHOUT ROWID;
CREATE TABLE outbox (
    server TEXT NOT NULL, place INTEGER NOT NULL, log TEXT NOT NULL, cid TEXT NOT NULL, kind TEXT NOT NULL,
    body BLOB NOT NULL, target_by TEXT, target_cid TEXT, key TEXT, delivery TEXT NOT NULL, seq INTEGER, ts INTEGER,
    code TEXT, reason TEXT NOT NULL,
    PRIMARY KEY (server, place)
) WITHOUT ROWID;

-- A copy of a log. `fate`: the one that is held, set aside by a restore, or given up and removed step by step.
CREATE TABLE copy (
    n INTEGER PRIMARY KEY, fate TEXT NOT NULL CHECK (fate IN ('held', 'aside', 'gone')),
    server TEXT NOT NULL, log TEXT NOT NULL, kind TEXT NOT NULL,
    before_seq INTEGER NOT NULL, before_h BLOB NOT NULL, before_row INTEGER NOT NULL,
    at_seq INTEGER NOT NULL, at_h BLOB NOT NULL, at_row INTEGER NOT NULL,
    floor INTEGER NOT NULL, mark INTEGER NOT NULL, closed INTEGER NOT NULL
);
CREATE UNIQUE INDEX copy_held ON copy (server, log) WHERE fate = 'held';

-- The suffix of each copy, and below it the states of its snapshot (`h` is NULL there). So the value of a key is its
-- newest event here, whatever is added below. `n` grows with time, see `messages.place`.
CREATE TABLE event (
    n INTEGER PRIMARY KEY, copy INTEGER NOT NULL, seq INTEGER NOT NULL, row INTEGER NOT NULL, ts INTEGER NOT NULL,
    by TEXT NOT NULL, cid TEXT NOT NULL, kind TEXT NOT NULL, target_by TEXT, target_cid TEXT, key TEXT,
    body BLOB, h BLOB
);
CREATE UNIQUE INDEX event_seq ON event (copy, seq);
CREATE INDEX event_row ON event (copy, row) WHERE {MESSAGE};
CREATE INDEX event_cid ON event (copy, cid) WHERE {MESSAGE};
CREATE INDEX event_target ON event (copy, target_cid, seq) WHERE target_cid IS NOT NULL;
CREATE INDEX event_key ON event (copy, key, seq) WHERE key IS NOT NULL;

-- Texts as shown, folded for search; its rowid is the message's `event.n`. It holds its own content because only
-- then `secure-delete` takes every trace of a deleted text out of the index.
CREATE VIRTUAL TABLE found USING fts5(scope, text, columnsize=0, tokenize=unicode61);
INSERT INTO found(found, rank) VALUES ('secure-delete', 1);
{_NO_MERGES}

-- `stamp`: `search_text.index_stamp` of the program that `found` is made by. While what an earlier one made is gone
-- over, everything up to the event `n` is as this one makes it; then `n` is NULL. `swept`: see `SearchIndex.is_swept`.
CREATE TABLE indexed (stamp TEXT NOT NULL, n INTEGER, swept INTEGER NOT NULL DEFAULT 0);
PRAGMA user_version = {VERSION};
"""

_UPGRADES = {
    1: f"{_KEPT} PRAGMA user_version = 2;",
    2: f"{_NO_MERGES} PRAGMA user_version = 3;",
    3: "ALTER TABLE indexed ADD COLUMN swept INTEGER NOT NULL DEFAULT 0; PRAGMA user_version = 4;",
}
"""By version, what makes the tables of the next one."""

CHECKSUM_BYTES = 8
"""At the end of each page, see `load_checksums`."""

_NOT_WRITTEN = {
    apsw.SQLITE_IOERR_WRITE,
    apsw.SQLITE_IOERR_FSYNC,
    apsw.SQLITE_IOERR_DIR_FSYNC,
    apsw.SQLITE_IOERR_TRUNCATE,
    apsw.SQLITE_IOERR_SHMSIZE,
}


def connect(path: Path, now_ms: int, vfs: str | None = None) -> tuple[apsw.Connection, apsw.Connection]:
    """The writer's and the readers' connection to the store at `path`, which is made if it is not there.

    `vfs` names the SQLite VFS to go through. Raises `StoreNewer`; `StoreFull`; `PermissionError` if the file can't be
    written; `StoreDamaged` after a damaged store was set aside: called again, it makes an empty one.
    """
    load_checksums()
    try:
        with typed_errors(), ExitStack() as undo:
            if not path.exists():
                _make(path, vfs)
            writer = apsw.Connection(str(path), apsw.SQLITE_OPEN_READWRITE, vfs)
            undo.callback(writer.close)
            _check(writer)
            _upgrade(writer)
            writer.execute("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
            writer.pragma("wal_autocheckpoint", _WAL_PAGES)
            reader = apsw.Connection(str(path), apsw.SQLITE_OPEN_READWRITE, vfs)
            undo.callback(reader.close)
            reader.execute("PRAGMA query_only = ON")
            reader.set_busy_timeout(BUSY_MS)  # for the moment in which the writer empties the WAL
            for connection in (writer, reader):
                connection.execute("PRAGMA temp_store = MEMORY")  # nothing is written outside the profile
            writer.execute(words_of("found"))
            undo.pop_all()
    except StoreDamaged as damage:
        where = aside_path(path, now_ms)
        set_aside(path, where)
        raise StoreDamaged(f"{damage} It was set aside as {where}.") from damage
    return writer, reader


@contextmanager
def transaction(connection: apsw.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """All of the block in one transaction, or nothing of it."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turns what SQLite says about the disk and the file into the errors of the contract."""
    try:
        yield
    except apsw.FullError as error:
        raise StoreFull("There is no room left on this device.") from error
    except apsw.IOError as error:
        result: int = error.extendedresult  # type: ignore[attr-defined]  # not in the stubs
        if result == apsw.SQLITE_IOERR_DATA:  # a page whose checksum does not fit
            raise StoreDamaged("The local store is damaged.") from error
        if result in _NOT_WRITTEN:
            raise StoreFull("This device could not write.") from error
        raise
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise StoreDamaged("The local store is damaged.") from error
    except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError) as error:
        raise PermissionError("The local store can't be written.") from error


def column(cursor: apsw.Cursor) -> list[Any]:
    """The values of rows with one column each."""
    return [value for (value,) in cursor]


def aside_path(path: Path, now_ms: int) -> Path:
    """A free name beside `path` that says when it was set aside."""
    when = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    stem = f"{path.stem}-damaged-{when}"
    names = (f"{stem}{again}{path.suffix}" for again in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(free for name in names if not (free := path.with_name(name)).exists())


def set_aside(path: Path, where: Path) -> None:
    """Renames a closed store with its WAL, which must not meet another database."""
    for suffix in ("-wal", "-shm", ""):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(where.with_name(where.name + suffix))


def load_checksums() -> None:
    """Lets SQLite check every page that it reads against the checksum in it (https://sqlite.org/cksumvfs.html).

    Otherwise a damaged page could be shown as somebody's words. It holds for this process, and for databases that
    were made for it.
    """
    if "cksmvfs" not in apsw.vfs_names():
        with closing(apsw.Connection(":memory:")) as connection:
            apsw.sqlite_extra.load(connection, "cksumvfs")


def _make(path: Path, vfs: str | None) -> None:
    """Under another name first: so a store that is there is whole, or else damaged."""
    new = path.with_name(f"{path.name}.new")
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))  # its WAL gets the same mode
    with closing(apsw.Connection(str(new), apsw.SQLITE_OPEN_READWRITE, vfs)) as connection:
        connection.reserve_bytes(reserve=CHECKSUM_BYTES)
        with transaction(connection):
            connection.execute(_TABLES)
            connection.execute("INSERT INTO indexed (stamp) VALUES (?)", (index_stamp(),))
        connection.pragma("journal_mode", "wal")
    new.replace(path)
    if sys.platform != "win32":  # where a folder can't be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _upgrade(connection: apsw.Connection) -> None:
    version: int = connection.pragma("user_version")
    with transaction(connection):
        for older in range(version, VERSION):
            connection.execute(_UPGRADES[older])


def _check(connection: apsw.Connection) -> None:
    version: int = connection.pragma("user_version")
    if version > VERSION:
        raise StoreNewer(f"The local store has version {version}; this program knows {VERSION}.")
    if version < 1 or connection.pragma("checksum_verification") != "1":
        raise StoreDamaged("The local store's file holds something else.")
    torn = connection.execute(
        """SELECT 1 FROM copy WHERE fate = 'held' AND at_seq > before_seq AND NOT EXISTS
           (SELECT 1 FROM event WHERE copy = copy.n AND seq = at_seq AND h = at_h)"""
    ).fetchone()
    if torn is not None:
        raise StoreDamaged("The local store lacks events that it says it holds.")
