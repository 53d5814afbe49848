"""One out of many, narrowed by typing: people to write to, rooms to enter, and the switcher."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QWidget

from desktop_chat.models.contacts import Contact, Contacts
from desktop_chat.models.conversations import Conversation, Conversations
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import column, fill, row
from desktop_chat.widgets.controls import Field, KeyHint, Text
from desktop_chat.widgets.entries import Entry, narrowed
from desktop_chat.widgets.keys import Keys
from desktop_chat.widgets.people_list import PeopleList
from desktop_chat.widgets.sheet import Sheet, button_row, cancel_button

_ROWS = 8
_MOST = 50


class Picker(Sheet):
    """`find` says what there is for what was typed. Accepted with `picked`: ↑ ↓ choose, Enter takes, Esc leaves."""

    def __init__(
        self,
        theme: Theme,
        parent: QWidget,
        title: str,
        hint: str,
        nothing: str,
        find: Callable[[str], Sequence[Entry]],
        *,
        width: int = 440,
        top: int | None = None,
    ) -> None:
        """`hint` stands in the empty field, `nothing` where nothing was found."""
        super().__init__(theme, parent, "picker", title, width=width, top=top)
        self.picked: Entry | None = None
        self._find = find
        self._field = Field(theme, name="picker_field", hint=hint, icon="search", tall=True)
        self._list = PeopleList(theme, "bg.raised", name="picker_list", text=title, picks=True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._nothing = Text(theme, "body", "text.secondary", name="picker_nothing", text=nothing, wrap=True)
        self._nothing.setContentsMargins(8, 4, 8, 4)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.foot = button_row(cancel_button(self))
        self._found = _Found(self._nothing, self._list)
        heading = Text(theme, "title", text=title)
        fill(self.body, column(heading, 16, self._field, 8, self._found, 16, self.foot, margins=24))
        Keys(
            self._field,
            {
                "Down": lambda: self._step(1),
                "Up": lambda: self._step(-1),
                "Return": lambda: self._take(self._list.current()),
            },
        )
        self._field.textChanged.connect(self._on_text_changed)
        self._list.chosen.connect(self._take)
        self._on_text_changed("")
        rows = min(_ROWS, max(3, self._list.model().rowCount()))
        self._found.want(rows * theme.size["personRow"], theme.size["personRow"])
        self._field.setFocus()

    def _on_text_changed(self, text: str) -> None:
        found = list(self._find(text.strip()))[:_MOST]
        self._list.show_entries(found)
        self._nothing.setVisible(not found)
        self._list.setVisible(bool(found))
        if found:
            self._list.choose(found[0].id)
        self._say_choice()

    def _step(self, by: int) -> None:
        self._list.step(by)
        self._say_choice()

    def _say_choice(self) -> None:
        """The keyboard stays in the field, and of that a change is spoken."""
        self._field.setAccessibleDescription(self._list.spoken() or self._nothing.text())

    def _take(self, entry: Entry | None) -> None:
        if entry is not None:
            self.picked = entry
            self.accept()


class _Found(QWidget):
    """As high as what there is at first, whatever is found: nothing jumps while one types. In a low window it is what
    gives way."""

    def __init__(self, nothing: QWidget, found: QWidget) -> None:
        super().__init__()
        column(nothing, found, on=self)
        self._height = self._least = 0

    def want(self, height: int, least: int) -> None:
        self._height, self._least = height, least
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return False

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._least)


class Switcher(Picker):
    """Mock-up 08: every conversation, and everybody whom one could write to. `target` is what was picked."""

    def __init__(self, theme: Theme, parent: QWidget, conversations: Conversations, contacts: Contacts) -> None:
        self._known: dict[str, Conversation | Contact] = {}
        entries = [*self._of_conversations(conversations), *self._of_contacts(contacts)]
        super().__init__(
            theme,
            parent,
            self.tr("Conversations and people"),
            self.tr("Search or jump to…"),
            self.tr("Nothing here has that name."),
            lambda query: narrowed(entries, query),
            width=560,
            top=104,
        )
        self.setObjectName("switcher")
        hints = row(gap=4)
        for keys, what in (("↑ ↓", self.tr("choose")), ("Enter", self.tr("open")), ("Esc", self.tr("close"))):
            fill(hints, KeyHint(theme, keys), Text(theme, "caption", "text.secondary", text=what), 12)
        self.foot.insertLayout(0, hints)

    @property
    def target(self) -> Conversation | Contact | None:
        return None if self.picked is None else self._known.get(self.picked.id)

    def _of_conversations(self, conversations: Conversations) -> list[Entry]:
        entries = []
        for one in conversations.all():
            group = conversations.group(one.server)
            entry = Entry(
                f"{one.server} {one.log}",
                one.title,
                one.key,
                tag=self.tr("Draft") if one.draft else "",
                beside=group.title if group is not None and group.title != one.title else "",
                is_room=one.is_room,
                unread=one.unread,
                muted=one.muted,
            )
            self._known[entry.id] = one
            entries.append(entry)
        return entries

    def _of_contacts(self, contacts: Contacts) -> list[Entry]:
        """Those with whom there are no direct messages yet."""
        written_to = {one.other for one in self._known.values() if isinstance(one, Conversation)}
        others = [one for one in contacts.all() if one.member not in written_to and one.servers and not one.blocked]
        self._known.update((one.member, one) for one in others)
        return [Entry(one.member, one.name, one.key) for one in others]
