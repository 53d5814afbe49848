"""Answers from the storage: pages of a log, a search. Pure reading, made in the reader's thread.

What one may read is decided before, by `Hub.visible_from` alone: `floor` is the first readable seq, `head` the last
committed one. All that leaves here lies between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Raw

from chat_protocol import codec, frames
from chat_protocol.errors import Code, Refused
from chat_protocol.events import decode_event
from chat_protocol.fold import Shown, fold_message, show
from chat_protocol.ids import LogId, Ref, b64
from chat_protocol.limits import SERVER_FRAME
from chat_server.storage.contract import Storage

_ROOM = SERVER_FRAME - 1024
"""Bytes of a frame for its list."""

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode


def page_before(storage: Storage, request: frames.Page, before: int, floor: int, head: int) -> bytes:
    """Raw events down from `before`."""
    before = min(before, head + 1)
    if before <= floor:
        before = floor  # nothing is below: an empty page that says where the readable part begins
    run = storage.read_back(request.log, before, floor, _ROOM - request.limit, request.limit)
    start = (run.before.seq, b64(run.before.h), run.before.row)
    return codec.encode(frames.Ok(request.id, start=start, events=[Raw(blob) for blob in run.events]))


def page_around(storage: Storage, request: frames.Page, target: int | None, floor: int, head: int) -> bytes:
    """Messages as shown at `head`: around the one with seq `target`, or that of `around_row`, or the newest."""
    log, limit = request.log, request.limit
    if target is None and request.around_row is not None:
        target = max(storage.at_row(log, request.around_row), floor)
    if target is None or target > head:
        blobs = storage.messages_back(log, head + 1, floor, limit)
        anchor = len(blobs) - 1
    else:
        older = storage.messages_back(log, target, floor, limit // 2)
        blobs = older + storage.messages(log, target - 1, head, limit - len(older))
        anchor = len(older)
    messages = _shown(storage, log, blobs, head)
    kept = _fitting(messages, [len(_encode(one)) for one in messages], anchor)
    return codec.encode(frames.Ok(request.id, as_of=head, messages=kept))


def search(
    storage: Storage, request: frames.Search, readable: Mapping[LogId, int], heads: Mapping[LogId, int]
) -> bytes:
    """Hits in `readable` (log → first readable seq), as shown at `heads`."""
    hits: list[frames.Hit] = []
    size = 0
    for log, seq in storage.search(readable, request.query, request.limit):
        for message in _shown(storage, log, storage.messages(log, seq - 1, min(seq, heads[log]), 1), heads[log]):
            needed = len(_encode(message)) + 64
            if not message.deleted and size + needed <= _ROOM:  # the index may lag a deletion
                size += needed
                hits.append(frames.Hit(log, message))
    return codec.encode(frames.Ok(request.id, hits=hits))


def unknown_log() -> Refused:
    return Refused(Code.UNKNOWN_LOG, "There is no such room.", field="log")


def unknown_target() -> Refused:
    return Refused(Code.UNKNOWN_TARGET, "The message is not there any more.", field="around")


def _shown(storage: Storage, log: LogId, blobs: Sequence[bytes], as_of: int) -> list[Shown]:
    shown: dict[Ref, Shown] = {}
    for blob in blobs:
        event = decode_event(blob)
        shown[event.ref] = show(event)
    for blob in storage.changes(log, [one.seq for one in shown.values()], as_of) if shown else ():
        change = decode_event(blob)
        if change.target in shown:
            shown[change.target] = fold_message(shown[change.target], change)
    return list(shown.values())


def _fitting(items: list[T], sizes: list[int], anchor: int) -> list[T]:
    """The run of `items` around `anchor` that fits a frame, grown on both sides in turn."""
    first, end, room = anchor, anchor, _ROOM
    sides = [True, True]
    while any(sides):
        for side, place in ((1, end), (0, first - 1)):
            if sides[side]:
                sides[side] = 0 <= place < len(items) and sizes[place] + 1 <= room
                if sides[side]:
                    room -= sizes[place] + 1
                    first, end = (first, end + 1) if side else (first - 1, end)
    return items[max(first, 0) : end]
