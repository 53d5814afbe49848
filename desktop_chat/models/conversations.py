"""The list of conversations: favourites, then the rooms and direct messages of each server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec
from PySide6.QtCore import QModelIndex, QObject

from chat_protocol.errors import Code
from chat_protocol.events import Event, Role
from chat_protocol.ids import PEOPLE, LogId, MemberId, dm_log, is_dm, is_id
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Disconnected, Ending, Hindered, LoggedIn, Notice, StartedOver
from desktop_chat.core.sentences import Trouble
from desktop_chat.core.server import Server
from desktop_chat.models.kept import YES, Kept, draft_key, folded_key
from desktop_chat.models.persons import member_of
from desktop_chat.models.rows import VALUE as VALUE
from desktop_chat.models.rows import Rows
from desktop_chat.models.summaries import Conversation as Conversation
from desktop_chat.models.summaries import Summaries, Summary
from desktop_chat.store.contract import (
    Extended,
    ExtendedBack,
    HeldLog,
    LogClosed,
    LogHeld,
    Marked,
    OutboxRow,
    RowChanged,
    RowGone,
    ServerId,
)


class Connection(StrEnum):
    CONNECTED = "connected"
    FULL = "full"
    """A disk is full, the server's or the one here: what is written waits, or can't be."""
    CONNECTING = "connecting"
    """For the first time since the program was started."""
    RESTING = "resting"
    """Not reachable, tried again by itself."""
    ENDED = "ended"
    """Not tried again until the person acts; `Group.ending` says why."""


class Group(msgspec.Struct, frozen=True):
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


Row = Group | Conversation
_Id = tuple[ServerId, LogId]


class Conversations(Rows):
    """Rows are groups, each followed by its conversations, the newest first, before all what was only begun here.
    `VALUE` gives a row's value, the display role its title. Conversations with who is blocked, and rooms that the
    person left, are not among them.

    `apply` every batch of notices: what it touched is read again, nothing else.
    """

    def __init__(self, client: Client, kept: Kept, parent: QObject | None = None) -> None:
        super().__init__("title", parent)
        self._client = client
        self._kept = kept
        self._summaries = Summaries(client.store, kept)
        self._read: dict[_Id, Summary] = {}
        self._begun: dict[_Id, MemberId] = {}
        """Direct messages in which nothing was said yet: opened here, or known by the draft that was left in them."""
        self._hosts: dict[ServerId, MemberId | None] = {}
        self._was_connected = {server.id for server in client.servers.values() if server.is_connected}
        self._resting_since: dict[ServerId, int] = {}
        self._servers = set(client.servers)
        for server in client.servers.values():
            self._read_server(server)
        self._rows: list[Row] = list(self._arranged())
        kept.changed.connect(self._on_kept_changed)

    # --- reading ----------------------------------------------------------------------------------------------

    def value(self, server: ServerId, log: LogId) -> Conversation | None:
        summary = self._read.get((server, log))
        return None if summary is None else summary.conversation

    def all(self) -> list[Conversation]:
        """In the order of the list, those that are folded away too."""
        return [row for row in self._arranged(unfolded=True) if isinstance(row, Conversation)]

    def servers(self) -> list[ServerId]:
        """Those where this person is a member, in the order of the list."""
        return [row.server for row in self._arranged() if isinstance(row, Group) and row.server is not None]

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
        heard = [one.conversation for one in self._read.values() if not one.conversation.muted]
        return sum(one.unread for one in heard), sum(one.mentions for one in heard)

    # --- changing ---------------------------------------------------------------------------------------------

    def begin(self, server: Server, other: MemberId) -> LogId:
        """Opens direct messages with `other`: in the list at once, at the server with the first text."""
        log = server.open_dm(other)
        if (server.id, log) not in self._read:
            self._begun[server.id, log] = other
            self._read_log(server, log)
            self._arrange()
        return log

    async def fold(self, server: ServerId | None, *, away: bool) -> None:
        """Folds the conversations of a group away, or shows them again."""
        await self._kept.keep(folded_key(server), YES if away else None)

    def apply(self, batch: Sequence[tuple[Server, Notice]]) -> None:
        """What a batch of notices changes. Call it with each one, in order."""
        touched: dict[_Id, Server] = {}
        anew: dict[ServerId, Server] = {}
        is_group = set(self._client.servers) != self._servers
        self._servers = set(self._client.servers)
        for server, notice in batch:
            match notice:
                case Extended(log=log, events=events) if log == PEOPLE:
                    members = {member for event in events if (member := member_of(event.key)) is not None}
                    self._summaries.forget(server.id, members)
                    touched |= dict.fromkeys(self._naming(server, members), server)
                    if self._hosts.get(server.id) in {None, *members} or any(map(_makes_host, events)):
                        self._hosts.pop(server.id, None)
                        is_group = True
                case LogClosed(log=log) if log == PEOPLE:
                    anew[server.id] = server
                case Extended(log=log) | ExtendedBack(log=log) | LogClosed(log=log) | Marked(log=log):
                    touched[server.id, log] = server
                case LogHeld(held=held):
                    touched[server.id, held.log] = server
                    if held.log == PEOPLE:
                        anew[server.id] = server
                case RowChanged(row=row) | RowGone(row=row):
                    touched[server.id, row.log] = server
                case StartedOver():
                    anew[server.id] = server
                case Hindered():
                    is_group = True
                case LoggedIn():
                    is_group = True
                    self._was_connected.add(server.id)
                    self._resting_since.pop(server.id, None)
                case Disconnected():
                    is_group = True
                    if server.id in self._was_connected:
                        self._resting_since.setdefault(server.id, server.driver.now().wall_ms)
        for server in anew.values():
            self._hosts.pop(server.id, None)
            self._summaries.forget(server.id)
            self._read_server(server)
        for (id_, log), server in touched.items():
            if id_ not in anew:
                self._read_log(server, log)
        if touched or anew or is_group:
            self._arrange()

    def _on_kept_changed(self, key: str) -> None:
        what, _, rest = key.partition(":")
        about, _, log = rest.partition(":")
        if what == "contact":
            member, fact = MemberId(about), log
            for server in self._client.servers.values():
                self._summaries.forget(server.id, [member])
                with_them = (server.id, dm_log(server.me, member))  # not in the list while they are blocked
                # What somebody blocked says is nowhere unread.
                others = [id_ for id_ in self._read if id_[0] == server.id] if fact == "blocked" else []
                for _, touched in {with_them, *self._naming(server, {member}), *others}:
                    self._read_log(server, touched)
        elif what in ("draft", "favourite", "muted") and ServerId(about) in self._client.servers:
            self._read_log(self._client.servers[ServerId(about)], LogId(log))
        if what in ("contact", "draft", "favourite", "muted", "folded"):
            self._arrange()

    # --- values -----------------------------------------------------------------------------------------------

    def _naming(self, server: Server, members: set[MemberId]) -> list[_Id]:
        """The conversations in which one of `members` is named."""
        return [id_ for id_, one in self._read.items() if id_[0] == server.id and one.members & members]

    def _read_server(self, server: Server) -> None:
        with self._client.store.together():
            held = {one.log: one for one in self._client.store.held(server.id)}
            rows: dict[LogId, list[OutboxRow]] = {}
            for row in self._client.store.outbox(server.id):
                rows.setdefault(row.log, []).append(row)
            known = {log for id_, log in (*self._begun, *self._read) if id_ == server.id}
            drafts = {LogId(key.rpartition(":")[2]) for key in self._kept.under(draft_key(server.id, LogId("")))}
            for log in held.keys() | rows.keys() | known | drafts:
                self._put(server, log, held.get(log), rows.get(log, []))

    def _read_log(self, server: Server, log: LogId) -> None:
        store = self._client.store
        with store.together():
            rows = [row for row in store.outbox(server.id) if row.log == log]
            self._put(server, log, store.held_log(server.id, log), rows)

    def _put(self, server: Server, log: LogId, held: HeldLog | None, rows: list[OutboxRow]) -> None:
        id_ = (server.id, log)
        if held is not None:
            self._begun.pop(id_, None)
        elif id_ not in self._begun and is_dm(log) and self._kept.draft(*id_):
            self._begin_again(server, log)
        summary = self._summaries.read(server, log, held, rows, self._begun.get(id_))
        if summary is not None:
            self._read[id_] = summary
        else:
            self._read.pop(id_, None)

    def _begin_again(self, server: Server, log: LogId) -> None:
        """With whom direct messages are that hold only a draft: the one whose id and the own make that `log`."""
        named = (MemberId(key[5:]) for key in server.state(PEOPLE) if key.startswith("name:") and is_id(key[5:]))
        other = next((member for member in named if dm_log(server.me, member) == log), None)
        if other is not None:
            self._begun[server.id, server.open_dm(other)] = other

    # --- arranging --------------------------------------------------------------------------------------------

    def _arranged(self, *, unfolded: bool = False) -> Iterator[Row]:
        everything = (one.conversation for one in self._read.values())
        newest = sorted(everything, key=lambda one: (one.ts != 0, -one.ts, one.title.casefold(), one.log))
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

    def _group(self, server: Server) -> Group:
        own = [one.conversation for one in self._read.values() if one.conversation.server == server.id]
        ending = server.driver.last_ending
        if server.is_connected:
            is_full = server.session.outbox.hindrance is Code.STORAGE_FULL
            connection, ending = Connection.FULL if is_full else Connection.CONNECTED, None
        elif ending is None:
            connection = Connection.CONNECTING
        else:
            connection = Connection.ENDED if ending.is_final else Connection.RESTING
            if ending.code is Trouble.DISK_FULL_HERE:
                connection = Connection.FULL
        host = self._host(server)
        return Group(
            server=server.id,
            title="" if host is None else self._summaries.author(server, host).name,
            is_own=host == server.me,
            connection=connection,
            resting_since_ms=self._resting_since.get(server.id) if connection is Connection.RESTING else None,
            ending=ending,
            waiting=sum(one.waiting for one in own),
            unread=sum(one.unread for one in own if not one.muted),
            is_folded=self._kept.get(folded_key(server.id)) is not None,
        )

    def _host(self, server: Server) -> MemberId | None:
        """Looked for among everybody, so it is remembered until it may be another."""
        if server.id not in self._hosts:
            self._hosts[server.id] = rooms.host_of(server.state(PEOPLE))
        return self._hosts[server.id]

    def _arrange(self) -> None:
        """Tells the views as little as it takes: what is selected or scrolled to stays so."""
        self._read = {id_: one for id_, one in self._read.items() if id_[0] in self._client.servers}
        rows = list(self._arranged())
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
        before = {_id(row): row for row in self._rows}
        self._reorder(rows, ids)
        for number, row in enumerate(rows):
            if before[ids[number]] != row:
                self.dataChanged.emit(self.index(number), self.index(number))

    def _reorder(self, rows: list[Row], ids: list[object]) -> None:
        order = [_id(row) for row in self._rows]
        if order == ids:
            self._rows = rows
            return
        self.layoutAboutToBeChanged.emit()
        self._rows = rows
        places = {id_: number for number, id_ in enumerate(ids)}
        old = self.persistentIndexList()
        self.changePersistentIndexList(old, [self.index(places[order[index.row()]]) for index in old])
        self.layoutChanged.emit()

    # --- Qt ---------------------------------------------------------------------------------------------------


def _makes_host(event: Event) -> bool:
    member = member_of(event.key)
    return member is not None and rooms.role_of({str(event.key): event}, member) is Role.HOST


def _id(row: Row) -> object:
    return row.id if isinstance(row, Conversation) else row.server
