"""What every control that can be pressed has in common, and the ring that shows where the keyboard is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QMoveEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QPushButton, QWidget

from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.composing import finish_composing
from desktop_chat.widgets.part import Part, Worded, Words, said

_BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class FocusRing(Part):
    """A ring around a control, in the space beside it: drawn over the control's neighbours, in the nearest widget
    around it that has room for all of it. Follows the control only when told to.
    """

    def __init__(self, theme: Theme, control: QWidget, radius: float) -> None:
        super().__init__(theme, parent=control.parentWidget())
        self._control = control
        self._radius = radius
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def follow(self) -> None:
        """Goes to where the control is, on top of whatever is there."""
        grown = self._theme.size["focusWidth"] + self._theme.size["focusGap"]
        place = self._control.geometry().adjusted(-grown, -grown, grown, grown)
        around = self._control.parentWidget()
        while around is not None and not _is_bound(around) and not around.rect().contains(place):
            place.translate(around.pos())
            around = around.parentWidget()
        if self.parentWidget() is not around:
            self.setParent(around)
        self.setGeometry(place)
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        width = self._theme.size["focusWidth"]
        radius = self._radius + self._theme.size["focusGap"] + width
        paint_box(QPainter(self), self._theme, QRectF(self.rect()), radius, edge="focus", width=width)


def _is_bound(widget: QWidget) -> bool:
    """A window, or what is scrolled: beyond it a ring would not go along."""
    parent = widget.parentWidget()
    return parent is None or widget.isWindow() or isinstance(parent.parentWidget(), QAbstractScrollArea)


class Pressable(Worded, QPushButton):
    """A button that paints itself. A click leaves the focus where it was; Tab reaches it, Space and Enter press it.

    Subclasses paint and say their size; `radius` is that of their corners, which the focus ring follows. The text is
    shown as it is: no character of it becomes a shortcut. It is the accessible name too, where `spoken` is none.
    """

    def __init__(
        self,
        theme: Theme,
        radius: float,
        parent: QWidget | None = None,
        *,
        name: str = "",
        text: Words = "",
        spoken: Words = "",
    ) -> None:
        """`name` is its objectName."""
        super().__init__(parent)
        self._words, self._spoken = text, spoken
        self.setObjectName(name)
        self._theme = theme
        self._radius = radius
        self._ring: FocusRing | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(True)  # Enter presses it, not only in a dialog
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)
        self.setText(said(text))

    def retranslate(self) -> None:
        if callable(self._words):
            self.setText(self._words())
        elif callable(self._spoken):
            self.setAccessibleName(self._spoken())

    def setText(self, text: str) -> None:
        self._label = text
        super().setText(text.replace("&", "&&"))
        self.setAccessibleName(said(self._spoken) or text)

    def text(self) -> str:
        return self._label

    @property
    def has_ring(self) -> bool:
        """Whether it shows that it has the keyboard."""
        return self._ring is not None and self._ring.isVisible()

    # --- inside -----------------------------------------------------------------------------------------------

    def _begin(self) -> QPainter:
        """The painter of a paint event; half as strong while disabled."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        return painter

    def _pick(self, rest: str, hover: str, pressed: str) -> str:
        """The name of the colour for the state that it is in."""
        if self.isDown():
            return pressed
        return hover if self.underMouse() and self.isEnabled() else rest

    def _show_ring(self) -> None:
        if self._ring is None:
            self._ring = FocusRing(self._theme, self, self._radius)
            self.destroyed.connect(self._ring.deleteLater)
        self._ring.follow()

    def _hide_ring(self) -> None:
        if self._ring is not None:
            self._ring.hide()

    # --- Qt ---------------------------------------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        reason = event.reason()
        # Of other reasons, the window remembers whether the keyboard was used to move about in it.
        moved_by_keys = self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        if reason in _BY_KEYBOARD or (moved_by_keys and reason != Qt.FocusReason.MouseFocusReason):
            self._show_ring()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._hide_ring()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.hasFocus():
            self._show_ring()
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        finish_composing()  # the focus stays there, and what is seen there is meant
        super().mousePressEvent(event)

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        if self._ring is not None and self._ring.isVisible():
            self._ring.follow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ring is not None and self._ring.isVisible():
            self._ring.follow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._hide_ring()
