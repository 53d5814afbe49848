"""What the server asks of a storage: SQLite, the in-memory twin of the tests, later PostgreSQL.

All calls block and are made from one thread at a time for each of the two sides: `append`, `find` and
`save_marks` from the writer's, the others from a reader's; a storage keeps a connection for each. What one call
of `append` was given becomes visible as a whole or not at all, and is on the disk when the call returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from chat_protocol.events import Event
from chat_protocol.ids import LogId, MemberId, Position, Ref


class Appended(NamedTuple):
    """One event of a batch with what is stored beside it."""

    log: LogId
    event: Event
    encoded: bytes
    """`encode_event(event)`: stored and sent as they are."""
    h: bytes
    """The chain's hash at this event."""
    target_seq: int | None
    """The seq of the message that a change names."""


@dataclass
class Batch:
    """What one decision appends, all or nothing."""

    heads: dict[LogId, int] = field(default_factory=dict)
    """The head of every log it was decided on, those only read too (compare-and-append). 0: no such log."""
    events: list[Appended] = field(default_factory=list)
    """In order of decision; within a log in order of seq."""
    erase: list[tuple[LogId, int]] = field(default_factory=list)
    """Messages (log, seq) whose body goes, with those of their changes that have words, of this batch too."""


class LogState(NamedTuple):
    log: LogId
    at: Position
    ts: int
    """`ts` of the last event."""


class Loaded(NamedTuple):
    """What a hub starts from."""

    logs: list[LogState]
    state: Iterable[tuple[LogId, Event]]
    """The newest event of every key of every log."""


class Found(NamedTuple):
    """An event found by its (member, cid)."""

    log: LogId
    event: Event
    changes: int = 0
    """How many changes name it."""


class Run(NamedTuple):
    """Consecutive events of a log and the position before the first."""

    before: Position
    events: list[bytes]


class HeadMoved(Exception):
    """`append` was decided on heads that are no longer the heads; nothing was written. `logs` names which."""

    def __init__(self, logs: Sequence[LogId]) -> None:
        super().__init__(f"{len(logs)} logs have moved")
        self.logs = logs


class StorageFull(Exception):
    """There is no room; nothing of the batch is visible, now or after a restart. Reads go on."""


class StorageUncertain(Exception):
    """An I/O error: the batch may or may not be in the log. The hub must be loaded anew before the next one."""


class StorageDamaged(Exception):
    """What is stored contradicts itself; the server refuses rather than serve half of it."""


class StorageNewer(Exception):
    """The folder was written by a later version of the program."""


class Storage(Protocol):
    def load(self) -> Loaded: ...

    def append(self, batch: Batch) -> None:
        """Raises `HeadMoved`, `StorageFull` or `StorageUncertain`."""

    def find(self, refs: Iterable[Ref]) -> dict[Ref, Found]:
        """Those of `refs` that are stored, in any log."""

    def position(self, log: LogId, seq: int) -> Position | None:
        """The position at `seq` (0: before the first event); None beyond the head."""

    def at_row(self, log: LogId, row: int) -> int:
        """The seq of the message with that row; the nearest one when `row` is out of range; 0 if there is none."""

    def read(self, log: LogId, after: int, max_bytes: int, max_events: int) -> Run:
        """Events from seq `after` + 1 on: at least one if there is one, else as many as fit both bounds."""

    def read_back(self, log: LogId, before: int, floor: int, max_bytes: int, max_events: int) -> Run:
        """Events below seq `before` and not below `floor`, the nearest ones that fit, in rising order."""

    def state(self, log: LogId) -> tuple[Position, list[bytes]]:
        """The newest event of every key, in order of seq, and the head they are as of; one snapshot."""

    def messages(self, log: LogId, after: int, until: int, limit: int) -> list[bytes]:
        """Events of the class *message* with `after` < seq <= `until`, the first `limit` of them."""

    def messages_back(self, log: LogId, before: int, floor: int, limit: int) -> list[bytes]:
        """Events of the class *message* with `floor` <= seq < `before`, the last `limit`, in rising order."""

    def changes(self, log: LogId, targets: Iterable[int], as_of: int) -> list[bytes]:
        """Changes to the messages at the seqs `targets` with seq <= `as_of`, in order of seq."""

    def marks(self, member: MemberId) -> dict[LogId, int]: ...

    def save_marks(self, marks: Mapping[tuple[MemberId, LogId], int]) -> None:
        """Registers: each only grows. Raises as `append` does."""

    def search(self, readable: Mapping[LogId, int], query: str, limit: int) -> list[tuple[LogId, int]]:
        """(log, seq of the message), newest first, whose text as shown holds `query` (`chat_protocol.search_text`),
        in the logs of `readable` from the seq given on. The index may lag the last commits. What a search costs is
        bounded whatever others wrote: where `readable` are some hundred logs, or begin late in a long one, it may not
        reach the oldest of tens of thousands of messages that hold `query`."""

    def index(self) -> bool:
        """Brings the search index forward by a bounded step, and carries what was committed from the write-ahead log
        into the database when there is much of it or something was erased; whether more is waiting. From the
        writer's thread, when nobody waits to append, and at latest some seconds after an append: once it says no,
        no file holds what was erased. Raises as `append` does."""

    def close(self) -> None: ...
