"""The system asks the program to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

_ASKING = ("SIGINT", "SIGTERM", "SIGHUP")


def quit_on_signals(quit_: Callable[[], None]) -> None:
    """`quit_` is called in the running loop for each signal that asks the program to end."""
    loop = asyncio.get_running_loop()
    for name in _ASKING:
        number = getattr(signal, name, None)
        if number is None:  # Windows has no SIGHUP
            continue
        try:
            loop.add_signal_handler(number, quit_)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(quit_))
