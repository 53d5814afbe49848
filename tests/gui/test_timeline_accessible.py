"""The timeline as a screen reader has it: a list, and each message on screen an item of it."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
import shiboken6
from msgspec.structs import replace
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop_chat.theme.language import Language
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline import accessible
from desktop_chat.timeline.menu import MessageMenu
from desktop_chat.timeline.reactions import USUAL
from desktop_chat.timeline.view import TimelineView
from tests.gui.talk import START, tide_sensor

Name = QAccessible.Text.Name


def opened(theme: Theme, qtbot: Any) -> TimelineView:
    view = TimelineView(theme, UTC, lambda: START + timedelta(days=2))
    view.resize(928, 684)
    with qtbot.waitActive(view):
        view.show()
    talk: Any = tide_sensor()
    talk.read_row = None
    view.show_messages(talk)
    return view


@pytest.fixture
def view(theme: Theme, qtbot: Any) -> TimelineView:
    view = opened(theme, qtbot)
    qtbot.addWidget(view)
    return view


@pytest.fixture
def listener(monkeypatch) -> list[Any]:
    """What a screen reader would hear of."""
    heard: list[Any] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", heard.append)
    return heard


def as_read(view: QWidget) -> QAccessibleInterface:
    interface = QAccessible.queryAccessibleInterface(view)
    assert interface is not None
    return interface


def names(interface: QAccessibleInterface) -> list[str]:
    return [interface.child(i).text(Name) for i in range(interface.childCount())]


def test_it_is_a_list_of_the_messages_on_screen(view):
    interface = as_read(view)
    assert interface.role() == QAccessible.Role.List
    assert interface.text(Name) == "Messages"
    assert interface.childCount() == len(view.stage.placed)
    for index, one in enumerate(view.stage.placed):
        item = interface.child(index)
        assert item.role() == QAccessible.Role.ListItem
        assert item.isValid()
        assert interface.indexOfChild(item) == index
        assert item.rect().height() == one.height
        assert item.parent().text(Name) == "Messages"


def test_an_item_says_author_time_text_and_state(view):
    said = dict(zip([one.row for one in view.stage.placed], names(as_read(view)), strict=True))
    time = {row: view.stage.layout(row).content.time for row in said}
    assert (
        said[9]
        == f"Jun Watanabe, {time[9]}, mentions you, @Mara can you print it before the open evening? PETG, 40 % infill."
    )
    own = f"Mara Lindqvist, {time[12]}, in reply to Jun Watanabe, Yes, it goes on at eight. Photo follows 🙌"
    assert said[12] == f"{own}, Stored by the room"
    assert said[13].endswith("The text is too long: a message holds at most 16,000 bytes.")
    assert said[14].endswith("Waiting here")
    assert said[11].endswith("This message was deleted.")
    assert said[8].endswith("edited")
    view.to_top()
    spoken = names(as_read(view))
    assert "pinned" in spoken[4]
    assert spoken[3].endswith("✅ 6, your reaction, 🙏 2")


def test_what_stands_above_a_message_is_said_before_it(view):
    def said(row: int) -> str:
        (index,) = [i for i, one in enumerate(view.stage.placed) if one.row == row]
        return names(as_read(view))[index]

    talk: Any = view.messages
    talk.read_row = 11
    talk.rows_changed.emit(11, 12)
    view.set_line("Waits until the room is back")
    assert said(12).startswith("New messages, Mara Lindqvist, ")
    waits = next(row for row in range(1, talk.last_row + 1) if talk.items[row - 1].is_waiting)
    assert said(waits).startswith("Waits until the room is back, Mara Lindqvist, ")
    view.to_top()
    assert said(1).startswith("Thursday, 19 November, Elias Brandt, ")
    assert said(2).startswith("Elias Brandt, ")


def test_items_follow_what_is_scrolled_to(view):
    interface = as_read(view)
    last = interface.child(interface.childCount() - 1)
    view.resize(928, 200)
    view.to_top()
    assert "Elias Brandt" in names(interface)[0]
    assert interface.childCount() == len(view.stage.placed)
    assert not last.isValid()
    assert interface.child(99) is None


def test_a_point_of_the_screen_leads_to_its_message(view):
    interface = as_read(view)
    middle = interface.child(3).rect().center()
    assert interface.childAt(middle.x(), middle.y()).text(Name) == interface.child(3).text(Name)


def test_the_current_message_is_told_and_has_the_focus(view, listener):
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Up)
    event = listener[-1]
    assert event.type() == QAccessible.Event.Focus
    assert event.child() == len(view.stage.placed) - 1
    focused = as_read(view).focusChild()
    assert focused.text(Name).startswith("Mara Lindqvist")
    assert focused.state().focused


def spoken(view: TimelineView, listener: list[Any]) -> list[int]:
    """The messages that the focus went to."""
    focus = [event for event in listener if event.type() == QAccessible.Event.Focus]
    return [view.stage.placed[event.child()].row for event in focus]


def test_home_is_told_when_the_first_message_is_here(view, listener):
    talk: Any = view.messages
    talk.missing = {1, 2, 3}
    view.stage.lay_out_anew()
    view.setFocus()
    listener.clear()
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.current == 1
    assert spoken(view, listener) == []
    talk.come(1, 3)
    assert spoken(view, listener) == [1]
    talk.come(1, 3)
    assert spoken(view, listener) == [1]


def test_of_a_page_that_was_not_here_a_message_on_screen_is_told(view, listener):
    view.resize(928, 300)
    view.setFocus()
    view.to_top()
    talk: Any = view.messages
    talk.missing = set(range(4, 13))
    view.stage.lay_out_anew()
    listener.clear()
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    before = view.current
    talk.change(7, lambda item: item._replace(shown=replace(item.shown, text="Long.\n" * 9)))
    talk.come(4, 12)
    assert view.current == view.stage.last_whole() != before
    assert spoken(view, listener)[-1] == view.current


def test_who_scrolls_on_does_not_hear_what_comes_later(view, listener):
    view.resize(928, 300)
    view.setFocus()
    talk: Any = view.messages
    talk.missing = {1, 2, 3}
    view.stage.lay_out_anew()
    QTest.keyClick(view, Qt.Key.Key_Home)
    view.scroll_by(10)
    listener.clear()
    talk.come(1, 3)
    assert spoken(view, listener) == []


@pytest.mark.parametrize("reason", [Qt.FocusReason.ShortcutFocusReason, Qt.FocusReason.PopupFocusReason])
def test_the_current_message_is_told_after_the_list_when_the_keyboard_comes(view, qtbot, listener, reason):
    view.set_current(9)
    view.clearFocus()
    view.setFocus(reason)
    told = len(listener)
    QAccessible.updateAccessibility(QAccessibleEvent(view, QAccessible.Event.Focus))  # as Qt does by itself
    qtbot.waitUntil(lambda: len(listener) > told + 1)
    assert listener[-1].type() == QAccessible.Event.Focus
    assert view.stage.placed[listener[-1].child()].row == 9


def test_the_list_is_called_so_in_the_language_that_is_spoken(view, language: Language):
    interface = as_read(view)
    language.speak("zh_CN")
    QApplication.sendPostedEvents()
    assert interface.text(Name) == view.accessibleName() != "Messages"


def test_each_emoji_of_the_menu_is_called_by_its_name(view, qtbot):
    view.setFocus()
    view.set_current(9)
    QTest.keyClick(view, Qt.Key.Key_Menu)
    menu = view.findChild(MessageMenu)
    assert as_read(menu).child(0).text(Name) == "React"
    heard = []
    for _ in range(7):
        emoji = as_read(menu.focusWidget())
        assert emoji.role() == QAccessible.Role.Button
        heard.append(emoji.text(Name))
        QTest.keyClick(menu.focusWidget(), Qt.Key.Key_Right)
    assert len(set(heard)) == len(USUAL)
    assert heard[:2] == ["thumbs up", "red heart"]
    assert heard[-1] == heard[0]
    menu.close()


def announced(listener: list[Any]) -> list[str]:
    said = [event.message() for event in listener if event.type() == QAccessible.Event.Announcement]
    return [one.rpartition(", ")[2] for one in said]


def test_new_messages_of_others_are_announced(view, listener):
    view.messages.arrives("Mara Lindqvist", "Thanks!", 299)
    view.messages.arrives("Theo Okafor", "Done.", 300)
    assert announced(listener) == ["Done."]


@pytest.mark.parametrize(("more", "said"), [(2, ["1", "2"]), (44, ["44 new messages"])])
def test_what_comes_right_after_is_announced_together(view, qtbot, listener, language: Language, more, said):
    language.speak("en")
    view.messages.arrives("Theo Okafor", "Done.", 300)
    for number in range(more):
        view.messages.arrives("Theo Okafor", f"{number + 1}", 301)
    assert announced(listener) == ["Done."]
    qtbot.waitUntil(lambda: len(announced(listener)) > 1, timeout=10 * accessible.PAUSE_MS)
    assert announced(listener) == ["Done.", *said]


def test_many_at_once_are_announced_by_their_number(view, listener, language: Language):
    language.speak("en")
    talk: Any = view.messages
    for number in range(45):
        talk.say("Theo Okafor", f"{number}", 300)
    talk.rows_added.emit(45)
    assert announced(listener) == ["45 new messages"]


def test_what_came_to_another_conversation_is_not_announced_later(view, qtbot, listener):
    view.messages.arrives("Theo Okafor", "Done.", 300)
    view.messages.arrives("Theo Okafor", "And now?", 300)
    there: Any = tide_sensor()
    view.show_messages(there)
    there.arrives("Theo Okafor", "Here.", 300)
    qtbot.waitUntil(lambda: len(announced(listener)) > 1, timeout=10 * accessible.PAUSE_MS)
    assert announced(listener) == ["Done.", "Here."]


def test_other_messages_on_screen_are_told_once(view, listener):
    def told() -> int:
        return sum(event.type() == QAccessible.Event.ObjectReorder for event in listener)

    view.resize(928, 300)
    before = told()
    view.to_top()
    assert told() == before + 1
    view.viewport().update()
    view.stage.settle()
    assert told() == before + 1


class Finder(QObject):
    found = Signal(str)


def test_it_may_be_asked_again_after_something_was_connected_and_ends_once(theme, qtbot):
    """A first connection to a slot makes another class of it, for Qt: a program that was read crashed at its end."""
    view = opened(theme, qtbot)
    finder = Finder()
    before = as_read(view)
    assert names(before)
    finder.found.connect(view.mark_found)
    after = as_read(view)
    assert names(after) == names(before)
    shiboken6.delete(view)
    assert not shiboken6.isValid(before)
    assert not shiboken6.isValid(after)
