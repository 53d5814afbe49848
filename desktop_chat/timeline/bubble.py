"""Where everything of one row stands: the bubble, its parts and what surrounds it. Numbers only, nothing is drawn.

x counts from the left edge of the column, y from the top of the row.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from msgspec import Struct, field
from PySide6.QtCore import QPointF, QRectF

from desktop_chat.timeline.content import Content
from desktop_chat.timeline.deeds import UNDER_REFUSED, Deed
from desktop_chat.timeline.layouts import TextLayout
from desktop_chat.timeline.metrics import Metrics


class Part(Enum):
    """What of a row lies under the pointer."""

    NOTHING = "nothing"
    BUBBLE = "bubble"
    TEXT = "text"
    LINK = "link"
    QUOTE = "quote"
    REACTION = "reaction"
    STATE = "state"
    DEED = "deed"
    SHOW_ALL = "show_all"
    AVATAR = "avatar"


class Hit(NamedTuple):
    part: Part
    value: str = ""
    """The link's address, the reaction's emoji or the name of the deed."""


class Label(NamedTuple):
    """One line of words; `color` is a name of the theme, empty: the hue of the author's key."""

    rect: QRectF
    text: str
    style: str
    color: str


class Icon(NamedTuple):
    rect: QRectF
    name: str
    color: str


class Pill(NamedTuple):
    """A reaction."""

    rect: QRectF
    emoji: str
    number: str
    is_mine: bool


class RowLayout(Struct):
    content: Content
    height: int = 0
    date_top: float | None = None
    line_top: float | None = None
    """Of the "New messages" line."""
    resting_top: float | None = None
    """Of the line above what waits while the server is away."""
    bubble: QRectF = field(default_factory=QRectF)
    avatar: QRectF | None = None
    labels: list[Label] = []
    icons: list[Icon] = []
    quote: QRectF | None = None
    quote_name: Label | None = None
    quote_text: Label | None = None
    text: TextLayout | None = None
    text_at: QPointF = field(default_factory=QPointF)
    show_all: Label | None = None
    meta: QRectF = field(default_factory=QRectF)
    pills: list[Pill] = []
    refusal: TextLayout | None = None
    refusal_at: QPointF = field(default_factory=QPointF)
    deeds: list[tuple[Label, Deed]] = []

    def hit(self, point: QPointF) -> Hit:
        """What lies at `point`, relative to the row."""
        for pill in self.pills:
            if pill.rect.contains(point):
                return Hit(Part.REACTION, pill.emoji)
        for label, deed in self.deeds:
            if label.rect.contains(point):
                return Hit(Part.DEED, deed.name)
        for rect, part in (
            (self.quote, Part.QUOTE),
            (self.show_all.rect if self.show_all else None, Part.SHOW_ALL),
            (self.meta, Part.STATE),
            (self.avatar, Part.AVATAR),
        ):
            if rect is not None and rect.contains(point):
                return Hit(part)
        if self.text is not None and (mark := self.text.mark_at(point - self.text_at)) is not None and mark.url:
            return Hit(Part.LINK, mark.url)
        if self.text is not None and self.text.char_at(point - self.text_at) is not None:
            return Hit(Part.TEXT)
        return Hit(Part.BUBBLE if self.bubble.contains(point) else Part.NOTHING)

    def position_at(self, point: QPointF) -> int:
        """The gap between two characters of the message's text that is nearest to `point`."""
        if self.text is None or point.y() < self.text_at.y():
            return 0
        if point.y() >= self.text_at.y() + self.text.height:
            return len(self.text.text)
        return self.text.position_at(point - self.text_at)


def lay_out(content: Content, column: int, metrics: Metrics) -> RowLayout:
    """The row in a column of `column` px."""
    return _Builder(content, column, metrics).build()


class _Builder:
    def __init__(self, content: Content, column: int, metrics: Metrics) -> None:
        self.content, self.column, self.m = content, column, metrics
        self.row = RowLayout(content)
        free = column - (metrics.free_left if content.is_own else metrics.gutter + metrics.free_right)
        self.inner = max(metrics.bubble_max // 4, min(metrics.bubble_max, free)) - 2 * metrics.pad
        """The widest that what stands in the bubble may be."""

    def build(self) -> RowLayout:
        m, row, content = self.m, self.row, self.content
        top = self._above()
        text = row.text = TextLayout(content.text, m.font("body"), m.line, self.inner, content.marks, m.mark_formats)
        shows_name = not content.is_own and content.first_of_run
        height = float(m.line if shows_name else 0)
        quote_top = height + m.hair
        if content.quote is not None:
            height += self._quote_height() + m.hair + m.tiny
        text_top = height
        height += text.height
        more_top = height
        if content.is_cut:
            height += m.line
        pills = self._pills()
        meta = self._meta_width()
        width = float(self.inner if text.is_wrapped else text.width)
        shares_line = False
        if pills:
            rows, pills_width = self._flow(pills, self.inner - meta - m.small)
            width = max(width, pills_width + m.small + meta)
            pills_top = height + m.padding
            height += rows * (m.pill + m.tiny) - m.tiny + m.padding + m.hair
            meta_top = height + 1 - m.caption_line
        else:
            last = m.advance("bodyStrong", content.show_all) if content.is_cut else self._last_extent(text)
            if last + m.pad + meta <= self.inner:
                width = max(width, last + m.pad + meta)
                shares_line = not content.is_cut
            else:
                width = max(width, meta)
                height += m.line
            meta_top = height - m.line + m.meta_drop
        if shows_name:
            width = max(width, self._name_width())
        if content.quote is not None:
            width = max(width, self._quote_width())
        width = min(width, self.inner)

        left = self.column - width - m.pad if content.is_own else m.gutter + m.pad
        inside = top + m.padding
        row.bubble = QRectF(left - m.pad, top, width + 2 * m.pad, height + 2 * m.padding)
        beside = width - text.width if text.is_rtl and not shares_line else 0.0
        row.text_at = QPointF(left + beside, inside + text_top)
        if shows_name:
            row.avatar = QRectF(0, top, m.avatar, m.avatar)
            self._place_name(left, inside, width)
        if content.quote is not None:
            self._place_quote(QRectF(left, inside + quote_top, width, self._quote_height()))
        if content.is_cut:
            size = m.advance("bodyStrong", content.show_all)
            row.show_all = Label(
                QRectF(left, inside + more_top, size, m.line), content.show_all, "bodyStrong", "text.link"
            )
        if pills:
            row.pills = [pill._replace(rect=pill.rect.translated(left, inside + pills_top)) for pill in pills]
        self._place_meta(left + width + m.tiny, inside + meta_top)
        row.height = int(row.bubble.bottom())
        if content.refusal:
            self._place_refusal()
        return row

    def _above(self) -> float:
        """What stands above the bubble; where the bubble begins."""
        m, decoration = self.m, self.content.decoration
        y = 0.0
        if decoration.date:
            self.row.date_top = y + m.pad
            y += m.pad + m.pill + m.tiny
        if decoration.unread_line:
            self.row.line_top = y + m.pad
            y += m.pad + m.caption_line
        if decoration.resting_line:
            self.row.resting_top = y + m.pad
            y += m.pad + m.caption_line
        return y + (m.pad if decoration.first_of_run else m.hair)

    def _last_extent(self, text: TextLayout) -> int:
        return text.width if text.is_rtl else text.last_width

    # --- name and quote

    def _name_width(self) -> float:
        m, content = self.m, self.content
        role = m.advance("caption", content.role) + m.padding if content.role else 0
        return m.advance("bodyStrong", content.author.name) + role

    def _place_name(self, left: float, top: float, width: float) -> None:
        m, content = self.m, self.content
        role = m.advance("caption", content.role) if content.role else 0
        space = width - (role + m.padding if role else 0)
        name = m.elided("bodyStrong", content.author.name, space)
        used = min(m.advance("bodyStrong", name), space)
        self.row.labels.append(Label(QRectF(left, top, used, m.line), name, "bodyStrong", ""))
        if role:
            rect = QRectF(left + used + m.padding, top + m.hair, role, m.caption_line)
            self.row.labels.append(Label(rect, content.role, "caption", "text.faint"))

    def _quote_height(self) -> float:
        return self.m.caption_line + self.m.quote_line + 2 * self.m.tiny

    def _quote_width(self) -> float:
        m, quote = self.m, self.content.quote
        if quote is None:
            return 0
        return max(m.advance("captionStrong", quote.name), m.advance("body", quote.text)) + m.hair + 2 * m.small

    def _place_quote(self, rect: QRectF) -> None:
        m, row, quote = self.m, self.row, self.content.quote
        if quote is None:
            return
        row.quote = rect
        left, width = rect.left() + m.hair + m.small, rect.width() - m.hair - 2 * m.small
        name = QRectF(left, rect.top() + m.tiny, width, m.caption_line)
        text = QRectF(left, name.bottom(), width, m.quote_line)
        row.quote_name = Label(name, m.elided("captionStrong", quote.name, width), "captionStrong", "")
        row.quote_text = Label(text, m.elided("body", quote.text, width), "body", "text.secondary")

    # --- reactions

    def _pills(self) -> list[Pill]:
        m = self.m
        pills = []
        for reaction in self.content.reactions:
            number = str(reaction.total)
            width = m.emoji_advance(reaction.emoji) + m.meta_drop + m.advance("caption", number) + 2 * m.small
            pills.append(Pill(QRectF(0, 0, min(width, self.inner), m.pill), reaction.emoji, number, reaction.is_mine))
        return pills

    def _flow(self, pills: list[Pill], width: float) -> tuple[int, float]:
        """Places the pills in lines of at most `width`; the number of lines, and the width they take."""
        m = self.m
        x = widest = 0.0
        rows = 1
        for i, pill in enumerate(pills):
            if x and x + pill.rect.width() > width:
                x = 0.0
                rows += 1
            pills[i] = pill._replace(rect=pill.rect.translated(x, (rows - 1) * (m.pill + m.tiny)))
            x += pill.rect.width() + m.tiny
            widest = max(widest, x - m.tiny)
        return rows, widest

    # --- time and state

    def _meta_pieces(self) -> list[tuple[int, str, str]]:
        """Width, icon or word, and colour of what stands at the end, from right to left; an icon has a colour."""
        m, content = self.m, self.content
        pieces = []
        if content.state is not None:
            pieces.append((m.mark, content.state.icon, content.state.color))
        pieces.append((m.advance("caption", content.time), content.time, ""))
        if content.is_pinned:
            pieces.append((m.pin, "pin", "text.faint"))
        if content.edited:
            pieces.append((m.advance("caption", content.edited), content.edited, ""))
        return pieces

    def _meta_width(self) -> float:
        """It stands out of the bubble's padding by a little."""
        pieces = self._meta_pieces()
        return sum(width for width, _, _ in pieces) + self.m.tiny * (len(pieces) - 1) - self.m.tiny

    def _place_meta(self, right: float, top: float) -> None:
        m, row = self.m, self.row
        x = right
        for width, what, color in self._meta_pieces():
            if color:
                icon = QRectF(x - width, top + (m.caption_line - width) / 2, width, width)
                row.icons.append(Icon(icon, what, color))
            else:
                row.labels.append(Label(QRectF(x - width, top, width, m.caption_line), what, "caption", "text.faint"))
            x -= width + m.tiny
        row.meta = QRectF(x + m.tiny, top, right - x - m.tiny, m.caption_line)

    # --- what was refused

    def _place_refusal(self) -> None:
        m, row, content = self.m, self.row, self.content
        space = self.column - 2 * m.tiny
        said = row.refusal = TextLayout(content.refusal, m.font("caption"), m.caption_line, space)
        words = [deed.label for deed in UNDER_REFUSED]
        widths = [m.advance("captionStrong", word) for word in words]
        offered = sum(widths) + m.small * (len(widths) - 1)
        top = row.height + m.hair
        fits = not said.is_wrapped and said.width + m.small + offered <= space
        x = float(self.column - m.tiny - offered)
        row.refusal_at = QPointF(x - m.small - said.width if fits else self.column - m.tiny - said.width, top)
        y = float(top if fits else top + said.height)
        for deed, word, width in zip(UNDER_REFUSED, words, widths, strict=True):
            rect = QRectF(x, y, width, m.caption_line)
            row.deeds.append((Label(rect, word, "captionStrong", "text.link"), deed))
            x += width + m.small
        row.height = int(y) + m.caption_line
