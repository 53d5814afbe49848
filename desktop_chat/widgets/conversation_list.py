"""The list of conversations: walked by mouse and keyboard, read by a screen reader row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QIdentityProxyModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from chat_protocol.ids import LogId
from desktop_chat.models.conversations import VALUE, Conversation, Conversations, Group
from desktop_chat.store.contract import ServerId
from desktop_chat.theme.scroll_bar import OverlayScrollBar
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.conversation_delegate import ConversationDelegate, group_title, preview_of
from desktop_chat.widgets.menu import Menu
from desktop_chat.widgets.presence import Presence
from desktop_chat.widgets.server_state import short_state

translate = QCoreApplication.translate


class ConversationList(QListView):
    chosen = Signal(object)
    """A `Conversation` is to be shown."""
    fold_requested = Signal(object, bool)
    """The `ServerId` of a group, None for the favourites; whether to fold it away."""
    favourite_requested = Signal(object, bool)
    mute_requested = Signal(object, bool)
    leave_requested = Signal(object)
    """Each with the `Conversation`. Nothing was asked of the person yet."""

    def __init__(
        self,
        theme: Theme,
        conversations: Conversations,
        presence: Presence,
        now_ms: Callable[[], int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("conversation_list")
        self._theme = theme
        self._conversations = conversations
        self._delegate = ConversationDelegate(theme, presence, now_ms, self)
        spoken_rows = _Spoken(self)
        spoken_rows.setSourceModel(conversations)
        self.setModel(spoken_rows)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        OverlayScrollBar(theme, self)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.viewport().setAutoFillBackground(False)
        self.clicked.connect(self._on_clicked)
        theme.changed.connect(self.viewport().update)
        presence.changed.connect(self.viewport().update)
        self._retranslate()

    def show_as_open(self, shown: tuple[ServerId, LogId] | None) -> None:
        """Which conversation is on screen; the keyboard goes on from there."""
        self._delegate.shown = shown
        row = None if shown is None else self._conversations.row_of(*shown)
        if row is not None:
            index = self.model().index(row, 0)
            self.setCurrentIndex(index)
            self.scrollTo(index)
        self.viewport().update()

    def neighbour(self, step: int, *, unread: bool = False) -> Conversation | None:
        """The conversation `step` (1 or -1) after the one on screen, around the ends; with `unread` the next that
        has something new and is not muted."""
        everything = list(dict.fromkeys(self._conversations.all()))
        if not everything:
            return None
        place = next((at for at, one in enumerate(everything) if one.id == self._delegate.shown), None)
        if place is None:
            place = -1 if step > 0 else 0
        for distance in range(1, len(everything) + 1):
            one = everything[(place + step * distance) % len(everything)]
            if not unread or (one.unread and not one.muted):
                return one
        return None

    def at(self, number: int) -> Conversation | None:
        """The conversation with this number, from 1, in the order of the list."""
        everything = self._conversations.all()
        return everything[number - 1] if number <= len(everything) else None

    # --- inside -----------------------------------------------------------------------------------------------

    def _activate(self, index: QModelIndex | QPersistentModelIndex) -> None:
        value = index.data(VALUE)
        if isinstance(value, Group):
            self.fold_requested.emit(value.server, not value.is_folded)
        elif isinstance(value, Conversation):
            self.chosen.emit(value)

    def _on_clicked(self, index: QModelIndex) -> None:
        self._activate(index)

    def _open_menu(self, one: Conversation, at: QPoint) -> None:
        menu = Menu(self._theme, self)
        menu.setObjectName("conversation_menu")
        menu.aboutToHide.connect(menu.deleteLater)
        if one.favourite:
            text, favourite_icon = translate("ConversationList", "Remove from favourites"), "star-filled"
        else:
            text, favourite_icon = translate("ConversationList", "Add to favourites"), "star"
        favourite = menu.add(text, lambda: self.favourite_requested.emit(one, not one.favourite), icon=favourite_icon)
        favourite.setObjectName("menu_favourite")
        if one.muted:
            text, mute_icon = translate("ConversationList", "Unmute"), "bell"
        else:
            text, mute_icon = translate("ConversationList", "Mute"), "bell-off"
        mute = menu.add(text, lambda: self.mute_requested.emit(one, not one.muted), icon=mute_icon)
        mute.setObjectName("menu_mute")
        if one.is_room and not one.closed:
            menu.addSeparator()
            text = translate("ConversationList", "Leave room…")
            leave = menu.add(text, lambda: self.leave_requested.emit(one), icon="log-out", danger=True)
            leave.setObjectName("menu_leave")
        menu.popup(at)

    def _retranslate(self) -> None:
        self.setAccessibleName(translate("ConversationList", "Conversations"))
        self.viewport().update()

    # --- Qt ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        index = self.currentIndex()
        group = index.data(VALUE)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not event.modifiers():
            self._activate(index)
        elif isinstance(group, Group) and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.fold_requested.emit(group.server, key == Qt.Key.Key_Left)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        value = index.data(VALUE)
        if isinstance(value, Conversation):
            at = self.visualRect(index).center() if by_key else event.pos()
            self._open_menu(value, self.viewport().mapToGlobal(at))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), self._theme.color("bg.list"))
        painter.end()
        super().paintEvent(event)


class _Spoken(QIdentityProxyModel):
    """Adds what a screen reader says of each row."""

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = super().data(index, VALUE if role == Qt.ItemDataRole.AccessibleTextRole else role)
        if role != Qt.ItemDataRole.AccessibleTextRole:
            return value
        return spoken_group(value) if isinstance(value, Group) else spoken(value)


def spoken(one: Conversation) -> str:
    """Title, what is new, last message, states: as one sentence each."""
    parts = [one.title]
    if one.unread:
        parts.append(translate("ConversationList", "%n unread", "", one.unread))
    if one.mentions:
        parts.append(translate("ConversationList", "you are mentioned"))
    if one.draft:
        parts.append(translate("ConversationList", "Draft: {text}").format(text=one.draft))
    else:
        parts.append(preview_of(one))
    if one.waiting:
        parts.append(translate("ConversationList", "%n waiting here", "", one.waiting))
    if one.muted:
        parts.append(translate("ConversationList", "muted"))
    return ", ".join(parts)


def spoken_group(group: Group) -> str:
    _light, words = short_state(group)
    folded = translate("ConversationList", "folded") if group.is_folded else ""
    return ", ".join(part for part in (group_title(group), words, folded) if part)
