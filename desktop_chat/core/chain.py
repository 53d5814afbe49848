"""The checks that a run of events must pass: seq and row without a gap, and h along the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Raw

from chat_protocol import frames
from chat_protocol.events import Event, decode_event
from chat_protocol.ids import Position, unb64
from desktop_chat.store.suffix import position_after


class Broken(Exception):
    """What the server sent can't be. `code` names it for the fault report: gap, bad_h, bad_body, bad_page."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def positions(at: Position, events: Iterable[Event]) -> Iterator[Position]:
    """`at`, then the position after each of `events`, which must follow it. Raises `Broken` at one that can't be."""
    yield at
    for event in events:
        after = position_after(at, event)
        if after is None:
            raise Broken("gap")
        at = after
        yield at


def position_of(said: tuple[int, str, int]) -> Position:
    """(seq, h, row) as frames carry it."""
    seq, h, row = said
    try:
        return Position(seq, unb64(h), row)
    except ValueError:
        raise Broken("bad_h") from None


def decoded(items: Iterable[Raw]) -> list[Event]:
    try:
        return [decode_event(item) for item in items]
    except (msgspec.DecodeError, RecursionError):
        raise Broken("bad_body") from None


def page_of(ok: frames.Ok) -> tuple[Position, Sequence[Event]]:
    """The answer to a page `before` a seq: the position before its first event, and at least one event."""
    if ok.start is None or not ok.events:
        raise Broken("bad_page")
    return position_of(ok.start), decoded(ok.events)
