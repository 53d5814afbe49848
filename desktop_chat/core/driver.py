"""Carries out what the session of one server decides: durably first, then on the wire, then to whoever listens.

Everything here runs in one loop; only the store works in a thread of its own. While it writes, further inputs are
decided and wait, so that a burst is one commit. Whatever fails there, the store or what the session decides, nobody
waits for ever: it is told, the session is built anew from what is stored, and the connection is made again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from chat_protocol.errors import Retry
from chat_protocol.ids import unb64
from chat_protocol.limits import CLIENT_SILENCE_S
from desktop_chat.core.effects import Disconnected, Effects, Ending, LoggedIn, Notice, Now, StartedOver
from desktop_chat.core.failures import for_person
from desktop_chat.core.link import Link, LinkLost, OpenLink
from desktop_chat.core.reconnect import PROBE_S, TICK_S, Backoff, slept
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.session import Session
from desktop_chat.store.contract import Op

_UNSTORED = 32
"""Frames that may wait for the store before no more are read."""
_PAUSE_S = 5.0
"""After a failure here: it may come again with the next frame."""
_LASTING = (Trouble.STORE_DAMAGED, Trouble.PROFILE_NOT_WRITABLE)


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
        """`new_session` builds one from what is stored; it and `apply` raise what the store raises. `notify` must not
        raise."""
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
        self._broken: Exception | None = None
        """Why `session` is no longer what is stored: it decides nothing then."""
        self._to_start_over = False
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
        if self._broken is None:
            # Until a connection has ended its deadlines stay passed; then the session has others.
            self._schedule(None if effects.close else effects.deadline)
        else:
            effects = Effects(notices=[one for one in effects.notices if isinstance(one, Disconnected)])
        if effects.ops or effects.frames or effects.notices or effects.close:
            self._pending.append((effects, self._link))
            self._idle.clear()
            self._kick.set()

    async def durable(self) -> None:
        """`act`, and wait until it is on the disk. Raises `ChatError` if it can't be stored: then it never was."""
        if self._broken is not None:
            raise _said(self._broken)
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
            try:
                ending = await self._connect()
            except Exception as error:  # noqa: BLE001 - told with `StartedOver`
                self._break(error)
                ending = _ending(error)
            self.last_ending = ending
            now = self.now()
            pause_s = None if ending.is_final else self._backoff.next_s(ending.after_s)
            self.next_try_s = None if pause_s is None else now.mono_s + pause_s
            self._hand(self.session.disconnected, ending, now)
            await self._idle.wait()
            if self.next_try_s is None:
                await self._wake.wait()
            else:
                await self._rest(self.next_try_s)
            self.next_try_s = None

    async def _rest(self, until_s: float) -> None:
        while (left_s := until_s - self.now().mono_s) > 0:
            if await self._wakes(min(TICK_S, left_s)):
                self._backoff.reset()
                return

    async def _wakes(self, within_s: float) -> bool:
        """Waits so long, or until the computer wakes or its network changes; whether it did."""
        before = self.now()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._wake.wait()
        now = self.now()
        was_called = self._wake.is_set()
        self._wake.clear()
        wall_s, mono_s = (now.wall_ms - before.wall_ms) / 1000, now.mono_s - before.mono_s
        return was_called or slept(wall_s, mono_s, within_s)

    async def _connect(self) -> Ending:
        if self._broken is not None:
            self._break(self._broken)  # it may be whole again by now
            await self._idle.wait()
        link = await self._opened() if self._broken is None else _ending(self._broken)
        if isinstance(link, Ending):
            return link
        if self._broken is not None:
            link.abort()
            return _ending(self._broken)
        ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._ended = ended
        self._link = link
        self._unlinked.clear()
        try:
            self._hand(self.session.connected, self.now())
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
            if self._link is not link or self._ended is None or self._ended.done() or self._broken is not None:
                return
            self._hand(self.session.received, frame, self.now())
            while len(self._pending) >= _UNSTORED:
                await self._idle.wait()

    async def _watch(self, link: Link) -> None:
        """Notices silence, and a sleep of the computer."""
        loop = asyncio.get_running_loop()
        while True:
            woke = await self._wakes(max(0.0, min(TICK_S, link.heard_s + CLIENT_SILENCE_S - loop.time())))
            is_silent = loop.time() - link.heard_s >= CLIENT_SILENCE_S
            if is_silent or (woke and not await link.probe(PROBE_S)):
                self._backoff.reset()
                link.abort()
                self.end(Ending(Trouble.SILENT))
                return

    # --- carrying out -----------------------------------------------------------------------------------------

    async def carry_out(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._kick.wait()
                self._kick.clear()
                try:
                    await self._commit()
                except Exception as error:  # noqa: BLE001 - told with `StartedOver`
                    self._break(error)
                if self._to_start_over:
                    self._start_over()
                if not self._pending:
                    self._idle.set()
        finally:
            self._broken = ChatError(Trouble.LEFT)
            self._fail_waiters(self._broken)
            self._idle.set()

    async def _commit(self) -> None:
        pending, self._pending = self._pending, []
        waiting = len(self._waiters)
        try:
            if ops := [op for effects, _ in pending for op in effects.ops]:
                await self._apply(ops)
        except BaseException:
            self._pending[:0] = pending
            raise
        for effects, link in pending:
            await self._finish(effects, link)
        waiters, self._waiters = self._waiters[:waiting], self._waiters[waiting:]
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

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

    # --- what fails ---------------------------------------------------------------------------------------------

    def _hand(self, input_: Callable[..., None], *what: Any) -> None:
        """To the session, what no person waits for: nobody but this driver can hear that it failed."""
        try:
            input_(*what)
        except Exception as error:  # noqa: BLE001 - told with `StartedOver`
            self._break(error)
        self.act()

    def _break(self, error: Exception) -> None:
        """The session decides nothing any more. What it decided before is carried out, then it is thrown away."""
        self._broken = error
        self._to_start_over = True
        self._idle.clear()
        self._kick.set()

    def _start_over(self) -> None:
        """What was decided since the last commit never was; what came is still at the server."""
        error, self._to_start_over = self._broken, False
        assert error is not None  # noqa: S101 - `_break` set both
        pending, self._pending = self._pending, []
        try:
            session = self._new_session()
            session.take_over(self.session, self.now())
        except Exception as worse:  # noqa: BLE001 - told below
            self._broken = error = worse
        else:
            self.session, self._broken = session, None
        self._fail_waiters(error)
        self._notify(StartedOver(error))
        for effects, _ in pending:
            for notice in effects.notices:
                if isinstance(notice, Disconnected):
                    self._notify(notice)
        self.end(_ending(error))

    def _fail_waiters(self, error: Exception) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(_said(error))

    def _schedule(self, deadline: float | None) -> None:
        """One timer: an earlier deadline replaces it, a later one is found when it fires."""
        if deadline is None or (self._timer is not None and self._timer.when() <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._broken is None:
            self._hand(self.session.timer, self.now())


def _said(error: Exception) -> ChatError:
    """For whoever waits; a bug is reported elsewhere."""
    said = for_person(error)
    return ChatError(Trouble.CONNECTION_LOST if said is None else said.code, detail=str(error))


def _ending(error: Exception) -> Ending:
    code = _said(error).code
    return Ending(code, str(error), Retry.NEVER if code in _LASTING else Retry.LATER, _PAUSE_S)
