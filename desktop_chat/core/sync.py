"""The held logs: one contiguous suffix each, carried forward by one rule.

What arrives in `events` is head + 1 of its log, else it is a fault: the server is told and the log followed again.
h is computed along and compared wherever the server says its own: at login, at a snapshot, at a page's start.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from chat_protocol import frames, limits
from chat_protocol.events import Event, EventClass
from chat_protocol.ids import STAFF, LogId, MemberId, Position, b64
from chat_protocol.permissions import LogKind
from desktop_chat.core.chain import Broken, decoded, page_of, position_of, positions
from desktop_chat.core.effects import Answer, Effects, Now, Restored
from desktop_chat.core.healing import Parting, worth_sending
from desktop_chat.core.requests import Requests
from desktop_chat.store.contract import Extended, ExtendedBack, HeldLog, LogClosed, LogHeld, ServerId, SetAside, Store

_H_BYTES = 8
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_READ = 1_000


class Watcher(Protocol):
    """Who acts in the same step when a log changes."""

    def log_extended(self, log: LogId, events: Sequence[Event]) -> None: ...

    def log_held(self, held: HeldLog, now: Now) -> None: ...

    def log_closed(self, log: LogId) -> None: ...

    def log_restored(self, log: LogId, own: Sequence[Event]) -> None:
        """`own` messages and changes that the server's log no longer holds."""

    def fault(self, log: LogId, seq: int, code: str, now: Now) -> None: ...


class Head(NamedTuple):
    """What the server said of a log at login."""

    at: Position
    floor: int
    mark: int
    kind: LogKind


class _Gathering(msgspec.Struct):
    """A snapshot of which not all frames are here."""

    at: Position
    state: list[Event] = []


class _Pause(msgspec.Struct):
    """Before a log is followed again."""

    length_s: float
    until: float


class Sync:
    def __init__(
        self,
        server: ServerId,
        member: MemberId,
        store: Store,
        requests: Requests,
        watcher: Watcher,
        out: Effects,
    ) -> None:
        """Goes on where `store` stands. `member` is the person whose logs these are."""
        self.held = {one.log: one for one in store.held(server)}
        self.heads: dict[LogId, Head] = {}
        self._server = server
        self._member = member
        self._store = store
        self._requests = requests
        self._watcher = watcher
        self._out = out
        self._followed: set[LogId] = set()
        self._asked: dict[LogId, object] = {}
        """The newest request about a log; what answers an older one says nothing any more."""
        self._gathering: dict[LogId, _Gathering] = {}
        self._keep: dict[LogId, Position] = {}
        self._pauses: dict[LogId, _Pause] = {}

    def head(self, log: LogId) -> int | None:
        """The head held of a log that the server feeds, None if it does not."""
        held = self.held.get(log)
        return None if held is None or held.closed else held.at.seq

    def is_current(self, log: LogId) -> bool:
        """Whether the log is fed and holds all that the server had at login."""
        if log not in self._followed or log not in self.held:
            return False
        return log not in self.heads or self.held[log].at.seq >= self.heads[log].at.seq

    @property
    def is_settled(self) -> bool:
        """Whether no log waits to be compared with the server's."""
        return not self._asked and not self._keep

    # --- the connection ---------------------------------------------------------------------------------------

    def connected(self, now: Now) -> None:
        """Behind the login, without waiting for its answer: on from where each log is held."""
        self._follow([log for log, held in self.held.items() if not held.closed], now)

    def welcomed(self, logs: Iterable[frames.LogHead], now: Now) -> None:
        """Raises `Broken` for a head that can't be read."""
        self.heads = {
            log.log: Head(position_of((log.head, log.h, log.row)), log.from_[0], log.mark, log.kind) for log in logs
        }
        for log, held in list(self.held.items()):
            if not held.closed and log not in self.heads:
                self.close(log)
        # The kind is another when an earlier version of this program did not know it.
        same = {
            log
            for log, head in self.heads.items()
            if (known := self.held.get(log)) is not None and (known.floor, known.kind) == (head.floor, head.kind)
        }
        self._follow(self.heads.keys() - same, now, anew=True)
        # Readable again, by another joining or a restore that undid the end.
        self._follow([log for log in same if self.held[log].closed], now)

    def disconnected(self) -> None:
        self.heads = {}
        for state in (self._followed, self._asked, self._gathering, self._keep, self._pauses):
            state.clear()

    def _follow(self, logs: Iterable[LogId], now: Now, *, anew: bool = False) -> None:
        """Asks for what follows the head, or for a snapshot: of logs not held, and of all when `anew`."""
        since: dict[LogId, tuple[int, str] | None] = {}
        for log in logs:
            held = None if anew else self.held.get(log)
            since[log] = None if held is None else (held.at.seq, b64(held.at.h[:_H_BYTES]))
            self._followed.discard(log)
            self._gathering.pop(log, None)
            if len(since) == limits.FOLLOW_LOGS:
                self._ask(since, now)
                since = {}
        if since:
            self._ask(since, now)

    def _ask(self, since: dict[LogId, tuple[int, str] | None], now: Now) -> None:
        request = object()
        self._asked |= dict.fromkeys(since, request)

        def answered(answer: Answer, now: Now) -> None:
            if answer is None:
                return
            said = answer.logs or {} if isinstance(answer, frames.Ok) else {}
            for log in [log for log in since if self._asked.get(log) is request]:
                del self._asked[log]
                match said.get(log):
                    case "behind" if since[log] is None or not self.held[log].closed:
                        self._followed.add(log)
                    case "behind" | "history_changed":
                        self._heal(log, now)
                    case "unknown_log":
                        self.close(log)
                    case _:
                        self._pause(log, now)

        self._requests.ask(lambda re: frames.Follow(re, since), answered, now)

    # --- forward ----------------------------------------------------------------------------------------------

    def events(self, frame: frames.Events, now: Now) -> None:
        log = frame.log
        held = self.held.get(log)
        if log not in self._followed or held is None or log in self._gathering:
            if log not in self._asked and log not in self._pauses:  # else: of a feed that was ended by asking anew
                self._fault(log, 0, "not_followed", now)
            return
        head = self.heads.get(log)
        at = held.at
        try:
            events = decoded(frame.items)
            for at in positions(held.at, events):
                if head is not None and at.seq == head.at.seq and at != head.at:
                    raise Broken("bad_h")
        except Broken as broken:
            self._fault(log, at.seq + 1, broken.code, now)
            return
        if not events:
            return
        self._pauses.pop(log, None)
        self.held[log] = replace(held, at=at)
        self._out.change(Extended(self._server, log, events, at))
        self._watcher.log_extended(log, events)

    def snapshot(self, frame: frames.Snapshot, now: Now) -> None:
        """The newest event of every key: of a log asked for anew, or of one that just became readable."""
        log, before, floor = frame.log, self.held.get(frame.log), frame.from_[0]
        if log in self._asked:
            return  # of a feed that the answer will end
        if before is not None and before.closed and before.floor == floor and log not in self._keep:
            if frame.last:  # the copy from before it was closed is compared first, then a snapshot is asked for
                self._follow([log], now)
            return
        try:
            at = position_of((frame.seq, frame.h, frame.row))
            gathering = self._gathering.get(log)
            if gathering is None or gathering.at != at:
                gathering = self._gathering[log] = _Gathering(at)
            gathering.state += decoded(frame.items)
        except Broken as broken:
            self._fault(log, frame.seq, broken.code, now)
            return
        if not frame.last:
            return
        del self._gathering[log]
        self._pauses.pop(log, None)
        self._followed.add(log)
        if before is not None:
            self._set_aside(before, rejoined=before.floor != floor)
        mark = max(before.mark if before is not None else 0, self.heads[log].mark if log in self.heads else 0)
        held = self.held[log] = HeldLog(self._server, log, frame.kind, at, at, floor, mark)
        self._out.change(LogHeld(held, gathering.state))
        self._watcher.log_held(held, now)

    def close(self, log: LogId) -> None:
        """The log is no longer readable. What a lost role gave sight of is dropped; the rest stays as a copy, also the
        people: without their names, what they said is not readable any more."""
        self._followed.discard(log)
        for state in (self._asked, self._gathering, self._keep, self._pauses):
            state.pop(log, None)
        held = self.held.get(log)
        if held is None or held.closed:
            return
        drop = log == STAFF
        if drop:
            del self.held[log]
        else:
            self.held[log] = replace(held, closed=True)
        self._out.change(LogClosed(self._server, log, drop))
        self._watcher.log_closed(log)

    # --- backward ---------------------------------------------------------------------------------------------

    def extend_back(self, log: LogId, ok: frames.Ok, now: Now) -> Sequence[Event]:
        """Events that end right below the first held one, from the answer to a page `before` it. Empty after a
        fault, and when the log is no longer fed."""
        held = self.held.get(log)
        if held is None or log not in self._followed:
            return []
        try:
            start, events = page_of(ok)
            *_, end = positions(start, events)
            if end != held.before or start.seq < held.floor - 1:
                raise Broken("bad_page")
        except Broken as broken:
            self._fault(log, held.before.seq, broken.code, now)
            return []
        self.held[log] = replace(held, before=start)
        self._out.change(ExtendedBack(self._server, log, start, events))
        return events

    # --- faults and healing -----------------------------------------------------------------------------------

    def _fault(self, log: LogId, seq: int, code: str, now: Now) -> None:
        self._watcher.fault(log, seq, code, now)
        self._pause(log, now)

    def _pause(self, log: LogId, now: Now) -> None:
        last = self._pauses.get(log)
        length_s = min(_LONGEST_PAUSE_S, last.length_s * 2) if last is not None else _FIRST_PAUSE_S
        self._pauses[log] = _Pause(length_s, now.mono_s + length_s)
        self._followed.discard(log)
        self._asked.pop(log, None)
        self._gathering.pop(log, None)

    def timer(self, now: Now) -> None:
        due = [log for log, pause in self._pauses.items() if pause.until <= now.mono_s]
        for log in due:
            self._pauses[log].until = math.inf  # the length is remembered until events come again
        self._follow(due, now)

    def deadline(self) -> float | None:
        return min((pause.until for pause in self._pauses.values() if pause.until < math.inf), default=None)

    def _heal(self, log: LogId, now: Now) -> None:
        """The server's log is another than the one held: keep what both agree on, take a fresh snapshot."""
        search = self._asked[log] = object()

        def found(keep: Position, now: Now) -> None:
            if self._asked.get(log) is search:
                self._keep[log] = keep
                self._follow([log], now, anew=True)

        def broken(code: str | None, now: Now) -> None:
            if self._asked.get(log) is search and code is not None:
                self._fault(log, self.held[log].at.seq, code, now)
            elif self._asked.get(log) is search:
                self._pause(log, now)

        head = self.heads[log].at if log in self.heads else None
        Parting(self.held[log], self._store, self._requests, found, broken).search(head, now)

    def _set_aside(self, held: HeldLog, *, rejoined: bool) -> None:
        """In the step of the fresh snapshot: what was held and is no part of the new copy stays readable."""
        log = held.log
        keep = self._keep.pop(log, None)
        if rejoined:
            keep = held.before
        if keep is None or keep == held.at:
            return
        self._out.ops.append(SetAside(self._server, log, keep))
        if rejoined:
            return  # the copy from an earlier membership: nothing of it goes again
        lost: list[Event] = []
        after = keep.seq
        while after < held.at.seq and (part := self._store.events(self._server, log, after, _READ)):
            lost += part
            after = part[-1].seq
        states = [event for event in lost if event.by == self._member and event.cls is EventClass.STATE]
        self._out.notices.append(Restored(log, keep, states))
        self._watcher.log_restored(log, [event for event in worth_sending(lost) if event.by == self._member])
