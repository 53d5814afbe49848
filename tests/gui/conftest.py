"""What a test of the window stands on: a theme, what crosses between core and screen, and a real server with people.

Every test here may be `async`: it runs on the window's loop (`tests/conftest.py`). It fails when a window stays open,
a task is lost, Qt or Python warns, or an exception leaves a slot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import QApplication

from chat_protocol.ids import LogId
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.notices import Notices
from desktop_chat.core.effects import Notice
from desktop_chat.core.server import Server
from desktop_chat.theme.language import Language
from desktop_chat.theme.theme import Theme
from tests.core.people import GUARD_S, Person, Place, room_of


@pytest.fixture(autouse=True)
def no_window_left(qapp: QApplication) -> Iterator[None]:
    """Give windows to `qtbot.addWidget`, which closes them."""
    yield
    left = [widget for widget in qapp.topLevelWidgets() if widget.isVisible()]
    for widget in left:
        widget.hide()
    assert not left, f"windows left open: {left}"


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    """Light, nothing moves, and the whole program looks like it."""
    theme = Theme("light", is_motion_reduced=lambda: True)
    theme.apply(qapp)
    theme.apply_sheet()
    return theme


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a screen reader is told to say beside what has the keyboard."""
    said: list[str] = []

    def update(event: QAccessibleEvent) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent):
            said.append(event.message())

    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", update)
    return said


@pytest.fixture
def language(qapp: QApplication) -> Iterator[Language]:
    """Other tests are not translated: what was spoken here is silent after it, and the numbers are as before."""
    before = QLocale()
    yield Language(qapp, has_font=lambda _code: True)
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(before)


class LoopNotices(Notices):
    """Between the steps of a test Qt's events are handled while the loop stands still: the batch waits for it."""

    def _tell(self) -> None:
        if asyncio._get_running_loop() is None:
            self._timer.start()
        else:
            super()._tell()


@pytest.fixture
def notices() -> Notices:
    return LoopNotices()


@pytest.fixture
async def actions() -> AsyncIterator[Actions]:
    """A bug in what a widget starts fails the test; `actions.refused` tells of refusals, as in the program."""
    bugs: list[BaseException] = []
    actions = Actions(lambda _name, error: bugs.append(error))
    yield actions
    await actions.close()
    if bugs:
        raise bugs[0]


@dataclass
class Hosted:
    """A room on a real server in this process, and the person who hosts it: the one before this screen."""

    place: Place
    host: Person
    server: Server
    room: LogId
    link: str
    """Lets others in."""
    _stack: AsyncExitStack

    async def guest(self, name: str = "Grace", **options: Any) -> tuple[Person, Server]:
        """Somebody else, elsewhere, who has just joined."""
        person = await self._stack.enter_async_context(Person(**options))
        server, _ = await person.joined(self.link, name)
        return person, server


@pytest.fixture
async def hosted(tmp_path: Path, notices: Notices) -> AsyncIterator[Hosted]:
    """The host's notices go to `notices` too. What the host is refused stands in `hosted.host.errors`."""
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(Person())
        _tell(host, notices)
        place = await stack.enter_async_context(Place(tmp_path, host).open())
        server = await place.enter("Hugo")
        room = room_of(server)
        link = await server.invite(room, addresses=[place.address])
        yield Hosted(place, host, server, room, link, stack)


@pytest.fixture
async def person(notices: Notices) -> AsyncIterator[Person]:
    """Somebody who has joined nothing yet: `person.client` is what a first start has."""
    async with Person() as person:
        _tell(person, notices)
        yield person


def _tell(person: Person, notices: Notices) -> None:
    own = person.client.on_notice

    def on_notice(server: Server, notice: Notice) -> None:
        own(server, notice)
        notices.add(server, notice)

    person.client.on_notice = on_notice


Until = Callable[[Callable[[], object]], Any]


@pytest.fixture
def until() -> Until:
    """`await until(lambda: label.text() == "hi")`: lets both loops turn until it holds."""

    async def until(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(GUARD_S):
            while not condition():  # noqa: ASYNC110 - a turn of both loops, no time
                await asyncio.sleep(0)

    return until
