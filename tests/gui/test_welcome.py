"""The first screen: a name that is there already, and two ways in."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication
from pytestqt.qtbot import QtBot

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.welcome import Welcome
from tests.gui.screen import find, keys, nameless, press


@pytest.fixture
def welcome(theme: Theme, qtbot: QtBot) -> Welcome:
    welcome = Welcome(theme, b"k" * 32, "Grace Hopper")
    qtbot.addWidget(welcome)
    welcome.resize(1280, 800)
    welcome.show()
    return welcome


def test_one_click_hosts_under_the_name_that_is_there(welcome: Welcome) -> None:
    asked: list[str] = []
    welcome.host_requested.connect(asked.append)
    press(welcome, "host_button")
    assert asked == ["Grace Hopper"]


def test_enter_in_the_name_hosts(welcome: Welcome) -> None:
    asked: list[str] = []
    welcome.host_requested.connect(asked.append)
    keys(find(welcome, "name_field"), Qt.Key.Key_Return)
    assert asked == ["Grace Hopper"]


def test_without_a_name_nothing_can_be_begun(welcome: Welcome) -> None:
    asked: list[str] = []
    welcome.host_requested.connect(asked.append)
    find(welcome, "name_field").setText("  ")
    for name in ("host_button", "paste_button", "link_button"):
        assert not find(welcome, name).isEnabled()
    keys(find(welcome, "name_field"), Qt.Key.Key_Return)
    assert asked == []
    find(welcome, "name_field").setText("Ada")
    assert find(welcome, "host_button").isEnabled()


def test_a_name_that_nobody_may_have_says_why(welcome: Welcome, heard: list[str]) -> None:
    asked: list[str] = []
    welcome.host_requested.connect(asked.append)
    find(welcome, "name_field").setText("The Host")
    press(welcome, "host_button")
    assert asked == []
    assert find(welcome, "name_trouble").isVisible()
    assert find(welcome, "name_trouble").text() == "A name can't hold the word “host”."
    assert find(welcome, "name_field").accessibleDescription() == "A name can't hold the word “host”."
    assert heard == ["A name can't hold the word “host”."]
    find(welcome, "name_field").setText("The Ghost")
    assert not find(welcome, "name_trouble").isVisible()
    press(welcome, "host_button")
    assert asked == ["The Ghost"]


def test_paste_hands_on_what_the_clipboard_holds(welcome: Welcome) -> None:
    asked: list[tuple[str, str]] = []
    welcome.join_requested.connect(lambda name, text: asked.append((name, text)))
    QGuiApplication.clipboard().setText("an invite")
    press(welcome, "paste_button")
    press(welcome, "link_button")
    assert asked == [("Grace Hopper", "an invite"), ("Grace Hopper", "")]


def test_a_text_that_is_dropped_is_handed_on(welcome: Welcome) -> None:
    asked: list[str] = []
    welcome.join_requested.connect(lambda _name, text: asked.append(text))
    data = QMimeData()
    data.setText("an invite")
    copy, move = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction

    def drop(actions: Qt.DropAction) -> QDropEvent:
        event = QDropEvent(QPointF(5, 5), actions, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        welcome.dropEvent(event)
        return event

    dropped = drop(copy | move)  # as an editor offers it, which deletes what was moved
    assert (dropped.isAccepted(), dropped.dropAction()) == (True, copy)
    assert not drop(move).isAccepted()
    assert asked == ["an invite"]


def test_the_language_is_chosen_by_its_own_name(welcome: Welcome, qtbot: QtBot) -> None:
    chosen: list[str] = []
    welcome.language_chosen.connect(chosen.append)
    button, menu = find(welcome, "language_button"), find(welcome, "language_menu")
    button.setFocus(Qt.FocusReason.TabFocusReason)
    keys(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: menu.activeAction() is menu.actions()[0])
    actions = {action.text(): action for action in menu.actions()}
    actions["简体中文"].trigger()
    assert chosen == ["zh_CN"]
    menu.close()


@pytest.mark.parametrize("size", [(1280, 800), (480, 640), (360, 480)])
def test_all_of_it_is_named_and_within_the_window(welcome: Welcome, qtbot: QtBot, size: tuple[int, int]) -> None:
    welcome.resize(*size)
    assert list(nameless(welcome)) == []
    controls = [find(welcome, name) for name in ("name_field", "host_button", "paste_button", "link_button")]

    def is_inside() -> bool:
        left = [one.mapTo(welcome, one.rect().topLeft()).x() for one in controls]
        return min(left) >= 0 and all(x + one.width() <= size[0] for x, one in zip(left, controls, strict=True))

    qtbot.waitUntil(is_inside)
