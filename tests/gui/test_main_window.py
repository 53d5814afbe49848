"""The window: what it begins with, how its panes take turns, its keys, and what it remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from chat_protocol.events import Access
from chat_protocol.ids import PEOPLE
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.notices import Notices
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Ending, Signalled
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.server import Server
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.deeds import Deed
from desktop_chat.widgets.main_window import MainWindow
from tests.core.people import Person
from tests.gui.conftest import Hosted, Until
from tests.gui.screen import bench_of, find, focused, keys, nameless, press, says, shown, window_of

ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
MakeWindow = Callable[[Client], MainWindow]


@pytest.fixture
async def make_window(
    theme: Theme, actions: Actions, notices: Notices, person: Person, qtbot: QtBot, tmp_path: Path
) -> AsyncIterator[MakeWindow]:
    made: list[MainWindow] = []

    def make(client: Client) -> MainWindow:
        window = window_of(theme, actions, notices, client, tmp_path / "host")
        made.append(window)  # not qtbot's, which closes windows when there is no loop any more
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        return window

    yield make
    for window in made:
        window.close()
        window.hide()
    await actions.close()
    for window in made:
        window.deleteLater()
        # At once: its timers must not run out when there is no loop any more.
        QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete.value)


@pytest.fixture
async def member(hosted: Hosted, person: Person) -> Server:
    """A guest who is in."""
    server, _ = await person.joined(hosted.link, "Grace")
    await person.until(lambda: PEOPLE in server.held())
    return server


def title_of(window: MainWindow) -> str:
    return str(find(bench_of(window).pane, "conversation_title").text())


async def test_the_first_start_asks_for_nothing_but_a_name(make_window: MakeWindow, person: Person) -> None:
    QGuiApplication.clipboard().clear()
    window = make_window(person.client)
    assert shown(window, "welcome")
    assert not shown(window, "rail")
    assert find(window, "name_field").text() == "Grace Hopper"
    assert find(window, "name_field").hasFocus()
    assert list(nameless(window)) == []


async def test_an_invite_on_the_clipboard_is_offered_and_one_click_is_in(
    hosted: Hosted, make_window: MakeWindow, person: Person, until: Until
) -> None:
    QGuiApplication.clipboard().setText(hosted.link)
    window = make_window(person.client)
    await until(lambda: shown(window, "whose_room"))
    press(find(window, "join_dialog"), "join_button")
    await until(lambda: title_of(window) == "Lobby")
    assert shown(window, "composer_field")
    assert focused() == "composer_field"
    keys(find(window, "composer_field"), Qt.Key.Key_H)
    keys(find(window, "composer_field"), Qt.Key.Key_Return)
    await hosted.host.until(lambda: "h" in hosted.host.messages)


async def test_an_invite_that_was_put_away_is_not_offered_again(
    hosted: Hosted, make_window: MakeWindow, person: Person, until: Until
) -> None:
    QGuiApplication.clipboard().setText(hosted.link)
    window = make_window(person.client)
    await until(lambda: shown(window, "whose_room"))
    press(find(window, "whose_room"), "cancel_button")
    await until(lambda: not bench_of(window).has_sheet())
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
    assert not bench_of(window).has_sheet()


async def test_the_link_that_the_program_is_started_with_comes_before_the_clipboard(
    hosted: Hosted, make_window: MakeWindow, person: Person, until: Until
) -> None:
    QGuiApplication.clipboard().clear()
    window = make_window(person.client)
    bench_of(window).entrance.expect_link()
    other = await hosted.server.make_room("Open evening", Access.OPEN)
    await hosted.host.until(lambda: other in hosted.server.held())
    QGuiApplication.clipboard().setText(await hosted.server.invite(other, addresses=[hosted.place.address]))
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
    bench_of(window).entrance.join("Grace", hosted.link)
    await until(lambda: shown(window, "whose_room"))
    assert find(window, "room_name").text() == "Lobby"


async def test_unread_messages_are_counted_in_rail_and_title(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until, heard: list[str]
) -> None:
    room = await hosted.server.make_room("Open evening", Access.OPEN)
    await person.until(lambda: room in member.state(PEOPLE) or any(room in key for key in member.state(PEOPLE)))
    await member.enter(room)
    await person.until(lambda: room in member.held())
    window = make_window(person.client)
    bench_of(window).open_log(member, hosted.room)
    await hosted.server.send_text(room, "hello?")
    await until(lambda: window.windowTitle() == "(1) Desktop Chat")
    assert find(window, "rail_chats").accessibleDescription() == "1 unread messages"
    assert heard == []
    keys(window, Qt.Key.Key_Down, ALT | SHIFT)
    await until(lambda: title_of(window) == "Open evening" and window.windowTitle() == "Desktop Chat")
    keys(window, Qt.Key.Key_Down, ALT)
    assert title_of(window) == "Lobby"
    keys(window, Qt.Key.Key_1, CTRL)
    assert title_of(window) == "Open evening"
    await hosted.server.send_text(hosted.room, "Grace?", mentions=(member.me,))
    await until(lambda: heard)
    assert heard == ["Lobby, 1 unread, you are mentioned, Hugo: Grace?"]


async def test_what_came_while_one_worked_elsewhere_is_read_when_one_is_back(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until, qtbot: QtBot
) -> None:
    window = make_window(person.client)
    bench_of(window).open_log(member, hosted.room)
    elsewhere = QWidget()
    qtbot.addWidget(elsewhere)
    with qtbot.waitActive(elsewhere):
        elsewhere.show()
        elsewhere.activateWindow()
    await hosted.server.send_text(hosted.room, "are you there?")
    await until(lambda: window.windowTitle() == "(1) Desktop Chat")
    window.activateWindow()
    await until(lambda: window.windowTitle() == "Desktop Chat")


async def test_the_switcher_finds_rooms_and_people(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    window = make_window(person.client)
    keys(window, Qt.Key.Key_K, CTRL)
    await until(lambda: shown(window, "switcher"))
    assert list(nameless(window)) == []
    field = find(window, "picker_field")
    QTest.keyClicks(field, "hug")
    assert field.accessibleDescription() == "Hugo"
    keys(field, Qt.Key.Key_Return)
    await until(lambda: title_of(window) == "Hugo")
    assert "could read it" in says(bench_of(window).pane.header)
    keys(window, Qt.Key.Key_K, CTRL)
    await until(lambda: shown(window, "switcher"))
    field = find(window, "picker_field")
    assert field.accessibleDescription() == "Hugo"
    keys(field, Qt.Key.Key_Down)
    assert field.accessibleDescription() == "Lobby, Hugo"
    QTest.keyClicks(field, "xyz")
    assert shown(window, "picker_nothing")
    assert field.accessibleDescription() == "Nothing here has that name."
    keys(window, Qt.Key.Key_2, CTRL)
    assert bench_of(window).has_sheet(), "keys of the window rest while a question lies over it"
    keys(find(window, "picker_field"), Qt.Key.Key_Escape)
    await until(lambda: not bench_of(window).has_sheet())


async def test_a_new_room_is_made_and_opened(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    window = make_window(person.client)
    bench_of(window).begin.make_room()
    await until(lambda: shown(window, "new_room_dialog"))
    dialog = find(window, "new_room_dialog")
    assert not find(dialog, "make_room_button").isEnabled()
    QTest.keyClicks(find(dialog, "room_name_field"), "Tide sensor")
    press(dialog, "open_room_option")
    press(dialog, "make_room_button")
    await until(lambda: title_of(window) == "Tide sensor")
    await hosted.host.until(
        lambda: "Tide sensor" in [name for _, name in rooms.open_rooms(hosted.server.state(PEOPLE))]
    )
    assert shown(window, "empty_room")


async def test_the_link_of_a_new_room_leads_into_it(
    hosted: Hosted, make_window: MakeWindow, person: Person, until: Until
) -> None:
    room = await hosted.server.make_room("Tide sensor", Access.PRIVATE)
    await hosted.host.until(lambda: room in hosted.server.held())
    window = make_window(hosted.host.client)
    bench_of(window).open_log(hosted.server, room)
    QGuiApplication.clipboard().clear()
    press(window, "copy_invite_button")
    await until(lambda: find(window, "copy_invite_button").text() == "Link copied")
    server, _ = await person.joined(QGuiApplication.clipboard().text(), "Grace")
    assert server.invited_to == room


async def test_who_may_not_invite_is_not_told_to(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    room = await member.make_room("Tide sensor", Access.OPEN)
    await person.until(lambda: room in member.held())
    window = make_window(person.client)
    bench_of(window).open_log(member, room)
    assert shown(window, "empty_room")
    assert not shown(window, "copy_invite_button")


async def test_an_open_room_is_found_and_entered(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    room = await hosted.server.make_room("Open evening", Access.OPEN)
    await person.until(lambda: f"room:{room}" in member.state(PEOPLE))
    window = make_window(person.client)
    bench_of(window).begin.enter_room()
    await until(lambda: shown(window, "picker"))
    keys(find(window, "picker_field"), Qt.Key.Key_Return)
    await until(lambda: title_of(window) == "Open evening")


async def test_below_720_one_pane_at_a_time(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    window = make_window(person.client)
    bench_of(window).open_log(member, hosted.room)
    assert shown(window, "conversation_list")
    assert shown(window, "conversation_pane")
    window.resize(480, 640)
    assert not shown(window, "conversation_list")
    assert not shown(window, "rail")
    assert shown(window, "conversation_pane")
    press(window, "back_button")
    assert shown(window, "conversation_list")
    assert shown(window, "rail")
    assert not shown(window, "conversation_pane")
    press(window, "rail_contacts")
    assert shown(window, "contacts_page")
    assert shown(window, "rail")
    press(window, "rail_chats")
    keys(find(window, "conversation_list"), Qt.Key.Key_Return)
    assert shown(window, "conversation_pane")
    press(window, "details_button")
    assert shown(window, "details_pane")
    assert not shown(window, "conversation_pane")
    press(window, "close_details_button")
    assert shown(window, "conversation_pane")
    press(window, "back_button")
    window.resize(1280, 800)
    assert shown(window, "conversation_list")
    bench_of(window).pane.focus_composer()
    window.resize(480, 640)
    assert shown(window, "conversation_pane")  # where one was writing


async def test_the_rail_says_whether_one_is_there_for_others(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    window = make_window(person.client)
    me = find(window, "rail_me")
    assert me.accessibleDescription() == "Connected"
    picture = me.grab().toImage()
    member.driver.end(Ending(Trouble.UNREACHABLE, after_s=1000))
    await until(lambda: me.accessibleDescription() == "Not connected")
    assert me.grab().toImage() != picture


async def test_who_hides_that_they_are_here_is_not_seen(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    def heard() -> list[bool]:
        told = [one for one in hosted.host.notices if isinstance(one, Signalled)]
        return [one.on for one in told if one.kind == "present" and one.by == member.me]

    def choose(name: str) -> None:
        keys(me, Qt.Key.Key_Space)
        menu = find(window, "me_menu")
        (row,) = (one for one in menu.actions() if one.objectName() == name)
        chosen.append(row.isChecked())
        row.trigger()
        menu.close()

    chosen: list[bool] = []
    hosted.server.signal(PEOPLE, "present")
    window = make_window(person.client)
    me = find(window, "rail_me")
    await until(lambda: heard()[-1:] == [True])
    picture = me.grab().toImage()
    choose("menu_show_present")
    await until(lambda: heard()[-1:] == [False])
    await until(lambda: me.accessibleDescription() == "Connected, hidden from others")
    assert me.grab().toImage() != picture
    choose("menu_show_present")
    await until(lambda: heard()[-1:] == [True])
    assert me.accessibleDescription() == "Connected"
    choose("menu_show_read")
    await until(lambda: person.client.store.kept("hidden:") == {"hidden:read": "yes"})
    assert chosen == [True, False, True]


async def test_the_keyboard_comes_to_the_part_of_the_rail_that_is_shown(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server
) -> None:
    window = make_window(person.client)
    bench_of(window).open_log(member, hosted.room)
    press(window, "rail_room")
    find(window, "rail_room").setFocus(Qt.FocusReason.TabFocusReason)
    keys(window, Qt.Key.Key_1, CTRL)  # the first conversation
    keys(window, Qt.Key.Key_F6)
    assert focused() == "rail_chats"
    keys(find(window, "rail_chats"), Qt.Key.Key_Down)
    assert find(window, "rail_contacts").isChecked()


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Backtab])
async def test_tab_comes_to_everything_and_around(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until, key: Qt.Key
) -> None:
    window = make_window(person.client)
    window.resize(1280, 800)
    bench_of(window).open_log(member, hosted.room)
    press(window, "details_button")
    await until(lambda: find(window, "people_list").model().rowCount() == 2)
    every = {
        one.objectName()
        for one in window.findChildren(QWidget)
        if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    assert {"new_button", "details_button", "rail_me", "composer_field"} <= every
    seen = [focused()]
    for _ in every:
        keys(QApplication.focusWidget() or window, key)
        seen.append(focused())
    assert set(seen) == every
    assert seen[0] == seen[-1], "and then it begins anew"


async def test_a_small_screen_at_200_percent_holds_it(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server
) -> None:
    window = make_window(person.client)
    bench_of(window).open_log(member, hosted.room)
    window.resize(640, 360)  # of 1280 × 800, without what the system takes
    assert (window.width(), window.height()) == (640, 360)
    field = find(window, "composer_field")
    assert window.rect().contains(field.mapTo(window, field.rect().bottomRight()))
    press(window, "back_button")
    rail = find(window, "rail")
    assert window.rect().contains(rail.mapTo(window, rail.rect().bottomRight()))
    assert shown(window, "conversation_list")


async def test_esc_leaves_the_details_that_lie_over_the_conversation(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server
) -> None:
    window = make_window(person.client)
    bench_of(window).open_log(member, hosted.room)
    window.resize(480, 640)
    press(window, "details_button")
    assert shown(window, "details_pane")
    keys(find(window, "details_pane"), Qt.Key.Key_Escape)
    assert not shown(window, "details_pane")
    assert shown(window, "conversation_pane")


async def test_f6_goes_through_the_panes_and_esc_out_of_the_composer(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    await hosted.server.send_text(hosted.room, "hi")
    await person.until(lambda: "hi" in person.messages)
    window = make_window(person.client)
    window.resize(1280, 800)
    bench_of(window).open_log(member, hosted.room)
    press(window, "details_button")
    seen = []
    for _ in range(5):
        keys(window, Qt.Key.Key_F6)
        seen.append(focused())
    assert seen[1:] == ["rail_chats", "conversation_list", "timeline", "composer_field"]
    assert seen[0] != ""
    keys(find(window, "composer_field"), Qt.Key.Key_Escape)
    assert focused() == "timeline"


async def test_the_last_conversation_size_and_details_come_back(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    first = make_window(person.client)
    first.resize(1200, 700)
    bench_of(first).open_log(member, hosted.room)
    press(first, "details_button")
    line = find(first, "panes").handle(1)
    before = find(first, "list_pane").width()
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(0, 300))
    QTest.mouseMove(line, QPoint(-30, 300))
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton, pos=QPoint(0, 300))
    width = find(first, "list_pane").width()
    assert width < before
    first.resize(740, 610)  # the screen of these tests is small
    asked: list[bool] = []
    first.close_requested.connect(lambda: asked.append(True))
    first.close()
    assert asked == [True]
    assert first.isVisible(), "it only asks"
    await until(lambda: {"window:conversation", "window:geometry", "window:details"} <= person.store.kept().keys())
    await until(lambda: person.store.kept().get("window:widths", "").startswith(f"{width} "))
    first.hide()
    second = make_window(person.client)
    assert title_of(second) == "Lobby"
    assert (second.width(), second.height()) == (740, 610)
    assert not shown(second, "details_pane")
    second.resize(1200, 700)
    assert shown(second, "details_pane")
    assert find(second, "list_pane").width() == width


async def test_the_own_room_that_rests_is_hosted_again_from_its_banner(
    hosted: Hosted, make_window: MakeWindow, until: Until
) -> None:
    window = make_window(hosted.host.client)
    bench_of(window).open_log(hosted.server, hosted.room)
    asked: list[str] = []
    bench_of(window).pane.host_requested.disconnect()
    bench_of(window).pane.host_requested.connect(lambda: asked.append("host"))
    hosted.server.driver.end(Ending(Trouble.UNREACHABLE, after_s=1000))
    await until(lambda: shown(window, "server_banner"))
    assert "nobody gets in until you host it again" in says(bench_of(window).pane)
    press(find(window, "server_banner"), "banner_action")
    assert asked == ["host"]


async def test_every_key_of_the_window_is_in_the_list(
    make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    window = make_window(person.client)
    keys(window, Qt.Key.Key_Slash, CTRL)
    await until(lambda: shown(window, "key_list"))
    told = find(window, "close_keys_button").accessibleDescription().split("; ")
    said = {one.partition(": ")[0] for one in told}
    bound = {shortcut.key().toString() for shortcut in window.findChildren(QShortcut)}
    families = {keys.replace("Up", "Down").replace("Shift+F6", "F6") for keys in bound}
    numbers = {f"Ctrl+{number}" for number in range(2, 10)}
    assert families - numbers - said == set()
    in_messages = {"Home", "End", "Shift+Up", "Ctrl+A", *(deed.key for deed in Deed if deed.key)}
    assert in_messages - said == set()
    press(find(window, "key_list"), "close_keys_button")
    await until(lambda: not bench_of(window).has_sheet())


async def test_in_a_low_window_the_list_of_keys_is_scrolled_by_keys(
    make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    window = make_window(person.client)
    window.resize(900, 390)
    keys(window, Qt.Key.Key_Slash, CTRL)
    await until(lambda: shown(window, "key_list"))
    bar = find(window, "sheet_scroll").verticalScrollBar()
    await until(lambda: bar.maximum() > 0)
    close = find(window, "close_keys_button")
    places = [bar.value()]
    for key in ("Down", "PageDown", "Up", "PageUp", "End", "Home"):
        keys(close, Qt.Key[f"Key_{key}"])
        places.append(bar.value())
    start, down, page, up, back, end, top = places
    assert start < down < page > up > back == start == top
    assert end == bar.maximum()
    assert close.hasFocus()


async def test_a_refusal_is_said_quietly_and_put_away(
    make_window: MakeWindow, person: Person, actions: Actions
) -> None:
    QGuiApplication.clipboard().clear()
    window = make_window(person.client)
    actions.refused.emit(ChatError(Trouble.DISK_FULL_HERE))
    banner = find(window, "trouble_banner")
    assert "The disk of this computer is full." in says(banner)
    press(banner, "banner_close")
    assert not banner.isVisible()


async def test_a_full_disk_is_said_until_something_could_be_stored(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    window = make_window(person.client)
    bench_of(window).show_refusal(ChatError(Trouble.DISK_FULL_HERE))
    assert "The disk of this computer is full" in says(window)
    await hosted.server.send_text(hosted.room, "there is room again")
    await until(lambda: "The disk of this computer is full" not in says(window))


async def test_every_part_is_named_and_painted_in_every_theme(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, theme: Theme, until: Until
) -> None:
    window = make_window(person.client)
    bench_of(window).open_log(member, hosted.room)
    press(window, "details_button")
    await until(lambda: find(window, "people_list").model().rowCount() == 2)
    for part in ("chats", "contacts", "room"):
        bench_of(window).show_part(part)
        assert list(nameless(window)) == []
    bench_of(window).show_part("contacts")
    hugo = bench_of(window).contacts.all()[0]
    find(window, "contacts_page").show_contact(hugo.member)
    assert list(nameless(window)) == []
    for choice in ("dark", "contrast", "contrastLight", "light"):
        theme.choose(choice)
        assert not window.grab().isNull()


async def test_a_contact_gets_an_own_name_and_is_blocked(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, until: Until
) -> None:
    window = make_window(person.client)
    bench_of(window).show_part("contacts")
    hugo = bench_of(window).contacts.all()[0]
    page = find(window, "contacts_page")
    page.show_contact(hugo.member)
    QTest.keyClicks(find(page, "contact_name_field"), "The landlord")
    keys(find(page, "contact_name_field"), Qt.Key.Key_Return)
    await until(lambda: bench_of(window).contacts.all()[0].name == "The landlord")
    assert "Known as Hugo" in says(page)
    press(page, "contact_block_switch")
    await until(lambda: bench_of(window).contacts.all()[0].blocked)
    assert not shown(page, "contact_message_button")


async def test_of_contacts_only_who_is_shown_looks_chosen(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, theme: Theme
) -> None:
    window = make_window(person.client)
    bench_of(window).show_part("contacts")
    page = find(window, "contacts_page")
    people = find(page, "contacts_list")

    def looks_chosen() -> bool:
        row = people.visualRect(people.model().index(0, 0))
        at = QPoint(row.right() - 20, row.top() + 8)
        return bool(people.grab().toImage().pixelColor(at) == theme.color("row.selected"))

    people.setFocus()
    assert people.selectedIndexes()  # for who listens
    assert not looks_chosen()
    page.show_contact(bench_of(window).contacts.all()[0].member)
    assert looks_chosen()
    press(page, "close_contact_button")
    assert not looks_chosen()


async def test_in_a_low_window_nothing_of_a_contact_is_squeezed(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server
) -> None:
    window = make_window(person.client)
    bench_of(window).show_part("contacts")
    page, card = find(window, "contacts_page"), find(window, "contact_card")
    page.show_contact(bench_of(window).contacts.all()[0].member)
    heights = []
    for width, height in ((1280, 800), (640, 360), (480, 360)):
        window.resize(width, height)
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        heights.append(find(page, "contact_message_button").height())
        assert card.visibleRegion().boundingRect().width() == card.width()
        assert shown(page, "contacts_list") is (page.width() >= 640)
    assert set(heights) == {32}


async def test_nothing_remote_reaches_a_label_that_guesses_markup(make_window: MakeWindow, person: Person) -> None:
    window = make_window(person.client)
    guessing = [one for one in window.findChildren(QLabel) if one.textFormat() != Qt.TextFormat.PlainText]
    assert guessing == []


@pytest.mark.parametrize(("name", "menu_name"), [("rail_me", "me_menu"), ("rail_language", "language_menu")])
async def test_the_menus_of_the_rail_lie_in_the_window(
    hosted: Hosted, make_window: MakeWindow, person: Person, member: Server, name: str, menu_name: str
) -> None:
    window = make_window(person.client)
    for width, height in ((1280, 800), (480, 640)):
        window.resize(width, height)
        bench_of(window).show_part("chats")
        press(window, name)
        menu = find(window, menu_name)
        around = window.rect().translated(window.mapToGlobal(QPoint()))
        assert around.contains(menu.geometry())
        button = find(window, name)
        assert not menu.geometry().intersects(button.rect().translated(button.mapToGlobal(QPoint())))
        menu.close()
