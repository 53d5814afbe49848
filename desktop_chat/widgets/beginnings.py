"""What begins a conversation, or ends it: the switcher, rooms, direct messages, who is taken in, leaving."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from chat_protocol.events import Join
from chat_protocol.ids import PEOPLE, LogId, MemberId
from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.server import Server
from desktop_chat.models.contacts import Contact, Contacts
from desktop_chat.models.conversations import Conversation, Conversations
from desktop_chat.models.summaries import room_key
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.entries import Entry, narrowed
from desktop_chat.widgets.new_room import NewRoom
from desktop_chat.widgets.picker import Picker, Switcher
from desktop_chat.widgets.sheet import Question


class Beginnings(QObject):
    """`window` is where its dialogs lie."""

    opened = Signal(object, object)
    """A `Server` and a `LogId` that is to be shown."""

    def __init__(
        self,
        theme: Theme,
        actions: Actions,
        client: Client,
        conversations: Conversations,
        contacts: Contacts,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._theme = theme
        self._actions = actions
        self._client = client
        self._conversations = conversations
        self._contacts = contacts
        self._window = window

    def switch(self) -> None:
        self._do(self._switch(), "switcher")

    def make_room(self) -> None:
        self._do(self._make_room(), "new room")

    def write_to(self) -> None:
        """Asks whom."""
        self._do(self._write_to(), "new message")

    def enter_room(self) -> None:
        """Asks which of the open rooms."""
        self._do(self._enter_room(), "open rooms")

    def add_people(self, server: Server, room: LogId) -> None:
        """Asks whom to take into a room."""
        self._do(self._add_people(server, room), "add people")

    def direct(self, contact: Contact) -> None:
        """Direct messages with a contact, on the first server where both are."""
        server = next((self._client.servers[one] for one in contact.servers if one in self._client.servers), None)
        if server is not None:
            self.opened.emit(server, self._conversations.begin(server, contact.member))

    def leave(self, one: Conversation) -> None:
        """Asks first."""
        self._do(self._leave(one), "leave")

    # --- inside -----------------------------------------------------------------------------------------------

    def _do(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._actions.do(work, name=name)

    def _servers(self) -> list[Server]:
        """Those where this person is a member, in the order of the list."""
        return [self._client.servers[id_] for id_ in self._conversations.servers()]

    def _title(self, server: Server) -> str:
        group = self._conversations.group(server.id)
        return group.title if group is not None else ""

    async def _switch(self) -> None:
        switcher = Switcher(self._theme, self._window, self._conversations, self._contacts)
        if not await dialogs.answer(switcher):
            return
        target = switcher.target
        if isinstance(target, Conversation) and target.server in self._client.servers:
            self.opened.emit(self._client.servers[target.server], target.log)
        elif isinstance(target, Contact):
            self.direct(target)

    async def _make_room(self) -> None:
        servers = self._servers()
        if not servers:
            return
        asked = NewRoom(self._theme, self._window, [self._title(server) for server in servers])
        if await dialogs.answer(asked):
            server, name, access = servers[asked.server], asked.name, asked.access
            self.opened.emit(server, await server.make_room(name, access))

    async def _write_to(self) -> None:
        known = {one.member: one for one in self._contacts.all() if one.servers and not one.blocked}
        everybody = [
            Entry(one.member, one.name, one.key, beside=", ".join(n for n in one.server_names if n != one.name))
            for one in known.values()
        ]
        picked = await self._pick(
            self.tr("New direct message"),
            self.tr("To whom?"),
            self.tr("Nobody here has that name.")
            if everybody
            else self.tr("Nobody else is here yet: whoever joins a room with you can be written to."),
            everybody,
        )
        if picked is not None:
            self.direct(known[MemberId(picked.id)])

    async def _enter_room(self) -> None:
        found: dict[str, tuple[Server, LogId]] = {}
        entries = []
        for server in self._servers():
            for log, name in rooms.open_rooms(server.state(PEOPLE)):
                one = self._conversations.value(server.id, log)
                if one is None or one.closed:
                    entry = Entry(f"{server.id} {log}", name, room_key(log), beside=self._title(server), is_room=True)
                    found[entry.id] = server, log
                    entries.append(entry)
        picked = await self._pick(
            self.tr("Open rooms"),
            self.tr("Which room?"),
            self.tr("No open room has that name.")
            if entries
            else self.tr("You are in every room that is open to all."),
            entries,
        )
        if picked is not None:
            server, log = found[picked.id]
            await server.enter(log)
            self.opened.emit(server, log)

    async def _add_people(self, server: Server, room: LogId) -> None:
        inside = set(rooms.in_room(server.state(room)))
        outside = [
            Entry(one.member, one.name, one.key)
            for one in self._contacts.all()
            if server.id in one.servers and one.member not in inside
        ]
        picked = await self._pick(
            self.tr("Add to this room"),
            self.tr("Whom?"),
            self.tr("Every member of this server is in this room."),
            outside,
        )
        if picked is not None:
            await server.write(room, "add", Join(), key=f"in:{picked.id}")

    async def _leave(self, one: Conversation) -> None:
        server = self._client.servers.get(one.server)
        if server is None:
            return
        question = Question(
            self._theme,
            self._window,
            self.tr("Leave {room}?").format(room=one.title),
            self.tr("To come back you need an invite, unless the room is open to all."),
            self.tr("Leave"),
            kind="danger",
        )
        if await dialogs.answer(question):
            await server.leave(one.log)

    async def _pick(self, title: str, hint: str, nothing: str, entries: list[Entry]) -> Entry | None:
        def find(query: str) -> list[Entry]:
            return narrowed(entries, query)

        picker = Picker(self._theme, self._window, title, hint, nothing, find)
        return picker.picked if await dialogs.answer(picker) else None
