"""Hosting as the window sees it: one server on this computer, its steps, its invite, and who is there."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from chat_protocol.errors import Code
from chat_protocol.events import Stop
from chat_protocol.ids import PEOPLE, STAFF, LogId, MemberId, Ref, b64
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Disconnected, Hindered, LoggedIn, Notice, Signalled
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.server import Server
from desktop_chat.hosting.addresses import free_port, own_hosts, with_port
from desktop_chat.hosting.invitation import Invitation, new_invitation, read_invitation, shown_invitation
from desktop_chat.hosting.room_host import Do, Listening, RoomHost, State, parse_listening
from desktop_chat.hosting.server_command import server_command
from desktop_chat.store.contract import Delivery, Extended, RowChanged

if TYPE_CHECKING:
    from desktop_chat.hosting.server_process import ServerProcess

ALL = "all"
LOCAL = "local"
_LISTENING_FILE = "listening.json"
_KEPT_BIND = "hosting:bind"
_LOOK_MS = 10_000
_COUNT_S = 2.0


class Host(QObject):
    """Lives in the GUI thread, in a running loop. Its owner calls `apply` with each batch of notices, and awaits
    `leave` before it closes the client."""

    changed = Signal()
    """Any of the properties."""

    def __init__(
        self,
        client: Client,
        folder: Path,
        parent: QObject | None = None,
        *,
        command: Sequence[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        hosts: Callable[[], Sequence[str]] = own_hosts,
    ) -> None:
        """`folder` is the server's data folder; what it says goes to a file beside it. `command` runs the server,
        `hosts` tells the IP addresses that this computer has just now for others."""
        super().__init__(parent)
        self._client = client
        self._folder = folder
        self._command = list(command or server_command())
        self._clock = clock
        self._room_host = RoomHost()
        self._process: ServerProcess | None = None
        self._exit: tuple[int | None, list[str]] = (None, [])
        self._options: list[str] = []
        self._port: int | None = None
        """Where it is to listen from the next start on; None: where it did."""
        self._stop: Ref | None = None
        self._refused: ChatError | None = None
        self._happened = asyncio.Event()
        self._server: Server | None = None
        self._room: LogId | None = None
        self._invitation: Invitation | None = None
        self._present: dict[Server, set[MemberId]] = {}
        """Of each server: one may be left behind by a program that died, and be hosted here only later."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timer)
        self._hosts = hosts
        self._addresses: tuple[str, ...] = ()
        self._look_timer = QTimer(self, interval=_LOOK_MS)
        self._look_timer.timeout.connect(self.look_for_addresses)

    # --- what there is to know --------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self._room_host.state

    @property
    def is_attached(self) -> bool:
        """Another program, or an earlier run of this one, started the server; `ends_with_program` says what follows."""
        return self._room_host.attached

    @property
    def bind(self) -> str:
        """`ALL` (this network) or `LOCAL` (only this computer): what was asked for last."""
        return self._client.store.kept(_KEPT_BIND).get(_KEPT_BIND, ALL)

    @property
    def key(self) -> bytes | None:
        """SHA-256 of the server's key; None until it listened for the first time."""
        return None if self._listening is None else self._listening.key

    @property
    def addresses(self) -> tuple[str, ...]:
        """`host:port`, where others find it now: those of this computer but loopback and link-local, if it has any."""
        return self._addresses

    @property
    def here(self) -> tuple[str, ...]:
        """`host:port`, where this computer finds it."""
        return () if self._listening is None else self._listening.here

    @property
    def live_since_s(self) -> float:
        """By the clock handed in; while live."""
        return self._room_host.live_since_s

    @property
    def last_lines(self) -> tuple[str, ...]:
        """What the server said before it died: for the person when it failed, or is restarting."""
        return self._room_host.last_lines

    @property
    def trouble(self) -> Trouble:
        """Why it died."""
        return self._room_host.trouble

    @property
    def server(self) -> Server | None:
        """As a member sees it, once joined."""
        return self._server

    @property
    def room(self) -> LogId | None:
        """Where the invite leads."""
        return self._room

    @property
    def invitation(self) -> Invitation | None:
        """None: revoked, or not made yet."""
        return self._invitation

    @property
    def others_here(self) -> frozenset[MemberId]:
        """Who else shows to be there now: who would be cut off by stopping."""
        if self._server is None:
            return frozenset()
        return frozenset(self._present.get(self._server, set()) - {self._server.me})

    @property
    def pid(self) -> int | None:
        """Of the own process."""
        return None if self._process is None else self._process.pid

    @property
    def ends_with_program(self) -> bool:
        """The room is live, and rests when this program has gone."""
        listening = self._listening
        return self.pid is not None or (self.state is State.LIVE and listening is not None and listening.parent_pipe)

    def has_left_behind(self, server: Server) -> bool:
        """Whether `server`, which answers, is the one over the folder while this program hosts nothing: the program
        that started it died."""
        announced = self._announced() if self.state is State.OFF else None
        return announced is not None and b64(announced.key) == server.id

    def was_hosted(self) -> bool:
        """Whether there is a room to be opened again, with its people and its link."""
        return self._folder.is_dir()

    @property
    def is_full(self) -> bool:
        """The disk takes nothing more: what is written here waits, and so does what others write."""
        return self._server is not None and self._server.session.outbox.hindrance is Code.STORAGE_FULL

    def storage_bytes(self) -> int:
        """What the data folder takes on the disk."""
        total = 0
        for file in self._folder.glob("*"):
            with contextlib.suppress(FileNotFoundError):  # the server may be just starting or ending
                total += file.stat().st_size
        return total

    async def count_others(self) -> int:
        """How many others are there now, those too who don't show it: as whoever looks where the invite leads is told.
        Without an invite, or an answer, those who show it."""
        shown, invitation = len(self.others_here), self._invitation
        if invitation is None or self.state is not State.LIVE:
            return shown
        try:
            async with asyncio.timeout(_COUNT_S):
                peek = await self._client.peek(invitation.link)
        except (ChatError, TimeoutError):
            return shown
        return max(shown, peek.present - 1)

    # --- what can be done -------------------------------------------------------------------------------------

    async def start(self, bind: str = ALL, *, name: str, title: str = "Desktop Chat", room: str = "Lobby") -> None:
        """Attaches to the server over the folder or starts one, joins it, and makes its invite or takes the last one.

        Returns when the room is live and held. If it is live under another `bind`, it is started anew. `name` is the
        host's at the first joining, `room` the first room's at the first start, `title` the server's.

        Raises `ChatError`; if the server does not run, its `detail` holds what that said last.
        """
        if self.state is State.LIVE and bind != self.bind and not self.is_attached:
            await self.stop()
        await self._client.keep(_KEPT_BIND, bind)
        self._options = [
            *("serve", "--parent-pipe", "--data", str(self._folder), "--bind", bind),
            *("--host-key", b64(self._client.identity.public), "--name", title, "--room", room),
        ]
        await self._run()
        while self.trouble is Trouble.PORT_TAKEN and self.state is State.FAILED and self._port is not None:
            self.move()  # that one was taken since it was found free
            await self._run()
        try:
            await self._join(name)
        except ChatError:
            if self.state is State.LIVE:  # a room that its host is not in would be nobody's
                await self.leave()
            raise

    def move(self) -> None:
        """From the next start on the room is at another port: another program has its own, and keeps it. Whoever has a
        link, or is in, does not find it there without a new link."""
        self._port = free_port()

    async def stop(self) -> None:
        """Everybody is told goodbye, and the server ends: also one that somebody else started. Returns when it did.

        Raises `ChatError` if one that was attached to can't be asked, refuses or does not answer: nor will it be asked
        later.
        """
        server = self._server
        if self.is_attached and (server is None or not server.is_connected):
            raise ChatError(Trouble.NOT_CONNECTED)
        doing = self._room_host.stop(self._clock())
        self._carry_out(doing)
        if Do.SEND_STOP in doing and server is not None:
            await self._send_stop(server)
        await self._until(lambda: self.state is not State.STOPPING)
        if self.state is State.LIVE:
            if server is not None:
                await self._take_back_stop(server)
            raise self._refused or ChatError(Trouble.NO_ANSWER)

    async def leave(self) -> None:
        """The program ends: its own server ends, be it of an earlier run. One that somebody else started stays."""
        server = self._server
        doing = self._room_host.leave(self._clock(), can_ask=server is not None and server.is_connected)
        self._carry_out(doing)
        if Do.SEND_STOP in doing and server is not None:
            try:
                await self._send_stop(server)
            except ChatError:  # it ends by itself a while after its host has gone
                self._carry_out(self._room_host.stop_refused(self._clock()))
        await self._until(lambda: self.state is not State.STOPPING and self.pid is None)
        if Do.SEND_STOP in doing and server is not None:
            await self._take_back_stop(server)

    async def renew(self) -> None:
        """The invite leads nowhere from now on, and another one is shown. Raises `ChatError`."""
        server, room = self._joined()
        if self._invitation is not None:
            await server.stored(await server.revoke(self._invitation.token))
        self._show(await new_invitation(self._client, server, room, self.addresses))

    async def revoke(self) -> None:
        """The invite leads nowhere from now on; `renew` makes another. Raises `ChatError`."""
        server, _room = self._joined()
        if self._invitation is not None:
            await server.stored(await server.revoke(self._invitation.token))
            self._show(None)

    def look_for_addresses(self) -> None:
        """By itself it is done now and then: the computer may be in another network, and the link says so then."""
        listening = self._listening
        if listening is None or self.state is not State.LIVE:
            return
        addresses = listening.addresses
        if not self.is_attached and self.bind == ALL:
            addresses = with_port(self._hosts(), listening.port) or addresses
        if addresses != self._addresses:
            self._addresses = addresses
            if self._server is not None and self._invitation is not None:
                self._invitation = read_invitation(self._server, self._invitation.token, addresses)
            self.changed.emit()

    def apply(self, batch: Iterable[tuple[Server, Notice]]) -> None:
        """What happened, as `bridge.Notices` tells it."""
        for server, notice in batch:
            match notice:
                case Disconnected():
                    self._present.pop(server, None)
                case Signalled(log=log, kind="present", by=by, on=on) if log == PEOPLE:
                    present = self._present.setdefault(server, set())
                    (present.add if on else present.discard)(by)
            if server is self._server:
                self._hear(server, notice)
        self._happened.set()

    async def _run(self) -> None:
        self._carry_out(self._room_host.start(self._clock()))
        await self._until(lambda: self.state in (State.LIVE, State.FAILED, State.OFF))

    async def _send_stop(self, server: Server) -> None:
        self._refused = None
        self._stop = await server.write(STAFF, "stop", Stop(), key="stop")

    async def _take_back_stop(self, server: Server) -> None:
        """If it was not done, it is not to end the room when that is hosted again."""
        row = None if self._stop is None else server.session.outbox.own(self._stop)
        if row is not None and row.delivery is not Delivery.STORED:
            server.session.outbox.discard(row)
            await server.driver.durable()

    # --- joining ----------------------------------------------------------------------------------------------

    async def _join(self, name: str) -> None:
        listening = self._listening
        if self.state is not State.LIVE or listening is None:
            raise self._failure()
        server = self._server = await self._client.join_as_host(listening.key, listening.here, name)
        server.signal(PEOPLE, "present")
        await self._until(lambda: self.state is State.FAILED or _first_room(server) is not None)
        room = self._room = _first_room(server)
        if room is None:
            raise self._failure()
        self._show(await shown_invitation(self._client, server, room, self.addresses))

    def _failure(self) -> ChatError:
        return ChatError(self.trouble, detail="\n".join(self.last_lines))

    def _joined(self) -> tuple[Server, LogId]:
        if self._server is None or self._room is None:
            raise ChatError(Trouble.NOT_CONNECTED)
        return self._server, self._room

    def _hear(self, server: Server, notice: Notice) -> None:
        match notice:
            case LoggedIn():
                server.signal(PEOPLE, "present")
            case Disconnected(ending=ending):
                if ending.code is not Trouble.LEFT:
                    self._carry_out(self._room_host.lost(self._clock(), stopped=ending.code is Code.STOPPED))
            case Hindered():
                self.changed.emit()
            case Signalled(log=log, kind="present") if log == PEOPLE:
                self.changed.emit()
            case Extended(log=log) if log == STAFF and self._invitation is not None:
                self._show(read_invitation(server, self._invitation.token, self.addresses))
            case RowChanged(row=row) if self._stop == Ref(server.me or MemberId(""), row.cid):
                if row.delivery is Delivery.REFUSED and row.code is not None:
                    self._refused = ChatError(row.code, detail=row.reason)
                    self._carry_out(self._room_host.stop_refused(self._clock()))

    def _show(self, invitation: Invitation | None) -> None:
        self._invitation = invitation
        self.changed.emit()

    # --- carrying out -----------------------------------------------------------------------------------------

    @property
    def _listening(self) -> Listening | None:
        return self._room_host.listening_at

    def _carry_out(self, doing: list[Do]) -> None:
        """What the state machine asked for after an input; then everybody may look."""
        for do in doing:
            match do:
                case Do.LAUNCH:
                    self._launch()
                case Do.ATTACH:
                    self._attach()
                case Do.SAY_STOP if self._process is not None:
                    self._process.say_stop()
                case Do.KILL if self._process is not None:
                    self._process.kill()
        deadline = self._room_host.deadline
        if deadline is None:
            self._timer.stop()
        else:
            self._timer.start(max(0, round((deadline - self._clock()) * 1000)))
        if self.state is State.LIVE and not self._look_timer.isActive():
            self.look_for_addresses()
            self._look_timer.start()
        elif self.state is not State.LIVE:
            self._look_timer.stop()
        self._happened.set()
        self.changed.emit()

    def _launch(self) -> None:
        from desktop_chat.hosting.server_process import ServerProcess

        port = () if self._port is None else ("--port", str(self._port))
        process = self._process = ServerProcess(
            [*self._command, *self._options, *port], self._folder.with_suffix(".log"), self
        )
        process.listening.connect(self._on_listening)
        process.ended.connect(self._on_ended)
        process.launch()

    def _announced(self) -> Listening | None:
        """What the server over the folder said last of where it listens."""
        try:
            return parse_listening((self._folder / _LISTENING_FILE).read_bytes())
        except (OSError, ValueError):
            return None

    def _attach(self) -> None:
        listening = self._announced()
        if listening is None:  # it is just starting, or ending
            self._carry_out(self._room_host.ended(*self._exit, self._clock()))
        else:
            self._on_listening(listening)

    def _on_listening(self, listening: Listening) -> None:
        self._port = None  # the server keeps it
        self._carry_out(self._room_host.listening(listening, self._clock()))
        if self._server is not None and self.state is State.LIVE:
            self._server.driver.wake()  # it came back: no need to wait for the next attempt

    def _on_ended(self, code: int | None, lines: list[str]) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self._exit = code, lines
        self._carry_out(self._room_host.ended(code, lines, self._clock()))

    def _on_timer(self) -> None:
        # The clock may be a little behind the timer: an early call changes nothing but the timer.
        self._carry_out(self._room_host.timer(self._clock()))

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Each waiter has the same event: it is set when anything happened, and looked at again by all."""
        while not condition():
            happened = self._happened
            if happened.is_set():
                happened = self._happened = asyncio.Event()
            await happened.wait()


def _first_room(server: Server) -> LogId | None:
    """The room to invite into, the oldest, once it and what else a host reads is held: the same at every start."""
    held = server.held()
    rooms = [log for log, one in held.items() if log not in (PEOPLE, STAFF) and one.kind == "room" and not one.closed]
    if not rooms or not {PEOPLE, STAFF} <= held.keys():
        return None
    return min(rooms, key=lambda log: (_made_ms(server, log), log))


def _made_ms(server: Server, log: LogId) -> int:
    made = server.store.values(server.id, log, "make").get("make")
    return 0 if made is None else made.ts
