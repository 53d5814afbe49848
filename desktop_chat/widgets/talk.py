"""One conversation as its pane shows it: what there is to know of it and what can be done in it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject

from chat_protocol.events import Role
from chat_protocol.fold import Shown
from chat_protocol.ids import PEOPLE, LogId
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.server import Server
from desktop_chat.models.conversations import Conversation, Conversations, Group
from desktop_chat.models.kept import Kept
from desktop_chat.models.messages import Messages
from desktop_chat.store.contract import OutboxRow
from desktop_chat.widgets.entries import Entry

_LAST_OWN = 200
"""So many rows back an own message is looked for."""
translate = QCoreApplication.translate


class Talk:
    """Close it when another one is shown."""

    def __init__(
        self, client: Client, server: Server, log: LogId, kept: Kept, conversations: Conversations, parent: QObject
    ) -> None:
        self.server = server
        self.log = log
        self.messages = Messages(client, server, log, kept, parent)
        self._client = client
        self._conversations = conversations

    def close(self) -> None:
        self.messages.close()
        self.messages.deleteLater()

    @property
    def value(self) -> Conversation | None:
        """None if the list does not know it yet."""
        return self._conversations.value(self.server.id, self.log)

    @property
    def group(self) -> Group | None:
        return self._conversations.group(self.server.id)

    @property
    def title(self) -> str:
        return "" if self.value is None else self.value.title

    @property
    def is_room(self) -> bool:
        return self.value is None or self.value.is_room

    @property
    def is_empty(self) -> bool:
        return self.messages.last_row < self.messages.first_row

    @property
    def awaits_others(self) -> bool:
        """Nobody else is in the room, and this person may give out links to it."""
        is_alone = len(rooms.in_room(self.server.state(self.log))) < 2
        role = rooms.role_of(self.server.state(PEOPLE), self.server.me)
        return self.is_room and is_alone and role in (Role.HOST, Role.MODERATOR)

    @property
    def removed_by(self) -> str:
        """The name of who took this person out of the room; empty: nobody did."""
        last = self.server.state(self.log).get(f"in:{self.server.me}")
        return self.messages.author(last.by).name if last is not None and last.kind == "kick" else ""

    def about(self) -> str:
        """What stands below the title. Direct messages are not sealed: whoever has the server's folder could read
        them."""
        if self.is_room:
            state = self.server.state(self.log)
            count = translate("ConversationPane", "%n people", "", len(rooms.in_room(state)))
            topic = rooms.topic(state)
            return f"{topic} · {count}" if topic else count
        if self.group is None or self.group.is_own:
            return translate("ConversationPane", "Direct message · on your own server")
        said = translate("ConversationPane", "Direct message · {name}, who hosts, could read it")
        return said.format(name=self.group.title)

    def people(self) -> list[Entry]:
        """Whom one can name here, in order of names."""
        if self.value is None:
            return []
        other = self.value.other
        others = [other] if other is not None else rooms.in_room(self.server.state(self.log))
        public = self.server.state(PEOPLE)  # an own name for a contact is nobody else's business
        found = [
            Entry(member, rooms.name_of(public, member), self.messages.author(member).key)
            for member in others
            if member != self.server.me
        ]
        return sorted(found, key=lambda person: person.name.casefold())

    def find(self, query: str, most: int) -> list[Shown]:
        """In what is kept here, the newest first."""
        found = self._client.store.search(query, server=self.server.id, log=self.log, limit=most)
        return [one.message for one in found]

    def last_own(self) -> Shown | None:
        """The last message of this person that can be edited, if it is near."""
        messages = self.messages
        first = max(messages.first_row, messages.last_row - _LAST_OWN)
        for row in range(messages.last_row, first - 1, -1):
            item = messages.item(row)
            if item is not None and item.shown.by == self.server.me and item.shown.can_be_edited:
                return item.shown
        return None

    def waiting(self, place: int) -> OutboxRow | None:
        """What waits at that place of the outbox."""
        return next((row for row in self.server.session.outbox.rows() if row.place == place), None)

    def mark_all_read(self) -> None:
        held = self.server.held().get(self.log)
        if held is not None:
            self.server.mark(self.log, held.at.seq)
