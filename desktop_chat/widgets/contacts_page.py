"""Everybody whom this person knows, and what they note about them. Nobody else hears of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from chat_protocol.ids import MemberId
from desktop_chat.bridge.actions import Actions
from desktop_chat.models.contacts import Contact, Contacts
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.controls import Button, Card, Field, IconButton, Switch, Text
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.people_list import PeopleList
from desktop_chat.widgets.states import StatePage

_BESIDE = 640


class ContactsPage(QWidget):
    message_requested = Signal(object, object)
    """A `ServerId` and a `MemberId`."""

    def __init__(self, theme: Theme, actions: Actions, contacts: Contacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("contacts_page")
        self._theme = theme
        self._contacts = contacts
        self._shown: MemberId | None = None
        self._title = Text(theme, "title")
        self._list = PeopleList(theme, "bg.timeline", picks=True)
        self._list.setObjectName("contacts_list")
        self._nothing = StatePage(theme)
        self._card = ContactCard(theme, actions, contacts)
        self._whole = QStackedWidget()
        self._both = QWidget()
        row = QHBoxLayout(self._both)
        row.setContentsMargins(0, theme.space["8"], theme.space["24"], theme.space["24"])
        row.setSpacing(theme.space["16"])
        row.addWidget(self._list, 1)
        row.addWidget(self._card, 1, Qt.AlignmentFlag.AlignTop)
        self._whole.addWidget(self._both)
        self._whole.addWidget(self._nothing)
        head = QWidget()
        head.setFixedHeight(theme.size["header"])
        inside = QHBoxLayout(head)
        inside.setContentsMargins(theme.space["16"], 0, theme.space["12"], 1)
        inside.addWidget(self._title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self._whole, 1)
        self._list.chosen.connect(lambda entry: self.show_contact(entry.id))
        self._card.message_requested.connect(self.message_requested)
        self._card.closed.connect(self._on_card_closed)
        contacts.modelReset.connect(self._show)
        theme.changed.connect(self.update)
        self._retranslate()

    def show_contact(self, member: MemberId) -> None:
        self._shown = member
        self._show()

    def _show(self) -> None:
        everybody = self._contacts.all()
        self._whole.setCurrentWidget(self._both if everybody else self._nothing)
        self._list.show_entries([self._entry(one) for one in everybody])
        contact = None if self._shown is None else self._contacts.find(self._shown)
        if contact is not None:
            self._list.choose(contact.member)
            self._card.show_contact(contact)
        self._card.setVisible(contact is not None)
        self._list.setVisible(contact is None or self.width() >= _BESIDE)

    def _entry(self, one: Contact) -> Entry:
        tags = {one.favourite: self.tr("Favourite"), one.blocked: self.tr("Blocked")}
        tag = tags.get(True, "")
        beside = ", ".join(name for name in one.server_names if name != one.name)
        return Entry(one.member, one.name, one.key, tag, beside)

    def _on_card_closed(self) -> None:
        self._shown = None
        self._show()

    def _retranslate(self) -> None:
        self._title.setText(self.tr("Contacts"))
        self._list.setAccessibleName(self._title.text())
        self._nothing.show_state(
            "users", self.tr("Nobody yet"), self.tr("Whoever you meet in a room stands here, the same on every server.")
        )
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("bg.timeline"))
        painter.fillRect(0, self._theme.size["header"] - 1, self.width(), 1, self._theme.color("line"))


class ContactCard(Card):
    """Own name and note are kept when the field is left or Enter is pressed."""

    message_requested = Signal(object, object)
    closed = Signal()

    def __init__(self, theme: Theme, actions: Actions, contacts: Contacts) -> None:
        super().__init__(theme)
        self.setObjectName("contact_card")
        self._actions = actions
        self._contacts = contacts
        self._contact: Contact | None = None
        self._avatar = Avatar(theme, theme.size["avatarRoomBig"])
        self._title = Text(theme, "title", elide=True)
        self._known_as = Text(theme, "caption", "text.secondary")
        self._known_as.setWordWrap(True)
        self._close = IconButton(theme, "x", small=True)
        self._close.setObjectName("close_contact_button")
        self._name_label = Text(theme, "captionStrong", "text.secondary")
        self._name = Field(theme)
        self._name.setObjectName("contact_name_field")
        self._name.setMaxLength(64)
        self._note_label = Text(theme, "captionStrong", "text.secondary")
        self._note = Field(theme)
        self._note.setObjectName("contact_note_field")
        self._note.setMaxLength(500)
        self._favourite_label = Text(theme)
        self._favourite = Switch(theme)
        self._favourite.setObjectName("contact_favourite_switch")
        self._block_label = Text(theme)
        self._block_hint = Text(theme, "caption", "text.secondary")
        self._block_hint.setWordWrap(True)
        self._block = Switch(theme)
        self._block.setObjectName("contact_block_switch")
        self._message = Button(theme, "primary", icon="message-circle")
        self._message.setObjectName("contact_message_button")
        self._lay_out(theme)
        self._close.clicked.connect(self.closed)
        self._name.editingFinished.connect(self._on_name_edited)
        self._note.editingFinished.connect(self._on_note_edited)
        self._favourite.clicked.connect(self._on_favourite_clicked)
        self._block.clicked.connect(self._on_block_clicked)
        self._message.clicked.connect(self._on_message_clicked)
        self._retranslate()

    def show_contact(self, contact: Contact) -> None:
        is_new = self._contact is None or self._contact.member != contact.member
        self._contact = contact
        self._avatar.show_of(contact.key, contact.name, is_room=False)
        self._title.setText(contact.name)
        self._known_as.setText(self.tr("Known as {names}").format(names=", ".join(contact.server_names)))
        self._known_as.setVisible(bool(contact.server_names))
        if is_new or not self._name.hasFocus():
            self._name.setText(contact.own_name)
        if is_new or not self._note.hasFocus():
            self._note.setText(contact.note)
        self._favourite.setChecked(contact.favourite)
        self._block.setChecked(contact.blocked)
        self._message.setVisible(bool(contact.servers) and not contact.blocked)

    def _lay_out(self, theme: Theme) -> None:
        space = theme.space
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addStretch(1)
        names.addWidget(self._title)
        names.addWidget(self._known_as)
        names.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(space["12"])
        head.addWidget(self._avatar)
        head.addLayout(names, 1)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(space["16"], space["16"], space["16"], space["16"])
        column.setSpacing(0)
        column.addLayout(head)
        for label, field in ((self._name_label, self._name), (self._note_label, self._note)):
            column.addSpacing(space["16"])
            column.addWidget(label)
            column.addSpacing(space["4"])
            column.addWidget(field)
        for label, switch in ((self._favourite_label, self._favourite), (self._block_label, self._block)):
            column.addSpacing(space["16"])
            row = QHBoxLayout()
            row.addWidget(label, 1)
            row.addWidget(switch)
            column.addLayout(row)
        column.addWidget(self._block_hint)
        column.addSpacing(space["16"])
        column.addWidget(self._message, 0, Qt.AlignmentFlag.AlignLeft)

    def _on_name_edited(self) -> None:
        if self._contact is not None:
            self._actions.do(self._contacts.set_name(self._contact.member, self._name.text()), name="contact name")

    def _on_note_edited(self) -> None:
        if self._contact is not None:
            self._actions.do(self._contacts.set_note(self._contact.member, self._note.text()), name="contact note")

    def _on_favourite_clicked(self, on: bool) -> None:
        if self._contact is not None:
            self._actions.do(self._contacts.set_favourite(self._contact.member, on=on), name="contact favourite")

    def _on_block_clicked(self, on: bool) -> None:
        if self._contact is not None:
            self._actions.do(self._contacts.set_blocked(self._contact.member, on=on), name="contact block")

    def _on_message_clicked(self) -> None:
        if self._contact is not None and self._contact.servers:
            self.message_requested.emit(self._contact.servers[0], self._contact.member)

    def _retranslate(self) -> None:
        self._close.set_name(self.tr("Back to all contacts"))
        self._name_label.setText(self.tr("Your own name for them"))
        self._name.setAccessibleName(self._name_label.text())
        self._note_label.setText(self.tr("Note"))
        self._note.setAccessibleName(self._note_label.text())
        self._favourite_label.setText(self.tr("Favourite"))
        self._favourite.setAccessibleName(self._favourite_label.text())
        self._block_label.setText(self.tr("Block"))
        self._block.setAccessibleName(self._block_label.text())
        self._block_hint.setText(self.tr("What they write is hidden here. They are not told."))
        self._message.setText(self.tr("Send a direct message"))
        self._message.setAccessibleName(self._message.text())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
