"""Who shows to be there now, on every server."""

from __future__ import annotations

from collections.abc import Iterable, Set

from PySide6.QtCore import QObject, Signal

from chat_protocol.ids import PEOPLE, MemberId
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Disconnected, LoggedIn, Notice, Signalled
from desktop_chat.core.marks import hidden_key
from desktop_chat.core.server import Server
from desktop_chat.models.kept import Kept
from desktop_chat.store.contract import ServerId


class Presence(QObject):
    """Says to each server that this person is there, unless they hide it: only who says so is told of the others.
    `apply` every batch."""

    changed = Signal()

    def __init__(self, client: Client, kept: Kept, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._kept = kept
        self._here: dict[ServerId, set[MemberId]] = {}
        kept.changed.connect(self._on_kept_changed)
        self._say_so(client.servers.values())

    def here(self, server: ServerId) -> Set[MemberId]:
        return self._here.get(server, frozenset())

    def is_known(self, server: ServerId) -> bool:
        """Whether there is anything to say of who is there. Who hides it is told of nobody, but for the room that is
        hosted here."""
        return bool(self._here.get(server)) or not self._kept.hides("present")

    def apply(self, batch: Iterable[tuple[Server, Notice]]) -> None:
        before = {server: set(members) for server, members in self._here.items()}
        for server, notice in batch:
            match notice:
                case LoggedIn():
                    self._say_so([server])
                case Disconnected():
                    self._here.pop(server.id, None)
                case Signalled(log=log, kind="present", by=by, on=on) if log == PEOPLE:
                    members = self._here.setdefault(server.id, set())
                    (members.add if on else members.discard)(by)
        if self._here != before:
            self.changed.emit()

    def _say_so(self, servers: Iterable[Server]) -> None:
        for server in servers:
            if server.is_connected and not self._kept.hides("present"):
                server.signal(PEOPLE, "present")

    def _on_kept_changed(self, key: str) -> None:
        if key != hidden_key("present"):
            return
        if self._kept.hides("present"):
            for server in self._client.servers.values():
                if server.is_connected:
                    server.driver.reconnect()  # who has said so is there until the connection ends
        else:
            self._say_so(self._client.servers.values())
