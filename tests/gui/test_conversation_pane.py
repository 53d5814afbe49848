"""One conversation: what is sent is durable before the field empties, drafts stay, and its server's state is said."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from chat_protocol.errors import Code
from chat_protocol.events import Topic
from chat_protocol.ids import LogId
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.notices import Notices
from desktop_chat.core.effects import Ending, Hindered
from desktop_chat.core.sentences import Trouble
from desktop_chat.core.server import Server
from desktop_chat.models.conversations import Conversations, Group
from desktop_chat.models.kept import Kept
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.conversation_pane import ConversationPane
from desktop_chat.widgets.server_state import situation_of
from desktop_chat.widgets.talk import Talk
from tests.core.people import Person
from tests.gui.conftest import Hosted, Until
from tests.gui.screen import OwnNotices, find, keys, nameless, press, says, shown


class Desk:
    """A guest's window with one conversation in it."""

    def __init__(
        self, person: Person, server: Server, theme: Theme, notices: Notices, actions: Actions, qtbot: QtBot
    ) -> None:
        self.server = server
        self.kept = Kept(person.client)
        self.conversations = Conversations(person.client, self.kept)
        self.window = QWidget()
        self.pane = ConversationPane(theme, actions, person.client, self.conversations, self.kept)
        QVBoxLayout(self.window).addWidget(self.pane)
        self.window.resize(900, 700)
        self.notices = OwnNotices(notices, person.client)
        self.notices.happened.connect(self.conversations.apply)
        self.notices.happened.connect(self.pane.apply)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()

    @property
    def field(self) -> QWidget:
        field: QWidget = find(self.pane, "composer_field")
        return field

    def type(self, text: str) -> None:
        self.pane.composer.insert(text)

    def texts(self, log: LogId) -> list[str]:
        return [one.text for one in self.server.store.messages(self.server.id, log, before_row=1 << 40, limit=100)]


@pytest.fixture
async def desk(
    hosted: Hosted, person: Person, theme: Theme, notices: Notices, actions: Actions, qtbot: QtBot, until: Until
) -> AsyncIterator[Desk]:
    server, _ = await person.joined(hosted.link, "Grace")
    desk = Desk(person, server, theme, notices, actions, qtbot)
    await until(lambda: desk.conversations.value(server.id, hosted.room))
    desk.pane.show_conversation(server, hosted.room)
    yield desk
    # Not by qtbot, which would close it before what is done here.
    desk.pane.put_away()
    await actions.close()
    desk.window.close()
    desk.window.deleteLater()


async def test_what_is_written_is_sent_and_the_field_empties(hosted: Hosted, desk: Desk, until: Until) -> None:
    desk.type("hi")
    keys(desk.field, Qt.Key.Key_Return)
    await until(lambda: desk.pane.composer.text == "" and desk.pane.view.isVisible())
    await hosted.host.until(lambda: "hi" in hosted.host.messages)


async def test_what_an_input_method_composes_stays_with_its_conversation(
    hosted: Hosted, desk: Desk, until: Until
) -> None:
    other = desk.conversations.begin(desk.server, hosted.server.me)
    desk.type("草稿")
    QApplication.sendEvent(desk.field, QInputMethodEvent("ni hao", []))
    desk.pane.show_conversation(desk.server, other)
    QTest.keyClicks(desk.field, "hi")
    assert desk.pane.composer.text == "hi"
    await until(lambda: desk.kept.draft(desk.server.id, hosted.room) == "草稿ni hao")


async def test_a_draft_stays_with_its_conversation(hosted: Hosted, desk: Desk, until: Until) -> None:
    other = desk.conversations.begin(desk.server, hosted.server.me)
    desk.type("half a thou")
    desk.pane.show_conversation(desk.server, other)
    assert desk.pane.composer.text == ""
    await until(lambda: desk.kept.draft(desk.server.id, hosted.room) == "half a thou")
    desk.pane.show_conversation(desk.server, hosted.room)
    assert desk.pane.composer.text == "half a thou"
    keys(desk.field, Qt.Key.Key_Return)
    await until(lambda: desk.kept.draft(desk.server.id, hosted.room) == "")


async def test_reply_edit_react_and_delete(hosted: Hosted, desk: Desk, until: Until) -> None:
    ref = await hosted.server.send_text(hosted.room, "Which ferry?")
    await until(lambda: desk.texts(hosted.room) == ["Which ferry?"])
    view = desk.pane.view
    view.reply_requested.emit(ref)
    desk.type("The 10:40")
    keys(desk.field, Qt.Key.Key_Return)
    await until(lambda: desk.texts(hosted.room) == ["Which ferry?", "The 10:40"] and desk.pane.composer.text == "")
    await until(lambda: view.messages is not None and view.messages.head_row == 2)
    own = desk.server.store.messages(desk.server.id, hosted.room, before_row=1 << 40, limit=1)[0]
    assert own.reply == ref
    keys(desk.field, Qt.Key.Key_Up)
    assert desk.pane.composer.text == "The 10:40"
    desk.type(", I think")
    keys(desk.field, Qt.Key.Key_Return)
    await until(lambda: desk.texts(hosted.room)[-1] == "The 10:40, I think")
    view.react_requested.emit(ref, "👍", True)
    await until(
        lambda: (one := desk.server.store.message(desk.server.id, hosted.room, ref)) is not None and one.reactions
    )
    view.delete_requested.emit(own.ref)
    await until(lambda: shown(desk.window, "question"))
    assert desk.texts(hosted.room)[-1] == "The 10:40, I think"
    keys(find(desk.window, "question"), Qt.Key.Key_Return)
    await until(lambda: not shown(desk.window, "question"))
    assert desk.texts(hosted.room)[-1] == "The 10:40, I think", "Enter takes the safe way out"
    view.delete_requested.emit(own.ref)
    await until(lambda: shown(desk.window, "question"))
    press(find(desk.window, "question"), "confirm_button")
    await until(lambda: desk.texts(hosted.room)[-1] == "")


async def test_the_header_says_what_the_room_is_about(hosted: Hosted, desk: Desk, until: Until) -> None:
    assert "2 people" in says(desk.pane.header)
    await hosted.server.write(hosted.room, "topic", Topic("Water level on the old pier"), key="topic")
    await until(lambda: "Water level on the old pier · 2 people" in says(desk.pane.header))
    hosted.server.signal(hosted.room, "typing")
    await until(lambda: "Hugo is typing…" in says(desk.pane.header))
    await hosted.server.send_text(hosted.room, "said")
    await until(lambda: "typing" not in says(desk.pane.header))


async def test_a_direct_message_says_who_could_read_it(hosted: Hosted, desk: Desk, until: Until) -> None:
    _, guest = await hosted.guest("Ada")
    await until(lambda: desk.server.name_of(guest.me) == "Ada")
    desk.pane.show_conversation(desk.server, desk.conversations.begin(desk.server, guest.me))
    await until(lambda: "Hugo, who hosts, could read it" in says(desk.pane.header))
    assert shown(desk.pane, "empty_room")


async def test_a_room_that_rests_says_so_and_is_tried_at_once(
    hosted: Hosted, desk: Desk, until: Until, heard: list[str]
) -> None:
    desk.server.driver.end(Ending(Trouble.CONNECTION_LOST, after_s=1000))
    await until(lambda: shown(desk.pane, "server_banner"))
    banner = find(desk.pane, "server_banner")
    desk.type("waits")
    keys(desk.field, Qt.Key.Key_Return)
    await until(lambda: "Room resting, 1 waiting" in says(banner))
    assert re.search(r"next try in (999|1000) s", says(banner))
    layout = desk.pane.view.stage.layout(1)
    assert layout is not None
    line = layout.content.line
    assert re.fullmatch(r"Room resting since \d?\d:\d\d( [AP]M)?", line.replace("\u202f", " "))
    assert list(nameless(desk.pane)) == []
    assert [said.partition(".")[0] for said in heard] == ["Room resting", "Room resting, 1 waiting"]
    press(banner, "banner_action")
    await until(lambda: not banner.isVisible())
    await hosted.host.until(lambda: "waits" in hosted.host.messages)


@pytest.mark.parametrize("is_own", [False, True])
async def test_a_full_disk_of_the_server_is_said_until_it_takes_what_waits(
    hosted: Hosted, desk: Desk, until: Until, monkeypatch: pytest.MonkeyPatch, is_own: bool
) -> None:
    outbox = desk.server.session.outbox
    group = replace(Group(desk.server.id), is_own=is_own)
    monkeypatch.setattr(outbox, "hindrance", Code.STORAGE_FULL)
    monkeypatch.setattr(Talk, "group", group)
    desk.pane.apply([(desk.server, Hindered(Code.STORAGE_FULL))])
    banner = find(desk.pane, "server_banner")
    assert banner.isVisible()
    assert ("The disk of this computer is full." if is_own else "The server's disk is full.") in says(banner)
    monkeypatch.setattr(outbox, "hindrance", None)
    desk.pane.apply([(desk.server, Hindered(None))])
    assert not banner.isVisible()


async def test_a4_another_key_at_an_old_address_is_said_and_tried_past_by_itself(
    hosted: Hosted, desk: Desk, until: Until
) -> None:
    desk.server.driver.end(Ending(Trouble.WRONG_SERVER_KEY, after_s=1000))
    await until(lambda: "Another computer answers at this address" in says(desk.pane))
    banner = find(desk.pane, "server_banner")
    assert "nothing was sent to it" in says(banner)
    buttons = [one for one in banner.findChildren(QPushButton) if one.isVisible()]
    assert [one.text() for one in buttons] == ["Try now"], "no way round the pin"
    press(banner, "banner_action")
    await until(lambda: not banner.isVisible())


async def test_without_a_network_it_says_so_unless_the_server_is_on_this_computer(
    hosted: Hosted, desk: Desk, until: Until
) -> None:
    server = desk.server
    server.driver.end(Ending(Trouble.CONNECTION_LOST, after_s=1000))
    await until(lambda: server.driver.last_ending is not None)
    group = desk.conversations.group(server.id)
    here = situation_of(server, group, list)
    assert here is not None
    assert here.title == "Room resting"
    server.session.know(replace(server.session.known, addresses=("192.0.2.1:47000",)))
    cut_off, resting = situation_of(server, group, list), situation_of(server, group, lambda: ["192.0.2.7"])
    assert cut_off is not None
    assert resting is not None
    assert "Offline" in cut_off.title
    assert "no network" in cut_off.sentence
    assert resting.title == "Room resting"


async def test_who_was_removed_keeps_what_was_there(hosted: Hosted, desk: Desk, until: Until) -> None:
    await hosted.server.send_text(hosted.room, "old")
    await until(lambda: desk.texts(hosted.room) == ["old"])
    await hosted.server.kick(hosted.room, desk.server.me)
    await until(lambda: shown(desk.pane, "closed_banner"))
    assert "Hugo removed you from this room" in says(desk.pane)
    assert not desk.pane.composer.isVisible()
    assert desk.pane.view.isVisible()


async def test_a_link_that_may_lead_elsewhere_is_asked_about(
    desk: Desk, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    desk.pane.view.link_activated.emit("https://example.org/tide")
    assert opened == ["https://example.org/tide"]
    desk.pane.view.link_activated.emit("javascript:alert(1)")
    tricky = "https://example.org@evil.example/"
    desk.pane.view.link_activated.emit(tricky)
    await until(lambda: shown(desk.window, "question"))
    assert "evil.example" in find(desk.window, "question").accessibleName()
    assert opened == ["https://example.org/tide"]
    press(find(desk.window, "question"), "confirm_button")
    await until(lambda: opened == ["https://example.org/tide", tricky])


async def test_where_no_program_opens_a_link_it_is_offered_to_copy(
    desk: Desk, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    desk.pane.view.link_activated.emit("https://example.org/tide")
    await until(lambda: shown(desk.window, "question"))
    question = find(desk.window, "question")
    assert "https://example.org/tide" in says(question)
    QGuiApplication.clipboard().clear()
    press(question, "confirm_button")
    await until(lambda: QGuiApplication.clipboard().text() == "https://example.org/tide")


async def test_what_was_said_is_found_marked_and_jumped_to(hosted: Hosted, desk: Desk, until: Until) -> None:
    for text in ("会议在八点", "The ferry at 10:40", "a row between", "No ferry on Sunday"):
        await hosted.server.send_text(hosted.room, text)
    await until(lambda: len(desk.texts(hosted.room)) == 4)
    jumped: list[str] = []
    desk.pane.find_bar.jumped.connect(
        lambda ref: jumped.append(desk.server.store.message(desk.server.id, hosted.room, ref).text)  # type: ignore[union-attr]
    )
    press(desk.pane, "find_button")
    field = find(desk.pane, "find_field")
    assert field.hasFocus()
    assert list(nameless(desk.pane)) == []
    field.setText("ferry")
    keys(field, Qt.Key.Key_Return)
    assert jumped == ["No ferry on Sunday"]
    assert field.accessibleDescription() == "1 of 2. No ferry on Sunday."
    keys(field, Qt.Key.Key_Return)
    assert field.accessibleDescription() == "2 of 2. The ferry at 10:40."
    keys(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert jumped == ["No ferry on Sunday", "The ferry at 10:40", "No ferry on Sunday"]
    assert find(desk.pane, "find_count").text() == "1 of 2"
    field.setText("会议")
    await until(lambda: jumped[-1] == "会议在八点")
    field.setText("submarine")
    await until(lambda: find(desk.pane, "find_count").text() == "Nothing found")
    assert field.accessibleDescription() == "Nothing found."
    keys(field, Qt.Key.Key_Escape)
    assert not shown(desk.pane, "find_bar")
    assert desk.field.hasFocus()
