"""A question inside the window: a card over a scrim, awaited by `bridge.dialogs.answer` like any dialog."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QScrollBar,
    QVBoxLayout,
    QWidget,
)

from desktop_chat.theme.scroll_bar import OverlayScrollBar
from desktop_chat.theme.shapes import paint_shadow
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import SPRING, Item, column, fill, row, scrolled
from desktop_chat.widgets.controls import Button, Card, Text

_SHADOW = 24
_PADDING = 24
_RING = 4
"""Room for a focus ring at the end of what scrolls."""
_LEAST_CONTENT = 64
_AROUND_FOCUS = 40
"""As much of what stands beside it is seen too: what was wrong with a field stands below it."""
_SCROLLS = {
    Qt.Key.Key_Up: QScrollBar.SliderAction.SliderSingleStepSub,
    Qt.Key.Key_Down: QScrollBar.SliderAction.SliderSingleStepAdd,
    Qt.Key.Key_PageUp: QScrollBar.SliderAction.SliderPageStepSub,
    Qt.Key.Key_PageDown: QScrollBar.SliderAction.SliderPageStepAdd,
    Qt.Key.Key_Home: QScrollBar.SliderAction.SliderToMinimum,
    Qt.Key.Key_End: QScrollBar.SliderAction.SliderToMaximum,
}


class Sheet(QDialog):
    """Fills its parent and keeps the keyboard focus among its own controls. Enter presses the primary button, Esc
    is the safe way out. Put what it shows into `body`, by `over_buttons` unless it holds a list of its own. It says its
    texts once: nobody changes the language under it."""

    def __init__(
        self,
        theme: Theme,
        parent: QWidget,
        name: str = "",
        title: str = "",
        *,
        width: int = 440,
        top: int | None = None,
    ) -> None:
        """`name` is its objectName, `title` the accessible one. `top`: how far from the upper edge it lies; None: in
        the middle."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setWindowFlags(Qt.WindowType.Widget)
        # The style would fill it as it fills a window; the panes are to shine through the scrim.
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.theme = theme
        self.card = Card(theme, "sheet_card", parent=self)
        self.card.setMaximumWidth(width)
        self.body = column(on=self.card)
        self._top = top
        self._primary: QPushButton | None = None
        self._over = parent
        self._before = QApplication.focusWidget()
        parent.installEventFilter(self)
        self.finished.connect(self._give_back_focus)

    def set_primary(self, button: QPushButton) -> None:
        """Enter presses it wherever the focus is, but on another button. Qt's own default button is one of a window."""
        self._primary = button

    def scroll_by(self, key: Qt.Key) -> None:
        """As an arrow or Page Up and Page Down do."""
        for content in self.findChildren(_Content):
            content.area.verticalScrollBar().triggerAction(_SCROLLS[key])

    def _give_back_focus(self) -> None:
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        else:  # it was there before anything had the keyboard
            self._over.focusNextChild()

    def _place(self) -> None:
        self.setGeometry(self._over.rect())
        room = self.rect().adjusted(8, 8, -8, -8)
        width = min(self.card.maximumWidth(), room.width())
        height = self.card.heightForWidth(width) if self.card.hasHeightForWidth() else self.card.sizeHint().height()
        height = min(height, room.height())
        middle = (self.height() - height) // 2
        top = middle if self._top is None else min(self._top, middle)
        place = QRect((self.width() - width) // 2, top, width, height)
        if place != self.card.geometry():
            self.card.setGeometry(place)
            self.update()  # with its shadow

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)  # moves it as if it were a window
        self._place()
        self.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _SCROLLS:
            self.scroll_by(key)
        elif key not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)  # Esc
        elif self._primary is not None and self._primary.isVisible():
            self._primary.click()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Around among the controls of the sheet: what lies below the scrim is out of reach."""
        # As they were laid out. WORKAROUND: not by nextInFocusChain, which makes PySide take each widget of the window
        # for a child of this one: with the sheet they would be gone for Python.
        order = [one for one in self.findChildren(QWidget) if one.isVisibleTo(self) and one.isEnabled()]
        order = [one for one in order if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
        if order:
            focused = QApplication.focusWidget()
            at = order.index(focused) if focused in order else -1 if forward else 0
            reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
            order[(at + (1 if forward else -1)) % len(order)].setFocus(reason)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.color("scrim"))
        radius = self.theme.radius["dialog"]
        paint_shadow(painter, self.theme, QRectF(self.card.geometry()), radius, _SHADOW)


class _Content(QWidget):
    """As high as what is laid out in it, where there is the room; else it scrolls, to whatever gets the keyboard."""

    def __init__(self, theme: Theme, items: Sequence[Item]) -> None:
        super().__init__()
        self._inner = QWidget()
        column(*items, margins=(_PADDING, _PADDING, _PADDING, _RING), on=self._inner)
        self.area = scrolled(self._inner, "sheet_scroll")
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        OverlayScrollBar(theme, self.area)
        self.area.setParent(self)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._inner.installEventFilter(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._show_focused)
        self.area.verticalScrollBar().rangeChanged.connect(self._show_focused)

    def _show_focused(self) -> None:
        focused = QApplication.focusWidget()
        if focused is not None and self._inner.isAncestorOf(focused):
            self.area.ensureWidgetVisible(focused, 0, _AROUND_FOCUS)

    def heightForWidth(self, width: int) -> int:
        return self._inner.heightForWidth(width) if self._inner.hasHeightForWidth() else self.sizeHint().height()

    def sizeHint(self) -> QSize:
        return self._inner.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._inner.minimumSizeHint().boundedTo(QSize(self.maximumWidth(), _LEAST_CONTENT))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.area.setGeometry(self.rect())


class Question(Sheet):
    """A sentence, and whether to go on. Accepted by its one button; Esc and Cancel are the way back.

    The texts are made by whoever asks. With `kind` "danger" Enter presses Cancel.
    """

    def __init__(
        self, theme: Theme, parent: QWidget, title: str, sentence: str, action: str, *, kind: str = "primary"
    ) -> None:
        super().__init__(theme, parent, "question", title)
        self.setAccessibleDescription(sentence)
        cancel = cancel_button(self)
        go_on = Button(theme, kind, name="confirm_button", text=action)
        go_on.clicked.connect(self.accept)
        heading = Text(theme, "title", text=title, wrap=True)
        told = Text(theme, "body", "text.secondary", text=sentence, wrap=True)
        fill(self.body, over_buttons(theme, (heading, 8, told), button_row(cancel, go_on)))
        if kind == "danger":
            self.set_primary(cancel)
            cancel.setFocus(Qt.FocusReason.ShortcutFocusReason)  # with its ring: Enter is not the button in colour
        else:
            self.set_primary(go_on)
            go_on.setFocus()


def over_buttons(theme: Theme, content: Sequence[Item], buttons: QHBoxLayout) -> QVBoxLayout:
    """All of a sheet. Where the window is too low for it, the content scrolls and the buttons stay in sight."""
    buttons.setContentsMargins(_PADDING, _PADDING - _RING, _PADDING, _PADDING)
    return column(_Content(theme, content), buttons)


def button_row(*buttons: QWidget) -> QHBoxLayout:
    """At the right end of a sheet, the primary one last."""
    return row(SPRING, *buttons, gap=8)


def cancel_button(sheet: Sheet, text: str = "") -> Button:
    """The safe way out, as a button."""
    text = text or QCoreApplication.translate("Sheet", "Cancel")
    button = Button(sheet.theme, name="cancel_button", text=text)
    button.clicked.connect(sheet.reject)
    return button
