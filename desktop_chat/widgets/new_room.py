"""A new room: its name, and who may enter."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from chat_protocol import limits
from chat_protocol.events import Access
from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import Item, column, fill
from desktop_chat.widgets.controls import Button, Field, Pressable, Text
from desktop_chat.widgets.sheet import Sheet, button_row, cancel_button, over_buttons


class NewRoom(Sheet):
    """Accepted with a name. `servers` are titles, of which the first is chosen at first."""

    def __init__(self, theme: Theme, parent: QWidget, servers: Sequence[str]) -> None:
        title = self.tr("New room")
        super().__init__(theme, parent, "new_room_dialog", title)
        self._name = Field(
            theme,
            name="room_name_field",
            hint=self.tr("Name of the room"),
            icon="hash",
            most=limits.ROOM_NAME,
            tall=True,
        )
        self._private = Option(
            theme, "private_room_option", self.tr("Private"), self.tr("Only who is added or has an invite to it.")
        )
        self._open = Option(
            theme, "open_room_option", self.tr("Open"), self.tr("Every member of this server finds it and may enter.")
        )
        self._private.setChecked(True)
        self._servers = [Option(theme, "", one) for one in servers]
        make = Button(theme, "primary", name="make_room_button", text=self.tr("Make the room"))
        make.setEnabled(False)
        self.set_primary(make)
        content: list[Item] = [Text(theme, "title", text=title), 16]
        if len(servers) > 1:
            self._servers[0].setChecked(True)
            which = Text(theme, "captionStrong", "text.secondary", text=self.tr("On which server"))
            content += [which, 4, _group(*self._servers), 16]
        content += [self._name, 12, _group(self._private, self._open)]
        fill(self.body, over_buttons(theme, content, button_row(cancel_button(self), make)))
        self._name.textChanged.connect(lambda text: make.setEnabled(bool(text.strip())))
        make.clicked.connect(self.accept)
        self._name.setFocus()

    @property
    def name(self) -> str:
        return self._name.text().strip()

    @property
    def access(self) -> Access:
        return Access.OPEN if self._open.isChecked() else Access.PRIVATE

    @property
    def server(self) -> int:
        """Which of the servers."""
        return next((place for place, one in enumerate(self._servers) if one.isChecked()), 0)


class Option(Pressable):
    """One of several: a ring, a word, and what it means."""

    def __init__(self, theme: Theme, name: str, title: str, about: str = "") -> None:
        super().__init__(theme, theme.radius["control"], name=name, text=title)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAutoDefault(False)
        self.setAccessibleDescription(about)
        self._about = about

    def sizeHint(self) -> QSize:
        return QSize(240, 44 if self._about else 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, self._begin()
        ring = QRectF(1.75, 5.75 if self._about else (self.height() - 14) / 2, 14.5, 14.5)
        if self.isChecked():
            painter.setPen(QPen(theme.color("accent"), 5))
            painter.drawEllipse(ring.adjusted(1.75, 1.75, -1.75, -1.75))
        else:
            painter.setPen(QPen(theme.color("line.control"), 1.5))
            painter.drawEllipse(ring)
        text = QRectF(28, 2 if self._about else (self.height() - 20) / 2, self.width() - 28, 20)
        for said, style, color in ((self.text(), "bodyMedium", "text"), (self._about, "caption", "text.secondary")):
            painter.setFont(theme.font(style))
            painter.setPen(theme.color(color))
            shown = QFontMetricsF(painter.font()).elidedText(said, Qt.TextElideMode.ElideRight, text.width())
            draw_line(painter, text, shown)
            text.translate(0, 20)


def _group(*options: Option) -> QWidget:
    """Of which one is chosen."""
    group = QWidget()
    column(*options, gap=4, on=group)
    return group
