"""One out of many, narrowed by typing: people to write to, rooms to enter, and the switcher."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_chat.models.contacts import Contact, Contacts
from desktop_chat.models.conversations import Conversation, Conversations
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.controls import Field, KeyHint, Text
from desktop_chat.widgets.people_list import Entry, PeopleList
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
        super().__init__(theme, parent, width=width, top=top)
        self.setObjectName("picker")
        self.setAccessibleName(title)
        self.picked: Entry | None = None
        self._find = find
        self._heading = Text(theme, "title", text=title)
        self._field = Field(theme, icon="search", tall=True)
        self._field.setObjectName("picker_field")
        self._field.setAccessibleName(hint)
        self._field.setPlaceholderText(hint)
        self._list = PeopleList(theme, "bg.raised", picks=True)
        self._list.setObjectName("picker_list")
        self._list.setAccessibleName(title)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._nothing = Text(theme, "body", "text.secondary", text=nothing)
        self._nothing.setObjectName("picker_nothing")
        self._nothing.setWordWrap(True)
        self._nothing.setContentsMargins(8, 4, 8, 4)
        self.body.addWidget(self._heading)
        self.body.addSpacing(theme.space["16"])
        self.body.addWidget(self._field)
        self.body.addSpacing(theme.space["8"])
        self.body.addWidget(self._nothing)
        self.body.addWidget(self._list)
        self.body.addSpacing(theme.space["16"])
        self.foot = button_row(theme, cancel_button(self))
        self.body.addLayout(self.foot)
        self._field.installEventFilter(self)
        self._field.textChanged.connect(self._on_text_changed)
        self._list.chosen.connect(self._take)
        self._on_text_changed("")
        # As high as what there is at first: nothing jumps while one types.
        rows = min(_ROWS, max(3, len(self._find(""))))
        self._list.setFixedHeight(rows * theme.size["personRow"])
        self._nothing.setFixedHeight(rows * theme.size["personRow"])
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._field.setFocus()

    def _on_text_changed(self, text: str) -> None:
        found = list(self._find(text.strip()))[:_MOST]
        self._list.show_entries(found)
        self._nothing.setVisible(not found)
        self._list.setVisible(bool(found))
        if found:
            self._list.choose(found[0].id)

    def _take(self, entry: Entry) -> None:
        self.picked = entry
        self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            match Qt.Key(event.key()):
                case Qt.Key.Key_Down:
                    self._list.step(1)
                    return True
                case Qt.Key.Key_Up:
                    self._list.step(-1)
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    current = self._list.current()
                    if current is not None:
                        self._take(current)
                    return True
        return super().eventFilter(watched, event)


class Switcher(Picker):
    """Mock-up 08: every conversation, and everybody whom one could write to. `target` is what was picked."""

    def __init__(self, theme: Theme, parent: QWidget, conversations: Conversations, contacts: Contacts) -> None:
        self._known: dict[str, Conversation | Contact] = {}
        self._conversations = conversations
        self._contacts = contacts
        super().__init__(
            theme,
            parent,
            self.tr("Conversations and people"),
            self.tr("Search or jump to…"),
            self.tr("Nothing here has that name."),
            self._look_up,
            width=560,
            top=104,
        )
        self.setObjectName("switcher")
        hints = QHBoxLayout()
        hints.setSpacing(theme.space["4"])
        for keys, what in (("↑ ↓", self.tr("choose")), ("Enter", self.tr("open")), ("Esc", self.tr("close"))):
            hints.addWidget(KeyHint(theme, keys))
            hints.addWidget(Text(theme, "caption", "text.secondary", text=what))
            hints.addSpacing(theme.space["12"])
        self.foot.insertLayout(0, hints)

    @property
    def target(self) -> Conversation | Contact | None:
        return None if self.picked is None else self._known.get(self.picked.id)

    def _look_up(self, query: str) -> list[Entry]:
        found: list[tuple[int, Entry]] = []
        written_to = set()
        for one in self._conversations.all():
            written_to.add(one.other)
            group = self._conversations.group(one.server)
            entry = Entry(
                f"{one.server} {one.log}",
                one.title,
                one.key,
                tag=self.tr("Draft") if one.draft else "",
                beside=group.title if group is not None and group.title != one.title else "",
                is_room=one.is_room,
                unread=one.unread,
                muted=one.muted,
                marked=matched(one.title, query),
            )
            self._known[entry.id] = one
            found.append((rank(entry, query), entry))
        for contact in self._contacts.all():
            if contact.member not in written_to and contact.servers and not contact.blocked:
                entry = Entry(contact.member, contact.name, contact.key, marked=matched(contact.name, query))
                self._known[entry.id] = contact
                found.append((rank(entry, query), entry))
        hits = [(place, entry) for place, entry in found if place >= 0]
        return [entry for _place, entry in sorted(hits, key=lambda one: one[0])]


def narrowed(entries: Sequence[Entry], query: str) -> list[Entry]:
    """Those that `query` is found in, the beginnings of names first."""
    ranked = [(rank(entry, query), entry) for entry in entries]
    hits = sorted((one for one in ranked if one[0] >= 0), key=lambda one: one[0])
    return [replace(entry, marked=matched(entry.name, query)) for _place, entry in hits]


def rank(entry: Entry, query: str) -> int:
    """0: the name begins with it, 1: a word of it, 2: it is somewhere in it; -1: it is not."""
    name, wanted = entry.name.casefold(), query.casefold()
    if name.startswith(wanted):
        return 0
    if f" {wanted}" in name:
        return 1
    return 2 if wanted in name or wanted in entry.beside.casefold() else -1


def matched(name: str, query: str) -> tuple[int, int]:
    """Where `query` stands in `name`; nowhere if case folding would shift it."""
    folded = name.casefold()
    at = folded.find(query.casefold()) if query and len(folded) == len(name) else -1
    return (at, at + len(query)) if at >= 0 else (0, 0)
