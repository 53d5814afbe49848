"""The thread that reads a storage for the loop, in turns: what one step of the loop asks for is one handing over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class _Asked(NamedTuple):
    answer: asyncio.Future[Any]
    call: Callable[[], Any]


class _Answer(NamedTuple):
    asked: asyncio.Future[Any]
    value: Any
    error: Exception | None = None


class Reader:
    """Calls what it is asked in a thread of its own, in the order of asking.

    To hand a call over and its answer back costs more than most of these calls do: when a thousand members come at
    once, a tenth of everything. So those of one step go together, and their answers come together.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)
        self._asked: list[_Asked] = []

    def ask(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """What `call` returns or raises. Called from the loop."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._hand_over, loop)
        self._asked.append(_Asked(answer, call))
        return answer

    def close(self) -> None:
        """Ends the thread. Nobody may be waiting for it."""
        self._thread.shutdown()

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        asked, self._asked = self._asked, []
        if wanted := [one for one in asked if not one.answer.cancelled()]:
            self._thread.submit(_call_all, loop, wanted)


def _call_all(loop: asyncio.AbstractEventLoop, asked: Sequence[_Asked]) -> None:
    answers = []
    for one in asked:
        try:
            answers.append(_Answer(one.answer, one.call()))
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            answers.append(_Answer(one.answer, None, error))
    loop.call_soon_threadsafe(_tell, answers)


def _tell(answers: Sequence[_Answer]) -> None:
    for asked, value, error in answers:
        if asked.cancelled():
            continue
        if error is None:
            asked.set_result(value)
        else:
            asked.set_exception(error)
