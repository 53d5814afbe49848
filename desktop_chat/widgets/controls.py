"""The controls of the window, painted from the theme: buttons, fields, switches, cards, lines.

Every one takes the theme first, follows its changes, and is reached by the keyboard where it can be used. `name` is
its objectName; `text` what it says, `spoken` what a screen reader says instead. What stands alone as an icon must be
named by its `text`, what stands beside its words by `spoken`.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.plain_text import plain_tooltip
from desktop_chat.theme.shapes import paint_box
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.badges import KeyHint, Light, key_hint_width, paint_key_hint
from desktop_chat.widgets.composing import Composing
from desktop_chat.widgets.part import Part, Worded, Words, said
from desktop_chat.widgets.pressable import FocusRing, Pressable
from desktop_chat.widgets.text import Text

__all__ = [
    "Button",
    "Card",
    "Field",
    "FocusRing",
    "IconButton",
    "KeyHint",
    "Light",
    "Pressable",
    "Switch",
    "Text",
]

_BIG = 40
"""The height of fields and buttons in dialogs and on the first screen."""

# By kind: fill at rest, under the mouse, pressed; edge; text and icon. "" paints nothing.
_KINDS = {
    "primary": ("accent", "accent.hover", "accent.pressed", "", "text.onAccent"),
    "plain": ("bg.raised", "menu.hover", "row.pressed", "line.field", "text"),
    "danger": ("danger", "danger.hover", "danger.hover", "", "text.onAccent"),
    "danger_word": ("bg.raised", "menu.hover", "row.pressed", "line.field", "text.danger"),
    "quiet": ("", "row.hover", "row.pressed", "", "text"),
    "soft": ("accent.soft", "accent.softHover", "accent.softHover", "", "text.link"),
    "link": ("", "", "", "", "text.link"),
}


class Button(Pressable):
    """Words to press. `kind` is one of

    primary (one in a view) · plain · danger (red, only in the last question) · danger_word (what leads to that
    question) · quiet (no edge) · soft (tinted) · link (words in a sentence's size).

    32 high, `small` 28, `tall` 40. With a menu (setMenu) it shows that it opens one. Raises KeyError for no such kind.
    """

    def __init__(
        self,
        theme: Theme,
        kind: str = "plain",
        *,
        name: str = "",
        text: Words = "",
        spoken: Words = "",
        icon: str = "",
        small: bool = False,
        tall: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, theme.radius["control"], parent, name=name, text=text, spoken=spoken)
        self._is_link = kind == "link"
        self._colors = _KINDS[kind]
        self._icon_name = icon
        small = small or self._is_link
        self._height = theme.size["controlSmall"] if small else _BIG if tall else theme.size["control"]
        self._padding = 0 if self._is_link else (theme.space["8"] if small else theme.space["12"]) + 1
        self._gap = theme.space["4"] + 2 if small else theme.space["8"]
        self._style = "caption" if self._is_link else "bodyMedium"
        if self._is_link:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFont(theme.font(self._style))
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def set_icon(self, name: str) -> None:
        """The icon before the words, "" for none."""
        self._icon_name = name
        self.updateGeometry()
        self.update()

    def set_kind(self, kind: str) -> None:
        """Changes fill and ink, as for a button that is the primary one only now and then. Not to or from link."""
        self._colors = _KINDS[kind]
        self.update()

    def sizeHint(self) -> QSize:
        width = math.ceil(QFontMetricsF(self.font()).horizontalAdvance(self.text())) + 2 * self._padding
        if self._icon_name:
            width += self._theme.size["iconSmall"] + (self._gap if self.text() else 0)
        if self.menu() is not None:
            width += self._theme.space["12"] + self._theme.space["4"]
        return QSize(width, self._height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        *fills, edge, ink = self._colors
        fill = self._pick(*fills)
        paint_box(painter, self._theme, QRectF(self.rect()), self._radius, fill, edge or fill)
        self._paint_content(painter, ink)

    def _paint_content(self, painter: QPainter, ink: str) -> None:
        dpr = self.devicePixelRatioF()
        size = self._theme.size["iconSmall"]
        free = self.width() - self.sizeHint().width()
        left = self._padding + max(0, free) // 2
        right = self.width() - self._padding - max(0, free) // 2
        if self._icon_name:
            at = left if self.text() else (self.width() - size) // 2
            painter.drawPixmap(
                QPointF(at, (self.height() - size) // 2), self._theme.pixmap(self._icon_name, size, ink, dpr)
            )
            left += size + self._gap
        if self.menu() is not None:
            mark = self._theme.space["12"]
            right -= mark
            painter.drawPixmap(
                QPointF(right, (self.height() - mark) // 2), self._theme.pixmap("chevron-down", mark, ink, dpr)
            )
            right -= self._theme.space["4"]
        font = self.font()
        if self._is_link and (self.underMouse() or self.has_ring):
            font.setUnderline(True)
        painter.setFont(font)
        painter.setPen(self._theme.color(ink))
        shown = QFontMetricsF(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, right - left + 1)
        draw_line(painter, QRectF(left, 0, right - left, self.height()), shown)


class IconButton(Pressable):
    """An icon to press: 32 square with an 18 icon, `small` 28 with 16, `side` any other (icon 20).

    `text` is what it does: its tooltip and what a screen reader says, to which the tooltip adds the `keys` that do the
    same. A checkable one shows that it is on.
    """

    def __init__(
        self,
        theme: Theme,
        icon: str,
        text: Words = "",
        *,
        name: str = "",
        keys: str = "",
        small: bool = False,
        side: int = 0,
        checkable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, theme.radius["control"], parent, name=name)
        self.setCheckable(checkable)
        self._words, self._keys = text, keys
        self._icon_name = icon
        self._icon_size = theme.size["iconSmall" if small else "iconRail" if side else "icon"]
        self._color = "text.secondary"
        self._side = side or theme.size["controlSmall" if small else "control"]
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_name(said(text), keys)

    def retranslate(self) -> None:
        if not isinstance(self._words, str):
            self.set_name(self._words(), self._keys)

    def set_name(self, name: str, keys: str = "") -> None:
        """What it does, and the keys that do the same ("Ctrl+F"), which only the tooltip adds."""
        self.setAccessibleName(name)
        self.setToolTip(plain_tooltip(f"{name}  {keys}" if keys else name))
        self._keys = keys
        self.setAccessibleDescription(self.describe())

    def describe(self) -> str:
        """What is said of it beside its name. Never nothing: a screen reader would read the tooltip's markup."""
        return self._keys or self.accessibleName()

    def set_icon(self, icon: str, color: str = "text.secondary") -> None:
        self._icon_name = icon
        self._color = color
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        if self.isChecked():
            fill, ink = self._pick("accent.soft", "accent.softHover", "accent.softHover"), "text.link"
        else:
            fill = self._pick("", "row.hover", "row.pressed")
            ink = "text" if fill and self._color == "text.secondary" else self._color
        paint_box(painter, self._theme, QRectF(self.rect()), self._radius, fill)
        at = QPointF((self.width() - self._icon_size) // 2, (self.height() - self._icon_size) // 2)
        painter.drawPixmap(at, self._theme.pixmap(self._icon_name, self._icon_size, ink, self.devicePixelRatioF()))


class Switch(Pressable):
    """On or off at once, without a further button. Its words stand beside it."""

    _SIZE = QSize(36, 20)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, name: str = "", spoken: Words = "") -> None:
        super().__init__(theme, self._SIZE.height() / 2, parent, name=name, spoken=spoken)
        self.setCheckable(True)
        self.setFixedSize(self._SIZE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._begin()
        on = self.isChecked()
        paint_box(painter, self._theme, QRectF(self.rect()), self._radius, "accent" if on else "line.control")
        painter.setBrush(self._theme.color("text.onAccent" if on else "bg.field"))
        painter.drawEllipse(QRectF(18 if on else 2, 2, 16, 16))


class Field(Composing, Worded, QLineEdit):
    """One line to write in: 32 high, `tall` 40. An icon before the text, the keys that lead to it (`keys`) after it.

    Its edge shows that it has the keyboard; until then what can only be read is cut with an ellipsis. `hint` stands in
    it while it is empty, and names it where `spoken` doesn't.
    """

    def __init__(
        self,
        theme: Theme,
        *,
        name: str = "",
        hint: Words = "",
        spoken: Words = "",
        icon: str = "",
        keys: str = "",
        most: int = 32_767,
        tall: bool = False,
        style: str = "body",
        parent: QWidget | None = None,
    ) -> None:
        """`most`: so many characters fit."""
        super().__init__(parent)
        self.setObjectName(name)
        if most != self.maxLength():  # else Qt tells of a cursor that moved, and a screen reader passes over the field
            self.setMaxLength(most)
        self._theme = theme
        self._hint, self._spoken = hint, spoken
        self._icon_name = icon
        self._keys = keys
        self._padding = theme.space["12" if tall else "8"] + 1
        self.setFrame(False)
        self.setFont(theme.font(style))
        self.setFixedHeight(_BIG if tall else theme.size["control"])
        icon_room = theme.size["iconSmall"] + theme.space["8"] if icon else 0
        keys_room = key_hint_width(theme, keys) + theme.space["8"] if keys else 0
        # Qt adds 2 px of its own.
        self.setTextMargins(self._padding + icon_room - 2, 0, self._padding + keys_room - 2, 0)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()
        self.retranslate()

    def retranslate(self) -> None:
        if self._hint:
            self.setPlaceholderText(said(self._hint))
        if self._spoken or self._hint:
            self.setAccessibleName(said(self._spoken or self._hint))

    def _on_theme_changed(self) -> None:
        palette = self.palette()
        palette.setColor(palette.ColorRole.Base, Qt.GlobalColor.transparent)
        palette.setColor(palette.ColorRole.Text, self._theme.color("text"))
        palette.setColor(palette.ColorRole.PlaceholderText, self._theme.color("text.faint"))
        palette.setColor(palette.ColorRole.Highlight, self._theme.color("selection"))
        palette.setColor(palette.ColorRole.HighlightedText, self._theme.color("text"))
        self.setPalette(palette)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.isReadOnly():
            self.setCursorPosition(0)  # Tab had selected all of it and scrolled to its end

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        edge, width = ("focus", self._theme.size["focusWidth"]) if self.hasFocus() else ("line.field", 1)
        radius = self._theme.radius["control"]
        paint_box(painter, self._theme, QRectF(self.rect()), radius, "bg.field", edge, width)
        if self._icon_name:
            size = self._theme.size["iconSmall"]
            pixmap = self._theme.pixmap(self._icon_name, size, "text.faint", self.devicePixelRatioF())
            painter.drawPixmap(QPointF(self._padding, (self.height() - size) // 2), pixmap)
        if self._keys:
            left = self.width() - self._padding - key_hint_width(self._theme, self._keys)
            paint_key_hint(painter, QPointF(left, (self.height() - 18) / 2), self._theme, self._keys)
        if self.isReadOnly() and not self.hasFocus():
            margins = self.textMargins()
            inside = QRectF(self.rect()).adjusted(margins.left() + 2, 0, -margins.right() - 2, 0)
            painter.setFont(self.font())
            painter.setPen(self._theme.color("text"))
            elide = Qt.TextElideMode.ElideRight
            draw_line(painter, inside, QFontMetricsF(self.font()).elidedText(self.text(), elide, inside.width()))
            return
        painter.end()
        super().paintEvent(event)


class Card(Part):
    """A raised surface with an edge, for what belongs together."""

    def paintEvent(self, event: QPaintEvent) -> None:
        radius = self._theme.radius["dialog"]
        paint_box(QPainter(self), self._theme, QRectF(self.rect()), radius, "bg.raised", "line")
