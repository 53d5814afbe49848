"""The first events of a new server."""

from __future__ import annotations

from chat_protocol.events import Access, Identity, Invite, Join, Make, Moderate, Role, SetRole
from chat_protocol.ids import PEOPLE, STAFF, LogId, b64, member_id
from chat_protocol.limits import INVITE_DAYS
from chat_server.hub.joining import invite_name
from chat_server.hub.kinds import room_made
from chat_server.hub.round import Round

_DAY_MS = 86_400_000


def found(current: Round, server: bytes, host: bytes | None, host_token: bytes | None, room_name: str) -> None:
    """The server's own identity becomes a nameless member, the author of what nobody else causes; then the first
    room; then the host: by key, or, when there is none yet, by an invite that gives its first user the role."""
    us = member_id(server)
    cause = current.append(PEOPLE, us, current.own_cid(PEOPLE), "role", SetRole(Role.HOST), key=f"role:{us}")
    current.derive(cause, PEOPLE, "identity", f"identity:{us}", Identity(b64(server)))
    room = LogId(current.own_cid(PEOPLE))
    make = Make(room_name, Access.OPEN)
    made = current.append(room, us, current.own_cid(room), "make", make, key="make")
    room_made(current, made, room, make, maker=None)
    if host is not None:
        who = member_id(host)
        current.derive(cause, PEOPLE, "role", f"role:{who}", SetRole(Role.HOST))
        current.derive(cause, PEOPLE, "identity", f"identity:{who}", Identity(b64(host)))
        current.derive(made, room, "join", f"in:{who}", Join(1))
        current.derive(made, room, "moderate", f"mod:{who}", Moderate())
    if host_token is not None:
        expires_ms = current.now.wall_ms + INVITE_DAYS * _DAY_MS
        invite = Invite(room, expires_ms, uses=1, role=Role.HOST)
        current.derive(cause, STAFF, "invite", f"invite:{invite_name(host_token)}", invite)
