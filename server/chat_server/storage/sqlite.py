"""The storage of a server: SQLite in WAL mode, one connection that writes and one that reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import apsw

from chat_protocol.erased_words import START, Place
from chat_protocol.events import Event, EventClass, decode_event, encode_event, erased, has_words
from chat_protocol.fold import rewords
from chat_protocol.ids import LogId, MemberId, Position, Ref, b64, first_h, unb64
from chat_server.storage.contract import (
    Batch,
    Found,
    HeadMoved,
    Loaded,
    LogState,
    Run,
    StorageDamaged,
)
from chat_server.storage.failures import reading, writing
from chat_server.storage.schema import open_database
from chat_server.storage.search_index import SearchIndex, matches

INDEX_EVENTS = 24
"""A step of the search index: about 1 ms of the writer's thread, for which a message may have to wait."""
SWEPT = 16
"""Separators of the index by a step, as long again."""
CHECKPOINT_PAGES = 8000
"""The write-ahead log is carried into the database from this length on (32 MiB). Who sends meanwhile waits for three
syncs more; so seldom, that is less than one commit in a hundred."""

_MAX_SEQ = 2**63 - 1
_FIND_REFS = 64
_FIND_VALUES = 2 * _FIND_REFS
_FIND = (
    # Many in one statement: five times as fast as one by one. The CROSS JOIN makes the index the inner loop.
    f"WITH wanted (member, cid) AS (VALUES {', '.join(['(?, ?)'] * _FIND_REFS)})"  # noqa: S608
    " SELECT log, encoded,"
    " (SELECT count(*) FROM events AS change WHERE change.log = events.log AND change.target = events.seq)"
    " FROM wanted CROSS JOIN events ON events.member = wanted.member AND events.cid = wanted.cid"
)

Name = TypeVar("Name", bound=str)


class SqliteStorage:
    """See `contract.Storage`. The folder's lock (`data_folder`) keeps other processes away."""

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        """Opens the database at `path`, or makes it. Raises as `schema.open_database` does."""
        self._writer, self._reader = open_database(path, vfs)
        self._words = SearchIndex(self._writer)
        self._wal_pages = 0
        self._writer.set_wal_hook(self._on_commit)
        # An earlier run may have ended between an erasure and its checkpoint.
        self._erased = True
        self._swept_to: Place | None = START
        """How far words of what was erased were taken out of the index; None: all."""
        self._logs: dict[LogId, int] = {}
        self._log_names: dict[int, LogId] = {}
        self._members: dict[MemberId, int] = {}
        self._arrivals = 0
        try:
            with reading():
                self._read_names()
        except BaseException:
            self.close()
            raise

    def _read_names(self) -> None:
        db = self._reader
        self._logs = {log: number for number, log in db.execute("SELECT id, log FROM logs")}
        self._log_names = {number: log for log, number in self._logs.items()}
        self._members = {
            MemberId(b64(member)): number for number, member in db.execute("SELECT id, member FROM members")
        }
        self._arrivals = db.execute("SELECT ifnull(max(id), 0) FROM events").get

    def load(self) -> Loaded:
        with self._snapshot() as db:
            self._read_names()
            logs = []
            for log, *stated, ts, seq, h, row in db.execute(
                "SELECT logs.log, logs.seq, logs.h, logs.row, ts, last.seq, last.h, last.row FROM logs"
                " LEFT JOIN events AS last ON last.id = (SELECT id FROM events WHERE events.log = logs.id"
                " ORDER BY events.seq DESC LIMIT 1)"
            ):
                if stated != [seq, h, row]:
                    raise StorageDamaged(f"the head of log {log} is not its last event")
                logs.append(LogState(LogId(log), Position(seq, h, row), ts))
            # In order of arrival: so the pages of `events` are read once, from first to last.
            state: list[Any] = db.execute(
                "SELECT events.log, encoded FROM state JOIN events ON id = event ORDER BY event"
            ).fetchall()
        return Loaded(logs, self._decoded(state))

    def _decoded(self, rows: list[tuple[int, bytes]]) -> Iterator[tuple[LogId, Event]]:
        with reading():
            for log, encoded in rows:
                yield self._log_names[log], decode_event(encoded)

    # --- the writer's side --------------------------------------------------------------------------------------

    def append(self, batch: Batch) -> None:
        logs: dict[LogId, int] = {}
        members: dict[MemberId, int] = {}
        with self._transaction() as db:
            if moved := [log for log, seq in batch.heads.items() if self._stored_head(log) != seq]:
                raise HeadMoved(moved)
            heads = dict(batch.heads)
            rows, state, ends = [], [], {}
            for arrival, one in enumerate(batch.events, self._arrivals + 1):
                event = one.event
                if event.seq != heads[one.log] + 1:
                    raise ValueError("the batch leaves a gap in a log")
                heads[one.log] = event.seq
                log = _number(one.log, self._logs, logs)
                member = _number(event.by, self._members, members)
                is_message = event.cls is EventClass.MESSAGE
                of = (arrival, log, event.seq, event.row, member, unb64(event.cid), one.h)
                is_rewording = event.cls is EventClass.CHANGE and rewords(event)
                rows.append((*of, is_message, one.target_seq, is_rewording, one.encoded))
                if event.key is not None:
                    state.append((log, event.key, arrival))
                ends[log] = (log, one.log, event.seq, one.h, event.row, event.ts)
            db.executemany(
                "INSERT INTO members VALUES (?, ?)", [(number, unb64(name)) for name, number in members.items()]
            )
            db.executemany(
                "INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
                " SET seq = excluded.seq, h = excluded.h, row = excluded.row, ts = excluded.ts",
                ends.values(),
            )
            db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", state)
            for name, seq in batch.erase:
                self._erase(_number(name, self._logs, logs), seq)
        self._members |= members
        self._logs |= logs
        self._log_names |= {number: name for name, number in logs.items()}
        self._arrivals += len(batch.events)
        if batch.erase:
            self._erased, self._swept_to = True, START

    def _stored_head(self, log: LogId) -> int:
        seq: int | None = self._writer.execute("SELECT seq FROM logs WHERE log = ?", (log,)).get
        return seq or 0

    def _erase(self, log: int, seq: int) -> None:
        db = self._writer
        stored: list[Any] = db.execute(
            "SELECT id, encoded FROM events WHERE log = ?1 AND seq = ?2 UNION ALL"
            " SELECT id, encoded FROM events WHERE log = ?1 AND target = ?2 AND rewords",
            (log, seq),
        ).fetchall()
        message, _ = stored[0]
        self._words.forget(message)
        for arrival, encoded in stored:
            event = decode_event(encoded)
            if event.cls is EventClass.MESSAGE or has_words(event):
                # Of the same length, SQLite overwrites a row where it lies. A shorter one can make it merge pages,
                # and copies of the rows moved then stay in their unused parts, secure_delete or not.
                blank = encode_event(erased(event)).ljust(len(encoded))
                db.execute("UPDATE events SET encoded = ? WHERE id = ?", (blank, arrival))

    def find(self, refs: Iterable[Ref]) -> dict[Ref, Found]:
        wanted: list[int | bytes] = []
        for ref in refs:
            if (member := self._members.get(ref.member)) is not None:
                wanted += (member, unb64(ref.cid))
        found = {}
        with reading():
            for start in range(0, len(wanted), _FIND_VALUES):
                values: list[int | bytes | None] = [*wanted[start : start + _FIND_VALUES]]
                values += [None] * (_FIND_VALUES - len(values))
                for log, encoded, changes in self._writer.execute(_FIND, values):
                    event = decode_event(encoded)
                    found[event.ref] = Found(self._log_names[log], event, changes)
        return found

    def save_marks(self, marks: Mapping[tuple[MemberId, LogId], int]) -> None:
        members: dict[MemberId, int] = {}
        with self._transaction() as db:
            rows = [
                (_number(member, self._members, members), self._logs[log], seq)
                for (member, log), seq in marks.items()
                if log in self._logs
            ]
            db.executemany(
                "INSERT INTO members VALUES (?, ?)", [(number, unb64(name)) for name, number in members.items()]
            )
            db.executemany(
                "INSERT INTO marks VALUES (?, ?, ?) ON CONFLICT (member, log) DO UPDATE"
                " SET seq = max(seq, excluded.seq)",
                rows,
            )
        self._members |= members

    def index(self) -> bool:
        # First: a step that finds no room must not keep what was erased, and this makes room in the log.
        if self._erased or self._wal_pages >= CHECKPOINT_PAGES:
            self._checkpoint()
        # Not synced: the log's order is kept, so a commit that is takes it along, and what is lost is made again.
        self._writer.pragma("synchronous", "normal")
        try:
            with self._transaction():
                is_behind = self._words.step(INDEX_EVENTS)
                before = self._writer.total_changes()
                swept_to = None if self._swept_to is None else self._words.sweep(self._swept_to, SWEPT)
                has_swept = self._writer.total_changes() > before
        finally:
            self._writer.pragma("synchronous", "full")
        self._swept_to = swept_to
        self._erased = self._erased or has_swept  # the write-ahead log holds the pages as they were
        return is_behind or self._erased or swept_to is not None

    def _checkpoint(self) -> None:
        with writing(self._writer):
            try:
                self._writer.wal_checkpoint(
                    mode=apsw.SQLITE_CHECKPOINT_TRUNCATE if self._erased else apsw.SQLITE_CHECKPOINT_PASSIVE
                )
            except apsw.BusyError:
                return  # the reader was in the log all the time: the next call tries again
        self._erased = False

    def _on_commit(self, _db: apsw.Connection, _name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    @contextmanager
    def _transaction(self) -> Iterator[apsw.Connection]:
        db = self._writer
        with writing(db):
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    # --- the reader's side --------------------------------------------------------------------------------------

    def position(self, log: LogId, seq: int) -> Position | None:
        at = self._position(log, seq)
        return at if at.seq == seq else None

    def at_row(self, log: LogId, row: int) -> int:
        head = self._position(log, _MAX_SEQ)
        row = min(max(row, 1), head.row)
        first, last = 0, head.seq  # the first event that has `row` is the message of that row
        while first < last:
            middle = (first + last) // 2
            if self._position(log, middle).row < row:
                first = middle + 1
            else:
                last = middle
        return first

    def read(self, log: LogId, after: int, max_bytes: int, max_events: int) -> Run:
        events = self._events(
            "SELECT encoded FROM events WHERE log = ? AND seq > ? ORDER BY seq LIMIT ?",
            (self._logs.get(log), after, max_events),
            max_bytes,
        )
        return Run(self._position(log, after), events)

    def read_back(self, log: LogId, before: int, floor: int, max_bytes: int, max_events: int) -> Run:
        events = self._events(
            "SELECT encoded FROM events WHERE log = ? AND seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?",
            (self._logs.get(log), before, floor, max_events),
            max_bytes,
        )
        events.reverse()
        last = self._position(log, before - 1).seq
        return Run(self._position(log, last - len(events)), events)

    def state(self, log: LogId) -> tuple[Position, list[bytes]]:
        with self._snapshot():
            events = self._events(
                "SELECT encoded FROM state JOIN events ON id = event WHERE state.log = ? ORDER BY event",
                (self._logs.get(log),),
            )
            return self._position(log, _MAX_SEQ), events

    def messages(self, log: LogId, after: int, until: int, limit: int) -> list[bytes]:
        return self._events(
            "SELECT encoded FROM events WHERE log = ? AND seq > ? AND seq <= ? AND is_message ORDER BY seq LIMIT ?",
            (self._logs.get(log), after, until, min(limit, self._rows_between(log, after, until))),
        )

    def messages_back(self, log: LogId, before: int, floor: int, limit: int) -> list[bytes]:
        events = self._events(
            "SELECT encoded FROM events WHERE log = ? AND seq < ? AND seq >= ? AND is_message"
            " ORDER BY seq DESC LIMIT ?",
            (self._logs.get(log), before, floor, min(limit, self._rows_between(log, floor - 1, before - 1))),
        )
        events.reverse()
        return events

    def changes(self, log: LogId, targets: Iterable[int], as_of: int) -> list[bytes]:
        number = self._logs.get(log)
        with reading():
            found = self._reader.executemany(
                # By itself it would take the order of the log, and go over all of it for each message.
                "SELECT seq, encoded FROM events INDEXED BY changes WHERE log = ? AND target = ? AND seq <= ?",
                [(number, target, as_of) for target in set(targets)],
            )
            return [encoded.rstrip() for _, encoded in sorted(found)]

    def marks(self, member: MemberId) -> dict[LogId, int]:
        with reading():
            rows = self._reader.execute("SELECT log, seq FROM marks WHERE member = ?", (self._members.get(member),))
            return {self._log_names[log]: seq for log, seq in rows}

    def search(self, readable: Mapping[LogId, int], query: str, limit: int) -> list[tuple[LogId, int]]:
        hits: list[tuple[LogId, int]] = []
        logs = [self._logs[log] for log in readable if log in self._logs]
        with reading(), closing(matches(self._reader, query, logs)) as found:
            for number, seq in found:
                log = self._log_names[number]
                if log in readable and seq >= readable[log]:
                    hits.append((log, seq))
                    if len(hits) >= limit:
                        break
        return hits

    def close(self) -> None:
        """Carries the write-ahead log into the database. What there is no room for stays in it."""
        for db in (self._reader, self._writer):
            with suppress(apsw.IOError, apsw.FullError):
                db.close()

    @contextmanager
    def _snapshot(self) -> Iterator[apsw.Connection]:
        """Statements of the reader that see one state."""
        db = self._reader
        with reading():
            db.execute("BEGIN")
            try:
                yield db
            finally:
                if db.in_transaction:  # after some errors SQLite has ended it already
                    db.execute("ROLLBACK")

    def _position(self, log: LogId, seq: int) -> Position:
        """The position at `seq`, or at the head if that lies before it."""
        with reading():
            row = self._reader.execute(
                "SELECT seq, h, row FROM events WHERE log = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
                (self._logs.get(log), seq),
            ).fetchone()
        return Position(0, first_h(log), 0) if row is None else Position(*row)

    def _rows_between(self, log: LogId, after: int, until: int) -> int:
        """How many messages there are with `after` < seq <= `until`: no search goes on behind the last one."""
        return max(self._position(log, until).row - self._position(log, after).row, 0)

    def _events(self, sql: str, values: tuple[object, ...], max_bytes: int | None = None) -> list[bytes]:
        """The first event, and those after it for which `max_bytes` has room; erased ones without their blanks."""
        events: list[bytes] = []
        room = max_bytes
        with reading(), closing(self._reader.execute(sql, values)) as rows:
            for (encoded,) in rows:
                event = encoded.rstrip()
                if room is not None:
                    room -= len(event)
                    if room < 0 and events:
                        break
                events.append(event)
        return events


def _number(name: Name, known: Mapping[Name, int], new: dict[Name, int]) -> int:
    """The integer that stands for `name`; one that is not known yet gets the next in `new`."""
    number = known.get(name)
    return new.setdefault(name, len(known) + len(new) + 1) if number is None else number
