"""One theme for the whole program, which follows the system and changes while the program runs."""

from __future__ import annotations

from hashlib import sha256

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from desktop_chat.theme import tokens
from desktop_chat.theme.plain_text import plain_tooltip
from desktop_chat.theme.theme import Theme


def test_the_tokens_are_read_from_the_resources():
    assert tokens.read().style("body") == tokens.TypeStyle(size=13, line=20, weight=400)
    with pytest.raises(KeyError):
        tokens.read().style("family")


def test_a_theme_can_be_chosen_while_the_program_runs(qapp, qtbot):
    theme = Theme("light")
    before = theme.color("text"), theme.avatar_hue(b"key")
    with qtbot.waitSignal(theme.changed):
        theme.choose("dark")
    assert theme.name == "dark"
    assert theme.color("text") != before[0]
    assert theme.avatar_hue(b"key") != before[1]
    with qtbot.assertNotEmitted(theme.changed):
        theme.choose("dark")


def test_the_program_looks_like_its_theme(qapp: QApplication):
    theme = Theme("light")
    theme.apply(qapp)
    theme.apply_sheet()
    assert qapp.palette().color(QPalette.ColorRole.WindowText) == theme.color("text")
    theme.choose("dark")
    assert qapp.palette().color(QPalette.ColorRole.WindowText) == theme.color("text")
    assert theme.color("scroll.thumb").name() in qapp.styleSheet()
    assert "{" not in qapp.styleSheet().replace(" {", "")
    assert QFontInfo(qapp.font()).family() == "Inter"
    assert QFontInfo(theme.font("code")).family() == "JetBrains Mono"


def test_the_system_is_followed(qapp):
    theme = Theme()
    hints = QGuiApplication.styleHints()
    names = []
    theme.changed.connect(lambda: names.append(theme.name))
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    hints.accessibility().contrastPreferenceChanged.emit(Qt.ContrastPreference.HighContrast)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    hints.accessibility().contrastPreferenceChanged.emit(Qt.ContrastPreference.NoPreference)
    assert names == ["dark", "contrast", "contrastLight", "light"]


def test_the_system_is_not_followed_by_who_chose(qapp):
    theme = Theme("light")
    names = []
    theme.changed.connect(lambda: names.append(theme.name))
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert names == []
    theme.choose("system")
    assert names == ["dark"]


def test_names_that_are_not_there_are_refused(qapp):
    theme = Theme("light")
    with pytest.raises(KeyError):
        theme.color("no.such.colour")
    with pytest.raises(KeyError):
        theme.font("family")
    with pytest.raises(FileNotFoundError):
        theme.pixmap("no-such-icon", 16, "text", 1.0)


def test_a_hue_depends_on_the_key_alone(qapp):
    theme, hues = Theme("light"), list(tokens.read().themes["light"].avatar.values())
    for key in (b"", b"a", bytes(32), bytes(range(32))):
        assert theme.avatar_hue(key).fill == QColor(hues[sha256(key).digest()[0] % 12].fill)


def test_alpha_is_the_last_part_of_a_colour(qapp):
    scrim = Theme("light").color("scrim")
    assert (scrim.name(), scrim.alpha()) == ("#0e121a", 0x66)


def test_nothing_moves_with_reduced_motion(qapp):
    assert Theme("light", is_motion_reduced=lambda: True).animation_ms("normal") == 0
    assert Theme("light", is_motion_reduced=lambda: False).animation_ms("fast") == 80


def test_numbers_that_change_are_equally_wide(qapp):
    from PySide6.QtGui import QFontMetricsF

    theme = Theme("light")
    theme.apply(qapp)
    theme.apply_sheet()
    metrics = QFontMetricsF(theme.font("body", tabular=True))
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")
    plain = QFontMetricsF(theme.font("body"))
    assert plain.horizontalAdvance("1111") != plain.horizontalAdvance("8888")


@pytest.mark.parametrize("text", ["<b>x</b>", "<img src=file:///etc/passwd>", "a & b < c", 'say "x"', "line\nline"])
def test_a_tooltip_shows_text_as_it_is(qapp, text):
    from PySide6.QtGui import QTextDocument

    document = QTextDocument()
    document.setHtml(plain_tooltip(text))
    assert document.toPlainText() == text
    assert plain_tooltip("") == ""
