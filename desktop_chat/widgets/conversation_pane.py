"""One conversation: header, how it stands with its server, timeline, composer."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from chat_protocol.fold import Shown
from chat_protocol.ids import PEOPLE, LogId, Ref
from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Disconnected, Hindered, LoggedIn, Notice, Signalled
from desktop_chat.core.sentences import ChatError
from desktop_chat.core.server import Server
from desktop_chat.models.conversations import Conversations
from desktop_chat.models.kept import Kept, draft_key
from desktop_chat.store.contract import Extended, LogClosed, LogHeld, RowChanged, RowGone, ServerId
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline import words
from desktop_chat.timeline.view import TimelineView
from desktop_chat.widgets.banner import Banner
from desktop_chat.widgets.boxes import column, grown
from desktop_chat.widgets.composer import Composer, Submission
from desktop_chat.widgets.conversation_header import ConversationHeader
from desktop_chat.widgets.drafts import without_sent
from desktop_chat.widgets.invites import CopiedLink, clipboard_text, is_revoking
from desktop_chat.widgets.part import Part
from desktop_chat.widgets.said import sentence_of
from desktop_chat.widgets.server_state import Act, situation_of
from desktop_chat.widgets.states import StatePage
from desktop_chat.widgets.talk import Talk

if TYPE_CHECKING:
    from desktop_chat.widgets.find_bar import FindBar

Batch = Sequence[tuple[Server, Notice]]

CONNECTING_MS = 1_000
"""Shorter than this, connecting is not worth a word."""
_KEEP_DRAFT_MS = 400
_SIGNAL_TYPING_MS = 3_000
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
        self._talk: Talk | None = None
        self._act = Act.NOTHING
        """What the banner's button does."""
        self._copied = CopiedLink(self)
        """Into the room that is shown."""
        self.header = ConversationHeader(theme)
        self._banner = Banner(theme, "server_banner")
        self._view = TimelineView(theme)
        self._empty = StatePage(theme, "empty_room")
        self._closed = Banner(theme, "closed_banner")
        self._composer = Composer(theme)
        shown = (grown(self._empty), grown(self._view))
        self._column = column(self.header, self._banner, *shown, self._closed, self._composer, on=self)
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
        self._banner.acted.connect(self._on_banner_acted)
        self._copied.changed.connect(lambda: self._empty.rename("copy_invite_button", self._copy_text()))
        self._empty.chosen.connect(lambda _name: self.invite_requested.emit(self._now.server, self._now.log))
        view = self._view
        view.link_activated.connect(self._open_link)
        view.reply_requested.connect(self._on_reply_requested)
        view.edit_requested.connect(lambda ref: self._edit(self._now.messages.quoted(ref)))
        view.delete_requested.connect(lambda ref: self._do(self._ask_and_delete(self._now, ref), "delete"))
        view.react_requested.connect(self._on_react_requested)
        view.retry_requested.connect(self._on_retry_requested)
        view.read_up_to.connect(self._on_read_up_to)
        composer = self._composer
        composer.submitted.connect(lambda submission: self._do(self._send(self._now, submission), "send"))
        composer.draft_changed.connect(lambda _text: self._draft_timer.start())
        composer.edit_last_requested.connect(lambda: self._edit(self._now.last_own()))
        composer.left.connect(self.left)
        composer.typed.connect(self._on_typed)
        composer.recent_emoji_changed.connect(
            lambda recent: self._do(self._kept.keep(_RECENT_EMOJI, " ".join(recent)), "keep emoji")
        )

    @cached_property
    def find_bar(self) -> FindBar:
        """Made when something is looked for the first time."""
        from desktop_chat.widgets.find_bar import MOST, FindBar

        bar = FindBar(self._theme, lambda query: self._now.find(query, MOST))
        bar.jumped.connect(self._view.scroll_to)
        bar.marked.connect(self._view.mark_found)
        bar.closed.connect(self.focus_composer)
        self._column.insertWidget(1, bar)
        return bar

    # --- what is shown ----------------------------------------------------------------------------------------

    @property
    def shown(self) -> tuple[ServerId, LogId] | None:
        """Which conversation is on screen."""
        return None if self._talk is None else (self._talk.server.id, self._talk.log)

    @property
    def _now(self) -> Talk:
        """The conversation that is shown: timeline and composer ask for nothing while there is none."""
        if self._talk is None:
            raise LookupError("no conversation is shown")
        return self._talk

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
        talk = self._talk = Talk(self._client, server, log, self._kept, self._conversations, self)
        talk.messages.rows_added.connect(lambda _count: self._show_emptiness())
        talk.messages.reset.connect(self._show_emptiness)
        self.header.forget_typing()
        self._view.show_messages(talk.messages)
        recent = self._kept.get(_RECENT_EMOJI)
        self._composer.set_recent_emoji(recent.split() if recent else [])
        self._composer.show_conversation(talk.title, self._kept.draft(server.id, log), talk.people())
        self.retranslate()

    def put_away(self) -> None:
        """The present conversation is left: its draft is kept."""
        if self._talk is not None:
            self.keep_draft_now()
            if "find_bar" in self.__dict__:
                self.find_bar.leave()
            self._copied.forget()
            self._talk.close()
            self._talk = None

    def keep_draft_now(self) -> None:
        self._composer.finish_composing()
        if self._draft_timer.isActive():
            self._draft_timer.stop()
            self._keep_draft()

    def apply(self, batch: Batch) -> None:
        talk = self._talk
        if talk is None:
            return
        messages = talk.messages
        messages.apply(batch)
        header = situation = False
        for server, notice in batch:
            if server is not talk.server:
                continue
            if is_revoking(notice):
                self._copied.forget()
            match notice:
                case Signalled(log=log, kind="typing", by=by) if log == talk.log and by != server.me:
                    self.header.show_typing(messages.author(by).name)
                case Extended(log=log, events=events) if log == talk.log:
                    for event in events:
                        self.header.stop_typing(messages.author(event.by).name)
                    header = header or any(event.key is not None for event in events)
                case Extended(log=log) if log == PEOPLE:
                    header = True
                case LogHeld() | LogClosed():
                    header = situation = True
            situation = situation or isinstance(notice, (LoggedIn, Disconnected, Hindered, RowChanged, RowGone))
        if header:
            self._show_header()
            self._composer.set_title(talk.title)
            self._composer.set_people(talk.people())
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
        if self._talk is not None:
            self.find_bar.open()

    def mark_all_read(self) -> None:
        if self._talk is not None:
            self._talk.mark_all_read()

    def say_copied(self) -> None:
        """The link that was asked for is on the clipboard."""
        self._copied.note(clipboard_text())

    def retranslate(self) -> None:
        self._show_header()
        self._show_situation()
        self._show_emptiness()

    # --- showing ----------------------------------------------------------------------------------------------

    def _show_header(self) -> None:
        talk = self._talk
        if talk is not None and talk.value is not None:
            self.header.show_about(talk.title, talk.about(), talk.value.key, is_room=talk.is_room)

    def _show_situation(self) -> None:
        talk = self._talk
        if talk is None:
            return
        situation = situation_of(talk.server, talk.group)
        is_new = situation is not None and not talk.server.is_connected and talk.server.driver.last_ending is None
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
        is_closed = talk.messages.is_closed
        self._show_composer(not is_closed)
        if is_closed:
            by = talk.removed_by
            title = self.tr("{name} removed you from this room").format(name=by)
            self._closed.show_about(
                "info",
                "log-out",
                title if by else self.tr("You are no longer in this room"),
                self.tr("An invite brings you back. What you had stays readable here."),
            )
        else:
            self._closed.hide()

    def _show_composer(self, shown: bool) -> None:
        """Who was about to write reads on when it goes, not at whatever Tab leads to; and writes on when it is back."""
        comes_back = shown and self._composer.isHidden() and self._view.hasFocus()
        if not shown and self._composer.hasFocus():
            self._view.setFocus(Qt.FocusReason.OtherFocusReason)
        self._composer.setVisible(shown)
        if comes_back:
            self._composer.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_emptiness(self) -> None:
        talk = self._talk
        empty = talk is not None and talk.is_empty
        self._view.setVisible(not empty)
        self._empty.setVisible(empty)
        if talk is None or not empty:
            return
        if talk.awaits_others:
            self._empty.show_state(
                "door-open",
                self.tr("You opened the room"),
                self.tr("Nobody else is here yet. Send somebody the link."),
                (("copy_invite_button", self._copy_text()),),
            )
        else:
            icon = "messages-square" if talk.is_room else "message-circle"
            self._empty.show_state(icon, self.tr("No messages yet"), self.tr("Say the first word."))

    def _copy_text(self) -> str:
        return self.tr("Link copied") if self._copied else self.tr("Copy invite link")

    # --- writing ----------------------------------------------------------------------------------------------

    def _do(self, work: Coroutine[Any, Any, object], name: str) -> None:
        self._actions.do(work, name=name)

    async def _send(self, talk: Talk, submission: Submission) -> None:
        """The composer empties when it is durable; by then another conversation may be shown."""
        server, log = talk.server, talk.log
        try:
            if submission.edited is not None:
                await server.edit(log, submission.edited, submission.text, submission.mentions)
            else:
                await server.send_text(log, submission.text, submission.reply, submission.mentions)
        except ChatError as error:
            if self._talk is not talk:
                raise
            self._composer.not_sent(submission, sentence_of(error))
            return
        if self._talk is talk:
            self._composer.sent(submission)
            self._view.jump_to_bottom()
        elif submission.edited is None:
            left = without_sent(self._kept.draft(server.id, log), submission.text)
            await self._kept.keep(draft_key(server.id, log), left or None)

    def _keep_draft(self) -> None:
        draft = self._composer.draft
        key = draft_key(self._now.server.id, self._now.log)
        self._do(self._kept.keep(key, draft if draft.strip() else None), "keep draft")

    def _open_link(self, url: str) -> None:
        from desktop_chat.widgets.link_question import open_link

        open_link(self._theme, self._actions, self.window(), url)

    async def _ask_and_delete(self, talk: Talk, ref: Ref) -> None:
        from desktop_chat.widgets.sheet import Question

        question = Question(
            self._theme,
            self.window(),
            self.tr("Delete this message?"),
            self.tr("Nobody can read it any more then. Everybody still sees that a message was deleted here."),
            self.tr("Delete"),
            kind="danger",
        )
        if await dialogs.answer(question):
            await talk.server.delete(talk.log, ref)

    def _on_reply_requested(self, ref: Ref) -> None:
        messages = self._now.messages
        shown = messages.quoted(ref)
        if shown is not None:
            author = messages.author(shown.by)
            self._composer.reply_to(ref, author.name, words.instead(shown) or shown.text, author.key)

    def _edit(self, shown: Shown | None) -> None:
        if shown is not None:
            self._composer.edit(shown.ref, shown.text)

    def _on_read_up_to(self, _row: int, seq: int) -> None:
        if self._talk is not None:  # it shows the last one still while the window closes
            self._talk.server.mark(self._talk.log, seq)

    def _on_react_requested(self, ref: Ref, emoji: str, on: bool) -> None:
        self._do(self._now.server.react(self._now.log, ref, emoji, on=on), "react")

    def _on_retry_requested(self, place: int) -> None:
        row = self._now.waiting(place)
        if row is not None:
            self._do(self._now.server.retry(row), "retry")

    def _on_typed(self) -> None:
        if self._now.server.is_connected and not self._typing_timer.isActive():
            self._typing_timer.start()
            self._now.server.signal(self._now.log, "typing")

    def _on_banner_acted(self) -> None:
        if self._act is Act.HOST:
            self.host_requested.emit()
        else:
            self._now.server.driver.wake()
