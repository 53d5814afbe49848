"""A quiet strip over what it is about: an icon, what happened, what it means, and at most one button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import SPRING, Placed, column, grown, row, top
from desktop_chat.widgets.controls import Button, IconButton, Text
from desktop_chat.widgets.part import Part
from desktop_chat.widgets.spoken import say, spoken_together

_LOOK_MS = 500
"""How often the seconds that are left are looked at."""
_TONES = {"warn": "text.warn", "info": "text.link", "danger": "text.danger"}
_RIGHT = Qt.AlignmentFlag.AlignRight


class Banner(Part):
    """Hidden until `show_about`. `tone` is warn, info or danger: the name of a `soft.*` colour."""

    acted = Signal()
    """The button was pressed."""

    def __init__(self, theme: Theme, name: str, *, can_close: bool = False) -> None:
        """The person may put one away that `can_close`."""
        super().__init__(theme, name, line="bottom")
        self._tone, self._icon = "warn", "info"
        self._seconds_left: Callable[[], int | None] | None = None
        self._title = Text(theme, "bodyStrong")
        self._sentence = Text(theme, "body", "text.secondary", wrap=True)
        self._button = Button(theme, name="banner_action", small=True)
        self._left = Text(theme, "caption", "text.secondary", name="banner_left", text=self._left_text, tabular=True)
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self._left.retranslate)
        close = IconButton(theme, "x", lambda: self.tr("Put away"), name="banner_close")
        act = column(Placed(self._button, at=_RIGHT), Placed(self._left, at=_RIGHT), SPRING, gap=4)
        texts = column(self._title, self._sentence)
        row(grown(texts), act, top(close), gap=12, margins=(46, 12, 16, 12), on=self)
        close.setVisible(can_close)
        close.clicked.connect(self.hide)
        self._button.clicked.connect(self.acted)
        self.hide()

    def show_about(
        self,
        tone: str,
        icon: str,
        title: str,
        sentence: str,
        action: str = "",
        seconds_left: Callable[[], int | None] | None = None,
    ) -> None:
        """`action` is what the button says; no words, no button. With `seconds_left` it is about what is tried again
        by itself: in so many seconds, or just now if that returns None."""
        self._tone, self._icon, self.fill = tone, icon, f"soft.{tone}"
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self._button.setText(action)
        self._button.set_icon("refresh-cw" if seconds_left is not None else "")
        self._button.setVisible(bool(action))
        self._seconds_left = seconds_left
        self._left.retranslate()
        self._left.setVisible(seconds_left is not None)
        said, before = spoken_together(title, sentence), self.accessibleName() if self.isVisible() else ""
        self.setAccessibleName(said)
        self.update()
        self.show()
        if said != before:
            say(self, said)

    def _left_text(self) -> str:
        if self._seconds_left is None:
            return ""
        left = self._seconds_left()
        return self.tr("trying now…") if left is None else self.tr("next try in %n s", "", left)

    def showEvent(self, event: QShowEvent) -> None:
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        side = self._theme.size["icon"]
        pixmap = self._theme.pixmap(self._icon, side, _TONES[self._tone], self.devicePixelRatioF())
        QPainter(self).drawPixmap(16, 13, pixmap)
