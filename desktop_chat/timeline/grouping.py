"""What stands above a row and how it joins its neighbours: a decoration, so that no row comes or goes by it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from desktop_chat.models.items import Item

RUN_MS = 300_000
"""From one message of a run to the next it is less than this."""
LAST_MS = 253_402_214_400_000
"""The last day of the calendar: whatever a server writes as a time can be shown."""


class Decoration(NamedTuple):
    date: bool
    """A new day begins here, or everything does."""
    unread_line: bool
    """What is above was read, this was not."""
    first_of_run: bool
    last_of_run: bool
    resting_line: bool = False
    """What waits here begins, and the server is away."""


def decorate(
    previous: Item | None,
    item: Item,
    next_: Item | None,
    read_row: int | None,
    zone: tzinfo | None,
    *,
    first_row: int = 1,
    is_resting: bool = False,
) -> Decoration:
    """Of `item` between its neighbours; None: there is none, or it is not here yet. `read_row` and `first_row` as
    `models.messages.Messages` has them; `zone` None: that of the system. `is_resting`: the server is away."""
    above = _parting(previous, item, read_row, zone, is_resting)
    below = next_ is None or any(_parting(item, next_, read_row, zone, is_resting))
    begins_day = above.date or item.shown.row == first_row
    return Decoration(begins_day, above.unread_line, any(above), below, above.resting_line)


def moment(ts_ms: int, zone: tzinfo | None) -> datetime:
    """`ts_ms` (UTC since 1970) on the clock of `zone`; None: of this computer. The last one there is, if it is no
    time at all."""
    return datetime.fromtimestamp(min(ts_ms, LAST_MS) / 1000, UTC).astimezone(zone)


class _Parting(NamedTuple):
    """What keeps two neighbours apart."""

    unread_line: bool
    date: bool
    resting_line: bool
    other: bool
    """Another author, or too long a pause."""


def _parting(above: Item | None, item: Item, read_row: int | None, zone: tzinfo | None, is_resting: bool) -> _Parting:
    below = item.shown
    is_unread = read_row is not None and below.row == read_row + 1 and not item.is_waiting
    is_resting_here = is_resting and item.is_waiting and (above is None or not above.is_waiting)
    if above is None:
        return _Parting(is_unread, False, is_resting_here, True)
    is_other = above.shown.by != below.by or abs(below.ts - above.shown.ts) >= RUN_MS
    return _Parting(
        is_unread, moment(above.shown.ts, zone).date() != moment(below.ts, zone).date(), is_resting_here, is_other
    )
