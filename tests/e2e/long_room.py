"""A room with a long history: real conversations, put straight into the folder of a server that is not running."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from chat_protocol import limits
from chat_protocol.events import Event, Text, encode_body, encode_event
from chat_protocol.ids import LogId, MemberId, new_cid, next_h
from chat_server.storage.contract import Appended, Batch
from chat_server.storage.sqlite import SqliteStorage

_BATCH = 5_000
_APART_MS = 20_000


def texts_of(corpus: Path, name: str) -> Iterator[str]:
    """What was said in one of the conversations, in order, and what a message may hold of it."""
    with gzip.open(corpus / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            text = "".join(char for char in json.loads(line)["text"] if char.isprintable()).strip()
            if text and len(text.encode()) <= limits.TEXT:
                yield text


def fill(folder: Path, room: LogId, texts: Iterator[str], authors: Sequence[MemberId], now_ms: int) -> list[str]:
    """Says `texts` in `room`, the last one at `now_ms`, each by one of `authors`. Returns them."""
    said = list(texts)
    chance = random.Random(1)
    with closing(SqliteStorage(folder / "chat.db")) as storage:
        at = next(log.at for log in storage.load().logs if log.log == room)
        remaining = iter(said)
        ts = now_ms - _APART_MS * len(said)
        while batch := list(islice(remaining, _BATCH)):
            appended = []
            head = at.seq
            for text in batch:
                ts += _APART_MS
                author, cid = chance.choice(authors), new_cid(ts, chance.randbytes(10))
                seq, row = at.seq + 1, at.row + 1
                h = next_h(at.h, seq, author, cid, "text", None, None)
                event = Event(seq, row, ts, author, cid, "text", None, None, encode_body(Text(text)))
                appended.append(Appended(room, event, encode_event(event), h, None))
                at = type(at)(seq, h, row)
            storage.append(Batch({room: head}, appended))
    return said
