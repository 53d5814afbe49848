"""A new room: its name, and who may enter."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chat_protocol import limits
from chat_protocol.events import Access
from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.controls import Button, Field, Pressable, Text
from desktop_chat.widgets.sheet import Sheet, button_row, cancel_button


class NewRoom(Sheet):
    """Accepted with a name. `servers` are titles, of which the first is chosen at first."""

    def __init__(self, theme: Theme, parent: QWidget, servers: Sequence[str]) -> None:
        super().__init__(theme, parent)
        self.setObjectName("new_room_dialog")
        title = Text(theme, "title", text=self.tr("New room"))
        self.setAccessibleName(title.text())
        self._name = Field(theme, icon="hash", tall=True)
        self._name.setObjectName("room_name_field")
        self._name.setPlaceholderText(self.tr("Name of the room"))
        self._name.setAccessibleName(self.tr("Name of the room"))
        self._name.setMaxLength(limits.ROOM_NAME)
        self._open = Option(theme, self.tr("Open"), self.tr("Every member of this server finds it and may enter."))
        self._open.setObjectName("open_room_option")
        self._private = Option(theme, self.tr("Private"), self.tr("Only who is added or has an invite to it."))
        self._private.setObjectName("private_room_option")
        self._private.setChecked(True)
        make = Button(theme, "primary", text=self.tr("Make the room"))
        make.setObjectName("make_room_button")
        make.setEnabled(False)
        self.set_primary(make)
        cancel = cancel_button(self)
        self.body.addWidget(title)
        self.body.addSpacing(theme.space["16"])
        self._servers = [Option(theme, one, "") for one in servers]
        if len(servers) > 1:
            self.body.addWidget(Text(theme, "captionStrong", "text.secondary", text=self.tr("On which server")))
            self.body.addSpacing(theme.space["4"])
            self.body.addWidget(_group(self._servers))
            self._servers[0].setChecked(True)
            self.body.addSpacing(theme.space["16"])
        self.body.addWidget(self._name)
        self.body.addSpacing(theme.space["12"])
        self.body.addWidget(_group([self._private, self._open]))
        self.body.addSpacing(theme.space["24"])
        self.body.addLayout(button_row(cancel, make))
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

    def __init__(self, theme: Theme, title: str, about: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, theme.radius["control"], parent)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAutoDefault(False)
        self.setText(title)
        self.setAccessibleName(title)
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


def _group(options: Sequence[Option]) -> QWidget:
    """Of which one is chosen."""
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    for option in options:
        column.addWidget(option)
    return group
