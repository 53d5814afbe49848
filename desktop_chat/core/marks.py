"""How far was read: registers that only grow, sent at most every 2 s and again on connect. Best-effort signals.

Others are let know by a signal `read` beside each mark, and on each connect: a server that was restarted has forgotten.
Unless this device keeps that it hides it.
"""

from __future__ import annotations

from msgspec.structs import replace

from chat_protocol import codec, frames
from chat_protocol.ids import LogId, MemberId
from chat_protocol.permissions import LogKind
from desktop_chat.core.effects import Answer, Effects, Now
from desktop_chat.core.requests import Requests
from desktop_chat.core.sync import Sync
from desktop_chat.store.contract import Marked, ServerId, Store

_EVERY_S = 2.0
_AT_ONCE = 4
_SIGNAL_EVERY_S = {"typing": 3.0}


def hidden_key(kind: str) -> str:
    """Under which this device keeps that others are not let know by signals of `kind`, `read` or `present`. Who hides
    something does not see it of others either: whoever shows it asks `Kept.hides`."""
    return f"hidden:{kind}"


class Marks:
    def __init__(self, server: ServerId, sync: Sync, requests: Requests, out: Effects, store: Store) -> None:
        self._server = server
        self._store = store
        self._sync = sync
        self._requests = requests
        self._out = out
        self.others: dict[LogId, dict[MemberId, int]] = {}
        """Up to which seq others have read, as far as they let this person know while the program runs."""
        self._to_send: dict[LogId, bool] = {}
        """Whether the server itself does not know the mark yet."""
        self._not_before = 0.0
        self._signals: dict[tuple[LogId, str], float] = {}

    def read(self, log: LogId, seq: int, now: Now) -> None:
        """The person has read up to `seq`."""
        if self._grow(log, seq):
            self._to_send[log] = True
            self.go_on(now)

    def others_read(self, log: LogId, member: MemberId, seq: int) -> None:
        """`member` has let others know that they read up to `seq`."""
        read = self.others.setdefault(log, {})
        read[member] = max(seq, read.get(member, 0))

    def heard(self, log: LogId, seq: int) -> None:
        """Another device of this person has."""
        self._grow(log, seq)

    def online(self, now: Now) -> None:
        self._signals.clear()  # of the connection before: this one was told nothing yet
        self._not_before = now.mono_s
        for log, head in self._sync.heads.items():
            held = self._sync.held.get(log)
            if held is None:
                continue
            self._grow(log, head.mark)
            if held.mark > head.mark or (held.mark and held.kind in (LogKind.ROOM, LogKind.DM)):
                self._to_send[log] = held.mark > head.mark
        self.go_on(now)

    def go_on(self, now: Now) -> None:
        if not self._requests.logged_in or not self._to_send or now.mono_s < self._not_before:
            return
        self._not_before = now.mono_s + _EVERY_S
        is_hidden = bool(self._store.kept(hidden_key("read")))
        for log in list(self._to_send)[:_AT_ONCE]:
            is_new = self._to_send.pop(log)
            seq = self._sync.held[log].mark if log in self._sync.held else 0
            if is_new:
                self._requests.ask(lambda re, log=log, seq=seq: frames.Mark(re, log, seq), _sent, now)  # type: ignore[misc]
            if not is_hidden:
                self._out.frames.append(codec.encode(frames.SendSignal(log, "read", seq)))

    def deadline(self) -> float | None:
        return self._not_before if self._requests.logged_in and self._to_send else None

    def signal(self, log: LogId, kind: str, seq: int | None, now: Now) -> None:
        """Typing at most every 3 s, others every 1 s; what is too soon or offline is dropped."""
        if self._requests.logged_in and self._signals.get((log, kind), 0.0) <= now.mono_s:
            self._signals[log, kind] = now.mono_s + _SIGNAL_EVERY_S.get(kind, 1.0)
            self._out.frames.append(codec.encode(frames.SendSignal(log, kind, seq)))

    def _grow(self, log: LogId, seq: int) -> bool:
        held = self._sync.held.get(log)
        if held is None or seq <= held.mark:
            return False
        self._sync.held[log] = replace(held, mark=seq)
        self._out.change(Marked(self._server, log, seq))
        return True


def _sent(_answer: Answer, _now: Now) -> None:
    """A mark that was lost goes again with the next login."""
