"""What crosses between the core and the screen: notices up, actions down, questions awaited, errors to one sink."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import pytest
from PySide6.QtCore import QObject, qWarning
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from chat_protocol.errors import Code
from chat_protocol.ids import LogId
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.dialogs import answer
from desktop_chat.bridge.notices import Notices
from desktop_chat.bridge.sink import ErrorSink
from desktop_chat.core.sentences import ChatError
from desktop_chat.core.server import Server
from desktop_chat.store.contract import Marked, ServerId
from tests.bridge.picture import shown
from tests.conftest import AllowLog

pytestmark = pytest.mark.usefixtures("qapp")
SERVER = cast("Server", object())


def marked(seq: int) -> Marked:
    return Marked(ServerId("server"), LogId("room"), seq)


class Batches:
    """What a view would be told."""

    def __init__(self, notices: Notices) -> None:
        self.all: list[list[int]] = []
        self._came = asyncio.Event()
        notices.happened.connect(self._on_happened)

    async def next(self) -> list[int]:
        self._came.clear()
        await self._came.wait()
        return self.all[-1]

    def _on_happened(self, batch: list[tuple[Server, Marked]]) -> None:
        assert all(server is SERVER for server, _ in batch)
        self.all.append([notice.seq for _, notice in batch])
        self._came.set()


async def test_what_happens_in_one_turn_is_one_batch_in_its_order() -> None:
    notices = Notices()
    batches = Batches(notices)
    for seq in range(5):
        notices.add(SERVER, marked(seq))
    assert batches.all == [], "never inside the core's own step"
    assert await batches.next() == [0, 1, 2, 3, 4]


async def test_a_batch_comes_before_what_is_to_be_painted(qtbot: QtBot) -> None:
    notices = Notices()
    batches = Batches(notices)
    told: list[int] = []
    painted = asyncio.Event()

    def on_painted() -> None:
        told.append(len(batches.all))
        painted.set()

    picture = await shown(qtbot, on_painted)
    picture.update()
    notices.add(SERVER, marked(1))
    await painted.wait()
    assert told == [1]


async def test_within_a_frame_there_is_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_chat.bridge.notices.FRAME_MS", 60_000)  # longer than any pause of this computer
    notices = Notices()
    batches = Batches(notices)
    notices.add(SERVER, marked(1))
    await batches.next()
    notices.add(SERVER, marked(2))
    await asyncio.sleep(0)
    notices.add(SERVER, marked(3))
    assert batches.all == [[1]]
    notices._timer.start(0)  # its end
    assert await batches.next() == [2, 3]
    assert batches.all == [[1], [2, 3]]


async def test_a_refusal_is_told_and_a_bug_reported() -> None:
    reports: list[tuple[str, str]] = []
    refusals: list[Any] = []
    actions = Actions(lambda name, error: reports.append((name, str(error))))
    actions.refused.connect(refusals.append)

    async def refused() -> None:
        raise ChatError(Code.FORBIDDEN)

    async def broken() -> None:
        raise LookupError("a bug")

    await asyncio.wait([actions.do(refused(), name="kick"), actions.do(broken(), name="send")])
    await actions.close()
    assert [error.code for error in refusals] == [Code.FORBIDDEN]
    assert reports == [("send", "a bug")]


async def test_closing_lets_what_was_begun_end_and_cancels_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_chat.bridge.actions.GRACE_S", 0.05)
    actions = Actions(lambda name, error: pytest.fail(f"{name}: {error!r}"))
    ended: list[str] = []

    async def writes() -> None:
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)
        ended.append("written")

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    actions.do(writes(), name="write")
    actions.do(waits(), name="join")
    await actions.close()
    assert ended == ["written", "cancelled"]


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_dialog_is_awaited(qtbot: QtBot, accepted: bool) -> None:
    dialog = QDialog()
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: loop.call_soon(dialog.accept if accepted else dialog.reject))
    assert await answer(dialog) is accepted


async def test_a_dialog_whose_window_goes_away_was_not_accepted(qtbot: QtBot) -> None:
    window = QWidget()
    dialog = QDialog(window)
    asyncio.get_running_loop().call_soon(window.deleteLater)
    assert await answer(dialog) is False


async def test_a_dialog_that_nobody_waits_for_any_more_is_closed(qtbot: QtBot) -> None:
    dialog = QDialog()
    gone = asyncio.Event()
    dialog.destroyed.connect(gone.set)
    actions = Actions(lambda name, error: pytest.fail(f"{name}: {error!r}"))
    task = actions.do(answer(dialog), name="ask")
    await asyncio.sleep(0)
    assert dialog.isVisible()
    task.cancel()
    await gone.wait()
    await actions.close()


def test_messages_of_qt_are_logged_by_category(caplog: pytest.LogCaptureFixture, allow_log: AllowLog) -> None:
    allow_log("qt", "from Qt")
    with ErrorSink().installed():
        qWarning("from Qt")
    assert ("qt", logging.WARNING, "from Qt") in caplog.record_tuples


def test_a_lost_error_without_exception_is_reported(allow_log: AllowLog) -> None:
    allow_log("desktop_chat.bridge.sink", "no exception here")
    sink = ErrorSink()
    reported: list[str] = []
    sink.reported.connect(reported.append)
    sink.lost({"message": "no exception here"})
    assert reported == ["no exception here"]
    assert isinstance(sink, QObject)
