"""The window's loop is an asyncio loop in every respect that the core relies on, and collects garbage in its thread."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_chat.bridge import loop as bridge
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.interrupts import quit_on_signals
from desktop_chat.bridge.loop import QtLoop
from desktop_chat.bridge.sink import ErrorSink
from tests.bridge.picture import shown
from tests.conftest import AllowLog

pytestmark = pytest.mark.usefixtures("qapp")


def loop() -> QtLoop:
    running = asyncio.get_running_loop()
    assert isinstance(running, QtLoop)
    return running


async def test_callbacks_run_in_order_and_what_they_add_runs_after_them() -> None:
    ran: list[str] = []
    done = asyncio.Event()

    def later() -> None:
        ran.append("later")
        done.set()

    def first() -> None:
        ran.append("first")
        loop().call_soon(later)

    loop().call_soon(first)
    loop().call_soon(ran.append, "cancelled").cancel()
    loop().call_soon(ran.append, "second")
    await done.wait()
    assert ran == ["first", "second", "later"]


async def test_events_of_qt_come_between_the_turns_of_a_task_that_never_waits() -> None:
    came = asyncio.Event()
    QTimer.singleShot(0, came.set)
    while not came.is_set():  # noqa: ASYNC110 - that is the point
        await asyncio.sleep(0)


async def test_what_a_slot_begins_comes_before_what_it_had_painted(qtbot: QtBot) -> None:
    ran: list[str] = []
    painted = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    def on_painted() -> None:
        ran.append("painted")
        painted.set()

    async def write() -> None:
        for step in range(3):
            ran.append(f"step {step}")
            await asyncio.sleep(0)

    def on_key() -> None:
        picture.update()
        tasks.append(loop().create_task(write()))

    picture = await shown(qtbot, on_painted)
    QTimer.singleShot(0, on_key)
    await painted.wait()
    await tasks[0]
    assert ran == ["step 0", "step 1", "step 2", "painted"]


async def test_deadlines_fire_in_their_order_never_early_and_know_when() -> None:
    ran: list[str] = []
    done = asyncio.Event()
    began = loop().time()
    late = loop().call_later(0.020, done.set)
    loop().call_later(0.010, ran.append, "second")
    loop().call_at(began + 0.005, ran.append, "first")
    loop().call_at(began - 1.0, ran.append, "overdue")
    loop().call_later(0.001, ran.append, "cancelled").cancel()
    assert late.when() == pytest.approx(began + 0.020, abs=0.01)
    await done.wait()
    assert ran == ["overdue", "first", "second"]
    assert loop().time() >= began + 0.020


async def test_cancelled_deadlines_are_cleared_away() -> None:
    kept = loop().call_later(3600, print)
    for _ in range(1000):
        loop().call_later(60, print).cancel()
    assert len(loop()._deadlines) < 200
    assert kept in loop()._deadlines
    kept.cancel()


async def test_a_timeout_ends_what_waits() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()


def test_while_the_loop_does_not_run_its_callbacks_wait(qapp: QApplication) -> None:
    """Whoever processes events of Qt meanwhile would run them where no loop is running."""
    ran: list[str] = []
    with contextlib.closing(QtLoop(qapp)) as loop:

        async def wait_for(event: asyncio.Event) -> None:
            await event.wait()

        def read() -> None:
            ran.append("socket")
            loop.remove_reader(ours)

        loop.call_soon(ran.append, "soon")
        loop.call_later(0.0, ran.append, "deadline")
        loop.call_soon_threadsafe(ran.append, "thread")
        ours, theirs = socket.socketpair()
        loop.add_reader(ours, read)
        theirs.send(b"x")
        for _ in range(10):
            qapp.processEvents()
        assert ran == []
        done = asyncio.Event()
        loop.call_later(0.005, done.set)
        loop.run_until_complete(wait_for(done))
        assert sorted(ran) == ["deadline", "socket", "soon", "thread"]
        ours.close()
        theirs.close()


async def test_what_a_thread_hands_over_runs_here() -> None:
    here = threading.get_ident()
    assert await loop().run_in_executor(None, threading.get_ident) != here
    done: asyncio.Future[int] = loop().create_future()
    threading.Thread(target=loop().call_soon_threadsafe, args=(lambda: done.set_result(threading.get_ident()),)).start()
    assert await done == here


async def test_sockets_are_served() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(b"hi\n")
        assert await reader.read() == b"hi\n"
        writer.close()
        await writer.wait_closed()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_asks_to_quit(number: signal.Signals) -> None:
    asked = asyncio.Event()
    quit_on_signals(asked.set)
    os.kill(os.getpid(), number)
    await asked.wait()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        loop().remove_signal_handler(getattr(signal, name))


# --- run ------------------------------------------------------------------------------------------------------


def test_run_returns_what_main_returns_and_leaves_nothing_behind(qapp: QApplication) -> None:
    hook = sys.excepthook

    async def main() -> int:
        assert not gc.isenabled()
        return await asyncio.get_running_loop().run_in_executor(None, lambda: 7)

    was_enabled = gc.isenabled()
    assert bridge.run(qapp, main(), ErrorSink()) == 7
    assert (sys.excepthook, gc.isenabled()) == (hook, was_enabled)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("work")]


def test_an_error_of_main_leaves_run(qapp: QApplication) -> None:
    async def main() -> None:
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        bridge.run(qapp, main(), ErrorSink())


def test_when_qt_ends_by_itself_run_says_so(qapp: QApplication) -> None:
    async def main() -> None:
        qapp.exit(1)  # as Qt does when the display server has gone
        await asyncio.Event().wait()

    with pytest.raises(bridge.ScreenGone):
        bridge.run(qapp, main(), ErrorSink())


def test_errors_of_the_loop_of_slots_and_of_threads_come_to_the_sink(qapp: QApplication, allow_log: AllowLog) -> None:
    allow_log("desktop_chat.bridge.sink", "ZeroDivisionError")
    sink = ErrorSink()
    reported: list[str] = []
    sink.reported.connect(reported.append)

    async def main() -> None:
        loop().call_soon(lambda: 1 // 0)
        thread = threading.Thread(target=lambda: 1 // 0, name="broken")
        thread.start()
        thread.join()
        turned = asyncio.Event()
        QTimer.singleShot(0, lambda: 1 // 0)
        QTimer.singleShot(0, turned.set)
        await turned.wait()

    bridge.run(qapp, main(), sink)
    assert len(reported) == 3
    assert {"thread broken: ZeroDivisionError", "slot: ZeroDivisionError"} < set(reported)


def test_garbage_is_collected_by_the_timer_alone() -> None:
    collections: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            collections.append(info["generation"])

    gc.callbacks.append(note)
    try:
        with bridge.garbage_collected_here():
            held = [[i] for i in range(20_000)]
            assert collections == []
            bridge._collect()
            assert len(collections) == 1
            del held
    finally:
        gc.callbacks.remove(note)


def test_what_is_begun_while_the_loop_stands_still_goes_on_with_it(qapp: QApplication) -> None:
    with contextlib.closing(QtLoop(qapp)) as loop:

        async def make() -> Actions:
            return Actions(lambda name, error: pytest.fail(f"{name}: {error!r}"))

        done: list[str] = []

        async def keep() -> None:
            done.append("kept")

        actions = loop.run_until_complete(make())
        kept = actions.do(keep(), name="keep")
        assert done == []
        loop.run_until_complete(asyncio.wait([kept]))
        assert done == ["kept"]
        loop.run_until_complete(actions.close())
