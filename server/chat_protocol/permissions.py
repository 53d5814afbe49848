"""Who may do what: one table, role by action, and the one function that reads it.

Only the server decides; a client reads the table to know what to offer.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from chat_protocol.ids import PEOPLE, STAFF, LogId, is_dm


class LogKind(StrEnum):
    ROOM = "room"
    DM = "dm"
    PEOPLE = "people"
    STAFF = "staff"
    UNKNOWN = "unknown"
    """Any that this program doesn't know, of a later server: held like others, shown nowhere."""

    @classmethod
    def _missing_(cls, value: object) -> LogKind:
        return cls.UNKNOWN


def kind_of_log(log: LogId) -> LogKind:
    """What kind of log has that id, whether it exists or not."""
    if log == PEOPLE:
        return LogKind.PEOPLE
    if log == STAFF:
        return LogKind.STAFF
    return LogKind.DM if is_dm(log) else LogKind.ROOM


class Standing(IntEnum):
    """What somebody is in one log. In a room the higher of the server's role and the room's counts, for those
    who are in it; whoever is not is an outsider there, the host too."""

    OUTSIDER = 0
    MEMBER = 1
    ROOM_MODERATOR = 2
    MODERATOR = 3
    HOST = 4


class Cell(StrEnum):
    """NO, YES, OWN: only about one's own message or one's own key, BELOW: only about somebody of lower
    standing, LISTED: only where the room is open."""

    NO = "-"
    YES = "yes"
    OWN = "own"
    BELOW = "below"
    LISTED = "listed"


def _row(cells: str) -> tuple[Cell, ...]:
    return tuple(Cell(cell) for cell in cells.split())


NEVER = _row("- - - - -")

#                                   outsider member room_moderator moderator host
PERMISSIONS: dict[tuple[LogKind, str], tuple[Cell, ...]] = {
    (LogKind.ROOM, "text"):     _row("-      yes    yes            yes       yes"),
    (LogKind.ROOM, "edit"):     _row("-      own    own            own       own"),
    (LogKind.ROOM, "delete"):   _row("-      own    yes            yes       yes"),
    (LogKind.ROOM, "react"):    _row("-      yes    yes            yes       yes"),
    (LogKind.ROOM, "pin"):      _row("-      -      yes            yes       yes"),
    (LogKind.ROOM, "make"):     _row("yes    -      -              -         -"),
    (LogKind.ROOM, "name"):     _row("-      -      yes            yes       yes"),
    (LogKind.ROOM, "topic"):    _row("-      -      yes            yes       yes"),
    (LogKind.ROOM, "access"):   _row("-      -      yes            yes       yes"),
    (LogKind.ROOM, "history"):  _row("-      -      yes            yes       yes"),
    (LogKind.ROOM, "join"):     _row("listed -      -              -         -"),
    (LogKind.ROOM, "add"):      _row("-      -      yes            yes       yes"),
    (LogKind.ROOM, "leave"):    _row("-      own    own            own       own"),
    (LogKind.ROOM, "kick"):     _row("-      -      below          below     below"),
    (LogKind.ROOM, "moderate"): _row("-      -      -              yes       yes"),
    (LogKind.DM, "text"):       _row("-      yes    yes            yes       yes"),
    (LogKind.DM, "edit"):       _row("-      own    own            own       own"),
    (LogKind.DM, "delete"):     _row("-      own    own            own       own"),
    (LogKind.DM, "react"):      _row("-      yes    yes            yes       yes"),
    (LogKind.DM, "pin"):        _row("-      yes    yes            yes       yes"),
    (LogKind.DM, "dm"):         _row("-      yes    yes            yes       yes"),
    (LogKind.PEOPLE, "rename"): _row("-      own    own            own       own"),
    (LogKind.PEOPLE, "role"):   _row("-      -      -              -         below"),
    (LogKind.PEOPLE, "ban"):    _row("-      -      -              below     below"),
    (LogKind.PEOPLE, "unban"):  _row("-      -      -              yes       yes"),
    (LogKind.STAFF, "invite"):  _row("-      -      -              yes       yes"),
    (LogKind.STAFF, "revoke"):  _row("-      -      -              yes       yes"),
    (LogKind.STAFF, "fault"):   _row("-      yes    yes            yes       yes"),
    (LogKind.STAFF, "stop"):    _row("-      -      -              -         yes"),
}  # fmt: skip


def may(
    log: LogKind, kind: str, who: Standing, *, own: bool = False, about: Standing | None = None, is_open: bool = False
) -> bool:
    """Whether somebody who stands as `who` in a log may append an event of `kind` to it.

    `own`: the target's author, or the member that the key names, is the sender. `about`: the standing of the
    member that the key names. `is_open`: the room is open. Kinds without a line are the hub's alone.
    """
    cell = PERMISSIONS.get((log, kind), NEVER)[who]
    if cell is Cell.OWN:
        return own
    if cell is Cell.BELOW:
        return about is not None and about < who
    if cell is Cell.LISTED:
        return is_open and own
    return cell is Cell.YES
