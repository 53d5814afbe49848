"""Getting in: a login by a member, and by a stranger with an invite."""

from __future__ import annotations

import hashlib

from chat_protocol import names
from chat_protocol.errors import Code, Refused
from chat_protocol.events import Event, History, Identity, Invite, Join, Name, Role, SetHistory, SetRole, Used
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, b64, member_id
from chat_server.hub.requests import LoggedIn, LoginRequest
from chat_server.hub.round import Round


def decide_login(current: Round, request: LoginRequest) -> LoggedIn | Refused:
    """Who logs in with a right signature is a member, becomes one by an invite, or is refused."""
    try:
        return _login(current, request)
    except Refused as refused:
        return refused


def redeemable(current: Round, token: bytes, *, uses_one: bool = True) -> tuple[Invite, str]:
    """The invite that `token` redeems now and its hash. Raises `Refused` with the reason that it can't be."""
    name = invite_name(token)
    fact = current.draft.fact(STAFF, f"invite:{name}")
    if fact is None:
        raise Refused(Code.INVITE_UNKNOWN, "This server does not know the invite.", field="invite")
    if not isinstance(fact.body, Invite):
        raise Refused(Code.INVITE_REVOKED, "The invite was withdrawn.", field="invite")
    if fact.body.expires_ms <= current.now.wall_ms:
        raise Refused(Code.INVITE_EXPIRED, "The invite has expired.", field="invite")
    if uses_one and _used(current, name) >= fact.body.uses:
        raise Refused(Code.INVITE_USED_UP, "The invite was used as often as it may be.", field="invite")
    return fact.body, name


def invite_name(token: bytes) -> str:
    """What the staff log keeps of a token: its SHA-256."""
    return b64(hashlib.sha256(token).digest())


def clean_name(wanted: str) -> str:
    """`wanted` as it will be shown. Raises `Refused` if nobody may go by it."""
    try:
        return names.clean_name(wanted)
    except names.NameRefused as refused:
        raise Refused(Code.NAME_NOT_ALLOWED, str(refused), field="name") from None


def free_name(current: Round, member: MemberId, wanted: str) -> str:
    """`wanted` as it will be shown, if `member` may go by it. Raises `Refused`, with a free one when it is taken."""

    def taken(name: str) -> bool:
        owner = current.draft.name_owner(names.skeleton(name))
        return owner is not None and owner != member

    name = clean_name(wanted)
    if taken(name):
        free = names.free_variant(name, taken)
        raise Refused(Code.NAME_TAKEN, "Somebody here goes by that name.", field="name", suggestion=free)
    return name


def readable_from(current: Round, room: LogId) -> int:
    """The first seq that somebody may read whose joining is the next event of `room`."""
    fact = current.draft.fact(room, "history")
    everything = fact is None or not isinstance(fact.body, SetHistory) or fact.body.history is History.ALL
    return 1 if everything else current.draft.position(room).seq + 1


def _login(current: Round, request: LoginRequest) -> LoggedIn:
    member = member_id(request.identity)
    draft = current.draft
    if draft.is_banned(member):
        raise Refused(Code.BANNED, "You were banned from this server.")
    is_member = draft.role(member) is not Role.NONE
    lacks_name = is_member and not draft.name_of(member)
    name = free_name(current, member, request.name) if lacks_name and request.name is not None else None
    room: LogId | None = None
    if request.invite is not None:
        room = _redeem(current, member, request, request.invite, is_member=is_member)
    elif not is_member:
        raise Refused(Code.NOT_A_MEMBER, "You are not a member of this server: an invite lets you in.")
    if name is not None:
        current.append(PEOPLE, member, current.own_cid(PEOPLE), "rename", Name(name), key=f"name:{member}")
    return LoggedIn(member, room)


def _redeem(current: Round, member: MemberId, request: LoginRequest, token: bytes, *, is_member: bool) -> LogId | None:
    draft = current.draft
    known = draft.fact(STAFF, f"invite:{invite_name(token)}") if is_member else None
    link = known.body if known is not None and isinstance(known.body, Invite) else None
    # A link for hosts makes one of a member too; any other leaves members what they are.
    makes_host = link is not None and link.role is Role.HOST and draft.role(member) is not Role.HOST
    gives_role = makes_host or not is_member
    if not gives_role and link is not None and draft.joined_from(link.room, member) is not None:
        return link.room  # The link of a room that one is in already opens it, however old it is.
    invite, hashed = redeemable(current, token, uses_one=gives_role)
    if not gives_role:
        _enter(current, member, invite.room, hashed, None)
        return invite.room
    name = draft.name_of(member) if is_member else free_name(current, member, request.name or draft.name_of(member))
    role = current.append(PEOPLE, member, current.own_cid(PEOPLE), "role", SetRole(invite.role), key=f"role:{member}")
    if draft.fact(PEOPLE, f"identity:{member}") is None:
        current.derive(role, PEOPLE, "identity", f"identity:{member}", Identity(b64(request.identity)))
    if name != draft.name_of(member):
        current.derive(role, PEOPLE, "rename", f"name:{member}", Name(name))
    if draft.joined_from(invite.room, member) is None:
        _enter(current, member, invite.room, hashed, role)
    current.derive(role, STAFF, "used", f"used:{hashed}", Used(_used(current, hashed) + 1))
    return invite.room


def _enter(current: Round, member: MemberId, room: LogId, hashed: str, cause: Event | None) -> None:
    body = Join(readable_from(current, room), hashed)
    if cause is not None:
        current.derive(cause, room, "join", f"in:{member}", body)
    else:
        current.append(room, member, current.own_cid(room), "join", body, key=f"in:{member}")


def _used(current: Round, hashed: str) -> int:
    fact = current.draft.fact(STAFF, f"used:{hashed}")
    return fact.body.count if fact is not None and isinstance(fact.body, Used) else 0
