"""The pane of conversations: what is begun here at the top, the list, and the two ways in at its foot."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop_chat.models.conversations import Conversations
from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.menu import Menu
from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.badges import key_hint_width, paint_key_hint, paint_light
from desktop_chat.widgets.boxes import SPRING, column, grown, row
from desktop_chat.widgets.controls import Button, IconButton, Pressable
from desktop_chat.widgets.conversation_list import ConversationList
from desktop_chat.widgets.part import Part, Words
from desktop_chat.widgets.presence import Presence

_LIGHT_ROOM = 16


class ListPane(Part):
    switcher_requested = Signal()
    new_room_requested = Signal()
    new_message_requested = Signal()
    open_rooms_requested = Signal()
    host_requested = Signal()
    join_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        conversations: Conversations,
        presence: Presence,
        now_ms: Callable[[], int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, "list_pane", fill="bg.list", parent=parent)
        self.setMinimumWidth(theme.size["listMin"])
        self._here: int | None = None
        search = SearchButton(
            theme, lambda: self.tr("Search or jump to…"), lambda: self.tr("Search or jump to a conversation")
        )
        self._plus = IconButton(theme, "plus", lambda: self.tr("New"), name="new_button")
        self.list = ConversationList(theme, conversations, presence, now_ms)
        self._host = HostButton(theme, self._host_text)
        join = Button(
            theme,
            name="join_button",
            text=lambda: self.tr("Join"),
            spoken=lambda: self.tr("Join with a link"),
            icon="link",
        )
        self._foot = Part(theme, line="top")
        self._foot.setFixedHeight(theme.size["footer"])
        row(self._host, join, SPRING, gap=8, margins=(12, 1, 12, 0), on=self._foot)
        head = row(grown(search), self._plus, gap=4, margins=(12, 12, 8, 12))
        column(head, grown(self.list), self._foot, on=self)
        search.clicked.connect(self.switcher_requested)
        self._plus.clicked.connect(self._on_plus_clicked)
        self._host.clicked.connect(self.host_requested)
        join.clicked.connect(self.join_requested)

    def show_hosting(self, here: int | None, *, is_away: bool = False) -> None:
        """How many are here, oneself included; None: not hosting. `is_away`: nobody gets in just now."""
        light = "" if here is None else "away" if is_away else "online"
        if here != self._here or light != self._host.light:
            self._here = here
            self._host.show_light(light)
            self._host.retranslate()

    def set_narrow(self, narrow: bool) -> None:
        """The foot's buttons go into the plus."""
        self._foot.setVisible(not narrow)

    def _host_text(self) -> str:
        return self.tr("Host a room") if self._here is None else self.tr("Hosting · %n here", "", self._here)

    def _on_plus_clicked(self) -> None:
        menu = Menu(self._theme, self, name="new_menu")
        host = self.tr("Host a room") if self._here is None else self.tr("My room")
        for name, text, icon, signal in (
            ("new_room", self.tr("New room…"), "hash", self.new_room_requested),
            ("new_message", self.tr("New direct message…"), "message-circle", self.new_message_requested),
            ("open_rooms", self.tr("Open rooms…"), "door-open", self.open_rooms_requested),
            ("join", self.tr("Join with a link…"), "link", self.join_requested),
            ("host", host, "house-wifi", self.host_requested),
        ):
            menu.add(text, signal.emit, name=f"menu_{name}", icon=icon)
        at = self._plus.mapToGlobal(self._plus.rect().bottomLeft())
        menu.open_once(at, by_key=self._plus.hasFocus())  # which a click does not give


class HostButton(Button):
    """Opens the room or its panel; while it is open, a light stands where the icon was."""

    def __init__(self, theme: Theme, text: Words) -> None:
        super().__init__(theme, "soft", name="host_button", text=text, icon="house-wifi")
        self.light = ""

    def show_light(self, light: str) -> None:
        """`online`, `away` or, where there is no room, nothing."""
        self.light = light
        self.set_kind("plain" if light else "soft")
        self.set_icon("" if light else "house-wifi")

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(_LIGHT_ROOM if self.light else 0, 0)

    def _paint_content(self, painter: QPainter, ink: str) -> None:
        if self.light:
            paint_light(painter, QRectF(self._padding, self.height() / 2 - 4, 8, 8), self._theme, self.light)
            painter.translate(_LIGHT_ROOM, 0)
        super()._paint_content(painter, ink)


class SearchButton(Pressable):
    """Looks like a field, and opens the switcher, which has the real one."""

    def __init__(self, theme: Theme, text: Words, spoken: Words) -> None:
        super().__init__(theme, theme.radius["control"], name="switcher_button", text=text, spoken=spoken)
        self.setFixedHeight(theme.size["control"])

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = self._begin()
        paint_box(painter, theme, QRectF(self.rect()), self._radius, "bg.field", "line.field")
        side = theme.size["iconSmall"]
        top = (self.height() - side) / 2
        painter.drawPixmap(QPointF(9, top), theme.pixmap("search", side, "text.faint", self.devicePixelRatioF()))
        keys = QKeySequence("Ctrl+K").toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ")
        right = self.width() - 9 - key_hint_width(theme, keys)
        paint_key_hint(painter, QPointF(right, (self.height() - 18) / 2), theme, keys)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text.faint"))
        shown = QFontMetricsF(painter.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, right - 33 - 8)
        draw_line(painter, QRectF(33, 0, right - 33, self.height()), shown)
