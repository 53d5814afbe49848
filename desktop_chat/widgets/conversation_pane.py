"""One conversation: header, how it stands with its server, timeline, composer."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from chat_protocol.events import Role
from chat_protocol.fold import Shown
from chat_protocol.ids import PEOPLE, LogId, Ref
from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import (
    Disconnected,
    Extended,
    LogClosed,
    LoggedIn,
    LogHeld,
    Notice,
    RowChanged,
    RowGone,
    Signalled,
)
from desktop_chat.core.sentences import ChatError
from desktop_chat.core.server import Server
from desktop_chat.models.conversations import Conversation, Conversations
from desktop_chat.models.kept import Kept, draft_key
from desktop_chat.models.messages import Messages
from desktop_chat.store.contract import ServerId
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline import links
from desktop_chat.timeline.view import TimelineView
from desktop_chat.widgets.banner import Banner
from desktop_chat.widgets.boxes import column, grown
from desktop_chat.widgets.composer import Composer, Submission
from desktop_chat.widgets.conversation_header import ConversationHeader
from desktop_chat.widgets.drafts import without_sent
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.find_bar import MOST, FindBar
from desktop_chat.widgets.invites import CopiedLink, clipboard_text, is_revoking
from desktop_chat.widgets.link_question import link_question, no_browser_question
from desktop_chat.widgets.part import Part
from desktop_chat.widgets.said import sentence_of
from desktop_chat.widgets.server_state import Act, situation_of
from desktop_chat.widgets.sheet import Question
from desktop_chat.widgets.states import StatePage

Batch = Sequence[tuple[Server, Notice]]

CONNECTING_MS = 1_000
"""Shorter than this, connecting is not worth a word."""
_KEEP_DRAFT_MS = 400
_SIGNAL_TYPING_MS = 3_000
_LAST_OWN = 200
"""So many rows back ↑ looks for an own message."""
_RECENT_EMOJI = "emoji:recent"


class ConversationPane(Part):
    """Shows one conversation at a time; `apply` every batch of notices. Close it before the client."""

    back_requested = Signal()
    details_toggled = Signal(bool)
    left = Signal()
    """Esc in the composer, and there was nothing to cancel there."""
    host_requested = Signal()
    """The own room rests."""
    invite_requested = Signal(object, object)
    """Others are wanted in a room of which one is the host or a moderator: its `Server` and its `LogId`."""

    def __init__(
        self,
        theme: Theme,
        actions: Actions,
        client: Client,
        conversations: Conversations,
        kept: Kept,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, "conversation_pane", fill="bg.timeline", parent=parent)
        self._actions = actions
        self._client = client
        self._conversations = conversations
        self._kept = kept
        self._messages: Messages | None = None
        self._act = Act.NOTHING
        """What the banner's button does."""
        self._copied = CopiedLink(self)
        """Into the room that is shown."""
        self.header = ConversationHeader(theme)
        self._banner = Banner(theme)
        self._banner.setObjectName("server_banner")
        self.find_bar = FindBar(theme, self._search)
        self._view = TimelineView(theme)
        self._empty = StatePage(theme, name="empty_room")
        self._closed = Banner(theme)
        self._closed.setObjectName("closed_banner")
        self._composer = Composer(theme)
        shown = (grown(self._empty), grown(self._view))
        column(self.header, self.find_bar, self._banner, *shown, self._closed, self._composer, on=self)
        self._connecting = QTimer(self, singleShot=True, interval=CONNECTING_MS)
        self._connecting.timeout.connect(self._show_situation)
        self._draft_timer = QTimer(self, singleShot=True, interval=_KEEP_DRAFT_MS)
        self._draft_timer.timeout.connect(self._keep_draft)
        self._typing_timer = QTimer(self, singleShot=True, interval=_SIGNAL_TYPING_MS)
        self._connect()

    def _connect(self) -> None:
        self.header.back_requested.connect(self.back_requested)
        self.header.details_toggled.connect(self.details_toggled)
        self.header.find_requested.connect(self.open_find)
        self.find_bar.jumped.connect(self._view.scroll_to)
        self.find_bar.marked.connect(self._view.mark_words)
        self.find_bar.closed.connect(self.focus_composer)
        self._banner.acted.connect(self._on_banner_acted)
        self._copied.changed.connect(lambda: self._empty.rename("copy_invite_button", self._copy_text()))
        self._empty.chosen.connect(lambda _name: self._on_invite_chosen())
        view = self._view
        view.link_activated.connect(self._on_link_activated)
        view.reply_requested.connect(self._on_reply_requested)
        view.edit_requested.connect(self._on_edit_requested)
        view.delete_requested.connect(lambda ref: self._do(self._ask_and_delete(ref), "delete"))
        view.react_requested.connect(self._on_react_requested)
        view.retry_requested.connect(self._on_retry_requested)
        view.read_up_to.connect(self._on_read_up_to)
        composer = self._composer
        composer.submitted.connect(lambda submission: self._do(self._send(submission), "send"))
        composer.draft_changed.connect(lambda _text: self._draft_timer.start())
        composer.edit_last_requested.connect(self._on_edit_last_requested)
        composer.left.connect(self.left)
        composer.typed.connect(self._on_typed)
        composer.recent_emoji_changed.connect(
            lambda recent: self._do(self._kept.keep(_RECENT_EMOJI, " ".join(recent)), "keep emoji")
        )

    # --- what is shown ----------------------------------------------------------------------------------------

    @property
    def shown(self) -> tuple[ServerId, LogId] | None:
        """Which conversation is on screen."""
        return None if self._messages is None else (self._messages.server.id, self._messages.log)

    @property
    def composer(self) -> Composer:
        return self._composer

    @property
    def view(self) -> TimelineView:
        return self._view

    def show_conversation(self, server: Server, log: LogId) -> None:
        """From the local store, at once. The same one again changes nothing."""
        if self.shown == (server.id, log):
            return
        self.put_away()
        self._messages = Messages(self._client, server, log, self._kept, self)
        self._messages.rows_added.connect(lambda _count: self._show_emptiness())
        self._messages.reset.connect(self._show_emptiness)
        self.header.forget_typing()
        self._view.show_messages(self._messages)
        recent = self._kept.get(_RECENT_EMOJI)
        self._composer.set_recent_emoji(recent.split() if recent else [])
        self._composer.show_conversation(self._title(), self._kept.draft(server.id, log), self._people())
        self._show_header()
        self._show_situation()
        self._show_emptiness()

    def put_away(self) -> None:
        """The present conversation is left: its draft is kept."""
        if self._messages is None:
            return
        self.keep_draft_now()
        self.find_bar.leave()
        self._copied.forget()
        self._messages.close()
        self._messages.deleteLater()
        self._messages = None

    def keep_draft_now(self) -> None:
        if self._draft_timer.isActive():
            self._draft_timer.stop()
            self._keep_draft()

    def apply(self, batch: Batch) -> None:
        messages = self._messages
        if messages is None:
            return
        messages.apply(batch)
        header = situation = False
        for server, notice in batch:
            if server is not messages.server:
                continue
            if is_revoking(notice):
                self._copied.forget()
            match notice:
                case Signalled(log=log, kind="typing", by=by) if log == messages.log and by != server.me:
                    self.header.show_typing(messages.author(by).name)
                case Extended(log=log, events=events) if log == messages.log:
                    for event in events:
                        self.header.stop_typing(messages.author(event.by).name)
                    header = header or any(event.key is not None for event in events)
                case Extended(log=log) if log == PEOPLE:
                    header = True
                case LogHeld() | LogClosed():
                    header = situation = True
            situation = situation or isinstance(notice, (LoggedIn, Disconnected, RowChanged, RowGone))
        if header:
            self._show_header()
            self._composer.set_title(self._title())
            self._composer.set_people(self._people())
        if situation or header:
            self._show_situation()
            self._show_emptiness()

    def set_narrow(self, narrow: bool) -> None:
        self.header.set_narrow(narrow)

    def focus_composer(self) -> None:
        target = self._composer if self._composer.isVisibleTo(self) else self._view
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_find(self) -> None:
        """Opens the bar in which one writes what to find here."""
        if self._messages is not None:
            self.find_bar.open()

    def _search(self, query: str) -> list[Shown]:
        messages = self._messages
        if messages is None:
            return []
        found = self._client.store.search(query, server=messages.server.id, log=messages.log, limit=MOST)
        return [one.message for one in found]

    def mark_all_read(self) -> None:
        if self._messages is not None:
            server, log = self._messages.server, self._messages.log
            held = server.held().get(log)
            if held is not None:
                server.mark(log, held.at.seq)

    # --- showing ----------------------------------------------------------------------------------------------

    def _value(self) -> Conversation | None:
        messages = self._messages
        return None if messages is None else self._conversations.value(messages.server.id, messages.log)

    def _title(self) -> str:
        value = self._value()
        return "" if value is None else value.title

    def _people(self) -> list[Entry]:
        """Whom one can name here."""
        messages, value = self._messages, self._value()
        if messages is None or value is None:
            return []
        others = [value.other] if value.other is not None else rooms.in_room(messages.server.state(messages.log))
        authors = {member: messages.author(member) for member in others}
        public = messages.server.state(PEOPLE)  # an own name for a contact is nobody else's business
        found = [
            Entry(member, rooms.name_of(public, member), one.key) for member, one in authors.items() if not one.is_me
        ]
        return sorted(found, key=lambda person: person.name.casefold())

    def _show_header(self) -> None:
        messages, value = self._messages, self._value()
        if messages is None or value is None:
            return
        if value.is_room:
            state = messages.server.state(messages.log)
            count = self.tr("%n people", "", len(rooms.in_room(state)))
            topic = rooms.topic(state)
            about = f"{topic} · {count}" if topic else count
        else:
            about = self._about_direct(messages.server, value)
        self.header.show_about(value.title, about, value.key, is_room=value.is_room)

    def _about_direct(self, server: Server, value: Conversation) -> str:
        """Direct messages are not sealed: whoever has the server's folder could read them."""
        group = self._conversations.group(server.id)
        if group is None or group.is_own:
            return self.tr("Direct message · on your own server")
        return self.tr("Direct message · {name}, who hosts, could read it").format(name=group.title)

    def _show_situation(self) -> None:
        messages = self._messages
        if messages is None:
            return
        group = self._conversations.group(messages.server.id)
        situation = situation_of(messages.server, group)
        is_new = situation is not None and messages.server.driver.last_ending is None
        if is_new and not self._connecting.isActive() and self.sender() is not self._connecting:
            self._connecting.start()
        if situation is None:
            self._connecting.stop()
            self._banner.hide()
        elif not self._connecting.isActive():
            action = {Act.TRY: self.tr("Try now"), Act.HOST: self.tr("Host a room")}.get(situation.act, "")
            self._act = situation.act
            self._banner.show_about(*situation[:4], action, situation.seconds_left)
        self._composer.set_resting(situation is not None and not is_new)
        self._view.set_line("" if situation is None else situation.line)
        self._composer.setVisible(not messages.is_closed)
        if messages.is_closed:
            self._closed.show_about(
                "info",
                "log-out",
                self.tr("You are no longer in this room"),
                self.tr("What you had stays readable here."),
            )
        else:
            self._closed.hide()

    def _show_emptiness(self) -> None:
        messages = self._messages
        empty = messages is not None and messages.last_row < messages.first_row
        self._view.setVisible(not empty)
        self._empty.setVisible(empty)
        if not empty:
            return
        if not self._is_room():
            self._empty.show_state("message-circle", self.tr("No messages yet"), self.tr("Say the first word."))
        elif self._is_alone() and self._may_invite():
            self._empty.show_state(
                "door-open",
                self.tr("You opened the room"),
                self.tr("Nobody else is here yet. Send somebody the link."),
                (("copy_invite_button", self._copy_text()),),
            )
        else:
            self._empty.show_state("messages-square", self.tr("No messages yet"), self.tr("Say the first word."))

    def _is_room(self) -> bool:
        value = self._value()
        return value is None or value.is_room

    def _is_alone(self) -> bool:
        messages = self._messages
        return messages is not None and len(rooms.in_room(messages.server.state(messages.log))) < 2

    def _may_invite(self) -> bool:
        messages = self._messages
        if messages is None:
            return False
        server = messages.server
        return rooms.role_of(server.state(PEOPLE), server.me) in (Role.HOST, Role.MODERATOR)

    def _on_invite_chosen(self) -> None:
        messages = self._messages
        if messages is not None:
            self.invite_requested.emit(messages.server, messages.log)

    def say_copied(self) -> None:
        """The link that was asked for is on the clipboard."""
        self._copied.note(clipboard_text())

    def _copy_text(self) -> str:
        return self.tr("Link copied") if self._copied else self.tr("Copy invite link")

    # --- writing ----------------------------------------------------------------------------------------------

    def _do(self, work: Coroutine[Any, Any, object], name: str) -> None:
        self._actions.do(work, name=name)

    async def _send(self, submission: Submission) -> None:
        """The composer empties when it is durable; by then another conversation may be shown."""
        messages = self._messages
        if messages is None:
            return
        server, log = messages.server, messages.log
        try:
            if submission.edited is not None:
                await server.edit(log, submission.edited, submission.text, submission.mentions)
            else:
                await server.send_text(log, submission.text, submission.reply, submission.mentions)
        except ChatError as error:
            if self._messages is messages:
                self._composer.not_sent(submission, sentence_of(error))
                return
            raise
        if self._messages is messages:
            self._composer.sent(submission)
            self._view.jump_to_bottom()
        elif submission.edited is None:
            left = without_sent(self._kept.draft(server.id, log), submission.text)
            await self._kept.keep(draft_key(server.id, log), left or None)

    def _keep_draft(self) -> None:
        messages = self._messages
        if messages is not None:
            draft = self._composer.draft
            self._do(
                self._kept.keep(draft_key(messages.server.id, messages.log), draft if draft.strip() else None),
                "keep draft",
            )

    async def _ask_and_delete(self, ref: Ref) -> None:
        messages = self._messages
        if messages is None:
            return
        question = Question(
            self._theme,
            self.window(),
            self.tr("Delete this message?"),
            self.tr("It goes for everybody. That it was there stays visible."),
            self.tr("Delete"),
            kind="danger",
        )
        if await dialogs.answer(question):
            await messages.server.delete(messages.log, ref)

    def _on_reply_requested(self, ref: Ref) -> None:
        messages = self._messages
        shown = None if messages is None else messages.quoted(ref)
        if messages is not None and shown is not None:
            author = messages.author(shown.by)
            self._composer.reply_to(ref, author.name, shown.text, author.key)

    def _on_edit_requested(self, ref: Ref) -> None:
        shown = None if self._messages is None else self._messages.quoted(ref)
        if shown is not None:
            self._composer.edit(ref, shown.text)

    def _on_edit_last_requested(self) -> None:
        messages = self._messages
        if messages is None:
            return
        first = max(messages.first_row, messages.last_row - _LAST_OWN)
        for row in range(messages.last_row, first - 1, -1):
            item = messages.item(row)
            if item is not None and item.shown.by == messages.server.me and not item.shown.deleted:
                self._composer.edit(item.shown.ref, item.shown.text)
                return

    def _on_react_requested(self, ref: Ref, emoji: str, on: bool) -> None:
        if self._messages is not None:
            self._do(self._messages.server.react(self._messages.log, ref, emoji, on=on), "react")

    def _on_retry_requested(self, place: int) -> None:
        messages = self._messages
        if messages is None:
            return
        row = next((row for row in messages.server.session.outbox.rows() if row.place == place), None)
        if row is not None:
            self._do(messages.server.retry(row), "retry")

    def _on_typed(self) -> None:
        messages = self._messages
        if messages is not None and messages.server.is_connected and not self._typing_timer.isActive():
            self._typing_timer.start()
            messages.server.signal(messages.log, "typing")

    # --- reading ----------------------------------------------------------------------------------------------

    def _on_read_up_to(self, _row: int, seq: int) -> None:
        if self._messages is not None:
            self._messages.server.mark(self._messages.log, seq)

    def _on_link_activated(self, url: str) -> None:
        judgement = links.judge(url)
        if judgement.opens:
            self._open(url, QUrl(url, QUrl.ParsingMode.StrictMode))
        elif not judgement.is_refused:
            self._do(self._ask_and_open(url, judgement), "open link")

    async def _ask_and_open(self, url: str, judgement: links.Judgement) -> None:
        if await dialogs.answer(link_question(self._theme, self.window(), url, judgement)):
            self._open(url, QUrl(url))

    def _open(self, url: str, parsed: QUrl) -> None:
        if not QDesktopServices.openUrl(parsed):
            self._do(self._offer_to_copy(url), "offer link")

    async def _offer_to_copy(self, url: str) -> None:
        """No program here opens it."""
        if await dialogs.answer(no_browser_question(self._theme, self.window(), url)):
            QGuiApplication.clipboard().setText(url)

    def _on_banner_acted(self) -> None:
        if self._act is Act.HOST:
            self.host_requested.emit()
        elif self._messages is not None:
            self._messages.server.driver.wake()

    def retranslate(self) -> None:
        self._show_header()
        self._show_situation()
        self._show_emptiness()
