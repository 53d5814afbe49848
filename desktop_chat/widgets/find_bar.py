"""Finding in one conversation, in what is kept on this computer: works without a connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chat_protocol.fold import Shown
from chat_protocol.limits import SEARCH_QUERY
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.controls import Field, IconButton, Text

MOST = 500
"""So many of the newest are found."""
_TYPING_MS = 120


class FindBar(QWidget):
    """`search` returns the messages that hold a query, newest first, at most MOST. Enter goes to the next older one,
    Shift+Enter back."""

    jumped = Signal(object)
    """To the `Ref` of a message."""
    marked = Signal(list)
    """Words to be marked wherever they are shown; empty: none."""
    closed = Signal()

    def __init__(self, theme: Theme, search: Callable[[str], Sequence[Shown]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("find_bar")
        self._theme = theme
        self._search = search
        self._hits: list[Shown] = []
        self._at = 0
        self._field = Field(theme, icon="search")
        self._field.setObjectName("find_field")
        self._field.setMaxLength(SEARCH_QUERY)
        self._count = Text(theme, "caption", "text.secondary", tabular=True)
        self._count.setObjectName("find_count")
        self._older = IconButton(theme, "chevron-up")
        self._older.setObjectName("find_older_button")
        self._newer = IconButton(theme, "chevron-down")
        self._newer.setObjectName("find_newer_button")
        self._close = IconButton(theme, "x")
        self._close.setObjectName("find_close_button")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space["16"], theme.space["8"], theme.space["12"], theme.space["8"] + 1)
        row.setSpacing(theme.space["4"])
        row.addWidget(self._field, 1)
        row.addSpacing(theme.space["8"])
        row.addWidget(self._count)
        row.addSpacing(theme.space["8"])
        for button in (self._older, self._newer, self._close):
            row.addWidget(button)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._look)
        self._field.textChanged.connect(lambda _text: self._typing.start())
        self._field.installEventFilter(self)
        self._older.clicked.connect(lambda: self.step(1))
        self._newer.clicked.connect(lambda: self.step(-1))
        self._close.clicked.connect(self.leave)
        theme.changed.connect(self.update)
        self._retranslate()
        self.hide()

    def open(self) -> None:
        self.show()
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def leave(self) -> None:
        """Nothing is marked any more."""
        if self.isVisible():
            self._typing.stop()
            self.hide()
            self._field.clear()
            self._typing.stop()
            self._show_hits([])
            self.closed.emit()

    def step(self, by: int) -> None:
        """To the next older hit (1) or the next newer one (-1), around the ends."""
        if self._typing.isActive():
            self._typing.stop()
            self._look()
        elif self._hits:
            self._at = (self._at + by) % len(self._hits)
            self._show_place()

    # --- inside -----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        query = self._field.text().strip()
        self._show_hits(self._search(query) if query else [])

    def _show_hits(self, hits: Sequence[Shown]) -> None:
        self._hits, self._at = list(hits), 0
        self.marked.emit(self._field.text().split() if hits else [])
        self._show_place()

    def _show_place(self) -> None:
        self._older.setEnabled(bool(self._hits))
        self._newer.setEnabled(bool(self._hits))
        self._say()
        if self._hits:
            self.jumped.emit(self._hits[self._at].ref)

    def _say(self) -> None:
        number = self.locale().toString
        if self._hits:
            most = number(len(self._hits)) + ("+" if len(self._hits) >= MOST else "")
            self._count.setText(self.tr("{place} of {count}").format(place=number(self._at + 1), count=most))
        else:
            self._count.setText(self.tr("Nothing found") if self._field.text().strip() else "")

    def _retranslate(self) -> None:
        self._field.setPlaceholderText(self.tr("Find in this conversation"))
        self._field.setAccessibleName(self.tr("Find in this conversation"))
        self._older.set_name(self.tr("Older"), "Enter")
        self._newer.set_name(self.tr("Newer"), "Shift+Enter")
        self._close.set_name(self.tr("Close"), "Esc")
        self._say()

    # --- Qt ---------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            match Qt.Key(event.key()):
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                    return True
                case Qt.Key.Key_Escape:
                    self.leave()
                    return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("bg.timeline"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.color("line"))
