"""The host's panel: the invite as link and code, who is here, where others find it, and the way to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chat_protocol.ids import unb64
from chat_protocol.key_words import key_digits, key_words
from desktop_chat.bridge.actions import Actions
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.hosting.host import ALL, LOCAL
from desktop_chat.hosting.invitation import new_invitation, qr_modules
from desktop_chat.hosting.room_host import State
from desktop_chat.models.kept import Kept, contact_key
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.entrance import Entrance
from desktop_chat.widgets.host_panel import HostPanel
from desktop_chat.widgets.people_list import here_entries
from tests.gui.conftest import Hosted, Until
from tests.gui.screen import FakeHost, find, nameless, press, says, shown


class Desk:
    def __init__(self, panel: HostPanel, host: FakeHost, window: QWidget, entrance: Entrance, kept: Kept) -> None:
        self.panel, self.host, self.window, self.entrance, self.kept = panel, host, window, entrance, kept

    def show(self, state: State) -> None:
        self.host.state = state
        self.host.changed.emit()


@pytest.fixture
async def desk(hosted: Hosted, theme: Theme, actions: Actions) -> AsyncIterator[Desk]:
    """A room that is live, with an invite. As in the program, what was begun ends before the window goes."""
    host = FakeHost()
    host.server, host.room = hosted.server, hosted.room
    host.key = unb64(hosted.server.id)
    host.addresses, host.here = ("192.0.2.7:47000",), (hosted.place.address,)
    host.invitation = await new_invitation(hosted.host.client, hosted.server, hosted.room, host.addresses)
    window = QWidget()
    panel = HostPanel(theme, actions, host, clock=lambda: 8040.0)  # type: ignore[arg-type]
    QVBoxLayout(window).addWidget(panel)
    window.resize(1000, 800)
    window.show()
    kept = Kept(hosted.host.client)
    entrance = Entrance(theme, actions, hosted.host.client, host, kept, window, "Hugo")  # type: ignore[arg-type]
    panel.stop_requested.connect(entrance.stop_hosting)
    panel.start_requested.connect(lambda bind: entrance.host_room("Hugo", bind))
    desk = Desk(panel, host, window, entrance, kept)
    desk.show(State.LIVE)
    yield desk
    await actions.close()
    window.close()
    window.deleteLater()


async def test_the_invite_is_there_as_link_and_as_code(desk: Desk) -> None:
    assert desk.host.invitation is not None
    link = desk.host.invitation.link
    assert find(desk.panel, "invite_link").text() == link
    assert "7 days left · 100 uses left" in says(desk.panel)
    code = find(desk.panel, "invite_qr").grab().toImage()
    modules = qr_modules(link)
    each = code.width() / (len(modules) + 8)
    seen = [
        [code.pixelColor(int((x + 4.5) * each), int((y + 4.5) * each)).lightness() < 128 for x in range(len(modules))]
        for y in range(len(modules))
    ]
    assert seen == [[bool(module) for module in row] for row in modules]
    press(desk.panel, "copy_link_button")
    assert QGuiApplication.clipboard().text() == link
    assert "Link copied" in says(desk.panel)
    assert list(nameless(desk.panel)) == []


async def test_it_says_where_others_find_it_and_the_words_of_the_key(desk: Desk) -> None:
    asked: list[str] = []
    desk.panel.start_requested.connect(asked.append)
    assert "People on this network can join" in says(desk.panel)
    assert "Anyone with this link can join." in says(desk.panel)
    assert desk.host.addresses[0] in says(desk.panel)
    assert "Live on this computer for 2 h 14 min" in says(desk.panel)
    assert "1.2 MB on this computer" in says(desk.panel)
    assert desk.host.key is not None
    words = find(desk.panel, "key_words").accessibleName()
    assert " ".join(key_words(desk.host.key)) in words
    assert key_digits(desk.host.key) in words
    press(desk.panel, "bind_button")
    desk.host.bind = LOCAL
    desk.host.changed.emit()
    assert "Only people at this computer can join" in says(desk.panel)
    assert "Only this computer can use this link now." in says(desk.panel)
    assert "Anyone with this link" not in says(desk.panel)
    press(desk.panel, "bind_button")
    assert asked == [LOCAL, ALL]
    desk.host.bind, desk.host.addresses = ALL, desk.host.here
    desk.host.changed.emit()
    assert "this computer is in no network" in says(desk.panel)
    assert "Only this computer can use this link now." in says(desk.panel)
    desk.host.is_attached = True  # to one that somebody else has started for this computer alone
    desk.host.changed.emit()
    assert "Only people at this computer can join" in says(desk.panel)


@pytest.mark.parametrize("what", ["renew", "revoke"])
async def test_a_link_goes_only_after_a_question(desk: Desk, until: Until, what: str) -> None:
    press(desk.panel, f"{what}_link_button")
    await until(lambda: shown(desk.window, "question"))
    assert desk.host.asked == []
    press(find(desk.window, "question"), "confirm_button")
    await until(lambda: desk.host.asked == [what])
    desk.host.invitation = None
    desk.host.changed.emit()
    assert "No link is valid now" in says(desk.panel)
    assert "Anyone with this link" not in says(desk.panel)
    assert not shown(desk.panel, "copy_link_button")
    assert not shown(desk.panel, "invite_qr")


async def test_where_no_link_is_valid_a_new_one_is_made_without_a_question(desk: Desk, until: Until) -> None:
    desk.host.invitation = None
    desk.host.changed.emit()
    press(desk.panel, "renew_link_button")
    await until(lambda: desk.host.asked == ["renew"])
    assert not shown(desk.window, "question")


@pytest.mark.parametrize("was_copied", [True, False])
async def test_only_a_copied_link_is_followed_by_the_new_one_on_the_clipboard(
    hosted: Hosted, desk: Desk, until: Until, monkeypatch: pytest.MonkeyPatch, was_copied: bool
) -> None:
    """The old one leads nowhere any more, and it was put there from here."""
    new = await new_invitation(hosted.host.client, hosted.server, hosted.room, desk.host.addresses)
    is_made = asyncio.Event()

    async def renew() -> None:
        for invitation in (None, new):  # it is revoked before there is another
            desk.host.invitation = invitation
            desk.host.changed.emit()
        is_made.set()

    monkeypatch.setattr(desk.host, "renew", renew)
    QGuiApplication.clipboard().setText("something else")
    if was_copied:
        press(desk.panel, "copy_link_button")
    press(desk.panel, "renew_link_button")
    await until(lambda: shown(desk.window, "question"))
    press(find(desk.window, "question"), "confirm_button")
    await is_made.wait()
    await until(lambda: QGuiApplication.clipboard().text() == (new.link if was_copied else "something else"))


@pytest.mark.parametrize("holds", ["the old link", "something else"])
async def test_a_copied_link_that_was_revoked_is_followed_by_the_new_one_too(
    hosted: Hosted, desk: Desk, until: Until, monkeypatch: pytest.MonkeyPatch, holds: str
) -> None:
    new = await new_invitation(hosted.host.client, hosted.server, hosted.room, desk.host.addresses)
    is_made = asyncio.Event()

    async def renew() -> None:
        desk.host.invitation = new
        desk.host.changed.emit()
        is_made.set()

    monkeypatch.setattr(desk.host, "renew", renew)
    press(desk.panel, "copy_link_button")
    old = QGuiApplication.clipboard().text()
    desk.host.invitation = None
    desk.host.changed.emit()
    assert QGuiApplication.clipboard().text() == old
    if holds == "something else":
        QGuiApplication.clipboard().setText(holds)
    press(desk.panel, "renew_link_button")
    await is_made.wait()
    await until(lambda: QGuiApplication.clipboard().text() == (holds if holds == "something else" else new.link))
    assert ("Link copied" in says(desk.panel)) == (holds == "the old link")


async def test_stopping_says_who_would_be_cut_off(hosted: Hosted, desk: Desk, until: Until) -> None:
    _, guest = await hosted.guest("Theo Okafor")
    await until(lambda: hosted.server.name_of(guest.me) == "Theo Okafor")
    desk.host.others_here = frozenset({guest.me})
    desk.panel.show_people(here_entries(hosted.server, desk.host.others_here, Kept(hosted.host.client)))
    assert "1 and you" in says(desk.panel)
    assert find(desk.panel, "here_people").model().index(0, 0).data() == "Theo Okafor"
    press(desk.panel, "stop_button")
    await until(lambda: shown(desk.window, "question"))
    assert "1 people would be cut off: Theo Okafor." in says(find(desk.window, "question"))
    press(find(desk.window, "question"), "confirm_button")
    await until(lambda: desk.host.asked == ["stop"])


async def test_who_would_be_cut_off_is_called_by_the_own_name(hosted: Hosted, desk: Desk, until: Until) -> None:
    _, guest = await hosted.guest("Theo Okafor")
    await until(lambda: hosted.server.name_of(guest.me) == "Theo Okafor")
    await desk.kept.keep(contact_key(guest.me, "name"), "Theo from work")
    desk.host.others_here = frozenset({guest.me})
    press(desk.panel, "stop_button")
    await until(lambda: shown(desk.window, "question"))
    assert "1 people would be cut off: Theo from work." in says(find(desk.window, "question"))


@pytest.mark.parametrize(("button", "asked"), [("cancel_button", []), ("confirm_button", [f"start {LOCAL} Hugo"])])
async def test_only_this_computer_asks_with_who_would_be_cut_off(
    hosted: Hosted, desk: Desk, until: Until, actions: Actions, button: str, asked: list[str]
) -> None:
    _, guest = await hosted.guest("Theo Okafor")
    await until(lambda: hosted.server.name_of(guest.me) == "Theo Okafor")
    desk.host.others_here = frozenset({guest.me})
    press(desk.panel, "bind_button")
    await until(lambda: shown(desk.window, "question"))
    assert "1 people would be cut off: Theo Okafor." in says(find(desk.window, "question"))
    assert desk.host.asked == []
    press(find(desk.window, "question"), button)
    await actions.close()
    assert desk.host.asked == asked


@pytest.mark.parametrize("bind", [ALL, LOCAL])
async def test_where_nobody_is_cut_off_another_bind_is_taken_at_once(
    hosted: Hosted, desk: Desk, until: Until, bind: str
) -> None:
    """To open to the network lets everybody back in."""
    if bind == ALL:
        desk.host.bind = LOCAL
        desk.host.others_here = frozenset({hosted.server.me})
        desk.host.changed.emit()
    press(desk.panel, "bind_button")
    await until(lambda: desk.host.asked == [f"start {bind} Hugo"])
    assert not shown(desk.window, "question")


async def test_quitting_asks_with_the_number_of_people(desk: Desk, until: Until, actions: Actions) -> None:
    answers: list[bool] = []

    async def ask() -> None:
        answers.append(await desk.entrance.may_quit())

    actions.do(ask(), name="quit")
    await until(lambda: answers == [True])
    desk.host.ends_with_program = True
    desk.host.others_here = frozenset({desk.host.server.me}) if desk.host.server is not None else frozenset()
    actions.do(ask(), name="quit")
    await until(lambda: shown(desk.window, "question"))
    assert "1 people are here" in says(find(desk.window, "question"))
    assert "1 people would be cut off: Hugo. Your room ends with this program" in says(find(desk.window, "question"))
    press(find(desk.window, "question"), "cancel_button")
    await until(lambda: answers == [True, False])


@pytest.mark.parametrize(
    ("is_one_shown", "said"),
    [(False, "2 people would be cut off."), (True, "3 people would be cut off: Hugo and 2 more.")],
)
async def test_who_hides_that_they_are_here_is_counted_when_the_room_ends(
    desk: Desk, hosted: Hosted, until: Until, actions: Actions, is_one_shown: bool, said: str
) -> None:
    desk.host.ends_with_program = True
    desk.host.others_who_hide = 2
    desk.host.others_here = frozenset({hosted.server.me} if is_one_shown else ())
    actions.do(desk.entrance.may_quit(), name="quit")
    await until(lambda: shown(desk.window, "question"))
    assert said in says(find(desk.window, "question"))
    press(find(desk.window, "question"), "cancel_button")


async def test_quitting_asks_when_what_was_written_last_can_not_be_kept(
    desk: Desk, hosted: Hosted, until: Until, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[bool] = []

    async def full(_key: str, _value: str | None) -> None:
        raise ChatError(Trouble.DISK_FULL_HERE)

    async def ask() -> None:
        answers.append(await desk.entrance.may_quit())

    with monkeypatch.context() as while_full:
        while_full.setattr(hosted.host.client, "keep", full)
        with pytest.raises(ChatError):
            await desk.kept.keep("draft:a:b", "half a thought")
        actions.do(ask(), name="quit")
        await until(lambda: shown(desk.window, "question"))
        assert "The disk of this computer is full" in says(find(desk.window, "question"))
        press(find(desk.window, "question"), "cancel_button")
        await until(lambda: answers == [False])
    actions.do(ask(), name="quit")
    await until(lambda: answers == [False, True])
    assert hosted.host.client.store.kept()["draft:a:b"] == "half a thought"


async def test_a_full_disk_is_said_where_the_room_stands(desk: Desk) -> None:
    desk.host.is_full = True
    desk.show(State.LIVE)
    assert "The disk of this computer is full" in find(desk.panel, "host_state").text()


async def test_who_never_hosted_is_told_what_it_is(desk: Desk) -> None:
    desk.host.server = None
    desk.show(State.OFF)
    assert "Your computer becomes the room." in says(desk.panel)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.OFF, "Your room is resting"),
        (State.STARTING, "Opening the room…"),
        (State.FAILED, "no space left"),
        (State.RESTARTING, "Restarting"),
        (State.STOPPING, "Stopping"),
    ],
)
async def test_every_state_is_said(desk: Desk, state: State, expected: str) -> None:
    desk.host.last_lines = ("starting", "no space left")
    desk.show(state)
    assert expected in says(desk.panel)
    asked: list[str] = []
    desk.panel.start_requested.connect(asked.append)
    if state in (State.OFF, State.FAILED):
        press(desk.panel, "host_button")
        assert asked == [ALL]


async def test_while_the_server_restarts_nobody_is_said_to_be_able_to_join(desk: Desk) -> None:
    desk.show(State.LIVE)
    assert "People on this network can join" in says(desk.panel)
    desk.show(State.RESTARTING)
    assert "People on this network can join" not in says(desk.panel)
    assert "Nobody can join until your room runs again" in says(desk.panel)


@pytest.mark.parametrize("last_lines", [(), ("no space left",)])
async def test_a_server_that_does_not_run_is_said_with_a_next_step_and_what_it_said_if_it_did(
    desk: Desk, last_lines: tuple[str, ...]
) -> None:
    desk.host.last_lines = last_lines
    desk.show(State.FAILED)
    assert "The server on this computer does not run" in says(desk.panel)
    assert "Try again, or start the program anew." in says(desk.panel)
    assert ("It said last:\nno space left" in says(desk.panel)) == bool(last_lines)
    assert ("It said last:" in says(desk.panel)) == bool(last_lines)


async def test_a_taken_port_is_said_with_what_to_do_and_the_room_can_be_moved(desk: Desk) -> None:
    desk.host.trouble = Trouble.PORT_TAKEN
    desk.host.last_lines = ("port 47000 is taken by nginx (process 7)",)
    desk.show(State.FAILED)
    assert "Another program on this computer is at the port" in says(desk.panel)
    assert "try again: your link stays the same" in says(desk.panel)
    assert "nginx" in says(desk.panel)
    asked: list[str] = []
    desk.panel.start_requested.connect(asked.append)
    press(desk.panel, "host_button")
    assert (asked, desk.host.asked) == ([ALL], [])
    press(desk.panel, "move_button")
    assert asked == [ALL, ALL]
    assert desk.host.asked == ["move"]


async def test_a_narrow_window_shows_the_whole_width_of_the_cards(desk: Desk, until: Until) -> None:
    layout = desk.window.layout()
    assert layout is not None
    layout.setContentsMargins(0, 0, 0, 0)
    desk.window.resize(480, 640)
    scroll = find(desk.panel, "host_scroll")
    await until(lambda: desk.panel.width() == 480 and scroll.widget().width() <= scroll.viewport().width())
    assert scroll.horizontalScrollBar().maximum() == 0
    assert scroll.widget().minimumSizeHint().width() <= scroll.viewport().width()
