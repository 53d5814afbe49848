"""What is asked in one step of the loop is read in order and answered together; nobody's failure is another's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from chat_server.reader import Reader
from tests.wire import GUARD_S


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader("reader")
    yield reader
    reader.close()


async def test_answers_come_in_the_order_of_asking_from_another_thread(reader: Reader) -> None:
    called: list[int] = []
    threads: set[str] = set()

    def call(number: int) -> int:
        called.append(number)
        threads.add(threading.current_thread().name)
        return number

    async with asyncio.timeout(GUARD_S):
        answers = await asyncio.gather(*(reader.ask(partial(call, number)) for number in range(10)))
    assert answers == called == list(range(10))
    assert threads == {"reader_0"}


async def test_what_fails_fails_for_whoever_asked_it(reader: Reader) -> None:
    asked = [reader.ask(lambda: "before"), reader.ask(lambda: [][0]), reader.ask(lambda: "behind")]
    async with asyncio.timeout(GUARD_S):
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert (answers[0], answers[2]) == ("before", "behind")
    assert isinstance(answers[1], IndexError)


async def test_who_leaves_before_the_answer_harms_nobody(reader: Reader) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        entered.set()
        assert go_on.wait(GUARD_S)

    leaving, staying = reader.ask(slow), reader.ask(lambda: "here")
    early = reader.ask(lambda: pytest.fail("nobody waits for this one"))
    early.cancel()
    await asyncio.to_thread(entered.wait, GUARD_S)
    leaving.cancel()
    go_on.set()
    async with asyncio.timeout(GUARD_S):
        assert await staying == "here"
