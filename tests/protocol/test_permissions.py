"""The table of who may do what (M1, C9): that it is whole, and how it is read."""

from __future__ import annotations

import pytest

from chat_protocol.events import KINDS, EventClass
from chat_protocol.ids import PEOPLE, STAFF, LogId, b64, dm_log, member_id
from chat_protocol.permissions import NEVER, PERMISSIONS, Cell, LogKind, Standing, kind_of_log, may

BY_THE_HUB = {"identity", "listed", "unlisted", "used"}
"""Kinds that nobody sends."""


def test_every_kind_has_a_line_or_is_the_hubs() -> None:
    assert {kind for _log, kind in PERMISSIONS} == KINDS.keys() - BY_THE_HUB


def test_what_is_said_in_a_room_can_be_said_between_two() -> None:
    said = {kind for kind, line in KINDS.items() if line.cls is not EventClass.STATE}
    lines = [{kind for of, kind in PERMISSIONS if of is log and kind in said} for log in (LogKind.ROOM, LogKind.DM)]
    assert lines[0] == lines[1] != set()


def test_every_line_has_a_cell_for_every_standing() -> None:
    assert {len(row) for row in PERMISSIONS.values()} == {len(Standing)} == {len(NEVER)}


@pytest.mark.parametrize("log", LogKind)
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_line_nobody_may(log: LogKind, kind: str) -> None:
    if (log, kind) in PERMISSIONS:
        assert set(PERMISSIONS[log, kind]) != {Cell.NO}, "a line that allows nothing says nothing"
    else:
        assert not any(may(log, kind, who, own=True, about=Standing.OUTSIDER, is_open=True) for who in Standing)


def test_outsiders_only_make_rooms_and_enter_open_ones() -> None:
    """P17."""
    allowed = {line for line, row in PERMISSIONS.items() if row[Standing.OUTSIDER] is not Cell.NO}
    assert allowed == {(LogKind.ROOM, "make"), (LogKind.ROOM, "join")}


@pytest.mark.parametrize("line", PERMISSIONS)
def test_whoever_stands_higher_may_no_less(line: tuple[LogKind, str]) -> None:
    """Above the outsider: a cell never gets narrower towards the host."""
    width = [Cell.NO, Cell.OWN, Cell.BELOW, Cell.YES]
    row = PERMISSIONS[line][Standing.MEMBER :]
    assert list(row) == sorted(row, key=width.index)


def test_cells_by_hand() -> None:
    room, people, staff = LogKind.ROOM, LogKind.PEOPLE, LogKind.STAFF
    assert may(room, "text", Standing.MEMBER)
    assert not may(room, "text", Standing.OUTSIDER, own=True, is_open=True)
    assert may(room, "edit", Standing.MEMBER, own=True)
    assert not may(room, "edit", Standing.HOST, own=False)
    assert may(room, "delete", Standing.ROOM_MODERATOR, own=False)
    assert not may(room, "delete", Standing.MEMBER, own=False)
    assert may(room, "join", Standing.OUTSIDER, own=True, is_open=True)
    assert not may(room, "join", Standing.OUTSIDER, own=True, is_open=False)
    assert not may(room, "join", Standing.OUTSIDER, own=False, is_open=True)
    assert may(room, "kick", Standing.ROOM_MODERATOR, about=Standing.MEMBER)
    assert not may(room, "kick", Standing.ROOM_MODERATOR, about=Standing.ROOM_MODERATOR)
    assert not may(room, "kick", Standing.MODERATOR, about=Standing.HOST)
    assert not may(room, "kick", Standing.HOST, about=None)
    assert may(people, "ban", Standing.MODERATOR, about=Standing.MEMBER)
    assert not may(people, "ban", Standing.MODERATOR, about=Standing.MODERATOR)
    assert may(people, "role", Standing.HOST, about=Standing.MODERATOR)
    assert not may(people, "role", Standing.HOST, about=Standing.HOST)
    assert not may(people, "rename", Standing.HOST, own=False)
    assert may(staff, "fault", Standing.MEMBER)
    assert may(staff, "stop", Standing.HOST)
    assert not may(staff, "stop", Standing.MODERATOR)


def test_there_are_changes_for_messages_only_where_there_are_messages() -> None:
    changes = {kind for kind, line in KINDS.items() if line.cls is EventClass.CHANGE}
    assert {log for log, kind in PERMISSIONS if kind in changes} == {LogKind.ROOM, LogKind.DM}


def test_the_kind_of_a_log_follows_from_its_id() -> None:
    assert kind_of_log(PEOPLE) is LogKind.PEOPLE
    assert kind_of_log(STAFF) is LogKind.STAFF
    assert kind_of_log(dm_log(member_id(b"a"), member_id(b"b"))) is LogKind.DM
    assert kind_of_log(LogId(b64(b"r" * 16))) is LogKind.ROOM
