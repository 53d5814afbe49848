"""The list of people that opens while a name is typed after an @. The focus stays in the field."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop_chat.theme.avatars import paint_avatar
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.floating import SHADOW, Floating
from desktop_chat.widgets.mentions import Offer, Person

_WIDTH = 280
_EDGE = 4
_OFFER = Qt.ItemDataRole.UserRole


class Completion(Floating):
    """Watches the keys of `field`: ↑ ↓ choose, Enter or Tab take, Esc closes; every other key goes to the field."""

    chosen = Signal(object)
    """The `Person` that was taken."""

    def __init__(self, theme: Theme, anchor: QWidget, field: QWidget) -> None:
        super().__init__(theme, anchor)
        self.setObjectName("mention_completion")
        self._list = QListWidget(self)
        self._list.setObjectName("mention_list")
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setFrameShape(QListWidget.Shape.NoFrame)
        self._list.setMouseTracking(True)
        self._list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.viewport().setAutoFillBackground(False)
        self._list.setItemDelegate(_Delegate(theme, self._list))
        self._list.itemEntered.connect(self._list.setCurrentItem)
        self._list.itemClicked.connect(self._on_clicked)
        self._list.currentItemChanged.connect(self._on_current_changed)
        self._list.setFixedWidth(_WIDTH - 2 * _EDGE)
        margin = SHADOW + _EDGE
        self.body.setContentsMargins(margin, margin, margin, margin)
        self.body.addWidget(self._list)
        self._field = field
        field.installEventFilter(self)
        self._retranslate()

    def offer(self, offers: Sequence[Offer]) -> None:
        """Shows these, or closes if there are none."""
        if not offers:
            self.hide()
            return
        self._list.clear()
        for offer in offers:
            item = QListWidgetItem(offer.person.name, self._list)
            item.setData(_OFFER, offer)
            said = (offer.person.name, offer.person.detail)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in said if part))
        self._list.setFixedHeight(len(offers) * self.theme.size["personRow"])
        self._list.setCurrentRow(0)
        self.show_above()

    def _take(self) -> None:
        item = self._list.currentItem()
        if item is not None:
            self.hide()
            self.chosen.emit(_person(item))

    def _on_clicked(self, item: QListWidgetItem) -> None:
        self._list.setCurrentItem(item)
        self._take()

    def _on_current_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            said = str(item.data(Qt.ItemDataRole.AccessibleTextRole))
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._field, said))

    def _retranslate(self) -> None:
        self._list.setAccessibleName(self.tr("People to mention"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._field and self.isVisible():
            if event.type() == QEvent.Type.FocusOut:
                self.hide()
            elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._on_key(event):
                return True
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        count = self._list.count()
        match event.key():
            case Qt.Key.Key_Up | Qt.Key.Key_Down as key:
                step = -1 if key == Qt.Key.Key_Up else 1
                self._list.setCurrentRow((self._list.currentRow() + step) % count)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Tab:
                self._take()
            case Qt.Key.Key_Escape:
                self.hide()
            case _:
                return False
        return True


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, self._theme.size["personRow"])

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme, offer = self._theme, index.data(_OFFER)
        person: Person = offer.person
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("menu.hover"))
            painter.drawRoundedRect(rect, theme.radius["control"], theme.radius["control"])
        side = theme.size["avatarPerson"]
        avatar = QRectF(rect.left() + 8, rect.center().y() - side / 2 + 0.5, side, side)
        paint_avatar(painter, avatar, theme, person.key, person.name, is_room=False)
        text = rect.adjusted(8 + side + 12, 0, -8, 0)
        if person.detail:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.color("text.faint"))
            painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, person.detail)
            text.setRight(text.right() - painter.fontMetrics().horizontalAdvance(person.detail) - 8)
        painter.setFont(theme.font("bodyMedium"))
        _paint_marked(painter, text, theme, offer)
        painter.restore()


def _paint_marked(painter: QPainter, rect: QRect, theme: Theme, offer: Offer) -> None:
    """The name, with what was typed of it on the colour of found words."""
    metrics, name = painter.fontMetrics(), offer.person.name
    start = metrics.horizontalAdvance(name[: offer.start])
    end = metrics.horizontalAdvance(name[: offer.end])
    if start < end <= rect.width():
        mark = QRectF(rect.left() + start - 1, rect.center().y() - 8, end - start + 2, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("mark.highlight"))
        painter.drawRoundedRect(mark, 2, 2)
    painter.setPen(theme.color("text"))
    shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, shown)


def _person(item: QListWidgetItem) -> Person:
    offer: Offer = item.data(_OFFER)
    return offer.person
