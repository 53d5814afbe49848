"""Draws one row. It decides nothing: the layout says where things are, the theme what they look like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from desktop_chat.models.persons import Person
from desktop_chat.theme.avatars import paint_avatar
from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline import words
from desktop_chat.timeline.bubble import Hit, Label, Part, Pill, RowLayout
from desktop_chat.timeline.layouts import MarkKind
from desktop_chat.timeline.metrics import Metrics

_AVATARS = 200
"""Drawn once and kept, up to so many."""


class RowState(NamedTuple):
    """What a row looks like just now, beside what it holds."""

    selection: tuple[int, int] | None = None
    found: Sequence[tuple[int, int]] = ()
    """Words that were searched for."""
    hover: Hit | None = None
    flash: float = 0.0
    """1: somebody just jumped here; 0: no longer to be seen."""


class RowPainter:
    def __init__(self, theme: Theme, metrics: Metrics) -> None:
        self._theme = theme
        self._m = metrics
        self._avatars: dict[tuple[bytes, str, float], QPixmap] = {}

    def paint(
        self, painter: QPainter, row: RowLayout, column: QRectF, band: QRectF, state: RowState, today: date
    ) -> None:
        """Draws `row` with its top left at that of `column`; `band` is the whole line from edge to edge."""
        theme, content = self._theme, row.content
        at = column.topLeft()
        if state.flash:
            flash = QColor(theme.color("accent.soft"))
            flash.setAlphaF(state.flash)
            painter.fillRect(band, flash)
        if row.date_top is not None:
            self.paint_date(painter, column.center().x(), at.y() + row.date_top, words.day(content.at.date(), today))
        if row.line_top is not None:
            text = QCoreApplication.translate("Timeline", "New messages")
            self._line(painter, column, at.y() + row.line_top, text, "text.link", "mark.accent")
        if row.resting_top is not None:
            self._line(painter, column, at.y() + row.resting_top, content.line, "text.secondary", "line", "moon-star")
        hue = theme.avatar_hue(content.author.key).name
        if row.avatar is not None:
            self._avatar(painter, row.avatar.translated(at), content.author)
        self._bubble(painter, row, at)
        self._quote(painter, row, at)
        self._text(painter, row, at, state)
        dpr = painter.device().devicePixelRatioF()
        for label in row.labels:
            self._label(painter, label, at, hue)
        for icon in row.icons:
            pixmap = theme.pixmap(icon.name, int(icon.rect.width()), icon.color, dpr)
            painter.drawPixmap(icon.rect.translated(at).topLeft(), pixmap)
        if row.show_all is not None:
            self._label(painter, row.show_all, at, hue)
        for pill in row.pills:
            self._pill(painter, pill, at)
        if row.refusal is not None:
            painter.setPen(theme.color("text.danger"))
            row.refusal.draw(painter, at + row.refusal_at, band)
            for label, _ in row.deeds:
                self._label(painter, label, at, hue)

    def _avatar(self, painter: QPainter, rect: QRectF, author: Person) -> None:
        dpr = painter.device().devicePixelRatioF()
        key = author.key, author.name, dpr
        avatar = self._avatars.get(key)
        if avatar is None:
            if len(self._avatars) >= _AVATARS:
                self._avatars.clear()
            avatar = self._avatars[key] = QPixmap(rect.size().toSize() * dpr)
            avatar.setDevicePixelRatio(dpr)
            avatar.fill(Qt.GlobalColor.transparent)
            with QPainter(avatar) as on_avatar:
                whole = QRectF(0, 0, rect.width(), rect.height())
                paint_avatar(on_avatar, whole, self._theme, author.key, author.name, False)
        painter.drawPixmap(rect.topLeft(), avatar)

    def paint_placeholder(self, painter: QPainter, column: QRectF) -> None:
        """A row that is not here yet: where a message will stand, and no guess at what it says."""
        m = self._m
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("bg.sunken"))
        top = column.top() + m.pad
        painter.drawEllipse(QRectF(column.left(), top, m.avatar, m.avatar))
        height = max(float(m.line), column.height() - m.pad)
        width = min(float(m.bubble_max), column.width() - m.gutter - m.free_right) * 2 / 3
        painter.drawRoundedRect(QRectF(column.left() + m.gutter, top, width, height), m.radius, m.radius)

    def paint_ring(self, painter: QPainter, bubble: QRectF) -> None:
        """Around the message that keys act on; over its neighbours, which are nearer than the ring is wide."""
        width = self._theme.size["focusWidth"]
        out = self._theme.size["focusGap"] + width
        ring = bubble.adjusted(-out, -out, out, out)
        paint_box(painter, self._theme, ring, self._m.radius + out, edge="focus", width=width)

    def paint_date(self, painter: QPainter, center: float, top: float, text: str, *, floats: bool = False) -> QRectF:
        """A date on a pill; one that floats lies above the messages. Returns its place."""
        m, theme = self._m, self._theme
        width = m.advance("captionStrong", text) + 2 * m.pad
        rect = QRectF(round(center - width / 2), top, width, m.pill)
        fill, edge = "bg.raised" if floats else "bg.sunken", "line" if floats or theme.is_contrast else ""
        paint_box(painter, theme, rect, m.pill / 2, fill, edge)
        self._label(painter, Label(rect.adjusted(m.pad, 0, 0, 0), text, "captionStrong", "text.secondary"))
        return rect

    def _line(
        self, painter: QPainter, column: QRectF, top: float, text: str, ink: str, line: str, icon: str = ""
    ) -> None:
        """Words in the middle of a line across the column."""
        m, theme = self._m, self._theme
        before = m.mark + m.small if icon else 0
        width = m.advance("captionStrong", text) + before
        left = round(column.center().x() - width / 2)
        if icon:
            pixmap = theme.pixmap(icon, m.mark, ink, painter.device().devicePixelRatioF())
            painter.drawPixmap(QPointF(left, top + (m.caption_line - m.mark) / 2), pixmap)
        self._label(painter, Label(QRectF(left + before, top, width, m.caption_line), text, "captionStrong", ink))
        color = QColor(theme.color(line))
        if line == "mark.accent":
            color.setAlphaF(0.5)
        y, right = round(top + m.caption_line / 2), left + width
        painter.fillRect(QRectF(column.left(), y, left - m.pad - column.left(), 1), color)
        painter.fillRect(QRectF(right + m.pad, y, column.right() - right - m.pad, 1), color)

    # --- the bubble

    def _bubble(self, painter: QPainter, row: RowLayout, at: QPointF) -> None:
        theme, content = self._theme, row.content
        other = "bubble.mention" if content.names_me else "bubble.other"
        fill = "bubble.own" if content.is_own else other
        edge = "bubble.ownLine" if content.is_own else "line"
        painter.setPen(QPen(theme.color(edge), 1) if theme.is_contrast else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(fill))
        rect = row.bubble.translated(at)
        # A line of one pixel lies between the edges of pixels, not on them.
        painter.drawPath(self._shape(row, rect.adjusted(0.5, 0.5, -0.5, -0.5) if theme.is_contrast else rect))

    def _shape(self, row: RowLayout, rect: QRectF) -> QPainterPath:
        """Inside a run the corners on the author's side are small where two bubbles touch."""
        big, small = float(self._m.radius), float(self._m.radius_small)
        decoration, is_own = row.content.decoration, row.content.is_own
        above = big if decoration.first_of_run else small
        below = big if decoration.last_of_run else small
        top_left, top_right = (big, above) if is_own else (above, big)
        bottom_left, bottom_right = (big, below) if is_own else (below, big)
        left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
        path = QPainterPath(QPointF(left + top_left, top))
        path.lineTo(right - top_right, top)
        path.arcTo(right - 2 * top_right, top, 2 * top_right, 2 * top_right, 90, -90)
        path.lineTo(right, bottom - bottom_right)
        path.arcTo(right - 2 * bottom_right, bottom - 2 * bottom_right, 2 * bottom_right, 2 * bottom_right, 0, -90)
        path.lineTo(left + bottom_left, bottom)
        path.arcTo(left, bottom - 2 * bottom_left, 2 * bottom_left, 2 * bottom_left, -90, -90)
        path.lineTo(left, top + top_left)
        path.arcTo(left, top, 2 * top_left, 2 * top_left, 180, -90)
        return path

    def _quote(self, painter: QPainter, row: RowLayout, at: QPointF) -> None:
        quote = row.content.quote
        if row.quote is None or row.quote_name is None or row.quote_text is None or quote is None:
            return
        m, theme = self._m, self._theme
        hue = theme.avatar_hue(quote.key).name
        rect = row.quote.translated(at)
        shape = QPainterPath()
        shape.addRoundedRect(rect, m.radius_small, m.radius_small)
        painter.fillPath(shape, theme.color("accent.softHover" if row.content.is_own else "bg.raised"))
        painter.save()
        painter.setClipRect(QRectF(rect.left(), rect.top(), m.hair, rect.height()), Qt.ClipOperation.IntersectClip)
        painter.fillPath(shape, hue)
        painter.restore()
        self._label(painter, row.quote_name, at, hue)
        self._label(painter, row.quote_text, at, hue)

    # --- the text and its marks

    def _text(self, painter: QPainter, row: RowLayout, at: QPointF, state: RowState) -> None:
        text, theme = row.text, self._theme
        if text is None:
            return
        origin = at + row.text_at
        # Of a text that is higher than the screen only what is seen is gone through.
        clip = QRectF(painter.window()).translated(-origin)
        for start, end in state.found:
            self._fill(painter, text.rects(start, end, clip), origin, "mark.highlight")
        if state.selection is not None:
            self._fill(painter, text.rects(*state.selection, clip), origin, "selection")
        for mark in text.marks:
            if mark.kind is MarkKind.MENTION:
                self._mention(painter, text.rects(mark.start, mark.end, clip), origin, row.content.is_own)
            elif mark.kind is MarkKind.LINK and state.hover == Hit(Part.LINK, mark.url):
                under = [QRectF(r.left(), r.bottom() - 3, r.width(), 1) for r in text.rects(mark.start, mark.end, clip)]
                self._fill(painter, under, origin, "text.link")
        painter.setPen(theme.color("text.faint" if row.content.is_deleted or row.content.is_unknown else "text"))
        if row.content.towers:
            # Marks heaped on letters reach far out of their line; they stay in their bubble.
            painter.save()
            painter.setClipRect(row.bubble.translated(at), Qt.ClipOperation.IntersectClip)
            text.draw(painter, origin, clip.translated(origin))
            painter.restore()
        else:
            text.draw(painter, origin, clip.translated(origin))

    def _fill(self, painter: QPainter, rects: Sequence[QRectF], at: QPointF, color: str) -> None:
        for rect in rects:
            painter.fillRect(rect.translated(at), self._theme.color(color))

    def _mention(self, painter: QPainter, rects: Sequence[QRectF], at: QPointF, is_own: bool) -> None:
        hair = self._m.hair
        for rect in rects:
            pill = rect.translated(at).adjusted(-hair, hair, hair, -hair)
            paint_box(painter, self._theme, pill, self._m.radius_small, "accent.softHover" if is_own else "accent.soft")

    def _label(self, painter: QPainter, label: Label, at: QPointF | None = None, hue: QColor | None = None) -> None:
        """In the colour that the label names, else in `hue`."""
        rect = label.rect if at is None else label.rect.translated(at)
        painter.setFont(self._m.font(label.style))
        painter.setPen(self._theme.color(label.color) if label.color or hue is None else hue)
        painter.drawText(QPointF(rect.left(), rect.top() + self._m.baseline(label.style, rect.height())), label.text)

    def _pill(self, painter: QPainter, pill: Pill, at: QPointF) -> None:
        m, theme = self._m, self._theme
        rect = pill.rect.translated(at)
        fill, edge = ("accent.soft", "mark.accent") if pill.is_mine else ("bubble.otherPill", "line")
        paint_box(painter, theme, rect, m.pill / 2, fill, edge)
        painter.setFont(m.emoji_font)
        painter.setPen(theme.color("text"))
        painter.save()
        painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
        painter.drawText(QPointF(rect.left() + m.small, rect.top() + m.emoji_baseline(rect.height())), pill.emoji)
        painter.restore()
        width = m.advance("caption", pill.number)
        count = QRectF(rect.right() - m.small - width, rect.top(), width, rect.height())
        color = "text.link" if pill.is_mine else "text.secondary"
        self._label(painter, Label(count, pill.number, "caption", color))
