"""Finding in one conversation, in what is kept on this computer: works without a connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal

from chat_protocol.fold import Shown
from chat_protocol.limits import SEARCH_QUERY
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import grown, row
from desktop_chat.widgets.controls import Field, IconButton, Text
from desktop_chat.widgets.keys import Keys
from desktop_chat.widgets.part import Part
from desktop_chat.widgets.spoken import spoken_together

MOST = 500
"""So many of the newest are found."""
_TYPING_MS = 120
_SAID = 200
"""So many characters of a hit are spoken."""


class FindBar(Part):
    """`search` returns the messages that hold a query, newest first, at most MOST. Enter goes to the next older one,
    Shift+Enter back."""

    jumped = Signal(object)
    """To the `Ref` of a message."""
    marked = Signal(str)
    """The query whose hits are to be marked wherever they are shown; empty: none."""
    closed = Signal()

    def __init__(self, theme: Theme, search: Callable[[str], Sequence[Shown]]) -> None:
        super().__init__(theme, "find_bar", fill="bg.timeline", line="bottom")
        self._search = search
        self._hits: list[Shown] = []
        self._at = 0
        self._field = Field(
            theme,
            name="find_field",
            hint=lambda: self.tr("Find in this conversation"),
            icon="search",
        )
        self._count = Text(theme, "caption", "text.secondary", name="find_count", text=self._count_text, tabular=True)
        self._older = IconButton(theme, "chevron-up", lambda: self.tr("Older"), name="find_older_button", keys="Enter")
        self._newer = IconButton(
            theme, "chevron-down", lambda: self.tr("Newer"), name="find_newer_button", keys="Shift+Enter"
        )
        close = IconButton(theme, "x", lambda: self.tr("Close"), name="find_close_button", keys="Esc")
        buttons = (self._older, self._newer, close)
        row(grown(self._field), 8, self._count, 8, *buttons, gap=4, margins=(16, 8, 12, 9), on=self)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._look)
        self._field.textChanged.connect(lambda _text: self._typing.start())
        steps = {"Return": lambda: self.step(1), "Shift+Return": lambda: self.step(-1), "Esc": self.leave}
        Keys(self._field, steps)
        self._older.clicked.connect(lambda: self.step(1))
        self._newer.clicked.connect(lambda: self.step(-1))
        close.clicked.connect(self.leave)
        self.hide()

    def open(self) -> None:
        self.show()
        # Whatever moves its cursor comes behind the focus: else a screen reader passes over the field.
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._field.setMaxLength(SEARCH_QUERY)
        self._field.selectAll()

    def leave(self) -> None:
        """Nothing is marked any more."""
        if self.isVisible():
            self._typing.stop()
            self.hide()
            self._field.clear()
            self._typing.stop()
            self._show_hits([], "")
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
        self._show_hits(self._search(query) if query else [], query)

    def _show_hits(self, hits: Sequence[Shown], query: str) -> None:
        self._hits, self._at = list(hits), 0
        self.marked.emit(query if hits else "")
        self._show_place()

    def _show_place(self) -> None:
        self._older.setEnabled(bool(self._hits))
        self._newer.setEnabled(bool(self._hits))
        self._count.retranslate()
        if self._hits:
            self.jumped.emit(self._hits[self._at].ref)
        if self.isVisible():
            found = self._hits[self._at].said[:_SAID] if self._hits else ""
            self._field.setAccessibleDescription(spoken_together(self._count.text(), found))  # a change of it is spoken

    def _count_text(self) -> str:
        number = self.locale().toString
        if self._hits:
            most = number(len(self._hits)) + ("+" if len(self._hits) >= MOST else "")
            return self.tr("{place} of {count}").format(place=number(self._at + 1), count=most)
        return self.tr("Nothing found") if self._field.text().strip() else ""
