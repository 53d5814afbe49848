"""Paints the rows of the conversation list: group heads and conversations, by the measures of the design."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QLocale, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from chat_protocol.ids import LogId
from desktop_chat.models.conversations import VALUE, Conversation, Group
from desktop_chat.store.contract import ServerId
from desktop_chat.theme.avatars import Presence as Dot
from desktop_chat.theme.avatars import paint_avatar, paint_presence
from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.badges import badge_width, count_text, paint_badge, paint_light
from desktop_chat.widgets.moments import short_when
from desktop_chat.widgets.presence import Presence
from desktop_chat.widgets.server_state import short_state

_INSET, _PADDING, _GAP = 8, 8, 12
_LINE = 20
_ELIDE = Qt.TextElideMode.ElideRight
translate = QCoreApplication.translate
AnyIndex = QModelIndex | QPersistentModelIndex


class ConversationDelegate(QStyledItemDelegate):
    """`now_ms` is the time by which days are told."""

    def __init__(self, theme: Theme, presence: Presence, now_ms: Callable[[], int], parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._presence = presence
        self._now_ms = now_ms
        self.shown: tuple[ServerId, LogId] | None = None
        """The conversation that is on screen."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        height = self._theme.size["groupHeader" if isinstance(index.data(VALUE), Group) else "row"]
        return QSize(self._theme.size["listMin"], height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        value = index.data(VALUE)
        if isinstance(value, Group):
            self._paint_group(painter, rect, value)
        elif isinstance(value, Conversation):
            self._paint_conversation(painter, rect, value, self._behind(option, value))
        if option.state & QStyle.StateFlag.State_HasFocus and option.state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QPen(self._theme.color("focus"), self._theme.size["focusWidth"]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = self._theme.radius["control"]
            painter.drawRoundedRect(rect.adjusted(_INSET + 1, 1, -_INSET - 1, -1), radius, radius)
        painter.restore()

    # --- inside -----------------------------------------------------------------------------------------------

    def _behind(self, option: QStyleOptionViewItem, one: Conversation) -> str:
        if option.state & QStyle.StateFlag.State_Sunken:
            return "row.pressed"
        if one.id == self.shown:
            return "row.selected"
        return "row.hover" if option.state & QStyle.StateFlag.State_MouseOver else "bg.list"

    def _paint_group(self, painter: QPainter, rect: QRectF, group: Group) -> None:
        left, right = rect.left() + 12, rect.right() - 16
        self._icon(painter, "chevron-right" if group.is_folded else "chevron-down", 12, "text.secondary", left, rect)
        left += 16
        if group.server is not None:
            light, words = short_state(group)
            paint_light(painter, QRectF(right - 8, rect.center().y() - 4, 8, 8), self._theme, light)
            right -= 14
            color = "text.danger" if light == "danger" else "text.warn" if light == "away" else "text.secondary"
            right -= self._right_text(painter, words, "caption", color, QRectF(left, rect.top(), right - left, 32)) + 6
        room = QRectF(left, rect.top(), right - left - (18 if group.is_own else 0), rect.height())
        used = self._text(painter, group_title(group), "captionStrong", "text.secondary", room)
        if group.is_own:
            self._icon(painter, "house", 12, "text.secondary", left + used + 6, rect)

    def _paint_conversation(self, painter: QPainter, rect: QRectF, one: Conversation, behind: str) -> None:
        theme = self._theme
        row = rect.adjusted(_INSET, 0, -_INSET, 0)
        if behind != "bg.list":
            painter.setPen(QPen(theme.color("line"), 1) if theme.is_contrast else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(behind))
            radius = theme.radius["control"]
            painter.drawRoundedRect(row, radius, radius)
        side = theme.size["avatarRow"]
        avatar = QRectF(row.left() + _PADDING, row.center().y() - side / 2, side, side)
        paint_avatar(painter, avatar, theme, one.key, one.title, one.is_room)
        if one.other is not None:
            is_here = one.other in self._presence.here(one.server)
            paint_presence(painter, avatar, theme, Dot.HERE if is_here else Dot.OFF, theme.color(behind))
        left = avatar.right() + _GAP
        right = row.right() - _PADDING
        top = row.center().y() - _LINE
        self._paint_first_line(painter, QRectF(left, top, right - left, _LINE), one)
        self._paint_second_line(painter, QRectF(left, top + _LINE, right - left, _LINE), one)

    def _paint_first_line(self, painter: QPainter, line: QRectF, one: Conversation) -> None:
        loud = one.unread > 0 and not one.muted
        if one.ts:
            when = short_when(one.ts, self._now_ms(), QLocale())
            style, color = ("captionStrong", "text.link") if loud else ("caption", "text.faint")
            line.setRight(line.right() - self._right_text(painter, when, style, color, line) - 6)
        if one.muted:
            self._icon(painter, "bell-off", 14, "text.faint", line.right() - 14, line)
            line.setRight(line.right() - 20)
        self._text(painter, one.title, "bodyStrong" if one.unread else "bodyMedium", "text", line)

    def _paint_second_line(self, painter: QPainter, line: QRectF, one: Conversation) -> None:
        if one.unread:
            line.setRight(line.right() - self._badge(painter, count_text(one.unread), line, muted=one.muted) - 6)
        if one.mentions:
            line.setRight(line.right() - self._badge(painter, "@", line) - 6)
        if one.waiting:
            self._icon(painter, "clock", 14, "text.secondary", line.right() - 14, line)
            line.setRight(line.right() - 20)
        if one.draft and one.id != self.shown:  # of the one on screen it stands in the composer
            used = self._text(painter, translate("ConversationList", "Draft:"), "body", "text.warn", line)
            line.setLeft(line.left() + used + 4)
            self._text(painter, one.draft, "body", "text.secondary", line)
            return
        self._text(painter, preview_of(one, short=True), "body", "text.secondary", line)

    def _text(self, painter: QPainter, text: str, style: str, color: str, rect: QRectF) -> float:
        """One line, cut with an ellipsis; returns the width that it took."""
        font = self._theme.font(style)
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(text.replace("\n", " "), _ELIDE, max(0.0, rect.width()))
        painter.setFont(font)
        painter.setPen(self._theme.color(color))
        draw_line(painter, rect, shown)
        return metrics.horizontalAdvance(shown)

    def _right_text(self, painter: QPainter, text: str, style: str, color: str, rect: QRectF) -> float:
        font = self._theme.font(style, tabular=True)
        width = QFontMetricsF(font).horizontalAdvance(text)
        painter.setFont(font)
        painter.setPen(self._theme.color(color))
        draw_line(painter, QRectF(rect.right() - width, rect.top(), width, rect.height()), text)
        return width

    def _badge(self, painter: QPainter, text: str, line: QRectF, *, muted: bool = False) -> float:
        """At the right end of `line`; returns the width that it took."""
        side = self._theme.size["badge"]
        width = side if text == "@" else badge_width(self._theme, text)
        rect = QRectF(line.right() - width, line.center().y() - side / 2, width, side)
        paint_badge(painter, rect, self._theme, text, muted=muted)
        return width

    def _icon(self, painter: QPainter, name: str, side: int, color: str, x: float, line: QRectF) -> None:
        ratio = painter.device().devicePixelRatioF()
        pixmap = self._theme.pixmap(name, side, color, ratio)
        painter.drawPixmap(QRectF(x, line.center().y() - side / 2, side, side).topLeft(), pixmap)


def group_title(group: Group) -> str:
    if group.server is None:
        return translate("ConversationList", "Favourites")
    return group.title or translate("ConversationList", "A server")


def preview_of(one: Conversation, *, short: bool = False) -> str:
    """The last message in one line, with who said it: if `short` by the first word of the name."""
    if not one.preview_by:
        return translate("ConversationList", "No messages yet")
    said = one.preview
    if one.preview_is_deleted:
        said = translate("ConversationList", "deleted a message")
    elif one.preview_is_hidden:
        said = translate("ConversationList", "a hidden message")
    if one.preview_is_mine:
        return translate("ConversationList", "You: {text}").format(text=said)
    if not one.is_room and not one.preview_is_deleted:
        return said
    name = (short and one.preview_by.partition(" ")[0]) or one.preview_by
    return translate("ConversationList", "{name}: {text}").format(name=name, text=said)
