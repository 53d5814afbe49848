"""One round of decisions: a draft, and the batch and the answers that grow with it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UnsetType

from chat_protocol.errors import Code, Refused
from chat_protocol.events import Body, Event, EventClass, class_of, encode_body, encode_event, erased
from chat_protocol.ids import PEOPLE, STAFF, Cid, LogId, MemberId, Position, Ref, derived_cid, next_h, server_cid
from chat_server.hub.healing import Healing
from chat_server.hub.rates import Allowed
from chat_server.hub.requests import Answer, Decision, Now
from chat_server.hub.state import Draft, Fact, State
from chat_server.storage.contract import Appended, Batch, Found

_CLOCK_LAG_MS = 10 * 60 * 1_000
_HEALING_AFTER_MS = 1_000


class Round:
    """Appends to a draft. Whatever is refused raises before anything was appended for it."""

    def __init__(self, state: State, stored: Mapping[Ref, Found], now: Now, allowed: Allowed, healing: Healing) -> None:
        self.draft = Draft(state)
        self.allowed = allowed.draft()
        self.now = now
        self.answers: list[Answer] = []
        self._stored = stored
        self._healing = healing
        self._own: dict[Ref, Found] = {}
        self._batch = Batch()
        self._relied_on = {PEOPLE, STAFF}
        self._readers: dict[tuple[MemberId, LogId], list[int | None]] = {}
        self._gone: list[tuple[MemberId, Code]] = []
        self._stop = False

    def find(self, ref: Ref) -> Found | None:
        """The event of that (member, cid), stored or of this round."""
        return self._own.get(ref) or self._stored.get(ref)

    def is_healing(self, log: LogId, member: MemberId) -> bool:
        """Whether `member` may name messages of `log` that are still to come back."""
        return self._healing.is_on(member, log, self.now.mono_s)

    def find_message(self, log: LogId, ref: Ref, member: MemberId) -> Found:
        """The standing message that `ref` names, if `member` may read it; else `unknown_target`, whatever the
        reason, so that nothing can be learned of what one may not read. A temporary refusal while it may come back."""
        found = self.find(ref)
        visible = self.draft.visible_from(member, log)
        if (
            found is None
            or visible is None
            or found.log != log
            or found.event.seq < visible
            or found.event.cls is not EventClass.MESSAGE
        ):
            if self.is_healing(log, member):
                text = "The message is not there yet: the server was set back, and its author may send it again."
                raise Refused(Code.BUSY, text, field="target", after_ms=_HEALING_AFTER_MS)
            raise _unknown_target()
        if isinstance(found.event.body, UnsetType):
            raise _unknown_target()
        return found

    def append(
        self,
        log: LogId,
        by: MemberId,
        cid: Cid,
        kind: str,
        body: Body,
        *,
        target: Event | None = None,
        key: str | None = None,
    ) -> Event:
        """The next event of `log`, or the first."""
        before = self.draft.position(log)
        ref = target.ref if target is not None else None
        row = before.row + (class_of(ref, key) is EventClass.MESSAGE)
        ts = _timestamp(self.draft.last_ts(log), self.now.wall_ms)
        event = Event(before.seq + 1, row, ts, by, cid, kind, ref, key, encode_body(body))
        h = next_h(before.h, event.seq, by, cid, kind, ref, key)
        watched = self._watch(log, key, body)
        self.draft.move(log, Position(event.seq, h, row), ts)
        if key is not None:
            self.draft.put(log, key, Fact(event.seq, kind, body))
        self._own[event.ref] = Found(log, event)
        if ref is not None and (changed := self.find(ref)) is not None:
            self._own[ref] = changed._replace(changes=changed.changes + 1)
        self._relied_on.add(log)
        self._batch.events.append(
            Appended(log, event, encode_event(event), h, target.seq if target is not None else None)
        )
        self._note_readers(watched, log, event.seq)
        return event

    def derive(self, cause: Event, log: LogId, kind: str, key: str, body: Body) -> Event:
        """An event that the hub adds because of `cause`, in the same batch, under a cid that follows from it."""
        cid = derived_cid(cause.ref, log, kind, key)
        return self.append(log, cause.by, cid, kind, body, key=key)

    def own_cid(self, log: LogId) -> Cid:
        """The cid of the next event of `log`, when no client's entry caused it: a joining's or a founding's."""
        return server_cid(self.now.wall_ms, b"own", log.encode(), self.draft.position(log).h)

    def rely_on(self, log: LogId) -> None:
        """What was decided follows from what `log` says, though nothing may be appended to it."""
        self._relied_on.add(log)

    def erase(self, log: LogId, message: Event) -> None:
        """The body of `message` goes with this batch, and what its edits said."""
        self._batch.erase.append((log, message.seq))
        self._own[message.ref] = Found(log, erased(message))

    def end(self, member: MemberId, code: Code) -> None:
        """The connections of `member` end once this round is stored."""
        self._gone.append((member, code))

    def stop(self) -> None:
        self._stop = True

    def decision(self) -> Decision:
        """What the round came to. The heads of people and staff are named by every batch: who may do what was
        read there."""
        batch = self._batch
        if batch.events:
            batch.heads = {log: self.draft.base(log) for log in sorted(self._relied_on)}
        gained, lost = [], []
        for (member, log), ends in self._readers.items():
            # Who lost what was only gained in this round never got any of it.
            if (end := ends[0]) is not None:
                lost.append((member, log, end))
            if ends[-1] is None:
                gained.append((member, log))
        return Decision(self.answers, batch, gained, lost, self._gone, self._stop, self._merge)

    def _merge(self) -> None:
        self.draft.merge()
        self.allowed.merge()

    def _watch(self, log: LogId, key: str | None, body: Body) -> list[tuple[MemberId, LogId, bool]]:
        """Whose reading of which log an event with `key` may change, and whether they read it before."""
        prefix, _, name = (key or "").partition(":")
        if prefix == "in":
            pairs = [(MemberId(name), log)]
        elif prefix == "role":
            who = MemberId(name)
            pairs = [(who, where) for where in (PEOPLE, STAFF, *self.draft.conversations(who))]
        elif prefix == "dm":
            pairs = [(member, log) for member in getattr(body, "members", ())]
        else:
            return []
        return [(who, where, self.draft.visible_from(who, where) is not None) for who, where in pairs]

    def _note_readers(self, watched: list[tuple[MemberId, LogId, bool]], log: LogId, seq: int) -> None:
        for member, where, before in watched:
            after = self.draft.visible_from(member, where) is not None
            if before != after:
                end = seq if where == log else self.draft.position(where).seq
                self._readers.setdefault((member, where), []).append(None if after else end)


def _unknown_target() -> Refused:
    return Refused(Code.UNKNOWN_TARGET, "The message is not there any more.", field="target")


def _timestamp(last_ms: int, wall_ms: int) -> int:
    """The server's clock, but never a little before the log's last event; a clock set far back is believed."""
    return last_ms if last_ms - _CLOCK_LAG_MS < wall_ms < last_ms else wall_ms
