"""How it stands with the connection to a server, in words."""

from __future__ import annotations

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


class Situation(NamedTuple):
    """For the banner over a conversation."""

    tone: str
    icon: str
    title: str
    sentence: str
    can_try: bool
    """Whether trying at once makes sense."""


def waiting_count(server: Server) -> int:
    """Messages and changes that wait here for the server."""
    return sum(row.delivery in (Delivery.WAITING, Delivery.SENT) for row in server.session.outbox.rows())


def situation_of(server: Server) -> Situation | None:
    """None while connected."""
    if server.is_connected:
        return None
    ending = server.driver.last_ending
    waiting = waiting_count(server)
    if ending is None:
        return Situation(
            "info",
            "loader-circle",
            translate("ServerState", "Connecting"),
            translate("ServerState", "You can read what is here, and write: it goes out by itself."),
            can_try=False,
        )
    if ending.code in _RESTING and not ending.is_final:
        title = (
            translate("ServerState", "Room resting, %n waiting", None, waiting)
            if waiting
            else translate("ServerState", "Room resting")
        )
        return Situation(
            "warn",
            "moon-star",
            title,
            translate(
                "ServerState",
                "The host's computer is off or out of reach. Read and write as always: "
                "it is saved here and goes out by itself.",
            ),
            can_try=True,
        )
    if ending.code is Code.BANNED:
        return Situation("danger", "ban", sentence(ending.code), next_step(ending.code), can_try=False)
    if ending.code is Trouble.WRONG_SERVER_KEY:
        return Situation("danger", "octagon-x", sentence(ending.code), next_step(ending.code), can_try=False)
    if ending.code is Trouble.DISK_FULL_HERE:
        return Situation("danger", "hard-drive", sentence(ending.code), next_step(ending.code), can_try=True)
    if ending.code in (Trouble.OTHER_VERSION, Code.UNSUPPORTED_VERSION):
        return Situation("info", "download", sentence(ending.code), next_step(ending.code), can_try=True)
    return Situation("warn", "wifi-off", sentence(ending.code), next_step(ending.code), can_try=True)


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
        word += " · " + translate("ServerState", "%n waiting", None, group.waiting)
    return light, word
