"""Joining by an invite: whose room it is, the words of its key, one click. A wrong key is a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from chat_protocol.errors import Code
from chat_protocol.frames import PeekInfo
from chat_protocol.ids import b64, unb64
from chat_protocol.invite_link import Invite
from desktop_chat.bridge.actions import Actions
from desktop_chat.core.client import Client
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.models.summaries import room_key
from desktop_chat.store.contract import ServerId
from desktop_chat.theme.language import sentence
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.boxes import Item, column, grown, row, top
from desktop_chat.widgets.controls import Button, Card, Field, Text
from desktop_chat.widgets.invites import clipboard_text, invite_in, invite_problem
from desktop_chat.widgets.key_words import KeyWords
from desktop_chat.widgets.said import name_refusal, next_step, sentence_of
from desktop_chat.widgets.sheet import Sheet, button_row, over_buttons
from desktop_chat.widgets.spoken import say, spoken_together
from desktop_chat.widgets.states import IconTile

_PASSES = (Trouble.UNREACHABLE, Trouble.CONNECTION_LOST, Trouble.SILENT, Trouble.NO_ANSWER, Code.BUSY, Code.RESTART)
"""The same link may lead in when it is tried again."""


class JoinDialog(Sheet):
    """Accepted when one is in: `joined` follows at once. `link` is a text that holds an invite, or anything else:
    then a link is asked for. Each step is a page of its own, made when it is reached."""

    joined = Signal(object)
    """The `Server`; its `invited_to` is the room."""

    def __init__(self, theme: Theme, actions: Actions, client: Client, parent: QWidget, name: str, link: str) -> None:
        super().__init__(theme, parent, "join_dialog")
        self._actions = actions
        self._client = client
        self._name = name
        self._page: _Page | None = None
        self._work: asyncio.Task[None] | None = None
        self.finished.connect(self._on_finished)
        if invite_in(link) is None:
            self._ask_for_link(link)
        else:
            self._look(link)

    def _show(self, page: _Page) -> None:
        if self._page is not None:
            self._page.hide()
            self._page.deleteLater()
        self._page = page
        self.body.addWidget(page)
        self.setAccessibleName(page.accessibleName())
        self.set_primary(page.primary)
        page.cancel.clicked.connect(self.reject)
        page.show()
        # Of a page that comes into the same dialog a screen reader says only what gets the keyboard.
        page.first.setAccessibleDescription(page.told())
        page.first.setFocus()

    def _ask_for_link(self, link: str) -> None:
        page = _AskForLink(self.theme, link)
        page.link_entered.connect(self._look)
        self._show(page)

    def _look(self, link: str) -> None:
        self._show(_Waiting(self.theme))
        self._begin(self._look_whose(link), "peek")

    async def _look_whose(self, link: str) -> None:
        invite = invite_in(link)
        try:
            peek = await self._client.peek(link)
        except ChatError as error:
            self._stop(error, link)
            return
        if invite is not None:
            is_in = ServerId(b64(invite.key)) in self._client.servers
            page = _WhoseRoom(self.theme, peek, invite, self._client.identity.public, self._name, is_in=is_in)
            page.join_requested.connect(lambda name: self._begin(self._join(page, link, name), "join"))
            self._show(page)

    async def _join(self, page: _WhoseRoom, link: str, name: str) -> None:
        page.set_busy(True)
        try:
            server = await self._client.join(link, name)
        except ChatError as error:
            page.set_busy(False)
            if error.code in (Code.NAME_TAKEN, Code.NAME_NOT_ALLOWED):
                why = name_refusal(name) if error.code is Code.NAME_NOT_ALLOWED else ""
                page.say_about_name(why or sentence_of(error), error.suggestion)
            else:
                self._stop(error, link)
            return
        self.accept()
        self.joined.emit(server)  # now: closing gives the keyboard back to where it was before

    def _stop(self, error: ChatError, link: str) -> None:
        invite = invite_in(link)
        is_in = invite is not None and ServerId(b64(invite.key)) in self._client.servers
        page = _Stopped(self.theme, error, invite, is_in=is_in)
        page.again_requested.connect(lambda: self._look(link))
        page.other_requested.connect(lambda: self._ask_for_link(link))
        self._show(page)

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """It ends with the dialog, however that ends."""
        self._work = self._actions.do(work, name=name)
        self.destroyed.connect(self._work.cancel)

    def _on_finished(self) -> None:
        if self._work is not None:
            self._work.cancel()


class _Page(QWidget):
    """One step of the dialog. Enter presses `primary`, the keyboard is at `first`."""

    def __init__(self, theme: Theme, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._theme = theme
        self.cancel = Button(theme, name="cancel_button", text=self.tr("Cancel"))
        self.primary: Button = self.cancel
        self.first: QWidget = self.cancel

    def told(self) -> str:
        """All that it says, for who listens."""
        labels = [one for one in self.findChildren(QLabel) if one.isVisibleTo(self)]
        return spoken_together(self.accessibleName(), *(one.accessibleName() or one.text() for one in labels))

    def lay_out(self, *content: Item, buttons: Sequence[QWidget]) -> None:
        column(over_buttons(self._theme, content, button_row(*buttons)), on=self)


class _AskForLink(_Page):
    link_entered = Signal(str)

    def __init__(self, theme: Theme, link: str) -> None:
        title = self.tr("Join with a link")
        super().__init__(theme, "ask_for_link", title)
        told = self.tr("Somebody who is in the room has the link. It begins with desktopchat://join/")
        self._field = Field(
            theme,
            name="link_field",
            hint=self.tr("Paste the invite here"),
            spoken=self.tr("Invite link"),
            icon="link",
            tall=True,
        )
        self._trouble = Text(theme, "caption", "text.danger", name="link_trouble", wrap=True)
        paste = Button(theme, name="paste_button", text=self.tr("Paste"))
        self.first = self._field
        self.primary = Button(theme, "primary", name="continue_button", text=self.tr("Continue"))
        self.lay_out(
            Text(theme, "display", text=title),
            4,
            Text(theme, "body", "text.secondary", text=told, wrap=True),
            16,
            self._field,
            8,
            self._trouble,
            buttons=(paste, self.cancel, self.primary),
        )
        self._field.textChanged.connect(self._on_text_changed)
        paste.clicked.connect(self._on_paste_clicked)
        self.primary.clicked.connect(self._on_continue_clicked)
        self._field.setText(link.strip())
        self._on_text_changed()

    def _on_text_changed(self) -> None:
        text = self._field.text()
        problem = invite_problem(text) if text else None
        trouble = "" if problem is None else sentence(problem)
        if trouble != self._trouble.text():
            self._trouble.setText(trouble)
            self._field.setAccessibleDescription(trouble)
            say(self._field, trouble)
        self.primary.setEnabled(bool(text) and problem is None)

    def _on_paste_clicked(self) -> None:
        self._field.setText(clipboard_text().strip())
        self._on_continue_clicked()

    def _on_continue_clicked(self) -> None:
        if self.primary.isEnabled():
            self.link_entered.emit(self._field.text())


class _Waiting(_Page):
    def __init__(self, theme: Theme) -> None:
        title = self.tr("Looking whose room this is…")
        super().__init__(theme, "looking", title)
        told = self.tr("The room is asked. Your name is not sent yet.")
        self.lay_out(
            Text(theme, "title", text=title),
            4,
            Text(theme, "body", "text.secondary", text=told, wrap=True),
            buttons=(self.cancel,),
        )


class _WhoseRoom(_Page):
    """Mock-up 06a. `key` is that of who joins, `name` what they may be called. Who `is_in` that server has a name
    there."""

    join_requested = Signal(str)

    def __init__(self, theme: Theme, peek: PeekInfo, invite: Invite, key: bytes, name: str, *, is_in: bool) -> None:
        room = peek.room or peek.host
        super().__init__(theme, "whose_room", self.tr("Join {room}?").format(room=room))
        self._key = key
        self._busy = False
        self._own_avatar = Avatar(theme, 24)
        self._name = Field(theme, name="name_field", spoken=self.tr("Your name in this room"), most=64, tall=True)
        self._trouble = Text(theme, "caption", "text.danger", name="name_trouble", wrap=True)
        self.primary = self.first = Button(theme, "primary", name="join_button", text=self._join_text)
        if peek.host:
            host = self.tr("Hosted by {name}").format(name=peek.host)
        else:
            host = self.tr("Nobody hosts it yet: by this link you become its host.")
        present = self.tr("%n people are here now", "", peek.present)
        hint = self.tr("Members see your name and avatar, never your address.")
        avatar, host_avatar = Avatar(theme, 56), Avatar(theme, 24)
        identity = unb64(peek.identity)
        avatar.show_of(identity if peek.log is None else room_key(peek.log), room, is_room=True)
        host_avatar.show_of(identity, peek.host, is_room=False)
        names = column(
            Text(theme, "display", name="room_name", text=room, wrap=True),
            Text(theme, "body", "text.secondary", name="room_host", text=host),
            gap=2,
        )
        here = Text(theme, "body", "text.secondary", name="room_present", text=present)
        own: list[Item] = [
            16,
            Text(theme, "captionStrong", "text.secondary", text=self.tr("You join as")),
            4,
            row(self._own_avatar, grown(self._name), gap=8),
            8,
            self._trouble,
            Text(theme, "caption", "text.secondary", text=hint, wrap=True),
        ]
        people: list[Item] = [row(host_avatar, grown(here), gap=8), 16]
        self.lay_out(
            row(avatar, grown(names), gap=16),
            16,
            *(people if peek.host else []),
            self._card(theme, peek, invite),
            *([] if is_in else own),
            buttons=(self.cancel, self.primary),
        )
        self._name.textChanged.connect(self._on_name_changed)
        self.primary.clicked.connect(lambda: self.join_requested.emit(self._name.text().strip()))
        self._name.setText(name)
        self._on_name_changed()

    def say_about_name(self, sentence: str, suggestion: str | None) -> None:
        """The name can't be had; a free one goes into the field, so that one more Enter joins."""
        if suggestion:
            self._name.setText(suggestion)
        self._trouble.setText(sentence)
        self._trouble.show()
        self._name.setAccessibleDescription(sentence)
        self._name.setFocus()
        self._name.selectAll()
        say(self._name, sentence)

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._name.setReadOnly(busy)
        self.primary.retranslate()
        self._on_name_changed()

    def _join_text(self) -> str:
        return self.tr("Joining…") if self._busy else self.tr("Join")

    def _on_name_changed(self) -> None:
        name = self._name.text().strip()
        self._trouble.hide()
        self._own_avatar.show_of(self._key, name or "?", is_room=False)
        self.primary.setEnabled(bool(name) and not self._busy)

    def _card(self, theme: Theme, peek: PeekInfo, invite: Invite) -> Card:
        """That it is the server which the invite means."""
        card = Card(theme)
        shield = IconTile(theme, 16, 16, "shield-check", "text.success", "bg.raised")
        words = KeyWords(theme, "key_words", invite.key)
        title = Text(theme, "bodyMedium", text=self.tr("Key words of this server"))
        matches = Text(theme, "bodyMedium", "text.success", text=self.tr("Matches your invite"))
        if peek.host:
            hint = self.tr(
                "Your invite carried this key, so the check is done. {name} sees the same words and digits."
            ).format(name=peek.host)
        else:
            hint = self.tr("Your invite carried this key, so the check is done.")
        column(
            row(grown(title), shield, matches, gap=8),
            words,
            Text(theme, "caption", "text.secondary", text=hint, wrap=True),
            gap=12,
            margins=16,
            on=card,
        )
        return card


class _Stopped(_Page):
    """Mock-up 06b for the wrong key; every other refusal says its sentence and the next step."""

    again_requested = Signal()
    other_requested = Signal()
    """Another link."""

    def __init__(self, theme: Theme, error: ChatError, invite: Invite | None, *, is_in: bool) -> None:
        """`is_in`: the server that the invite means was joined before."""
        wrong_key = error.code is Trouble.WRONG_SERVER_KEY
        if wrong_key:
            title = self.tr("Wrong key: we stopped here")
            told = self.tr(
                "Something at this address answers with a different key. We hung up before anything was sent: "
                "not your name, not your invite, not a message."
            )
        else:
            title, told = self.tr("You are not in yet"), sentence(error.code)
        super().__init__(theme, "join_refused", title)
        self.cancel.setText(self.tr("Close"))
        self.cancel.set_kind("primary")
        if wrong_key or error.code is Code.BANNED:
            tile = IconTile(theme, 40, 20, "octagon-x", "text.danger", "soft.danger")
        else:
            expired = error.code in (Code.INVITE_EXPIRED, Code.INVITE_USED_UP, Code.INVITE_REVOKED)
            icon = "clock-alert" if expired else "circle-alert"
            tile = IconTile(theme, 40, 20, icon, "text.warn", "soft.warn")
        texts = column(
            Text(theme, "display", name="refusal_title", text=title, wrap=True),
            Text(theme, "body", "text.secondary", name="refusal_sentence", text=told, wrap=True),
            gap=4,
        )
        said: list[Item] = []
        ways = [self.cancel]
        if not wrong_key:
            other = Button(theme, name="other_link_button", text=self.tr("Use another link"))
            other.clicked.connect(self.other_requested)
            ways.insert(0, other)
            if error.code in _PASSES:
                again = Button(theme, "primary", name="again_button", text=self.tr("Try again"))
                again.clicked.connect(self.again_requested)
                self.cancel.set_kind("plain")
                ways = [other, self.cancel, again]
                self.primary = self.first = again
        elif invite is not None:  # no way round, not even another link to try in the same breath
            said = [self._card(theme, invite), 16]
        if step := next_step(error.code):
            if wrong_key and is_in:
                step += self.tr(" Waiting messages stay safe here.")
            heading = Text(theme, "bodyMedium", text=self.tr("What you can do"))
            said += [heading, 4, Text(theme, "body", "text.secondary", text=step, wrap=True)]
        self.lay_out(row(top(tile), grown(texts), gap=16), 16, *said, buttons=ways)

    def _card(self, theme: Theme, invite: Invite) -> Card:
        card = Card(theme)
        words = KeyWords(theme, "said_words", invite.key)
        says = Text(theme, "body", "text.secondary", text=self.tr("Your invite says"))
        column(says, words, gap=8, margins=(16, 12, 16, 16), on=card)
        return card
