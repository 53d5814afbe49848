"""Who shows to be there now, on every server."""

from __future__ import annotations

from collections.abc import Iterable, Set

from PySide6.QtCore import QObject, Signal

from chat_protocol.ids import PEOPLE, MemberId
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Disconnected, LoggedIn, Notice, Signalled
from desktop_chat.core.server import Server
from desktop_chat.store.contract import ServerId


class Presence(QObject):
    """Says to each server that this person is there: only who does is told of the others. `apply` every batch."""

    changed = Signal()

    def __init__(self, client: Client, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._here: dict[ServerId, set[MemberId]] = {}
        for server in client.servers.values():
            if server.is_connected:
                server.signal(PEOPLE, "present")

    def here(self, server: ServerId) -> Set[MemberId]:
        return self._here.get(server, frozenset())

    def apply(self, batch: Iterable[tuple[Server, Notice]]) -> None:
        before = {server: set(members) for server, members in self._here.items()}
        for server, notice in batch:
            match notice:
                case LoggedIn():
                    server.signal(PEOPLE, "present")
                case Disconnected():
                    self._here.pop(server.id, None)
                case Signalled(log=log, kind="present", by=by, on=on) if log == PEOPLE:
                    members = self._here.setdefault(server.id, set())
                    (members.add if on else members.discard)(by)
        if self._here != before:
            self.changed.emit()
