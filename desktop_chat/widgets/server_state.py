"""How it stands with the connection to a server, in words."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

from chat_protocol.errors import Code
from desktop_chat.core.sentences import Trouble
from desktop_chat.core.server import Server
from desktop_chat.models.conversations import Connection, Group
from desktop_chat.store.contract import Delivery
from desktop_chat.theme.language import sentence
from desktop_chat.widgets.said import next_step

translate = QCoreApplication.translate

_RESTING = (
    Trouble.UNREACHABLE,
    Trouble.CONNECTION_LOST,
    Trouble.SILENT,
    Code.STOPPED,
    Code.RESTART,
)
"""The host's computer is off, asleep or out of reach: nothing that anybody here can or must mend."""


class Act(StrEnum):
    """What the person can do about it at once."""

    NOTHING = "nothing"
    TRY = "try"
    HOST = "host"


class Situation(NamedTuple):
    """For the banner over a conversation."""

    tone: str
    icon: str
    title: str
    sentence: str
    act: Act = Act.TRY


def waiting_count(server: Server) -> int:
    """Messages and changes that wait here for the server."""
    return sum(row.delivery in (Delivery.WAITING, Delivery.SENT) for row in server.session.outbox.rows())


def situation_of(server: Server, group: Group | None) -> Situation | None:
    """None while connected. `group` says who hosts."""
    if server.is_connected:
        return None
    ending = server.driver.last_ending
    if ending is None:
        return Situation(
            "info",
            "loader-circle",
            translate("ServerState", "Connecting"),
            translate("ServerState", "You can read what is here, and write: it goes out by itself."),
            Act.NOTHING,
        )
    is_own = group is not None and group.is_own
    # Of the own server everything else means the same: that it does not run.
    if is_own or (ending.code in _RESTING and not ending.is_final):
        return _resting(waiting_count(server), group)
    tone, icon, act = {
        Code.BANNED: ("danger", "ban", Act.NOTHING),
        Trouble.WRONG_SERVER_KEY: ("danger", "octagon-x", Act.NOTHING),
        Trouble.DISK_FULL_HERE: ("danger", "hard-drive", Act.TRY),
        Trouble.OTHER_VERSION: ("info", "download", Act.TRY),
        Code.UNSUPPORTED_VERSION: ("info", "download", Act.TRY),
    }.get(ending.code, ("warn", "wifi-off", Act.TRY))
    return Situation(tone, icon, sentence(ending.code), next_step(ending.code), act)


def _resting(waiting: int, group: Group | None) -> Situation:
    title = translate("ServerState", "Room resting")
    if waiting:
        title = translate("ServerState", "Room resting, %n waiting", "", waiting)
    if group is not None and group.is_own:
        said = translate("ServerState", "It is your own: nobody gets in until you host it again. What you write waits.")
        return Situation("warn", "moon-star", title, said, Act.HOST)
    goes_out = translate("ServerState", "Read and write as always: it is saved here and goes out by itself.")
    if group is not None and group.title:
        off = translate("ServerState", "{name}’s computer is off or out of reach.").format(name=group.title)
    else:
        off = translate("ServerState", "The host's computer is off or out of reach.")
    return Situation("warn", "moon-star", title, f"{off} {goes_out}")


def short_state(group: Group) -> tuple[str, str]:
    """The light of a group's head, and a word or two beside it; no words while all is well."""
    match group.connection:
        case Connection.CONNECTED:
            return "online", ""
        case Connection.CONNECTING:
            light, word = "off", translate("ServerState", "Connecting")
        case Connection.RESTING:
            light, word = "away", translate("ServerState", "Resting")
        case Connection.ENDED:
            light, word = "danger", translate("ServerState", "Stopped")
    if group.waiting:
        word += " · " + translate("ServerState", "%n waiting", "", group.waiting)
    return light, word
