"""Members of a server as this person sees them, read one by one from the state of logs. No Qt but for `Kept`."""

from __future__ import annotations

from chat_protocol.events import Role
from chat_protocol.ids import PEOPLE, LogId, MemberId
from desktop_chat.core import rooms
from desktop_chat.core.server import Server
from desktop_chat.models.items import Author
from desktop_chat.models.kept import Kept

_FACTS = ("name", "role", "identity")


def author_of(server: Server, log: LogId, member: MemberId, kept: Kept | None) -> Author:
    """`member` in the room `log`, whose moderators are shown as such, or on the server when it is the people log."""
    people = server.store.values(server.id, PEOPLE, *(f"{fact}:{member}" for fact in _FACTS))
    role = rooms.role_of(people, member)
    if role is Role.MEMBER and log != PEOPLE:
        room = server.store.values(server.id, log, f"mod:{member}")
        role = Role.MODERATOR if rooms.is_moderator(room, member) else role
    public_name = rooms.name_of(people, member)
    name = (kept.own_name(member) if kept else "") or public_name
    is_blocked = kept is not None and kept.is_blocked(member)
    return Author(name, role, rooms.identity_of(people, member), member == server.me, is_blocked, public_name)


def member_of(key: str | None) -> MemberId | None:
    """The member that a fact `name:ID`, `role:ID`, `identity:ID` or `mod:ID` is about."""
    fact, _, member = (key or "").partition(":")
    return MemberId(member) if member and fact in (*_FACTS, "mod") else None
