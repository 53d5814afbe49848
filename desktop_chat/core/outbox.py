"""What was written here and is not yet in the log.

Rows go in the order of pressing Send, one batch in flight for each server: that alone keeps the sender's order, so
the server needs no state for it. What was stored and whose event has not come by the next login goes again too: the
server may have been set back since. A row is marked SENT durably in the step before its first write; until then an
edit or a deletion changes the row itself. Whatever is lost on the way goes again under the same cids. What is refused
for good stays for the person to try again or delete; a state, which nobody sees, goes as soon as that was told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from chat_protocol import frames, limits
from chat_protocol.errors import Code, Retry
from chat_protocol.events import KINDS, Entry, Event, EventClass, class_of, decode_body, encode_body
from chat_protocol.ids import Cid, LogId, MemberId, Ref
from desktop_chat.core.effects import Answer, Effects, Hindered, Now
from desktop_chat.core.requests import Requests
from desktop_chat.store.contract import Delivery, OutboxRow, RowChanged, RowGone, ServerId

_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 30.0

_MAKERS = ("make", "dm")
"""Kinds without which nothing else of their log makes sense."""

_encode_entry = msgspec.json.Encoder().encode


class Outbox:
    """What `member` wrote to one server. `head_of` gives the head held of a log that is followed, else None."""

    def __init__(
        self,
        server: ServerId,
        member: MemberId,
        rows: Iterable[OutboxRow],
        requests: Requests,
        head_of: Callable[[LogId], int | None],
        out: Effects,
    ) -> None:
        self._server = server
        self._member = member
        self._requests = requests
        self._head_of = head_of
        self._out = out
        self.hindrance: Code | None = None
        """Why the server did not take what was sent last, which goes again. None: it did, or has not answered."""
        self._rows = {row.place: row for row in rows}  # in order of place, always
        self._places = {row.cid: row.place for row in self._rows.values()}
        self._online = False
        self._batch: list[int] | None = None
        self._fresh: set[Cid] = set()
        """Stored over this connection: their events will come. Of others an older history may have spoken."""
        self._most = limits.SEND_EVENTS
        self._not_before = 0.0
        self._pause_s = 0.0
        self._sweep()  # of an earlier version

    # --- what the person does ---------------------------------------------------------------------------------

    def add(self, entry: Entry, now: Now) -> OutboxRow:
        """Queues an event behind everything written before. The caller has checked it."""
        place = next(reversed(self._rows), 0) + 1
        row = OutboxRow(
            self._server, place, entry.log, entry.cid, entry.kind, bytes(entry.body), entry.target, entry.key
        )
        self._put(row)
        self.pump(now)
        return self._rows[place]

    def rows(self) -> list[OutboxRow]:
        return list(self._rows.values())

    def own(self, ref: Ref) -> OutboxRow | None:
        """The row of the event that `ref` names, if it is one of these."""
        place = self._places.get(ref.cid) if ref.member == self._member else None
        return None if place is None else self._rows[place]

    def reword(self, row: OutboxRow, body: Raw, now: Now) -> None:
        """Other contents for a row that never reached the server, or was refused."""
        row = replace(row, body=bytes(body))
        self._put(row)
        self.retry(row, now)

    def retry(self, row: OutboxRow, now: Now) -> None:
        """A refused row and what it took along go again; where the log was not made, all that was refused there."""
        refused = (one for one in self._rows.values() if one.delivery is Delivery.REFUSED and one.log == row.log)
        first = next((one for one in refused if one.kind in _MAKERS), row)
        for one in [first, *self._dependents(first)]:
            if one.delivery is Delivery.REFUSED:
                self._put(replace(one, delivery=Delivery.WAITING, code=None, reason=""))
        self.pump(now)

    def discard(self, row: OutboxRow) -> None:
        """Deletes a row that is not in the log and won't be: waiting or refused. Changes to it go too; a reply to
        it stays as a plain message."""
        self._drop(row)
        for one in self._dependents(row):
            if one.delivery is Delivery.SENT or one.place not in self._rows:
                continue
            if one.log == row.log and _reply_of(one) == Ref(self._member, row.cid):
                said = msgspec.structs.replace(decode_body(one.kind, Raw(one.body)), reply=None)
                self._put(replace(one, body=bytes(encode_body(said))))
            else:
                self._drop(one)
        self._sweep()

    # --- what the connection brings ---------------------------------------------------------------------------

    def online(self, now: Now) -> None:
        """From now on batches go; called again, it looks whether there is something new to send."""
        if not self._online:
            self._online = True
            self._most = limits.SEND_EVENTS
            self._not_before = self._pause_s = 0.0
        self.pump(now)

    def offline(self) -> None:
        self._online = False
        self._batch = self.hindrance = None
        self._fresh.clear()

    def pump(self, now: Now) -> None:
        """Sends the next batch, if there is one and none is in flight."""
        if not self._online or self._batch is not None or now.mono_s < self._not_before:
            return
        batch: list[OutboxRow] = []
        raws: list[Raw] = []
        size = 0
        for row in self._rows.values():
            if row.delivery is Delivery.REFUSED or row.cid in self._fresh:
                continue
            if batch and row.kind == "join":
                # What was refused for want of it must be known to be: it would be accepted when it goes again with
                # a batch whose answer was lost, and come after what was written later.
                break
            raw = _encode_entry(Entry(row.log, row.cid, row.kind, Raw(row.body), row.target, row.key))
            size += len(raw) + 1
            if batch and (len(batch) == self._most or size > limits.SEND_BYTES):
                break
            batch.append(row)
            raws.append(Raw(raw))
        if not batch:
            self._pause_s = 0.0  # what was waited for is gone: nothing is due any more
            return
        for row in batch:
            if row.delivery is Delivery.WAITING:
                self._put(replace(row, delivery=Delivery.SENT))
        self._batch = [row.place for row in batch]
        self._requests.ask(lambda re: frames.Send(re, raws), self._answered, now)

    def extended(self, log: LogId, events: Iterable[Event]) -> None:
        """Events that are now held: their rows go in the same step."""
        for event in events:
            place = self._places.get(event.cid) if event.by == self._member else None
            if place is not None and self._rows[place].log == log:
                self._drop(self._rows[place])

    def overtaken(self, log: LogId, head: int | None) -> None:
        """A log is held anew up to `head`, or no longer followed (None): no event will come for rows stored so far."""
        for row in self.rows():
            if row.log == log and row.cid in self._fresh and (head is None or (row.seq or 0) <= head):
                self._drop(row)

    def history_changed(self, log: LogId, again: Iterable[Event]) -> None:
        """The server's log no longer holds the own events of `again`: they go again under their cids, before
        everything written since."""
        fresh = [event for event in again if event.cid not in self._places]
        first = next(iter(self._rows), 0) - len(fresh)
        for place, event in enumerate(fresh, first):
            if isinstance(event.body, Raw):
                row = OutboxRow(self._server, place, log, event.cid, event.kind, bytes(event.body), event.target)
                self._put(replace(row, key=event.key, delivery=Delivery.SENT))
        self._rows = dict(sorted(self._rows.items()))

    def deadline(self) -> float | None:
        return self._not_before if self._online and self._batch is None and self._pause_s else None

    # --- what became of a batch -------------------------------------------------------------------------------

    def _answered(self, answer: Answer, now: Now) -> None:
        batch, self._batch = self._batch or [], None
        before, self.hindrance = self.hindrance, None
        if answer is None:
            return
        if isinstance(answer, frames.Ok):
            self._decided(batch, answer.res or [], now)
        elif answer.retry is not Retry.NEVER and answer.retry is not Retry.UPGRADE:
            self.hindrance = answer.code
            self._wait(answer.after_ms, now)
        elif len(batch) > 1:
            self._most = 1  # one of them is at fault: which one shows when each goes alone
        elif batch[0] in self._rows:
            self._refuse(self._rows[batch[0]], answer.code, answer.text)
        if self.hindrance is not before:
            self._out.notices.append(Hindered(self.hindrance))
        self._sweep()
        self.pump(now)

    def _decided(self, batch: list[int], res: list[frames.Sent], now: Now) -> None:
        decided = 0
        for sent in res:
            place = self._places.get(sent.cid)
            if place is None or place not in batch:
                decided += 1  # its event came before this answer
                continue
            if sent.err is None and sent.seq is not None:
                self._stored(self._rows[place], sent.seq, sent.ts)
            elif sent.err is not None and sent.err.retry in (Retry.NEVER, Retry.UPGRADE):
                self._refuse(self._rows[place], sent.err.code, sent.err.text)
            else:
                self.hindrance = sent.err.code if sent.err else None
                self._wait(sent.err.after_ms if sent.err else None, now)
                return
            decided += 1
        if decided:
            self._pause_s = 0.0
        else:
            self._wait(None, now)

    def _stored(self, row: OutboxRow, seq: int, ts: int | None) -> None:
        head = self._head_of(row.log)
        if head is None or seq <= head:
            self._drop(row)
        else:
            self._fresh.add(row.cid)
            self._put(replace(row, delivery=Delivery.STORED, seq=seq, ts=ts))

    def _refuse(self, row: OutboxRow, code: Code, text: str) -> None:
        for one in [row, *self._dependents(row)]:
            if one.delivery is not Delivery.REFUSED and one.cid not in self._fresh:
                self._put(replace(one, delivery=Delivery.REFUSED, code=code, reason=text))

    def _sweep(self) -> None:
        """A refused state goes, once that was told, unless messages that it took along are here: with them it may go
        again."""
        for row in self.rows():
            if row.delivery is Delivery.REFUSED and row.key is not None and row.place in self._rows:
                along = [one for one in self._dependents(row) if one.delivery is Delivery.REFUSED]
                if not any(class_of(one.target, one.key) is EventClass.MESSAGE for one in along):
                    for one in (row, *along):
                        self._drop(one)

    def _wait(self, after_ms: int | None, now: Now) -> None:
        self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2 or _FIRST_PAUSE_S)
        self._not_before = now.mono_s + max(self._pause_s, (after_ms or 0) / 1000)

    def _dependents(self, row: OutboxRow) -> list[OutboxRow]:
        """Rows behind `row` that make no sense without it: changes and replies to it, theirs in turn, and all that
        was written in a log which it was to make."""
        gone = {row.cid}
        found = []
        for one in self._rows.values():
            if one.place <= row.place or one.log != row.log:
                continue
            about = one.target or _reply_of(one)
            if row.kind in _MAKERS or (about is not None and about.member == self._member and about.cid in gone):
                gone.add(one.cid)
                found.append(one)
        return found

    def _put(self, row: OutboxRow) -> None:
        self._rows[row.place] = row
        self._places[row.cid] = row.place
        self._out.change(RowChanged(row))

    def _drop(self, row: OutboxRow) -> None:
        del self._rows[row.place]
        del self._places[row.cid]
        self._fresh.discard(row.cid)
        self._out.change(RowGone(row))


def _reply_of(row: OutboxRow) -> Ref | None:
    if row.kind not in KINDS:  # written by a later version
        return None
    reply: Ref | None = getattr(decode_body(row.kind, Raw(row.body)), "reply", None)
    return reply
