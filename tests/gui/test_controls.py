"""The controls: named, reached by the keyboard, plain text everywhere, and repainted when the theme changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QEnterEvent, QImage, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from desktop_chat.theme.menu import Menu
from desktop_chat.theme.scroll_bar import OverlayScrollBar
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.badges import KeyHint
from desktop_chat.widgets.controls import (
    Button,
    Card,
    Field,
    IconButton,
    Light,
    Pressable,
    Switch,
    Text,
)

MARKUP = "<b>x</b> <img src=file:///etc/hostname> & more"
KINDS = ("primary", "plain", "danger", "danger_word", "quiet", "soft", "link")


@pytest.fixture
def page(qapp, qtbot):
    page = QWidget()
    QVBoxLayout(page)
    qtbot.addWidget(page)
    return page


def shown(page: QWidget, qtbot, *widgets: QWidget) -> None:
    layout = page.layout()
    assert layout is not None
    for widget in widgets:
        layout.addWidget(widget)
    with qtbot.waitActive(page):
        page.show()
    if (focused := page.focusWidget()) is not None:
        focused.clearFocus()  # Qt gives it to the first that can have it


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def every_control(theme: Theme) -> list[QWidget]:
    field, text = Field(theme, icon="search", keys="Ctrl+K"), Text(theme, "caption", text="text")
    field.setText("text")
    card = Card(theme)
    card.setFixedSize(60, 40)
    switch = Switch(theme)
    switch.setChecked(True)
    return [
        *(Button(theme, kind, text="text", icon="copy") for kind in KINDS),
        *(IconButton(theme, "search", "Find"), switch),
        *(field, text, card, Light(theme, "online"), Light(theme, "off"), KeyHint(theme, "Esc")),
    ]


def test_a_change_of_the_theme_repaints_every_control(theme, page, qtbot):
    controls = every_control(theme)
    shown(page, qtbot, *controls)
    before = [picture(control) for control in controls]
    theme.choose("dark")
    assert [type(c).__name__ for c, was in zip(controls, before, strict=True) if picture(c) == was] == []
    theme.choose("light")
    assert [type(c).__name__ for c, was in zip(controls, before, strict=True) if picture(c) != was] == []


def test_what_can_be_pressed_is_reached_and_pressed_by_keys(theme, page, qtbot):
    controls: list[Pressable] = [Button(theme, kind, text=kind) for kind in KINDS]
    controls += [IconButton(theme, "x", "Close"), Switch(theme)]
    shown(page, qtbot, *controls)
    pressed: list[Pressable] = []
    for control in controls:
        control.clicked.connect(lambda _checked=False, control=control: pressed.append(control))
    controls[0].setFocus(Qt.FocusReason.TabFocusReason)
    for control in controls:
        assert control.hasFocus()
        assert control.has_ring
        for key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            QTest.keyClick(control, key)
        assert pressed == [control] * 3
        pressed.clear()
        QTest.keyClick(control, Qt.Key.Key_Tab)
        assert not control.has_ring


def test_a_click_takes_no_focus_and_shows_no_ring(theme, page, qtbot):
    field, button = Field(theme), Button(theme, "plain", text="press")
    shown(page, qtbot, field, button)
    field.setFocus()
    with qtbot.waitSignal(button.clicked):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert field.hasFocus()
    assert not button.has_ring


def test_a_click_means_what_is_being_composed_too(theme, page, qtbot):
    field, button = Field(theme), Button(theme, "plain", text="press")
    shown(page, qtbot, field, button)
    field.setFocus()
    button.clicked.connect(lambda: taken.append(field.text()))
    taken: list[str] = []
    QTest.keyClicks(field, "Ann ")
    QApplication.sendEvent(field, QInputMethodEvent("ni hao", []))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert taken == ["Ann ni hao"]


def test_the_ring_lies_around_the_control_and_goes_with_it(theme, page, qtbot):
    button = Button(theme, "plain", text="press")
    shown(page, qtbot, button)
    page.layout().setContentsMargins(20, 20, 20, 20)
    page.layout().activate()
    focus = theme.color("focus")

    def at_the_left(gap: int) -> QColor:
        return QColor(picture(page).pixelColor(button.x() - gap, button.geometry().center().y()))

    assert at_the_left(3) != focus
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert at_the_left(3) == focus
    assert at_the_left(1) != focus
    button.move(button.pos() + QPoint(5, 7))
    assert at_the_left(3) == focus
    button.hide()
    assert not button.has_ring


def test_the_ring_of_a_control_that_fills_its_parent_is_whole(theme, page, qtbot):
    row = QWidget()
    button = Button(theme, "plain", text="press")
    inner = QVBoxLayout(row)
    inner.setContentsMargins(0, 0, 0, 0)
    inner.addWidget(button)
    shown(page, qtbot, row)
    page.layout().setContentsMargins(20, 20, 20, 20)
    page.layout().activate()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    drawn = picture(page)
    around = row.geometry().adjusted(-3, -3, 3, 3)
    for x, y in (
        (around.left(), around.center().y()),
        (around.right(), around.center().y()),
        (around.center().x(), around.top()),
        (around.center().x(), around.bottom()),
    ):
        assert QColor(drawn.pixelColor(x, y)) == theme.color("focus")


def test_enter_presses_the_default_button_of_a_dialog(theme, qtbot):
    dialog = QDialog()
    qtbot.addWidget(dialog)
    row = QHBoxLayout(dialog)
    field, go_on = Field(theme), Button(theme, "primary", text="Join")
    row.addWidget(field)
    row.addWidget(go_on)
    go_on.setDefault(True)
    with qtbot.waitExposed(dialog):
        dialog.show()
    field.setFocus()
    with qtbot.waitSignal(go_on.clicked):
        QTest.keyClick(field, Qt.Key.Key_Return)


@pytest.mark.parametrize(("options", "height"), [({"small": True}, 28), ({}, 32), ({"tall": True}, 40)])
def test_heights(theme, options, height):
    assert Button(theme, "plain", text="text", **options).sizeHint().height() == height
    if "small" not in options:
        assert Field(theme, **options).height() == height


def test_an_unknown_kind_is_refused(theme):
    with pytest.raises(KeyError):
        Button(theme, "loud")
    with pytest.raises(KeyError):
        Light(theme, "blue")


def test_controls_say_what_they_are(theme):
    def name(widget: QWidget) -> str:
        return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)

    def description(widget: QWidget) -> str:
        return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Description)

    assert name(Button(theme, "plain", text="Save & close")) == "Save & close"
    button = IconButton(theme, "search", "Find in this room")
    assert name(button) == "Find in this room"
    button.set_name("Find", "Ctrl+F")
    assert name(button) == "Find"
    assert "Ctrl+F" in button.toolTip()
    assert description(button) == "Ctrl+F"
    assert name(Text(theme, text=MARKUP)) == MARKUP


def test_no_control_takes_text_for_markup(theme, page, qtbot):
    """An image would be loaded from the disk or from another machine. As bold text `x` would be shown alone."""
    label, plain, marked = Text(theme, text=MARKUP), Text(theme, text="x"), Text(theme, text="<b>x</b>")
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert marked.sizeHint().width() > plain.sizeHint().width()
    assert Button(theme, text="<b>x</b>").sizeHint().width() > Button(theme, text="x").sizeHint().width()
    cut = Text(theme, text=MARKUP, elide=True)
    icon = IconButton(theme, "x", MARKUP)
    shown(page, qtbot, label, cut, icon)
    cut.setFixedWidth(40)
    cut.resize(40, 20)
    for told in (cut, icon):
        assert "&lt;img src=file" in told.toolTip()
        assert "<img" not in told.toolTip()


def test_no_character_of_a_text_becomes_a_shortcut(theme):
    button = Button(theme, "plain", text="Ben & Ana")
    assert button.shortcut().isEmpty()
    assert button.text() == "Ben & Ana"
    menu = Menu(theme)
    assert menu.add("Ben & Ana", lambda: None).text() == "Ben && Ana"


def test_a_text_that_does_not_fit_is_cut_and_told(theme, page, qtbot):
    text = Text(theme, text="Nobody loses a word", elide=True)
    shown(page, qtbot, text)
    text.resize(400, 20)
    assert text.shown_text == "Nobody loses a word"
    assert text.toolTip() == ""
    text.resize(60, 20)
    assert text.shown_text.endswith("…")
    assert "Nobody loses a word" in text.toolTip()
    assert text.minimumSizeHint().width() < 60


def test_lines_are_as_high_as_the_style_says(theme):
    text = Text(theme, "body", text="one two three four five six seven eight nine ten")
    text.setWordWrap(True)
    assert text.heightForWidth(1000) == 20
    assert text.heightForWidth(120) % 20 == 0
    assert text.heightForWidth(120) > 40
    text.setText("房间 🎉\nx")
    assert text.heightForWidth(1000) == 40
    assert Text(theme, "caption", text="x").sizeHint().height() == 16


def test_a_field_shows_that_it_has_the_keyboard(theme, page, qtbot):
    field, other = Field(theme, tall=True), Field(theme)
    shown(page, qtbot, field, other)
    other.setFocus()
    assert picture(field).pixelColor(100, 0) == theme.color("line.field")
    field.setFocus()
    assert picture(field).pixelColor(100, 1) == theme.color("focus")
    assert picture(field).pixelColor(100, 10) == theme.color("bg.field")


def test_what_can_only_be_read_is_seen_from_its_beginning_when_the_keyboard_has_gone_on(theme, page, qtbot):
    field, other = Field(theme), Field(theme)
    field.setText("a link " * 100)
    field.setReadOnly(True)
    field.setCursorPosition(0)
    shown(page, qtbot, field, other)
    field.setFocus(Qt.FocusReason.TabFocusReason)
    assert field.selectedText() == field.text()
    other.setFocus(Qt.FocusReason.TabFocusReason)
    assert field.cursorPosition() == 0


def test_a_menu_calls_what_is_chosen_and_its_icons_follow_the_theme(theme, qtbot):
    menu = Menu(theme)
    qtbot.addWidget(menu)
    chosen = []
    action = menu.add("Delete", lambda: chosen.append("delete"), icon="trash-2", keys="Del", danger=True)
    action.trigger()
    assert chosen == ["delete"]
    before = action.icon().pixmap(16, 16).toImage()
    theme.choose("dark")
    assert action.icon().pixmap(16, 16).toImage() != before


@pytest.mark.parametrize("choice", ["light", "dark", "contrast", "contrastLight"])
def test_the_keys_of_a_menu_stand_in_one_faint_column_and_what_destroys_is_red(theme, qtbot, choice):
    theme.choose(choice)
    menu = Menu(theme)
    qtbot.addWidget(menu)
    rows = [menu.add("Reply", print, keys="R"), menu.add("Copy", print, keys="Ctrl+C")]
    rows.append(menu.add("Delete…", print, keys="Del", danger=True))
    menu.resize(menu.sizeHint())
    image = menu.grab().toImage()
    ends = []
    for row in rows:
        place = menu.actionGeometry(row)
        keys = QRect(place.right() - 50, place.top(), 50, place.height())
        text = place.adjusted(0, 0, -51, 0)
        ink = theme.color("text.faint")
        ends.append(max(x for x, _, color in pixels(image, keys) if near(color, ink)))
        is_red = any(near(color, theme.color("text.danger"), 15) for *_, color in pixels(image, text))
        assert is_red is (row is rows[-1])
    assert max(ends) - min(ends) <= 2  # a C ends before its box does


def pixels(image: QImage, where: QRect) -> Iterator[tuple[int, int, QColor]]:
    for x in range(where.left(), where.right() + 1):
        for y in range(where.top(), where.bottom() + 1):
            yield x, y, image.pixelColor(x, y)


def near(one: QColor, other: QColor, by: int = 50) -> bool:
    """The smallest letters hardly reach their colour."""
    channels = ((one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue()))
    return all(abs(a - b) < by for a, b in channels)


def test_a_menu_shows_what_is_chosen_and_says_so(theme, qtbot):
    menu = Menu(theme)
    qtbot.addWidget(menu)
    rows = [menu.add("On", print), menu.add("Off", print)]
    for row in rows:
        row.setCheckable(True)
    rows[0].setChecked(True)
    menu.resize(menu.sizeHint())
    image = menu.grab().toImage()
    marks = [QRect(menu.actionGeometry(row).topLeft(), QSize(32, 32)) for row in rows]
    assert [any(near(color, theme.color("text")) for *_, color in pixels(image, mark)) for mark in marks] == [
        True,
        False,
    ]
    said = QAccessible.queryAccessibleInterface(menu)
    assert [(said.child(at).state().checkable, said.child(at).state().checked) for at in (0, 1)] == [(1, 1), (1, 0)]


def test_a_row_of_a_menu_is_heard_without_its_keys_which_only_are_told(theme, page, qtbot):
    menu, chosen = Menu(theme, page), []
    menu.add("Reply", lambda: chosen.append("reply"), keys="R")
    shown(page, qtbot, field := Field(theme))
    field.setFocus()
    row = QAccessible.queryAccessibleInterface(menu).child(0)
    assert row.text(QAccessible.Text.Name) == "Reply"
    assert row.text(QAccessible.Text.Accelerator) == "R"
    QTest.keyClick(field, Qt.Key.Key_R)
    menu.popup(QPoint())
    QTest.keyClick(menu, Qt.Key.Key_R)
    menu.close()
    assert (field.text(), chosen) == ("r", [])


@pytest.mark.parametrize("by_key", [True, False])
def test_a_menu_that_a_key_opened_begins_at_its_first_row(theme, page, qtbot, by_key):
    shown(page, qtbot)
    menu = Menu(theme, page)
    menu.add("Nobody can", print).setEnabled(False)
    first = menu.add("Reply", print)
    menu.open_once(QPoint(), by_key=by_key)
    assert menu.activeAction() is (first if by_key else None)
    menu.close()


def test_the_scroll_bar_is_seen_only_when_somebody_is_about_to_scroll(theme, qtbot):
    area = QListWidget()
    qtbot.addWidget(area)
    area.addItems([str(number) for number in range(200)])
    area.resize(200, 200)
    bar = OverlayScrollBar(theme, area)
    with qtbot.waitExposed(area):
        area.show()
    assert area.viewport().width() > 190
    seen = [bar.is_seen]
    bar.enterEvent(QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5)))
    seen.append(bar.is_seen)
    assert seen == [False, True]
    bar.leaveEvent(QEvent(QEvent.Type.Leave))
    top = bar.thumb
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=top.center().toPoint())
    assert area.verticalScrollBar().value() == 0
    QTest.mouseMove(bar, QPoint(6, bar.height()))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(6, bar.height()))
    assert area.verticalScrollBar().value() == area.verticalScrollBar().maximum()
    assert bar.thumb.bottom() == pytest.approx(bar.height() - 3)
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(6, 0))
    assert area.verticalScrollBar().value() == 0
