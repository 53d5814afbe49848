"""The background copy: what is held is extended downwards, newest first, beside everything else.

It takes at most a share of the link: after a page that took t seconds it waits until t is that share of the time.
What the person scrolls to doesn't wait.
"""

from __future__ import annotations

from enum import StrEnum

from chat_protocol import frames, limits
from chat_protocol.ids import LogId
from desktop_chat.core.effects import Answer, Now
from desktop_chat.core.requests import Requests
from desktop_chat.core.sync import Sync
from desktop_chat.store.contract import HeldLog

DEFAULT_SHARE = 0.1
_DAYS_90_MS = 90 * 86_400_000
_RETRY_S = 2.0


class Extent(StrEnum):
    """How much is copied without being asked for."""

    EVERYTHING = "everything"
    LAST_90_DAYS = "last_90_days"
    AS_READ = "as_read"


class Copying:
    def __init__(self, sync: Sync, requests: Requests, extent: Extent, share: float) -> None:
        self._sync = sync
        self._requests = requests
        self._extent = extent
        self._share = share
        self._wanted: dict[LogId, int] = {}
        """Asked for by the person: down to which row."""
        self._goal: dict[LogId, int] = {}
        """Held before a heal: to be held again, down to which seq."""
        self._oldest_ms: dict[LogId, int] = {}
        """`ts` of the oldest event copied so far."""
        self._busy = False
        self._not_before = 0.0

    def want(self, log: LogId, down_to_row: int, now: Now) -> None:
        """The person looks at rows from `down_to_row` on: they come before everything else."""
        self._wanted[log] = min(down_to_row, self._wanted.get(log, down_to_row))
        self.go_on(now)

    def restore(self, log: LogId, down_to_seq: int) -> None:
        """What was held before a heal comes back, whatever the setting."""
        self._goal[log] = down_to_seq

    def disconnected(self) -> None:
        self._busy = False
        self._not_before = 0.0

    def go_on(self, now: Now) -> None:
        """Asks for the next page if there is one to ask for and none under way."""
        if self._busy:
            return
        log = next((log for log in list(self._wanted) if self._is_wanted(log)), None)
        if log is None and now.mono_s >= self._not_before:
            logs = [log for log, held in self._sync.held.items() if self._is_due(log, held, now)]
            log = max(logs, key=lambda one: self._oldest_ms.get(one, now.wall_ms), default=None)
        if log is None:
            return
        self._busy = True
        before = self._sync.held[log].before.seq + 1
        asked_s = now.mono_s

        def answered(answer: Answer, now: Now) -> None:
            if answer is None:
                return
            self._busy = False
            if isinstance(answer, frames.Ok):
                events = self._sync.extend_back(log, answer, now)
                if events:
                    self._oldest_ms[log] = events[0].ts
                self._not_before = now.mono_s + (now.mono_s - asked_s) * (1 / self._share - 1)
            else:
                self._wanted.pop(log, None)
                self._not_before = now.mono_s + max(_RETRY_S, (answer.after_ms or 0) / 1000)
            self.go_on(now)

        self._requests.ask(lambda re: frames.Page(re, log, limits.PAGE_MESSAGES, before=before), answered, now)

    def deadline(self, now: Now) -> float | None:
        if self._busy or not any(self._is_due(log, held, now) for log, held in self._sync.held.items()):
            return None
        return self._not_before

    def _is_wanted(self, log: LogId) -> bool:
        held = self._sync.held.get(log)
        if held is None or held.before.seq < held.floor or held.before.row < self._wanted[log]:
            del self._wanted[log]
            return False
        return self._sync.is_current(log)

    def _is_due(self, log: LogId, held: HeldLog, now: Now) -> bool:
        if held.before.seq < held.floor or not self._sync.is_current(log):
            return False
        if held.before.seq > self._goal.get(log, held.before.seq):
            return True
        match self._extent:
            case Extent.EVERYTHING:
                return True
            case Extent.LAST_90_DAYS:
                return self._oldest_ms.get(log, now.wall_ms) > now.wall_ms - _DAYS_90_MS
            case Extent.AS_READ:
                return False
