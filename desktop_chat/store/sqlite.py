"""The local store of a profile: one SQLite database for all servers."""

# ruff: noqa: S608 - only names of columns and conditions of this package are put into SQL, never a value

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, assert_never

import apsw

from chat_protocol.erased_words import START
from chat_protocol.errors import Code
from chat_protocol.events import Event, EventClass
from chat_protocol.fold import Shown, show
from chat_protocol.ids import Cid, LogId, MemberId, Position, Ref
from chat_protocol.permissions import LogKind
from desktop_chat.store.contract import (
    Delivery,
    Extended,
    ExtendedBack,
    Found,
    HeldLog,
    Keep,
    KnownServer,
    LogClosed,
    LogHeld,
    Marked,
    Op,
    OutboxRow,
    PutServer,
    RowChanged,
    RowGone,
    Said,
    ServerId,
    SetAside,
    Standing,
    StoreDamaged,
)
from desktop_chat.store.messages import Events
from desktop_chat.store.schema import MESSAGE, aside_path, column, connect, set_aside, transaction, typed_errors
from desktop_chat.store.search import SearchIndex, copy_word, server_word
from desktop_chat.store.suffix import NotContiguous, chain

_REMOVED_AT_ONCE = 100
"""Some 35 ms where the index holds a million texts."""
_INDEXED_AT_ONCE = 100
_MERGED_AT_ONCE = 32
"""Pages of the index: some 3 ms."""
_SWEPT_AT_ONCE = 64
_MANY_TEXTS = 20
"""In one commit: nobody waits for that, so it also merges as much of the index as it adds to it in the long run."""
_TEXTS_A_PAGE = 4
"""As often as each is written anew until it is in a large segment."""


class _Copy(NamedTuple):
    n: int
    server: ServerId
    log: LogId
    before: Position
    at: Position

    @property
    def scope(self) -> str:
        return _scope(self.server, self.n)


def _scope(server: ServerId, copy: int) -> str:
    return f"{server_word(server)} {copy_word(copy)}"


class SqliteStore:
    """`Store` over SQLite: WAL, `synchronous=FULL`, one connection that writes and one that reads.

    `apply` and `tidy` are called from one thread at a time, the reads from any: of two at once one waits. Every
    method may raise `StoreDamaged`: close the store then, which sets the file aside, and open it again.
    """

    def __init__(self, path: Path, now_ms: int, vfs: str | None = None) -> None:
        """Opens the store at `path` or makes it; `now_ms` dates a damaged one, `vfs` names the SQLite VFS to go
        through. The profile's lock keeps others out.

        Raises `StoreNewer`, `StoreFull`, `StoreDamaged` (already set aside: opened again it is empty) and
        `PermissionError`.
        """
        self._path = path
        self._writer, self._reader = connect(path, now_ms, vfs)
        self._events, self._index = Events(self._writer), SearchIndex(self._writer)
        self._read_events, self._read_index = Events(self._reader), SearchIndex(self._reader)
        self._read_lock = threading.RLock()
        self._aside = aside_path(path, now_ms)
        self._damaged = False
        self._wal_used = True
        self._to_merge = True
        self._swept_to = START

    # --- writing -------------------------------------------------------------------------------------------------

    def apply(self, ops: Sequence[Op]) -> None:
        with self._guarded(), transaction(self._writer):
            for op in ops:
                self._apply(op)
        self._wal_used = True

    def tidy(self) -> bool:
        with self._guarded():
            is_more = self._remove_given_up() or self._index_anew() or self._sweep_index() or self._merge_index()
            if self._wal_used:
                # The WAL holds earlier versions of pages. A reader in the middle of something keeps it: then later.
                busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").get
                self._wal_used = bool(busy)
            return is_more or self._wal_used

    def _remove_given_up(self) -> bool:
        gone = self._writer.execute("SELECT n FROM copy WHERE fate = 'gone' LIMIT 1").get
        if gone is None:
            return False
        with transaction(self._writer):
            removed = self._events.remove(gone, _REMOVED_AT_ONCE)
            self._index.drop(removed)
            if len(removed) < _REMOVED_AT_ONCE:
                self._writer.execute("DELETE FROM copy WHERE n = ?", (gone,))
        self._wal_used = True
        return True

    def _index_anew(self) -> bool:
        """A step over what a program indexed that folded otherwise, or did not know a kind; whether more is waiting.
        Until its turn comes each message is found as it was."""
        at = self._index.made_up_to()
        if at is None:
            return False
        with transaction(self._writer):
            rows: list[Any] = self._writer.execute(
                f"""SELECT event.n, copy.n, server, by, cid, {MESSAGE} FROM event CROSS JOIN copy ON copy.n = event.copy
                    WHERE event.n > ? ORDER BY event.n LIMIT ?""",
                (at, _INDEXED_AT_ONCE),
            ).fetchall()
            for n, copy, server, by, cid, is_message in rows:
                if is_message and (message := self._events.message(copy, Ref(by, cid))) is not None:
                    self._index.change(_scope(server, copy), n, message[1].text)
            is_more = len(rows) == _INDEXED_AT_ONCE
            self._index.set_made_up_to(rows[-1][0] if is_more else None)
        self._wal_used = True
        return is_more

    def _sweep_index(self) -> bool:
        """A step towards an index without any word of what was dropped; whether more is waiting."""
        if self._index.is_swept():
            return False
        if self._index.dropped:
            self._index.dropped, self._swept_to = False, START
        with transaction(self._writer):
            reached = self._index.sweep(self._swept_to, _SWEPT_AT_ONCE)
        self._swept_to = reached or START
        self._wal_used = True
        return reached is not None

    def _merge_index(self) -> bool:
        """A step towards an index of few segments; whether more is waiting."""
        if self._to_merge:
            with transaction(self._writer):
                self._to_merge = self._index.merge(_MERGED_AT_ONCE)
            self._wal_used |= self._to_merge
        return self._to_merge

    def _apply(self, op: Op) -> None:
        match op:
            case PutServer(server):
                self._put_server(server)
            case RowChanged(row):
                self._put_row(row)
            case RowGone(row):
                self._writer.execute("DELETE FROM outbox WHERE server = ? AND place = ?", (row.server, row.place))
            case Keep(key, None):
                self._writer.execute("DELETE FROM kept WHERE key = ?", (key,))
            case Keep(key, value):
                self._writer.execute("REPLACE INTO kept (key, value) VALUES (?, ?)", (key, value))
            case LogHeld():
                self._hold(op)
            case Extended():
                self._extend(op)
            case ExtendedBack():
                self._extend_back(op)
            case SetAside():
                self._set_aside(op)
            case LogClosed(server_id, log, dropped):
                change = "fate = 'gone' WHERE" if dropped else "closed = 1 WHERE fate = 'held' AND"
                self._writer.execute(f"UPDATE copy SET {change} server = ? AND log = ?", (server_id, log))
            case Marked(server_id, log, seq):
                self._writer.execute(
                    "UPDATE copy SET mark = max(mark, ?) WHERE fate = 'held' AND server = ? AND log = ?",
                    (seq, server_id, log),
                )
            case _:
                assert_never(op)

    def _put_server(self, server: KnownServer) -> None:
        self._writer.execute(
            "INSERT OR REPLACE INTO server (id, addresses, name, token, first_name, member) VALUES (?,?,?,?,?,?)",
            (server.server, "\n".join(server.addresses), server.name, server.token, server.first_name, server.member),
        )

    def _put_row(self, row: OutboxRow) -> None:
        by, cid = row.target or (None, None)
        self._writer.execute(
            f"INSERT OR REPLACE INTO outbox (server, {_OUTBOX}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (row.server, row.place, row.log, row.cid, row.kind, row.body, by, cid, row.key, row.delivery, row.seq,
             row.ts, row.code, row.reason),
        )  # fmt: skip

    def _hold(self, op: LogHeld) -> None:
        held = op.held
        if held.before != held.at:
            raise NotContiguous("a log is held from one position on")
        self._writer.execute(
            "UPDATE copy SET fate = 'gone' WHERE fate = 'held' AND server = ? AND log = ?", (held.server, held.log)
        )
        n = self._new_copy("held", held)
        self._events.insert(n, op.state, [None] * len(op.state))

    def _extend(self, op: Extended) -> None:
        copy = self._held(op.server, op.log)
        ns = self._events.insert(copy.n, op.events, chain(copy.at, op.events, op.at))
        self._writer.execute("UPDATE copy SET at_seq = ?, at_h = ?, at_row = ? WHERE n = ?", (*op.at, copy.n))
        self._settle(copy, op.events, ns)

    def _extend_back(self, op: ExtendedBack) -> None:
        copy = self._held(op.server, op.log)
        ns = self._events.insert(copy.n, op.events, chain(op.before, op.events, copy.before))
        self._writer.execute(
            "UPDATE copy SET before_seq = ?, before_h = ?, before_row = ? WHERE n = ?", (*op.before, copy.n)
        )
        self._settle(copy, op.events, ns)

    def _set_aside(self, op: SetAside) -> None:
        copy = self._held(op.server, op.log)
        if op.keep.seq >= copy.before.seq and op.keep != _position(self._events, copy, op.keep.seq):
            raise NotContiguous(f"{op.keep.seq} is no position of what is held")
        before = min(copy.before, op.keep)
        aside = self._new_copy("aside", self._held_log(copy.n))
        moved = self._events.move(copy.n, op.keep.seq, aside)
        self._writer.execute(
            """UPDATE copy SET before_seq = ?, before_h = ?, before_row = ?, at_seq = ?, at_h = ?, at_row = ?
               WHERE n = ?""",
            (*before, *op.keep, copy.n),
        )
        self._refresh(copy, {change.target for change in moved if change.target is not None})

    def _settle(self, copy: _Copy, events: Sequence[Event], ns: Sequence[int]) -> None:
        """Brings index and erasure up to `events`, which were just added to the copy as `ns`."""
        messages = [(n, event) for n, event in zip(ns, events, strict=True) if event.cls is EventClass.MESSAGE]
        changed = {event.target for event in events if event.target is not None}
        if messages:
            changed.update(self._events.targets(copy.n, messages[0][1].row, messages[-1][1].row))
        shown = [(n, show(event).text) for n, event in messages if event.ref not in changed]
        texts = [(n, text) for n, text in shown if text]
        self._index.add(copy.scope, texts)
        if len(texts) >= _MANY_TEXTS:
            self._index.merge(len(texts) // _TEXTS_A_PAGE)
        self._to_merge = self._to_merge or bool(texts)
        self._refresh(copy, changed)

    def _refresh(self, copy: _Copy, refs: Iterable[Ref]) -> None:
        """Indexes messages as shown, and erases what was deleted, also where the message itself is not held."""
        for ref in refs:
            if any(change.kind == "delete" for change in self._events.changes_of(copy.n, ref)):
                copies = "SELECT n FROM copy WHERE server = ? AND log = ?"
                siblings = column(self._writer.execute(copies, (copy.server, copy.log)))
                self._index.drop(self._events.erase(siblings, ref))
            elif (message := self._events.message(copy.n, ref)) is not None:
                self._index.change(copy.scope, message[0], message[1].text)

    def _new_copy(self, fate: str, held: HeldLog) -> int:
        n: int = self._writer.execute(
            f"INSERT INTO copy (fate, server, {_HELD}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING n",
            (fate, held.server, held.log, held.kind, *held.before, *held.at, held.floor, held.mark, held.closed),
        ).get
        return n

    def _held_log(self, n: int) -> HeldLog:
        row = self._writer.execute(f"SELECT server, {_HELD} FROM copy WHERE n = ?", (n,)).get
        return _held_log(row)

    def _held(self, server: ServerId, log: LogId) -> _Copy:
        copy = _find(self._writer, server, log)
        if copy is None:
            raise NotContiguous("nothing is held of that log")
        return copy

    # --- reading -------------------------------------------------------------------------------------------------

    def together(self) -> AbstractContextManager[object]:
        return self._reading()

    def servers(self) -> list[KnownServer]:
        with self._reading() as reader:
            return [
                KnownServer(id_, tuple(addresses.split("\n")) if addresses else (), name, token, first_name, member)
                for id_, addresses, name, token, first_name, member in reader.execute(
                    "SELECT id, addresses, name, token, first_name, member FROM server ORDER BY id"
                )
            ]

    def held(self, server: ServerId) -> list[HeldLog]:
        with self._reading() as reader:
            return [
                _held_log(row)
                for row in reader.execute(
                    f"SELECT server, {_HELD} FROM copy WHERE fate = 'held' AND server = ? ORDER BY log", (server,)
                )
            ]

    def held_log(self, server: ServerId, log: LogId) -> HeldLog | None:
        with self._reading() as reader:
            query = f"SELECT server, {_HELD} FROM copy WHERE fate = 'held' AND server = ? AND log = ?"
            row = reader.execute(query, (server, log)).get
            return None if row is None else _held_log(row)

    def outbox(self, server: ServerId) -> list[OutboxRow]:
        with self._reading() as reader:
            return [
                _outbox_row(server, row)
                for row in reader.execute(f"SELECT {_OUTBOX} FROM outbox WHERE server = ? ORDER BY place", (server,))
            ]

    def kept(self, prefix: str = "") -> dict[str, str]:
        with self._reading() as reader:
            query = "SELECT key, value FROM kept WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key"
            rows: list[Any] = reader.execute(query, (prefix,)).fetchall()
            return dict(rows)

    def position(self, server: ServerId, log: LogId, seq: int) -> Position | None:
        with self._reading() as reader:
            copy = _find(reader, server, log)
            return None if copy is None else _position(self._read_events, copy, seq)

    def state(self, server: ServerId, log: LogId) -> dict[str, Event]:
        with self._reading() as reader:
            copy = _find(reader, server, log)
            return {} if copy is None else self._read_events.state(copy.n)

    def values(self, server: ServerId, log: LogId, *keys: str) -> dict[str, Event]:
        with self._reading() as reader:
            copy = _find(reader, server, log)
            return {} if copy is None else self._read_events.values(copy.n, keys)

    def messages(self, server: ServerId, log: LogId, *, before_row: int, limit: int) -> list[Shown]:
        with self._reading() as reader:
            copy = _find(reader, server, log)
            return [] if copy is None else self._read_events.messages(copy.n, before_row, limit)

    def message(self, server: ServerId, log: LogId, ref: Ref) -> Shown | None:
        with self._reading() as reader:
            copy = _find(reader, server, log)
            found = None if copy is None else self._read_events.message(copy.n, ref)
            return None if found is None else found[1]

    def said(self, server: ServerId, log: LogId, first_row: int, last_row: int) -> list[Said]:
        with self._reading() as reader:
            copy = _find(reader, server, log)
            return [] if copy is None else self._read_events.said(copy.n, first_row, last_row)

    def standing(
        self, server: ServerId, log: LogId, *, above_row: int, member: MemberId, hidden: Collection[MemberId] = ()
    ) -> Standing:
        with self._reading() as reader:
            copy = _find(reader, server, log)
            return Standing(0, 0) if copy is None else self._read_events.standing(copy.n, above_row, member, hidden)

    def events(self, server: ServerId, log: LogId, after: int, limit: int) -> list[Event]:
        with self._reading() as reader:
            copy = _find(reader, server, log)
            return [] if copy is None else self._read_events.raw(copy.n, after, limit)

    def aside(self, server: ServerId, log: LogId) -> list[Event]:
        with self._reading() as reader:
            copies = "SELECT n FROM copy WHERE fate = 'aside' AND server = ? AND log = ?"
            asides = column(reader.execute(copies, (server, log)))
            events = [event for n in asides for event in self._read_events.raw(n, 0)]
            return sorted(events, key=lambda event: event.seq)

    def search(
        self, query: str, *, server: ServerId | None = None, log: LogId | None = None, limit: int = 50
    ) -> list[Found]:
        with self._reading():
            hits = [
                (of, in_, self._read_events.message(copy, ref))
                for of, in_, copy, ref in self._read_index.find(query, server, log, limit)
            ]
            return [Found(of, in_, message[1]) for of, in_, message in hits if message is not None]

    def close(self) -> None:
        """Closes both connections; a store that was found damaged is set aside."""
        with self._read_lock:
            self._reader.close()
            self._writer.close()
        if self._damaged:
            set_aside(self._path, self._aside)

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        """One state of the database for all statements of the block, and of the blocks in it."""
        with self._read_lock, self._guarded():
            if self._reader.in_transaction:
                yield self._reader
            else:
                with transaction(self._reader, "BEGIN"):
                    yield self._reader

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with typed_errors():
                if self._damaged:
                    raise StoreDamaged("The local store is damaged.")
                yield
        except StoreDamaged as damage:
            self._damaged = True
            raise StoreDamaged(f"{damage} It is set aside as {self._aside} when it is closed.") from damage


_OUTBOX = "place, log, cid, kind, body, target_by, target_cid, key, delivery, seq, ts, code, reason"
_HELD = "log, kind, before_seq, before_h, before_row, at_seq, at_h, at_row, floor, mark, closed"


def _find(connection: apsw.Connection, server: ServerId, log: LogId) -> _Copy | None:
    row = connection.execute(
        f"SELECT n, {_HELD} FROM copy WHERE fate = 'held' AND server = ? AND log = ?", (server, log)
    ).get
    return None if row is None else _Copy(row[0], server, log, Position(*row[3:6]), Position(*row[6:9]))


def _position(events: Events, copy: _Copy, seq: int) -> Position | None:
    if seq == copy.before.seq:
        return copy.before
    found = events.h(copy.n, seq)
    return None if found is None else Position(seq, *found)


def _held_log(row: Sequence[Any]) -> HeldLog:
    server, log, kind, *positions, floor, mark, closed = row
    before, at = Position(*positions[:3]), Position(*positions[3:])
    return HeldLog(server, log, LogKind(kind), before, at, floor, mark, bool(closed))


def _outbox_row(server: ServerId, row: Sequence[Any]) -> OutboxRow:
    place, log, cid, kind, body, target_by, target_cid, key, delivery, seq, ts, code, reason = row
    target = None if target_cid is None else Ref(MemberId(target_by), Cid(target_cid))
    code = None if code is None else Code(code)
    return OutboxRow(server, place, log, cid, kind, body, target, key, Delivery(delivery), seq, ts, code, reason)
