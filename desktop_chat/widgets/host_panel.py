"""My room: the invite, who is here, where others find it, how to stop. Mock-up 05."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from chat_protocol.ids import PEOPLE
from desktop_chat.bridge.actions import Actions
from desktop_chat.core import rooms
from desktop_chat.core.sentences import Trouble
from desktop_chat.hosting.host import Host
from desktop_chat.hosting.room_host import State
from desktop_chat.theme.language import sentence
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.boxes import SPRING, column, fill, grown, middle, row, scrolled
from desktop_chat.widgets.controls import Button, Light, Text
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.host_cards import HereCard, InviteCard, ReachCard, StorageCard, WordsCard
from desktop_chat.widgets.part import Head, Part
from desktop_chat.widgets.said import next_step
from desktop_chat.widgets.states import StatePage

_TWO_COLUMNS = 760
_MARGIN, _NARROW_MARGIN = 24, 12
"""Around the cards; a narrow window has no room to spare."""
_MOVE = "move_button"
_CLOCK_EVERY_MS = 30_000


class HostPanel(Part):
    """What `host` says of itself. To open and to stop the room are only asked for."""

    start_requested = Signal(str)
    """With `ALL` or `LOCAL`."""
    stop_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        actions: Actions,
        host: Host,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(theme, "host_panel", fill="bg.list", parent=parent)
        self._now_s = clock
        self._host = host
        self._off = StatePage(theme, "host_off")
        self._avatar = Avatar(theme, 36)
        self._title = Text(theme, "title")
        self._light = Light(theme)
        self._since = Text(theme, "caption", "text.secondary", name="host_state")
        self._stop = Button(
            theme, "danger_word", name="stop_button", text=lambda: self.tr("Stop hosting…"), icon="circle-stop"
        )
        self._invite = InviteCard(theme, actions, host)
        self._reach = ReachCard(theme, host)
        self._here = HereCard(theme)
        self._storage = StorageCard(theme, host)
        self._words = WordsCard(theme)
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._live = QWidget()
        self._lay_out()
        self._clock = QTimer(self)
        self._clock.setInterval(_CLOCK_EVERY_MS)
        self._clock.timeout.connect(self._on_changed)
        host.changed.connect(self._on_changed)
        self._off.chosen.connect(self._on_start_chosen)
        self._stop.clicked.connect(self.stop_requested)
        self._reach.bind_chosen.connect(self.start_requested)
        self.retranslate()

    def say_copied(self) -> None:
        """The link is on the clipboard."""
        self._invite.say_copied()

    def show_people(self, people: list[Entry]) -> None:
        """Who is here now besides oneself."""
        self._here.show_people(people)

    # --- inside -----------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        head = Head(self._theme, "bg.timeline")
        names = middle(self._title, row(self._light, grown(self._since), gap=8))
        row(self._avatar, grown(names), self._stop, gap=12, margins=(24, 0, 24, 0), on=head)
        left = column(self._invite, self._reach, SPRING, gap=16)
        right = column(*self._narrow_cards, SPRING, gap=16)
        self._columns.setSpacing(16)
        fill(self._columns, grown(left), right)
        inner = QWidget()
        self._around = column(self._columns, SPRING, margins=_MARGIN, on=inner)
        column(head, grown(scrolled(inner, "host_scroll")), on=self._live)
        column(self._off, self._live, on=self)

    @property
    def _narrow_cards(self) -> tuple[QWidget, ...]:
        return self._here, self._storage, self._words

    def _on_changed(self) -> None:
        live = self._host.state in (State.LIVE, State.RESTARTING, State.STOPPING) and self._host.room is not None
        self._live.setVisible(live)
        self._off.setVisible(not live)
        if live:
            self._show_live()
        else:
            self._show_off()

    def _show_off(self) -> None:
        match self._host.state:
            case State.STARTING | State.LIVE:
                self._off.show_state(
                    "loader-circle", self.tr("Opening the room…"), self.tr("The server starts on this computer.")
                )
            case State.FAILED:
                self._show_failed(self._host.trouble, self._host.last_lines[-3:])
            case _ if self._host.was_hosted():
                self._off.show_state(
                    "moon-star",
                    self.tr("Your room is resting"),
                    self.tr("Host it again and everybody finds it as before: what was said stays, and the link too."),
                    (("host_button", self.tr("Host a room")),),
                )
            case _:
                self._off.show_state(
                    "house-wifi",
                    self.tr("Host a room"),
                    self.tr("Your computer becomes the room. You get a link to hand out. It takes one click."),
                    (("host_button", self.tr("Host a room")),),
                )

    def _show_failed(self, trouble: Trouble, last_lines: tuple[str, ...]) -> None:
        buttons = [("host_button", self.tr("Try again"))]
        if trouble is Trouble.PORT_TAKEN:
            buttons.append((_MOVE, self.tr("Move the room")))
        if trouble is Trouble.HOSTING_FAILED:
            title = self.tr("The server on this computer does not run")
            said = self.tr("Try again, or start the program anew. What was said is stored.")
        else:
            title, said = sentence(trouble), next_step(trouble)
        if any(last_lines):  # what was killed said nothing
            said += "\n\n" + "\n".join((self.tr("It said last:"), *last_lines))
        self._off.show_state("circle-alert", title, said, tuple(buttons), "danger")

    def _on_start_chosen(self, name: str) -> None:
        if name == _MOVE:
            self._host.move()
        self.start_requested.emit(self._host.bind)

    def _show_live(self) -> None:
        host = self._host
        server = host.server
        if server is None or host.room is None:
            return
        name = server.session.known.name or server.name_of(server.me) if server.me else ""
        self._title.setText(name)
        said = server.store.values(server.id, PEOPLE, f"identity:{server.me}")
        self._avatar.show_of(rooms.identity_of(said, server.me), name or "?", is_room=True)
        self._stop.setEnabled(host.state is State.LIVE)
        match host.state:
            case State.RESTARTING:
                self._light.show_state("away")
                self._since.setText(self.tr("Restarting: the server on this computer had ended"))
            case State.STOPPING:
                self._light.show_state("away")
                self._since.setText(self.tr("Stopping: everybody is told goodbye"))
            case _ if host.is_full:
                self._light.show_state("danger")
                self._since.setText(sentence(Trouble.DISK_FULL_HERE))
            case _:
                self._light.show_state("online")
                self._since.setText(self._live_for(self._now_s() - host.live_since_s))
        self._invite.refresh()
        self._reach.refresh()
        self._storage.refresh()
        self._words.show_key(host.key)

    def _live_for(self, seconds: float) -> str:
        hours, minutes = divmod(max(0, int(seconds)) // 60, 60)
        if hours:
            return self.tr("Live on this computer for {hours} h {minutes} min").format(hours=hours, minutes=minutes)
        return self.tr("Live on this computer for %n min", "", minutes) if minutes else self.tr("Live on this computer")

    def retranslate(self) -> None:
        self._on_changed()

    # --- Qt ---------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= _TWO_COLUMNS
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        self._columns.setDirection(direction)
        margin = _MARGIN if wide else _NARROW_MARGIN
        self._around.setContentsMargins(margin, margin, margin, margin)
        for card in self._narrow_cards:
            card.setMinimumWidth(312 if wide else 0)
            card.setMaximumWidth(312 if wide else 16_777_215)

    def showEvent(self, event: object) -> None:
        self._clock.start()
        self._on_changed()

    def hideEvent(self, event: object) -> None:
        self._clock.stop()
