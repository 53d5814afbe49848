"""What makes a held log one contiguous suffix: the chain of seq, h and row from one position to the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chat_protocol.events import Event, EventClass
from chat_protocol.ids import Position, next_h


class NotContiguous(AssertionError):
    """Operations that would leave a hole or a seam in a held log: a bug of the caller. Nothing was applied."""


def position_after(at: Position, event: Event) -> Position | None:
    """Where an event leads from `at`; None if it does not follow there: its seq or its row is another."""
    seq, h, row = at
    seq += 1
    row += event.cls is EventClass.MESSAGE
    if (event.seq, event.row) != (seq, row):
        return None
    return Position(seq, next_h(h, seq, event.by, event.cid, event.kind, event.target, event.key), row)


def chain(before: Position, events: Iterable[Event], until: Position) -> Sequence[bytes]:
    """h at each of `events`, which lead from `before` to `until` without a gap. Raises `NotContiguous`."""
    at = before
    out: list[bytes] = []
    for event in events:
        after = position_after(at, event)
        if after is None:
            raise NotContiguous(f"seq {event.seq} with row {event.row} does not follow {at.seq} with row {at.row}")
        at = after
        out.append(at.h)
    if at != until:
        raise NotContiguous(f"the events after {before.seq} do not lead to the position given at {until.seq}")
    return out
