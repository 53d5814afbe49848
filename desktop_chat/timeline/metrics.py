"""What the theme's sizes and fonts come to in the timeline; made anew when the theme changes."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QTextCharFormat, QTextFormat

from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.layouts import MarkKind

_STYLES = ("body", "bodyStrong", "caption", "captionStrong")


class Metrics:
    """Logical pixels. The names are those of the mock-ups' measures."""

    def __init__(self, theme: Theme) -> None:
        space, size = theme.space, theme.size
        self.hair, self.tiny, self.small, self.pad, self.side = (space[name] for name in ("2", "4", "8", "12", "16"))
        self.line = theme.line_height("body")
        self.caption_line = theme.line_height("caption")
        self.avatar = size["avatarMessage"]
        self.gutter = self.avatar + self.small
        self.bubble_max = size["bubbleMax"]
        self.column_max = size["timelineMax"]
        self.pill = size["reaction"]
        self.mark = size["iconMark"]
        self.pin = space["12"]
        self.padding = self.hair + self.tiny
        """Above and below what stands in a bubble."""
        self.quote_line = self.line - self.hair
        self.free_right = 4 * self.pad
        self.free_left = 5 * self.side + self.small
        self.radius = theme.radius["bubble"]
        self.radius_small = theme.radius["small"]
        self.meta_drop = self.tiny + 1
        """The time stands this much lower than the line of text that it ends."""
        self._fonts = {style: theme.font(style, tabular="caption" in style) for style in _STYLES}
        self._measures = {style: QFontMetricsF(font) for style, font in self._fonts.items()}
        self.emoji_font = QFont(self._fonts["body"])
        self.emoji_font.setPixelSize(size["iconSmall"])
        self._emoji_measure = QFontMetricsF(self.emoji_font)
        self.mark_formats = _mark_formats(theme)

    def font(self, style: str) -> QFont:
        return self._fonts[style]

    def baseline(self, style: str, height: float) -> float:
        """Where text of this style stands in a line of `height`, whatever fonts its characters come from."""
        measure = self._measures[style]
        return (height + measure.ascent() - measure.descent()) / 2

    def advance(self, style: str, text: str) -> int:
        return math.ceil(self._measures[style].horizontalAdvance(text))

    def emoji_advance(self, emoji: str) -> int:
        return math.ceil(self._emoji_measure.horizontalAdvance(emoji))

    def emoji_baseline(self, height: float) -> float:
        return (height + self._emoji_measure.ascent() - self._emoji_measure.descent()) / 2

    def elided(self, style: str, text: str, width: float) -> str:
        return self._measures[style].elidedText(text, Qt.TextElideMode.ElideRight, width)


def _mark_formats(theme: Theme) -> dict[MarkKind, QTextCharFormat]:
    formats = {}
    for kind, weight in (
        (MarkKind.LINK, None),
        (MarkKind.MENTION, QFont.Weight.Medium),
        (MarkKind.NAMES_ME, QFont.Weight.DemiBold),
    ):
        look = formats[kind] = QTextCharFormat()
        look.setForeground(theme.color("text.link"))
        if weight is not None:
            look.setFontWeight(weight)
    emoji = formats[MarkKind.EMOJI] = QTextCharFormat()
    emoji.setProperty(QTextFormat.Property.FontPixelSize, theme.size["iconSmall"])
    return formats
