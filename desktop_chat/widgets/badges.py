"""Small marks that say one thing: a count, a light, the keys of a command."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.part import Part

_MOST = 999
_KEY_HEIGHT = 18
_LIGHTS = {"online": "mark.online", "away": "mark.away", "danger": "mark.danger", "off": "mark.offline"}


def count_text(count: int) -> str:
    """A count as a badge says it."""
    return f"{_MOST}+" if count > _MOST else str(count)


def badge_width(theme: Theme, text: str) -> int:
    """How wide the badge with this text is; its height is `theme.size["badge"]`."""
    metrics = QFontMetricsF(theme.font("captionStrong", tabular=True))
    return max(theme.size["badge"], math.ceil(metrics.horizontalAdvance(text)) + 10)


def paint_badge(painter: QPainter, rect: QRectF, theme: Theme, text: str, *, muted: bool = False) -> None:
    """A pill with a count, or with an icon for "@"."""
    painter.save()
    paint_box(painter, theme, rect, rect.height() / 2, "badge.muted" if muted else "accent")
    ink = "badge.onMuted" if muted else "text.onAccent"
    if text == "@":
        size = theme.space["12"]
        pixmap = theme.pixmap("at-sign", size, ink, painter.device().devicePixelRatioF())
        painter.drawPixmap(rect.center() - QPointF(size / 2, size / 2), pixmap)
    else:
        painter.setPen(theme.color(ink))
        painter.setFont(theme.font("captionStrong", tabular=True))
        draw_line(painter, rect, text, centred=True)
    painter.restore()


def key_hint_width(theme: Theme, keys: str) -> int:
    """How wide `paint_key_hint` paints these keys."""
    return math.ceil(QFontMetricsF(theme.font("caption")).horizontalAdvance(keys)) + 12


def paint_key_hint(painter: QPainter, at: QPointF, theme: Theme, keys: str) -> None:
    """The keys of a command, framed; 18 high. `at` is its top left corner."""
    painter.save()
    rect = QRectF(at.x(), at.y(), key_hint_width(theme, keys), _KEY_HEIGHT)
    paint_box(painter, theme, rect, theme.radius["small"], "bg.list", "line.field")
    painter.setPen(theme.color("text.secondary"))
    painter.setFont(theme.font("caption"))
    draw_line(painter, rect, keys, centred=True)
    painter.restore()


class Light(Part):
    """A dot: online, away, danger or off (hollow). A sentence beside it says the same: colour never says it alone."""

    def __init__(self, theme: Theme, state: str = "off", parent: QWidget | None = None) -> None:
        super().__init__(theme, parent=parent)
        self._state = ""
        side = theme.size["light"]
        self.setFixedSize(side, side)
        self.show_state(state)

    def show_state(self, state: str) -> None:
        """Raises KeyError if there is no such state."""
        self._color = _LIGHTS[state]
        self._state = state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_light(QPainter(self), QRectF(self.rect()), self._theme, self._state)


def paint_light(painter: QPainter, rect: QRectF, theme: Theme, state: str) -> None:
    """The dot of a light into the square `rect`. Raises KeyError if there is no such state."""
    color = theme.color(_LIGHTS[state])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if state == "off":
        painter.setPen(QPen(color, 2))
        painter.drawEllipse(rect.adjusted(1, 1, -1, -1))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(rect)
    painter.restore()


class KeyHint(Part):
    """The keys of a command, framed."""

    def __init__(self, theme: Theme, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent=parent)
        self._keys = keys
        self.setFixedSize(key_hint_width(theme, keys), _KEY_HEIGHT)
        self.setAccessibleName(keys)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_key_hint(QPainter(self), QPointF(0, 0), self._theme, self._keys)
