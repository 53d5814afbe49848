"""From the screen to the core: what a person asked for, done in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_chat.core.sentences import ChatError
from desktop_chat.core.tasks import Report, Tasks

GRACE_S = 1.0
"""For what was begun when the program ends: writing to the disk takes less, waiting for a server takes longer."""


class Actions(QObject):
    """Owns the coroutines that widgets start. Made in the running loop; close it before the client."""

    refused = Signal(object)
    """A `ChatError`: its sentence is for the person."""

    def __init__(self, report: Report, parent: QObject | None = None) -> None:
        """`report(name, error)` gets what is no `ChatError`: a bug."""
        super().__init__(parent)
        # A timer of Qt's may come while the loop does not run: what it begins goes on when it does.
        self._tasks = Tasks(report, asyncio.get_running_loop())

    def do(self, work: Coroutine[Any, Any, object], *, name: str) -> asyncio.Task[None]:
        """Starts `work`; may be called in any slot. Whoever has a place of its own for a refusal catches it in `work`.

        `name` says in a report what failed. Cancel the task to call it off.
        """
        return self._tasks.spawn(self._done(work), name=name)

    async def close(self) -> None:
        """What was begun gets `GRACE_S` to end by itself; the rest is cancelled."""
        await self._tasks.close(GRACE_S)

    async def _done(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except ChatError as error:
            self.refused.emit(error)
