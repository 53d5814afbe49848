"""Times in words."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone, tzinfo

import pytest

from desktop_chat.timeline import grouping, words

_MINUTE_MS = 60_000
_NEW_YEAR_MS = 1_767_225_600_000


@pytest.mark.parametrize("zone", [None, UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-12))])
def test_many_moments_are_told_as_each_of_them_is(zone: tzinfo | None) -> None:
    """Around midnight, at both ends of the calendar, and behind it."""
    told = words.Times(zone)
    around = range(_NEW_YEAR_MS - 90 * _MINUTE_MS, _NEW_YEAR_MS + 90 * _MINUTE_MS, 7_777)
    for ts in (*around, *around, 0, 59_999, 10**14, 253_402_214_400_000, 10**16):
        assert told.full(ts) == words.full(grouping.moment(ts, zone))
