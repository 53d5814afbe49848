"""What a test does at a window: find by name, press, type, wait until it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from chat_protocol.ids import LogId, MemberId
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.notices import Notices
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Notice
from desktop_chat.core.sentences import Trouble
from desktop_chat.core.server import Server
from desktop_chat.hosting.host import ALL, Host
from desktop_chat.hosting.invitation import Invitation
from desktop_chat.hosting.room_host import State
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.main_window import MainWindow
from desktop_chat.widgets.workbench import Workbench


def find(root: QWidget, name: str) -> Any:
    """The newest widget with that object name: a closed dialog may still lie about."""
    found = root.findChildren(QWidget, name)
    assert found, f"there is no {name}"
    return found[-1]


def shown(root: QWidget, name: str) -> bool:
    return any(one.isVisible() for one in root.findChildren(QWidget, name))


def press(root: QWidget, name: str) -> None:
    button = find(root, name)
    assert button.isVisible(), f"{name} can't be seen"
    assert button.isEnabled(), f"{name} is disabled"
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)  # it is where it will be
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def keys(widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, key, modifiers)


def says(root: QWidget) -> str:
    """All that can be read on it."""
    visible = (one for one in root.findChildren(QWidget) if one.isVisible())
    return "\n".join(one.text() for one in visible if isinstance(one, (QLabel, QPushButton)))


def nameless(root: QWidget) -> Iterator[str]:
    """Visible controls that the keyboard reaches and that a screen reader has no name for."""
    for one in root.findChildren(QWidget):
        reachable = one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
        if reachable and not QAccessible.queryAccessibleInterface(one).text(QAccessible.Text.Name):
            yield f"{type(one).__name__} {one.objectName()}"


def focused() -> str:
    widget = QApplication.focusWidget()
    return widget.objectName() if widget is not None else ""


class OwnNotices(QObject):
    """Of one client: in a test the host's notices and a guest's come together."""

    happened = Signal(list)

    def __init__(self, notices: Notices, client: Client) -> None:
        super().__init__()
        self._client = client
        notices.happened.connect(self._on_happened)

    def _on_happened(self, batch: list[tuple[Server, Notice]]) -> None:
        own = [(server, notice) for server, notice in batch if server in self._client.servers.values()]
        if own:
            self.happened.emit(own)


class FakeHost(QObject):
    """Hosts nothing: says what a test tells it, and writes down what was asked."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.state = State.OFF
        self.is_attached = False
        self.is_full = False
        self.bind = ALL
        self.key: bytes | None = None
        self.addresses: tuple[str, ...] = ()
        self.here: tuple[str, ...] = ()
        self.live_since_s = 0.0
        self.last_lines: tuple[str, ...] = ()
        self.trouble = Trouble.HOSTING_FAILED
        self.server: Server | None = None
        self.room: LogId | None = None
        self.invitation: Invitation | None = None
        self.others_here: frozenset[MemberId] = frozenset()
        self.others_who_hide = 0
        self.ends_with_program = False
        self.asked: list[str] = []

    def was_hosted(self) -> bool:
        return self.server is not None

    async def count_others(self) -> int:
        return self.others_who_hide + len(self.others_here)

    def storage_bytes(self) -> int:
        return 1_200_000

    async def start(self, bind: str = ALL, *, name: str, title: str = "", room: str = "") -> None:
        self.asked.append(f"start {bind} {name}")

    def move(self) -> None:
        self.asked.append("move")

    async def stop(self) -> None:
        self.asked.append("stop")

    async def renew(self) -> None:
        self.asked.append("renew")

    async def revoke(self) -> None:
        self.asked.append("revoke")


def window_of(theme: Theme, actions: Actions, notices: Notices, client: Client, folder: Path) -> MainWindow:
    """A main window with all its parts, and a host that was never started."""
    own = OwnNotices(notices, client)
    window = MainWindow(theme, actions, client)
    host = Host(client, folder / "server")
    window.fill(Workbench(window, theme, actions, client, own, host, name="Grace Hopper"))  # type: ignore[arg-type]
    own.setParent(window)
    return window


def bench_of(window: MainWindow) -> Workbench:
    bench = window.findChild(Workbench)
    assert isinstance(bench, Workbench)
    return bench
