"""The window: rail, conversations, and what is shown beside them. It ties the panes together and asks the core."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QMoveEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from chat_protocol.events import EventClass
from chat_protocol.fold import show
from chat_protocol.ids import LogId, MemberId
from chat_protocol.permissions import LogKind
from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.notices import Notices
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Extended, LoggedIn, Notice
from desktop_chat.core.sentences import ChatError
from desktop_chat.core.server import Server
from desktop_chat.hosting.host import Host
from desktop_chat.hosting.room_host import State
from desktop_chat.models.contacts import Contacts
from desktop_chat.models.conversations import Conversation, Conversations
from desktop_chat.models.kept import YES, Kept, favourite_key, muted_key
from desktop_chat.store.contract import ServerId
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets import rail
from desktop_chat.widgets.banner import Banner
from desktop_chat.widgets.beginnings import Beginnings
from desktop_chat.widgets.contacts_page import ContactsPage
from desktop_chat.widgets.conversation_pane import ConversationPane
from desktop_chat.widgets.details_pane import DetailsPane
from desktop_chat.widgets.entrance import Entrance
from desktop_chat.widgets.host_panel import HostPanel
from desktop_chat.widgets.invites import clipboard_text, invite_in, link_into, text_of
from desktop_chat.widgets.key_list import KeyList
from desktop_chat.widgets.list_pane import ListPane
from desktop_chat.widgets.panes import Panes
from desktop_chat.widgets.people_list import here_entries
from desktop_chat.widgets.presence import Presence
from desktop_chat.widgets.said import next_step, sentence_of
from desktop_chat.widgets.sheet import Question, Sheet
from desktop_chat.widgets.states import StatePage
from desktop_chat.widgets.welcome import Welcome
from desktop_chat.widgets.window_keys import WindowKeys

_REMEMBER_MS = 500
_GEOMETRY, _SPLITTER, _LAST, _DETAILS = "window:geometry", "window:splitter", "window:conversation", "window:details"
_TITLE_BAR = 40
"""What the system puts above a window, so that a first one ends within a small screen."""


class MainWindow(QWidget):
    """Shows the first screen until there is a server. Whoever made it ends the program when `close_requested` came."""

    close_requested = Signal()
    language_chosen = Signal(str)

    def __init__(
        self,
        theme: Theme,
        actions: Actions,
        client: Client,
        notices: Notices,
        host: Host,
        *,
        name: str = "",
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`name` is that of the person, as the computer knows it; `now_ms` the wall clock."""
        super().__init__()
        self.setObjectName("main_window")
        self.setMinimumSize(360, 480)
        self.setAcceptDrops(True)
        self._theme = theme
        self._actions = actions
        self._client = client
        self._host = host
        self._kept = Kept(client, self)
        self._conversations = Conversations(client, self._kept, self)
        self._contacts = Contacts(client, self._kept, self)
        self._presence = Presence(client, self)
        self.entrance = Entrance(theme, actions, client, host, self._kept, self, name)
        self.begin = Beginnings(theme, actions, client, self._conversations, self._contacts, self)
        self._trouble = Banner(theme, can_close=True)
        self._trouble.setObjectName("trouble_banner")
        self._welcome = Welcome(theme, client.identity.public, self.entrance.name)
        self._rail = rail.Rail(theme, client.identity.public)
        self._list_pane = ListPane(theme, self._conversations, self._presence, now_ms)
        self.pane = ConversationPane(theme, actions, client, self._conversations, self._kept)
        self._details = DetailsPane(theme, actions, self._conversations, self._presence, self._kept, host)
        self._contacts_page = ContactsPage(theme, actions, self._contacts)
        self._host_panel = HostPanel(theme, actions, host)
        self._nothing = StatePage(theme)
        self._nothing.setObjectName("no_conversation")
        pages = (self._nothing, self.pane, self._contacts_page, self._host_panel)
        self._panes = Panes(theme, self._rail, self._list_pane, pages, self._details, self.pane)
        self._screens = QStackedWidget()
        self._remember_timer = QTimer(self, singleShot=True, interval=_REMEMBER_MS)
        self._lay_out()
        self._connect(notices)
        self._keys = WindowKeys(self)
        self._restore()
        self._retranslate()
        self._show_counts()
        self._on_host_changed()

    def _lay_out(self) -> None:
        self._screens.addWidget(self._welcome)
        self._screens.addWidget(self._panes)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._trouble)
        column.addWidget(self._screens, 1)

    def _connect(self, notices: Notices) -> None:
        notices.happened.connect(self._on_happened)
        self._actions.refused.connect(self.show_refusal)
        self._kept.changed.connect(lambda _key: self._show_counts())
        self._host.changed.connect(self._on_host_changed)
        self._presence.changed.connect(self._show_who_is_here)
        self._remember_timer.timeout.connect(self._remember)
        self._panes.parted.connect(self._remember_timer.start)
        self._panes.narrow_changed.connect(self.pane.set_narrow)
        self._panes.details_changed.connect(self.pane.header.set_details_shown)
        self._panes.details_wanted.connect(lambda wanted: self._keep(_DETAILS, YES if wanted else None))
        entrance = self.entrance
        entrance.entered.connect(self._on_entered)
        entrance.hosted.connect(self._on_hosted)
        entrance.busy_changed.connect(self._welcome.set_busy)
        entrance.failed.connect(self._on_hosting_failed)
        welcome = self._welcome
        welcome.host_requested.connect(lambda name: entrance.host_room(name, self._host.bind))
        welcome.join_requested.connect(entrance.join)
        self._rail.chosen.connect(self.show_part)
        for source in (welcome, self._rail):
            source.language_chosen.connect(self.language_chosen)
        pane = self._list_pane
        pane.switcher_requested.connect(self.begin.switch)
        pane.new_room_requested.connect(self.begin.make_room)
        pane.new_message_requested.connect(self.begin.write_to)
        pane.open_rooms_requested.connect(self.begin.enter_room)
        self.begin.opened.connect(self.open_log)
        pane.host_requested.connect(self._on_host_requested)
        pane.join_requested.connect(lambda: entrance.join(entrance.name, clipboard_text()))
        chats = pane.list
        chats.chosen.connect(self.open_conversation)
        chats.fold_requested.connect(self._on_fold_requested)
        chats.favourite_requested.connect(lambda one, on: self._keep(favourite_key(*one.id), YES if on else None))
        chats.mute_requested.connect(lambda one, on: self._keep(muted_key(*one.id), YES if on else None))
        chats.leave_requested.connect(self._on_leave_requested)
        self.pane.back_requested.connect(self._on_back_requested)
        self.pane.details_toggled.connect(self._panes.show_details)
        self.pane.host_requested.connect(lambda: entrance.host_room(entrance.name, self._host.bind))
        self.pane.left.connect(self._on_composer_left)
        self.pane.invite_requested.connect(self.copy_invite)
        self._details.closed.connect(lambda: self._panes.show_details(False))
        self._details.message_requested.connect(self.open_dm)
        self._details.contact_requested.connect(self._on_contact_requested)
        self._details.add_requested.connect(self.begin.add_people)
        self._contacts_page.message_requested.connect(self.open_dm)
        self._host_panel.start_requested.connect(lambda bind: entrance.host_room(entrance.name, bind))
        self._host_panel.stop_requested.connect(entrance.stop_hosting)
        self._nothing.chosen.connect(self._on_first_step)

    # --- what is shown ----------------------------------------------------------------------------------------

    @property
    def conversations(self) -> Conversations:
        return self._conversations

    @property
    def contacts(self) -> Contacts:
        return self._contacts

    def show_refusal(self, error: ChatError) -> None:
        """Its sentence and what to do, quietly at the top, until it is put away."""
        self._trouble.show_about("warn", "circle-alert", sentence_of(error), next_step(error.code))

    def show_bug(self, line: str) -> None:
        """Something failed that nobody expected; `line` says what, the log has the rest."""
        self._trouble.show_about(
            "danger",
            "circle-alert",
            self.tr("Something in this program failed"),
            self.tr("Your messages are safe. The log says more: {line}").format(line=line),
        )

    def show_part(self, name: str) -> None:
        """One of the rail's."""
        self._rail.choose(name)
        self._list_pane.list.show_as_open(self.pane.shown if name == rail.CHATS else None)
        match name:
            case rail.CONTACTS:
                self._panes.show_page(self._contacts_page)
            case rail.ROOM:
                self._panes.show_page(self._host_panel)
            case _:
                self._panes.show_page(self.pane if self.pane.shown is not None else self._nothing)
                if self._panes.is_narrow:
                    self._panes.show_list()
        self._rail.take_focus()

    def open_conversation(self, one: Conversation) -> None:
        server = self._client.servers.get(one.server)
        if server is not None:
            self.open_log(server, one.log)

    def open_log(self, server: Server, log: LogId) -> None:
        """Shows a conversation, with the cursor where one writes."""
        self._screens.setCurrentWidget(self._panes)
        self.pane.show_conversation(server, log)
        self._details.show_conversation(server, log)
        self._list_pane.list.show_as_open((server.id, log))
        self._rail.choose(rail.CHATS)
        self._panes.show_page(self.pane)
        self._keep(_LAST, f"{server.id} {log}")
        self.pane.focus_composer()

    def open_dm(self, server_id: ServerId, member: MemberId) -> None:
        server = self._client.servers.get(server_id)
        if server is not None:
            self.open_log(server, self._conversations.begin(server, member))

    def open_neighbour(self, step: int, *, unread: bool = False) -> None:
        one = self._list_pane.list.neighbour(step, unread=unread)
        if one is not None:
            self.open_conversation(one)

    def open_number(self, number: int) -> None:
        one = self._list_pane.list.at(number)
        if one is not None:
            self.open_conversation(one)

    def find_here(self) -> None:
        """In the conversation that is shown."""
        if self._panes.page is self.pane:
            self.pane.open_find()

    def show_keys(self) -> None:
        self._actions.do(dialogs.answer(KeyList(self._theme, self)), name="keys")

    def copy_invite(self, server: Server, room: LogId) -> None:
        """An invite into `room`; the button that asked for it says so."""
        self._actions.do(self._copy_invite(server, room), name="invite")

    async def _copy_invite(self, server: Server, room: LogId) -> None:
        QGuiApplication.clipboard().setText(await link_into(server, room, self._host))
        self.pane.say_copied()

    def has_sheet(self) -> bool:
        """A question lies over the window."""
        return any(sheet.isVisible() for sheet in self.findChildren(Sheet))

    def focus_next_pane(self, step: int) -> None:
        """F6: rail, list, conversation, composer, details."""
        panes: list[QWidget] = [self._rail, self._list_pane, self._panes.pages, self.pane.composer, self._details]
        panes = [pane for pane in panes if pane.isVisible()]
        if not panes:
            return
        focused = QApplication.focusWidget()
        inside = [at for at, pane in enumerate(panes) if focused and (pane is focused or pane.isAncestorOf(focused))]
        at = (inside[-1] + step) % len(panes) if inside else 0
        self._focus_first(panes[at])

    def _focus_first(self, pane: QWidget) -> None:
        if pane is self._panes.pages:
            pane = self._panes.page or pane
        first = {self._list_pane: self._list_pane.list, self.pane: self.pane.view}.get(pane, pane)
        if first.focusPolicy() == Qt.FocusPolicy.NoFocus and first.focusProxy() is None:
            inside = (one for one in first.findChildren(QWidget) if one.isVisible())
            first = next((one for one in inside if one.focusPolicy() & Qt.FocusPolicy.TabFocus), first)
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # --- remembering ------------------------------------------------------------------------------------------

    def _keep(self, key: str, value: str | None) -> None:
        self._actions.do(self._kept.keep(key, value), name="keep")

    def _remember(self) -> None:
        self._keep(_GEOMETRY, _text_of_bytes(self.saveGeometry()))
        parting = self._panes.save()
        if parting is not None:
            self._keep(_SPLITTER, _text_of_bytes(parting))

    def _restore(self) -> None:
        geometry, parting = self._kept.get(_GEOMETRY), self._kept.get(_SPLITTER)
        # What is not readable, or lies where no screen is any more, Qt leaves out or moves.
        if geometry is None or not self.restoreGeometry(_bytes_of_text(geometry)):
            room = self.screen().availableSize() - QSize(0, _TITLE_BAR)
            self.resize(QSize(1280, 800).boundedTo(room))
        wants_details = self._kept.get(_DETAILS) is not None
        self._panes.restore(None if parting is None else _bytes_of_text(parting), wants_details=wants_details)
        self._rail.show_me(self.entrance.name)
        server_id, _, log = (self._kept.get(_LAST) or "").partition(" ")
        server = self._client.servers.get(ServerId(server_id))
        if server is not None and self._conversations.value(server.id, LogId(log)) is not None:
            self.open_log(server, LogId(log))
            self._panes.show_list()
        elif self._conversations.rowCount():
            self._screens.setCurrentWidget(self._panes)
            self._panes.show_page(self._nothing)
            self._panes.show_list()

    # --- what happened ----------------------------------------------------------------------------------------

    def _on_happened(self, batch: Sequence[tuple[Server, Notice]]) -> None:
        self._presence.apply(batch)
        self._conversations.apply(batch)
        self._contacts.apply(batch)
        self.pane.apply(batch)
        self._details.apply(batch)
        self._show_counts()
        if any(isinstance(notice, LoggedIn) and self._host.has_left_behind(server) for server, notice in batch):
            self.entrance.take_over()
        if not self.isActiveWindow() and self._calls_for_attention(batch):
            QApplication.alert(self)

    def _calls_for_attention(self, batch: Sequence[tuple[Server, Notice]]) -> bool:
        """Somebody wrote to this person, or named them."""
        for server, notice in batch:
            if not isinstance(notice, Extended):
                continue
            one = self._conversations.value(server.id, notice.log)
            if one is None or one.muted:
                continue
            for event in notice.events:
                is_new = event.cls is EventClass.MESSAGE and event.by != server.me
                if is_new and (one.kind is LogKind.DM or server.me in show(event).mentions):
                    return True
        return False

    def _show_counts(self) -> None:
        unread, _mentions = self._conversations.unread
        self._rail.show_unread(unread)
        self.setWindowTitle(f"({unread}) Desktop Chat" if unread else "Desktop Chat")

    def _on_host_changed(self) -> None:
        self._rail.show_live(self._is_live)
        self._show_who_is_here()

    @property
    def _is_live(self) -> bool:
        return self._host.state in (State.LIVE, State.RESTARTING)

    def _show_who_is_here(self) -> None:
        others = self._host.others_here
        self._list_pane.show_hosting(len(others) + 1 if self._is_live else None)
        if self._host.server is not None:
            self._host_panel.show_people(here_entries(self._host.server, others, self._kept))

    def _on_entered(self, server: Server) -> None:
        if server.invited_to is not None:
            self.open_log(server, server.invited_to)
        self._rail.show_me(self.entrance.name)

    def _on_host_requested(self) -> None:
        """One click: the room is opened if it is not live, and its panel says the rest."""
        self.show_part(rail.ROOM)
        if self._host.state is State.OFF:
            self.entrance.host_room(self.entrance.name, self._host.bind)

    def _on_hosted(self) -> None:
        self._trouble.hide()  # what kept it from being opened before is over
        self._screens.setCurrentWidget(self._panes)
        self._rail.show_me(self.entrance.name)
        if self._host.server is not None and self._host.room is not None and self.pane.shown is None:
            self.open_log(self._host.server, self._host.room)
        self.show_part(rail.ROOM)
        self._host_panel.say_copied()

    def _on_hosting_failed(self, error: ChatError) -> None:
        detail = error.detail.strip().splitlines()
        self._trouble.show_about("danger", "circle-alert", sentence_of(error), detail[-1] if detail else "")

    def _on_first_step(self, name: str) -> None:
        if name == "host_button":
            self.entrance.host_room(self.entrance.name, self._host.bind)
        else:
            self.entrance.join(self.entrance.name, clipboard_text())

    def _on_fold_requested(self, server: ServerId | None, away: bool) -> None:
        self._actions.do(self._conversations.fold(server, away=away), name="fold")

    def _on_contact_requested(self, member: MemberId) -> None:
        self._contacts_page.show_contact(member)
        self.show_part(rail.CONTACTS)

    def _on_leave_requested(self, one: Conversation) -> None:
        self._actions.do(self._ask_and_leave(one), name="leave")

    async def _ask_and_leave(self, one: Conversation) -> None:
        server = self._client.servers.get(one.server)
        if server is None:
            return
        question = Question(
            self._theme,
            self,
            self.tr("Leave {room}?").format(room=one.title),
            self.tr("To come back you need an invite, unless the room is open to all."),
            self.tr("Leave"),
            kind="danger",
        )
        if await dialogs.answer(question):
            await server.leave(one.log)

    def _on_back_requested(self) -> None:
        self._panes.show_list()
        self._list_pane.list.setFocus()

    def _on_composer_left(self) -> None:
        """Esc leaves the composer; once more, and everything here counts as read."""
        self.pane.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _retranslate(self) -> None:
        self._nothing.show_state(
            "messages-square",
            self.tr("No conversations yet"),
            self.tr("Host a room, or open a link that somebody sent you."),
            (("host_button", self.tr("Host a room")), ("join_button", self.tr("Join with a link"))),
        )

    # --- Qt ---------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        elif event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._offer_what_is_on_the_clipboard()
        super().changeEvent(event)

    def _offer_what_is_on_the_clipboard(self) -> None:
        """Only on the first screen: later it would get in the way of who copies links for others."""
        if self._screens.currentWidget() is self._welcome and not self.has_sheet():
            self.entrance.offer_clipboard()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._remember_timer.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._panes.page is self.pane:
            self.pane.mark_all_read()
        else:
            super().keyPressEvent(event)

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._remember_timer.start()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if invite_in(text_of(event.mimeData())) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.entrance.join(self.entrance.name, text_of(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """It only asks: whoever made the window ends the program, after what was begun is done."""
        event.ignore()
        self.pane.keep_draft_now()
        if self._remember_timer.isActive():
            self._remember_timer.stop()
            self._remember()
        self.close_requested.emit()


def _text_of_bytes(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes_of_text(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii", "replace"))
