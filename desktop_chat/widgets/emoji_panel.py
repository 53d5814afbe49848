"""Emoji to pick from: recent ones, groups, and a search by words in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import fill, row
from desktop_chat.widgets.controls import Field, IconButton
from desktop_chat.widgets.emoji import GROUPS, Emoji, find, read_emoji
from desktop_chat.widgets.floating import SHADOW, Floating
from desktop_chat.widgets.keys import Keys
from desktop_chat.widgets.rows import Line

_COLUMNS = 9
_CELL = 36
_ROWS_SHOWN, _LEAST_ROWS = 7, 2
"""Fewer where the window is too low for all."""
_SQUARE, _TITLE = QSize(_CELL, _CELL), QSize(_COLUMNS * _CELL, 32)
_GLYPH = 24
_FOOT = 44
_ICONS = ("history", "smile", "leaf", "utensils", "plane", "trophy", "lightbulb", "heart", "flag")
_RECENT_GROUP = "recent"
_FOUND_GROUP = "found"

_Index = QModelIndex | QPersistentModelIndex


class EmojiPanel(Floating):
    """Read and built when it is opened for the first time. Esc and a click elsewhere close it."""

    picked = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, anchor: QWidget, opener: QWidget) -> None:
        """`opener` is the button that opens and closes it."""
        super().__init__(theme, anchor, "emoji_panel")
        self._opener = opener
        self._all: list[Emoji] = []
        self._recent: list[str] = []
        self._search = Field(theme, name="emoji_search", hint=lambda: self.tr("Search emoji"), icon="search")
        self._search.textChanged.connect(self._fill)
        self._model = _Model(self)
        self._grid = _Grid(theme, self._model)
        self._grid.picked.connect(self._on_picked)
        self._grid.shown_changed.connect(self._on_shown_changed)
        self._grid.left_above.connect(self._search.setFocus)
        Keys(self._grid, {"Esc": self.close_panel})
        Keys(
            self._search,
            {"Esc": self.close_panel, "Down": self._grid.setFocus, "Return": self._grid.pick_current},
        )
        self._tabs: list[IconButton] = []
        for group, icon in zip((_RECENT_GROUP, *GROUPS), _ICONS, strict=True):
            tab = IconButton(theme, icon, name=f"emoji_group_{group}", checkable=True)
            tab.clicked.connect(lambda _=False, group=group: self._on_group_clicked(group))
            self._tabs.append(tab)
        search = row(self._search, margins=(12, 12, 12, 8))
        grid = row(self._grid, margins=(10, 0, 0, 0))
        fill(self.body, search, grid, _FOOT, row(*self._tabs, margins=(12, 8, 12, 8)))
        self.retranslate()

    def open(self, recent: Sequence[str]) -> None:
        """Shows itself above the anchor, with the keyboard in the search."""
        if not self._all:
            self._all = read_emoji()
        self._recent = list(recent)
        self.show_above(at_right=True)
        self._search.setFocus(Qt.FocusReason.PopupFocusReason)  # first: a change elsewhere would be spoken instead
        self._search.clear()
        self._fill()
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]  # there is one: this is a widget

    def close_panel(self) -> None:
        if self.isVisible():
            QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]  # as above
            self.hide()
            self.closed.emit()

    def _fill(self) -> None:
        query = self._search.text().strip()
        if query:
            sections = [(_FOUND_GROUP, find(self._all, query))]
        else:
            by_text = {one.text: one for one in self._all}
            recent = [by_text[text] for text in self._recent if text in by_text]
            groups = [(group, [one for one in self._all if one.group == group]) for group in GROUPS]
            sections = [(_RECENT_GROUP, recent), *groups]
        self._grid.fill([section for section in sections if section[1]])
        first = self._grid.current()
        found = first.called(QLocale().name()) if first is not None else self._nothing
        self._search.setAccessibleDescription(found if query else "")  # which is heard, unlike what the grid shows
        self.update()

    def _on_group_clicked(self, group: str) -> None:
        self._search.clear()
        self._grid.scroll_to_group(group)
        self._on_shown_changed()  # also when it has no such group, and the button is on nevertheless

    def _on_shown_changed(self) -> None:
        shown = self._grid.current_group()
        for group, tab in zip((_RECENT_GROUP, *GROUPS), self._tabs, strict=True):
            tab.setChecked(group == shown)
        self.update()

    def _on_picked(self, emoji: Emoji) -> None:
        self.close_panel()
        self.picked.emit(emoji.text)

    # --- texts ------------------------------------------------------------------------------------------------

    def retranslate(self) -> None:
        names = {
            _RECENT_GROUP: self.tr("Recent"),
            _FOUND_GROUP: self.tr("Found"),
            "people": self.tr("Smileys and people"),
            "nature": self.tr("Animals and nature"),
            "food": self.tr("Food and drink"),
            "travel": self.tr("Travel and places"),
            "activities": self.tr("Activities"),
            "objects": self.tr("Objects"),
            "symbols": self.tr("Symbols"),
            "flags": self.tr("Flags"),
        }
        self.setAccessibleName(self.tr("Emoji"))
        self._grid.setAccessibleName(self.tr("Emoji"))
        self._model.set_names(names, QLocale().name())
        for group, tab in zip((_RECENT_GROUP, *GROUPS), self._tabs, strict=True):
            tab.set_name(names[group])
        self._nothing = self.tr("No emoji found")

    # --- Qt ---------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress and self.isVisible():
            inside = (self, self._opener)
            if isinstance(watched, QWidget) and watched not in inside and not self.isAncestorOf(watched):
                self.close_panel()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme, painter = self._theme, QPainter(self)
        card = self.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        foot = QRect(card.left() + 1, self._grid.geometry().bottom() + 1, card.width() - 2, _FOOT)
        painter.fillRect(foot, theme.color("bg.list"))
        painter.fillRect(QRect(foot.left(), foot.top(), foot.width(), 1), theme.color("line"))
        painter.fillRect(QRect(foot.left(), foot.bottom(), foot.width(), 1), theme.color("line"))
        emoji = self._grid.current()
        line = Line(painter, theme, QRectF(foot.adjusted(16, 0, -16, 0)), gap=12)
        if emoji is None:
            line.text(self._nothing, "body", "text.secondary")
            return
        painter.setFont(glyph_font(theme))
        painter.setPen(theme.color("text"))
        painter.drawText(line.square(30), Qt.AlignmentFlag.AlignCenter, emoji.text)
        name = emoji.called(QLocale().name())
        line.text(name[:1].upper() + name[1:], "bodyMedium", "text")
        line.text(f":{emoji.shortcode}:", "body", "text.secondary")


def glyph_font(theme: Theme) -> QFont:
    """For an emoji by itself."""
    font = QFont(theme.font("body"))
    font.setPixelSize(_GLYPH)
    return font


class _Model(QAbstractListModel):
    """The title of each group, and what is in it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[str | Emoji] = []
        """The group of a title, or an emoji."""
        self._names: dict[str, str] = {}
        self._language = ""

    def fill(self, sections: Sequence[tuple[str, list[Emoji]]]) -> None:
        self.beginResetModel()
        self.rows = []
        for group, emoji in sections:
            self.rows += [group, *emoji]
        self.endResetModel()

    def set_names(self, names: dict[str, str], language: str) -> None:
        self._names, self._language = names, language

    def emoji(self, index: _Index) -> Emoji | None:
        row = self.rows[index.row()] if 0 <= index.row() < len(self.rows) else ""
        return row if isinstance(row, Emoji) else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._names[row] if isinstance(row, str) else row.text
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._names[row] if isinstance(row, str) else row.called(self._language)
            case Qt.ItemDataRole.SizeHintRole:
                return _TITLE if isinstance(row, str) else _SQUARE
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        usable = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return usable if self.emoji(index) else Qt.ItemFlag.NoItemFlags


class _Grid(QListView):
    """A list in rows of nine, for in a table a screen reader speaks of the whole row."""

    picked = Signal(object)
    shown_changed = Signal()
    left_above = Signal()

    def __init__(self, theme: Theme, model: _Model) -> None:
        super().__init__()
        self.setObjectName("emoji_grid")
        self._model = model
        self.setModel(model)
        self.setItemDelegate(_Delegate(theme, model, self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.setStyleSheet("QListView { background: transparent; selection-background-color: transparent; }")
        self.setFixedWidth(_COLUMNS * _CELL + 13)  # the bar, and one: what ends at the edge is put into the next row
        self.setMinimumHeight(_LEAST_ROWS * _CELL)
        self.clicked.connect(self._on_clicked)
        self.entered.connect(self._on_entered)

    def fill(self, sections: Sequence[tuple[str, list[Emoji]]]) -> None:
        self._model.fill(sections)
        self.scrollToTop()
        self.setCurrentIndex(self._model.index(1, 0))

    def sizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), _ROWS_SHOWN * _CELL)

    def minimumSizeHint(self) -> QSize:
        return self.minimumSize()

    def current(self) -> Emoji | None:
        return self._model.emoji(self.currentIndex())

    def current_group(self) -> str:
        titles = (row for row in self._model.rows[self.currentIndex().row() :: -1] if isinstance(row, str))
        return next(titles, "") if self.currentIndex().isValid() else ""

    def pick_current(self) -> None:
        emoji = self.current()
        if emoji is not None:
            self.picked.emit(emoji)

    def scroll_to_group(self, group: str) -> None:
        if group in self._model.rows:
            row = self._model.rows.index(group)
            self.scrollTo(self._model.index(row, 0), QListView.ScrollHint.PositionAtTop)
            self.setCurrentIndex(self._model.index(row + 1, 0))

    def _on_clicked(self, index: QModelIndex) -> None:
        self.setCurrentIndex(index)
        self.pick_current()

    def _on_entered(self, index: QModelIndex) -> None:
        if self._model.emoji(index) is not None:
            self.selectionModel().setCurrentIndex(index, self.selectionModel().SelectionFlag.ClearAndSelect)

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        self.shown_changed.emit()

    def moveCursor(self, action: QListView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        if action == QListView.CursorAction.MoveHome:
            self.scrollToTop()
            return self._model.index(1, 0)  # above is a title
        return super().moveCursor(action, modifiers)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pick_current()
        elif event.key() == Qt.Key.Key_Up and self.currentIndex().row() <= _COLUMNS:
            self.left_above.emit()
        else:
            super().keyPressEvent(event)


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, model: _Model, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme, text = self._theme, index.data()
        rect: QRect = option.rect
        if text is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._model.emoji(index) is None:
            painter.setFont(theme.font("captionStrong"))
            painter.setPen(theme.color("text.secondary"))
            painter.drawText(rect.adjusted(6, 4, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        else:
            if option.state & QStyle.StateFlag.State_Selected:
                paint_box(painter, theme, QRectF(rect), theme.radius["control"], "menu.hover")
            painter.setFont(glyph_font(theme))
            painter.setPen(theme.color("text"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()
