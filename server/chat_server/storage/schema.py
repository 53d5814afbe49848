"""The database of a server: its tables, its settings, and how it is made, opened or refused."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw
import apsw.sqlite_extra

from chat_protocol.erased_words import words_of
from chat_server.storage.contract import StorageDamaged, StorageNewer
from chat_server.storage.data_folder import sync_folder
from chat_server.storage.failures import reading, writing

SCHEMA = 1
"""`user_version` of the database; a later program that needs other tables raises it and brings them up to date."""
APPLICATION_ID = 0x44436861
BUSY_MS = 100
CACHE_KIB = 8192
CHECKSUM_BYTES = 8
"""At the end of each page, for cksumvfs."""

_TABLES = """
-- A log's head. Inside the database logs and members are small integers, in order of arrival.
CREATE TABLE logs (
    id INTEGER PRIMARY KEY, log TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL, h BLOB NOT NULL, row INTEGER NOT NULL, ts INTEGER NOT NULL
) STRICT;

CREATE TABLE members (id INTEGER PRIMARY KEY, member BLOB NOT NULL UNIQUE) STRICT;

-- `id` is the order of arrival. A new row goes to the end of the table, and, cids being ordered in time, near the
-- end of its part of each index. `target` is the seq of the message that a change names, and `rewords` whether it may
-- alter the text that is shown: what search and erasure have to read, however many other changes there are.
CREATE TABLE events (
    id INTEGER PRIMARY KEY, log INTEGER NOT NULL, seq INTEGER NOT NULL, row INTEGER NOT NULL,
    member INTEGER NOT NULL, cid BLOB NOT NULL, h BLOB NOT NULL,
    is_message INTEGER NOT NULL, target INTEGER, rewords INTEGER NOT NULL, encoded BLOB NOT NULL,
    UNIQUE (log, seq), UNIQUE (member, cid)
) STRICT;
CREATE INDEX changes ON events (log, target) WHERE target IS NOT NULL;
CREATE INDEX rewordings ON events (log, target) WHERE rewords;

-- The newest event of each key, by its `id`.
CREATE TABLE state (
    log INTEGER NOT NULL, key TEXT NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (log, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE marks (
    member INTEGER NOT NULL, log INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (member, log)
) STRICT, WITHOUT ROWID;

-- Messages as shown after the event `indexed`, by the `id` of the message. It keeps no text of its own: that would
-- be a second place to erase, and SQLite leaves copies of rows that it moved in the unused part of pages.
-- `log` is a word too: so a search goes over what one's own logs hold, however much others wrote. It begins with a
-- character that no folded text has, and stands last: the first column takes the least room.
CREATE VIRTUAL TABLE words USING fts5 (
    text, log, content = '', columnsize = 0, tokenize = "unicode61 remove_diacritics 0 tokenchars '§'"
);
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
-- `stamp`: `search_text.index_stamp` of the program that made `words`.
CREATE TABLE indexed (event INTEGER NOT NULL, stamp TEXT NOT NULL) STRICT;
INSERT INTO indexed VALUES (0, '');
"""


def load_checksums() -> None:
    """Lets SQLite check every page that it reads against the checksum in it (https://sqlite.org/cksumvfs.html).

    A damaged page is then an error wherever it lies: in an index it would not be noticed otherwise, and a message
    would be stored twice or an edit be missing. Holds for the process, and for databases made for it only.
    """
    if "cksmvfs" not in apsw.vfs_names():
        with closing(apsw.Connection(":memory:")) as db:
            apsw.sqlite_extra.load(db, "cksumvfs")


def open_database(path: Path, vfs: str | None = None) -> tuple[apsw.Connection, apsw.Connection]:
    """The writer's and the reader's connection to the database at `path`, which is made if there is none.

    `vfs` names the SQLite VFS to go through. Raises `StorageNewer`, `StorageDamaged`, `StorageFull` or
    `StorageUncertain`.
    """
    load_checksums()
    if not path.exists():
        _make(path)
    with reading():
        writer = apsw.Connection(str(path), vfs=vfs)
    try:
        with writing(writer):
            _check(writer, path)
            writer.pragma("secure_delete", True)
            writer.pragma("synchronous", "full")
            reader = apsw.Connection(str(path), vfs=vfs)
            reader.pragma("query_only", True)
            for db in (writer, reader):
                db.wal_autocheckpoint(0)
                db.set_busy_timeout(BUSY_MS)
                db.pragma("temp_store", "memory")  # nothing is written outside the data folder
                db.pragma("cache_size", -CACHE_KIB)
            writer.execute(words_of("words"))
    except BaseException:
        writer.close()
        raise
    return writer, reader


def _make(path: Path) -> None:
    """Under another name first: so a database that is there is whole, or else damaged."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with closing(apsw.Connection(str(new))) as db, writing(db):
        db.reserve_bytes(reserve=CHECKSUM_BYTES)
        with db:
            db.execute(_TABLES)
            db.pragma("application_id", APPLICATION_ID)
            db.pragma("user_version", SCHEMA)
        db.pragma("journal_mode", "wal")
    new.rename(path)
    sync_folder(path.parent)


def _check(db: apsw.Connection, path: Path) -> None:
    if db.pragma("application_id") != APPLICATION_ID or db.pragma("checksum_verification") != "1":
        raise StorageDamaged("it is no database of this program")
    version = db.pragma("user_version")
    if version > SCHEMA:
        raise StorageNewer(f"{path} has the schema {version}; this program knows {SCHEMA}")
    if db.pragma("journal_mode", "wal") != "wal":
        raise StorageDamaged("it can't keep a write-ahead log")
