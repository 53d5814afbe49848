"""What stands where there is nothing to show: an icon, a title, a sentence and what to do next."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import SPRING, centred, column, row
from desktop_chat.widgets.controls import Button, Text
from desktop_chat.widgets.part import Part

_TONES = {"info": "text.link", "warn": "text.warn", "danger": "text.danger", "success": "text.success"}
_WIDTH, _TEXT_MARGIN = 328, 32


class IconTile(Part):
    """An icon on a soft square; `ink` and `fill` are names of colours."""

    def __init__(
        self,
        theme: Theme,
        side: int,
        icon_side: int,
        icon: str = "info",
        ink: str = "text.link",
        fill: str = "accent.soft",
    ) -> None:
        super().__init__(theme)
        self.setFixedSize(side, side)
        self._icon_side = icon_side
        self.show_icon(icon, ink, fill)

    def show_icon(self, icon: str, ink: str, fill: str) -> None:
        self._icon, self._ink, self._fill = icon, ink, fill
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_box(painter, self._theme, QRectF(self.rect()), 12, self._fill)
        pixmap = self._theme.pixmap(self._icon, self._icon_side, self._ink, self.devicePixelRatioF())
        at = (self.width() - self._icon_side) // 2
        painter.drawPixmap(at, at, pixmap)


class StatePage(Part):
    """Empty until `show_state`. `chosen` carries the name of the pressed button."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, name: str = "") -> None:
        super().__init__(theme, name)
        self._tile = IconTile(theme, 48, 24)
        self._title = Text(theme, "title", wrap=True)
        self._sentence = Text(theme, "body", "text.secondary", wrap=True)
        for text in (self._title, self._sentence):
            text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            text.setContentsMargins(_TEXT_MARGIN, 0, _TEXT_MARGIN, 0)
        self._named: dict[str, Button] = {}
        self._buttons = row(gap=8)
        # Of a fixed width, since the height of the texts follows from it.
        inner = QWidget()
        inner.setFixedWidth(_WIDTH)
        texts = (centred(self._tile), 16, self._title, 4, self._sentence)
        column(SPRING, *texts, 24, self._buttons, SPRING, margins=(0, 16, 0, 16), on=inner)
        row(SPRING, inner, SPRING, on=self)

    def show_state(
        self, icon: str, title: str, sentence: str, buttons: tuple[tuple[str, str], ...] = (), tone: str = "info"
    ) -> None:
        """`buttons` are (name, text); the first one is the primary one. `tone` names a `soft.*` colour."""
        self._tile.show_icon(icon, _TONES[tone], f"soft.{tone}")
        self._title.setText(title)
        self._sentence.setText(sentence)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        while (item := self._buttons.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._named = {}
        self._buttons.addStretch(1)
        for place, (name, text) in enumerate(buttons):
            kind = "plain" if place else "primary"
            button = Button(self._theme, kind, name=name, text=text, small=True, parent=self)
            button.clicked.connect(lambda _checked=False, name=name: self.chosen.emit(name))
            self._named[name] = button
            self._buttons.addWidget(button)
            button.show()
        self._buttons.addStretch(1)

    def rename(self, name: str, text: str) -> None:
        """The button called `name` says `text` from now on, if it is there."""
        button = self._named.get(name)
        if button is not None:
            button.setText(text)
