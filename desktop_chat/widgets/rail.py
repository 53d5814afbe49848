"""The rail: where in the program one is. At the left edge, or as a bar at the bottom of a narrow window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QButtonGroup

from desktop_chat.models.kept import Kept
from desktop_chat.theme.avatars import Presence, paint_avatar, paint_presence
from desktop_chat.theme.menu import Menu
from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.badges import badge_width, count_text, paint_badge
from desktop_chat.widgets.controls import IconButton
from desktop_chat.widgets.languages import LanguageMenu
from desktop_chat.widgets.part import Part, Words

CHATS, CONTACTS, ROOM = "chats", "contacts", "room"
_BUTTON, _ME = 40, 32


class RailButton(IconButton):
    """40 × 40 with an icon of 20; it may carry a count or a live dot, which `state` says in words."""

    def __init__(self, theme: Theme, name: str, icon: str, text: Words, state: Callable[[], str] = str) -> None:
        self._state = state
        self.count = 0
        self.is_live = False
        super().__init__(theme, icon, text, name=name, side=_BUTTON)

    def describe(self) -> str:
        return self._state() or super().describe()

    def carry(self, *, count: int = 0, is_live: bool = False) -> None:
        self.count, self.is_live = count, is_live
        self.retranslate()
        self.update()

    def open_beside(self, menu: Menu) -> None:
        """Within the window, which ends near the buttons that have one."""
        size = menu.sizeHint()
        if self.y() > self.x():  # in the rail at the left
            at = QPoint(self.width(), self.height() - size.height())
        else:  # in the bar at the bottom
            at = QPoint(min(0, self.window().width() - self.x() - size.width()), -size.height())
        menu.open_once(self.mapToGlobal(at), by_key=self.hasFocus())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = self._begin()
        painter.setPen(Qt.PenStyle.NoPen)
        radius = theme.radius["control"]
        if self.isChecked() or self.underMouse() or self.isDown():
            painter.setBrush(theme.color("rail.selected" if self.isChecked() else "row.hover"))
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        side = theme.size["iconRail"]
        ink = "text.link" if self.isChecked() else "text.secondary"
        at = (self.width() - side) // 2
        painter.drawPixmap(at, at, theme.pixmap(self._icon_name, side, ink, self.devicePixelRatioF()))
        if self.is_live:
            painter.setPen(QPen(theme.color("bg.rail"), 2))
            painter.setBrush(theme.color("mark.online"))
            painter.drawEllipse(QRectF(25, 5, 10, 10))
        if self.count:
            self._paint_count(painter)

    def _paint_count(self, painter: QPainter) -> None:
        text = count_text(self.count)
        width = badge_width(self._theme, text)
        rect = QRectF(self.width() - width, 0, width, self._theme.size["badge"])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("bg.rail"))
        painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), 11, 11)
        paint_badge(painter, rect, self._theme, text)


class Me(RailButton):
    """Oneself, and whether others can see that one is there. Pressed, it offers what one shows of oneself."""

    hide_requested = Signal(str, bool)
    """A kind of signal, and whether it is to be hidden."""

    def __init__(self, theme: Theme, key: bytes, kept: Kept) -> None:
        self._key = key
        self._kept = kept
        self._name = ""
        self._is_connected = False
        super().__init__(theme, "rail_me", "", lambda: self._name, self._connection_text)
        self.clicked.connect(self._on_clicked)

    def show_me(self, name: str) -> None:
        self._name = name
        self.retranslate()
        self.update()

    def show_connected(self, connected: bool) -> None:
        self._is_connected = connected
        self.retranslate()
        self.update()

    def _connection_text(self) -> str:
        if not self._is_connected:
            return self.tr("Not connected")
        return self.tr("Connected, hidden from others") if self._kept.hides("present") else self.tr("Connected")

    def _on_clicked(self) -> None:
        menu = Menu(self._theme, self, name="me_menu")
        menu.setAccessibleName(self._name)
        for kind, text in (
            ("present", self.tr("Show that I am here, and see who else is")),
            ("read", self.tr("Show what I have read, and see what others have")),
        ):
            row = menu.add(text, partial(self._turn, kind), name=f"menu_show_{kind}")
            row.setCheckable(True)
            row.setChecked(not self._kept.hides(kind))
        self.open_beside(menu)

    def _turn(self, kind: str) -> None:
        self.hide_requested.emit(kind, not self._kept.hides(kind))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        behind = self._pick("bg.rail", "row.hover", "row.pressed")
        paint_box(painter, self._theme, QRectF(self.rect()), self._theme.radius["control"], behind)
        inset = (_BUTTON - _ME) / 2
        disc = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        paint_avatar(painter, disc, self._theme, self._key, self._name, is_room=False)
        is_here = self._is_connected and not self._kept.hides("present")
        presence = Presence.HERE if is_here else Presence.OFF
        paint_presence(painter, disc, self._theme, presence, self._theme.color(behind))


class Rail(Part):
    chosen = Signal(str)
    """CHATS, CONTACTS or ROOM."""
    language_chosen = Signal(str)
    hide_requested = Signal(str, bool)
    """As `Me`'s."""

    def __init__(self, theme: Theme, key: bytes, kept: Kept) -> None:
        super().__init__(theme, "rail", fill="bg.rail")
        self._unread = 0
        self._is_live = False
        self._buttons = {
            CHATS: RailButton(theme, "rail_chats", "message-circle", lambda: self.tr("Chats"), self._unread_text),
            CONTACTS: RailButton(theme, "rail_contacts", "users", lambda: self.tr("Contacts")),
            ROOM: RailButton(theme, "rail_room", "house-wifi", lambda: self.tr("My room"), self._live_text),
        }
        self._group = QButtonGroup(self)
        self._group.buttonToggled.connect(_take_tab)
        self._language = RailButton(theme, "rail_language", "languages", lambda: self.tr("Language"))
        self._language.clicked.connect(self._on_language_clicked)
        self._me = Me(theme, key, kept)
        self._me.hide_requested.connect(self.hide_requested)
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setSpacing(theme.space["4"])
        for name, button in self._buttons.items():
            button.setCheckable(True)
            button.setAutoExclusive(True)  # one of several, to who listens too
            _take_tab(button, False)
            button.clicked.connect(lambda _checked=False, name=name: self.chosen.emit(name))
            self._group.addButton(button)
        for place, widget in enumerate((*self._buttons.values(), self._language, self._me)):
            if place:
                self._box.addStretch()
            self._box.addWidget(widget, 0, Qt.AlignmentFlag.AlignCenter)
        self.set_narrow(False)
        self.choose(CHATS)

    def choose(self, name: str) -> None:
        self._buttons[name].setChecked(True)

    def take_focus(self) -> None:
        """The keyboard goes on from the button that is chosen; no ring says so before a key is pressed."""
        chosen = self._group.checkedButton()
        if chosen is not None:
            chosen.setFocus(Qt.FocusReason.MouseFocusReason)

    def show_me(self, name: str) -> None:
        self._me.show_me(name)

    def show_connected(self, connected: bool) -> None:
        """To any server. To be called too when what is kept has changed."""
        self._me.show_connected(connected)

    def show_unread(self, count: int) -> None:
        self._unread = count
        self._buttons[CHATS].carry(count=count)

    def show_live(self, live: bool) -> None:
        self._is_live = live
        self._buttons[ROOM].carry(is_live=live)

    def set_narrow(self, narrow: bool) -> None:
        side = self._theme.size["rail"]
        for place in range(1, self._box.count(), 2):
            # Evenly along the bar; in the rail all the room lies above the language.
            self._box.setStretch(place, 1 if narrow or place == 2 * len(self._buttons) - 1 else 0)
        if narrow:
            self._box.setDirection(QBoxLayout.Direction.LeftToRight)
            self._box.setContentsMargins(40, 8, 40, 8)
            self.setFixedHeight(side)
            self.setMinimumWidth(0)
            self.setMaximumWidth(16_777_215)
        else:
            self._box.setDirection(QBoxLayout.Direction.TopToBottom)
            self._box.setContentsMargins(8, 8, 8, 8)
            self.setFixedWidth(side)
            self.setMinimumHeight(0)
            self.setMaximumHeight(16_777_215)

    def _on_language_clicked(self) -> None:
        menu = LanguageMenu(self._theme, self)
        menu.chosen.connect(self.language_chosen)
        self._language.open_beside(menu)

    def _unread_text(self) -> str:
        return self.tr("%n unread messages", "", self._unread) if self._unread else ""

    def _live_text(self) -> str:
        return self.tr("Your room is live") if self._is_live else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down (left and right in the bar) go along the buttons, as Tab does."""
        match Qt.Key(event.key()):
            case Qt.Key.Key_Down | Qt.Key.Key_Right:
                self.focusNextPrevChild(True)
            case Qt.Key.Key_Up | Qt.Key.Key_Left:
                self.focusNextPrevChild(False)
            case _:
                super().keyPressEvent(event)


def _take_tab(button: QAbstractButton, is_chosen: bool) -> None:
    """Tab goes to the one that is chosen, wherever that was done; arrows to the others."""
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_chosen else Qt.FocusPolicy.NoFocus)
