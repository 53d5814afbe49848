"""The list of conversations: walked by mouse and keyboard, read by a screen reader row by row."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent

from chat_protocol.ids import LogId
from desktop_chat.models.conversations import VALUE, Conversation, Conversations, Group
from desktop_chat.store.contract import ServerId
from desktop_chat.theme.menu import Menu
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.conversation_delegate import ConversationDelegate, group_title, preview_of
from desktop_chat.widgets.presence import Presence
from desktop_chat.widgets.rows import RowList
from desktop_chat.widgets.server_state import short_state
from desktop_chat.widgets.spoken import say, spoken_together

translate = QCoreApplication.translate


class ConversationList(RowList):
    """`chosen` carries the `Conversation` that is to be shown."""

    fold_requested = Signal(object, bool)
    """The `ServerId` of a group, None for the favourites; whether to fold it away."""
    favourite_requested = Signal(object, bool)
    mute_requested = Signal(object, bool)
    leave_requested = Signal(object)
    """Each with the `Conversation`. Nothing was asked of the person yet."""

    def __init__(
        self, theme: Theme, conversations: Conversations, presence: Presence, now_ms: Callable[[], int]
    ) -> None:
        self._conversations = conversations
        self._delegate = ConversationDelegate(theme, presence, now_ms)
        super().__init__(
            theme,
            conversations,
            self._delegate,
            lambda value: spoken_group(value) if isinstance(value, Group) else spoken(value),
            name="conversation_list",
            text=lambda: translate("ConversationList", "Conversations"),
        )
        self.menu_requested.connect(self._open_menu)
        presence.changed.connect(self.viewport().update)

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

    def take(self, value: Group | Conversation) -> None:
        if isinstance(value, Group):
            self._fold(value, not value.is_folded)
        else:
            super().take(value)

    def _fold(self, group: Group, folded: bool) -> None:
        self.fold_requested.emit(group.server, folded)
        said = translate("ConversationList", "folded") if folded else translate("ConversationList", "unfolded")
        say(self, spoken_together(group_title(group), said))

    def _open_menu(self, one: Group | Conversation, at: QPoint, by_key: bool) -> None:
        if isinstance(one, Group):
            return
        menu = Menu(self._theme, self, name="conversation_menu")
        if one.favourite:
            text, icon = translate("ConversationList", "Remove from favourites"), "star-filled"
        else:
            text, icon = translate("ConversationList", "Add to favourites"), "star"
        menu.add(text, lambda: self.favourite_requested.emit(one, not one.favourite), name="menu_favourite", icon=icon)
        if one.muted:
            text, icon = translate("ConversationList", "Unmute"), "bell"
        else:
            text, icon = translate("ConversationList", "Mute"), "bell-off"
        menu.add(text, lambda: self.mute_requested.emit(one, not one.muted), name="menu_mute", icon=icon)
        if one.is_room and not one.closed:
            menu.addSeparator()
            text = translate("ConversationList", "Leave room…")
            menu.add(text, lambda: self.leave_requested.emit(one), name="menu_leave", icon="log-out", danger=True)
        menu.open_once(at, by_key=by_key)

    # --- Qt ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, group = Qt.Key(event.key()), self.currentIndex().data(VALUE)
        if isinstance(group, Group) and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._fold(group, key == Qt.Key.Key_Left)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), self._theme.color("bg.list"))
        painter.end()
        super().paintEvent(event)


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
