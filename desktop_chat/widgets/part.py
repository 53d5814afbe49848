"""What every part of the window has in common: it repaints with the theme, and says its texts in the language."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.theme import Theme

Words = str | Callable[[], str]
"""A text of a control. What follows the language, or what is shown, is given as what makes it."""

if TYPE_CHECKING:
    _Widget = QWidget
else:
    _Widget = object


def said(words: Words) -> str:
    return words if isinstance(words, str) else words()


class Worded(_Widget):
    """Goes before the class of Qt. `retranslate` sets what it says: to be called when all is there, and whenever that
    changes; when the language changes, it is called again."""

    def retranslate(self) -> None:
        """Nothing to say."""

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


class Part(Worded, QWidget):
    """Filled with the colour `fill`, with a line of one pixel at its `line`: "top" or "bottom". Without, transparent.

    Colours are named; a subclass may take another one by `fill`."""

    def __init__(
        self, theme: Theme, name: str = "", *, fill: str = "", line: str = "", parent: QWidget | None = None
    ) -> None:
        """`name` is its objectName."""
        super().__init__(parent)
        self.setObjectName(name)
        self._theme = theme
        self.fill = fill
        self._line = line
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.fill:
            painter.fillRect(self.rect(), self._theme.color(self.fill))
        if self._line:
            y = 0 if self._line == "top" else self.height() - 1
            painter.fillRect(0, y, self.width(), 1, self._theme.color("line"))


class Head(Part):
    """The head of a pane: as high as that of every other one, with a line below."""

    def __init__(self, theme: Theme, fill: str, name: str = "") -> None:
        super().__init__(theme, name, fill=fill, line="bottom")
        self.setFixedHeight(theme.size["header"])
