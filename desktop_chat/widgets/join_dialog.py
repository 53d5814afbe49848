"""Joining by an invite: whose room it is, the words of its key, one click. A wrong key is a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chat_protocol.errors import Code
from chat_protocol.frames import PeekInfo
from chat_protocol.ids import unb64
from chat_protocol.invite_link import Invite
from desktop_chat.bridge.actions import Actions
from desktop_chat.core.client import Client
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.models.summaries import room_key
from desktop_chat.theme.language import sentence
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.controls import Button, Card, Field, Text
from desktop_chat.widgets.invites import clipboard_text, invite_in, invite_problem
from desktop_chat.widgets.key_words import KeyWords
from desktop_chat.widgets.said import next_step, sentence_of
from desktop_chat.widgets.sheet import Sheet, button_row
from desktop_chat.widgets.states import IconTile


class JoinDialog(Sheet):
    """Accepted when one is in: then `joined` came before. `link` is a text that holds an invite, or anything else:
    then a link is asked for."""

    joined = Signal(object)
    """The `Server`; its `invited_to` is the room."""

    def __init__(self, theme: Theme, actions: Actions, client: Client, parent: QWidget, name: str, link: str) -> None:
        super().__init__(theme, parent)
        self.setObjectName("join_dialog")
        self._actions = actions
        self._client = client
        self._link = link
        self._peek: PeekInfo | None = None
        self._work: asyncio.Task[None] | None = None
        self._asking = _AskForLink(theme)
        self._waiting = _Waiting(theme)
        self._room = _WhoseRoom(theme, client.identity.public, name)
        self._stopped = _Stopped(theme)
        self._steps: tuple[_Page, ...] = (self._asking, self._waiting, self._room, self._stopped)
        for page in self._steps:
            self.body.addWidget(page)
        self._asking.link_entered.connect(self._on_link_entered)
        self._room.join_requested.connect(self._on_join_requested)
        self._stopped.again_requested.connect(self._ask_for_link)
        for page in self._steps:
            page.cancel.clicked.connect(self.reject)
        self.finished.connect(self._on_finished)
        if invite_in(link) is None:
            self._ask_for_link()
        else:
            self._look(link)

    def _show(self, page: _Page) -> None:
        for other in self._steps:
            other.setVisible(other is page)
        self.setAccessibleName(page.accessibleName())
        self.set_primary(page.primary)
        page.begin()
        self.updateGeometry()

    def _ask_for_link(self) -> None:
        self._asking.propose(self._link)
        self._show(self._asking)

    def _look(self, link: str) -> None:
        self._link = link
        self._show(self._waiting)
        self._begin(self._look_whose(link), "peek")

    async def _look_whose(self, link: str) -> None:
        try:
            self._peek = await self._client.peek(link)
        except ChatError as error:
            self._stopped.say(error, invite_in(link))
            self._show(self._stopped)
            return
        invite = invite_in(link)
        if invite is not None:
            self._room.show_room(self._peek, invite.key)
            self._show(self._room)

    async def _join(self, name: str) -> None:
        self._room.set_busy(True)
        try:
            server = await self._client.join(self._link, name)
        except ChatError as error:
            self._room.set_busy(False)
            if error.code in (Code.NAME_TAKEN, Code.NAME_NOT_ALLOWED):
                self._room.say_about_name(sentence_of(error), error.suggestion)
            else:
                self._stopped.say(error, invite_in(self._link))
                self._show(self._stopped)
            return
        self.joined.emit(server)
        self.accept()

    def _on_link_entered(self, text: str) -> None:
        self._look(text)

    def _on_join_requested(self, name: str) -> None:
        self._begin(self._join(name), "join")

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """It ends with the dialog, however that ends."""
        self._work = self._actions.do(work, name=name)
        self.destroyed.connect(self._work.cancel)

    def _on_finished(self) -> None:
        if self._work is not None:
            self._work.cancel()


class _Page(QWidget):
    """One step of the dialog."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.cancel = Button(theme, "plain")
        self.cancel.setObjectName("cancel_button")
        self.primary: Button = self.cancel
        """What Enter presses."""

    def begin(self) -> None:
        """It is on screen from now on."""

    def retranslate(self) -> None:
        self.cancel.setText(self.tr("Cancel"))
        self.cancel.setAccessibleName(self.cancel.text())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


class _AskForLink(_Page):
    link_entered = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setObjectName("ask_for_link")
        self._title = Text(theme, "display")
        self._sentence = Text(theme, "body", "text.secondary")
        self._field = Field(theme, icon="link", tall=True)
        self._field.setObjectName("link_field")
        self._trouble = Text(theme, "caption", "text.danger")
        self._trouble.setObjectName("link_trouble")
        self._paste = Button(theme, "plain")
        self._paste.setObjectName("paste_button")
        self._go_on = Button(theme, "primary")
        self._go_on.setObjectName("continue_button")
        self.primary = self._go_on
        for text in (self._sentence, self._trouble):
            text.setWordWrap(True)
        for widget, gap in (
            (self._title, "4"),
            (self._sentence, "16"),
            (self._field, "8"),
            (self._trouble, "16"),
        ):
            self.column.addWidget(widget)
            self.column.addSpacing(theme.space[gap])
        self.column.addLayout(button_row(self._paste, self.cancel, self._go_on))
        self._field.textChanged.connect(self._on_text_changed)
        self._paste.clicked.connect(self._on_paste_clicked)
        self._go_on.clicked.connect(self._on_continue_clicked)
        self.retranslate()

    def propose(self, text: str) -> None:
        self._field.setText(text.strip())

    def begin(self) -> None:
        self._field.setFocus()

    def retranslate(self) -> None:
        super().retranslate()
        self._title.setText(self.tr("Join with a link"))
        self.setAccessibleName(self._title.text())
        self._sentence.setText(self.tr("Somebody who is in the room has the link. It begins with desktopchat://join/"))
        self._field.setPlaceholderText(self.tr("Paste the invite here"))
        self._field.setAccessibleName(self.tr("Invite link"))
        for button, text in ((self._paste, self.tr("Paste")), (self._go_on, self.tr("Continue"))):
            button.setText(text)
            button.setAccessibleName(text)
        self._on_text_changed()

    def _on_text_changed(self) -> None:
        text = self._field.text()
        problem = invite_problem(text) if text else None
        self._trouble.setText("" if problem is None else sentence(problem))
        self._go_on.setEnabled(bool(text) and problem is None)

    def _on_paste_clicked(self) -> None:
        self._field.setText(clipboard_text().strip())
        self._on_continue_clicked()

    def _on_continue_clicked(self) -> None:
        if self._go_on.isEnabled():
            self.link_entered.emit(self._field.text())


class _Waiting(_Page):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setObjectName("looking")
        self._title = Text(theme, "title")
        self._sentence = Text(theme, "body", "text.secondary")
        self._sentence.setWordWrap(True)
        self.column.addWidget(self._title)
        self.column.addSpacing(theme.space["4"])
        self.column.addWidget(self._sentence)
        self.column.addSpacing(theme.space["24"])
        self.column.addLayout(button_row(self.cancel))
        self.retranslate()

    def begin(self) -> None:
        self.cancel.setFocus()

    def retranslate(self) -> None:
        super().retranslate()
        self._title.setText(self.tr("Looking whose room this is…"))
        self.setAccessibleName(self._title.text())
        self._sentence.setText(self.tr("The room is asked. Your name is not sent yet."))


class _WhoseRoom(_Page):
    """Mock-up 06a."""

    join_requested = Signal(str)

    def __init__(self, theme: Theme, key: bytes, name: str) -> None:
        super().__init__(theme)
        self.setObjectName("whose_room")
        self._key = key
        self._peek: PeekInfo | None = None
        self._busy = False
        self._avatar = Avatar(theme, 56)
        self._title = Text(theme, "display")
        self._title.setObjectName("room_name")
        self._host = Text(theme, "body", "text.secondary")
        self._host.setObjectName("room_host")
        self._host_avatar = Avatar(theme, 24)
        self._present = Text(theme, "body", "text.secondary")
        self._present.setObjectName("room_present")
        self._words_title = Text(theme, "bodyMedium")
        self._matches = Text(theme, "bodyMedium", "text.success")
        self._matches_icon = IconTile(theme, 16, 16)
        self._matches_icon.show_icon("shield-check", "text.success", "bg.raised")
        self._words = KeyWords(theme)
        self._words.setObjectName("key_words")
        self._words_hint = Text(theme, "caption", "text.secondary")
        self._label = Text(theme, "captionStrong", "text.secondary")
        self._own_avatar = Avatar(theme, 24)
        self._name = Field(theme, tall=True)
        self._name.setObjectName("name_field")
        self._name.setMaxLength(64)
        self._name.setText(name)
        self._name_hint = Text(theme, "caption", "text.secondary")
        self._name_trouble = Text(theme, "caption", "text.danger")
        self._name_trouble.setObjectName("name_trouble")
        self._join = Button(theme, "primary")
        self._join.setObjectName("join_button")
        self.primary = self._join
        for text in (self._title, self._words_hint, self._name_hint, self._name_trouble):
            text.setWordWrap(True)
        self._lay_out()
        self._name.textChanged.connect(self._on_name_changed)
        self._join.clicked.connect(lambda: self.join_requested.emit(self._name.text().strip()))
        self.retranslate()

    def show_room(self, peek: PeekInfo, fingerprint: bytes) -> None:
        self._peek = peek
        self._words.show_key(fingerprint)
        self.retranslate()

    def say_about_name(self, sentence: str, suggestion: str | None) -> None:
        """The name can't be had; a free one goes into the field, so that one more Enter joins."""
        if suggestion:
            self._name.setText(suggestion)
        self._name_trouble.setText(sentence)
        self._name_trouble.show()
        self._name.setFocus()
        self._name.selectAll()

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._name.setReadOnly(busy)
        self.retranslate()

    def begin(self) -> None:
        self._join.setFocus()

    def retranslate(self) -> None:
        super().retranslate()
        self._words_title.setText(self.tr("Key words of this server"))
        self._matches.setText(self.tr("Matches your invite"))
        self._label.setText(self.tr("You join as"))
        self._name.setAccessibleName(self.tr("Your name in this room"))
        self._name_hint.setText(self.tr("Members see your name and avatar, never your address."))
        self._join.setText(self.tr("Joining…") if self._busy else self.tr("Join"))
        self._join.setAccessibleName(self._join.text())
        if self._peek is None:
            return
        peek = self._peek
        room = peek.room or peek.host
        self.setAccessibleName(self.tr("Join {room}?").format(room=room))
        self._title.setText(room)
        key = unb64(peek.identity) if peek.log is None else room_key(peek.log)
        self._avatar.show_of(key, room, is_room=True)
        self._host.setText(self.tr("Hosted by {name}").format(name=peek.host))
        self._host_avatar.show_of(unb64(peek.identity), peek.host, is_room=False)
        self._present.setText(self.tr("%n people are here now", "", peek.present))
        self._words_hint.setText(
            self.tr(
                "Your invite carried this key, so the check is done. {name} sees the same words and digits."
            ).format(name=peek.host)
        )
        self._on_name_changed()

    def _on_name_changed(self) -> None:
        name = self._name.text().strip()
        self._name_trouble.hide()
        self._own_avatar.show_of(self._key, name or "?", is_room=False)
        self._join.setEnabled(bool(name) and not self._busy)

    def _lay_out(self) -> None:
        space = self.theme.space
        names = QVBoxLayout()
        names.setSpacing(space["2"])
        names.addWidget(self._title)
        names.addWidget(self._host)
        head = QHBoxLayout()
        head.setSpacing(space["16"])
        head.addWidget(self._avatar)
        head.addLayout(names, 1)
        here = QHBoxLayout()
        here.setSpacing(space["8"])
        here.addWidget(self._host_avatar)
        here.addWidget(self._present, 1)
        words = Card(self.theme)
        inside = QVBoxLayout(words)
        inside.setContentsMargins(space["16"], space["16"], space["16"], space["16"])
        inside.setSpacing(space["12"])
        line = QHBoxLayout()
        line.setSpacing(space["8"])
        line.addWidget(self._words_title, 1)
        line.addWidget(self._matches_icon)
        line.addWidget(self._matches)
        inside.addLayout(line)
        inside.addWidget(self._words)
        inside.addWidget(self._words_hint)
        name = QHBoxLayout()
        name.setSpacing(space["8"])
        name.addWidget(self._own_avatar)
        name.addWidget(self._name, 1)
        self.column.addLayout(head)
        self.column.addSpacing(space["16"])
        self.column.addLayout(here)
        self.column.addSpacing(space["16"])
        self.column.addWidget(words)
        self.column.addSpacing(space["16"])
        self.column.addWidget(self._label)
        self.column.addSpacing(space["4"])
        self.column.addLayout(name)
        self.column.addSpacing(space["8"])
        self.column.addWidget(self._name_trouble)
        self.column.addWidget(self._name_hint)
        self.column.addSpacing(space["24"])
        self.column.addLayout(button_row(self.cancel, self._join))


class _Stopped(_Page):
    """Mock-up 06b for the wrong key; every other refusal says its sentence and the next step."""

    again_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setObjectName("join_refused")
        self._error: ChatError | None = None
        self._tile = IconTile(theme, 40, 20)
        self._title = Text(theme, "display")
        self._title.setObjectName("refusal_title")
        self._sentence = Text(theme, "body", "text.secondary")
        self._sentence.setObjectName("refusal_sentence")
        self._frame = Card(theme)
        self._says = Text(theme, "body", "text.secondary")
        self._words = KeyWords(theme)
        self._words.setObjectName("said_words")
        self._can_do_title = Text(theme, "bodyMedium")
        self._can_do = Text(theme, "body", "text.secondary")
        self.cancel.set_kind("primary")
        self._again = Button(theme, "plain")
        self._again.setObjectName("other_link_button")
        for text in (self._title, self._sentence, self._can_do):
            text.setWordWrap(True)
        space = theme.space
        texts = QVBoxLayout()
        texts.setSpacing(space["4"])
        texts.addWidget(self._title)
        texts.addWidget(self._sentence)
        head = QHBoxLayout()
        head.setSpacing(space["16"])
        head.addWidget(self._tile, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(texts, 1)
        inside = QVBoxLayout(self._frame)
        inside.setContentsMargins(space["16"], space["12"], space["16"], space["16"])
        inside.setSpacing(space["8"])
        inside.addWidget(self._says)
        inside.addWidget(self._words)
        self.column.addLayout(head)
        self.column.addSpacing(space["16"])
        self.column.addWidget(self._frame)
        self.column.addSpacing(space["16"])
        self.column.addWidget(self._can_do_title)
        self.column.addSpacing(space["4"])
        self.column.addWidget(self._can_do)
        self.column.addSpacing(space["24"])
        self.column.addLayout(button_row(self._again, self.cancel))
        self._again.clicked.connect(self.again_requested)
        self.retranslate()

    def say(self, error: ChatError, invite: Invite | None) -> None:
        self._error = error
        if invite is not None:
            self._words.show_key(invite.key)
        wrong_key = error.code is Trouble.WRONG_SERVER_KEY
        self._frame.setVisible(wrong_key)
        # No way round: not even another link to try in the same breath.
        self._again.setVisible(not wrong_key)
        expired = error.code in (Code.INVITE_EXPIRED, Code.INVITE_USED_UP, Code.INVITE_REVOKED)
        if wrong_key or error.code is Code.BANNED:
            self._tile.show_icon("octagon-x", "text.danger", "soft.danger")
        else:
            self._tile.show_icon("clock-alert" if expired else "circle-alert", "text.warn", "soft.warn")
        self.retranslate()

    def begin(self) -> None:
        self.cancel.setFocus()

    def retranslate(self) -> None:
        super().retranslate()
        self.cancel.setText(self.tr("Close"))
        self.cancel.setAccessibleName(self.cancel.text())
        self._again.setText(self.tr("Use another link"))
        self._again.setAccessibleName(self._again.text())
        self._says.setText(self.tr("Your invite says"))
        self._can_do_title.setText(self.tr("What you can do"))
        if self._error is None:
            return
        if self._error.code is Trouble.WRONG_SERVER_KEY:
            self._title.setText(self.tr("Wrong key: we stopped here"))
            self._sentence.setText(
                self.tr(
                    "Something at this address answers with a different key. We hung up before anything was sent: "
                    "not your name, not your invite, not a message."
                )
            )
        else:
            self._title.setText(self.tr("You are not in yet"))
            self._sentence.setText(sentence(self._error.code))
        self._can_do.setText(next_step(self._error.code))
        self.setAccessibleName(self._title.text())
