"""Details of a room: who may changes its name and topic there, and the link that is said to be copied still is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from chat_protocol import invite_link
from chat_protocol.ids import PEOPLE, LogId
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.notices import Notices
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.marks import hidden_key
from desktop_chat.core.server import Server
from desktop_chat.hosting.host import Host
from desktop_chat.models.conversations import Conversations
from desktop_chat.models.kept import YES, Kept
from desktop_chat.models.rows import VALUE
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.details_pane import DetailsPane
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.people_list import PeopleList
from desktop_chat.widgets.presence import Presence
from tests.core.people import Person
from tests.gui.conftest import Hosted, Until
from tests.gui.screen import FakeHost, OwnNotices, find, focused, keys, nameless, press, says, shown

OpenDetails = Callable[[Client, Server, LogId], QWidget]


@pytest.fixture
def open_details(theme: Theme, actions: Actions, notices: Notices, qtbot: QtBot) -> OpenDetails:
    def open_(client: Client, server: Server, log: LogId) -> QWidget:
        kept = Kept(client)
        conversations = Conversations(client, kept)
        presence = Presence(client, kept)
        pane = DetailsPane(theme, actions, conversations, presence, kept, cast(Host, FakeHost()))
        qtbot.addWidget(pane)
        own = OwnNotices(notices, client)
        own.setParent(pane)
        for apply in (conversations.apply, presence.apply, pane.apply):
            own.happened.connect(apply)
        pane.resize(280, 700)
        with qtbot.waitActive(pane):
            pane.show()
            pane.activateWindow()
        pane.show_conversation(server, log)
        return pane

    return open_


@pytest.fixture
async def details(hosted: Hosted, open_details: OpenDetails) -> QWidget:
    """As the host sees them."""
    return open_details(hosted.host.client, hosted.server, hosted.room)


def write(details: QWidget, what: str, text: str) -> Any:
    """Into the field that the pencil opens."""
    press(details, f"{what}_edit_button")
    field = find(details, f"{what}_field")
    field.setText(text)
    return field


async def test_enter_renames_the_room_for_everybody(hosted: Hosted, details: QWidget, until: Until) -> None:
    field = write(details, "room_name", "  Tide sensor ")
    assert focused() == "room_name_field"
    keys(field, Qt.Key.Key_Return)
    assert find(details, "details_name").text() == "Tide sensor"
    await until(lambda: rooms.room_name(hosted.server.state(hosted.room)) == "Tide sensor")
    assert not shown(details, "room_name_field")
    assert focused() == "room_name_edit_button"


async def test_the_topic_comes_and_goes(hosted: Hosted, details: QWidget, until: Until) -> None:
    keys(write(details, "room_topic", "Low water at 6"), Qt.Key.Key_Return)
    await until(lambda: rooms.topic(hosted.server.state(hosted.room)) == "Low water at 6")
    assert "Low water at 6" in says(details)
    keys(write(details, "room_topic", ""), Qt.Key.Key_Return)
    await until(lambda: rooms.topic(hosted.server.state(hosted.room)) == "")
    hint = find(details, "room_topic_field").placeholderText()
    await until(lambda: find(details, "details_topic").text() == hint)  # who may write one is told what for


async def test_esc_leaves_everything_as_it_was(hosted: Hosted, details: QWidget) -> None:
    keys(write(details, "room_name", "Tide sensor"), Qt.Key.Key_Escape)
    assert find(details, "details_name").text() == "Lobby"
    assert rooms.room_name(hosted.server.state(hosted.room)) == "Lobby"


async def test_a_refusal_stands_below_the_field_with_what_was_written(details: QWidget, until: Until) -> None:
    keys(write(details, "room_name", ""), Qt.Key.Key_Return)
    await until(lambda: shown(details, "room_name_trouble"))
    assert "This name is not allowed here." in says(details)
    assert shown(details, "room_name_field")
    keys(find(details, "room_name_field"), Qt.Key.Key_Escape)
    assert find(details, "details_name").text() == "Lobby"
    assert not shown(details, "room_name_trouble")


async def test_who_may_not_change_it_is_not_asked_to(
    hosted: Hosted, person: Person, open_details: OpenDetails, until: Until
) -> None:
    server, _ = await person.joined(hosted.link, "Grace")
    details = open_details(person.client, server, hosted.room)
    await until(lambda: "Lobby" in says(details))
    for name in ("room_name_edit_button", "room_topic_edit_button", "invite_button", "add_people_button"):
        assert not shown(details, name)


async def test_another_conversation_puts_away_what_is_being_written(hosted: Hosted, details: Any, until: Until) -> None:
    other = await hosted.server.make_room("Tide sensor")
    await hosted.host.until(lambda: other in hosted.server.held())
    write(details, "room_name", "half a na")
    details.show_conversation(hosted.server, other)
    await until(lambda: find(details, "details_name").text() == "Tide sensor")
    assert not shown(details, "room_name_field")


async def test_everything_to_press_has_a_name(details: QWidget) -> None:
    assert list(nameless(details)) == []
    press(details, "room_name_edit_button")
    assert list(nameless(details)) == []


async def test_a_link_is_said_to_be_copied_while_it_is(hosted: Hosted, details: QWidget, until: Until) -> None:
    button = find(details, "invite_button")
    press(details, "invite_button")
    await until(lambda: button.text() == "Copied")
    QGuiApplication.clipboard().setText("something else")
    assert button.text() == "Invite"
    press(details, "invite_button")
    await until(lambda: button.text() == "Copied")
    token = invite_link.parse(QGuiApplication.clipboard().text()).token
    await hosted.server.revoke(token)
    await until(lambda: button.text() == "Invite")


async def test_who_is_away_has_a_ring(hosted: Hosted, open_details: OpenDetails, until: Until) -> None:
    _, guest = await hosted.guest("Grace")  # who does not say that she is here
    details = open_details(hosted.host.client, hosted.server, hosted.room)
    people = cast(PeopleList, find(details, "people_list"))

    def marks() -> dict[str, tuple[bool, bool]]:
        rows = [people.model().index(row, 0).data(VALUE) for row in range(people.model().rowCount())]
        return {one.name: (one.is_here, one.is_away) for one in rows}

    await until(lambda: marks() == {"Hugo": (True, False), "Grace": (False, True)})
    row = people.visualRect(people.model().index(1, 0))
    away = people.viewport().grab(row).toImage()
    guest.signal(PEOPLE, "present")
    await until(lambda: marks()["Grace"] == (True, False))
    here = people.viewport().grab(row).toImage()
    rows = [people.model().index(row, 0).data(VALUE) for row in range(2)]
    people.show_entries([Entry(one.id, one.name, one.key, one.tag, one.beside) for one in rows])
    nothing = people.viewport().grab(row).toImage()
    assert away != here != nothing != away


async def test_of_who_hides_it_nothing_is_said(hosted: Hosted, open_details: OpenDetails, until: Until) -> None:
    await hosted.guest("Grace")
    await Kept(hosted.host.client).keep(hidden_key("present"), YES)
    details = open_details(hosted.host.client, hosted.server, hosted.room)
    people = cast(PeopleList, find(details, "people_list"))
    await until(lambda: people.model().rowCount() == 2)
    assert not any(people.model().index(row, 0).data(VALUE).is_away for row in range(2))
