"""The rail: where in the program one is. At the left edge, or as a bar at the bottom of a narrow window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QButtonGroup, QWidget

from desktop_chat.theme.avatars import Presence, paint_avatar, paint_presence
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.badges import badge_width, count_text, paint_badge
from desktop_chat.widgets.languages import LanguageMenu
from desktop_chat.widgets.pressable import Pressable

CHATS, CONTACTS, ROOM = "chats", "contacts", "room"
_ME, _RING = 32, 2
_ICONS = {CHATS: "message-circle", CONTACTS: "users", ROOM: "house-wifi"}


class RailButton(Pressable):
    """40 × 40 with an icon of 20; it may carry a count or a live dot."""

    def __init__(self, theme: Theme, name: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, theme.radius["control"], parent)
        self.setObjectName(name)
        self.setFixedSize(QSize(40, 40))
        self._icon = icon
        self.count = 0
        self.is_live = False

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
        painter.drawPixmap(at, at, theme.pixmap(self._icon, side, ink, self.devicePixelRatioF()))
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


class Me(Avatar):
    """Oneself, and whether others can see that one is there; its dot stands over the edge by the ring around it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, _ME + 2 * _RING)
        self.setObjectName("rail_me")
        self.is_here = False

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._key:
            painter = QPainter(self)
            disc = QRectF(_RING, _RING, _ME, _ME)
            paint_avatar(painter, disc, self._theme, self._key, self._name, self._is_room)
            presence = Presence.HERE if self.is_here else Presence.OFF
            paint_presence(painter, disc, self._theme, presence, self._theme.color("bg.rail"))


class Rail(QWidget):
    chosen = Signal(str)
    """CHATS, CONTACTS or ROOM."""
    language_chosen = Signal(str)

    def __init__(self, theme: Theme, key: bytes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self._theme = theme
        self._key = key
        self._buttons = {name: RailButton(theme, f"rail_{name}", icon) for name, icon in _ICONS.items()}
        self._group = QButtonGroup(self)
        self._group.buttonToggled.connect(_take_tab)
        self._language = RailButton(theme, "rail_language", "languages")
        self._language.clicked.connect(self._on_language_clicked)
        self._me = Me(theme)
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setSpacing(theme.space["4"])
        for name, button in self._buttons.items():
            button.setCheckable(True)
            _take_tab(button, False)
            button.clicked.connect(lambda _checked=False, name=name: self.chosen.emit(name))
            self._group.addButton(button)
        for place, widget in enumerate((*self._buttons.values(), self._language, self._me)):
            if place:
                self._box.addStretch()
            self._box.addWidget(widget, 0, Qt.AlignmentFlag.AlignCenter)
        self.set_narrow(False)
        self.choose(CHATS)
        theme.changed.connect(self.update)
        self._retranslate()

    def choose(self, name: str) -> None:
        self._buttons[name].setChecked(True)

    def take_focus(self) -> None:
        """The keyboard goes on from the button that is chosen; no ring says so before a key is pressed."""
        chosen = self._group.checkedButton()
        if chosen is not None:
            chosen.setFocus(Qt.FocusReason.MouseFocusReason)

    def show_me(self, name: str) -> None:
        self._me.show_of(self._key, name, is_room=False)

    def show_here(self, here: bool) -> None:
        """Whether others can see that this person is there."""
        self._me.is_here = here
        self._me.setAccessibleDescription(self.tr("Connected") if here else self.tr("Not connected"))
        self._me.update()

    def show_unread(self, count: int) -> None:
        button = self._buttons[CHATS]
        button.count = count
        button.setAccessibleDescription(self.tr("%n unread messages", "", count) if count else "")
        button.update()

    def show_live(self, live: bool) -> None:
        button = self._buttons[ROOM]
        button.is_live = live
        button.setAccessibleDescription(self.tr("Your room is live") if live else "")
        button.update()

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
            self._box.setContentsMargins(8, 8, 8, 12 - _RING)
            self.setFixedWidth(side)
            self.setMinimumHeight(0)
            self.setMaximumHeight(16_777_215)

    def _on_language_clicked(self) -> None:
        menu = LanguageMenu(self._theme, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.chosen.connect(self.language_chosen)
        menu.popup(self._language.mapToGlobal(self._language.rect().topRight()))

    def _retranslate(self) -> None:
        texts = {CHATS: self.tr("Chats"), CONTACTS: self.tr("Contacts"), ROOM: self.tr("My room")}
        for name, text in texts.items():
            self._buttons[name].setAccessibleName(text)
            self._buttons[name].setToolTip(text)
        self._language.setAccessibleName(self.tr("Language"))
        self._language.setToolTip(self.tr("Language"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down (left and right in the bar) go along the buttons, as Tab does."""
        match Qt.Key(event.key()):
            case Qt.Key.Key_Down | Qt.Key.Key_Right:
                self.focusNextPrevChild(True)
            case Qt.Key.Key_Up | Qt.Key.Key_Left:
                self.focusNextPrevChild(False)
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.color("bg.rail"))


def _take_tab(button: QAbstractButton, is_chosen: bool) -> None:
    """Tab goes to the one that is chosen, wherever that was done; arrows to the others."""
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_chosen else Qt.FocusPolicy.NoFocus)
