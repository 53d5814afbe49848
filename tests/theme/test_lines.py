"""Text stands at the same height, whatever script it is written in."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from desktop_chat.theme.lines import draw_line
from desktop_chat.theme.theme import Theme


def drawn(theme: Theme, text: str, *, centred: bool = False) -> QImage:
    image = QImage(120, 32, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setFont(theme.font("body"))
    draw_line(painter, QRectF(image.rect()), text, centred=centred)
    painter.end()
    return image


@pytest.mark.parametrize("other", ["房间", "🎉", "gÅ"])
def test_other_characters_do_not_move_a_line(theme, other):
    alone = drawn(theme, "Hx")
    assert drawn(theme, f"Hx  {other}").copy(0, 0, 16, 32) == alone.copy(0, 0, 16, 32)


def test_a_line_is_in_the_middle(theme):
    image = drawn(theme, "H", centred=True)
    inked = [
        (x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).lightness() < 128
    ]
    assert min(x for x, _ in inked) + max(x for x, _ in inked) == pytest.approx(image.width(), abs=2)
    assert min(y for _, y in inked) + max(y for _, y in inked) == pytest.approx(image.height(), abs=2)


@pytest.fixture
def theme(qapp):
    theme = Theme("light")
    theme.apply(qapp)
    theme.apply_sheet()
    return theme
