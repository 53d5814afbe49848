"""The local store in memory: the twin by which the tests of the core run, and against which SQLite is checked.

It keeps lists of events and folds all of them at every read, so it is slow and easy to be sure of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext

import msgspec
from msgspec.structs import replace

from chat_protocol.events import Event, EventClass, erased, has_words
from chat_protocol.fold import Shown, fold_message, fold_state, show
from chat_protocol.ids import LogId, MemberId, Position, Ref, next_h
from chat_protocol.search_text import spans
from desktop_chat.store.contract import (
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
    StoreFull,
)
from desktop_chat.store.suffix import NotContiguous, chain

_Log = tuple[ServerId, LogId]


class _Copy(msgspec.Struct, frozen=True):
    held: HeldLog
    snapshot: tuple[Event, ...] = ()
    events: tuple[Event, ...] = ()

    def position(self, seq: int) -> Position | None:
        before, events = self.held.before, self.events[: max(seq - self.held.before.seq, 0)]
        if not before.seq <= seq <= self.held.at.seq:
            return None
        h = before.h
        for event in events:
            h = next_h(h, event.seq, event.by, event.cid, event.kind, event.target, event.key)
        return Position(seq, h, events[-1].row if events else before.row)

    def shown(self) -> dict[Ref, Shown]:
        """Every message as shown, in order of row."""
        messages = {event.ref: show(event) for event in self.events if event.cls is EventClass.MESSAGE}
        for event in self.events:
            if event.target in messages:
                messages[event.target] = fold_message(messages[event.target], event)
        return messages


class _Data(msgspec.Struct):
    servers: dict[ServerId, KnownServer] = {}
    outbox: dict[tuple[ServerId, int], OutboxRow] = {}
    copies: dict[_Log, _Copy] = {}
    asides: defaultdict[_Log, tuple[Event, ...]] = msgspec.field(default_factory=lambda: defaultdict(tuple))
    kept: dict[str, str] = {}


class MemoryStore:
    """`Store` over lists. While `full` is set, `apply` raises `StoreFull`."""

    def __init__(self) -> None:
        self.full = False
        self._data = _Data()

    def apply(self, ops: Sequence[Op]) -> None:
        if self.full:
            raise StoreFull("There is no room left on this device.")
        now = self._data
        draft = _Data(dict(now.servers), dict(now.outbox), dict(now.copies), now.asides.copy(), dict(now.kept))
        for op in ops:
            _apply(draft, op)
        self._data = draft

    def tidy(self) -> bool:
        """There is nothing to tidy."""
        return False

    def together(self) -> AbstractContextManager[object]:
        return nullcontext()  # nothing is applied while somebody reads

    def servers(self) -> list[KnownServer]:
        return sorted(self._data.servers.values(), key=lambda known: known.server)

    def held(self, server: ServerId) -> list[HeldLog]:
        copies = (copy.held for copy in self._data.copies.values())
        return sorted((held for held in copies if held.server == server), key=lambda held: held.log)

    def held_log(self, server: ServerId, log: LogId) -> HeldLog | None:
        copy = self._data.copies.get((server, log))
        return None if copy is None else copy.held

    def outbox(self, server: ServerId) -> list[OutboxRow]:
        return [row for (of, _), row in sorted(self._data.outbox.items()) if of == server]

    def kept(self, prefix: str = "") -> dict[str, str]:
        return {key: value for key, value in sorted(self._data.kept.items()) if key.startswith(prefix)}

    def position(self, server: ServerId, log: LogId, seq: int) -> Position | None:
        copy = self._data.copies.get((server, log))
        return None if copy is None else copy.position(seq)

    def state(self, server: ServerId, log: LogId) -> dict[str, Event]:
        state: dict[str, Event] = {}
        if (copy := self._data.copies.get((server, log))) is not None:
            fold_state(state, (*copy.snapshot, *copy.events))
        return state

    def values(self, server: ServerId, log: LogId, *keys: str) -> dict[str, Event]:
        return {key: event for key, event in self.state(server, log).items() if key in keys}

    def messages(self, server: ServerId, log: LogId, *, before_row: int, limit: int) -> list[Shown]:
        copy = self._data.copies.get((server, log))
        below = [] if copy is None else [shown for shown in copy.shown().values() if shown.row < before_row]
        return below[max(len(below) - limit, 0) :]

    def message(self, server: ServerId, log: LogId, ref: Ref) -> Shown | None:
        copy = self._data.copies.get((server, log))
        return None if copy is None else copy.shown().get(ref)

    def said(self, server: ServerId, log: LogId, first_row: int, last_row: int) -> list[Said]:
        copy = self._data.copies.get((server, log))
        shown = [] if copy is None else copy.shown().values()
        return [(one.row, one.by, one.ts, one.text) for one in shown if first_row <= one.row <= last_row and one.text]

    def standing(
        self, server: ServerId, log: LogId, *, above_row: int, member: MemberId, hidden: Collection[MemberId] = ()
    ) -> Standing:
        copy = self._data.copies.get((server, log))
        shown = () if copy is None else copy.shown().values()
        others = [one for one in shown if one.by != member and one.by not in hidden]
        found = [one for one in others if one.row > above_row and not one.deleted]
        return Standing(len(found), sum(member in one.mentions for one in found))

    def events(self, server: ServerId, log: LogId, after: int, limit: int) -> list[Event]:
        copy = self._data.copies.get((server, log))
        return [] if copy is None else [event for event in copy.events if event.seq > after][:limit]

    def aside(self, server: ServerId, log: LogId) -> list[Event]:
        return sorted(self._data.asides[server, log], key=lambda event: event.seq)

    def search(
        self, query: str, *, server: ServerId | None = None, log: LogId | None = None, limit: int = 50
    ) -> list[Found]:
        found = [
            Found(of, name, shown)
            for (of, name), copy in self._data.copies.items()
            if server in (None, of) and log in (None, name)
            for shown in copy.shown().values()
            if spans(shown.text, query)
        ]
        return sorted(found, key=lambda hit: (hit.message.ts, hit.message.seq), reverse=True)[:limit]

    def close(self) -> None:
        """There is nothing to close."""


def _apply(data: _Data, op: Op) -> None:
    match op:
        case PutServer(known):
            data.servers[known.server] = known
        case RowChanged(row):
            data.outbox[row.server, row.place] = row
        case RowGone(row):
            data.outbox.pop((row.server, row.place), None)
        case Keep(key, None):
            data.kept.pop(key, None)
        case Keep(key, str() as value):
            data.kept[key] = value
        case LogHeld(held, state):
            if held.before != held.at:
                raise NotContiguous("a log is held from one position on")
            data.copies[held.server, held.log] = _Copy(held, tuple(state))
        case Extended(server, log, events, at):
            copy = _held(data, server, log)
            chain(copy.held.at, events, at)
            data.copies[server, log] = replace(copy, held=replace(copy.held, at=at), events=(*copy.events, *events))
            _erase(data, (server, log))
        case ExtendedBack(server, log, before, events):
            copy = _held(data, server, log)
            chain(before, events, copy.held.before)
            data.copies[server, log] = replace(
                copy, held=replace(copy.held, before=before), events=(*events, *copy.events)
            )
            _erase(data, (server, log))
        case SetAside(server, log, keep):
            copy = _held(data, server, log)
            if keep.seq >= copy.held.before.seq and copy.position(keep.seq) != keep:
                raise NotContiguous(f"{keep.seq} is no position of what is held")
            data.copies[server, log] = _Copy(
                replace(copy.held, before=min(copy.held.before, keep), at=keep),
                tuple(event for event in copy.snapshot if event.seq <= keep.seq),
                tuple(event for event in copy.events if event.seq <= keep.seq),
            )
            data.asides[server, log] += tuple(event for event in copy.events if event.seq > keep.seq)
        case LogClosed(server, log, dropped):
            if dropped:
                data.asides.pop((server, log), None)
                data.copies.pop((server, log), None)
            elif (server, log) in data.copies:
                copy = data.copies[server, log]
                data.copies[server, log] = replace(copy, held=replace(copy.held, closed=True))
        case Marked(server, log, seq):
            if (server, log) in data.copies:
                copy = data.copies[server, log]
                data.copies[server, log] = replace(copy, held=replace(copy.held, mark=max(copy.held.mark, seq)))


def _held(data: _Data, server: ServerId, log: LogId) -> _Copy:
    if (server, log) not in data.copies:
        raise NotContiguous("nothing is held of that log")
    return data.copies[server, log]


def _erase(data: _Data, log: _Log) -> None:
    """Takes what deleted messages and their edits said out of everything that is held of the log."""
    copy = data.copies[log]
    deleted = {event.target for event in copy.events if event.kind == "delete"}

    def without(events: Iterable[Event]) -> tuple[Event, ...]:
        return tuple(
            erased(event)
            if (event.cls is EventClass.MESSAGE and event.ref in deleted)
            or (event.cls is EventClass.CHANGE and event.target in deleted and has_words(event))
            else event
            for event in events
        )

    data.copies[log] = replace(copy, events=without(copy.events))
    data.asides[log] = without(data.asides[log])
