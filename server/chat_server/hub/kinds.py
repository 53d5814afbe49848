"""What each kind needs beyond its line of the permission table: completing a body, and what an event entails."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from chat_protocol import limits
from chat_protocol.errors import Code, Refused
from chat_protocol.events import (
    KINDS,
    Body,
    Entry,
    Event,
    EventClass,
    Join,
    Kick,
    Listed,
    Make,
    Moderate,
    Name,
    Role,
    SetAccess,
    SetHistory,
    SetRole,
    Unlisted,
)
from chat_protocol.fold import fits, show
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, Ref, dm_log, is_b64, is_id
from chat_protocol.names import hides_something
from chat_protocol.permissions import LogKind, Standing, kind_of_log, may
from chat_server.hub.joining import clean_name, free_name, readable_from
from chat_server.hub.round import Round

_INVITE_MS = 400 * 86_400_000
_HIDES_SOMETHING = "holds no character that can't be shown safely."


_FIRST = {LogKind.ROOM: "make", LogKind.DM: "dm"}
"""The kind that a log begins with."""


class Context:
    """An entry with what its decision reads: where it goes, whom it is about, how its author stands there."""

    def __init__(self, current: Round, member: MemberId, entry: Entry) -> None:
        self.current = current
        self.draft = current.draft
        self.member = member
        self.entry = entry
        self.log = entry.log
        self.is_new = self.draft.kind_of(entry.log) is None
        self.kind = kind_of_log(entry.log)
        self.subject = _subject(entry)
        self.target: Event | None = None
        self.changes = 0

    def check(self) -> None:
        """Raises `Refused` unless the table allows it; what one may not read is unknown, like what isn't there."""
        entry, draft = self.entry, self.draft
        standing = draft.standing(self.log, self.member)
        is_outside = standing is Standing.OUTSIDER
        is_open = is_outside and draft.is_open(self.log)  # so that every member knows of it
        begins = self.is_new and entry.kind == _FIRST.get(self.kind) and is_id(self.log)
        if is_outside and (draft.role(self.member) is Role.NONE or not (is_open or begins)):
            raise _unknown_log()
        if begins and self.kind is LogKind.DM:
            standing = Standing.MEMBER
        if entry.target is not None:
            found = self.current.find_message(self.log, entry.target, self.member)
            self.target, self.changes = found.event, found.changes
        own = self.member in (self.subject, self.target.by if self.target is not None else None)
        about = draft.standing(self.log, self.subject) if self.subject is not None else None
        allowed = may(self.kind, entry.kind, standing, own=own, about=about, is_open=is_open)
        if not allowed or (entry.kind == "make" and not begins):
            raise Refused(Code.FORBIDDEN, "You may not do that here.")

    def check_fit(self, body: Body) -> None:
        """Raises `Refused` if the message that was found is none to which such a change applies, or was changed as
        often as it may be: whoever shows it folds all of them. A deletion ends that, so it always passes."""
        if self.target is None:
            return
        if not fits(self.entry.kind, body, show(self.target)):
            raise Refused(Code.BAD_VALUE, "That can't be done to this message.", field="target")
        most = 2 * limits.CHANGES if self.member == self.target.by else limits.CHANGES
        if self.changes >= most and self.entry.kind != "delete":
            raise Refused(Code.TOO_MANY_CHANGES, "This message was changed as often as it may be.", field="target")


def room_made(current: Round, event: Event, room: LogId, body: Make, maker: MemberId | None) -> None:
    """What a new room begins with."""
    current.derive(event, room, "name", "name", Name(body.name))
    current.derive(event, room, "access", "access", SetAccess(body.access))
    current.derive(event, room, "history", "history", SetHistory(body.history))
    if maker is not None:
        current.derive(event, room, "join", f"in:{maker}", Join(1))
        current.derive(event, room, "moderate", f"mod:{maker}", Moderate())
    _list_room(current, event, room)


# --- tidying: one spelling for what means the same; a retry is compared with what is stored ----------------------


def _room_named(body: Any) -> Body:
    name = " ".join(body.name.split())
    if not 1 <= len(name) <= limits.ROOM_NAME:
        text = f"A room's name has 1 to {limits.ROOM_NAME} characters."
        raise Refused(Code.NAME_NOT_ALLOWED, text, field="name")
    if hides_something(name):
        raise Refused(Code.NAME_NOT_ALLOWED, f"A room's name {_HIDES_SOMETHING}", field="name")
    return msgspec.structs.replace(body, name=name)  # type: ignore[no-any-return]


def _topic_set(body: Any) -> Body:
    if any(map(hides_something, re.split(r"[\n\t]+", body.topic))):
        raise Refused(Code.BAD_VALUE, f"A topic {_HIDES_SOMETHING}", field="topic")
    return body  # type: ignore[no-any-return]


def _member_named(body: Any) -> Body:
    return Name(clean_name(body.name))


TIDY: dict[str, Callable[[Any], Body]] = {
    "make": _room_named,
    "name": _room_named,
    "topic": _topic_set,
    "rename": _member_named,
}

WRITTEN_BY_HUB = {"join", "add"}
"""Kinds whose body is the hub's alone, whatever was sent."""


# --- completing: what the hub adds to a body, or refuses of it ---------------------------------------------------


def complete(context: Context, body: Body) -> Body:
    """The body as it is stored. Raises `Refused`."""
    if KINDS[context.entry.kind].cls is EventClass.MESSAGE or hasattr(body, "mentions"):
        _check_said(context, body)
    own = COMPLETE.get(context.entry.kind)
    return body if own is None else own(context, body)


def _check_said(context: Context, body: Body) -> None:
    """A message of any kind, or a change that says something new like an edit: what it replies to can be seen, whom
    it mentions is known; a DM's other side is there."""
    reply = getattr(body, "reply", None)
    if reply is not None and not context.current.is_healing(context.log, context.member):
        context.current.find_message(context.log, Ref(*reply), context.member)
    for member in getattr(body, "mentions", ()):
        if context.draft.fact(PEOPLE, f"role:{member}") is None:
            raise Refused(Code.UNKNOWN_MEMBER, "A member who is mentioned is not known here.", field="mentions")
    if context.kind is LogKind.DM:
        _both_are_here(context, getattr(getattr(context.draft.fact(context.log, "dm"), "body", None), "members", ()))


def _renamed(context: Context, body: Any) -> Body:
    return Name(free_name(context.current, context.member, body.name))


def _joined(context: Context, _body: Body) -> Body:
    return Join(readable_from(context.current, context.log))


def _added(context: Context, _body: Body) -> Body:
    member = _known_member(context)
    if context.draft.role(member) is Role.NONE:
        raise Refused(Code.UNKNOWN_MEMBER, "That person is not a member of this server.", field="key")
    if context.draft.joined_from(context.log, member) is not None:
        raise Refused(Code.FORBIDDEN, "That person is here already.", field="key")
    return Join(readable_from(context.current, context.log))


def _in_room(context: Context, body: Body) -> Body:
    if context.draft.joined_from(context.log, _known_member(context)) is None:
        raise Refused(Code.UNKNOWN_MEMBER, "That person is not in this room.", field="key")
    return body


def _moderated(context: Context, body: Any) -> Body:
    # Whoever is not there can't be made one, but unmade at any time.
    return _in_room(context, body) if body.on else _about_member(context, body)


def _about_member(context: Context, body: Body) -> Body:
    _known_member(context)
    return body


def _given_role(context: Context, body: Any) -> Body:
    member = _known_member(context)
    if body.role is Role.HOST:
        raise Refused(Code.FORBIDDEN, "The host is chosen when a server is founded.", field="role")
    if context.draft.role(member) is Role.NONE:
        raise Refused(Code.UNKNOWN_MEMBER, "That person is not a member of this server.", field="key")
    return body  # type: ignore[no-any-return]


def _dm(context: Context, body: Any) -> Body:
    one, other = body.members
    # One answer to all that is wrong: nobody learns whether two others write to each other.
    if not (is_id(one) and is_id(other) and one < other and context.member in body.members):
        raise _unknown_log()
    if dm_log(one, other) != context.log:
        raise _unknown_log()
    _both_are_here(context, body.members)
    return body  # type: ignore[no-any-return]


def _invited(context: Context, body: Any) -> Body:
    draft = context.draft
    # The server's own identity is in no room and invites to each.
    is_server = draft.is_server(context.member)
    sees = is_server or draft.visible_from(context.member, body.room) is not None
    context.current.rely_on(body.room)
    if not sees or draft.kind_of(body.room) is not LogKind.ROOM:
        raise Refused(Code.UNKNOWN_LOG, "There is no such room.", field="room")
    if body.role is not Role.MEMBER and not (is_server and body.role is Role.HOST):
        raise Refused(Code.FORBIDDEN, "An invite makes members.", field="role")
    now_ms = context.current.now.wall_ms
    if not now_ms < body.expires_ms <= now_ms + _INVITE_MS:
        raise Refused(Code.BAD_VALUE, "An invite ends within 400 days.", field="expires_ms")
    if draft.fact(STAFF, context.entry.key or "") is not None or not is_b64(_key_name(context.entry), 32):
        raise Refused(Code.BAD_VALUE, "An invite is named by the SHA-256 of a token of its own.", field="key")
    return body  # type: ignore[no-any-return]


def _revoked(context: Context, body: Body) -> Body:
    if context.draft.fact(STAFF, context.entry.key or "") is None:
        raise Refused(Code.INVITE_UNKNOWN, "There is no such invite.", field="key")
    return body


COMPLETE: dict[str, Callable[[Context, Any], Body]] = {
    "join": _joined,
    "add": _added,
    "kick": _in_room,
    "moderate": _moderated,
    "dm": _dm,
    "rename": _renamed,
    "role": _given_role,
    "ban": _about_member,
    "unban": _about_member,
    "invite": _invited,
    "revoke": _revoked,
}


# --- entailing: what follows in the same batch ----------------------------------------------------------------


def _on_delete(context: Context, _event: Event, _body: Body) -> None:
    if context.target is not None:
        context.current.erase(context.log, context.target)


def _on_make(context: Context, event: Event, body: Any) -> None:
    room_made(context.current, event, context.log, body, maker=context.member)


def _on_listing(context: Context, event: Event, _body: Body) -> None:
    _list_room(context.current, event, context.log)


def _on_role(context: Context, event: Event, body: Any) -> None:
    if context.subject is not None and body.role is Role.NONE:
        _remove(context, event, context.subject, Code.NOT_A_MEMBER)


def _on_ban(context: Context, event: Event, _body: Body) -> None:
    if context.subject is not None:
        _remove(context, event, context.subject, Code.BANNED)


def _on_stop(context: Context, _event: Event, _body: Body) -> None:
    context.current.stop()


def _on_going(context: Context, event: Event, _body: Body) -> None:
    if context.subject is not None:
        _unmake_moderator(context.current, event, context.log, context.subject)


ENTAIL: dict[str, Callable[[Context, Event, Any], None]] = {
    "delete": _on_delete,
    "make": _on_make,
    "name": _on_listing,
    "access": _on_listing,
    "leave": _on_going,
    "kick": _on_going,
    "role": _on_role,
    "ban": _on_ban,
    "stop": _on_stop,
}


def _remove(context: Context, event: Event, member: MemberId, code: Code) -> None:
    """Somebody leaves every room, then the server; their DMs stay for the other side."""
    current = context.current
    for room in context.draft.rooms(member):
        current.derive(event, room, "kick", f"in:{member}", Kick())
        _unmake_moderator(current, event, room, member)
    if context.draft.role(member) is not Role.NONE:
        current.derive(event, PEOPLE, "role", f"role:{member}", SetRole(Role.NONE))
    current.end(member, code)


def _unmake_moderator(current: Round, event: Event, room: LogId, member: MemberId) -> None:
    """Whoever goes or is sent out does not come back as a moderator."""
    fact = current.draft.fact(room, f"mod:{member}")
    if fact is not None and fact.body == Moderate():
        current.derive(event, room, "moderate", f"mod:{member}", Moderate(on=False))


def _list_room(current: Round, event: Event, room: LogId) -> None:
    """What the people log says of an open room follows the room's own events."""
    key = f"room:{room}"
    if current.draft.is_open(room):
        current.derive(event, PEOPLE, "listed", key, Listed(current.draft.room_name(room)))
    elif (fact := current.draft.fact(PEOPLE, key)) is not None and isinstance(fact.body, Listed):
        current.derive(event, PEOPLE, "unlisted", key, Unlisted())


# --- small questions ---


def _both_are_here(context: Context, members: tuple[MemberId, ...]) -> None:
    if any(context.draft.role(member) is Role.NONE for member in members):
        raise Refused(Code.UNKNOWN_MEMBER, "That person is not on this server.")


def _known_member(context: Context) -> MemberId:
    member = context.subject
    if member is None or context.draft.fact(PEOPLE, f"role:{member}") is None:
        raise Refused(Code.UNKNOWN_MEMBER, "That person is not known here.", field="key")
    return member


_MEMBER_KEYS = ("in:", "mod:", "name:", "role:", "ban:")


def _subject(entry: Entry) -> MemberId | None:
    """The member whom a state is about."""
    if KINDS[entry.kind].cls is not EventClass.STATE or KINDS[entry.kind].key not in _MEMBER_KEYS:
        return None
    return MemberId(_key_name(entry))


def _key_name(entry: Entry) -> str:
    return (entry.key or "").partition(":")[2]


def _unknown_log() -> Refused:
    return Refused(Code.UNKNOWN_LOG, "There is no such conversation.", field="log")
