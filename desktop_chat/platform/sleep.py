"""Keeps the computer awake while people are in its room. The screen may go dark."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QProcess, Signal

_TIMEOUT_MS = 3_000
_CONTINUOUS, _SYSTEM_REQUIRED = 0x80000000, 0x00000001
"""ES_CONTINUOUS and ES_SYSTEM_REQUIRED of SetThreadExecutionState (winbase.h)."""


class KeepAwake(QObject):
    """Awake from `hold` to `release`, where the system lets it be; `release` before it goes."""

    changed = Signal()
    """`is_held` is another one."""

    def __init__(self, parent: QObject | None = None, *, way: Way | None = None) -> None:
        """`way`: how; None: that of this system."""
        super().__init__(parent)
        self._way = way
        self._wanted = False

    @property
    def is_held(self) -> bool:
        """The system agreed to stay awake."""
        return self._wanted and self._way is not None and self._way.is_held

    def hold(self, why: str) -> None:
        """`why` is shown to the person by some systems."""
        if self._wanted:
            return
        self._wanted = True
        if self._way is None:
            self._way = _way_of_this_system(self)
        self._way.hold(why, self.changed.emit)

    def release(self) -> None:
        if self._wanted and self._way is not None:
            self._wanted = False
            self._way.release()
            self.changed.emit()


class Way(Protocol):
    """How a system is kept awake. `changed` is called when it is, at once or later."""

    @property
    def is_held(self) -> bool: ...

    def hold(self, why: str, changed: Callable[[], None]) -> None: ...

    def release(self) -> None: ...


def _way_of_this_system(parent: QObject) -> Way:
    if sys.platform == "win32":
        return _Windows()
    if sys.platform == "darwin":
        return _MacOS(parent)
    from desktop_chat.platform.inhibitors import Bus  # QtDBus: not before it is needed

    return Bus(parent)


class _Windows:
    is_held = False

    def hold(self, _why: str, changed: Callable[[], None]) -> None:
        self.is_held = self._set(_CONTINUOUS | _SYSTEM_REQUIRED)
        changed()

    def release(self) -> None:
        self._set(_CONTINUOUS)
        self.is_held = False

    @staticmethod
    def _set(state: int) -> bool:
        if sys.platform == "win32":
            import ctypes

            return bool(ctypes.windll.kernel32.SetThreadExecutionState(state))
        return False


class _MacOS:
    """By `caffeinate`, which ends with this process too."""

    def __init__(self, parent: QObject) -> None:
        self._process = QProcess(parent)

    @property
    def is_held(self) -> bool:
        return self._process.state() is not QProcess.ProcessState.NotRunning

    def hold(self, _why: str, changed: Callable[[], None]) -> None:
        self._process.stateChanged.connect(lambda _state: changed())
        self._process.start("caffeinate", ["-i", "-w", str(os.getpid())])

    def release(self) -> None:
        self._process.kill()
        self._process.waitForFinished(_TIMEOUT_MS)
