"""The list of conversations: walked by mouse and keyboard, spoken row by row, folded by group."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QLocale, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chat_protocol.events import Access
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.notices import Notices
from desktop_chat.core.marks import hidden_key
from desktop_chat.models.conversations import Conversation, Conversations
from desktop_chat.models.kept import YES, Kept, favourite_key, muted_key
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.conversation_delegate import preview_of
from desktop_chat.widgets.conversation_list import ConversationList
from desktop_chat.widgets.moments import short_when
from desktop_chat.widgets.presence import Presence
from tests.gui.conftest import Hosted, Until
from tests.gui.screen import find, keys

MIDDAY_MS = 1_795_607_000_000
DAY_MS = 86_400_000


class Desk:
    """The list over what the host of a server has, and what it asked for."""

    def __init__(self, hosted: Hosted, theme: Theme, notices: Notices, actions: Actions) -> None:
        client = hosted.host.client
        self.kept = Kept(client)
        self.conversations = Conversations(client, self.kept)
        self.presence = Presence(client, self.kept)
        notices.happened.connect(self.conversations.apply)
        notices.happened.connect(self.presence.apply)
        self.list = ConversationList(theme, self.conversations, self.presence, lambda: MIDDAY_MS)
        self.chosen: list[str] = []
        self.asked: list[tuple[str, object]] = []
        self.list.chosen.connect(lambda one: self.chosen.append(one.title))
        self.list.fold_requested.connect(
            lambda server, away: actions.do(self.conversations.fold(server, away=away), name="fold")
        )
        self.list.favourite_requested.connect(lambda one, on: self.asked.append((one.title, on)))
        self.list.leave_requested.connect(lambda one: self.asked.append((one.title, "leave")))

    def spoken(self) -> list[str]:
        model = self.list.model()
        role = Qt.ItemDataRole.AccessibleTextRole
        return [model.index(row, 0).data(role) for row in range(model.rowCount())]

    def titles(self) -> list[str]:
        model = self.list.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def the(self, title: str) -> Conversation:
        return next(one for one in self.conversations.all() if one.title == title)


@pytest.fixture
async def desk(hosted: Hosted, theme: Theme, notices: Notices, actions: Actions, qtbot: QtBot, until: Until) -> Desk:
    desk = Desk(hosted, theme, notices, actions)
    qtbot.addWidget(desk.list)
    for name in ("Tide sensor", "Open evening"):
        await hosted.server.make_room(name, Access.OPEN)
    await until(lambda: len(desk.titles()) == 4)
    desk.list.resize(296, 400)
    desk.list.show()
    desk.list.setFocus()
    return desk


async def test_a_row_says_who_wrote_what_and_what_is_new(hosted: Hosted, desk: Desk, until: Until) -> None:
    _, server = await hosted.guest("Theo Okafor")
    await server.send_text(hosted.room, "Bring the long screws", mentions=[hosted.server.me])
    await until(lambda: desk.the("Lobby").unread)
    assert "Lobby, 1 unread, you are mentioned, Theo Okafor: Bring the long screws" in desk.spoken()[1]
    await server.send_text(server.open_dm(hosted.server.me), "only you")
    await until(lambda: "Theo Okafor" in desk.titles() and desk.the("Theo Okafor").unread)
    row = desk.spoken()[desk.titles().index("Theo Okafor")]
    assert row == "Theo Okafor, 1 unread, only you"


async def test_enter_opens_what_the_keyboard_walked_to(desk: Desk) -> None:
    desk.list.show_as_open(desk.the("Tide sensor").id)
    below = desk.titles()[desk.titles().index("Tide sensor") + 1 :][:1]
    keys(desk.list, Qt.Key.Key_Down)
    keys(desk.list, Qt.Key.Key_Return)
    assert desk.chosen == below


async def test_a_click_opens(desk: Desk) -> None:
    row = desk.titles().index("Tide sensor")
    center = desk.list.visualRect(desk.list.model().index(row, 0)).center()
    QTest.mouseClick(desk.list.viewport(), Qt.MouseButton.LeftButton, pos=center)
    assert desk.chosen == ["Tide sensor"]


async def test_a_group_is_folded_and_unfolded_by_keys(desk: Desk, until: Until, heard: list[str]) -> None:
    desk.list.setCurrentIndex(desk.list.model().index(0, 0))
    keys(desk.list, Qt.Key.Key_Left)
    await until(lambda: desk.titles() == ["Hugo"])
    assert desk.spoken() == ["Hugo, folded"]
    desk.list.setCurrentIndex(desk.list.model().index(0, 0))
    keys(desk.list, Qt.Key.Key_Right)
    await until(lambda: len(desk.titles()) == 4)
    assert heard == ["Hugo. folded.", "Hugo. unfolded."]


async def test_neighbours_go_around_and_skip_what_is_read_or_muted(hosted: Hosted, desk: Desk, until: Until) -> None:
    order = [one.title for one in desk.conversations.all()]
    desk.list.show_as_open(desk.the(order[-1]).id)
    after = desk.list.neighbour(1)
    assert after is not None
    assert after.title == order[0]
    assert desk.list.neighbour(1, unread=True) is None
    _, server = await hosted.guest()
    await server.send_text(hosted.room, "hi")
    await until(lambda: desk.the("Lobby").unread)
    unread = desk.list.neighbour(-1, unread=True)
    assert unread is not None
    assert unread.title == "Lobby"
    await desk.kept.keep(muted_key(*unread.id), YES)
    assert desk.list.neighbour(1, unread=True) is None
    numbered = [desk.list.at(number) for number in range(1, 5)]
    assert [one and one.title for one in numbered] == [*[one.title for one in desk.conversations.all()], None]


async def test_who_hides_that_they_are_here_sees_nobody_as_away(desk: Desk, hosted: Hosted, until: Until) -> None:
    _, server = await hosted.guest("Theo Okafor")
    await server.send_text(server.open_dm(hosted.server.me), "only you")
    await until(lambda: "Theo Okafor" in desk.titles() and desk.presence.here(hosted.server.id))
    row = desk.list.visualRect(desk.list.model().index(desk.titles().index("Theo Okafor"), 0))
    away = desk.list.viewport().grab(row).toImage()
    assert desk.list.viewport().grab(row).toImage() == away
    await desk.kept.keep(hidden_key("present"), YES)
    await until(lambda: not desk.presence.here(hosted.server.id) and hosted.server.is_connected)
    assert not desk.presence.is_known(hosted.server.id)
    assert desk.list.viewport().grab(row).toImage() != away, "nothing is said of it"


async def test_the_menu_of_a_room(desk: Desk, until: Until) -> None:
    room = desk.the("Tide sensor")
    await desk.kept.keep(favourite_key(*room.id), YES)
    await until(lambda: desk.titles()[:2] == ["", "Tide sensor"])
    assert desk.spoken()[0] == "Favourites"
    index = desk.list.model().index(1, 0)
    desk.list.setCurrentIndex(index)
    QApplication.sendEvent(desk.list, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5)))
    menu = find(desk.list, "conversation_menu")
    assert menu.isVisible()
    by_name: dict[str, Callable[[], None]] = {action.objectName(): action.trigger for action in menu.actions()}
    by_name["menu_favourite"]()
    by_name["menu_leave"]()
    menu.close()
    assert desk.asked == [("Tide sensor", False), ("Tide sensor", "leave")]


async def test_all_kinds_of_rows_are_painted(hosted: Hosted, desk: Desk, theme: Theme, until: Until) -> None:
    """In every theme; that nothing is refused by the painter is the promise, how it looks is looked at."""
    room = desk.the("Tide sensor")
    await desk.kept.keep(f"draft:{room.server}:{room.log}", "I could <b>bring</b> it")
    _, server = await hosted.guest("王小明")
    await server.send_text(hosted.room, "hi", mentions=[hosted.server.me])
    await server.send_text(server.open_dm(hosted.server.me), "在吗")
    await until(lambda: "王小明" in desk.titles())
    for choice in ("dark", "contrast", "light"):
        theme.choose(choice)
        assert not desk.list.grab().isNull()
    assert any("Draft: I could <b>bring</b> it" in said for said in desk.spoken())


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [(0, "HH:MM"), (1, "day name"), (6, "day name"), (7, "date"), (400, "with year")],
)
def test_when_it_was_is_said_as_short_as_can_be(days_ago: int, expected: str) -> None:
    said = short_when(MIDDAY_MS - days_ago * DAY_MS, MIDDAY_MS, QLocale("en_GB"))
    looks = {
        "HH:MM": len(said) == 5 and said[2] == ":",
        "day name": said in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        "date": said.split()[0].isdigit() and "Nov" in said,
        "with year": "2025" in said or said.endswith("25"),
    }
    assert looks[expected], said


async def test_the_language_changes_what_is_spoken(desk: Desk) -> None:
    QApplication.sendEvent(desk.list, QEvent(QEvent.Type.LanguageChange))
    assert desk.list.accessibleName() == "Conversations"


async def test_p18_a_last_message_that_only_a_later_version_can_read_is_named(desk: Desk) -> None:
    said = replace(desk.the("Tide sensor"), preview_by="Ann", preview="", preview_is_mine=False)
    assert preview_of(replace(said, preview_is_unknown=True)) == "Ann: a message of a newer version"


@pytest.mark.parametrize(("name", "short"), [("Grace Hopper", "Grace"), ("Ann 2", "Ann 2"), ("Ann", "Ann")])
async def test_who_wrote_last_is_told_shortly_but_never_taken_for_another(desk: Desk, name: str, short: str) -> None:
    said = replace(desk.the("Tide sensor"), preview_by=name, preview="hi", preview_is_mine=False)
    assert preview_of(said, short=True) == f"{short}: hi"
    assert preview_of(said) == f"{name}: hi"
