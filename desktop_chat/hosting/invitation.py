"""The one invite that the host shows: the same link each time, until it leads nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from chat_protocol import invite_link
from chat_protocol.events import Invite, Used
from chat_protocol.ids import STAFF, LogId, b64, unb64
from chat_protocol.limits import INVITE_DAYS, INVITE_USES
from desktop_chat.core.client import Client
from desktop_chat.core.rooms import said
from desktop_chat.core.server import Server

DAY_MS = 86_400_000


class Invitation(NamedTuple):
    link: str
    """Secret: whoever has it can join."""
    token: bytes
    room: LogId
    expires_ms: int
    uses: int
    used: int

    @property
    def uses_left(self) -> int:
        return max(0, self.uses - self.used)

    def days_left(self, now_ms: int) -> int:
        """Begun ones count."""
        return max(0, -(-(self.expires_ms - now_ms) // DAY_MS))

    def is_good(self, now_ms: int) -> bool:
        """Whether somebody could join by it."""
        return self.uses_left > 0 and self.expires_ms > now_ms


async def shown_invitation(client: Client, server: Server, room: LogId, addresses: Sequence[str]) -> Invitation:
    """The invite into `room` that was shown last, under the present `addresses`; a new one if that leads nowhere.

    The staff log must be held. Raises `ChatError`.
    """
    token = client.store.kept(_key(server)).get(_key(server))
    kept = None if token is None else read_invitation(server, unb64(token), addresses)
    if kept is not None and kept.room == room and kept.is_good(server.driver.now().wall_ms):
        return kept
    return await new_invitation(client, server, room, addresses)


async def new_invitation(client: Client, server: Server, room: LogId, addresses: Sequence[str]) -> Invitation:
    """A new one, which is shown from now on. Raises `ChatError`."""
    link = await server.invite(room, addresses=addresses)
    token = invite_link.parse(link).token
    await client.keep(_key(server), b64(token))
    stored = read_invitation(server, token, addresses)
    if stored is not None:
        return stored
    expires_ms = server.driver.now().wall_ms + INVITE_DAYS * DAY_MS  # the log itself is a moment behind the answer
    return Invitation(link, token, room, expires_ms, INVITE_USES, 0)


def read_invitation(server: Server, token: bytes, addresses: Sequence[str]) -> Invitation | None:
    """What the staff log says of the invite with `token`. None: it is not there (yet), or was revoked."""
    name = b64(hashlib.sha256(token).digest())
    staff = server.state(STAFF)
    invite, used = said(staff, f"invite:{name}"), said(staff, f"used:{name}")
    if not isinstance(invite, Invite):
        return None
    count = used.count if isinstance(used, Used) else 0
    return Invitation(server.link(token, addresses), token, invite.room, invite.expires_ms, invite.uses, count)


def qr_modules(link: str) -> tuple[bytes, ...]:
    """The QR code of `link`: rows of modules, 1 is dark. The quiet zone of four modules around it is not included."""
    import segno  # not before a code is shown

    return tuple(map(bytes, segno.make(link, error="l", micro=False).matrix))


def _key(server: Server) -> str:
    return f"hosting:invite:{server.id}"
