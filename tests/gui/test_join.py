"""Joining: whose room it is before one is in, one click, and every refusal with its sentence. A wrong key is a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from chat_protocol import invite_link
from chat_protocol.errors import Code, Retry, retry_of
from chat_protocol.frames import PeekInfo
from chat_protocol.invite_link import Address
from chat_protocol.key_words import key_digits, key_words
from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.core.sentences import SENTENCES, ChatError, Trouble
from desktop_chat.core.server import Server
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.join_dialog import JoinDialog
from desktop_chat.widgets.said import next_step
from tests.core.people import Person
from tests.gui.conftest import Hosted, Until
from tests.gui.screen import find, keys, nameless, press, says, shown

Open = Callable[..., JoinDialog]


@pytest.fixture
def answers() -> list[bool]:
    """What became of the dialogs."""
    return []


@pytest.fixture
def open_dialog(theme: Theme, qtbot: QtBot, actions: Actions, person: Person, answers: list[bool]) -> Open:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    window.show()

    def open_dialog(link: str, name: str = "Grace") -> JoinDialog:
        dialog = JoinDialog(theme, actions, person.client, window, name, link)

        async def ask() -> None:
            answers.append(await dialogs.answer(dialog))

        actions.do(ask(), name="ask")
        return dialog

    return open_dialog


async def test_one_click_and_one_is_in(
    hosted: Hosted, open_dialog: Open, answers: list[bool], until: Until, person: Person
) -> None:
    dialog = open_dialog(hosted.link)
    joined: list[Server] = []
    dialog.joined.connect(joined.append)
    await until(lambda: shown(dialog, "whose_room"))
    key = invite_link.parse(hosted.link).key
    assert "Hosted by Hugo" in says(dialog)
    assert " ".join(key_words(key)) in find(dialog, "key_words").accessibleName()
    assert key_digits(key) in find(dialog, "key_words").accessibleName()
    assert find(dialog, "name_field").text() == "Grace"
    assert list(nameless(dialog)) == []
    press(dialog, "join_button")
    await until(lambda: answers)
    assert answers == [True]
    (server,) = joined
    assert server.invited_to == hosted.room
    assert hosted.room in server.held()


async def test_who_is_a_member_there_is_not_asked_for_a_name(
    hosted: Hosted, open_dialog: Open, person: Person, until: Until
) -> None:
    await person.joined(hosted.link, "Grace")
    dialog = open_dialog(hosted.link)
    await until(lambda: shown(dialog, "whose_room"))
    assert "You join as" not in says(dialog)
    assert not shown(dialog, "name_field")
    assert find(dialog, "join_button").hasFocus()


async def test_a_room_that_nobody_hosts_yet_is_said_as_such(
    hosted: Hosted, open_dialog: Open, person: Person, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    peeked = await person.client.peek(hosted.link)

    async def peek(_link: str) -> PeekInfo:
        return msgspec.structs.replace(peeked, host="", present=0)

    monkeypatch.setattr(person.client, "peek", peek)
    dialog = open_dialog(hosted.link)
    await until(lambda: shown(dialog, "whose_room"))
    assert "Nobody hosts it yet: by this link you become its host." in says(dialog)
    assert "so the check is done." in says(dialog)
    assert "Hosted by" not in says(dialog)
    assert "here now" not in says(dialog)


async def test_enter_joins(hosted: Hosted, open_dialog: Open, answers: list[bool], until: Until) -> None:
    dialog = open_dialog(hosted.link)
    await until(lambda: shown(dialog, "whose_room"))
    keys(find(dialog, "name_field"), Qt.Key.Key_Return)
    await until(lambda: answers == [True])


async def test_a_wrong_key_is_a_stop_without_a_way_round(
    hosted: Hosted, open_dialog: Open, answers: list[bool], until: Until, person: Person
) -> None:
    invite = invite_link.parse(hosted.link)
    other = replace(invite, key=bytes(32))
    dialog = open_dialog(other.to_app_link())
    await until(lambda: shown(dialog, "join_refused"))
    assert "Wrong key" in says(dialog)
    assert "Ask the host for a new invite" in says(dialog)
    assert "Waiting messages" not in says(dialog), "nothing waits for who was never in"
    assert " ".join(key_words(bytes(32))) in find(find(dialog, "join_refused"), "said_words").accessibleName()
    page = find(dialog, "join_refused")
    visible = [one.objectName() for one in page.findChildren(QWidget) if one.isVisible() and one.focusPolicy()]
    assert visible == ["cancel_button"]
    described = find(page, "cancel_button").accessibleDescription()
    assert described.startswith("Wrong key: we stopped here. Something at this address answers with a different key.")
    assert " ".join(key_words(bytes(32))) in described
    keys(dialog, Qt.Key.Key_Return)
    await until(lambda: answers == [False])
    assert person.client.servers == {}


async def test_a_wrong_key_where_one_is_in_says_what_waits(
    hosted: Hosted, open_dialog: Open, until: Until, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def peek(_link: str) -> None:
        raise ChatError(Trouble.WRONG_SERVER_KEY)

    await person.joined(hosted.link, "Grace")
    monkeypatch.setattr(person.client, "peek", peek)
    dialog = open_dialog(hosted.link)
    await until(lambda: shown(dialog, "join_refused"))
    assert "in person. Waiting messages stay safe here." in says(dialog)


async def test_a_taken_name_offers_the_free_one(
    hosted: Hosted, open_dialog: Open, answers: list[bool], until: Until, person: Person, heard: list[str]
) -> None:
    dialog = open_dialog(hosted.link, "Hugo")
    await until(lambda: shown(dialog, "whose_room"))
    described = find(dialog, "join_button").accessibleDescription()
    assert described.startswith("Join Lobby? Lobby. Hosted by Hugo.")
    assert " ".join(key_words(invite_link.parse(hosted.link).key)) in described
    press(dialog, "join_button")
    await until(lambda: shown(dialog, "name_trouble"))
    name = find(dialog, "name_field")
    assert name.text() == "Hugo 2"
    assert name.hasFocus()
    assert heard == [find(dialog, "name_trouble").text()]
    assert name.accessibleDescription() == heard[0]
    keys(name, Qt.Key.Key_Return)
    await until(lambda: answers == [True])
    (server,) = person.client.servers.values()
    await until(lambda: server.name_of(server.me) == "Hugo 2")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("The Host", "A name can't hold the word “host”."),
        ("x" * 33, "A name has at most 32 characters."),
        ("Ada\u2066", "A name can't hold characters that can't be seen."),
        ("\u200b", "A name can't hold characters that can't be seen."),
    ],
)
async def test_a_refused_name_says_why(hosted: Hosted, open_dialog: Open, until: Until, name: str, why: str) -> None:
    dialog = open_dialog(hosted.link, name)
    await until(lambda: shown(dialog, "whose_room"))
    press(dialog, "join_button")
    await until(lambda: shown(dialog, "name_trouble"))
    assert find(dialog, "name_trouble").text() == why


async def test_in_a_low_window_one_sees_what_is_wrong_with_the_name(
    hosted: Hosted, open_dialog: Open, until: Until
) -> None:
    dialog = open_dialog(hosted.link, "Hugo")
    await until(lambda: shown(dialog, "whose_room"))
    dialog.window().resize(700, 400)
    press(dialog, "join_button")

    def is_seen(name: str) -> bool:
        one = find(dialog, name)
        return bool(one.isVisible() and one.visibleRegion().boundingRect() == one.rect())

    await until(lambda: is_seen("name_field") and is_seen("name_trouble"))


async def test_a_revoked_invite_says_so_and_what_to_do(hosted: Hosted, open_dialog: Open, until: Until) -> None:
    token = invite_link.parse(hosted.link).token
    await hosted.server.stored(await hosted.server.revoke(token))
    dialog = open_dialog(hosted.link)
    await until(lambda: shown(dialog, "join_refused"))
    assert "This invite was revoked" in says(dialog)
    assert "Ask whoever invited you for a new link." in says(dialog)
    press(dialog, "other_link_button")
    assert shown(dialog, "ask_for_link")


@pytest.mark.parametrize("code", [code for code in SENTENCES if next_step(code).startswith("Ask ")])
def test_whom_to_ask_is_said_once(code: Code | Trouble) -> None:
    assert "ask " not in SENTENCES[code].casefold(), "the sentence says what happened, the next step what to do"


@pytest.mark.parametrize("code", SENTENCES)
def test_every_code_has_its_next_step_or_needs_none(code: Code | Trouble) -> None:
    step = next_step(code)
    assert step == step.strip()
    if isinstance(code, Code) and retry_of(code) in (Retry.NEVER, Retry.UPGRADE):
        assert "Wait" not in step, "it would be refused again, however long one waits"


@pytest.mark.parametrize("code", [Code.BUSY, Code.UNKNOWN_MEMBER])
async def test_what_one_can_do_is_announced_where_there_is_anything(
    hosted: Hosted, open_dialog: Open, person: Person, until: Until, monkeypatch: pytest.MonkeyPatch, code: Code
) -> None:
    async def peek(_link: str) -> None:
        raise ChatError(code)

    monkeypatch.setattr(person.client, "peek", peek)
    dialog = open_dialog(hosted.link)
    await until(lambda: shown(dialog, "join_refused"))
    assert SENTENCES[code] in says(dialog)
    assert ("What you can do" in says(dialog)) == bool(next_step(code))


async def test_a_server_that_is_away_says_so(hosted: Hosted, open_dialog: Open, until: Until) -> None:
    invite = invite_link.parse(hosted.link)
    nobody = replace(invite, addresses=(Address("127.0.0.1", 1),))
    dialog = open_dialog(nobody.to_app_link())
    await until(lambda: shown(dialog, "join_refused"))
    assert SENTENCES[Trouble.UNREACHABLE] in says(dialog)


async def test_a_server_that_was_away_is_asked_again(
    hosted: Hosted, open_dialog: Open, person: Person, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_link: str) -> None:
        raise ChatError(Trouble.UNREACHABLE)

    with monkeypatch.context() as while_away:
        while_away.setattr(person.client, "peek", away)
        dialog = open_dialog(hosted.link)
        await until(lambda: shown(dialog, "join_refused"))
    assert shown(dialog, "other_link_button")
    assert shown(dialog, "cancel_button")
    keys(find(dialog, "again_button"), Qt.Key.Key_Return)
    await until(lambda: shown(dialog, "whose_room"))


@pytest.mark.parametrize(
    ("text", "trouble"),
    [("hello", Trouble.NOT_AN_INVITE), ("desktopchat://join/192.0.2.1:1#k=x", Trouble.INVITE_TRUNCATED)],
)
async def test_what_is_no_invite_is_told_while_it_is_typed(
    open_dialog: Open, until: Until, text: str, trouble: Trouble, heard: list[str]
) -> None:
    dialog = open_dialog("")
    await until(lambda: shown(dialog, "ask_for_link"))
    assert list(nameless(dialog)) == []
    find(dialog, "link_field").setText(text)
    assert SENTENCES[trouble] in says(dialog)
    assert not find(dialog, "continue_button").isEnabled()
    find(dialog, "link_field").setText(text + " ")
    assert heard == [SENTENCES[trouble]]
    assert find(dialog, "link_field").accessibleDescription() == SENTENCES[trouble]


async def test_a_pasted_link_goes_on_by_itself(hosted: Hosted, open_dialog: Open, until: Until) -> None:
    dialog = open_dialog("")
    await until(lambda: shown(dialog, "ask_for_link"))
    QGuiApplication.clipboard().setText(f"  {hosted.link}\n")
    press(dialog, "paste_button")
    await until(lambda: shown(dialog, "whose_room"))


async def test_esc_calls_it_off(hosted: Hosted, open_dialog: Open, answers: list[bool], until: Until) -> None:
    dialog = open_dialog(hosted.link)
    await asyncio.sleep(0)
    keys(dialog, Qt.Key.Key_Escape)
    await until(lambda: answers == [False])


async def test_tab_stays_in_the_dialog(hosted: Hosted, open_dialog: Open, until: Until) -> None:
    dialog = open_dialog(hosted.link)
    await until(lambda: shown(dialog, "whose_room"))
    dialog.activateWindow()
    seen = []
    for _ in range(6):
        keys(dialog.focusWidget(), Qt.Key.Key_Tab)
        seen.append(dialog.focusWidget().objectName())
    assert set(seen) == {"name_field", "cancel_button", "join_button"}


async def test_in_a_low_window_nothing_of_the_words_is_cut(hosted: Hosted, open_dialog: Open, until: Until) -> None:
    dialog = open_dialog(hosted.link)
    await until(lambda: shown(dialog, "whose_room"))
    words = find(dialog, "key_words")
    for size in ((1024, 400), (480, 360)):
        dialog.window().resize(*size)
        await until(lambda: dialog.card.geometry().bottom() < dialog.height())
        assert words.height() >= words.heightForWidth(words.width())
        join = find(dialog, "join_button")
        assert join.visibleRegion().boundingRect() == join.rect()
