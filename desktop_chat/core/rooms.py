"""What the state of a log says to a reader: names, who is in a room, roles, open rooms, unread. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import UnsetType

from chat_protocol import permissions
from chat_protocol.events import Event, Role, decode_body
from chat_protocol.ids import LogId, MemberId, unb64
from desktop_chat.store.contract import HeldLog, Store

State = Mapping[str, Event]

UNREAD_LIMIT = 1_000
"""More are not counted: "1,000+" says as much."""


class Unread(NamedTuple):
    messages: int
    mentions: int
    is_exact: bool
    """Else the difference of rows: not all that is unread is held, or it is more than is counted."""


def said(state: State, key: str) -> Any:
    """The body of a key's value; None if there is none or it can't be read."""
    event = state.get(key)
    if event is None or isinstance(event.body, UnsetType):
        return None
    try:
        return decode_body(event.kind, event.body)
    except (KeyError, msgspec.DecodeError):
        return None


def name_of(people: State, member: MemberId) -> str:
    """The display name of a member; the start of the id for who has none."""
    return getattr(said(people, f"name:{member}"), "name", "") or str(member)[:8]


def member_named(people: State, name: str) -> MemberId | None:
    return next((member for member in members(people) if name_of(people, member).casefold() == name.casefold()), None)


def role_of(people: State, member: MemberId) -> Role:
    role: Role = getattr(said(people, f"role:{member}"), "role", Role.NONE)
    return role


def host_of(people: State) -> MemberId | None:
    """The person whose server it is."""
    return next((member for member in members(people) if role_of(people, member) is Role.HOST), None)


def identity_of(people: State, member: MemberId) -> bytes:
    """The raw identity key of a member, which avatars are made from; the id's for who is not known."""
    key: str = getattr(said(people, f"identity:{member}"), "key", member)
    try:
        return unb64(key)
    except ValueError:  # of a server that writes anything
        return key.encode()


def is_moderator(room: State, member: MemberId) -> bool:
    """Of this room, whatever the role on the server."""
    on: bool = getattr(said(room, f"mod:{member}"), "on", False)
    return on


def standing(people: State, room: State, member: MemberId) -> permissions.Standing:
    """What a member is in a room, for the permission table: the higher of the roles on the server and in the room."""
    standings = permissions.Standing
    if member not in in_room(room):
        return standings.OUTSIDER
    by_role = {Role.HOST: standings.HOST, Role.MODERATOR: standings.MODERATOR}
    in_it = standings.ROOM_MODERATOR if is_moderator(room, member) else standings.MEMBER
    return by_role.get(role_of(people, member), in_it)


def members(people: State) -> list[MemberId]:
    """Who belongs to the server, nameless ones (its own identity) left out."""
    everybody = [MemberId(key[5:]) for key in people if key.startswith("role:")]
    return [member for member in everybody if role_of(people, member) is not Role.NONE and f"name:{member}" in people]


def open_rooms(people: State) -> Iterator[tuple[LogId, str]]:
    """Rooms that every member may enter, with their names."""
    for key, event in people.items():
        if key.startswith("room:") and event.kind == "listed":
            yield LogId(key[5:]), getattr(said(people, key), "name", "")


def room_name(room: State) -> str:
    return getattr(said(room, "name"), "name", "")


def topic(room: State) -> str:
    return getattr(said(room, "topic"), "topic", "")


def in_room(room: State) -> list[MemberId]:
    return [MemberId(key[3:]) for key, event in room.items() if key.startswith("in:") and event.kind in ("join", "add")]


def dm_members(dm: State) -> tuple[MemberId, ...]:
    members: tuple[MemberId, ...] = getattr(said(dm, "dm"), "members", ())
    return members


def first_row(held: HeldLog, room: State, me: MemberId) -> int | None:
    """The row of the first message that `me` may read; None: it is not known yet. Who may read from the joining on
    begins behind it."""
    if held.floor <= 1:
        return 1
    if held.before.seq < held.floor:
        return held.before.row + 1
    joining = room.get(f"in:{me}")
    return joining.row + 1 if joining is not None and joining.seq == held.floor else None


def unread(store: Store, held: HeldLog, me: MemberId, hidden: Collection[MemberId] = ()) -> Unread:
    """The row difference is the first estimate; once the suffix reaches the mark, the others' standing messages are
    counted, and the mentions of `me` among them. Nobody waits for what those say who are `hidden`."""
    read = min(held.mark, held.at.seq)
    if read == held.at.seq:
        return Unread(0, 0, is_exact=True)
    there = store.position(held.server, held.log, read)
    if there is None:
        return Unread(max(0, held.at.row - min(read, held.before.row)), 0, is_exact=False)
    if held.at.row - there.row > UNREAD_LIMIT:
        return Unread(held.at.row - there.row, 0, is_exact=False)
    standing = store.standing(held.server, held.log, above_row=there.row, member=me, hidden=hidden)
    return Unread(standing.messages, standing.mentions, is_exact=True)
