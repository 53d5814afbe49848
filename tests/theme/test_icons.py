"""Every icon that is shipped can be drawn, in any colour, sharp on every screen."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage

import desktop_chat_resources
from desktop_chat.theme import icons, tokens
from desktop_chat.theme.icons import Icons

NAMES = sorted(path.stem for path in desktop_chat_resources.path("icons").glob("*.svg"))
RED = QColor(200, 0, 0)


def inked(image: QImage) -> list[QColor]:
    """The pixels that are covered fully."""
    colors = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return [color for color in colors if color.alpha() > 250]


def test_the_icons_of_the_design_are_there():
    assert set(tokens.read().icons) <= set(NAMES)


def test_every_icon_is_drawn_in_the_colour_asked_for(qapp):
    made = Icons()
    for name in NAMES:
        found = inked(made.pixmap(name, 18, RED, 2.0).toImage())
        assert found, name
        assert all(abs(color.red() - 200) < 4 and color.green() < 4 for color in found), name


@pytest.mark.parametrize("scale", icons.SCALES)
def test_an_icon_has_the_pixels_of_the_screen(qapp, scale):
    pixmap = Icons().pixmap("search", 16, RED, scale)
    assert pixmap.width() == round(16 * scale)
    assert pixmap.devicePixelRatioF() == scale


def test_lines_are_about_as_thick_at_every_size():
    for size in (12, 14, 16, 18, 20):
        assert 1.1 <= icons.stroke_width(size) * size / 24 <= 1.55


def test_an_icon_is_drawn_once_and_few_are_kept(qapp, monkeypatch):
    monkeypatch.setattr(icons, "LIMIT", 3)
    made = Icons()
    first = made.pixmap("check", 16, RED, 1.0)
    assert made.pixmap("check", 16, RED, 1.0) is first
    for size in (12, 14, 18):
        made.pixmap("check", size, RED, 1.0)
    assert made.pixmap("check", 16, RED, 1.0) is not first


def test_an_icon_of_a_menu_has_the_usual_scales(qapp):
    icon = Icons().icon("copy", 16, RED)
    assert icon.availableSizes()
    assert icon.pixmap(icon.actualSize(icon.availableSizes()[0]), 2.0).width() == 32
