"""A link as a QR code, painted."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent

from desktop_chat.hosting.invitation import qr_modules
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.part import Part, Words, said

_QUIET = 4
"""Modules of white around it."""
_MODULE = 3
"""Logical pixels: a telephone reads it off a screen at arm's length."""
_INK, _PAPER = QColor(0, 0, 0), QColor(255, 255, 255)
"""Cameras want black on white, whatever the theme."""


class QrCode(Part):
    """As large as its modules need; each is a whole number of device pixels, so that edges are crisp."""

    def __init__(self, theme: Theme, *, name: str = "", spoken: Words = "") -> None:
        super().__init__(theme, name)
        self._spoken = spoken
        self._text = ""
        self._modules: QImage | None = None
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(said(self._spoken))

    def show_text(self, text: str) -> None:
        """Empty: nothing is shown."""
        if text == self._text:
            return
        self._text = text
        self._modules = _image(qr_modules(text)) if text else None
        side = 0 if self._modules is None else _MODULE * (self._modules.width() + 2 * _QUIET)
        self.setFixedSize(QSize(side, side))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._theme.color("line"))
        painter.setBrush(_PAPER)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 11.5, 11.5)
        if self._modules is None:
            return
        ratio = self.devicePixelRatioF()
        each = max(1, int(self.width() * ratio) // (self._modules.width() + 2 * _QUIET))
        side = each * self._modules.width() / ratio
        offset = round((self.width() - side) / 2 * ratio) / ratio
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.drawImage(QRectF(offset, offset, side, side), self._modules)


def _image(modules: tuple[bytes, ...]) -> QImage:
    image = QImage(len(modules), len(modules), QImage.Format.Format_RGB32)
    for y, row in enumerate(modules):
        for x, module in enumerate(row):
            image.setPixelColor(x, y, _INK if module else _PAPER)
    return image
