"""The keys of the bench. None of them works while a question lies over it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from desktop_chat.widgets.workbench import Workbench

_NUMBERS = 9


class WindowKeys(QObject):
    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._bind("Alt+Down", lambda: bench.open_neighbour(1))
        self._bind("Alt+Up", lambda: bench.open_neighbour(-1))
        self._bind("Alt+Shift+Down", lambda: bench.open_neighbour(1, unread=True))
        self._bind("Alt+Shift+Up", lambda: bench.open_neighbour(-1, unread=True))
        self._bind("F6", lambda: self._walk(1))
        self._bind("Shift+F6", lambda: self._walk(-1))
        self._bind("Ctrl+K", lambda: bench.begin.switch())
        self._bind("Ctrl+F", bench.find_here)
        self._bind("Ctrl+/", bench.show_keys)
        self._bind("Ctrl+Q", bench.window().close)
        for number in range(1, _NUMBERS + 1):
            self._bind(f"Ctrl+{number}", partial(bench.open_number, number))

    def _bind(self, keys: str, act: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self._bench)
        shortcut.activated.connect(lambda: None if self._bench.has_sheet() else act())

    def _walk(self, step: int) -> None:
        """To the pane that is so many further than the one that has the keyboard."""
        panes = self._bench.panes()
        if not panes:
            return
        focused = QApplication.focusWidget() or self._bench
        inside = [at for at, (pane, _) in enumerate(panes) if pane is focused or pane.isAncestorOf(focused)]
        at = (inside[-1] + step) % len(panes) if inside else 0
        _first_control(*panes[at]).setFocus(Qt.FocusReason.ShortcutFocusReason)


def _first_control(pane: QWidget, first: QWidget) -> QWidget:
    """What takes the keyboard in a pane: `first` if that is there, else the first in it."""
    named = first.focusProxy() or first
    if named.isVisible() and named.focusPolicy() != Qt.FocusPolicy.NoFocus:
        return named
    inside = (one for one in pane.findChildren(QWidget) if one.isVisible())
    return next((one for one in inside if one.focusPolicy() & Qt.FocusPolicy.TabFocus), pane)
