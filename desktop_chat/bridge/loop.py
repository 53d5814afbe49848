"""asyncio on Qt's event loop: `run` starts both, and ends both."""

from __future__ import annotations

import asyncio
import gc
import heapq
import math
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context
from selectors import SelectorKey
from typing import Any, TypeVar

import qasync  # type: ignore[import-untyped]
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from desktop_chat.bridge.sink import ErrorSink

_THREADS = 2
"""For what would hold up the window; the store has a thread of its own."""
_GARBAGE_EVERY_MS = 2_000
_ROUNDS = 8
"""What callbacks make ready is run too, so many times over, before Qt's events get their turn: enough to get from a key
to the store's thread, and from there to the screen."""
_FORGOTTEN = 64
"""So many cancelled deadlines may lie about before they are cleared away."""
T = TypeVar("T")


class ScreenGone(Exception):
    """Qt has ended its loop by itself: the display server is gone, and no window will ever be seen again."""


def run(app: QApplication, main: Coroutine[Any, Any, T], sink: ErrorSink) -> T:
    """Runs `main` on the loop of `app` and returns its result. Whatever else dies meanwhile goes to `sink`.

    Windows may come and go: the program ends with `main`, which has to end its tasks first. Raises `ScreenGone`:
    then what still ran can't be ended.
    """
    app.setQuitOnLastWindowClosed(False)
    with ThreadPoolExecutor(_THREADS, "work") as threads:

        def new_loop() -> QtLoop:
            loop = QtLoop(app)
            loop.set_default_executor(threads)
            loop.set_exception_handler(lambda _loop, context: sink.lost(context))
            return loop

        with sink.installed(), garbage_collected_here(), asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(main)


class _Turns(QObject):
    """Asks for a turn by an event of Qt's, which comes before what is to be painted: a timer comes after it."""

    asked = Signal()


class QtLoop(qasync.QEventLoop):  # type: ignore[misc]
    """qasync's loop with other timers: all callbacks of a turn share one event of Qt, and all deadlines one timer.

    qasync makes a Qt timer for each call, keeps a cancelled one until it would have fired, and returns no
    `TimerHandle`. It also runs callbacks while somebody processes Qt's events without running the loop, where tasks
    find no loop and die; here they wait until it runs again.
    """

    def __init__(self, app: QApplication) -> None:
        self._soon: deque[asyncio.Handle] = deque()
        self._deadlines: list[asyncio.TimerHandle] = []
        self._forgotten = 0
        self._is_turning = False
        self._is_asked_to_stop = False
        self._turns = _Turns()
        self._turns.asked.connect(self._turn, Qt.ConnectionType.QueuedConnection)
        self._turn_timer = _timer(self._turn)
        self._deadline_timer = _timer(self._on_deadline)
        super().__init__(app)

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._add_callback(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self._check_closed()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._deadlines, handle)
        if self._deadlines[0] is handle:
            self._wait_for(handle)
        return handle

    def run_forever(self) -> None:
        """Raises `ScreenGone`."""
        self._is_asked_to_stop = False
        super().run_forever()
        if not self._is_asked_to_stop:
            raise ScreenGone

    def stop(self) -> None:
        self._is_asked_to_stop = True
        super().stop()

    def close(self) -> None:
        self._turn_timer.stop()
        self._deadline_timer.stop()
        super().close()

    # What asyncio and qasync call: for what a signal of the system brings, for each deadline about to be cancelled, at
    # the start, and for a socket that is ready.

    def _add_callback(self, handle: asyncio.Handle) -> None:
        self._soon.append(handle)
        if len(self._soon) == 1 and not self._is_turning:
            self._turns.asked.emit()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self._forgotten += 1
        if self._forgotten > max(_FORGOTTEN, len(self._deadlines) // 2):
            self._forgotten = 0
            self._deadlines = [one for one in self._deadlines if not one.cancelled() and one is not handle]
            heapq.heapify(self._deadlines)

    def _before_run_forever(self) -> None:
        super()._before_run_forever()
        self._turn_timer.start(0)
        if self._deadlines:
            self._wait_for(self._deadlines[0])

    def _process_event(self, key: SelectorKey, mask: int) -> None:
        if self.is_running():  # else it is still ready when it does
            super()._process_event(key, mask)

    def _turn(self) -> None:
        """What is ready, and what that makes ready, up to `_ROUNDS` times over."""
        if self._is_turning or not self.is_running():
            return  # somebody spins a loop of Qt's inside a callback, or without this one
        self._is_turning = True
        try:
            for _ in range(_ROUNDS):
                for _ in range(len(self._soon)):
                    handle = self._soon.popleft()
                    if not handle.cancelled():
                        handle._run()
        finally:
            self._is_turning = False
            if self._soon:
                self._turn_timer.start(0)

    def _on_deadline(self) -> None:
        if not self.is_running():
            return
        now = self.time()
        while self._deadlines and (self._deadlines[0].cancelled() or self._deadlines[0].when() <= now):
            handle = heapq.heappop(self._deadlines)
            if not handle.cancelled():
                self._soon.append(handle)
        if self._deadlines:
            self._wait_for(self._deadlines[0])
        self._turn()

    def _wait_for(self, handle: asyncio.TimerHandle) -> None:
        # Rounded up: a timer that fires before its deadline would only be started again.
        self._deadline_timer.start(max(0, math.ceil((handle.when() - self.time()) * 1000)))


@contextmanager
def garbage_collected_here() -> Iterator[None]:
    """Cycles are collected in this thread only, by a timer: a collection elsewhere would destroy Qt's objects there.

    Its timer also gives Python its turn now and then, which is when it notices signals of the system.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    timer = QTimer(timerType=Qt.TimerType.VeryCoarseTimer, interval=_GARBAGE_EVERY_MS)
    timer.timeout.connect(_collect)
    timer.start()
    try:
        yield
    finally:
        timer.stop()
        if was_enabled:
            gc.enable()


def _collect() -> None:
    """As the interpreter would have done: the oldest generation of which enough came together."""
    due = [generation for generation in range(3) if gc.get_count()[generation] > gc.get_threshold()[generation]]
    if due:
        gc.collect(due[-1])


def _timer(on_timeout: Callable[[], None]) -> QTimer:
    timer = QTimer(singleShot=True, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(on_timeout)
    return timer
