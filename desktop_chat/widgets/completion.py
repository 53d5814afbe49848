"""The list of people that opens while a name is typed after an @. The focus stays in the field."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import fill
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.floating import Floating
from desktop_chat.widgets.keys import Keys
from desktop_chat.widgets.people_list import PeopleList
from desktop_chat.widgets.spoken import say
from desktop_chat.widgets.text_edit import TextEdit

OFFERED = 8
"""So many people are offered at most."""
_WIDTH = 280
_EDGE = 4


class Completion(Floating):
    """Watches the keys of `field`: ↑ ↓ choose, Enter or Tab take, Esc closes; every other key goes to the field."""

    chosen = Signal(object)
    """The `Entry` that was taken."""

    def __init__(self, theme: Theme, anchor: QWidget, field: TextEdit) -> None:
        super().__init__(theme, anchor, "mention_completion")
        self._field = field
        self._list = PeopleList(
            theme,
            "bg.raised",
            name="mention_list",
            text=lambda: self.tr("People to mention"),
            fits=True,
            picks=True,
        )
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setFixedWidth(_WIDTH)
        fill(self.body, _EDGE, self._list, _EDGE)
        self._list.entered.connect(self._list.setCurrentIndex)
        self._list.chosen.connect(self._take)
        self._list.selectionModel().currentChanged.connect(self._announce)
        field.focused.connect(lambda has_focus: None if has_focus else self.hide())
        acts = {
            "Up": lambda: self._list.step(-1),
            "Down": lambda: self._list.step(1),
            "Return": lambda: self._take(self._list.current()),
            "Tab": lambda: self._take(self._list.current()),
            "Esc": self.hide,
        }
        Keys(field, acts, when=self.isVisible)

    def offer(self, people: Sequence[Entry]) -> None:
        """Shows the first of these, or closes if there are none."""
        if not people:
            self.hide()
            return
        self._list.show_entries(people[:OFFERED])
        self._list.choose(people[0].id)
        self.show_above()

    def _take(self, person: Entry | None) -> None:
        if person is not None:
            self.hide()
            self.chosen.emit(person)

    def _announce(self) -> None:
        say(self._field, self._list.spoken())
