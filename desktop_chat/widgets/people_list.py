"""People, one row each: avatar, name, what there is to say of them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from chat_protocol.events import Role
from chat_protocol.ids import PEOPLE, MemberId
from desktop_chat.core.server import Server
from desktop_chat.models.kept import Kept
from desktop_chat.models.people import People, Person
from desktop_chat.theme.avatars import Presence, paint_avatar, paint_presence
from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.scroll_bar import OverlayScrollBar
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.badges import badge_width, count_text, paint_badge

VALUE = int(Qt.ItemDataRole.UserRole)
AnyIndex = QModelIndex | QPersistentModelIndex
translate = QCoreApplication.translate
_INSET, _PADDING, _GAP = 8, 8, 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A row. Where conversations stand among people, `is_room` says whose avatar is square."""

    id: str
    """A `MemberId`, or whatever else names the row to who made it."""
    name: str
    key: bytes
    tag: str = ""
    """At the right end: a role."""
    beside: str = ""
    """After the name, quieter: "you", the server's name for a contact."""
    is_here: bool = False
    is_room: bool = False
    unread: int = 0
    muted: bool = False
    marked: tuple[int, int] = (0, 0)
    """The part of the name that was looked for: from where to where."""


def entry_of(person: Person, *, is_here: bool = False) -> Entry:
    you = translate("People", "you") if person.is_me else ""
    named = person.server_name if person.server_name != person.name else you
    return Entry(person.member, person.name, person.key, role_text(person.role), named, is_here)


def here_entries(server: Server, here: Set[MemberId], kept: Kept) -> list[Entry]:
    """Of those members of a server who are there now."""
    everybody = People(server, PEOPLE, kept).all()
    return [entry_of(person, is_here=True) for person in everybody if person.member in here]


def role_text(role: Role) -> str:
    """How a role is called; empty for who is just a member."""
    match role:
        case Role.HOST:
            return translate("People", "Host")
        case Role.MODERATOR:
            return translate("People", "Moderator")
        case Role.NONE:
            return translate("People", "Left")
    return ""


class PeopleList(QListView):
    """Rows of 40 on the surface named `behind`. As high as its rows with `fits`, else it scrolls; `picks`: the current
    row is shown, also while the keyboard is elsewhere."""

    chosen = Signal(object)
    """The `Entry` that was clicked, or on which Enter was pressed."""
    menu_requested = Signal(object, QPoint)
    """An `Entry`, and where on the screen."""

    def __init__(
        self, theme: Theme, behind: str, *, fits: bool = False, picks: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._fits = fits
        self._entries = _Entries(self)
        self.setModel(self._entries)
        self.setItemDelegate(_Delegate(theme, behind, self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if fits:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        else:
            OverlayScrollBar(theme, self)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.SingleSelection if picks else modes.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.clicked.connect(lambda index: self.chosen.emit(index.data(VALUE)))
        theme.changed.connect(self.viewport().update)
        self.show_entries([])

    def show_entries(self, entries: Sequence[Entry]) -> None:
        current = self.current()
        self._entries.take(entries)
        if self._fits:
            self.setFixedHeight(len(entries) * self._theme.size["personRow"])
        if current is not None:
            self.choose(current.id)

    def current(self) -> Entry | None:
        entry = self.currentIndex().data(VALUE)
        return entry if isinstance(entry, Entry) else None

    def choose(self, id_: str) -> None:
        row = next((row for row, one in enumerate(self._entries.entries) if one.id == id_), None)
        if row is not None:
            self.setCurrentIndex(self._entries.index(row))

    def step(self, by: int) -> None:
        """Makes the row `by` after the current one the current one."""
        row = max(0, min(self.currentIndex().row() + by, len(self._entries.entries) - 1))
        self.setCurrentIndex(self._entries.index(row))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.current()
        if current is not None and Qt.Key(event.key()) in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(current)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        entry = index.data(VALUE)
        if isinstance(entry, Entry):
            at = self.visualRect(index).center() if by_key else event.pos()
            self.menu_requested.emit(entry, self.viewport().mapToGlobal(at))


class _Entries(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def take(self, entries: Sequence[Entry]) -> None:
        if self.entries != list(entries):
            self.beginResetModel()
            self.entries = list(entries)
            self.endResetModel()

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self.entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.name
            case Qt.ItemDataRole.AccessibleTextRole:
                here = translate("People", "here now") if entry.is_here else ""
                return ", ".join(part for part in (entry.name, entry.beside, entry.tag, here) if part)
        return entry if role == VALUE else None


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, behind: str, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._behind = behind

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(0, self._theme.size["personRow"])

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        theme, entry = self._theme, index.data(VALUE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QRectF(option.rect).adjusted(_INSET, 0, -_INSET, 0)
        behind = self._behind
        if option.state & QStyle.StateFlag.State_Selected:
            behind = "row.selected"
        elif option.state & QStyle.StateFlag.State_MouseOver:
            behind = "row.hover"
        if behind != self._behind:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(behind))
            painter.drawRoundedRect(row, theme.radius["control"], theme.radius["control"])
        side = theme.size["avatarPerson"]
        avatar = QRectF(row.left() + _PADDING, row.center().y() - side / 2, side, side)
        paint_avatar(painter, avatar, theme, entry.key, entry.name, entry.is_room)
        if entry.is_here:
            paint_presence(painter, avatar, theme, Presence.HERE, theme.color(behind))
        text = QRectF(avatar.right() + _GAP, row.top(), row.right() - _PADDING - avatar.right() - _GAP, row.height())
        if entry.unread:
            count = count_text(entry.unread)
            room, high = badge_width(theme, count), theme.size["badge"]
            badge = QRectF(text.right() - room, text.center().y() - high / 2, room, high)
            paint_badge(painter, badge, theme, count, muted=entry.muted)
            text.setRight(badge.left() - 8)
        if entry.tag:
            width = self._write(painter, text, entry.tag, "caption", "text.secondary", at_right=True)
            text.setRight(text.right() - width - 8)
        self._mark(painter, text, entry)
        width = self._write(painter, text, entry.name, "bodyMedium", "text")
        if entry.beside:
            text.setLeft(text.left() + width + 4)
            self._write(painter, text, entry.beside, "body", "text.faint")
        if option.state & QStyle.StateFlag.State_HasFocus and option.state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QPen(theme.color("focus"), theme.size["focusWidth"]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(row.adjusted(1, 1, -1, -1), theme.radius["control"], theme.radius["control"])
        painter.restore()

    def _mark(self, painter: QPainter, rect: QRectF, entry: Entry) -> None:
        start, end = entry.marked
        metrics = QFontMetricsF(self._theme.font("bodyMedium"))
        left, right = metrics.horizontalAdvance(entry.name[:start]), metrics.horizontalAdvance(entry.name[:end])
        if left < right <= rect.width():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("mark.highlight"))
            painter.drawRoundedRect(QRectF(rect.left() + left - 1, rect.center().y() - 9, right - left + 2, 18), 2, 2)

    def _write(
        self, painter: QPainter, rect: QRectF, text: str, style: str, color: str, *, at_right: bool = False
    ) -> float:
        """One line, cut with an ellipsis; returns the width that it took."""
        font = self._theme.font(style)
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, rect.width()))
        width = metrics.horizontalAdvance(shown)
        painter.setFont(font)
        painter.setPen(self._theme.color(color))
        left = rect.right() - width if at_right else rect.left()
        draw_line(painter, QRectF(left, rect.top(), width, rect.height()), shown)
        return width
