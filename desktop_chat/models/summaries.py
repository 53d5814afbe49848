"""What the list says of one conversation, read from the store. No Qt but for `Kept`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Raw

from chat_protocol.events import Dm, Make, decode_body
from chat_protocol.fold import Shown, show
from chat_protocol.ids import PEOPLE, LogId, MemberId, unb64
from chat_protocol.permissions import LogKind
from desktop_chat.core import rooms
from desktop_chat.core.server import Server
from desktop_chat.models.kept import Kept
from desktop_chat.models.persons import Person, person_in
from desktop_chat.models.unsent import event_of, is_message
from desktop_chat.store.contract import Delivery, HeldLog, OutboxRow, ServerId, Store

_PREVIEW = 200
"""Characters: more are never seen."""


class Conversation(msgspec.Struct, frozen=True):
    server: ServerId
    log: LogId
    kind: LogKind
    title: str
    key: bytes
    """For the avatar: of the other person's identity, or the room's id."""
    other: MemberId | None = None
    """Of direct messages: whom they are with."""
    ts: int = 0
    """Of the last message, ms UTC; while there is none of what made it; 0: the server has not made it yet."""
    preview_by: str = ""
    """Who said the last message; empty while there is none. `preview_is_mine` of own ones."""
    preview_is_mine: bool = False
    preview: str = ""
    """Its text in one line; empty when it was deleted, or is hidden because its author is blocked."""
    preview_is_deleted: bool = False
    preview_is_hidden: bool = False
    preview_is_unknown: bool = False
    """Only a later version can read it."""
    unread: int = 0
    unread_is_exact: bool = True
    """Else about so many."""
    mentions: int = 0
    draft: str = ""
    """In one line."""
    muted: bool = False
    favourite: bool = False
    waiting: int = 0
    """Own messages that wait here."""
    closed: bool = False
    """No longer readable at the server: a copy."""

    @property
    def id(self) -> tuple[ServerId, LogId]:
        return self.server, self.log

    @property
    def is_room(self) -> bool:
        return self.kind is LogKind.ROOM


class Summary(NamedTuple):
    conversation: Conversation
    members: frozenset[MemberId]
    """Whose names are in it."""


class Summaries:
    def __init__(self, store: Store, kept: Kept) -> None:
        self._store = store
        self._kept = kept
        self._authors: dict[tuple[ServerId, MemberId], Person] = {}

    def author(self, server: Server, member: MemberId) -> Person:
        """A member of a server, remembered until `forget`."""
        author = self._authors.get((server.id, member))
        if author is None:
            author = self._authors[server.id, member] = person_in(server, PEOPLE, member, self._kept)
        return author

    def forget(self, server: ServerId, members: Iterable[MemberId] | None = None) -> None:
        """There is news of these members; None: of all."""
        known = [member for id_, member in self._authors if id_ == server]
        for member in known if members is None else members:
            self._authors.pop((server, member), None)

    def read(
        self, server: Server, log: LogId, held: HeldLog | None, rows: Sequence[OutboxRow], begun: MemberId | None
    ) -> Summary | None:
        """`rows` of the outbox are those of the log; `begun`: direct messages with somebody were opened here. None: it
        does not belong into the list."""
        made = _made_here(rows)
        if held is not None:
            kind = held.kind
        elif begun is not None or made is not None:
            kind = LogKind.ROOM if isinstance(made, Make) else LogKind.DM
        else:
            return None
        if kind not in (LogKind.ROOM, LogKind.DM) or (held is not None and held.closed and self._left(server, log)):
            return None
        if kind is LogKind.ROOM:
            other, title, key = None, self._room_name(server, log, made), room_key(log)
        else:
            other = self._other(server, log, made) or begun
            title, key = "", room_key(log)
            if other is not None:
                author = self.author(server, other)
                if author.is_blocked:
                    return None
                title, key = author.name, author.key
        last = self._last(server, log, held, rows)
        by = None if last is None else self.author(server, last.by)
        is_hidden = by is not None and by.is_blocked
        unread = rooms.Unread(0, 0, is_exact=True)
        if held is not None:
            unread = rooms.unread(self._store, held, server.me, hidden=self._kept.blocked())
        conversation = Conversation(
            server=server.id,
            log=log,
            kind=kind,
            title=title,
            key=key,
            other=other,
            ts=self._made_ms(server, log) if last is None else last.ts,
            preview_by="" if by is None else by.name,
            preview_is_mine=last is not None and last.by == server.me,
            preview="" if last is None or is_hidden else _one_line(last.text),
            preview_is_deleted=last is not None and last.deleted,
            preview_is_hidden=is_hidden,
            preview_is_unknown=last is not None and last.is_unknown,
            unread=unread.messages,
            unread_is_exact=unread.is_exact,
            mentions=unread.mentions,
            draft=_one_line(self._kept.draft(server.id, log)),
            muted=self._kept.is_muted(server.id, log),
            favourite=self._kept.is_favourite(server.id, log),
            waiting=sum(is_message(row) and row.delivery in (Delivery.WAITING, Delivery.SENT) for row in rows),
            closed=held is not None and held.closed,
        )
        members = {other, None if last is None else last.by}
        return Summary(conversation, frozenset(member for member in members if member is not None))

    def _left(self, server: Server, log: LogId) -> bool:
        return any(event.kind == "leave" for event in self._store.values(server.id, log, f"in:{server.me}").values())

    def _room_name(self, server: Server, log: LogId, made: Make | Dm | None) -> str:
        name = rooms.room_name(self._store.values(server.id, log, "name"))
        return name or (made.name if isinstance(made, Make) else "")

    def _other(self, server: Server, log: LogId, made: Make | Dm | None) -> MemberId | None:
        """Whom direct messages are with."""
        members = rooms.dm_members(self._store.values(server.id, log, "dm"))
        if isinstance(made, Dm):
            members = made.members
        return next((member for member in members if member != server.me), None)

    def _last(self, server: Server, log: LogId, held: HeldLog | None, rows: Sequence[OutboxRow]) -> Shown | None:
        for row in reversed(rows):
            if is_message(row):
                return show(event_of(row, server.me))
        if held is None:
            return None
        page = self._store.messages(server.id, log, before_row=held.at.row + 1, limit=1)
        return page[0] if page else None

    def _made_ms(self, server: Server, log: LogId) -> int:
        events = self._store.values(server.id, log, "name", "dm").values()
        return max((event.ts for event in events), default=0)


def _made_here(rows: Sequence[OutboxRow]) -> Make | Dm | None:
    """What in the outbox will make the log."""
    for row in rows:
        if row.kind in ("make", "dm"):
            made: Make | Dm = decode_body(row.kind, Raw(row.body))
            return made
    return None


def _one_line(text: str) -> str:
    return " ".join(text[: 4 * _PREVIEW].split())[:_PREVIEW]


def room_key(log: LogId) -> bytes:
    """What the avatar of a room is coloured by."""
    try:
        return unb64(log)
    except ValueError:  # of a server that writes anything
        return log.encode()
