"""The list of conversations: favourites, then the rooms and direct messages of each server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import Raw
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from chat_protocol.events import Dm, Event, EventClass, Make, class_of, decode_body
from chat_protocol.fold import Shown, show
from chat_protocol.ids import PEOPLE, LogId, MemberId, cid_ms, unb64
from chat_protocol.permissions import LogKind
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import (
    Disconnected,
    Ending,
    Extended,
    ExtendedBack,
    LogClosed,
    LoggedIn,
    LogHeld,
    Marked,
    Notice,
    RowChanged,
    RowGone,
)
from desktop_chat.core.server import Server
from desktop_chat.models.kept import YES, Kept, folded_key
from desktop_chat.models.persons import author_of
from desktop_chat.store.contract import Delivery, HeldLog, OutboxRow, ServerId

VALUE = int(Qt.ItemDataRole.UserRole)
"""The role under which a row gives its `Group` or `Conversation`."""
_PREVIEW = 200
"""Characters: more are never seen."""


class Connection(StrEnum):
    CONNECTED = "connected"
    CONNECTING = "connecting"
    """For the first time since the program was started."""
    RESTING = "resting"
    """Not reachable, tried again by itself."""
    ENDED = "ended"
    """Not tried again until the person acts; `Group.ending` says why."""


@dataclass(frozen=True, slots=True)
class Group:
    """A row above conversations: the favourites, or a server."""

    server: ServerId | None
    """None: the favourites of all servers."""
    title: str = ""
    """The name of its host; empty for the favourites, and while it is not known."""
    is_own: bool = False
    """This person is its host."""
    connection: Connection = Connection.CONNECTED
    resting_since_ms: int | None = None
    """UTC, when it was last seen connected in this run of the program."""
    ending: Ending | None = None
    """How the last attempt ended; None while connected."""
    waiting: int = 0
    """Messages that wait here for this server."""
    unread: int = 0
    is_folded: bool = False
    """Its conversations are not shown."""


@dataclass(frozen=True, slots=True)
class Conversation:
    server: ServerId
    log: LogId
    kind: LogKind
    title: str
    key: bytes
    """For the avatar: of the other person's identity, or the room's id."""
    other: MemberId | None = None
    """Of direct messages: whom they are with."""
    ts: int = 0
    """Of the last message, ms UTC; while there is none of what made it."""
    preview_by: str = ""
    """Who said the last message; empty while there is none. `preview_is_mine` of own ones."""
    preview_is_mine: bool = False
    preview: str = ""
    """Its text in one line; empty when it was deleted."""
    preview_is_deleted: bool = False
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
    refused: int = 0
    """Own messages and changes that were refused."""
    closed: bool = False
    """No longer readable at the server: a copy."""

    @property
    def id(self) -> tuple[ServerId, LogId]:
        return self.server, self.log

    @property
    def is_room(self) -> bool:
        return self.kind is LogKind.ROOM


Row = Group | Conversation


class Conversations(QAbstractListModel):
    """Rows are groups, each followed by its conversations, the newest first. `VALUE` gives a row's value, the display
    role its title. Conversations with who is blocked, and rooms that the person left, are not among them.

    `apply` every batch of notices: what it touched is read again, nothing else.
    """

    def __init__(self, client: Client, kept: Kept, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._kept = kept
        self._values: dict[tuple[ServerId, LogId], Conversation] = {}
        self._begun: dict[tuple[ServerId, LogId], MemberId] = {}
        """Direct messages opened here in which nothing was said yet."""
        self._since: dict[ServerId, int] = {}
        self._was_connected = {server.id for server in client.servers.values() if server.is_connected}
        self._hosts: dict[ServerId, MemberId | None] = {}
        self._rows: list[Row] = []
        for server in client.servers.values():
            self._read_server(server)
        self._rows = list(self._rows_of())
        kept.changed.connect(self._on_kept_changed)

    # --- reading ----------------------------------------------------------------------------------------------

    def value(self, server: ServerId, log: LogId) -> Conversation | None:
        return self._values.get((server, log))

    def all(self) -> list[Conversation]:
        """In the order of the list, those that are folded away too."""
        return [row for row in self._rows_of(unfolded=True) if isinstance(row, Conversation)]

    def group(self, server: ServerId) -> Group | None:
        found = self._client.servers.get(server)
        return None if found is None else self._group(found)

    def row_of(self, server: ServerId, log: LogId) -> int | None:
        """Where a conversation stands; None: it is not there, or folded away."""
        for number, row in enumerate(self._rows):
            if isinstance(row, Conversation) and row.id == (server, log):
                return number
        return None

    @property
    def unread(self) -> tuple[int, int]:
        """Unread messages and mentions in what is not muted, for the badge."""
        heard = [one for one in self._values.values() if not one.muted]
        return sum(one.unread for one in heard), sum(one.mentions for one in heard)

    # --- changing ---------------------------------------------------------------------------------------------

    def begin(self, server: Server, other: MemberId) -> LogId:
        """Opens direct messages with `other`: in the list at once, at the server with the first text."""
        log = server.open_dm(other)
        if (server.id, log) not in self._values:
            self._begun[server.id, log] = other
            self._read(server, log)
            self._arrange()
        return log

    async def fold(self, server: ServerId | None, *, away: bool) -> None:
        """Folds the conversations of a group away, or shows them again."""
        await self._kept.keep(folded_key(server), YES if away else None)

    def apply(self, batch: Sequence[tuple[Server, Notice]]) -> None:
        """What a batch of notices changes. Call it with each one, in order."""
        logs: dict[tuple[ServerId, LogId], Server] = {}
        whole: dict[ServerId, Server] = {}
        for server, notice in batch:
            match notice:
                case Extended(log=log) | ExtendedBack(log=log) | LogClosed(log=log) | Marked(log=log):
                    logs[server.id, log] = server
                    if log == PEOPLE and not isinstance(notice, (ExtendedBack, Marked)):
                        whole[server.id] = server
                        self._hosts.pop(server.id, None)
                case LogHeld(held=held):
                    logs[server.id, held.log] = server
                    if held.log == PEOPLE:
                        whole[server.id] = server
                        self._hosts.pop(server.id, None)
                case RowChanged(row=row) | RowGone(row=row):
                    logs[server.id, row.log] = server
                case LoggedIn():
                    self._was_connected.add(server.id)
                    self._since.pop(server.id, None)
                    whole.setdefault(server.id, server)
                case Disconnected():
                    if server.id in self._was_connected:
                        self._since.setdefault(server.id, server.driver.now().wall_ms)
                    whole.setdefault(server.id, server)
        for server in whole.values():
            self._read_server(server)
        for (id_, log), server in logs.items():
            if id_ not in whole:
                self._read(server, log)
        if logs or whole:
            self._arrange()

    def _on_kept_changed(self, key: str) -> None:
        what, _, rest = key.partition(":")
        if what == "contact":
            for server in self._client.servers.values():
                self._read_server(server)
        elif what in ("draft", "favourite", "muted"):
            id_, _, log = rest.partition(":")
            server_of = self._client.servers.get(ServerId(id_))
            if server_of is not None:
                self._read(server_of, LogId(log))
        elif what != "folded":
            return
        self._arrange()

    # --- values -----------------------------------------------------------------------------------------------

    def _read_server(self, server: Server) -> None:
        held = {one.log: one for one in self._client.store.held(server.id)}
        rows = self._client.store.outbox(server.id)
        logs = {*held, *(row.log for row in rows), *(log for id_, log in self._begun if id_ == server.id)}
        logs |= {log for id_, log in self._values if id_ == server.id}
        for log in logs:
            self._put(server, log, held.get(log), [row for row in rows if row.log == log])

    def _read(self, server: Server, log: LogId) -> None:
        rows = [row for row in self._client.store.outbox(server.id) if row.log == log]
        self._put(server, log, self._client.store.held_log(server.id, log), rows)

    def _put(self, server: Server, log: LogId, held: HeldLog | None, rows: list[OutboxRow]) -> None:
        value = self._conversation(server, log, held, rows)
        if value is None:
            self._values.pop((server.id, log), None)
        else:
            self._values[server.id, log] = value
        if held is not None:
            self._begun.pop((server.id, log), None)

    def _conversation(
        self, server: Server, log: LogId, held: HeldLog | None, rows: list[OutboxRow]
    ) -> Conversation | None:
        made = self._made_here(rows)
        if held is not None:
            kind = held.kind
        elif isinstance(made, Make):
            kind = LogKind.ROOM
        elif isinstance(made, Dm) or (server.id, log) in self._begun:
            kind = LogKind.DM
        else:
            return None
        if kind not in (LogKind.ROOM, LogKind.DM) or (held is not None and held.closed and self._left(server, log)):
            return None
        other, title, key = self._who(server, log, kind, made)
        if other is not None and self._kept.is_blocked(other):
            return None
        last = self._last(server, log, held, rows)
        unread = rooms.unread(self._client.store, held, server.me) if held is not None else rooms.Unread(0, 0, True)
        return Conversation(
            server.id,
            log,
            kind,
            title,
            key,
            other,
            last.ts if last is not None else self._made_ms(server, log, kind),
            author_of(server, log, last.by, self._kept).name if last is not None else "",
            last is not None and last.by == server.me,
            _one_line(last.text) if last is not None else "",
            last is not None and last.deleted,
            *(unread.messages, unread.is_exact, unread.mentions),
            _one_line(self._kept.draft(server.id, log)),
            self._kept.is_muted(server.id, log),
            self._kept.is_favourite(server.id, log),
            sum(_is_message(row) and row.delivery in (Delivery.WAITING, Delivery.SENT) for row in rows),
            sum(row.delivery is Delivery.REFUSED for row in rows),
            held is not None and held.closed,
        )

    def _made_here(self, rows: list[OutboxRow]) -> Make | Dm | None:
        """What in the outbox will make the log."""
        for row in rows:
            if row.kind in ("make", "dm"):
                made: Make | Dm = decode_body(row.kind, Raw(row.body))
                return made
        return None

    def _left(self, server: Server, log: LogId) -> bool:
        event = self._client.store.value(server.id, log, f"in:{server.me}")
        return event is not None and event.kind == "leave"

    def _who(
        self, server: Server, log: LogId, kind: LogKind, made: Make | Dm | None
    ) -> tuple[MemberId | None, str, bytes]:
        """Whom direct messages are with, the title, and the key of the avatar."""
        if kind is LogKind.ROOM:
            event = self._client.store.value(server.id, log, "name")
            name = rooms.room_name({"name": event}) if event is not None else ""
            return None, name or (made.name if isinstance(made, Make) else ""), _key_of(log)
        members: Sequence[MemberId] = made.members if isinstance(made, Dm) else ()
        event = self._client.store.value(server.id, log, "dm")
        if event is not None:
            members = rooms.dm_members({"dm": event})
        other = next((one for one in members if one != server.me), self._begun.get((server.id, log)))
        if other is None:
            return None, "", _key_of(log)
        author = author_of(server, log, other, self._kept)
        return other, author.name, author.key

    def _last(self, server: Server, log: LogId, held: HeldLog | None, rows: list[OutboxRow]) -> Shown | None:
        for row in reversed(rows):
            if _is_message(row):
                ts = row.ts or cid_ms(row.cid)
                return show(Event(0, 0, ts, server.me, row.cid, row.kind, body=Raw(row.body)))
        if held is None:
            return None
        page = self._client.store.messages(server.id, log, before_row=held.at.row + 1, limit=1)
        return page[0] if page else None

    def _made_ms(self, server: Server, log: LogId, kind: LogKind) -> int:
        event = self._client.store.value(server.id, log, "dm" if kind is LogKind.DM else "name")
        return event.ts if event is not None else server.driver.now().wall_ms

    # --- arranging --------------------------------------------------------------------------------------------

    def _group(self, server: Server) -> Group:
        own = [one for one in self._values.values() if one.server == server.id]
        ending = server.driver.last_ending
        if server.is_connected:
            connection = Connection.CONNECTED
        elif ending is None:
            connection = Connection.CONNECTING
        else:
            connection = Connection.ENDED if ending.is_final else Connection.RESTING
        host = self._host(server)
        return Group(
            server.id,
            author_of(server, PEOPLE, host, self._kept).name if host is not None else "",
            host == server.me,
            connection,
            self._since.get(server.id) if connection is Connection.RESTING else None,
            None if connection is Connection.CONNECTED else ending,
            sum(one.waiting for one in own),
            sum(one.unread for one in own if not one.muted),
            self._kept.get(folded_key(server.id)) is not None,
        )

    def _host(self, server: Server) -> MemberId | None:
        """Looked for among everybody, so it is remembered until somebody's role or name is another."""
        if server.id not in self._hosts:
            self._hosts[server.id] = rooms.host_of(server.state(PEOPLE))
        return self._hosts[server.id]

    def _rows_of(self, *, unfolded: bool = False) -> Iterator[Row]:
        newest = sorted(self._values.values(), key=lambda one: (one.ts, one.title, one.log), reverse=True)
        favourites = [one for one in newest if one.favourite]
        if favourites:
            group = Group(None, is_folded=self._kept.get(folded_key(None)) is not None)
            yield group
            if unfolded or not group.is_folded:
                yield from favourites
        groups = [self._group(server) for server in self._client.servers.values() if server.session.known.member]
        for group in sorted(groups, key=lambda one: (not one.is_own, one.title.casefold(), one.server or "")):
            yield group
            if unfolded or not group.is_folded:
                yield from (one for one in newest if one.server == group.server and not one.favourite)

    def _arrange(self) -> None:
        """Tells the views as little as it takes: what is selected or scrolled to stays so."""
        rows = list(self._rows_of())
        ids = [_id(row) for row in rows]
        staying = set(ids)
        for number in reversed(range(len(self._rows))):
            if _id(self._rows[number]) not in staying:
                self.beginRemoveRows(QModelIndex(), number, number)
                del self._rows[number]
                self.endRemoveRows()
        there = {_id(row) for row in self._rows}
        for number, row in enumerate(rows):
            if ids[number] not in there:
                at = min(number, len(self._rows))
                self.beginInsertRows(QModelIndex(), at, at)
                self._rows.insert(at, row)
                self.endInsertRows()
        before, self._rows = self._rows, rows
        if (order := [_id(row) for row in before]) != ids:
            self.layoutAboutToBeChanged.emit()
            places = {id_: number for number, id_ in enumerate(ids)}
            old = self.persistentIndexList()
            self.changePersistentIndexList(old, [self.index(places[order[index.row()]]) for index in old])
            self.layoutChanged.emit()
        by_id = {_id(row): row for row in before}
        for number, row in enumerate(rows):
            if by_id[_id(row)] != row:
                self.dataChanged.emit(self.index(number), self.index(number))

    # --- Qt ---------------------------------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == VALUE:
            return row
        return row.title if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        """Groups can be walked to, to fold them, and not be chosen."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        enabled = Qt.ItemFlag.ItemIsEnabled
        is_group = isinstance(self._rows[index.row()], Group)
        return enabled if is_group else enabled | Qt.ItemFlag.ItemIsSelectable


def _id(row: Row) -> object:
    return row.id if isinstance(row, Conversation) else row.server


def _is_message(row: OutboxRow) -> bool:
    return class_of(row.target, row.key) is EventClass.MESSAGE


def _one_line(text: str) -> str:
    return " ".join(text[: 4 * _PREVIEW].split())[:_PREVIEW]


def _key_of(log: LogId) -> bytes:
    try:
        return unb64(log)
    except ValueError:
        return log.encode()
