"""A server as the programs above see it: what one can do there. Each call that writes returns when it is durable here.

What is to be shown is read from `store` and from the session's windows; what changes is told by notices.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from chat_protocol import invite_link
from chat_protocol.errors import Code
from chat_protocol.events import (
    Access,
    Body,
    Event,
    History,
    Invite,
    Join,
    Kick,
    Leave,
    Pin,
    React,
    Revoke,
    Text,
)
from chat_protocol.frames import Hit, Ok
from chat_protocol.ids import PEOPLE, STAFF, Cid, LogId, MemberId, Ref, b64, unb64
from chat_protocol.limits import INVITE_DAYS, INVITE_USES
from desktop_chat.core import rooms
from desktop_chat.core.driver import Clock, Driver
from desktop_chat.core.effects import Answer, Disconnected, Ending, LoggedIn, Notice, Now
from desktop_chat.core.failures import as_chat_error
from desktop_chat.core.link import OpenLink
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.session import INVITE_CODES, Session
from desktop_chat.store.contract import Delivery, HeldLog, LogHeld, Op, OutboxRow, RowChanged, RowGone, Store

_DAY_MS = 86_400_000
_TOKEN_BYTES = 16
_ADDRESSES = 12
"""So many are remembered, the newest first: all of them are dialled at each attempt, and a link has to hold them."""
_HOPELESS = (
    *INVITE_CODES,
    Code.STORAGE_FULL,
    Trouble.UNREACHABLE,
    Trouble.WRONG_SERVER_KEY,
    Trouble.NOT_A_CHAT_SERVER,
)
"""Endings that a joining does not wait out, beside the final ones."""
_T = TypeVar("_T")


class Server:
    """Made by `Client`. `on_notice` gets what happens here, after it is durable."""

    def __init__(
        self,
        new_session: Callable[[], Session],
        store: Store,
        apply: Callable[[Sequence[Op]], Awaitable[None]],
        on_notice: Callable[[Server, Notice], None],
        clock: Clock,
        chance: Callable[[], float],
        open_link: OpenLink,
    ) -> None:
        self.store = store
        self.driver = Driver(new_session, apply, self._heard, clock, chance, open_link)
        self.id = self.session.known.server
        self.me = self.session.member
        self.invited_to: LogId | None = None
        """The room to which the last invite led."""
        self._on_notice = on_notice
        self._joining: asyncio.Future[None] | None = None
        self._joining_after = 0
        """Up to that one, what becomes of attempts to connect says nothing of the joining: they knew less."""
        self._settling: dict[Cid, list[asyncio.Future[None]]] = {}
        self._urgent: set[asyncio.Future[None]] = set()
        """Those that end with the connection."""

    @property
    def session(self) -> Session:
        """The present one: a full disk replaces it."""
        return self.driver.session

    @property
    def is_connected(self) -> bool:
        return self.session.logged_in

    def held(self) -> dict[LogId, HeldLog]:
        """What is held of each log, as it is durable here: the session may be a step ahead of the store."""
        return {one.log: one for one in self.store.held(self.id)}

    def state(self, log: LogId) -> Mapping[str, Event]:
        return self.store.state(self.id, log)

    def name_of(self, member: MemberId) -> str:
        return rooms.name_of(self.state(PEOPLE), member)

    def unread(self, log: LogId) -> rooms.Unread:
        return rooms.unread(self.store, self.held()[log], self.me)

    # --- getting in -------------------------------------------------------------------------------------------

    async def join(self, addresses: Sequence[str], token: bytes | None, name: str) -> None:
        """Logs in anew with an invite's token, or as the host that a server was founded for. Returns when in, and
        when the invite's room is held.

        Raises `ChatError`; a member stays one whatever becomes of the invite. What failed or was called off doesn't
        succeed a moment later all the same.
        """
        known = self.session.known
        # The host knows all addresses; an invite may be older than what is known.
        old = known.addresses if token is not None else ()
        places = tuple(dict.fromkeys((*addresses, *old)))[:_ADDRESSES]
        first_name = name if known.member is None else ""
        self.session.know(replace(known, addresses=places, token=token, first_name=first_name))
        try:
            await self.driver.durable()
            self.driver.reconnect()
            joining: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._joining, self._joining_after = joining, self.driver.attempts
            await joining
        except (ChatError, asyncio.CancelledError):
            await self._forget_invite()
            raise
        finally:
            self._joining = None

    async def _forget_invite(self) -> None:
        known = self.session.known
        if known.token is None and known.member is not None:
            return  # in
        self.session.know(replace(known, token=None, first_name=""))
        if not self.is_connected:
            self.driver.end(Ending(Trouble.LEFT))  # the login under way may tell the invite
        await self.driver.durable()

    # --- writing ----------------------------------------------------------------------------------------------

    async def write(
        self, log: LogId, kind: str, body: Body, *, target: Ref | None = None, key: str | None = None
    ) -> Ref:
        """Any kind of event. Durable here when this returns; it goes as soon as there is a connection.

        Raises `ChatError` for what can never be accepted, and when the disk is full: then it was not written.
        """
        row = self.session.write(log, kind, body, self.driver.now(), target=target, key=key)
        return await self._durable(row)

    async def stored(self, ref: Ref) -> None:
        """Waits until the server has stored an event written here, over however many connections.

        Raises `ChatError` if it is refused.
        """
        row = self.session.outbox.own(ref)
        if row is not None and row.delivery is not Delivery.STORED:
            if row.code is not None:
                raise ChatError(row.code, detail=row.reason)
            settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._settling.setdefault(ref.cid, []).append(settled)
            await settled

    async def send_text(
        self, log: LogId, text: str, reply: Ref | None = None, mentions: Sequence[MemberId] = ()
    ) -> Ref:
        return await self.write(log, "text", Text(text, reply, list(mentions)))

    async def edit(self, log: LogId, ref: Ref, text: str, mentions: Sequence[MemberId] = ()) -> None:
        self.session.edit(log, ref, text, self.driver.now(), mentions)
        await self.driver.durable()

    async def delete(self, log: LogId, ref: Ref) -> None:
        self.session.delete(log, ref, self.driver.now())
        await self.driver.durable()

    async def retry(self, row: OutboxRow) -> None:
        """A refused row, and what it took along, go again."""
        self.session.outbox.retry(row, self.driver.now())
        await self.driver.durable()

    async def react(self, log: LogId, ref: Ref, emoji: str, *, on: bool = True) -> Ref:
        return await self.write(log, "react", React(emoji, on), target=ref)

    async def pin(self, log: LogId, ref: Ref, *, on: bool = True) -> Ref:
        return await self.write(log, "pin", Pin(on), target=ref)

    async def make_room(self, name: str, access: Access = Access.PRIVATE, history: History = History.ALL) -> LogId:
        log = self.session.make_room(name, access, history, self.driver.now())
        await self.driver.durable()
        return log

    def open_dm(self, other: MemberId) -> LogId:
        """The log of the direct messages with `other`, to write to; offline too."""
        return self.session.open_dm(other)

    async def enter(self, room: LogId) -> Ref:
        """Joins an open room: this member is in when it returns. Raises `ChatError` if that can't be done at once."""
        return await self._at_once(room, "join", Join(), f"in:{self.me}")

    async def leave(self, room: LogId) -> Ref:
        return await self.write(room, "leave", Leave(), key=f"in:{self.me}")

    async def kick(self, room: LogId, member: MemberId, reason: str = "") -> Ref:
        return await self.write(room, "kick", Kick(reason), key=f"in:{member}")

    async def invite(
        self, room: LogId, days: int = INVITE_DAYS, uses: int = INVITE_USES, addresses: Sequence[str] = ()
    ) -> str:
        """A link to `room`, once the server has stored it; secret. `addresses`, else those known here, go into it.

        Raises `ChatError` if that can't be done at once.
        """
        token = os.urandom(_TOKEN_BYTES)
        link = self.link(token, addresses or self.session.known.addresses)
        expires_ms = self.driver.now().wall_ms + days * _DAY_MS
        await self._at_once(STAFF, "invite", Invite(room, expires_ms, uses), _invite_key(token))
        return link

    def link(self, token: bytes, addresses: Sequence[str]) -> str:
        """By which others find this server at `addresses` and redeem the invite with that token; secret.

        Of very many it holds the first. Raises `ChatError` for what is no address, or too long for a link.
        """
        with as_chat_error():
            places = tuple(map(_address, addresses[:_ADDRESSES]))
            return invite_link.Invite(places, unb64(self.id), token).to_app_link()

    async def revoke(self, token: bytes) -> Ref:
        return await self.write(STAFF, "revoke", Revoke(), key=_invite_key(token))

    # --- reading beyond what is held --------------------------------------------------------------------------

    def page(self, log: LogId, down_to_row: int) -> None:
        """Makes the rows from `down_to_row` on be held soon; `ExtendedBack` tells."""
        self.session.page(log, down_to_row, self.driver.now())
        self.driver.act()

    def window(self, log: LogId, around: Ref | int | None = None) -> int:
        """Opens a window on the newest messages or around one; `WindowChanged` tells, `session.windows` shows."""
        number = self.session.window(log, self.driver.now(), around)
        self.driver.act()
        return number

    def mark(self, log: LogId, seq: int) -> None:
        """The person has read up to `seq`."""
        self.session.mark(log, seq, self.driver.now())
        self.driver.act()

    def signal(self, log: LogId, kind: str, seq: int | None = None) -> None:
        """`typing` or `present`: best effort. How far one has read is let known by `mark`."""
        self.session.signal(log, kind, self.driver.now(), seq)
        self.driver.act()

    async def search(self, query: str, log: LogId | None = None) -> list[Hit]:
        """At the server; `store.search` finds what is held. Raises `ChatError`."""
        found: asyncio.Future[list[Hit]] = asyncio.get_running_loop().create_future()

        def answered(answer: Answer, _now: Now) -> None:
            if isinstance(answer, Ok):
                _settle(found, answer.hits or [])
            else:
                _settle(found, [], ChatError(Trouble.NOT_CONNECTED if answer is None else answer.code))

        self.session.search(query, log, answered, self.driver.now())
        self.driver.act()
        return await found

    # --- what happens -----------------------------------------------------------------------------------------

    def _heard(self, notice: Notice) -> None:
        joining = self._joining if self.driver.attempts > self._joining_after else None
        match notice:
            case LoggedIn(room=room) if joining is not None:
                self.invited_to = room
                if room is None or self.session.sync.head(room) is not None:
                    _settle(joining, None)
            case LogHeld(held=held) if held.log == self.invited_to:
                _settle(joining, None)
            case Disconnected(ending=ending):
                for waiter in self._urgent:
                    _settle(waiter, None, ChatError(Trouble.NOT_CONNECTED))
                if ending.is_final or ending.code in _HOPELESS:
                    _settle(joining, None, ChatError(ending.code, suggestion=ending.suggestion, detail=ending.text))
            case RowChanged(row=row) if row.delivery is Delivery.REFUSED and row.code is not None:
                for waiter in self._settling.pop(row.cid, []):
                    _settle(waiter, None, ChatError(row.code, detail=row.reason))
            case RowChanged(row=row) | RowGone(row=row):
                if isinstance(notice, RowGone) or row.delivery is Delivery.STORED:
                    for waiter in self._settling.pop(row.cid, []):
                        _settle(waiter, None)
        self._on_notice(self, notice)

    async def _at_once(self, log: LogId, kind: str, body: Body, key: str) -> Ref:
        """Writes what somebody waits for at the screen, and returns when the server has stored it. Nothing of it stays
        to be done later: without a connection, and when that ends before the answer, it raises `NOT_CONNECTED`. Raises
        what it is refused with."""
        if not self.is_connected:
            raise ChatError(Trouble.NOT_CONNECTED)
        row = self.session.write(log, kind, body, self.driver.now(), key=key)
        ref = Ref(self.me, row.cid)
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._settling.setdefault(row.cid, []).append(settled)
        self._urgent.add(settled)
        try:
            await self.driver.durable()
            await settled
        except ChatError:
            if (left := self.session.outbox.own(ref)) is not None:
                self.session.outbox.discard(left)
                await self.driver.durable()
            raise
        finally:
            self._settling.pop(row.cid, None)
            self._urgent.discard(settled)
        return ref

    async def _durable(self, row: OutboxRow) -> Ref:
        await self.driver.durable()
        return Ref(self.me, row.cid)


def _settle(future: asyncio.Future[_T] | None, value: _T, error: ChatError | None = None) -> None:
    if future is None or future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


def _address(text: str) -> invite_link.Address:
    host, _, port = text.rpartition(":")
    return invite_link.Address(host.strip("[]"), int(port))


def _invite_key(token: bytes) -> str:
    return f"invite:{b64(hashlib.sha256(token).digest())}"
