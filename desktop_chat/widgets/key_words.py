"""The words (or digits, where English words don't help) by which two people compare a server's key."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLocale, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chat_protocol.key_words import key_digits, key_words
from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.theme import Theme

_HEIGHT, _PADDING, _GAP = 28, 10, 4


class KeyWords(QWidget):
    """Painted chips that wrap. `fingerprint` is the 32 bytes of an invite or a server's id."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._fingerprint = b""
        self._words: list[str] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def show_key(self, fingerprint: bytes) -> None:
        self._fingerprint = fingerprint
        self._retranslate()

    def _retranslate(self) -> None:
        if self._fingerprint:
            is_english = QLocale().language() != QLocale.Language.Chinese
            self._words = key_words(self._fingerprint) if is_english else key_digits(self._fingerprint).split()
        self.setAccessibleName(self.tr("Key words: {words}").format(words=" ".join(self._words)))
        self.updateGeometry()
        self.update()

    def _chips(self, width: int) -> list[QRectF]:
        metrics = QFontMetricsF(self._theme.font("code"))
        placed: list[QRectF] = []
        x = y = 0.0
        for word in self._words:
            wide = metrics.horizontalAdvance(word) + 2 * _PADDING
            if x > 0 and x + wide > width:
                x, y = 0.0, y + _HEIGHT + _GAP
            placed.append(QRectF(x, y, wide, _HEIGHT))
            x += wide + _GAP
        return placed

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(max(self.width(), 240)))

    def heightForWidth(self, width: int) -> int:
        chips = self._chips(width)
        return round(chips[-1].bottom()) if chips else _HEIGHT

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.LanguageChange, QEvent.Type.LocaleChange):
            self._retranslate()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font("code"))
        for word, rect in zip(self._words, self._chips(self.width()), strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("bg.sunken"))
            painter.drawRoundedRect(rect, 8, 8)
            painter.setPen(self._theme.color("text"))
            draw_line(painter, rect, word, centred=True)
