"""Lists of painted rows: how they are walked and asked by mouse and keyboard, and what a row is painted of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QIdentityProxyModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_chat.models.rows import VALUE
from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.scroll_bar import OverlayScrollBar
from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.theme.viewport import know_viewport
from desktop_chat.widgets.badges import badge_width, paint_badge
from desktop_chat.widgets.part import Worded, Words, said

INSET, PADDING, GAP = 8, 8, 12
AnyIndex = QModelIndex | QPersistentModelIndex
_STATE = QStyle.StateFlag


class RowList(Worded, QListView):
    """The rows of `model`, which gives their values under `VALUE`, as `delegate` paints and `spoken` says them. `text`
    is the accessible name of the list."""

    chosen = Signal(object)
    """The value of the row that was clicked, or on which Enter or Space was pressed."""
    menu_requested = Signal(object, QPoint, bool)
    """The value of a row, where on the screen, and whether by a key."""

    def __init__(
        self,
        theme: Theme,
        model: QAbstractItemModel,
        delegate: RowDelegate,
        spoken: Callable[[Any], str],
        *,
        name: str = "",
        text: Words = "",
    ) -> None:
        super().__init__()
        know_viewport(self)
        self.setObjectName(name)
        self._theme = theme
        self._words = text
        self.setModel(_Spoken(self, model, spoken))
        delegate.setParent(self)
        self.setItemDelegate(delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        OverlayScrollBar(theme, self)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # The current row is selected: of one that is not, a screen reader says so each time.
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.clicked.connect(lambda index: self.take(index.data(VALUE)))
        theme.changed.connect(self.viewport().update)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(said(self._words))
        self.viewport().update()

    def take(self, value: Any) -> None:
        """What a click or Enter does with a row."""
        self.chosen.emit(value)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Qt would make the first row current and not select it: a screen reader would not say where one is.
        if not self.selectedIndexes() and self.model().rowCount():
            current = self.currentIndex()
            self.setCurrentIndex(current if current.isValid() else self.model().index(0, 0))
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        value = self.currentIndex().data(VALUE)
        takes = Qt.Key(event.key()) in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if value is not None and takes and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.take(value)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid():
            at = self.visualRect(index).center() if by_key else event.pos()
            self.menu_requested.emit(index.data(VALUE), self.viewport().mapToGlobal(at), by_key)


class _Spoken(QIdentityProxyModel):
    """Adds what a screen reader says of each row."""

    def __init__(self, view: RowList, model: QAbstractItemModel, spoken: Callable[[Any], str]) -> None:
        super().__init__(view)
        self._spoken = spoken
        self.setSourceModel(model)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(super().data(index, VALUE))
        return super().data(index, role)


class RowDelegate(QStyledItemDelegate):
    """Rows on the surface named `behind`, inset in it, with what shows where mouse and keyboard are. A subclass paints
    what stands in one."""

    def __init__(self, theme: Theme, behind: str, *, shows_current: bool = False) -> None:
        """`shows_current`: which row is the current one is seen, also while the keyboard is elsewhere."""
        super().__init__()
        self._theme = theme
        self._behind = behind
        self._shows_current = shows_current

    def height(self, value: Any) -> int:
        return self._theme.size["personRow"]

    def behind(self, value: Any, state: QStyle.StateFlag) -> str:
        """The colour on which a row stands."""
        if self._shows_current and state & _STATE.State_Selected:
            return "row.selected"
        return "row.hover" if state & _STATE.State_MouseOver else self._behind

    def paint_row(self, painter: QPainter, row: QRectF, value: Any, behind: str) -> None:
        raise NotImplementedError

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(0, self.height(index.data(VALUE)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        theme, value = self._theme, index.data(VALUE)
        radius = theme.radius["control"]
        row = QRectF(option.rect).adjusted(INSET, 0, -INSET, 0)
        behind = self.behind(value, option.state)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if behind != self._behind:
            paint_box(painter, theme, row, radius, behind, "line" if theme.is_contrast else "")
        self.paint_row(painter, row, value, behind)
        if option.state & _STATE.State_HasFocus and option.state & _STATE.State_KeyboardFocusChange:
            paint_box(painter, theme, row, radius, edge="focus", width=theme.size["focusWidth"])
        painter.restore()


class Line:
    """One line of a row, written from both ends: what stands at an end takes its room, and `gap` beside it, from what
    comes after. What does not fit of a text is cut with an ellipsis."""

    def __init__(self, painter: QPainter, theme: Theme, room: QRectF, gap: int = 6) -> None:
        self.room = QRectF(room)
        self._painter = painter
        self._theme = theme
        self.gap = gap

    def text(self, text: str, style: str, color: str, *, marked: tuple[int, int] = (0, 0), spare: float = 0) -> None:
        """`marked`: from where to where the text is marked as found. `spare` is left for what follows."""
        shown, width = self._fitting(text, style, self.room.width() - spare)
        metrics = QFontMetricsF(self._painter.font())
        left, right = metrics.horizontalAdvance(text[: marked[0]]), metrics.horizontalAdvance(text[: marked[1]])
        if left < right <= self.room.width():
            mark = QRectF(self.room.left() + left - 1, self.room.center().y() - 9, right - left + 2, 18)
            paint_box(self._painter, self._theme, mark, 2, "mark.highlight")
        self._write(self._take_left(width), shown, color)

    def text_at_end(self, text: str, style: str, color: str) -> None:
        shown, width = self._fitting(text, style, self.room.width(), tabular=True)
        self._write(self._take_right(width), shown, color)

    def icon(self, name: str, side: int, color: str) -> None:
        self._draw(name, side, color, self._take_left(side))

    def icon_at_end(self, name: str, side: int, color: str) -> None:
        self._draw(name, side, color, self._take_right(side))

    def badge_at_end(self, text: str, *, muted: bool = False) -> None:
        """A count, or "@"."""
        height = self._theme.size["badge"]
        place = self._take_right(height if text == "@" else badge_width(self._theme, text))
        paint_badge(self._painter, _in_middle(place, height), self._theme, text, muted=muted)

    def square(self, side: float) -> QRectF:
        """Room for what is painted by others."""
        return _in_middle(self._take_left(side), side)

    def square_at_end(self, side: float) -> QRectF:
        return _in_middle(self._take_right(side), side)

    # --- inside -----------------------------------------------------------------------------------------------

    def _fitting(self, text: str, style: str, room: float, *, tabular: bool = False) -> tuple[str, float]:
        font = self._theme.font(style, tabular=tabular)
        self._painter.setFont(font)
        metrics = QFontMetricsF(font)
        line = text.replace("\n", " ")
        shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, max(0.0, room))
        return shown, metrics.horizontalAdvance(shown)

    def _write(self, place: QRectF, text: str, color: str) -> None:
        self._painter.setPen(self._theme.color(color))
        draw_line(self._painter, place, text)

    def _draw(self, name: str, side: int, color: str, place: QRectF) -> None:
        pixmap = self._theme.pixmap(name, side, color, self._painter.device().devicePixelRatioF())
        self._painter.drawPixmap(_in_middle(place, side).topLeft(), pixmap)

    def _take_left(self, width: float) -> QRectF:
        place = QRectF(self.room.left(), self.room.top(), width, self.room.height())
        self.room.setLeft(place.right() + self.gap)
        return place

    def _take_right(self, width: float) -> QRectF:
        place = QRectF(self.room.right() - width, self.room.top(), width, self.room.height())
        self.room.setRight(place.left() - self.gap)
        return place


def _in_middle(place: QRectF, height: float) -> QRectF:
    return QRectF(place.left(), place.center().y() - height / 2, place.width(), height)
