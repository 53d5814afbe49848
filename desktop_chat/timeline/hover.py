"""The bar over a message under the pointer. It floats: no text moves because of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from desktop_chat.theme.shapes import paint_box, paint_shadow
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.deeds import ON_BAR, Deed
from desktop_chat.timeline.floating import SHADOW

_ROUND = 6
_FRAME = 3
_OVERLAP = 8
"""It covers this much of the bubble: less than stands above its text."""


class HoverBar(QWidget):
    """`show_for` puts it at a message; `pressed` says what was asked for."""

    pressed = Signal(Deed)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("hover_bar")
        # What the mouse does on it is nothing to the messages below.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self._theme = theme
        self._buttons: dict[Deed, _BarButton] = {}
        box = self._box = QHBoxLayout(self)
        edge = SHADOW + _FRAME
        box.setContentsMargins(edge, edge, edge, edge)
        box.setSpacing(theme.space["2"])
        for deed in ON_BAR:
            button = self._buttons[deed] = _BarButton(theme, deed, self)
            button.clicked.connect(lambda _=False, deed=deed: self.pressed.emit(deed))
            box.addWidget(button)
        self._retranslate()
        self.hide()

    def show_for(self, bubble: QRect, area: QRect, deeds: frozenset[Deed]) -> None:
        """Over the top right corner of `bubble`, within `area`; only the buttons of `deeds`. Both in the parent's
        pixels."""
        for deed, button in self._buttons.items():
            button.setVisible(deed in deeds)
        self._box.activate()
        self.resize(self.sizeHint())
        right = max(bubble.right() + 1 - _OVERLAP, bubble.left() + 4 * _OVERLAP + self.width())
        right = min(right, area.right() + 1)
        top = max(bubble.top() + _OVERLAP - self.height() + SHADOW, area.top() - SHADOW)
        self.move(right - self.width() + SHADOW, top)
        self.show()
        self.raise_()

    def button(self, deed: Deed) -> QAbstractButton:
        return self._buttons[deed]

    def _retranslate(self) -> None:
        for deed, button in self._buttons.items():
            button.setAccessibleName(deed.label)
            button.setToolTip(f"{deed.label}  {deed.key}" if deed.key else deed.label)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme, radius = QPainter(self), self._theme, self._theme.radius["control"]
        ground = QRectF(self.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        paint_shadow(painter, theme, ground, radius, SHADOW)
        paint_box(painter, theme, ground, radius, "bg.raised", "line")


class _BarButton(QAbstractButton):
    def __init__(self, theme: Theme, deed: Deed, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"hover_{deed.value}")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._theme = theme
        self._icon = deed.icon

    def sizeHint(self) -> QSize:
        side = self._theme.size["controlSmall"]
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        if self.underMouse():
            paint_box(painter, theme, QRectF(self.rect()), _ROUND, "menu.hover")
        size = theme.size["iconSmall"]
        pixmap = theme.pixmap(self._icon, size, "text" if self.isDown() else "text.secondary", self.devicePixelRatioF())
        painter.drawPixmap(QRectF(self.rect()).center() - QPointF(size / 2, size / 2), pixmap)
