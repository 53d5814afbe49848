"""The two ways in: hosting a room on this computer, joining somebody's by a link."""

from __future__ import annotations

import asyncio
import contextlib

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from chat_protocol.ids import PEOPLE, b64
from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.core.client import Client
from desktop_chat.core.sentences import ChatError
from desktop_chat.core.server import Server
from desktop_chat.hosting.host import LOCAL, Host
from desktop_chat.hosting.room_host import State
from desktop_chat.models.kept import Kept
from desktop_chat.models.persons import person_in
from desktop_chat.store.contract import ServerId
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.invites import clipboard_text, invite_in

_KEPT_NAME = "name"


class Entrance(QObject):
    """`window` is where its dialogs lie; `name` what a person is called who has not said it yet."""

    entered = Signal(object)
    """The `Server` that was joined; `invited_to` says where."""
    hosted = Signal()
    """The room is live, and its link on the clipboard."""
    busy_changed = Signal(bool)
    """A room is being opened or closed."""
    failed = Signal(object)
    """The `ChatError` for which there is no room on this computer."""

    def __init__(
        self, theme: Theme, actions: Actions, client: Client, host: Host, kept: Kept, window: QWidget, name: str
    ) -> None:
        super().__init__(window)
        self._theme = theme
        self._actions = actions
        self._client = client
        self._host = host
        self._kept = kept
        self._window = window
        self._os_name = name
        self._offered = ""
        """The text that was offered last, or put on the clipboard here."""
        self._expects = False
        self._asks_to_quit = False
        self._opening: asyncio.Task[None] | None = None
        self._joining: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """Of this person: as on a server, else as written on the first screen, else as the computer knows them."""
        for server in self._client.servers.values():
            if server.session.known.member is not None:
                return server.name_of(server.me)
        return self._kept.get(_KEPT_NAME) or self._os_name

    # --- hosting ----------------------------------------------------------------------------------------------

    def host_room(self, name: str, bind: str) -> None:
        """Opens the room, or opens it anew under another `bind`, and asks first if that cuts people off. `hosted` or
        `failed` follows, unless the person would rather not."""
        if self._opening is None or self._opening.done():
            self._opening = self._actions.do(self._open(name, bind), name="host")

    def take_over(self) -> None:
        """Hosts the room that a program which died has left open, without a word. Only `failed` may follow."""
        if self._opening is None or self._opening.done():
            self._opening = self._actions.do(self._take_over(), name="take over")

    async def _take_over(self) -> None:
        try:
            await self._host.start(self._host.bind, name=self.name, title=self.name, room=self.tr("Lobby"))
        except ChatError as error:
            self.failed.emit(error)

    async def _open(self, name: str, bind: str) -> None:
        if not await self._may_move(bind):
            return
        self.busy_changed.emit(True)
        try:
            await self._kept.keep(_KEPT_NAME, name)
            await self._host.start(bind, name=name, title=name, room=self.tr("Lobby"))
        except ChatError as error:
            self.failed.emit(error)
            return
        finally:
            self.busy_changed.emit(False)
        if self._host.invitation is not None:
            # It stands there for others: here it is not to be offered.
            self._offered = self._host.invitation.link
            QGuiApplication.clipboard().setText(self._offered)
        self.hosted.emit()

    async def _may_move(self, bind: str) -> bool:
        """Whether the room may be opened under `bind`: asks if people are in it who may not find it there."""
        host = self._host
        if bind != LOCAL or host.bind == LOCAL or host.state is not State.LIVE:
            return True
        others = await host.count_others()
        return not others or await self._ask(
            self.tr("Only this computer?"),
            self._cut_off(others)
            + " "
            + self.tr("They find the room again when you open it to this network; what was said stays."),
            self.tr("Only this computer"),
        )

    def stop_hosting(self) -> None:
        """Asks first, with who would be cut off."""
        self._actions.do(self._ask_and_stop(), name="stop hosting")

    async def _ask_and_stop(self) -> None:
        others = await self._host.count_others()
        said = self._cut_off(others) if others else self.tr("Nobody else is here now.")
        rests = self.tr("The room rests until you host it again; what was said stays, and the link too.")
        if await self._ask(self.tr("Stop hosting?"), f"{said} {rests}", self.tr("Stop hosting")):
            await self._host.stop()

    def _cut_off(self, others: int) -> str:
        """So many would be; those who show that they are there, by the names that they have elsewhere in the window."""
        server = self._host.server
        here = [] if server is None else [person_in(server, PEOPLE, one, self._kept) for one in self._host.others_here]
        names = sorted(person.name for person in here)[:5]
        if not names:
            return self.tr("%n people would be cut off.", "", others)
        listed = ", ".join(names)
        if others > len(names):
            listed = self.tr("{names} and %n more", "", others - len(names)).format(names=listed)
        return self.tr("%n people would be cut off: {names}.", "", others).format(names=listed)

    async def may_quit(self) -> bool:
        """Whether the program may end: asks if something would be lost, or if people are in a room that ends with it.
        No twice at a time."""
        if self._asks_to_quit:
            return False
        self._asks_to_quit = True
        try:
            return await self._may_lose() and await self._may_cut_off()
        finally:
            self._asks_to_quit = False

    async def _may_lose(self) -> bool:
        with contextlib.suppress(ChatError):
            await self._kept.keep_again()
        return not self._kept.unstored or await self._ask(
            self.tr("The disk of this computer is full"),
            self.tr("What you wrote or changed last can't be kept: make room, or copy it, before you quit."),
            self.tr("Quit all the same"),
        )

    async def _may_cut_off(self) -> bool:
        others = await self._host.count_others() if self._host.ends_with_program else 0
        return not others or await self._ask(
            self.tr("%n people are here", "", others),
            self._cut_off(others) + " " + self.tr("Your room ends with this program; what was said stays."),
            self.tr("Quit all the same"),
        )

    async def _ask(self, title: str, sentence: str, action: str) -> bool:
        from desktop_chat.widgets.sheet import Question

        return await dialogs.answer(Question(self._theme, self._window, title, sentence, action, kind="danger"))

    # --- joining ----------------------------------------------------------------------------------------------

    def expect_link(self) -> None:
        """A link is to be joined soon, as soon as there is a connection: until then nothing else is offered."""
        self._expects = True

    def join(self, name: str, text: str) -> None:
        """Opens the dialog: with whose room it is if `text` is an invite, else it asks for one."""
        self._expects = False
        if self._joining is None or self._joining.done():
            self._offered = text
            self._joining = self._actions.do(self._join(name, text), name="join dialog")

    def offer_clipboard(self) -> None:
        """An invite on the clipboard to a server that is not known yet is offered, once."""
        if self._expects:
            return
        text = clipboard_text()
        invite = None if text == self._offered else invite_in(text)
        if invite is not None and ServerId(b64(invite.key)) not in self._client.servers:
            self.join(self.name, text)

    async def _join(self, name: str, text: str) -> None:
        from desktop_chat.widgets.join_dialog import JoinDialog

        dialog = JoinDialog(self._theme, self._actions, self._client, self._window, name, text)
        dialog.joined.connect(self._on_joined)
        await dialogs.answer(dialog)

    def _on_joined(self, server: Server) -> None:
        self._actions.do(self._kept.keep(_KEPT_NAME, server.name_of(server.me)), name="keep name")
        self.entered.emit(server)
