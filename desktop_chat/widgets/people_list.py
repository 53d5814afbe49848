"""People, one row each: avatar, name, what there is to say of them."""

from __future__ import annotations

from collections.abc import Sequence, Set

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle

from chat_protocol.events import Role
from chat_protocol.ids import PEOPLE, MemberId
from desktop_chat.core.server import Server
from desktop_chat.models.kept import Kept
from desktop_chat.models.people import People, Person
from desktop_chat.models.rows import VALUE, Rows
from desktop_chat.theme.avatars import Presence, paint_avatar, paint_presence
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.badges import count_text
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.part import Words
from desktop_chat.widgets.rows import GAP, PADDING, Line, RowDelegate, RowList

translate = QCoreApplication.translate


def entry_of(person: Person, *, is_here: bool = False, is_away: bool = False) -> Entry:
    you = translate("People", "you") if person.is_me else ""
    named = person.public_name if person.public_name != person.name else you
    return Entry(person.member, person.name, person.key, role_text(person.role), named, is_here, is_away)


def here_entries(server: Server, here: Set[MemberId], kept: Kept) -> list[Entry]:
    """Of those members of a server who are there now."""
    everybody = People(server, PEOPLE, kept).all()
    return [entry_of(person, is_here=True) for person in everybody if person.member in here]


def role_text(role: Role) -> str:
    """How a role is called; empty for who is just a member."""
    match role:
        case Role.HOST:
            return translate("People", "Host")
        case Role.MODERATOR:
            return translate("People", "Moderator")
        case Role.NONE:
            return translate("People", "Left")
    return ""


class PeopleList(RowList):
    """Rows of 40. As high as its rows with `fits`, else it scrolls; `picks`: the current row is shown, also while the
    keyboard is elsewhere. Its values are `Entry`s."""

    def __init__(
        self,
        theme: Theme,
        behind: str,
        *,
        name: str = "",
        text: Words = "",
        fits: bool = False,
        picks: bool = False,
    ) -> None:
        self._fits = fits
        self._rows = Rows("name")
        self._delegate = _Delegate(theme, behind, shows_current=picks)
        super().__init__(theme, self._rows, self._delegate, _spoken, name=name, text=text)
        self.setUniformItemSizes(True)
        self.show_entries([])

    def show_entries(self, entries: Sequence[Entry]) -> None:
        current = self.current()
        self._rows.show(list(entries))
        if self._fits:
            self.setFixedHeight(len(entries) * self._theme.size["personRow"])
        if current is not None:
            self.choose(current.id)

    def current(self) -> Entry | None:
        entry = self.currentIndex().data(VALUE)
        return entry if isinstance(entry, Entry) else None

    def spoken(self) -> str:
        """The current row, as a screen reader says it; empty if there is none."""
        return str(self.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole) or "")

    def choose(self, id_: str) -> None:
        for row in range(self.model().rowCount()):
            index = self.model().index(row, 0)
            if index.data(VALUE).id == id_:
                self.setCurrentIndex(index)
                return

    def show_as_open(self, id_: str) -> None:
        """Who is shown beside the list, whatever row the keyboard is at; empty: nobody."""
        self._delegate.open = id_
        self.viewport().update()

    def step(self, by: int) -> None:
        """Makes the row `by` after the current one the current one, around the ends."""
        row = (self.currentIndex().row() + by) % max(1, self.model().rowCount())
        self.setCurrentIndex(self.model().index(row, 0))


def _spoken(entry: Entry) -> str:
    here = ""
    if entry.is_here:
        here = translate("People", "here now")
    elif entry.is_away:
        here = translate("People", "away")
    return ", ".join(part for part in (entry.name, entry.beside, entry.tag, here) if part)


class _Delegate(RowDelegate):
    open = ""

    def behind(self, value: Entry, state: QStyle.StateFlag) -> str:
        return "row.selected" if value.id == self.open else super().behind(value, state)

    def paint_row(self, painter: QPainter, row: QRectF, value: Entry, behind: str) -> None:
        theme = self._theme
        line = Line(painter, theme, row.adjusted(PADDING, 0, -PADDING, 0), gap=GAP)
        avatar = line.square(theme.size["avatarPerson"])
        paint_avatar(painter, avatar, theme, value.key, value.name, value.is_room)
        if value.is_here or value.is_away:
            dot = Presence.HERE if value.is_here else Presence.OFF
            paint_presence(painter, avatar, theme, dot, theme.color(behind))
        line.gap = 8
        if value.unread:
            line.badge_at_end(count_text(value.unread), muted=value.muted)
        if value.tag:
            line.text_at_end(value.tag, "caption", "text.secondary")
        line.gap = 4
        line.text(value.name, "bodyMedium", "text", marked=value.marked)
        ink = "text" if any(value.marked_beside) else "text.faint"  # which is too faint on a mark
        line.text(value.beside, "body", ink, marked=value.marked_beside)
