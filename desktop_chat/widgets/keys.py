"""Keys that mean something else in one place than where they are typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget


class Keys(QObject):
    """Of the keys that `widget` is about to get, those of `acts` ("Return", "Shift+Return") are acts instead; one that
    returns False leaves its key to the widget, and all do while it is not so as `when` says. "Return" is Enter too,
    wherever on the keyboard."""

    def __init__(
        self,
        widget: QWidget,
        acts: Mapping[str, Callable[[], object]],
        *,
        when: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(widget)
        self._when = when
        self._acts = acts
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = Qt.Key.Key_Return if event.key() == Qt.Key.Key_Enter else Qt.Key(event.key())
            modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            act = self._acts.get(QKeySequence(QKeyCombination(modifiers, key)).toString())
            return act is not None and self._when() and act() is not False
        return False
