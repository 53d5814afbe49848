"""Members of a server as this person sees them, read from the state of logs. No Qt but for `Kept`."""

from __future__ import annotations

from typing import NamedTuple

from chat_protocol.events import Role
from chat_protocol.ids import PEOPLE, LogId, MemberId
from desktop_chat.core import rooms
from desktop_chat.core.effects import Notice
from desktop_chat.core.server import Server
from desktop_chat.models.kept import Kept
from desktop_chat.store.contract import Extended, LogClosed, LogHeld

_FACTS = ("name", "role", "identity")


class Person(NamedTuple):
    member: MemberId
    name: str
    """The own name for the contact if there is one, else the one on the server."""
    role: Role
    """Moderators of the room count as moderators."""
    key: bytes
    """What the avatar and its colour are made from: the identity key, raw."""
    is_me: bool
    is_blocked: bool = False
    public_name: str = ""
    """The one on the server, which mentions are written with."""


def person(people: rooms.State, room: rooms.State, member: MemberId, server: Server, kept: Kept | None) -> Person:
    """`member` by the state of `people` and of a room; that of the people log again: on the server."""
    role = rooms.role_of(people, member)
    if role is Role.MEMBER and rooms.is_moderator(room, member):
        role = Role.MODERATOR
    public_name = rooms.name_of(people, member)
    name = (kept.own_name(member) if kept else "") or public_name
    is_blocked = kept is not None and kept.is_blocked(member)
    key = rooms.identity_of(people, member)
    return Person(member, name, role, key, member == server.me, is_blocked, public_name)


def person_in(server: Server, log: LogId, member: MemberId, kept: Kept | None) -> Person:
    """`member` in the room `log`, or on the server when it is the people log: nothing of others is read."""
    people = server.store.values(server.id, PEOPLE, *(f"{fact}:{member}" for fact in _FACTS))
    is_room = log != PEOPLE and rooms.role_of(people, member) is Role.MEMBER
    room = server.store.values(server.id, log, f"mod:{member}") if is_room else people
    return person(people, room, member, server, kept)


def member_of(key: str | None) -> MemberId | None:
    """The member that a fact `name:ID`, `role:ID`, `identity:ID` or `mod:ID` is about."""
    fact, _, member = (key or "").partition(":")
    return MemberId(member) if member and fact in (*_FACTS, "mod") else None


def is_about_people(notice: Notice, *logs: LogId) -> bool:
    """Whether it may tell something else of the members in one of `logs`."""
    match notice:
        case Extended(log=log, events=events):
            return log in logs and any(event.key is not None for event in events)
        case LogHeld(held=held):
            return held.log in logs
        case LogClosed(log=log):
            return log in logs
    return False
