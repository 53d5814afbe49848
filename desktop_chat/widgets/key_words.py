"""The words and the digits by which two people compare a server's key: the same ones in every language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from chat_protocol.key_words import key_digits, key_words
from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.part import Worded

_HEIGHT, _PADDING, _GAP = 28, 10, 4
_DIGITS_HEIGHT = 20


class _Placed(NamedTuple):
    text: str
    rect: QRectF
    is_word: bool


class KeyWords(Worded, QLabel):
    """The words as painted chips and below them the digits, for whom English words say nothing: either is enough.
    Both wrap. A label, as a screen reader reads them."""

    def __init__(self, theme: Theme, name: str = "", fingerprint: bytes = b"") -> None:
        super().__init__()
        self.setObjectName(name)
        self._theme = theme
        theme.changed.connect(self.update)
        self._words: list[str] = []
        self._digits: list[str] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if fingerprint:
            self.show_key(fingerprint)

    def show_key(self, fingerprint: bytes) -> None:
        """`fingerprint` is the 32 bytes of an invite or a server's id."""
        self._words, self._digits = key_words(fingerprint), key_digits(fingerprint).split()
        self.retranslate()

    def retranslate(self) -> None:
        said = self.tr("Key words: {words}. In digits: {digits}")
        self.setAccessibleName(said.format(words=" ".join(self._words), digits=" ".join(self._digits)))
        self.updateGeometry()
        self.update()

    def _placed(self, width: int) -> Iterator[_Placed]:
        metrics = QFontMetricsF(self._theme.font("code"))
        x = y = 0.0
        for texts, height, padding, gap in (
            (self._words, _HEIGHT, _PADDING, _GAP),
            (self._digits, _DIGITS_HEIGHT, 0, _PADDING),
        ):
            for text in texts:
                wide = metrics.horizontalAdvance(text) + 2 * padding
                if x > 0 and x + wide > width:
                    x, y = 0.0, y + height + _GAP
                yield _Placed(text, QRectF(x, y, wide, height), texts is self._words)
                x += wide + gap
            x, y = 0.0, y + height + _GAP

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(max(self.width(), 240)))

    def heightForWidth(self, width: int) -> int:
        return max((round(placed.rect.bottom()) for placed in self._placed(width)), default=_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font("code"))
        for text, rect, is_word in self._placed(self.width()):
            if is_word:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._theme.color("bg.sunken"))
                painter.drawRoundedRect(rect, 8, 8)
            painter.setPen(self._theme.color("text" if is_word else "text.secondary"))
            draw_line(painter, rect, text, centred=is_word)
