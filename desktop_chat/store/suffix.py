"""What makes a held log one contiguous suffix: the chain of h from one position to the next."""

from __future__ import annotations

from collections.abc import Sequence

from chat_protocol.events import Event
from chat_protocol.ids import Position, next_h


class NotContiguous(AssertionError):
    """Operations that would leave a hole or a seam in a held log: a bug of the caller. Nothing was applied."""


def chain(before: Position, events: Sequence[Event], until: Position) -> list[bytes]:
    """h at each of `events`, which lead from `before` to `until` without a gap. Raises `NotContiguous`."""
    h = before.h
    out: list[bytes] = []
    for seq, event in enumerate(events, before.seq + 1):
        if event.seq != seq:
            raise NotContiguous(f"seq {event.seq} where {seq} follows")
        h = next_h(h, seq, event.by, event.cid, event.kind, event.target, event.key)
        out.append(h)
    if (before.seq + len(events), h) != until[:2]:
        raise NotContiguous(f"the events after {before.seq} do not lead to the position given at {until.seq}")
    return out
