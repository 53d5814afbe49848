"""What there is to know of a conversation: who is in it, and what one can do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from chat_protocol import limits
from chat_protocol.events import Body, Name, Role, Topic
from chat_protocol.ids import PEOPLE, LogId
from chat_protocol.permissions import LogKind, Standing, may
from desktop_chat.bridge.actions import Actions
from desktop_chat.core import rooms
from desktop_chat.core.effects import Notice
from desktop_chat.core.server import Server
from desktop_chat.hosting.host import Host
from desktop_chat.models.conversations import Conversations
from desktop_chat.models.kept import YES, Kept, favourite_key, muted_key
from desktop_chat.models.people import People, Person
from desktop_chat.store.contract import Extended, LogClosed, LogHeld, ServerId
from desktop_chat.theme.menu import Menu
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.boxes import SPRING, column, grown, middle, row
from desktop_chat.widgets.controls import Button, IconButton, Text
from desktop_chat.widgets.editable import Editable, Save
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.invites import CopiedLink, is_revoking, link_into
from desktop_chat.widgets.part import Head, Part
from desktop_chat.widgets.people_list import PeopleList, entry_of
from desktop_chat.widgets.presence import Presence

_ICON_BUTTON = 36


class DetailsPane(Part):
    """`apply` every batch of notices."""

    closed = Signal()
    message_requested = Signal(object, object)
    """A `ServerId` and a `MemberId`."""
    contact_requested = Signal(object)
    """A `MemberId`."""
    add_requested = Signal(object, object)
    """A `Server` and the `LogId` of a room that takes somebody in."""

    def __init__(
        self,
        theme: Theme,
        actions: Actions,
        conversations: Conversations,
        presence: Presence,
        kept: Kept,
        host: Host,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, "details_pane", fill="bg.details", parent=parent)
        self.setMinimumWidth(theme.size["detailsMin"])
        self._actions = actions
        self._conversations = conversations
        self._kept = kept
        self._host = host
        self._people: People | None = None
        self._server: Server | None = None
        self._log = LogId("")
        self._presence = presence
        self._copied = CopiedLink(self)
        """Into this room."""
        self._avatar = Avatar(theme, theme.size["avatarRoomBig"])
        self._name = Editable(
            theme,
            actions,
            Text(theme, "title", name="details_name", elide=True),
            name="room_name",
            act=lambda: self.tr("Rename the room"),
            hint=lambda: self.tr("Name of the room"),
            most=limits.ROOM_NAME,
        )
        self._topic = Editable(
            theme,
            actions,
            Text(theme, "caption", "text.secondary", name="details_topic", wrap=True),
            name="room_topic",
            act=lambda: self.tr("Change the topic"),
            hint=lambda: self.tr("What is talked about here"),
            most=limits.TOPIC,
        )
        self._invite = Button(
            theme,
            "soft",
            name="invite_button",
            text=self._invite_text,
            spoken=lambda: self.tr("Copy an invite link to this room"),
            icon="user-plus",
            small=True,
        )
        self._add = Button(
            theme,
            name="add_people_button",
            text=lambda: self.tr("Add"),
            spoken=lambda: self.tr("Add people to this room"),
            icon="user-plus",
            small=True,
        )
        self._mute = Button(theme, name="mute_button", icon="bell", small=True)
        self._favourite = Button(theme, name="favourite_button", icon="star", small=True)
        for button in (self._mute, self._favourite):
            button.setFixedWidth(_ICON_BUTTON)
        self._count = Text(theme, "captionStrong", "text.secondary", name="people_count")
        self._count.setContentsMargins(16, 16, 16, 8)
        self._list = PeopleList(theme, "bg.details", name="people_list", text=lambda: self.tr("People"))
        close = IconButton(theme, "x", lambda: self.tr("Close details"), name="close_details_button")
        head = Head(theme, self.fill)
        row(grown(Text(theme, "title", text=lambda: self.tr("Details"))), close, margins=(16, 0, 12, 1), on=head)
        names = middle(self._name, self._topic)
        who = row(self._avatar, grown(names), gap=12, margins=(16, 16, 16, 12))
        buttons = (self._invite, self._add, self._mute, self._favourite)
        act = row(*buttons, SPRING, gap=8, margins=(16, 0, 16, 4))
        column(head, who, act, self._count, grown(self._list), margins=(1, 0, 0, 0), on=self)
        close.clicked.connect(self.closed)
        self._copied.changed.connect(self._invite.retranslate)
        self._invite.clicked.connect(lambda: actions.do(self._copy_invite(), name="invite"))
        self._add.clicked.connect(lambda: self.add_requested.emit(self._server, self._log))
        self._mute.clicked.connect(lambda: self._toggle(muted_key, self._kept.is_muted))
        self._favourite.clicked.connect(lambda: self._toggle(favourite_key, self._kept.is_favourite))
        self._list.chosen.connect(self._on_chosen)
        self._list.menu_requested.connect(self._open_menu)
        kept.changed.connect(lambda _key: self._show())
        presence.changed.connect(self._show)

    def show_conversation(self, server: Server, log: LogId) -> None:
        if self._server is server and self._log == log:
            return
        self._server, self._log = server, log
        if self._people is not None:
            self._people.deleteLater()
        self._people = People(server, log, self._kept, self)
        self._people.modelReset.connect(self._show)
        self._copied.forget()
        self._show()

    def apply(self, batch: Sequence[tuple[Server, Notice]]) -> None:
        if self._people is not None:
            self._people.apply(batch)
            if any(server is self._server and is_revoking(notice) for server, notice in batch):
                self._copied.forget()
            if any(server is self._server and self._is_about_this(notice) for server, notice in batch):
                self._show()

    # --- inside -----------------------------------------------------------------------------------------------

    def _is_about_this(self, notice: Notice) -> bool:
        match notice:
            case Extended(log=log, events=events):
                return log == self._log and any(event.key is not None for event in events)
            case LogHeld(held=held):
                return held.log == self._log
            case LogClosed(log=log):
                return log == self._log
        return False

    def _show(self) -> None:
        server = self._server
        if server is None or self._people is None or self.isHidden():
            return
        one = self._conversations.value(server.id, self._log)
        if one is None:
            return
        state = server.state(self._log)
        self._avatar.show_of(one.key, one.title, is_room=one.is_room)
        standing = Standing.OUTSIDER
        if one.is_room and not one.closed:
            standing = rooms.standing(server.state(PEOPLE), state, server.me)

        def may_change(kind: str, body: Callable[[str], Body]) -> Save | None:
            return partial(self._change, server, self._log, kind, body) if may(LogKind.ROOM, kind, standing) else None

        self._name.show_text(one.id, one.title, may_change("name", Name))
        topic = rooms.topic(state) if one.is_room else self.tr("Direct message")
        self._topic.show_text(one.id, topic, may_change("topic", Topic))
        self._invite.setVisible(may(LogKind.STAFF, "invite", standing))
        self._add.setVisible(may(LogKind.ROOM, "add", standing))
        self._mute.set_icon("bell-off" if one.muted else "bell")
        _name(self._mute, self.tr("Unmute") if one.muted else self.tr("Mute"))
        self._favourite.set_icon("star-filled" if one.favourite else "star")
        self._favourite.set_kind("soft" if one.favourite else "plain")
        favourite = self.tr("Remove from favourites") if one.favourite else self.tr("Add to favourites")
        _name(self._favourite, favourite)
        people = self._people.all()
        self._count.setText(self.tr("People") + f" · {len(people)}")
        self._count.setVisible(bool(people))  # of direct messages without a first word nothing is stored yet
        here, is_known = self._presence.here(server.id), self._presence.is_known(server.id)

        def entry(person: Person) -> Entry:
            is_here = person.member in here
            return entry_of(person, is_here=is_here, is_away=is_known and not is_here and person.role is not Role.NONE)

        self._list.show_entries([entry(person) for person in people])

    @staticmethod
    async def _change(server: Server, log: LogId, kind: str, body: Callable[[str], Body], text: str) -> None:
        await server.stored(await server.write(log, kind, body(text), key=kind))

    async def _copy_invite(self) -> None:
        server, log = self._server, self._log
        if server is None:
            return
        link = await link_into(server, log, self._host)
        if self._log == log:
            self._copied.copy(link)

    def _invite_text(self) -> str:
        # More would not fit beside the other buttons.
        return self.tr("Copied") if self._copied else self.tr("Invite")

    def _on_chosen(self, entry: Entry) -> None:
        by_key = self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        row = self._list.visualRect(self._list.currentIndex()).center()
        self._open_menu(entry, self._list.viewport().mapToGlobal(row) if by_key else self.cursor().pos(), by_key)

    def _open_menu(self, entry: Entry, at: QPoint, by_key: bool) -> None:
        server = self._server
        if server is None or entry.id == server.me:
            return
        menu = Menu(self._theme, self, name="person_menu")
        text = self.tr("Send a direct message")
        menu.add(
            text, lambda: self.message_requested.emit(server.id, entry.id), name="menu_message", icon="message-circle"
        )
        text = self.tr("Name, note, block…")
        menu.add(text, lambda: self.contact_requested.emit(entry.id), name="menu_contact", icon="user-round")
        menu.open_once(at, by_key=by_key)

    def _toggle(self, key: Callable[[ServerId, LogId], str], is_on: Callable[[ServerId, LogId], bool]) -> None:
        if self._server is not None:
            value = None if is_on(self._server.id, self._log) else YES
            self._actions.do(self._kept.keep(key(self._server.id, self._log), value), name="keep")

    def retranslate(self) -> None:
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()


def _name(button: Button, name: str) -> None:
    button.setAccessibleName(name)
    button.setToolTip(name)
