"""What is in the window: rail, conversations, and what is shown beside them. It ties the panes and asks the core.

What the last conversation does not need is made when it is needed: `Later` parts, and the modules of dialogs.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QDialog, QStackedWidget, QVBoxLayout, QWidget

from chat_protocol.ids import LogId, MemberId
from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.notices import Notices
from desktop_chat.core.client import Client
from desktop_chat.core.effects import LoggedIn, Notice
from desktop_chat.core.marks import hidden_key
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.server import Server
from desktop_chat.hosting.room_host import State
from desktop_chat.models.conversations import Conversation, Conversations
from desktop_chat.models.kept import YES, favourite_key, muted_key
from desktop_chat.store.contract import Extended, RowChanged, ServerId
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets import rail
from desktop_chat.widgets.attention import calls_for_attention
from desktop_chat.widgets.conversation_list import spoken
from desktop_chat.widgets.conversation_pane import ConversationPane
from desktop_chat.widgets.entrance import Entrance
from desktop_chat.widgets.invites import clipboard_text, invite_in, link_into, take_copy, text_of
from desktop_chat.widgets.later import Later
from desktop_chat.widgets.list_pane import ListPane
from desktop_chat.widgets.main_window import MainWindow
from desktop_chat.widgets.panes import Panes
from desktop_chat.widgets.presence import Presence
from desktop_chat.widgets.said import next_step, sentence_of
from desktop_chat.widgets.spoken import say
from desktop_chat.widgets.window_keys import WindowKeys

if TYPE_CHECKING:
    from desktop_chat.hosting.host import Host
    from desktop_chat.models.contacts import Contacts
    from desktop_chat.widgets.banner import Banner
    from desktop_chat.widgets.beginnings import Beginnings
    from desktop_chat.widgets.contacts_page import ContactsPage
    from desktop_chat.widgets.details_pane import DetailsPane
    from desktop_chat.widgets.host_panel import HostPanel
    from desktop_chat.widgets.no_conversation import NoConversation
    from desktop_chat.widgets.welcome import Welcome


_STORE_AGAIN_MS = 5_000


class Workbench(QWidget):
    """Shows the first screen until there is a server. To be put into `window`."""

    language_chosen = Signal(str)

    def __init__(
        self,
        window: MainWindow,
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
        super().__init__(window)
        self.setAcceptDrops(True)
        self._window = window
        self._theme = theme
        self._actions = actions
        self._client = client
        self._notices = notices
        self._host = host
        self._kept = window.kept
        self._conversations = Conversations(client, self._kept, self)
        self._presence = Presence(client, self._kept, self)
        self.entrance = Entrance(theme, actions, client, host, self._kept, self, name)
        self._rail = rail.Rail(theme, client.identity.public, self._kept)
        self._list_pane = ListPane(theme, self._conversations, self._presence, now_ms)
        self.pane = ConversationPane(theme, actions, client, self._conversations, self._kept)
        self._welcome = Later(self._make_welcome)
        self._nothing = Later(self._make_nothing)
        self._contacts_page = Later(self._make_contacts_page)
        self._host_panel = Later(self._make_host_panel)
        self._details = Later(self._make_details)
        pages = (self._nothing, self.pane, self._contacts_page, self._host_panel)
        self._panes = Panes(theme, self._rail, self._list_pane, pages, self._details, self.pane)
        self._screens = QStackedWidget()
        self._screens.addWidget(self._welcome)
        self._screens.addWidget(self._panes)
        self._says_full = False
        self._again = QTimer(self, singleShot=True, interval=_STORE_AGAIN_MS)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._screens, 1)
        self._connect()
        WindowKeys(self)
        self._restore()
        self._show_counts()
        self._on_host_changed()

    def _connect(self) -> None:
        self._window.close_requested.connect(self.pane.keep_draft_now)
        self._window.activated.connect(self._offer_what_is_on_the_clipboard)
        self._notices.happened.connect(self._on_happened)
        self._actions.refused.connect(self.show_refusal)
        self._kept.changed.connect(lambda _key: self._show_counts())
        self._kept.delayed.connect(self._again.start)
        self._again.timeout.connect(self._store_again)
        self._host.changed.connect(self._on_host_changed)
        self._presence.changed.connect(self._show_who_is_here)
        self._panes.narrow_changed.connect(self.pane.set_narrow)
        self._panes.details_changed.connect(self.pane.header.set_details_shown)
        self.entrance.entered.connect(self._on_entered)
        self.entrance.hosted.connect(self._on_hosted)
        self.entrance.failed.connect(self._on_hosting_failed)
        self._rail.chosen.connect(self.show_part)
        self._rail.language_chosen.connect(self.language_chosen)
        self._rail.hide_requested.connect(lambda kind, on: self._keep(hidden_key(kind), YES if on else None))
        pane = self._list_pane
        pane.switcher_requested.connect(lambda: self.begin.switch())
        pane.new_room_requested.connect(lambda: self.begin.make_room())
        pane.new_message_requested.connect(lambda: self.begin.write_to())
        pane.open_rooms_requested.connect(lambda: self.begin.enter_room())
        pane.host_requested.connect(self._on_host_requested)
        pane.join_requested.connect(self._join)
        chats = pane.list
        chats.chosen.connect(self.open_conversation)
        chats.fold_requested.connect(self._on_fold_requested)
        chats.favourite_requested.connect(lambda one, on: self._keep(favourite_key(*one.id), YES if on else None))
        chats.mute_requested.connect(lambda one, on: self._keep(muted_key(*one.id), YES if on else None))
        chats.leave_requested.connect(lambda one: self.begin.leave(one))
        self.pane.back_requested.connect(self._on_back_requested)
        self.pane.details_toggled.connect(self._panes.show_details)
        self.pane.host_requested.connect(self._host_room)
        self.pane.left.connect(self._on_composer_left)
        self.pane.invite_requested.connect(self.copy_invite)

    # --- what is made when it is needed -----------------------------------------------------------------------

    @cached_property
    def contacts(self) -> Contacts:
        from desktop_chat.models.contacts import Contacts

        contacts = Contacts(self._client, self._kept, self)
        self._notices.happened.connect(contacts.apply)
        return contacts

    @cached_property
    def begin(self) -> Beginnings:
        from desktop_chat.widgets.beginnings import Beginnings

        begin = Beginnings(self._theme, self._actions, self._client, self._conversations, self.contacts, self)
        begin.opened.connect(self.open_log)
        return begin

    @cached_property
    def _trouble(self) -> Banner:
        from desktop_chat.widgets.banner import Banner

        trouble = Banner(self._theme, "trouble_banner", can_close=True)
        self._column.insertWidget(0, trouble)
        return trouble

    def _make_welcome(self) -> Welcome:
        from desktop_chat.widgets.welcome import Welcome

        welcome = Welcome(self._theme, self._client.identity.public, self.entrance.name)
        welcome.host_requested.connect(lambda name: self.entrance.host_room(name, self._host.bind))
        welcome.join_requested.connect(self.entrance.join)
        welcome.language_chosen.connect(self.language_chosen)
        self.entrance.busy_changed.connect(welcome.set_busy)
        return welcome

    def _make_nothing(self) -> NoConversation:
        from desktop_chat.widgets.no_conversation import NoConversation

        nothing = NoConversation(self._theme)
        nothing.host_requested.connect(self._host_room)
        nothing.join_requested.connect(self._join)
        return nothing

    def _make_contacts_page(self) -> ContactsPage:
        from desktop_chat.widgets.contacts_page import ContactsPage

        page = ContactsPage(self._theme, self._actions, self.contacts, self._presence)
        page.message_requested.connect(self.open_dm)
        return page

    def _make_host_panel(self) -> HostPanel:
        from desktop_chat.widgets.host_panel import HostPanel

        panel = HostPanel(self._theme, self._actions, self._host)
        panel.start_requested.connect(lambda bind: self.entrance.host_room(self.entrance.name, bind))
        panel.stop_requested.connect(self.entrance.stop_hosting)
        self._tell_who_is_here(panel)
        return panel

    def _make_details(self) -> DetailsPane:
        from desktop_chat.widgets.details_pane import DetailsPane

        details = DetailsPane(self._theme, self._actions, self._conversations, self._presence, self._kept, self._host)
        details.closed.connect(lambda: self._panes.show_details(False))
        details.message_requested.connect(self.open_dm)
        details.contact_requested.connect(self._on_contact_requested)
        details.add_requested.connect(lambda server, room: self.begin.add_people(server, room))
        self._notices.happened.connect(details.apply)
        self._show_details_of_shown(details)
        return details

    # --- what is shown ----------------------------------------------------------------------------------------

    @property
    def conversations(self) -> Conversations:
        return self._conversations

    def show_refusal(self, error: ChatError) -> None:
        """Its sentence and what to do, quietly at the top, until it is put away. Of a full disk also until something
        could be stored again."""
        self._says_full = error.code is Trouble.DISK_FULL_HERE
        self._trouble.show_about("warn", "circle-alert", sentence_of(error), next_step(error.code))

    def show_bug(self, line: str) -> None:
        """Something failed that nobody expected; `line` says what, the log has the rest."""
        self._says_full = False
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
        if self._details.made is not None:
            self._details.made.show_conversation(server, log)
        self._list_pane.list.show_as_open((server.id, log))
        self._rail.choose(rail.CHATS)
        self._panes.show_page(self.pane)
        self._window.memory.keep_last(server.id, log)
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
        from desktop_chat.widgets.key_list import KeyList

        self._actions.do(dialogs.answer(KeyList(self._theme, self)), name="keys")

    def copy_invite(self, server: Server, room: LogId) -> None:
        """An invite into `room`; the button that asked for it says so."""
        self._actions.do(self._copy_invite(server, room), name="invite")

    async def _copy_invite(self, server: Server, room: LogId) -> None:
        QGuiApplication.clipboard().setText(await link_into(server, room, self._host))
        self.pane.say_copied()

    def has_sheet(self) -> bool:
        """A question lies over the window."""
        return any(sheet.isVisible() for sheet in self._window.findChildren(QDialog))

    def panes(self) -> list[tuple[QWidget, QWidget]]:
        """Those that can be seen, in the order of F6, each with where in it the keyboard goes: rail, list,
        conversation, composer, details. Not by a focus proxy: Tab would pass over what stands before that."""
        first: dict[QWidget, QWidget] = {self._list_pane: self._list_pane.list, self.pane: self.pane.view}
        panes = (self._rail, self._list_pane, self._panes.page, self.pane.composer, self._details)
        return [(pane, first.get(pane, pane)) for pane in panes if pane is not None and pane.isVisible()]

    # --- remembering ------------------------------------------------------------------------------------------

    def _keep(self, key: str, value: str | None) -> None:
        self._actions.do(self._kept.keep(key, value), name="keep")

    def _restore(self) -> None:
        self._window.memory.restore(self._panes)
        self._rail.show_me(self.entrance.name)
        server_id, log = self._window.memory.last()
        server = self._client.servers.get(server_id)
        if server is not None and self._conversations.value(server_id, log) is not None:
            self.open_log(server, log)
            self._panes.show_list()
        elif self._conversations.rowCount():
            self._screens.setCurrentWidget(self._panes)
            self._panes.show_page(self._nothing)
            self._panes.show_list()
        else:
            self._welcome.part.setFocus()

    # --- what happened ----------------------------------------------------------------------------------------

    def _on_happened(self, batch: Sequence[tuple[Server, Notice]]) -> None:
        self._presence.apply(batch)
        self._conversations.apply(batch)
        self.pane.apply(batch)
        self._show_counts()
        if any(isinstance(notice, (Extended, RowChanged)) for _server, notice in batch):
            self._hide_full()
        if any(isinstance(notice, LoggedIn) and self._host.has_left_behind(server) for server, notice in batch):
            self.entrance.take_over()
        for one in calls_for_attention(batch, self._conversations):
            if not self.isActiveWindow():
                QApplication.alert(self)
            if (one.server, one.log) != self.pane.shown:  # of which the timeline speaks
                say(self, spoken(one))

    def _store_again(self) -> None:
        async def store_again() -> None:
            with contextlib.suppress(ChatError):  # said already; another try follows
                await self._kept.keep_again()
                self._hide_full()

        self._actions.do(store_again(), name="keep again")

    def _hide_full(self) -> None:
        """Something was stored."""
        if self._says_full and not self._kept.unstored:
            self._trouble.hide()

    def _show_counts(self) -> None:
        unread, _mentions = self._conversations.unread
        self._rail.show_unread(unread)
        self._rail.show_connected(any(server.is_connected for server in self._client.servers.values()))
        self._window.setWindowTitle(f"({unread}) Desktop Chat" if unread else "Desktop Chat")

    def _on_host_changed(self) -> None:
        self._rail.show_live(self._host.state is State.LIVE)
        self._show_who_is_here()

    @property
    def _is_live(self) -> bool:
        return self._host.state in (State.LIVE, State.RESTARTING)

    def _show_who_is_here(self) -> None:
        here = len(self._host.others_here) + 1 if self._is_live else None
        self._list_pane.show_hosting(here, is_away=self._host.state is State.RESTARTING)
        if self._host_panel.made is not None:
            self._tell_who_is_here(self._host_panel.made)

    def _tell_who_is_here(self, panel: HostPanel) -> None:
        from desktop_chat.widgets.people_list import here_entries

        if self._host.server is not None:
            panel.show_people(here_entries(self._host.server, self._host.others_here, self._kept))

    def _show_details_of_shown(self, details: DetailsPane) -> None:
        if self.pane.shown is not None:
            server, log = self.pane.shown
            details.show_conversation(self._client.servers[server], log)

    def _on_entered(self, server: Server) -> None:
        if server.invited_to is not None:
            self.open_log(server, server.invited_to)
        self._rail.show_me(self.entrance.name)

    def _host_room(self) -> None:
        self.entrance.host_room(self.entrance.name, self._host.bind)

    def _join(self) -> None:
        text = clipboard_text()
        self.entrance.join(self.entrance.name, text if invite_in(text) is not None else "")

    def _on_host_requested(self) -> None:
        """One click: the room is opened if it is not live, and its panel says the rest."""
        self.show_part(rail.ROOM)
        if self._host.state is State.OFF:
            self._host_room()

    def _on_hosted(self) -> None:
        self._trouble.hide()  # what kept it from being opened before is over
        self._screens.setCurrentWidget(self._panes)
        self._rail.show_me(self.entrance.name)
        if self._host.server is not None and self._host.room is not None and self.pane.shown is None:
            self.open_log(self._host.server, self._host.room)
        self.show_part(rail.ROOM)
        self._host_panel.part.say_copied()

    def _on_hosting_failed(self, error: ChatError) -> None:
        if error.code is Trouble.PORT_TAKEN and self._screens.currentWidget() is self._panes:
            self.show_part(rail.ROOM)  # which says it, and where the room can be moved
            return
        said_last = "".join(error.detail.strip().splitlines()[-1:])
        about = said_last if error.code is Trouble.HOSTING_FAILED else next_step(error.code)
        self._trouble.show_about("danger", "circle-alert", sentence_of(error), about)

    def _on_fold_requested(self, server: ServerId | None, away: bool) -> None:
        self._actions.do(self._conversations.fold(server, away=away), name="fold")

    def _on_contact_requested(self, member: MemberId) -> None:
        self._contacts_page.part.show_contact(member)
        self.show_part(rail.CONTACTS)

    def _on_back_requested(self) -> None:
        self._panes.show_list()
        self._list_pane.list.setFocus()

    def _on_composer_left(self) -> None:
        """Esc leaves the composer; once more, and everything here counts as read."""
        self.pane.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _offer_what_is_on_the_clipboard(self) -> None:
        """Only on the first screen: later it would get in the way of who copies links for others."""
        if self._screens.currentWidget() is self._welcome and not self.has_sheet():
            self.entrance.offer_clipboard()

    # --- Qt ---------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.isActiveWindow():
            self._offer_what_is_on_the_clipboard()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape or self._panes.page is not self.pane:
            super().keyPressEvent(event)
        elif self._panes.shows_details_instead:
            self._panes.show_details(False)
        else:
            self.pane.mark_all_read()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if invite_in(text_of(event.mimeData())) is not None:
            take_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if take_copy(event):
            self.entrance.join(self.entrance.name, text_of(event.mimeData()))
