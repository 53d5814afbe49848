"""Snapshots of logs, made once for all who begin at the same time.

When many join one room, each needs the state of the same two logs, which grows with each of them: read and encoded
anew for everybody, that is most of the work of a server that fills up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Raw

from chat_protocol import codec, frames
from chat_protocol.ids import LogId, b64
from chat_protocol.limits import SERVER_FRAME
from chat_protocol.permissions import LogKind
from chat_server.commit import StorageThreads
from chat_server.storage.contract import Storage
from chat_server.transport.socket import text_frames

_FRAME_ROOM = 1024
"""Of a frame for what stands around its list."""


class Snapshot(NamedTuple):
    seq: int
    """What follows it is to be fed from here."""
    frames: bytes
    """WebSocket frames."""


class Snapshots:
    def __init__(self, threads: StorageThreads) -> None:
        self._threads = threads
        self._in_the_making: dict[tuple[LogId, int], asyncio.Future[Snapshot]] = {}

    async def of(self, log: LogId, kind: LogKind, from_seq: int) -> Snapshot:
        """The state of `log` for members who read it from `from_seq` on; it may be ahead of what was published, and
        a little older than the last commit."""
        which = (log, from_seq)
        making = self._in_the_making.get(which)
        if making is None:
            making = self._threads.reading(_take, self._threads.storage, log, kind, from_seq)
            self._in_the_making[which] = making
            making.add_done_callback(lambda _: self._in_the_making.pop(which))
        return await asyncio.shield(making)  # whoever asked first may leave: others wait as well


def _take(storage: Storage, log: LogId, kind: LogKind, from_seq: int) -> Snapshot:
    at, state = storage.state(log)
    before = storage.position(log, from_seq - 1)
    if before is None:
        raise ValueError(f"a member reads {log} from beyond its head")
    first = (from_seq, b64(before.h), before.row)
    packed = list(_packed(state))
    made = [
        codec.encode(frames.Snapshot(log, kind, first, at.seq, b64(at.h), at.row, items, last=number == len(packed)))
        for number, items in enumerate(packed, 1)
    ]
    return Snapshot(at.seq, text_frames(made))


def _packed(state: Iterable[bytes]) -> Iterable[list[Raw]]:
    """`state` in lists that each fit a frame; one empty list if there is none."""
    items: list[Raw] = []
    size = 0
    for blob in state:
        if items and size + len(blob) + 1 > SERVER_FRAME - _FRAME_ROOM:
            yield items
            items, size = [], 0
        items.append(Raw(blob))
        size += len(blob) + 1
    yield items
