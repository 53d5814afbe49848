"""What was asked of one log and what was said about it, and whether the log as it is in the end agrees.

Whoever takes part records: *written* before the first byte leaves, *acked* and *refused* as answers come, *read* as
events come, *ended* with what each reader holds in the end. `check` then compares all of it with the log itself, as
Jepsen does: no clock is compared with another, only what was said with what is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import Raw

from chat_protocol.events import Event
from chat_protocol.ids import LogId, Ref, first_h, next_h

AT_MOST = 20
"""Findings of one kind that are told one by one."""


class Written(NamedTuple):
    sender: str
    """A device: what it wrote keeps its order."""
    ref: Ref
    body: bytes


@dataclass
class History:
    """Of one log."""

    written: dict[Ref, Written] = field(default_factory=dict)
    """In the order of writing."""
    acked: list[tuple[Ref, int]] = field(default_factory=list)
    refused: set[Ref] = field(default_factory=set)
    seen: dict[int, Event] = field(default_factory=dict)
    """seq → the event that some reader got there first."""
    odd: list[str] = field(default_factory=list)
    """What readers were told that can't be, noticed as it came."""
    ended: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Where each reader stands in the end: seq and h."""
    _at: dict[str, int] = field(default_factory=dict)

    def write(self, sender: str, ref: Ref, body: bytes | Raw) -> None:
        self.written[ref] = Written(sender, ref, bytes(body))

    def ack(self, ref: Ref, seq: int) -> None:
        self.acked.append((ref, seq))

    def read(self, reader: str, event: Event) -> None:
        """Each reader gets the events without a gap; its first may stand anywhere."""
        before = self._at.get(reader)
        if before is not None and event.seq != before + 1:
            self.odd.append(f"read: {reader} got seq {event.seq} after {before}")
        self._at[reader] = event.seq
        # One copy of each event, however many read it: a long run has millions of reads.
        if self.seen.setdefault(event.seq, event) != event:
            self.odd.append(f"read: {reader} got another event at {event.seq} than others did")


def check(history: History, log: LogId, final: Sequence[Event]) -> list[str]:
    """What is wrong; each line begins with its kind: `lost`, `doubled`, `order`, `gap`, `changed`, `read`, `head`.

    `final` is the whole log as the server gives it in the end.
    """
    found = [
        *_dense(final),
        *_exactly_once(history, final),
        *_as_written(history, final),
        *_sender_order(history, final),
        *_reads(history, final),
        *_heads(history, log, final),
    ]
    told: Counter[str] = Counter()
    few: list[str] = []
    for line in found:
        kind = line.partition(":")[0]
        told[kind] += 1
        if told[kind] <= AT_MOST:
            few.append(line)
    return few + [f"{kind}: {count - AT_MOST} more" for kind, count in told.items() if count > AT_MOST]


def _dense(final: Sequence[Event]) -> Iterable[str]:
    for place, event in enumerate(final, 1):
        if event.seq != place:
            yield f"gap: place {place} holds seq {event.seq}"
            return


def _exactly_once(history: History, final: Sequence[Event]) -> Iterable[str]:
    places: dict[Ref, list[int]] = {}
    for event in final:
        places.setdefault(event.ref, []).append(event.seq)
    for ref, seqs in places.items():
        if len(seqs) > 1:
            yield f"doubled: {ref.cid} stands at {seqs}"
        if ref in history.refused:
            yield f"changed: {ref.cid} was refused and stands at {seqs}"
    for ref, seq in dict.fromkeys(history.acked):
        if ref not in places:
            yield f"lost: {ref.cid}, acknowledged as {seq}"
        elif places[ref] != [seq]:
            yield f"order: {ref.cid} was acknowledged as {seq} and stands at {places[ref]}"


def _as_written(history: History, final: Sequence[Event]) -> Iterable[str]:
    senders = {ref.member for ref in history.written}
    for event in final:
        written = history.written.get(event.ref)
        if written is None:
            if event.kind == "text" and event.by in senders:
                yield f"changed: nobody wrote {event.cid} at {event.seq}"
        elif not isinstance(event.body, Raw) or bytes(event.body) != written.body:
            yield f"changed: the body of {event.cid} at {event.seq}"


def _sender_order(history: History, final: Sequence[Event]) -> Iterable[str]:
    seqs = {event.ref: event.seq for event in final}
    last: dict[str, int] = {}
    for written in history.written.values():
        seq = seqs.get(written.ref)
        if seq is None:
            continue
        if seq <= last.get(written.sender, 0):
            yield f"order: {written.sender} wrote {written.ref.cid} later, and it stands at {seq}"
        last[written.sender] = max(seq, last.get(written.sender, 0))


def _reads(history: History, final: Sequence[Event]) -> Iterable[str]:
    yield from history.odd
    for seq, event in history.seen.items():
        if not 1 <= seq <= len(final) or final[seq - 1] != event:
            yield f"read: somebody got another event at {seq} than the log holds"


def _heads(history: History, log: LogId, final: Sequence[Event]) -> Iterable[str]:
    h = first_h(log)
    for event in final:
        h = next_h(h, event.seq, event.by, event.cid, event.kind, event.target, event.key)
    for reader, (seq, held) in history.ended.items():
        if (seq, held) != (len(final), h):
            yield f"head: {reader} ended at {seq} with another h than the log at {len(final)}"
