"""Typing, read receipts and presence: best effort (P20), never an event, dropped first under load.

Signals wait for a tick of one second and go out as one write for each reader of a log; the newest of each kind and
member is the one that counts. Who is not heard is not seen: presence goes only to those who show their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from chat_protocol import codec, frames
from chat_protocol.ids import PEOPLE, LogId, MemberId
from chat_server.commit import Committer
from chat_server.transport.feed import Feed, Feeds
from chat_server.transport.socket import text_frames

EVERY_S = 1.0
NAMED = 50
"""Read receipts go around in rooms of up to so many members."""
TYPING = 500
PRESENT = 500
"""Beyond so many members present their coming and going is not told."""


class Signals:
    def __init__(self, feeds: Feeds, committer: Committer) -> None:
        self._feeds = feeds
        self._committer = committer
        self._waiting: dict[LogId, dict[tuple[str, MemberId], frames.Signal]] = {}
        self._typing: dict[MemberId, LogId] = {}
        """Of the signals that wait, who types where."""
        self._tick: asyncio.TimerHandle | None = None
        self._read: dict[LogId, dict[MemberId, int]] = {}
        self._shown: dict[MemberId, set[Feed]] = {}

    def say(self, feed: Feed, signal: frames.SendSignal) -> None:
        """What a member lets others know. Whatever is not for this log, or not known, is dropped."""
        hub = self._committer.hub
        if hub.visible_from(feed.member, signal.log) is None:
            return
        in_log = len(hub.members(signal.log))  # 0 of people and staff: there nobody types or reads for others
        match signal.kind:
            case "typing" if 0 < in_log <= TYPING:
                self._typing[feed.member] = signal.log
                self._add(frames.Signal(signal.log, "typing", feed.member))
            case "read" if 0 < in_log <= NAMED and signal.seq is not None:
                read = self._read.setdefault(signal.log, {})
                seq = min(signal.seq, hub.position(signal.log).seq)
                if seq > read.get(feed.member, 0):
                    read[feed.member] = seq
                    self._add(frames.Signal(signal.log, "read", feed.member, seq))
            case "present" if signal.log == PEOPLE:
                self._show(feed)

    def wrote(self, member: MemberId) -> None:
        """What `member` was typing is sent now: that it is being typed must not come after it."""
        log = self._typing.pop(member, None)
        if log is not None:
            self._waiting.get(log, {}).pop(("typing", member), None)

    def marked(self, feed: Feed, log: LogId, seq: int) -> None:
        """`feed` has read up to `seq`: its member's other devices hear of it."""
        others = [other for other in self._feeds.of(feed.member) if other is not feed]
        _put(others, [frames.Signal(log, "mark", feed.member, seq)])

    def live(self, feed: Feed, log: LogId) -> None:
        """`feed` has caught up with `log`: how far others there have read, once."""
        read = self._read.get(log)
        if read:
            hub = self._committer.hub
            readers = [member for member in read if hub.visible_from(member, log) is not None]
            if len(readers) <= NAMED:
                _put([feed], [frames.Signal(log, "read", member, read[member]) for member in readers])

    def gone(self, feed: Feed) -> None:
        """The connection of `feed` ended."""
        showing = self._shown.get(feed.member)
        if showing is not None:
            showing.discard(feed)
            if not showing:
                del self._shown[feed.member]
                self._add(frames.Signal(PEOPLE, "present", feed.member, on=False))

    def close(self) -> None:
        if self._tick is not None:
            self._tick.cancel()

    def _show(self, feed: Feed) -> None:
        if len(self._shown) > PRESENT:
            return
        showing = self._shown.setdefault(feed.member, set())
        if not showing:
            self._add(frames.Signal(PEOPLE, "present", feed.member))
        showing.add(feed)
        _put([feed], [frames.Signal(PEOPLE, "present", member) for member in self._shown])

    def _add(self, signal: frames.Signal) -> None:
        self._waiting.setdefault(signal.log, {})[signal.kind, signal.by] = signal
        if self._tick is None:
            self._tick = asyncio.get_running_loop().call_later(EVERY_S, self._send)

    def _send(self) -> None:
        self._tick = None
        waiting, self._waiting = self._waiting, {}
        self._typing.clear()
        if self._committer.is_lagging:
            return
        for log, signals in waiting.items():
            readers: Iterable[Feed] = self._feeds.live(log)
            if log == PEOPLE:
                readers = [feed for showing in self._shown.values() for feed in showing]
            if signals:
                _put(readers, list(signals.values()))


def _put(readers: Iterable[Feed], signals: list[frames.Signal]) -> None:
    data = text_frames([codec.encode(signal) for signal in signals])
    for feed in readers:
        if not feed.socket.is_full:
            feed.socket.put(data)
