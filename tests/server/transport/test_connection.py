"""Requests and answers over a real connection (P12, P13, D4, D5, D6)."""

from __future__ import annotations

from chat_protocol import frames
from tests.server.transport.conftest import Start


async def test_p1_a_message_is_stored_and_reaches_everybody(start: Start) -> None:
    async with start() as running:
        host = await running.log_in(running.host)
        ann = await running.join(host, "Ann")
        bob = await running.join(host, "Bob")
        sent = await ann.say(running.room, "hello")
        assert sent.seq is not None
        for wire in (host, ann, bob):
            events = await wire.until(running.room, sent.seq)
            assert (events[-1].seq, events[-1].kind) == (sent.seq, "text")
