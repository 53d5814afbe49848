"""Everybody whom this person knows, on whatever server: one person has one member id everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QObject

from chat_protocol.ids import PEOPLE, MemberId
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Notice
from desktop_chat.core.server import Server
from desktop_chat.models.kept import YES, Kept, contact_key
from desktop_chat.models.persons import is_about_people
from desktop_chat.models.rows import VALUE as VALUE
from desktop_chat.models.rows import Rows
from desktop_chat.store.contract import ServerId


class Contact(msgspec.Struct, frozen=True):
    member: MemberId
    name: str
    """What to call them: the own name, else one from a server."""
    own_name: str
    """Given by this person; may be empty."""
    server_names: tuple[str, ...]
    """Each once, in the order of `servers`."""
    servers: tuple[ServerId, ...]
    """Where both are members."""
    key: bytes
    """For the avatar."""
    note: str = ""
    favourite: bool = False
    blocked: bool = False


class Contacts(Rows):
    """Favourites first, then by name; who is blocked comes last. `apply` every batch of notices."""

    def __init__(self, client: Client, kept: Kept, parent: QObject | None = None) -> None:
        super().__init__("name", parent)
        self._client = client
        self._kept = kept
        self._met: dict[ServerId, dict[MemberId, tuple[str, bytes]]] = {}
        for server in client.servers.values():
            self._meet(server)
        self._rows: list[Contact] = self._read()
        kept.changed.connect(self._on_kept_changed)

    def all(self) -> list[Contact]:
        return list(self._rows)

    def find(self, member: MemberId) -> Contact | None:
        return next((one for one in self._rows if one.member == member), None)

    async def set_name(self, member: MemberId, name: str) -> None:
        """The own name for somebody; empty: the one on the server again."""
        await self._kept.keep(contact_key(member, "name"), name.strip() or None)

    async def set_note(self, member: MemberId, note: str) -> None:
        await self._kept.keep(contact_key(member, "note"), note.strip() or None)

    async def set_favourite(self, member: MemberId, *, on: bool) -> None:
        await self._kept.keep(contact_key(member, "favourite"), YES if on else None)

    async def set_blocked(self, member: MemberId, *, on: bool) -> None:
        """What somebody blocked says is hidden here; nobody is told."""
        await self._kept.keep(contact_key(member, "blocked"), YES if on else None)

    def apply(self, batch: Sequence[tuple[Server, Notice]]) -> None:
        """What a batch of notices changes. Call it with each one, in order."""
        servers = {server.id: server for server, notice in batch if is_about_people(notice, PEOPLE)}
        for server in servers.values():
            self._meet(server)
        if servers:
            self.show(self._read())

    def _on_kept_changed(self, key: str) -> None:
        if key.startswith("contact:"):
            self.show(self._read())

    def _meet(self, server: Server) -> None:
        people = server.state(PEOPLE)
        self._met[server.id] = {
            member: (rooms.name_of(people, member), rooms.identity_of(people, member))
            for member in rooms.members(people)
            if member != server.me
        }

    def _read(self) -> list[Contact]:
        noted = {MemberId(key.split(":")[1]) for key in self._kept.under("contact:")}
        everybody = noted.union(*self._met.values())
        contacts = map(self._contact, everybody)
        return sorted(contacts, key=lambda one: (one.blocked, not one.favourite, one.name.casefold(), one.member))

    def _contact(self, member: MemberId) -> Contact:
        servers = tuple(id_ for id_, met in self._met.items() if member in met)
        names = tuple(dict.fromkeys(self._met[id_][member][0] for id_ in servers))
        key = self._met[servers[0]][member][1] if servers else rooms.identity_of({}, member)
        own_name = self._kept.own_name(member)
        return Contact(
            member,
            own_name or (names[0] if names else rooms.name_of({}, member)),
            own_name,
            names,
            servers,
            key,
            self._kept.get(contact_key(member, "note")) or "",
            self._kept.get(contact_key(member, "favourite")) is not None,
            self._kept.is_blocked(member),
        )
