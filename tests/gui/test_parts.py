"""What the parts of the window are made of: texts that follow the language, rows and columns, keys, lists of rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.models.rows import VALUE
from desktop_chat.theme.language import Language
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import SPRING, column, grown, middle, row, top
from desktop_chat.widgets.controls import Button, Field, IconButton, Switch, Text
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.failed_start import FailedStart
from desktop_chat.widgets.keys import Keys
from desktop_chat.widgets.part import Head, Part
from desktop_chat.widgets.people_list import PeopleList
from desktop_chat.widgets.rows import Line

translate = QApplication.translate


@pytest.fixture
def page(qapp: QApplication, qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(400, 300)
    return page


def test_texts_follow_the_language_and_others_stay(page: QWidget, theme: Theme, language: Language) -> None:
    def close() -> str:
        return translate("KeyList", "Close")

    text, button = Text(theme, text=close), Button(theme, text=close)
    spoken, icon = Button(theme, text="ok", spoken=close), IconButton(theme, "x", close, keys="Esc")
    field, switch = Field(theme, hint=close), Switch(theme, spoken=close)
    named = Text(theme, text="Hugo")
    column(text, button, spoken, icon, field, switch, named, on=page)
    language.speak("zh_CN")
    QApplication.sendPostedEvents()
    assert (text.text(), button.text(), button.accessibleName()) == ("关闭", "关闭", "关闭")
    assert (spoken.text(), spoken.accessibleName()) == ("ok", "关闭")
    assert (icon.accessibleName(), icon.accessibleDescription()) == ("关闭", "Esc")
    assert (field.placeholderText(), field.accessibleName(), switch.accessibleName()) == ("关闭", "关闭", "关闭")
    assert named.text() == "Hugo"


def test_what_is_shown_is_said_anew_when_asked(theme: Theme) -> None:
    count = 1
    text = Text(theme, text=lambda: f"{count} here")
    count = 2
    text.retranslate()
    assert text.text() == "2 here"


def test_a_row_is_laid_out_as_it_is_written(page: QWidget) -> None:
    first, second, third = QWidget(), QWidget(), QWidget()
    for widget in (first, third):
        widget.setFixedSize(40, 20)
    row(first, 10, grown(second), top(third), gap=4, margins=(1, 2, 3, 4), on=page)
    page.show()
    assert first.x() == 1
    assert second.x() == 1 + 40 + 4 + 10
    assert third.pos() == QPoint(400 - 3 - 40, 2)
    assert second.geometry().right() == third.x() - 4 - 1


def test_a_column_leaves_the_rest_to_its_springs(page: QWidget) -> None:
    above, inside = QWidget(), QWidget()
    for widget in (above, inside):
        widget.setFixedSize(40, 20)
    column(above, middle(inside), 40, on=page)
    page.show()
    assert above.y() == 0
    assert inside.y() == 20 + (300 - 20 - 40) // 2 - 10
    assert SPRING.share == 1


def test_a_part_is_filled_and_has_its_line_in_every_theme(qtbot: QtBot, theme: Theme) -> None:
    part, head = Part(theme, fill="bg.list", line="top"), Head(theme, "bg.timeline")
    for widget in (part, head):
        qtbot.addWidget(widget)
        widget.resize(20, head.height())
    for choice in ("dark", "light"):
        theme.choose(choice)
        drawn = part.grab().toImage()
        assert [drawn.pixelColor(5, y) for y in (0, 5)] == [theme.color("line"), theme.color("bg.list")]
        drawn = head.grab().toImage()
        last = head.height() - 1
        assert [drawn.pixelColor(5, y) for y in (last, 5)] == [theme.color("line"), theme.color("bg.timeline")]


def test_keys_act_instead_of_reaching_the_field(qtbot: QtBot) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    acts: list[str] = []
    is_open = True

    def act(name: str, taken: bool = True) -> Callable[[], object]:
        def note() -> bool:
            acts.append(name)
            return taken

        return note

    Keys(field, {"Return": act("go"), "Shift+Return": act("back"), "A": act("a", taken=False)}, when=lambda: is_open)
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(field, "ab")
    assert (acts, field.text()) == (["go", "go", "back", "a"], "ab")
    is_open = False
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert len(acts) == 4


def test_rows_are_walked_chosen_asked_and_spoken(qtbot: QtBot, theme: Theme) -> None:
    people = PeopleList(theme, "bg.list", text="People", picks=True)
    qtbot.addWidget(people)
    people.resize(200, 200)
    people.show()
    chosen: list[str] = []
    asked: list[tuple[str, bool]] = []
    people.chosen.connect(lambda entry: chosen.append(entry.name))
    people.menu_requested.connect(lambda entry, _at, by_key: asked.append((entry.name, by_key)))
    people.show_entries([Entry("1", "Ann", b"1", tag="Host", is_here=True), Entry("2", "Bob", b"2", beside="you")])
    QApplication.sendEvent(people, QFocusEvent(QEvent.Type.FocusIn))
    assert [index.row() for index in people.selectedIndexes()] == [0]  # so it is said where one is
    QTest.keyClick(people, Qt.Key.Key_Down)
    QTest.keyClick(people, Qt.Key.Key_Return)
    place = QPoint(5, 5)
    QApplication.sendEvent(people, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, place))
    people.step(1)
    first = people.visualRect(people.model().index(0, 0)).center()
    QTest.mouseClick(people.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, first)
    assert (chosen, asked) == (["Bob", "Ann"], [("Bob", True)])
    current = people.current()
    assert current is not None
    assert current.name == "Ann"
    model = people.model()
    role = Qt.ItemDataRole.AccessibleTextRole
    assert [model.index(at, 0).data(role) for at in range(2)] == ["Ann, Host, here now", "Bob, you"]
    assert model.index(1, 0).data(VALUE).id == "2"


def test_a_line_is_written_from_both_ends(theme: Theme) -> None:
    picture = QImage(200, 20, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    line = Line(painter, theme, QRectF(0, 0, 200, 20), gap=6)
    line.icon_at_end("clock", 14, "text")
    line.badge_at_end("@")
    assert line.room.right() == 200 - 14 - 6 - theme.size["badge"] - 6
    assert line.square(16) == QRectF(0, 2, 16, 16)
    assert line.room.left() == 16 + 6
    before = line.room.width()
    line.text("a name that is much longer than what there is room for in one line", "body", "text")
    painter.end()
    assert line.room.width() < 8 < before


def test_the_window_of_a_failed_start_leaves_the_name_of_the_program_to_qt(theme: Theme, qtbot: QtBot) -> None:
    dialog = FailedStart(theme, ChatError(Trouble.PROFILE_OPEN), Path("profile"))
    qtbot.addWidget(dialog)
    assert "Desktop Chat" not in dialog.windowTitle(), "Qt adds it to every title that does not end with it"
    assert dialog.windowTitle()
