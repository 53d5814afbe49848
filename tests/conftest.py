"""What holds in every test: no unexpected log, no lost task, no warning (see pyproject.toml), no waiting.

The real conversations lie in a folder beside the project on machines that have them; tests that use them
read its path from DESKTOP_CHAT_CORPUS and say `skipped` where it is unset.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
OFFSCREEN_NOTICE = "This plugin does not support"
"""What the platform without a screen says of every window with a least size."""
CORPUS_BESIDE_PROJECT = ROOT.parent / "shared" / "data"

# Examples stay random everywhere, CI too: a failure prints the blob that repeats it. Machines differ in
# speed, so time never decides a test.
settings.register_profile(
    "project", deadline=None, print_blob=True, derandomize=False, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As in a shell's background job. What is started here would ignore it too, and tests end programs by it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if CORPUS_BESIDE_PROJECT.is_dir():
        os.environ.setdefault("DESKTOP_CHAT_CORPUS", str(CORPUS_BESIDE_PROJECT))


def pytest_itemcollected(item: pytest.Item) -> None:
    if not isinstance(item, pytest.Function):
        return
    if inspect.iscoroutinefunction(item.obj):
        item.fixturenames.insert(0, "no_lost_tasks")  # first to be set up, so the last to look
    if "qapp" in item.fixturenames:
        item.fixturenames[:0] = ["qapp", "garbage_stays_here"]  # the loop stands on it
        # Not in pyproject.toml: where there is no Qt, pytest knows no such settings.
        item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
        item.add_marker(pytest.mark.qt_log_ignore(OFFSCREEN_NOTICE, extend=True))


@pytest.fixture
def garbage_stays_here() -> Iterator[None]:
    """What a test with Qt leaves is collected in this thread: that of a server would destroy widgets there."""
    gc.disable()
    yield
    gc.collect(1)  # all that was made meanwhile is young
    gc.enable()


def pytest_asyncio_loop_factories(item: pytest.Function) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """An async test that uses Qt (any fixture that asks for `qapp`) runs on the window's loop."""
    if "qapp" in item.fixturenames:
        return {"qt": _new_qt_loop}
    return {"asyncio": asyncio.new_event_loop}


def _new_qt_loop() -> asyncio.AbstractEventLoop:
    from PySide6.QtWidgets import QApplication

    from desktop_chat.bridge.loop import QtLoop

    app = QApplication.instance()
    assert isinstance(app, QApplication)  # the fixture qapp
    app.setQuitOnLastWindowClosed(False)
    return QtLoop(app)


@pytest.fixture
async def no_lost_tasks() -> AsyncIterator[None]:
    """Fails an async test that leaves a task behind: every task has an owner that ends it."""
    yield
    own = asyncio.current_task()
    for _ in range(10):  # what was cancelled or closed gets a few turns of the loop to end, but no time
        lost = [task for task in asyncio.all_tasks() if task is not own]
        if not lost:
            return
        await asyncio.sleep(0)
    pytest.fail("tasks left running: " + "; ".join(repr(task) for task in lost))


@dataclass
class AllowLog:
    """Declares logs of level WARNING and above that a test provokes; see the fixture `allow_log`."""

    allowed: list[tuple[str, re.Pattern[str]]] = field(default_factory=list)

    def __call__(self, logger: str, pattern: str) -> None:
        """From now on `logger` (and those below it) may log messages in which `pattern` is found."""
        self.allowed.append((logger, re.compile(pattern)))

    def allows(self, record: logging.LogRecord) -> bool:
        return any(
            (record.name == logger or record.name.startswith(logger + ".")) and pattern.search(record.getMessage())
            for logger, pattern in self.allowed
        )


class _Collect(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def allow_log() -> Iterator[AllowLog]:
    """Fails a test that logs a WARNING or worse, unless it declared it: `allow_log("chat_server", "disk")`."""
    allow, collect = AllowLog(), _Collect()
    root = logging.getLogger()
    root.addHandler(collect)
    try:
        yield allow
    finally:
        root.removeHandler(collect)
    unexpected = [record for record in collect.records if not allow.allows(record)]
    if unexpected:
        format_ = logging.Formatter("%(levelname)s %(name)s: %(message)s").format
        pytest.fail(
            "unexpected logs (declare expected ones with the fixture allow_log):\n"
            + "\n".join(format_(record) for record in unexpected)
        )
