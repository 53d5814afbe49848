"""The pane of conversations: what is begun here at the top, the list, and the two ways in at its foot."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_chat.models.conversations import Conversations
from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.badges import key_hint_width, paint_key_hint, paint_light
from desktop_chat.widgets.controls import Button, IconButton, Pressable
from desktop_chat.widgets.conversation_list import ConversationList
from desktop_chat.widgets.menu import Menu
from desktop_chat.widgets.presence import Presence

_LIGHT_ROOM = 16


class ListPane(QWidget):
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
        super().__init__(parent)
        self.setObjectName("list_pane")
        self.setMinimumWidth(theme.size["listMin"])
        self._theme = theme
        self._here: int | None = None
        self._search = SearchButton(theme)
        self._search.setObjectName("switcher_button")
        self._plus = IconButton(theme, "plus")
        self._plus.setObjectName("new_button")
        self.list = ConversationList(theme, conversations, presence, now_ms)
        self._host = HostButton(theme)
        self._host.setObjectName("host_button")
        self._join = Button(theme, icon="link")
        self._join.setObjectName("join_button")
        space = theme.space
        head = QHBoxLayout()
        head.setContentsMargins(space["12"], space["12"], space["8"], space["12"])
        head.setSpacing(space["4"])
        head.addWidget(self._search, 1)
        head.addWidget(self._plus)
        self._foot = QWidget()
        self._foot.setFixedHeight(theme.size["footer"])
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(space["12"], 1, space["12"], 0)
        foot.setSpacing(space["8"])
        foot.addWidget(self._host)
        foot.addWidget(self._join)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        column.addWidget(self._foot)
        self._search.clicked.connect(self.switcher_requested)
        self._plus.clicked.connect(self._on_plus_clicked)
        self._host.clicked.connect(self.host_requested)
        self._join.clicked.connect(self.join_requested)
        theme.changed.connect(self.update)
        self._retranslate()

    def show_hosting(self, here: int | None) -> None:
        """How many are here, oneself included; None: not hosting."""
        if here != self._here:
            self._here = here
            self._retranslate()

    def set_narrow(self, narrow: bool) -> None:
        """The foot's buttons go into the plus."""
        self._foot.setVisible(not narrow)

    def _retranslate(self) -> None:
        self._search.setText(self.tr("Search or jump to…"))
        self._search.setAccessibleName(self.tr("Search or jump to a conversation"))
        self._plus.set_name(self.tr("New"))
        hosting = self._here is not None
        self._host.show_live(hosting)
        self._host.setText(self.tr("Hosting · %n here", "", self._here or 0) if hosting else self.tr("Host a room"))
        self._host.setAccessibleName(self._host.text())
        self._join.setText(self.tr("Join"))
        self._join.setAccessibleName(self.tr("Join with a link"))

    def _on_plus_clicked(self) -> None:
        menu = Menu(self._theme, self)
        menu.setObjectName("new_menu")
        menu.aboutToHide.connect(menu.deleteLater)
        rows = [
            ("new_room", self.tr("New room…"), "hash", self.new_room_requested),
            ("new_message", self.tr("New direct message…"), "message-circle", self.new_message_requested),
            ("open_rooms", self.tr("Open rooms…"), "door-open", self.open_rooms_requested),
            ("join", self.tr("Join with a link…"), "link", self.join_requested),
            (
                "host",
                self.tr("My room") if self._here is not None else self.tr("Host a room"),
                "house-wifi",
                self.host_requested,
            ),
        ]
        for name, text, icon, signal in rows:
            menu.add(text, signal.emit, icon=icon).setObjectName(f"menu_{name}")
        menu.popup(self._plus.mapToGlobal(self._plus.rect().bottomLeft()))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("bg.list"))
        if self._foot.isVisible():
            painter.fillRect(0, self._foot.y(), self.width(), 1, self._theme.color("line"))


class HostButton(Button):
    """Opens the room or its panel; while it is live, a light stands where the icon was."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "soft", icon="house-wifi")
        self._is_live = False

    def show_live(self, live: bool) -> None:
        self._is_live = live
        self.set_kind("plain" if live else "soft")
        self.set_icon("" if live else "house-wifi")

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(_LIGHT_ROOM if self._is_live else 0, 0)

    def _paint_content(self, painter: QPainter, ink: str) -> None:
        if self._is_live:
            paint_light(painter, QRectF(self._padding, self.height() / 2 - 4, 8, 8), self._theme, "online")
            painter.translate(_LIGHT_ROOM, 0)
        super()._paint_content(painter, ink)


class SearchButton(Pressable):
    """Looks like a field, and opens the switcher, which has the real one."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, theme.radius["control"], parent)
        self.setFixedHeight(theme.size["control"])

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = self._begin()
        painter.setPen(QPen(theme.color("line.field"), 1))
        painter.setBrush(theme.color("bg.field"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7.5, 7.5)
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
