"""What is read from the storage for an answer: all that can be in a log fits its frame, and hides nothing else."""

from __future__ import annotations

from random import Random

import msgspec

from chat_protocol import frames, limits
from chat_protocol.events import React, Text, encode_body
from chat_protocol.ids import MemberId, b64
from chat_server.transport import answers
from tests.faults.batches import Scribe, batch
from tests.memory_storage import MemoryStorage


def test_a_message_with_as_many_changes_as_there_may_be_fits_every_answer() -> None:
    scribe, storage, most = Scribe(Random(7)), MemoryStorage(), 2 * limits.CHANGES
    log = scribe.logs[0]
    mentions = [MemberId(b64(bytes(16)))] * limits.MENTIONS
    escaped = "tide " + "\n" * ((limits.BODY - 25 * limits.MENTIONS - 100) // 2)  # two bytes each
    before = scribe.say("tide before")
    said = Text(escaped, before.event.ref, mentions)
    assert limits.BODY - 50 < len(bytes(encode_body(said))) <= limits.BODY
    largest = scribe.write(log, said)
    behind = scribe.say("tide behind")
    emoji = [chr(0x1F300 + n) * limits.EMOJI for n in range(most)]
    reactions = [
        scribe.write(log, React(emoji[n % (limits.REACTIONS + 1)]), largest, by=MemberId(b64(n.to_bytes(16, "big"))))
        for n in range(most)
    ]
    storage.append(batch(before, largest, behind, *reactions))
    storage.index()
    head, target = scribe.heads[log].seq, largest.event.seq
    pages = [
        answers.page_around(storage, frames.Page(1, log, 50), None, 1, head),
        answers.page_around(storage, frames.Page(1, log, 50, around=largest.event.ref), target, 1, head),
        answers.page_around(storage, frames.Page(1, log, 1, around=largest.event.ref), target, 1, head),
    ]
    rows = [[message["row"] for message in msgspec.json.decode(page)["messages"]] for page in pages]
    assert rows == [[1, 2, 3], [1, 2, 3], [2]]
    found = answers.search(storage, frames.Search(1, "tide"), {log: 1}, {log: head})
    assert [hit["message"]["row"] for hit in msgspec.json.decode(found)["hits"]] == [3, 2, 1]
    assert all(len(answer) <= limits.SERVER_FRAME for answer in (*pages, found))


def test_a_hit_that_fits_no_more_hides_no_older_one() -> None:
    scribe, storage = Scribe(Random(7)), MemoryStorage()
    log = scribe.logs[0]
    older = [scribe.say(f"tide {n}") for n in range(5)]
    newer = [scribe.say("tide " + "x" * 15_000) for _ in range(30)]
    storage.append(batch(*older, *newer))
    storage.index()
    found = answers.search(storage, frames.Search(1, "tide", limit=100), {log: 1}, {log: scribe.heads[log].seq})
    rows = [hit["message"]["row"] for hit in msgspec.json.decode(found)["hits"]]
    assert len(found) <= limits.SERVER_FRAME
    assert rows[-5:] == [5, 4, 3, 2, 1]
    assert 15 < len(rows) < 25
