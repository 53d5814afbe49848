"""Paints the rows of the conversation list: group heads and conversations, by the measures of the design."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QLocale, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle

from chat_protocol.ids import LogId
from desktop_chat.models.conversations import Conversation, Group
from desktop_chat.store.contract import ServerId
from desktop_chat.theme.avatars import Presence as Dot
from desktop_chat.theme.avatars import paint_avatar, paint_presence
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.badges import count_text, paint_light
from desktop_chat.widgets.moments import short_when
from desktop_chat.widgets.presence import Presence
from desktop_chat.widgets.rows import GAP, PADDING, Line, RowDelegate
from desktop_chat.widgets.server_state import short_state

_LINE = 20
translate = QCoreApplication.translate


class ConversationDelegate(RowDelegate):
    """`now_ms` is the time by which days are told."""

    def __init__(self, theme: Theme, presence: Presence, now_ms: Callable[[], int]) -> None:
        super().__init__(theme, "bg.list")
        self._presence = presence
        self._now_ms = now_ms
        self.shown: tuple[ServerId, LogId] | None = None
        """The conversation that is on screen."""

    def height(self, value: Group | Conversation) -> int:
        return self._theme.size["groupHeader" if isinstance(value, Group) else "row"]

    def behind(self, value: Group | Conversation, state: QStyle.StateFlag) -> str:
        if isinstance(value, Group):
            return self._behind
        if state & QStyle.StateFlag.State_Sunken:
            return "row.pressed"
        return "row.selected" if value.id == self.shown else super().behind(value, state)

    def paint_row(self, painter: QPainter, row: QRectF, value: Group | Conversation, behind: str) -> None:
        if isinstance(value, Group):
            self._paint_group(painter, row.adjusted(4, 0, -8, 0), value)
        else:
            self._paint_conversation(painter, row.adjusted(PADDING, 0, -PADDING, 0), value, behind)

    # --- inside -----------------------------------------------------------------------------------------------

    def _paint_group(self, painter: QPainter, room: QRectF, group: Group) -> None:
        line = Line(painter, self._theme, room, gap=4)
        line.icon("chevron-right" if group.is_folded else "chevron-down", 12, "text.secondary")
        line.gap = 6
        if group.server is not None:
            light, words = short_state(group)
            paint_light(painter, line.square_at_end(8), self._theme, light)
            color = "text.danger" if light == "danger" else "text.warn" if light == "away" else "text.secondary"
            line.text_at_end(words, "caption", color)
        house = 18 if group.is_own else 0
        line.text(group_title(group), "captionStrong", "text.secondary", spare=house)
        if group.is_own:
            line.icon("house", 12, "text.secondary")

    def _paint_conversation(self, painter: QPainter, room: QRectF, one: Conversation, behind: str) -> None:
        theme = self._theme
        side = theme.size["avatarRow"]
        avatar = QRectF(room.left(), room.center().y() - side / 2, side, side)
        paint_avatar(painter, avatar, theme, one.key, one.title, one.is_room)
        if one.other is not None and self._presence.is_known(one.server):
            is_here = one.other in self._presence.here(one.server)
            paint_presence(painter, avatar, theme, Dot.HERE if is_here else Dot.OFF, theme.color(behind))
        room.setLeft(avatar.right() + GAP)
        first = QRectF(room.left(), room.center().y() - _LINE, room.width(), _LINE)
        self._paint_first_line(Line(painter, theme, first), one)
        self._paint_second_line(Line(painter, theme, first.translated(0, _LINE)), one)

    def _paint_first_line(self, line: Line, one: Conversation) -> None:
        if one.ts:
            when = short_when(one.ts, self._now_ms(), QLocale())
            loud = one.unread > 0 and not one.muted
            line.text_at_end(when, *(("captionStrong", "text.link") if loud else ("caption", "text.faint")))
        if one.muted:
            line.icon_at_end("bell-off", 14, "text.faint")
        line.text(one.title, "bodyStrong" if one.unread else "bodyMedium", "text")

    def _paint_second_line(self, line: Line, one: Conversation) -> None:
        if one.unread:
            line.badge_at_end(count_text(one.unread), muted=one.muted)
        if one.mentions:
            line.badge_at_end("@")
        if one.waiting:
            line.icon_at_end("clock", 14, "text.secondary")
        line.gap = 4
        said = preview_of(one, short=True)
        if one.draft and one.id != self.shown:  # of the one on screen it stands in the composer
            line.text(translate("ConversationList", "Draft:"), "body", "text.warn")
            said = one.draft
        line.text(said, "body", "text.secondary")


def group_title(group: Group) -> str:
    if group.server is None:
        return translate("ConversationList", "Favourites")
    return group.title or translate("ConversationList", "A server")


def preview_of(one: Conversation, *, short: bool = False) -> str:
    """The last message in one line, with who said it: if `short` by the first word of the name, with its number."""
    if not one.preview_by:
        return translate("ConversationList", "No messages yet")
    said = one.preview
    if one.preview_is_deleted:
        said = translate("ConversationList", "deleted a message")
    elif one.preview_is_hidden:
        said = translate("ConversationList", "a hidden message")
    elif one.preview_is_unknown:
        said = translate("ConversationList", "a message of a newer version")
    if one.preview_is_mine:
        return translate("ConversationList", "You: {text}").format(text=said)
    if not one.is_room and not one.preview_is_deleted:
        return said
    name = (short and _first_word(one.preview_by)) or one.preview_by
    return translate("ConversationList", "{name}: {text}").format(name=name, text=said)


def _first_word(name: str) -> str:
    """A number behind it tells "Ann 2" from "Ann": a server offers such a name to whoever is the second."""
    first, _, rest = name.partition(" ")
    return name if rest.isdecimal() else first
