"""The owner of background work: keeps it alive, reports its death, ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Report = Callable[[str, BaseException], None]


class Tasks:
    """`report(name, error)` is called in the loop for each task that died; it must not raise."""

    def __init__(self, report: Report, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """`loop`: the one to run in, where `spawn` may also be called while it stands still; else the running one."""
        self._report = report
        self._loop = loop
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        task = (self._loop or asyncio.get_running_loop()).create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def close(self, grace_s: float = 0.0) -> None:
        """Waits `grace_s` for what still runs, then cancels it and waits for its end."""
        if self._running and grace_s > 0:
            await asyncio.wait(list(self._running), timeout=grace_s)
        while self._running:
            running = list(self._running)
            for task in running:
                task.cancel()
            await asyncio.wait(running)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._report(task.get_name(), error)
