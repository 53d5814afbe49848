"""Avatars: initials on the hue of a key. People are round, rooms are squares with soft corners."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QRectF, Qt, QTextBoundaryFinder
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.theme import Theme

_INITIALS_AT = ((72, 24), (56, 20), (48, 16), (32, 13), (28, 11))
"""(size of the avatar, size of the initials), largest first; 9 below."""


class Presence(StrEnum):
    HERE = "here"
    AWAY = "away"
    OFF = "off"


def initials(name: str) -> str:
    """At most two capitals, first and last word; of a name with CJK characters the last of them. "?" for no name."""
    words = [letters for word in name.split() if (letters := [part for part in _graphemes(word) if part[0].isalnum()])]
    if not words:
        return next(iter(_graphemes(name.strip())), "?")
    if cjk := [letter for letters in words for letter in letters if _is_cjk(letter[0])]:
        return cjk[-1]
    first_and_last = words if len(words) == 1 else (words[0], words[-1])
    return "".join(_capital(letters[0]) for letters in first_and_last)


def paint_avatar(painter: QPainter, rect: QRectF, theme: Theme, key: bytes, name: str, is_room: bool) -> None:
    """Paints into the square `rect`, in the hue of `key`."""
    hue = theme.avatar_hue(key)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("line"), 1) if theme.is_contrast else Qt.PenStyle.NoPen)
    painter.setBrush(hue.fill)
    side = rect.width()
    if is_room:
        painter.drawRoundedRect(rect, side / 4, side / 4)
    else:
        painter.drawEllipse(rect)
    font = QFont(theme.font("bodyStrong"))
    font.setPixelSize(next((px for least, px in _INITIALS_AT if side >= least), 9))
    painter.setFont(font)
    painter.setPen(hue.ink)
    draw_line(painter, rect, initials(name), centred=True)
    painter.restore()


def paint_presence(painter: QPainter, rect: QRectF, theme: Theme, presence: Presence, behind: QColor) -> None:
    """Paints the dot of the avatar in `rect`, with a ring in the colour `behind` the avatar."""
    size = theme.size["presenceDotSmall" if rect.width() < 32 else "presenceDot"]
    dot = QRectF(rect.right() + 1 - size, rect.bottom() + 1 - size, size, size)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(behind)
    painter.drawEllipse(dot.adjusted(-2, -2, 2, 2))
    if presence is Presence.OFF:
        painter.setPen(QPen(theme.color("mark.offline"), 2))
        dot.adjust(1, 1, -1, -1)
    else:
        painter.setBrush(theme.color("mark.online" if presence is Presence.HERE else "mark.away"))
    painter.drawEllipse(dot)
    painter.restore()


def _graphemes(text: str) -> list[str]:
    """What a reader takes for single characters. Qt counts in UTF-16."""
    units = text.encode("utf-16-le")
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Grapheme, text)
    found: list[str] = []
    start = 0
    while (end := finder.toNextBoundary()) != -1:
        found.append(units[2 * start : 2 * end].decode("utf-16-le"))
        start = end
    return found


def _capital(letter: str) -> str:
    """Its upper case, unless that is longer ("ß")."""
    upper = letter.upper()
    return upper if len(upper) == len(letter) else letter


def _is_cjk(letter: str) -> bool:
    """Chinese, Japanese or Korean, whose names have no initials."""
    code = ord(letter)
    return (
        0x2E80 <= code <= 0x9FFF
        or 0x1100 <= code <= 0x11FF
        or 0xA960 <= code <= 0xA97F
        or 0xAC00 <= code <= 0xD7FF
        or 0xF900 <= code <= 0xFAFF
        or 0xFF66 <= code <= 0xFFDC
        or 0x20000 <= code <= 0x3FFFF
    )
