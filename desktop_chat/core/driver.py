"""Carries out what the session of one server decides: durably first, then on the wire, then to whoever listens.

Everything here runs in one loop; only the store works in a thread of its own. While it writes, further inputs are
decided and wait, so that a burst is one commit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from chat_protocol.errors import Retry
from chat_protocol.ids import unb64
from chat_protocol.limits import CLIENT_SILENCE_S
from desktop_chat.core.effects import DiskFull, Effects, Ending, LoggedIn, Notice, Now
from desktop_chat.core.link import Link, LinkLost, OpenLink
from desktop_chat.core.reconnect import PROBE_S, TICK_S, Backoff, WakeDetector
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.session import Session
from desktop_chat.store.contract import Op, StoreFull

_UNSTORED = 32
"""Frames that may wait for the store before no more are read."""
_FULL_PAUSE_S = 5.0


class Clock(Protocol):
    def __call__(self) -> Now:
        """The wall clock, and the loop's own as the monotonic one."""


class Driver:
    """Of one server. `run` is its main task; `carry_out` another. Inputs go to `session`, each followed by `act`."""

    def __init__(
        self,
        new_session: Callable[[], Session],
        apply: Callable[[Sequence[Op]], Awaitable[None]],
        notify: Callable[[Notice], None],
        clock: Clock,
        chance: Callable[[], float],
        open_link: OpenLink,
    ) -> None:
        """`new_session` builds one from what is stored. `apply` raises `StoreFull`. `notify` must not raise."""
        self.session = new_session()
        self.last_ending: Ending | None = None
        """Why there is no connection; None while logged in."""
        self.attempts = 0
        """To connect, so far."""
        self.next_try_s: float | None = None
        """When it is tried again by itself, on the monotonic clock of `now`; None: it is being tried just now, it
        stands, or its ending was final."""
        self._new_session = new_session
        self._apply = apply
        self._notify = notify
        self._clock = clock
        self._open_link = open_link
        self._backoff = Backoff(chance)
        self._link: Link | None = None
        self._pending: list[tuple[Effects, Link | None]] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._kick = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._ended: asyncio.Future[Ending] | None = None
        self._wake = asyncio.Event()
        self._reconnect = asyncio.Event()
        self._unlinked = asyncio.Event()
        self._unlinked.set()
        self._timer: asyncio.TimerHandle | None = None

    # --- inputs -----------------------------------------------------------------------------------------------

    def now(self) -> Now:
        return self._clock()

    def act(self) -> None:
        """After each input: what the session decided is queued to be carried out."""
        effects = self.session.take(self.now())
        self._schedule(effects.deadline)
        if effects.ops or effects.frames or effects.notices or effects.close:
            self._pending.append((effects, self._link))
            self._idle.clear()
            self._kick.set()

    async def durable(self) -> None:
        """`act`, and wait until it is on the disk. Raises `ChatError` if there is no room: then it never was."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self.act()
        self._kick.set()
        await waiter

    def wake(self) -> None:
        """The computer woke or its network changed: what stands is probed, what does not is tried again at once."""
        self._backoff.reset()
        self._wake.set()

    def reconnect(self) -> None:
        """With what the session knows now: what stands is ended, an attempt under way begins again."""
        self._reconnect.set()
        self.end(Ending(Trouble.LEFT))
        self.wake()

    def end(self, ending: Ending) -> None:
        """Ends the connection that stands, if there is one."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(ending)

    async def stop(self) -> None:
        """Says goodbye; after it both tasks may be cancelled."""
        self.end(Ending(Trouble.LEFT, retry=Retry.NEVER))
        await self._unlinked.wait()
        await self._idle.wait()
        if self._timer is not None:
            self._timer.cancel()

    # --- the connection ---------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connects, again and again, until cancelled."""
        while True:
            self._wake.clear()
            self.last_ending = ending = await self._connect()
            now = self.now()
            pause_s = None if ending.is_final else self._backoff.next_s(ending.after_s)
            self.next_try_s = None if pause_s is None else now.mono_s + pause_s
            self.session.disconnected(ending, now)
            self.act()
            await self._idle.wait()
            await self._wait(pause_s)
            self.next_try_s = None

    async def _wait(self, pause_s: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._wake.wait()

    async def _connect(self) -> Ending:
        link = await self._opened()
        if isinstance(link, Ending):
            return link
        ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._ended = ended
        self._link = link
        self._unlinked.clear()
        try:
            self.session.connected(self.now())
            self.act()
            async with asyncio.TaskGroup() as group:
                parts = [group.create_task(self._read(link)), group.create_task(self._watch(link))]
                ending = await ended
                for part in parts:
                    part.cancel()
            await link.close()
        except BaseException:
            link.abort()
            raise
        finally:
            self._link = self._ended = None
            self._unlinked.set()
        return ending

    async def _opened(self) -> Link | Ending:
        """Begins again when `reconnect` is called."""
        while True:
            self.attempts += 1
            self._reconnect.clear()
            async with asyncio.TaskGroup() as group:
                opening = group.create_task(self._open())
                anew = group.create_task(self._reconnect.wait())
                await asyncio.wait((opening, anew), return_when=asyncio.FIRST_COMPLETED)
                opening.cancel()
                anew.cancel()
            link = None if opening.cancelled() else opening.result()
            if link is not None and not self._reconnect.is_set():
                return link
            if link is not None and not isinstance(link, Ending):
                link.abort()

    async def _open(self) -> Link | Ending:
        known = self.session.known
        try:
            return await self._open_link(known.addresses, unb64(known.server))
        except ChatError as error:
            retry = Retry.UPGRADE if error.code is Trouble.OTHER_VERSION else Retry.LATER
            return Ending(error.code, error.detail, retry)

    async def _read(self, link: Link) -> None:
        while True:
            try:
                frame = await link.receive()
            except LinkLost as lost:
                await self._idle.wait()  # a `bye` that came before says more
                self.end(Ending(Trouble.CONNECTION_LOST, str(lost)))
                return
            if self._link is not link or self._ended is None or self._ended.done():
                return
            self.session.received(frame, self.now())
            self.act()
            while len(self._pending) >= _UNSTORED:
                await self._idle.wait()

    async def _watch(self, link: Link) -> None:
        """Notices silence, and a sleep of the computer."""
        loop = asyncio.get_running_loop()
        now = self.now()
        detector = WakeDetector(now.wall_ms / 1000, now.mono_s)
        while True:
            tick_s = max(0.0, min(TICK_S, link.heard_s + CLIENT_SILENCE_S - loop.time()))
            await self._wait(tick_s)
            now = self.now()
            woke = detector.tick(now.wall_ms / 1000, now.mono_s) or self._wake.is_set()
            self._wake.clear()
            is_silent = loop.time() - link.heard_s >= CLIENT_SILENCE_S
            if is_silent or (woke and not await link.probe(PROBE_S)):
                self._backoff.reset()
                link.abort()
                self.end(Ending(Trouble.SILENT))
                return

    # --- carrying out -----------------------------------------------------------------------------------------

    async def carry_out(self) -> None:
        """Until cancelled. Raises what the store raises when it is damaged."""
        waiters: list[asyncio.Future[None]] = []
        try:
            while True:
                await self._kick.wait()
                self._kick.clear()
                pending, self._pending = self._pending, []
                waiters, self._waiters = self._waiters, []
                try:
                    if ops := [op for effects, _ in pending for op in effects.ops]:
                        await self._apply(ops)
                except StoreFull:
                    self._begin_anew(waiters)
                    continue
                for effects, link in pending:
                    await self._finish(effects, link)
                for waiter in waiters:
                    if not waiter.done():
                        waiter.set_result(None)
                if not self._pending:
                    self._idle.set()
        finally:
            for waiter in (*waiters, *self._waiters):
                waiter.cancel()

    async def _finish(self, effects: Effects, link: Link | None) -> None:
        if link is not None and link is self._link:
            with contextlib.suppress(LinkLost):  # whoever reads hears of it too
                for frame in effects.frames:
                    await link.send(frame)
        for notice in effects.notices:
            if isinstance(notice, LoggedIn):
                self.last_ending = None
                self._backoff.reset()
            self._notify(notice)
        if effects.close is not None and link is self._link:
            self.end(effects.close)

    def _begin_anew(self, waiters: list[asyncio.Future[None]]) -> None:
        """There was no room. What was decided since the last commit never was; what came is still at the server."""
        waiters += self._waiters
        self._pending, self._waiters = [], []
        connected = self._link is not None
        self.session = self._new_session()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(ChatError(Trouble.DISK_FULL_HERE))
        self._notify(DiskFull())
        self._idle.set()
        if connected:
            self.end(Ending(Trouble.DISK_FULL_HERE, after_s=_FULL_PAUSE_S))

    def _schedule(self, deadline: float | None) -> None:
        """One timer: an earlier deadline replaces it, a later one is found when it fires."""
        if deadline is None or (self._timer is not None and self._timer.when() <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.session.timer(self.now())
        self.act()
