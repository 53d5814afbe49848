"""The panes beside each other: rail, conversations, a page, details. In a narrow window one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QSplitter, QSplitterHandle, QStackedWidget, QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.list_pane import ListPane
from desktop_chat.widgets.main_window import NARROW
from desktop_chat.widgets.rail import Rail

WITH_DETAILS = 1100
"""Below it details take the place of the conversation."""
_NO_LIMIT = 16_777_215
_ALL_THE_REST = 10_000


class Panes(QWidget):
    """`pages` take turns; `details` stand beside those of them in `with_details`."""

    parted = Signal()
    """The person moved a line between panes."""
    narrow_changed = Signal(bool)
    details_changed = Signal(bool)
    """Whether details are to be seen now."""
    details_wanted = Signal(bool)
    """The person wants them, or no longer, where there is room beside the conversation."""

    def __init__(
        self,
        theme: Theme,
        rail: Rail,
        list_pane: ListPane,
        pages: Sequence[QWidget],
        details: QWidget,
        with_details: QWidget,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._rail = rail
        self._list_pane = list_pane
        self._details = details
        self._with_details = with_details
        self._is_narrow = False
        self._wants_details = False
        self._details_instead = False
        self._shows_page = False
        """In a narrow window: the page, not the list."""
        self.pages = QStackedWidget()
        for page in pages:
            self.pages.addWidget(page)
        self._splitter = Splitter(theme)
        self._splitter.setObjectName("panes")
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for part in (list_pane, self.pages, details):
            self._splitter.addWidget(part)
        self._splitter.setStretchFactor(1, 1)
        list_pane.setMaximumWidth(theme.size["listMax"])
        self._widths = theme.size["list"], theme.size["details"]
        details.hide()
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(rail)
        self._box.addWidget(self._splitter, 1)
        self._splitter.splitterMoved.connect(self._on_parted)

    @property
    def is_narrow(self) -> bool:
        return self._is_narrow

    @property
    def page(self) -> QWidget | None:
        return self.pages.currentWidget()

    @property
    def shows_details_instead(self) -> bool:
        """Details lie where the conversation was, for there is no room beside it."""
        return self._details_instead and self.page is self._with_details

    def show_page(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        self._shows_page = True
        self._arrange()

    def show_list(self) -> None:
        """In a narrow window, instead of the page."""
        self._shows_page = False
        self._arrange()

    def show_details(self, shown: bool) -> None:
        if self.width() < WITH_DETAILS:
            self._details_instead = shown
        elif shown != self._wants_details:
            self._wants_details = shown
            self.details_wanted.emit(shown)
        self._arrange()

    def widths(self) -> tuple[int, int] | None:
        """Of the conversations and the details; None in a narrow window, where they don't stand beside anything."""
        return None if self._is_narrow else self._widths

    def restore(self, widths: tuple[int, int] | None, *, wants_details: bool) -> None:
        """What `widths` returned, and the last `details_wanted`."""
        if widths is not None:
            self._widths = widths
        self._splitter.setSizes([self._widths[0], _ALL_THE_REST, self._widths[1]])
        self._wants_details = wants_details
        self._arrange()

    def _on_parted(self) -> None:
        conversations, _, details = self._splitter.sizes()
        self._widths = conversations or self._widths[0], details or self._widths[1]  # 0: hidden
        self.parted.emit()

    def _arrange(self) -> None:
        narrow, wide = self.width() < NARROW, self.width() >= WITH_DETAILS
        if narrow != self._is_narrow:
            self._turn(narrow)
        can_have_details = self.page is self._with_details
        details = can_have_details and (self._wants_details if wide else self._details_instead)
        instead = details and not wide
        page = not instead and (not narrow or self._shows_page)
        in_front = page or instead
        self._details.setVisible(details)
        self.pages.setVisible(page)
        self._list_pane.setVisible(not narrow or not in_front)
        self._rail.setVisible(not narrow or not (can_have_details and in_front))
        self.details_changed.emit(details)

    def _turn(self, narrow: bool) -> None:
        self._is_narrow = narrow
        focused = QApplication.focusWidget()
        if narrow and focused is not None and self.pages.isAncestorOf(focused):
            self._shows_page = True  # there the person is
        direction = QBoxLayout.Direction.BottomToTop if narrow else QBoxLayout.Direction.LeftToRight
        self._box.setDirection(direction)
        self._rail.set_narrow(narrow)
        self._list_pane.set_narrow(narrow)
        self._list_pane.setMaximumWidth(_NO_LIMIT if narrow else self._theme.size["listMax"])
        self.narrow_changed.emit(narrow)
        self._box.activate()  # at once: a turn later everything would be seen to jump

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._details_instead = False
        self._arrange()


class Splitter(QSplitter):
    """Beside each other, with a line between."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._theme = theme

    def createHandle(self) -> QSplitterHandle:
        return Handle(self._theme, self)


class Handle(QSplitterHandle):
    def __init__(self, theme: Theme, splitter: QSplitter) -> None:
        super().__init__(Qt.Orientation.Horizontal, splitter)
        self._theme = theme
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.color("line"))
