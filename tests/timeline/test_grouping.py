"""Runs, date lines, the line of what is new, and the one above what waits while the server rests."""

from __future__ import annotations

from datetime import UTC, date, timedelta, timezone

import pytest

from chat_protocol.fold import Shown
from chat_protocol.ids import Cid, MemberId
from desktop_chat.models.items import Item
from desktop_chat.store.contract import Delivery
from desktop_chat.timeline.grouping import RUN_MS, Decoration, decorate, moment

NOON = 1_764_000_000_000 - 1_764_000_000_000 % 86_400_000 + 43_200_000


def item(row: int, by: str = "ann", after_ms: int = 0, *, waits: bool = False) -> Item:
    shown = Shown(row, row, NOON + after_ms, MemberId(by), Cid(str(row)))
    return Item(shown, Delivery.WAITING if waits else None)


def between(above: Item | None, one: Item, below: Item | None, read_row: int | None = None) -> Decoration:
    return decorate(above, one, below, read_row, UTC)


def test_a_run_is_one_author_within_five_minutes() -> None:
    one, two, three = item(1), item(2, after_ms=RUN_MS - 1), item(3, after_ms=2 * RUN_MS - 1)
    assert between(one, two, three) == Decoration(False, False, first_of_run=False, last_of_run=True)
    assert between(two, three, None) == Decoration(False, False, first_of_run=True, last_of_run=True)
    assert between(one, item(2, "bob"), item(3, "bob")) == Decoration(
        False, False, first_of_run=True, last_of_run=False
    )


def test_the_first_row_begins_a_day_and_a_run() -> None:
    assert between(None, item(1), item(2)) == Decoration(True, False, first_of_run=True, last_of_run=False)
    assert decorate(None, item(5), None, None, UTC, first_row=5).date


def test_a_row_whose_neighbours_are_not_here_yet_stands_alone() -> None:
    assert between(None, item(7), None) == Decoration(False, False, first_of_run=True, last_of_run=True)


def test_a_new_day_parts_a_run() -> None:
    late, early = item(1, after_ms=43_199_000), item(2, after_ms=43_200_000)
    assert between(late, early, None).date
    assert between(None, late, early).last_of_run
    assert not decorate(late, early, None, None, timezone(timedelta(hours=1))).date


def test_the_line_of_what_is_new_parts_a_run() -> None:
    one, two = item(1), item(2)
    assert between(one, two, None, read_row=1) == Decoration(False, True, first_of_run=True, last_of_run=True)
    assert between(None, one, two, read_row=1).last_of_run
    assert not between(one, two, None, read_row=2).unread_line
    assert between(None, one, two, read_row=0).unread_line
    assert not between(one, item(2, waits=True), None, read_row=1).unread_line, "own words are not new"


def test_what_waits_while_the_server_rests_stands_under_a_line() -> None:
    one, two, three = item(1), item(2, waits=True), item(3, waits=True)
    resting = decorate(one, two, three, None, UTC, is_resting=True)
    assert resting == Decoration(False, False, first_of_run=True, last_of_run=False, resting_line=True)
    assert decorate(None, one, two, None, UTC, is_resting=True).last_of_run
    assert not decorate(two, three, None, None, UTC, is_resting=True).resting_line
    assert decorate(None, two, three, None, UTC, is_resting=True).resting_line
    assert not between(one, two, three).resting_line


@pytest.mark.parametrize("ts", [0, 2**53 - 1, 253_402_300_800_000])
def test_any_time_that_a_server_writes_has_a_day(ts: int) -> None:
    assert moment(ts, timezone(timedelta(hours=14))).date() >= date(1970, 1, 1)
    assert moment(ts, timezone(timedelta(hours=-12))).date() >= date(1969, 12, 31)
    assert moment(ts, None).date() >= date(1969, 12, 31)
