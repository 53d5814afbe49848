"""Who is in a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from chat_protocol.events import Role
from chat_protocol.ids import PEOPLE, LogId, MemberId
from desktop_chat.core import rooms
from desktop_chat.core.effects import Notice
from desktop_chat.core.server import Server
from desktop_chat.models.kept import Kept
from desktop_chat.models.persons import Person as Person
from desktop_chat.models.persons import is_about_people, person
from desktop_chat.models.rows import VALUE as VALUE
from desktop_chat.models.rows import Rows

_ORDER = (Role.HOST, Role.MODERATOR, Role.MEMBER, Role.NONE)


class People(Rows):
    """The members of the room or of the direct messages `log`; those of the server when `log` is the people log. Host,
    moderators, members, each in order of their names. `apply` every batch of notices."""

    def __init__(self, server: Server, log: LogId, kept: Kept, parent: QObject | None = None) -> None:
        super().__init__("name", parent)
        self._server = server
        self._log = log
        self._kept = kept
        self._rows: list[Person] = self._read()
        kept.changed.connect(self._on_kept_changed)

    def all(self) -> list[Person]:
        return list(self._rows)

    def find(self, member: MemberId) -> Person | None:
        return next((person for person in self._rows if person.member == member), None)

    def apply(self, batch: Sequence[tuple[Server, Notice]]) -> None:
        """What a batch of notices changes. Call it with each one, in order."""
        if any(server is self._server and is_about_people(notice, self._log, PEOPLE) for server, notice in batch):
            self.show(self._read())

    def _on_kept_changed(self, key: str) -> None:
        if key.startswith("contact:"):
            self.show(self._read())

    def _read(self) -> list[Person]:
        people = self._server.state(PEOPLE)
        room = people if self._log == PEOPLE else self._server.state(self._log)
        members = rooms.members(people) if self._log == PEOPLE else rooms.dm_members(room) or rooms.in_room(room)
        everybody = [person(people, room, member, self._server, self._kept) for member in members]
        return sorted(everybody, key=lambda one: (_ORDER.index(one.role), one.name.casefold(), one.member))
