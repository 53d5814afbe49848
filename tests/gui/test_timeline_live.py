"""The timeline over a real server: what is written here and elsewhere comes on screen, in place, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC
from typing import Any

import pytest

from desktop_chat.bridge.notices import Notices
from desktop_chat.core.effects import Ending
from desktop_chat.core.sentences import Trouble
from desktop_chat.models.messages import Messages
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.view import TimelineView
from tests.gui.conftest import Hosted


@pytest.fixture
async def view(theme: Theme, qtbot: Any, hosted: Hosted, notices: Notices) -> AsyncIterator[TimelineView]:
    """The host's."""
    view = TimelineView(theme, UTC)
    qtbot.addWidget(view)
    view.resize(928, 684)
    with qtbot.waitActive(view):
        view.show()
    messages = Messages(hosted.host.client, hosted.server, hosted.room)
    notices.happened.connect(messages.apply)
    view.show_messages(messages)
    yield view
    messages.close()


def shown(view: TimelineView) -> list[str]:
    layouts = [view.stage.layout(one.row) for one in view.stage.placed]
    return [layout.content.text for layout in layouts if layout is not None]


def state(view: TimelineView, row: int) -> str:
    layout = view.stage.layout(row)
    assert layout is not None
    assert layout.content.state is not None
    return layout.content.state.heading


async def test_an_own_message_is_there_at_once_and_keeps_its_place(view, hosted, until):
    ref = await hosted.server.send_text(hosted.room, "hello")
    await until(lambda: shown(view) == ["hello"])
    at = view.stage.placed
    await hosted.server.stored(ref)
    await until(lambda: state(view, 1) == "Stored by the room")
    assert view.stage.placed == at
    assert shown(view) == ["hello"]


async def test_others_write_edit_react_and_delete(view, hosted, until):
    _, guest = await hosted.guest()
    first = await guest.send_text(hosted.room, "helo")
    second = await guest.send_text(hosted.room, "oops", reply=first)
    await until(lambda: shown(view) == ["helo", "oops"])
    await guest.edit(hosted.room, first, "hello")
    await guest.react(hosted.room, first, "👍")
    await until(lambda: shown(view)[0] == "hello" and view.stage.layout(1).pills)
    assert view.stage.layout(1).content.edited == "edited"
    assert view.stage.layout(2).content.quote.text == "hello"
    await guest.delete(hosted.room, second)
    await until(lambda: view.stage.layout(2).content.is_deleted)
    assert view.stage.layout(2).quote is None
    assert view.stage.layout(1).content.author.name == "Grace"


async def test_what_was_written_offline_waits_at_the_end_and_then_goes(view, hosted, until):
    _, guest = await hosted.guest()
    await guest.send_text(hosted.room, "before")
    await until(lambda: shown(view) == ["before"])
    hosted.server.driver.end(Ending(Trouble.CONNECTION_LOST, after_s=1000))
    await until(lambda: not hosted.server.is_connected)
    await hosted.server.send_text(hosted.room, "mine")
    await until(lambda: shown(view) == ["before", "mine"])
    assert state(view, 2) == "Waiting here"
    hosted.server.driver.wake()
    await until(lambda: state(view, 2) == "Stored by the room")
    assert shown(view) == ["before", "mine"]


async def test_an_own_message_says_that_others_have_read_it(view, hosted, until):
    _, guest = await hosted.guest()
    ref = await hosted.server.send_text(hosted.room, "hello")
    await hosted.server.stored(ref)
    await until(lambda: guest.held()[hosted.room].at.row == 1)
    guest.mark(hosted.room, guest.held()[hosted.room].at.seq)
    await until(lambda: shown(view) == ["hello"] and state(view, 1) == "Read by 1")
    assert view.stage.layout(1).content.state.text == "Grace"


async def test_what_is_read_is_told_with_its_seq(view, hosted, until):
    told: list[tuple[int, int]] = []
    view.read_up_to.connect(lambda row, seq: told.append((row, seq)))
    _, guest = await hosted.guest()
    for word in ("one", "two"):
        await guest.send_text(hosted.room, word)
    await until(lambda: told and told[-1][0] == 2)
    head = hosted.server.held()[hosted.room].at
    assert told[-1] == (head.row, head.seq)
