"""Everybody whom this person knows, and what they note about them. Nobody else hears of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from chat_protocol.ids import MemberId
from desktop_chat.bridge.actions import Actions
from desktop_chat.models.contacts import Contact, Contacts
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.boxes import SPRING, Item, Placed, column, grown, middle, row, scrolled, top
from desktop_chat.widgets.controls import Button, Card, Field, IconButton, Switch, Text
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.part import Head, Part, Words
from desktop_chat.widgets.people_list import PeopleList
from desktop_chat.widgets.presence import Presence
from desktop_chat.widgets.states import StatePage

_BESIDE = 640


class ContactsPage(Part):
    message_requested = Signal(object, object)
    """A `ServerId` and a `MemberId`."""

    def __init__(self, theme: Theme, actions: Actions, contacts: Contacts, presence: Presence) -> None:
        super().__init__(theme, "contacts_page", fill="bg.timeline")
        self._contacts = contacts
        self._presence = presence
        self._shown: MemberId | None = None
        self._list = PeopleList(theme, "bg.timeline", name="contacts_list", text=lambda: self.tr("Contacts"))
        self._card = ContactCard(theme, actions, contacts)
        self._nothing = StatePage(theme)
        self._everybody, self._both, inner = QWidget(), QWidget(), QWidget()
        column(self._list, margins=(0, 8, 0, 24), on=self._everybody)
        column(self._card, SPRING, margins=(16, 8, 24, 24), on=inner)
        self._one = scrolled(inner, "contact_scroll")
        row(grown(self._everybody), grown(self._one), on=self._both)
        self._whole = QStackedWidget()
        self._whole.addWidget(self._both)
        self._whole.addWidget(self._nothing)
        head = Head(theme, "bg.timeline")
        row(grown(Text(theme, "title", text=lambda: self.tr("Contacts"))), margins=(16, 0, 12, 1), on=head)
        column(head, grown(self._whole), on=self)
        self._list.chosen.connect(lambda entry: self.show_contact(entry.id))
        self._list.menu_requested.connect(lambda entry, _at, _by_key: self.show_contact(entry.id))
        self._card.message_requested.connect(self.message_requested)
        self._card.closed.connect(self._on_card_closed)
        contacts.modelReset.connect(self._show)
        presence.changed.connect(self._show)
        self.retranslate()

    def show_contact(self, member: MemberId) -> None:
        self._shown = member
        self._show()

    def _show(self) -> None:
        everybody = self._contacts.all()
        self._whole.setCurrentWidget(self._both if everybody else self._nothing)
        self._list.show_entries([self._entry(one) for one in everybody])
        contact = None if self._shown is None else self._contacts.find(self._shown)
        self._list.show_as_open("" if contact is None else contact.member)
        if contact is not None:
            self._list.choose(contact.member)
            self._card.show_contact(contact)
        self._one.setVisible(contact is not None)
        self._everybody.setVisible(contact is None or self.width() >= _BESIDE)

    def _entry(self, one: Contact) -> Entry:
        tags = {one.favourite: self.tr("Favourite"), one.blocked: self.tr("Blocked")}
        tag = tags.get(True, "")
        beside = ", ".join(name for name in one.server_names if name != one.name)
        is_here = any(one.member in self._presence.here(server) for server in one.servers)
        is_away = not is_here and any(self._presence.is_known(server) for server in one.servers)
        return Entry(one.member, one.name, one.key, tag, beside, is_here, is_away)

    def _on_card_closed(self) -> None:
        self._shown = None
        self._show()

    def retranslate(self) -> None:
        self._nothing.show_state(
            "users", self.tr("Nobody yet"), self.tr("Whoever you meet in a room stands here, the same on every server.")
        )
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show()


class ContactCard(Card):
    """Own name and note are kept when the field is left or Enter is pressed."""

    message_requested = Signal(object, object)
    closed = Signal()

    def __init__(self, theme: Theme, actions: Actions, contacts: Contacts) -> None:
        super().__init__(theme, "contact_card")
        self._actions = actions
        self._contacts = contacts
        self._contact: Contact | None = None
        self._avatar = Avatar(theme, theme.size["avatarRoomBig"])
        self._title = Text(theme, "title", elide=True)
        self._known_as = Text(theme, "caption", "text.secondary", text=self._known_as_text, wrap=True)
        self._name = Field(theme, name="contact_name_field", most=64)
        self._note = Field(theme, name="contact_note_field", most=500)
        self._favourite = Switch(theme, name="contact_favourite_switch")
        self._block = Switch(theme, name="contact_block_switch")
        self._message = Button(
            theme,
            "primary",
            name="contact_message_button",
            text=lambda: self.tr("Send a direct message"),
            icon="message-circle",
        )
        self._close = IconButton(
            theme, "x", lambda: self.tr("Back to all contacts"), name="close_contact_button", small=True
        )
        self._lay_out(theme)
        self._close.clicked.connect(self.closed)
        self._name.editingFinished.connect(lambda: self._keep(self._contacts.set_name, self._name.text()))
        self._note.editingFinished.connect(lambda: self._keep(self._contacts.set_note, self._note.text()))
        self._favourite.clicked.connect(lambda on: self._switch(self._contacts.set_favourite, on))
        self._block.clicked.connect(lambda on: self._switch(self._contacts.set_blocked, on))
        self._message.clicked.connect(self._on_message_clicked)

    def show_contact(self, contact: Contact) -> None:
        is_new = self._contact is None or self._contact.member != contact.member
        self._contact = contact
        self._avatar.show_of(contact.key, contact.name, is_room=False)
        self._title.setText(contact.name)
        self._known_as.retranslate()
        self._known_as.setVisible(any(name != contact.name for name in contact.server_names))
        if is_new or not self._name.hasFocus():
            self._name.setText(contact.own_name)
        if is_new or not self._note.hasFocus():
            self._note.setText(contact.note)
        self._favourite.setChecked(contact.favourite)
        self._block.setChecked(contact.blocked)
        self._message.setVisible(bool(contact.servers) and not contact.blocked)

    def _lay_out(self, theme: Theme) -> None:
        def label(control: QWidget, text: Words, style: str = "body", color: str = "text") -> Text:
            """It names the control too."""
            label = Text(theme, style, color, text=text)
            label.setBuddy(control)
            return label

        def above(field: Field, text: Words) -> tuple[Item, ...]:
            return 16, label(field, text, "captionStrong", "text.secondary"), 4, field

        def before(switch: Switch, text: Words) -> tuple[Item, ...]:
            return 16, row(grown(label(switch, text)), switch)

        names = middle(self._title, self._known_as)
        hint = Text(theme, "caption", "text.secondary", text=self._block_hint, wrap=True)
        column(
            row(self._avatar, grown(names), top(self._close), gap=12),
            *above(self._name, lambda: self.tr("Your own name for them")),
            *above(self._note, lambda: self.tr("Note")),
            *before(self._favourite, lambda: self.tr("Favourite")),
            *before(self._block, lambda: self.tr("Block")),
            *(hint, 16, Placed(self._message, at=Qt.AlignmentFlag.AlignLeft)),
            margins=16,
            on=self,
        )

    def _block_hint(self) -> str:
        return self.tr("What they write is hidden here. They are not told.")

    def _known_as_text(self) -> str:
        names = () if self._contact is None else self._contact.server_names
        return self.tr("Known as {names}").format(names=", ".join(names))

    def _keep(self, act: Callable[[MemberId, str], Coroutine[Any, Any, None]], text: str) -> None:
        if self._contact is not None:
            self._actions.do(act(self._contact.member, text), name="contact")

    def _switch(self, act: Callable[..., Coroutine[Any, Any, None]], on: bool) -> None:
        if self._contact is not None:
            self._actions.do(act(self._contact.member, on=on), name="contact")

    def _on_message_clicked(self) -> None:
        if self._contact is not None and self._contact.servers:
            self.message_requested.emit(self._contact.servers[0], self._contact.member)
