"""The driver of the hub: decides late, appends once (docs/protocol.md).

While a commit runs, requests wait undecided. Then all that wait are decided in order, appended as one batch, and
only when that is on the disk told to anybody. There is no timer: the commit is the clock.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, ParamSpec, Protocol, TypeVar

from chat_protocol.errors import Code, Refused
from chat_protocol.events import decode_event
from chat_protocol.ids import LogId, MemberId, Ref, is_id
from chat_server.hub.hub import Hub
from chat_server.hub.requests import Answer, Decision, LoginRequest, Now, Request, SendRequest
from chat_server.reader import Reader
from chat_server.storage.contract import Found, HeadMoved, Storage, StorageDamaged, StorageFull, StorageUncertain

ROUND_ENTRIES = 256
"""About how many events one round decides: a step of the loop stays short (D8)."""
TURNS_TO_ASK_AGAIN = 8
"""Of the loop, from the answers of a commit to the next requests of those who got them."""
INDEX_EVERY_S = 0.2
"""So long after a commit the search index is brought forward: step by step, or one step this often under load."""
INDEX_AGAIN_S = 5.0
"""So long after the disk refused it, with nobody writing: what was erased has to leave the files (M6)."""
MARKS_EVERY_S = 2.0
FULL_AFTER_MS = 5_000
BUSY_AFTER_MS = 1_000

_GAP_BYTES = 1024 * 1024
_GAP_EVENTS = 10_000

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class StorageThreads:
    """A storage with one thread for each of its two sides; the loop is never blocked by a disk (D8)."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._writer = ThreadPoolExecutor(1, "storage-writer")
        self._reader = Reader("storage-reader")

    async def write(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._writer.submit(call, *args, **kwargs))

    async def read(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.reading(call, *args, **kwargs)

    def reading(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """As `read`, for several to wait for."""
        return self._reader.ask(partial(call, *args, **kwargs))

    def close(self) -> None:
        """Ends both threads and closes the storage. Nobody may be waiting for it."""
        self._reader.close()
        self._writer.shutdown()
        self.storage.close()


class Audience(Protocol):
    """Who is told what became true. Nothing of it may block or raise."""

    async def drain(self) -> None:
        """Returns when more may be published. Until then the next decision, stored already, is held back, and with it
        its answers: whoever waits for those writes no more."""

    def is_telling(self) -> bool:
        """Whether some of what was published still waits to be sent: a part of it is with each turn of the loop."""

    def publish(self, decision: Decision) -> None:
        """The decision is stored and is now the hub's state. Called before the answers of its requests."""

    def moved(self, log: LogId, head: int) -> None:
        """Others appended to `log` behind `head`: what follows is to be read from the storage."""

    def reloaded(self) -> None:
        """The hub is another one and may know more than was published: all connections begin anew."""


class _Waiting(NamedTuple):
    request: Request
    answer: Callable[[Answer], None]

    @property
    def entries(self) -> int:
        return len(self.request.batch) if isinstance(self.request, SendRequest) else 1


class Committer:
    """Takes requests, answers each once. `run` is its only task; everything else is called from the loop."""

    def __init__(self, hub: Hub, threads: StorageThreads, load: Callable[[], Hub], clock: Callable[[], Now]) -> None:
        """`load` makes a hub from what is stored, in the reader's thread."""
        self.hub = hub
        self.threads = threads
        self._load = load
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._over = asyncio.Event()
        self._over.set()
        self._stopping = False
        self._marks: dict[tuple[MemberId, LogId], int] = {}
        self._marks_due = False
        self._saves = 0
        self._index_behind = self._index_due = True
        self._is_full = False

    # --- asking -----------------------------------------------------------------------------------------------

    def submit(self, request: Request, answer: Callable[[Answer], None]) -> None:
        """`answer` is called once, in the loop, after the frames of the commit were handed to the audience. It must
        not raise."""
        self._waiting.append(_Waiting(request, answer))
        self._wake.set()

    async def ask(self, request: Request) -> Answer:
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def answer(value: Answer) -> None:
            if not answered.done():  # who asked may have been cancelled
                answered.set_result(value)

        self.submit(request, answer)
        return await answered

    async def find(self, ref: Ref) -> Found | None:
        """The stored event of that (member, cid)."""
        if not is_id(ref.cid):
            return None
        found = await self.threads.write(self.threads.storage.find, [ref])
        return found.get(ref)

    async def settled(self) -> None:
        """Returns when the round that is being stored now, if there is one, was published."""
        await self._over.wait()

    def heal(self, member: MemberId, log: LogId) -> None:
        """What `member` holds of `log` is of another history; see `Hub.heal`."""
        self.hub.heal(member, log, self._clock())

    @property
    def is_lagging(self) -> bool:
        """Whether more waits than the next round takes."""
        return len(self._waiting) > ROUND_ENTRIES

    # --- registers --------------------------------------------------------------------------------------------

    def mark(self, member: MemberId, log: LogId, seq: int) -> bool:
        """Read up to `seq`; stored within `MARKS_EVERY_S`. Whether that is further than what waits to be stored."""
        if self._marks.get((member, log), 0) >= seq:
            return False
        if not self._marks:
            asyncio.get_running_loop().call_later(MARKS_EVERY_S, self._let_marks_be_saved)
        self._marks[member, log] = seq
        return True

    async def marks(self, member: MemberId) -> dict[LogId, int]:
        """The registers of `member` as of this step of the loop, those not stored yet included."""
        saves: int | None = None
        while saves != self._saves:  # what was stored behind the read waits no more either
            saves = self._saves
            stored = await self.threads.read(self.threads.storage.marks, member)
        waiting = {log: seq for (who, log), seq in self._marks.items() if who == member}
        return {log: max(stored.get(log, 0), waiting.get(log, 0)) for log in stored.keys() | waiting.keys()}

    def _let_marks_be_saved(self) -> None:
        self._marks_due = True
        self._wake.set()

    async def _save_marks(self) -> None:
        self._marks_due = False
        saved = dict(self._marks)
        try:
            await self.threads.write(self.threads.storage.save_marks, saved)
        except (StorageFull, StorageUncertain):
            # Best effort until there is room: a client sends its marks again when it connects.
            asyncio.get_running_loop().call_later(MARKS_EVERY_S, self._let_marks_be_saved)
            return
        self._saves += 1
        self._marks = {key: seq for key, seq in self._marks.items() if saved.get(key) != seq}
        if self._marks:
            asyncio.get_running_loop().call_later(MARKS_EVERY_S, self._let_marks_be_saved)

    # --- deciding and committing ------------------------------------------------------------------------------

    def stop(self) -> None:
        """`run` returns once all that waits is answered and the registers are stored."""
        self._stopping = True
        self._wake.set()

    async def run(self, audience: Audience) -> None:
        """Raises what `load` raises when the hub had to be loaded anew and could not."""
        while self._waiting or not self._stopping:
            self._wake.clear()
            if self._marks_due:
                await self._save_marks()
            if self._waiting:
                await self._serve(audience)
            if self._index_due:
                await self._index(audience)
            elif not self._waiting:
                await self._wake.wait()
        if self._marks:
            await self._save_marks()

    async def _serve(self, audience: Audience) -> None:
        taken = self._take()
        self._over.clear()
        try:
            await self._round(taken, audience)
        finally:
            self._over.set()
        if len(taken) > 1:
            # Who were answered together ask again together: one commit for all of them, instead of two in turns.
            for _ in range(TURNS_TO_ASK_AGAIN):
                await asyncio.sleep(0)

    async def _index(self, audience: Audience) -> None:
        """One step, and another one at once unless somebody waits."""
        while audience.is_telling() and not self._waiting:  # noqa: ASYNC110 - a turn is a step of the telling
            # Both would take from each other. A message that comes in the step's millisecond waits for it: with
            # messages at an even pace none does, if the step begins when the last one has gone out.
            await asyncio.sleep(0)
        self._index_due = False
        try:
            self._index_behind = await self.threads.write(self.threads.storage.index)
        except (StorageFull, StorageUncertain):
            self._index_in(INDEX_AGAIN_S)
            return
        if self._index_behind:
            if self._waiting:
                self._index_in(INDEX_EVERY_S)
            else:
                self._index_due = True

    def _index_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._let_index_go_on)

    def _let_index_go_on(self) -> None:
        self._index_due = True
        self._wake.set()

    def _take(self) -> list[_Waiting]:
        taken = [self._waiting.popleft()]
        entries = taken[0].entries
        while self._waiting and entries + self._waiting[0].entries <= ROUND_ENTRIES:
            taken.append(self._waiting.popleft())
            entries += taken[-1].entries
        return taken

    async def _round(self, waiting: Sequence[_Waiting], audience: Audience) -> None:
        requests = [one.request for one in waiting]
        try:
            while True:
                try:
                    decision = await self.threads.write(self._commit, requests)
                    break
                except HeadMoved as moved:
                    await self._learn(moved.logs, audience)
        except StorageFull:
            if not self._is_full:
                _log.error("the disk is full: nothing is stored until there is room; reading goes on")
            self._is_full = True
            # What appends nothing needs no room: members still get in, and a retry still learns its place.
            full = Refused(Code.STORAGE_FULL, "The server's disk is full.", after_ms=FULL_AFTER_MS)
            decision = await self.threads.write(self._decide, requests)
            answers = decision.answers if decision is not None else [full] * len(waiting)
            for one, answer in zip(waiting, answers, strict=True):
                one.answer(full if _appends(one.request, answer) else answer)
        except StorageUncertain:
            _log.error("the disk failed: what was asked may be stored or not; beginning anew")
            busy = Refused(Code.BUSY, "The server's disk failed.", after_ms=BUSY_AFTER_MS)
            for one in waiting:
                one.answer(busy)
            self.hub = await self.threads.read(self._load)
            audience.reloaded()
        else:
            if decision is not None:
                await audience.drain()
                self._publish(waiting, decision, audience)
            elif len(waiting) > 1:
                for one in waiting:  # alone, each harms but itself
                    await self._round([one], audience)
            else:
                mistake = Refused(Code.INTERNAL, "The server made a mistake.", after_ms=BUSY_AFTER_MS)
                waiting[0].answer(mistake)

    def _commit(self, requests: Sequence[Request]) -> Decision | None:
        """Looks up, decides and stores, all in the writer's thread: the hub's state changes in the loop alone, and
        not before this has returned. None: the hub failed on one of `requests`. Raises as `Storage.append`."""
        decision = self._decide(requests)
        if decision is not None and decision.batch.events:
            self.threads.storage.append(decision.batch)
        return decision

    def _decide(self, requests: Sequence[Request]) -> Decision | None:
        try:
            refs = {ref for ref in self.hub.refs(requests) if is_id(ref.cid)}  # what is no id is nowhere
            found = self.threads.storage.find(refs) if refs else {}
            return self.hub.decide(requests, found, self._clock())
        except (StorageUncertain, StorageDamaged):
            raise
        except Exception:  # noqa: BLE001 - the sink of what a round did not expect: it must not end the others' (D11)
            _log.exception("a round of %d could not be decided", len(requests))
            return None

    def _publish(self, waiting: Sequence[_Waiting], decision: Decision, audience: Audience) -> None:
        self.hub.commit(decision)
        if decision.batch.events and not self._index_behind:
            self._index_behind = True
            self._index_in(INDEX_EVERY_S)
        if decision.batch.events and self._is_full:
            self._is_full = False
            _log.info("the disk has room again: what is sent is stored")
        audience.publish(decision)
        for one, answer in zip(waiting, decision.answers, strict=True):
            one.answer(answer)

    async def _learn(self, logs: Sequence[LogId], audience: Audience) -> None:
        """Reads what others appended to `logs` since the hub looked."""
        storage = self.threads.storage
        for log in logs:
            head = self.hub.position(log).seq
            after = head
            while (run := await self.threads.read(storage.read, log, after, _GAP_BYTES, _GAP_EVENTS)).events:
                events = [decode_event(data) for data in run.events]
                after = events[-1].seq
                at = await self.threads.read(storage.position, log, after)
                if at is not None:
                    self.hub.learn(log, events, at, events[-1].ts)
            audience.moved(log, head)


def _appends(request: Request, answer: Answer) -> bool:
    """Whether something had to be stored before `answer` is true."""
    if isinstance(request, LoginRequest):
        return request.invite is not None or request.name is not None
    return isinstance(answer, list) and any(sent.seq is not None and not sent.dup for sent in answer)
