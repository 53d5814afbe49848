"""How it stands with the connection to a server, in words."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale

from chat_protocol.errors import Code
from desktop_chat.core.effects import Ending
from desktop_chat.core.sentences import Trouble
from desktop_chat.core.server import Server
from desktop_chat.hosting.addresses import own_hosts
from desktop_chat.models.conversations import Connection, Group
from desktop_chat.store.contract import Delivery
from desktop_chat.theme.language import sentence
from desktop_chat.widgets.said import next_step

translate = QCoreApplication.translate

_OUT_OF_REACH = (Trouble.UNREACHABLE, Trouble.CONNECTION_LOST, Trouble.SILENT)
_RESTING = (*_OUT_OF_REACH, Code.STOPPED, Code.RESTART)
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
    seconds_left: Callable[[], int | None] | None = None
    """To the next try, which comes by itself; called again and again. It returns None while it is being tried."""
    line: str = ""
    """Over the messages that wait here, if the title says why: since when."""


def waiting_count(server: Server) -> int:
    """Messages and changes that wait here for the server."""
    return sum(row.delivery in (Delivery.WAITING, Delivery.SENT) for row in server.session.outbox.rows())


def seconds_to_next_try(server: Server) -> int | None:
    """None: it is being tried just now."""
    at_s = server.driver.next_try_s
    left_s = 0.0 if at_s is None else at_s - server.driver.now().mono_s
    return math.ceil(left_s) if left_s > 0 else None


def situation_of(server: Server, group: Group | None, hosts: Callable[[], list[str]] = own_hosts) -> Situation | None:
    """None while all is well. `group` says who hosts, `hosts` which addresses this computer has in its networks."""
    if server.is_connected:
        return _full(group) if server.session.outbox.hindrance is Code.STORAGE_FULL else None
    ending = server.driver.last_ending
    if ending is None or (ending.code is Trouble.LEFT and not ending.is_final):
        return Situation(
            "info",
            "loader-circle",
            _connecting(group),
            translate("ServerState", "You can read what is here, and write: it goes out by itself."),
            Act.NOTHING,
        )
    situation = _ended(server, ending, group, hosts)
    if situation.act is Act.TRY and not ending.is_final:
        situation = situation._replace(seconds_left=partial(seconds_to_next_try, server))
    return situation


def _full(group: Group | None) -> Situation:
    """On the own computer it is the same disk."""
    code = Trouble.DISK_FULL_HERE if group is not None and group.is_own else Code.STORAGE_FULL
    return Situation("danger", "hard-drive", sentence(code), next_step(code), Act.NOTHING)


def _connecting(group: Group | None) -> str:
    if group is None or not group.title:
        return translate("ServerState", "Connecting")
    return translate("ServerState", "Connecting to {name}").format(name=group.title)


def _ended(server: Server, ending: Ending, group: Group | None, hosts: Callable[[], list[str]]) -> Situation:
    is_own = group is not None and group.is_own
    # Of the own server everything else means the same: that it does not run.
    if is_own or (ending.code in _RESTING and not ending.is_final):
        is_cut_off = not is_own and ending.code in _OUT_OF_REACH and _needs_network(server) and not hosts()
        return _offline(waiting_count(server), group) if is_cut_off else _resting(waiting_count(server), group)
    if ending.code is Trouble.WRONG_SERVER_KEY:
        # Mostly somebody else has the host's old address by now. The pin holds, so it is harmless to try on.
        return Situation(
            "warn",
            "shield-alert",
            translate("ServerState", "Another computer answers at this address"),
            translate(
                "ServerState",
                "It does not hold this room's key, so nothing was sent to it. The room is looked for by itself, at its "
                "other addresses too. What you write waits here. If the room has moved, ask the host for a new link.",
            ),
        )
    tone, icon, act = {
        Code.BANNED: ("danger", "ban", Act.NOTHING),
        Trouble.DISK_FULL_HERE: ("danger", "hard-drive", Act.TRY),
        Trouble.OTHER_VERSION: ("info", "download", Act.TRY),
        Code.UNSUPPORTED_VERSION: ("info", "download", Act.TRY),
    }.get(ending.code, ("warn", "wifi-off", Act.TRY))
    return Situation(tone, icon, sentence(ending.code), next_step(ending.code), act)


def _needs_network(server: Server) -> bool:
    """Not if it runs on this computer."""
    return not any(_is_loopback(address.rpartition(":")[0]) for address in server.session.known.addresses)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _offline(waiting: int, group: Group | None) -> Situation:
    line = title = translate("ServerState", "Offline")
    if at := _since(group):
        line = title = translate("ServerState", "Offline since {time}").format(time=at)
    if waiting:
        title += " · " + translate("ServerState", "%n waiting", "", waiting)
    said = translate(
        "ServerState", "This computer has no network. What you write is saved here and goes out by itself."
    )
    return Situation("warn", "wifi-off", title, said, line=line)


def _since(group: Group | None) -> str:
    """When it was here last, with the day if that is not today; empty: not while this program runs."""
    if group is None or group.resting_since_ms is None:
        return ""
    at, short = QDateTime.fromMSecsSinceEpoch(group.resting_since_ms), QLocale.FormatType.ShortFormat
    is_today = at.date() == QDate.currentDate()
    return QLocale().toString(at.time(), short) if is_today else QLocale().toString(at, short)


def _resting(waiting: int, group: Group | None) -> Situation:
    line = title = translate("ServerState", "Room resting")
    if at := _since(group):
        line = translate("ServerState", "Room resting since {time}").format(time=at)
    if waiting:
        title = translate("ServerState", "Room resting, %n waiting", "", waiting)
    if group is not None and group.is_own:
        said = translate("ServerState", "It is your own: nobody gets in until you host it again. What you write waits.")
        return Situation("warn", "moon-star", title, said, Act.HOST, line=line)
    goes_out = translate("ServerState", "Read and write as always: it is saved here and goes out by itself.")
    if group is not None and group.title:
        off = translate("ServerState", "{name}’s computer is off or out of reach.").format(name=group.title)
    else:
        off = translate("ServerState", "The host's computer is off or out of reach.")
    return Situation("warn", "moon-star", title, f"{off} {goes_out}", line=line)


def short_state(group: Group) -> tuple[str, str]:
    """The light of a group's head, and a word or two beside it; no words while all is well."""
    match group.connection:
        case Connection.CONNECTED:
            return "online", ""
        case Connection.FULL:
            light, word = "danger", translate("ServerState", "Disk full")
        case Connection.CONNECTING:
            light, word = "off", translate("ServerState", "Connecting")
        case Connection.RESTING:
            light, word = "away", translate("ServerState", "Resting")
        case Connection.ENDED:
            light, word = "danger", translate("ServerState", "Stopped")
    if group.waiting:
        word += " · " + translate("ServerState", "%n waiting", "", group.waiting)
    return light, word
