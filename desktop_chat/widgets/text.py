"""Text on the screen: always plain, in the design's styles, at their line heights."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from desktop_chat.theme.lines import base_line
from desktop_chat.theme.plain_text import plain_tooltip
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.part import Worded, Words, said

_WRAPPED = 360
"""A text that wraps asks for at most this width, and takes what it is given."""
_LEAST = 24


class Text(Worded, QLabel):
    """A label in a style and a colour of the design, both by name. Nothing in its text is markup.

    With `wrap` it goes on over as many lines as it needs, each as high as the style says. With `elide` it is
    one line that gives way to its neighbours: cut with an ellipsis, and whole in a tooltip while it is cut.
    `name` is its objectName.
    """

    def __init__(
        self,
        theme: Theme,
        style: str = "body",
        color: str = "text",
        *,
        name: str = "",
        text: Words = "",
        wrap: bool = False,
        elide: bool = False,
        tabular: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._style = style
        self._color = color
        self._words = text
        self._elide = elide
        self.setObjectName(name)
        self.setWordWrap(wrap)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(style, tabular=tabular))
        if elide:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        self.setText(said(text))

    def retranslate(self) -> None:
        if not isinstance(self._words, str):
            self.setText(self._words())

    def setText(self, text: str) -> None:
        super().setText(text)
        self._tell_when_cut()

    def set_color(self, name: str) -> None:
        self._color = name
        self.update()

    @property
    def shown_text(self) -> str:
        """What fits."""
        if not self._elide:
            return self.text()
        line = " ".join(self.text().split("\n"))
        width = self.contentsRect().width()
        return QFontMetricsF(self.font()).elidedText(line, Qt.TextElideMode.ElideRight, width)

    # --- inside -----------------------------------------------------------------------------------------------

    def _lines(self, text: str, width: float) -> QTextLayout:
        layout = QTextLayout(text.replace("\n", "\u2028"), self.font())
        option = QTextOption(self.alignment() & Qt.AlignmentFlag.AlignHorizontal_Mask)
        wrap = QTextOption.WrapMode
        option.setWrapMode(wrap.WrapAtWordBoundaryOrAnywhere if self.wordWrap() else wrap.ManualWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
        layout.endLayout()
        return layout

    def _height(self, width: float) -> int:
        margins = self.contentsMargins()
        lines = self._lines(self.text(), width - margins.left() - margins.right()).lineCount()
        return max(1, lines) * self._theme.line_height(self._style) + margins.top() + margins.bottom()

    def _full_width(self) -> int:
        metrics = QFontMetricsF(self.font())
        margins = self.contentsMargins()
        longest = max(metrics.horizontalAdvance(line) for line in self.text().split("\n"))
        return math.ceil(longest) + margins.left() + margins.right()

    def _tell_when_cut(self) -> None:
        if self._elide:
            self.setToolTip(plain_tooltip(self.text()) if self.shown_text != self.text() else "")

    # --- Qt ---------------------------------------------------------------------------------------------------

    def heightForWidth(self, width: int) -> int:
        return self._height(width) if self.wordWrap() else -1

    def sizeHint(self) -> QSize:
        width = min(self._full_width(), _WRAPPED) if self.wordWrap() else self._full_width()
        return QSize(width, self._height(width))

    def minimumSizeHint(self) -> QSize:
        gives_way = self._elide or self.wordWrap()
        width = min(self._full_width(), _LEAST) if gives_way else self._full_width()
        return QSize(width, self._theme.line_height(self._style))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_when_cut()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        painter.setPen(QPen(self._theme.color(self._color)))
        inside = self.contentsRect()
        layout = self._lines(self.shown_text, inside.width())
        line_height = self._theme.line_height(self._style)
        height = max(1, layout.lineCount()) * line_height
        align = self.alignment()
        top = inside.top()
        if align & Qt.AlignmentFlag.AlignVCenter:
            top += (inside.height() - height) // 2
        elif align & Qt.AlignmentFlag.AlignBottom:
            top += inside.height() - height
        # Every line stands on the base line of the style's own font, whatever fonts its characters come from.
        base = base_line(self.font(), line_height)
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            line.setPosition(QPointF(0, number * line_height + base - line.ascent()))
        layout.draw(painter, QPointF(inside.left(), top))
