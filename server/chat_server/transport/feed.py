"""What a connection gets of the logs: in each followed log it is *live* or *behind* (docs/protocol.md).

Live: the commits' bytes, the same for all. Behind: read from the storage as fast as the connection takes it, until
the committed head is reached. There is no queue, no gap and no replay: slowness costs latency, its own only (P14).
Within one commit events are written before the `ok` of the one who sent them.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from chat_protocol import codec, frames
from chat_protocol.ids import LogId, MemberId, Position, unb64
from chat_protocol.limits import FEED_BYTES
from chat_server.commit import Committer, StorageThreads
from chat_server.hub.requests import Decision
from chat_server.storage.contract import Appended, Storage
from chat_server.trace import Trace
from chat_server.transport.snapshots import Snapshots
from chat_server.transport.socket import Socket, text_frame, text_frames
from chat_server.transport.tls_stream import Outbox, TlsStream

_READ_EVENTS = 10_000
_H_BYTES = 8


class _Behind:
    """Where a feed is in a log; it ends by being replaced. `after` None: at the snapshot that comes first."""

    __slots__ = ("after",)

    def __init__(self, after: int | None) -> None:
        self.after = after


class Feeds:
    """Every connection's feed, and who is live in which log."""

    def __init__(self, committer: Committer, threads: StorageThreads, outbox: Outbox, trace: Trace | None) -> None:
        self.committer = committer
        self.threads = threads
        self.trace = trace
        self._outbox = outbox
        self.snapshots = Snapshots(threads)
        self.on_live: Callable[[Feed, LogId], None] = lambda _feed, _log: None
        self._live: dict[LogId, dict[Feed, TlsStream]] = {}
        self._of_member: dict[MemberId, set[Feed]] = {}

    def live(self, log: LogId) -> Mapping[Feed, TlsStream]:
        """The feeds that get the commits' bytes of `log`; not to be changed."""
        return self._live.get(log, {})

    def of(self, member: MemberId) -> list[Feed]:
        return list(self._of_member.get(member, ()))

    def publish(self, decision: Decision) -> None:
        """Hands out what was committed: one byte string for each log, to everybody live there."""
        logs: dict[LogId, list[Appended]] = {}
        for appended in decision.batch.events:
            logs.setdefault(appended.log, []).append(appended)
        for member, log, end in decision.lost:
            for feed in self.of(member):
                feed.lose(log, [one.encoded for one in logs.get(log, ()) if one.event.seq <= end])
        for log, events in logs.items():
            if readers := self._live.get(log):
                self._fan_out(log, events, readers)
        for member, log in decision.gained:
            for feed in self.of(member):
                feed.begin(log, None)

    def moved(self, log: LogId, head: int) -> None:
        """Events behind `head` are in the storage that nobody here published."""
        for feed in list(self.live(log)):
            feed.begin(log, head)

    def add(self, feed: Feed) -> None:
        self._of_member.setdefault(feed.member, set()).add(feed)

    def remove(self, feed: Feed) -> None:
        feeds = self._of_member[feed.member]
        feeds.discard(feed)
        if not feeds:
            del self._of_member[feed.member]

    def enter(self, log: LogId, feed: Feed) -> None:
        self._live.setdefault(log, {})[feed] = feed.socket.stream
        self.on_live(feed, log)

    def leave(self, log: LogId, feed: Feed) -> None:
        readers = self._live[log]
        del readers[feed]
        if not readers:
            del self._live[log]

    def _fan_out(self, log: LogId, events: Sequence[Appended], readers: dict[Feed, TlsStream]) -> None:
        data = text_frames(codec.events_frames(log, [one.encoded for one in events]))
        if self.trace is not None:
            self.trace.published(log, events[0].event.seq, len(events), len(data), len(readers))
        for feed in self._outbox.fan_out(readers, data):
            feed.begin(log, events[0].event.seq - 1)
        if readers:  # who was served first is served last next time
            first = next(iter(readers))
            readers[first] = readers.pop(first)


class Feed:
    """What one connection follows. `spawn` runs a coroutine in the connection's own group."""

    def __init__(
        self, feeds: Feeds, socket: Socket, member: MemberId, spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self.socket = socket
        self.member = member
        self._feeds = feeds
        self._spawn = spawn
        self._live: set[LogId] = set()
        self._behind: dict[LogId, _Behind] = {}
        self._is_pumping = False
        feeds.add(self)

    def close(self) -> None:
        """Nothing is written any more. Call once."""
        for log in self._live:
            self._feeds.leave(log, self)
        self._live.clear()
        self._behind.clear()
        self._feeds.remove(self)

    async def follow(self, request: frames.Follow) -> frames.Ok:
        """The answer; feeding begins when it has been put (`begin` only spawns)."""
        hub = self._feeds.committer.hub
        asked = {log: since for log, since in request.since.items() if since is not None}
        seqs = {log: since[0] for log, since in asked.items() if hub.visible_from(self.member, log) is not None}
        threads = self._feeds.threads
        places = await threads.read(_positions, threads.storage, seqs) if seqs else {}
        logs: dict[LogId, str] = {}
        for log, since in request.since.items():
            hub = self._feeds.committer.hub
            from_seq = hub.visible_from(self.member, log)
            if from_seq is None:
                logs[log] = "unknown_log"
            elif since is not None and not _agrees(since, places.get(log), from_seq, hub.position(log).seq):
                logs[log] = "history_changed"
                if since[0] >= from_seq - 1:  # else: of an earlier membership
                    self._feeds.committer.heal(self.member, log)
            else:
                logs[log] = "behind"
                self.begin(log, None if since is None else since[0])
        return frames.Ok(request.id, logs=logs)

    def begin(self, log: LogId, after: int | None) -> None:
        """Feeds `log` from `after` on, or anew with its snapshot. What an older call began ends."""
        self._drop(log)
        self._behind[log] = _Behind(after)
        if not self._is_pumping:
            self._is_pumping = True
            self._spawn(self._catch_up())

    def lose(self, log: LogId, events: list[bytes]) -> None:
        """`log` is no longer readable; `events` of this commit still are, for who was live."""
        was_live = log in self._live
        if not was_live and log not in self._behind:
            return
        self._drop(log)
        if was_live:
            self.socket.put(text_frames(codec.events_frames(log, events)))
        self.socket.put(text_frame(codec.encode(frames.Lost(log))))

    def _drop(self, log: LogId) -> None:
        self._behind.pop(log, None)
        if log in self._live:
            self._live.remove(log)
            self._feeds.leave(log, self)

    async def _catch_up(self) -> None:
        while self._behind:
            await self.socket.writable()
            if not self._behind or self.socket.transport.is_closing():
                break
            log = next(iter(self._behind))
            place = self._behind[log] = self._behind.pop(log)  # each log has its turn
            hub = self._feeds.committer.hub
            if place.after is None:
                await self._send_snapshot(log, place)
            elif place.after < hub.position(log).seq:
                await self._send_events(log, place, place.after)
            else:
                del self._behind[log]
                self._live.add(log)
                self._feeds.enter(log, self)
        self._is_pumping = False

    async def _send_events(self, log: LogId, place: _Behind, after: int) -> None:
        threads = self._feeds.threads
        run = await threads.read(threads.storage.read, log, after, FEED_BYTES, _READ_EVENTS)
        if self._behind.get(log) is not place:
            return
        # The storage may be a commit ahead: what is not published yet may not be for this member.
        events = run.events[: self._feeds.committer.hub.position(log).seq - after]
        self.socket.put(text_frames(codec.events_frames(log, events)))
        place.after = after + len(events)

    async def _send_snapshot(self, log: LogId, place: _Behind) -> None:
        committer = self._feeds.committer
        hub = committer.hub
        from_seq, kind = hub.visible_from(self.member, log), hub.kind_of(log)
        if from_seq is None or kind is None:
            self._drop(log)
            return
        snapshot = await self._feeds.snapshots.of(log, kind, from_seq)
        if snapshot.seq > committer.hub.position(log).seq:
            await committer.settled()
        if self._behind.get(log) is place and committer.hub.visible_from(self.member, log) == from_seq:
            self.socket.put(snapshot.frames)
            place.after = snapshot.seq


def _positions(storage: Storage, seqs: dict[LogId, int]) -> dict[LogId, Position]:
    found = {log: storage.position(log, seq) for log, seq in seqs.items()}
    return {log: at for log, at in found.items() if at is not None}


def _agrees(since: tuple[int, str], place: Position | None, from_seq: int, head: int) -> bool:
    """Whether what a client holds of a log is a part of it that may be continued."""
    try:
        held = unb64(since[1])
    except ValueError:
        return False
    return place is not None and from_seq - 1 <= since[0] <= head and place.h[:_H_BYTES] == held
