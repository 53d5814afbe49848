"""The in-memory twin of the storage: the contract as plainly as it can be said, for tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from threading import Lock

from chat_protocol.events import Event, EventClass, encode_event, erased, has_words
from chat_protocol.fold import fold_message, fold_state, show
from chat_protocol.ids import LogId, MemberId, Position, Ref, first_h
from chat_protocol.search_text import spans
from chat_server.storage.contract import Appended, Batch, Found, HeadMoved, Loaded, LogState, Run

_NEVER = 2**63


class Moment(Enum):
    """When the hook of a `MemoryStorage` is called inside `append`."""

    BEFORE = "before anything is stored"
    STORED = "after everything is stored"


Hook = Callable[[Moment, Batch], None]
"""Raises what `append` shall fail with: `StorageFull` and `HeadMoved` only before, `StorageUncertain` at either."""


def _no_failure(_moment: Moment, _batch: Batch) -> None:
    pass


class MemoryStorage:
    """See `contract.Storage`. A restart is another hub over the same object; `hook` makes failures."""

    def __init__(self, hook: Hook = _no_failure) -> None:
        self.hook = hook
        self._lock = Lock()
        self._logs: dict[LogId, list[Appended]] = {}
        self._refs: dict[Ref, tuple[LogId, int]] = {}
        self._changes: Counter[tuple[LogId, int | None]] = Counter()
        self._marks: dict[tuple[MemberId, LogId], int] = {}
        self._messages: list[tuple[LogId, int]] = []  # in order of arrival, for search
        self._indexed: dict[LogId, int] = {}

    def load(self) -> Loaded:
        with self._lock:
            logs = {log: list(events) for log, events in self._logs.items()}
        state: list[tuple[LogId, Event]] = []
        for log, events in logs.items():
            newest: dict[str, Event] = {}
            fold_state(newest, [one.event for one in events])
            state += [(log, event) for event in newest.values()]
        return Loaded(
            [LogState(log, _position(log, events), events[-1].event.ts) for log, events in logs.items()], state
        )

    # --- the writer's side --------------------------------------------------------------------------------------

    def append(self, batch: Batch) -> None:
        self.hook(Moment.BEFORE, batch)
        with self._lock:
            heads = {log: len(self._logs.get(log, ())) for log in batch.heads}
            if heads != batch.heads:
                raise HeadMoved([log for log in heads if heads[log] != batch.heads[log]])
            for one in batch.events:
                heads[one.log] += 1
                if one.event.seq != heads[one.log]:
                    raise ValueError("the batch leaves a gap in a log")
                if one.event.ref in self._refs:
                    raise ValueError("the batch holds an event that is stored already")
            for one in batch.events:
                self._logs.setdefault(one.log, []).append(one)
                self._refs[one.event.ref] = (one.log, one.event.seq)
                self._changes[one.log, one.target_seq] += 1
                if one.event.cls is EventClass.MESSAGE:
                    self._messages.append((one.log, one.event.seq))
            for log, seq in batch.erase:
                self._erase(self._logs[log], seq)
        self.hook(Moment.STORED, batch)

    def _erase(self, events: list[Appended], seq: int) -> None:
        for i, one in enumerate(events):
            if one.event.seq == seq or (one.target_seq == seq and has_words(one.event)):
                event = erased(one.event)
                events[i] = one._replace(event=event, encoded=encode_event(event))

    def find(self, refs: Iterable[Ref]) -> dict[Ref, Found]:
        with self._lock:
            return {ref: self._found(*self._refs[ref]) for ref in refs if ref in self._refs}

    def _found(self, log: LogId, seq: int) -> Found:
        return Found(log, self._logs[log][seq - 1].event, self._changes[log, seq])

    def save_marks(self, marks: Mapping[tuple[MemberId, LogId], int]) -> None:
        with self._lock:
            for (member, log), seq in marks.items():
                if log in self._logs:
                    self._marks[member, log] = max(seq, self._marks.get((member, log), 0))

    def index(self) -> bool:
        with self._lock:
            self._indexed = {log: len(events) for log, events in self._logs.items()}
        return False

    # --- the reader's side --------------------------------------------------------------------------------------

    def position(self, log: LogId, seq: int) -> Position | None:
        events = self._events(log)
        return _position(log, events[:seq]) if seq <= len(events) else None

    def at_row(self, log: LogId, row: int) -> int:
        messages = [one.event.seq for one in self._events(log) if one.event.cls is EventClass.MESSAGE]
        return messages[min(max(row, 1), len(messages)) - 1] if messages else 0

    def read(self, log: LogId, after: int, max_bytes: int, max_events: int) -> Run:
        events = self._events(log)
        return Run(_position(log, events[:after]), _fitting(events[after:], max_bytes, max_events))

    def read_back(self, log: LogId, before: int, floor: int, max_bytes: int, max_events: int) -> Run:
        events = self._events(log)[: max(before - 1, 0)]
        found = _fitting(reversed(events[max(floor - 1, 0) :]), max_bytes, max_events)
        return Run(_position(log, events[: len(events) - len(found)]), found[::-1])

    def state(self, log: LogId) -> tuple[Position, list[bytes]]:
        events = self._events(log)
        newest = {one.event.key: one for one in events if one.event.key is not None}
        in_order = sorted(newest.values(), key=lambda one: one.event.seq)
        return _position(log, events), [one.encoded for one in in_order]

    def messages(self, log: LogId, after: int, until: int, limit: int) -> list[bytes]:
        return self._messages_in(log, after, until)[:limit]

    def messages_back(self, log: LogId, before: int, floor: int, limit: int) -> list[bytes]:
        found = self._messages_in(log, floor - 1, before - 1)
        return found[max(len(found) - limit, 0) :]

    def changes(self, log: LogId, targets: Iterable[int], as_of: int) -> list[bytes]:
        wanted = set(targets)
        return [one.encoded for one in self._events(log)[:as_of] if one.target_seq in wanted]

    def marks(self, member: MemberId) -> dict[LogId, int]:
        with self._lock:
            return {log: seq for (who, log), seq in self._marks.items() if who == member}

    def search(self, readable: Mapping[LogId, int], query: str, limit: int) -> list[tuple[LogId, int]]:
        with self._lock:
            messages = [(log, seq) for log, seq in reversed(self._messages) if seq >= readable.get(log, _NEVER)]
            logs = {log: self._logs[log][: self._indexed.get(log, 0)] for log in readable if log in self._logs}
        return [(log, seq) for log, seq in messages if spans(_text(logs[log], seq), query)][:limit]

    def close(self) -> None:
        """Nothing to do: what was stored is there for the next hub."""

    def _events(self, log: LogId) -> list[Appended]:
        with self._lock:
            return list(self._logs.get(log, ()))

    def _messages_in(self, log: LogId, after: int, until: int) -> list[bytes]:
        events = [one for one in self._events(log) if one.event.cls is EventClass.MESSAGE]
        return [one.encoded for one in events if after < one.event.seq <= until]


def _position(log: LogId, events: list[Appended]) -> Position:
    """Behind the last of `events`, which begin with the first of the log."""
    if not events:
        return Position(0, first_h(log), 0)
    return Position(events[-1].event.seq, events[-1].h, events[-1].event.row)


def _fitting(events: Iterable[Appended], max_bytes: int, max_events: int) -> list[bytes]:
    found: list[bytes] = []
    for one in events:
        max_bytes -= len(one.encoded)
        if len(found) == max_events or (found and max_bytes < 0):
            break
        found.append(one.encoded)
    return found


def _text(events: list[Appended], seq: int) -> str:
    """What the message at `seq` shows at the end of `events`."""
    if seq > len(events):
        return ""
    shown = show(events[seq - 1].event)
    for one in events:
        if one.target_seq == seq:
            shown = fold_message(shown, one.event)
    return shown.text
