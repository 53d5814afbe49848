"""A question inside the window comes and goes, and the window stays what it was."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.controls import Field
from desktop_chat.widgets.entries import Entry, narrowed
from desktop_chat.widgets.picker import Picker
from desktop_chat.widgets.sheet import Question, Sheet, button_row, cancel_button, over_buttons
from tests.gui.screen import find


def question(theme: Theme, window: QWidget, kind: str = "primary") -> Question:
    asked = Question(theme, window, "Sure?", "It can't be undone.", "Go on", kind=kind)
    asked.open()
    return asked


def test_what_lies_below_outlives_a_question(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = QListWidget(window).verticalScrollBar()
    window.show()
    asked = question(theme, window)
    QTest.keyClick(asked, Qt.Key.Key_Tab)
    asked.reject()
    asked.deleteLater()
    del asked
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert isValid(bar)


def test_tab_goes_round_in_it(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    QListWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    asked = question(theme, window)
    seen = []
    for _ in range(3):
        focused = window.focusWidget()
        assert focused is not None
        seen.append(focused.objectName())
        QTest.keyClick(asked, Qt.Key.Key_Tab)
    assert seen == ["confirm_button", "cancel_button", "confirm_button"]


def test_where_enter_is_the_way_back_a_ring_says_so(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    asked = question(theme, window, "danger")
    assert find(asked, "cancel_button").has_ring
    with qtbot.waitSignal(asked.rejected):
        QTest.keyClick(find(asked, "cancel_button"), Qt.Key.Key_Return)


def test_it_lies_within_a_narrow_window(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(480, 640)
    window.show()
    asked = Sheet(theme, window, width=560)
    asked.open()
    assert asked.card.width() == 480 - 2 * 8
    window.resize(1280, 800)
    assert asked.card.width() == 560
    asked.reject()


def test_where_the_window_is_too_low_the_content_scrolls_and_the_buttons_stay(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(640, 300)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    asked = Sheet(theme, window)
    fields = [Field(theme, name=f"field_{number}", tall=True) for number in range(12)]
    asked.body.addLayout(over_buttons(theme, fields, button_row(cancel_button(asked))))
    asked.open()

    def is_seen(name: str) -> bool:
        one = find(asked, name)
        return bool(one.visibleRegion().boundingRect() == one.rect())

    def are_seen(*names: str) -> bool:
        return all(is_seen(name) for name in ("cancel_button", *names))

    qtbot.waitUntil(lambda: are_seen("field_0"))
    assert {field.height() for field in fields} == {40}, "nothing is squeezed"
    assert not is_seen("field_11")
    fields[11].setFocus()
    assert are_seen("field_11")
    for _ in range(4):
        QTest.keyClick(asked, Qt.Key.Key_PageUp)
    assert are_seen("field_0")
    window.resize(640, 800)
    qtbot.waitUntil(lambda: are_seen("field_0", "field_11"))
    asked.reject()


def test_in_a_low_window_the_list_of_a_picker_gives_way_and_nothing_else(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(640, 800)
    window.show()
    entries = [Entry(str(number), f"Room {number}", b"k" * 32) for number in range(20)]
    picker = Picker(theme, window, "Rooms", "Which?", "None.", lambda query: narrowed(entries, query))
    picker.open()
    field, found = find(picker, "picker_field"), find(picker, "picker_list")
    row = theme.size["personRow"]
    qtbot.waitUntil(lambda: found.height() == 8 * row)
    height = picker.card.height()
    field.setText("no such room")
    qtbot.waitUntil(lambda: find(picker, "picker_nothing").isVisible())
    assert picker.card.height() == height, "nothing jumps while one types"
    field.clear()
    window.resize(640, 320)
    qtbot.waitUntil(lambda: row <= found.height() < 5 * row)
    assert field.height() == 40
    cancel = find(picker, "cancel_button")
    assert cancel.visibleRegion().boundingRect() == cancel.rect()
    picker.reject()
