"""A talk by lines, in one room of one server at a time: what is typed becomes events, and what happens lines."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from chat_protocol.errors import Code
from chat_protocol.events import KINDS
from chat_protocol.fold import Shown
from chat_protocol.ids import PEOPLE, LogId, Ref
from chat_protocol.permissions import LogKind
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Ending, LoggedIn, Notice
from desktop_chat.core.sentences import ChatError, Trouble, sentence
from desktop_chat.core.server import Server
from desktop_chat.hosting.addresses import for_others
from desktop_chat.store.contract import Delivery, Extended, ExtendedBack, LogHeld, ServerId

SEND_S = 20.0
"""How long the end of the input waits for what was written to be stored."""

_EARLIER = 20
_NOTHING = -1
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_HELP = (
    "/who  /rooms  /room NAME  /dm NAME  /servers  /server N  /edit TEXT and /delete (your last message)  /invite  "
    "/quit; everything else is said, //… with one slash"
)
_NOT_IN_A_LINE = ("react", "pin")
"""Changes after which a message's line is the same."""
_KEPT_PLACE = "terminal:place"
"""Server and room in which one is, for the next time."""


class Talk:
    """Listens to `client`. `enter` comes first."""

    def __init__(self, client: Client, say: Callable[[str], None], addresses: Sequence[str] = ()) -> None:
        """`say` shows a line or several. `addresses` are where others find a server that is hosted here."""
        self._client = client
        self._say = say
        self._addresses = addresses
        self._server: Server | None = None
        self._room = LogId("")
        self._row = _NOTHING
        """The last row that was shown; from then on each that follows is."""
        self._mine: Ref | None = None
        self._changed = asyncio.Event()
        self._complaint = ""
        """What was refused since the last line was typed."""
        self._ending: Code | Trouble | None = None
        """Why there is no connection, as it was said."""
        client.on_notice = self._on_notice
        client.on_error = self._on_error
        client.on_close = self._on_close

    def last_place(self) -> tuple[Server, LogId | None] | None:
        """The server, of those that were joined, and the room in which one was last; None: there is none."""
        kept, _, log = self._client.store.kept(_KEPT_PLACE).get(_KEPT_PLACE, "").partition(" ")
        servers = self._client.servers
        server = servers.get(ServerId(kept)) or next(iter(servers.values()), None)
        if server is None:
            return None
        return server, LogId(log) if server.id == kept and log in server.held() else None

    async def first_room(self, server: Server) -> LogId:
        """Returns when one is held."""
        self._server, self._ending = server, None

        def first() -> LogId | None:
            logs = [one for one in server.held().values() if one.kind in (LogKind.ROOM, LogKind.DM)]
            logs.sort(key=lambda one: (one.closed, one.kind is LogKind.DM))
            return logs[0].log if logs else None

        await self._until(lambda: first() is not None)
        return first() or LogId("")

    async def invite(self, server: Server, room: LogId) -> str:
        """A link by which others find it: no address that means another computer to them, unless there is none else."""
        addresses = for_others(self._addresses or server.session.known.addresses)
        if not addresses:
            self._say("This link is of use on this computer only.")
        return await server.invite(room, addresses=addresses)

    async def enter(self, server: Server, room: LogId) -> None:
        """Returns when it is held here, and its last messages were shown."""
        self._server, self._ending = server, None
        await self._until(lambda: {PEOPLE, room} <= server.held().keys())
        await self._show(server, room)

    async def unsent(self) -> str | None:
        """Why something that was written is not stored by the server after `SEND_S`; None as soon as all of it is."""
        server = self._server
        if server is None:
            return None
        try:
            async with asyncio.timeout(SEND_S):
                await self._until(lambda: not _waiting(server))
        except TimeoutError:
            why: Code | Trouble | None = server.session.outbox.hindrance
            if not server.is_connected:
                why = server.driver.last_ending.code if server.driver.last_ending else Trouble.NOT_CONNECTED
            count = _waiting(server)
            waiting = "1 message waits here." if count == 1 else f"{count} messages wait here."
            return f"{waiting} {sentence(why or Trouble.NO_ANSWER)}"
        return None

    async def typed(self, line: str) -> None:
        """A line of the person: a command, or a message that is durable here when this returns."""
        self._complaint = ""
        if self._server is None or not line.strip():
            return
        try:
            await self._do(self._server, line)
        except ChatError as error:
            if str(error) != self._complaint:  # else the row that was refused has said it
                self._say(f"! {error}")

    async def _do(self, server: Server, line: str) -> None:
        command, _, rest = line.strip().partition(" ")
        people = server.state(PEOPLE)
        match command:
            case "/help":
                self._say(_HELP)
            case "/who":
                self._say(", ".join(rooms.name_of(people, one) for one in rooms.in_room(server.state(self._room))))
            case "/rooms":
                self._say("\n".join(sorted(self._rooms(server))) or "none")
            case "/room":
                await self._go(server, self._rooms(server).get(rest.strip()))
            case "/servers":
                self._say("\n".join(self._servers()))
            case "/server":
                await self._move(rest.strip())
            case "/dm":
                other = rooms.member_named(people, rest.strip())
                if other is None:
                    self._say("! There is no such member.")
                else:
                    await self._show(server, server.open_dm(other))
            case "/edit" if self._mine is not None and rest:
                await server.edit(self._room, self._mine, rest)
            case "/delete" if self._mine is not None:
                await server.delete(self._room, self._mine)
                self._mine = None
            case "/invite":
                self._say(await self.invite(server, self._room))
            case _ if command.startswith("/") and not command.startswith("//"):
                self._say(_HELP)
            case _:
                self._mine = await server.send_text(self._room, line.removeprefix("/") if command[:2] == "//" else line)
                if not server.is_connected and self._ending is not None:  # else the first attempt is under way
                    self._say("  (waiting here for a connection)")

    def _servers(self) -> list[str]:
        servers = enumerate(self._client.servers.values(), 1)
        return [
            f"{number}  {', '.join(sorted(self._rooms(one)))} (at {', '.join(one.session.known.addresses)})"
            for number, one in servers
        ]

    async def _move(self, number: str) -> None:
        """To another server that was joined."""
        server = {str(one): server for one, server in enumerate(self._client.servers.values(), 1)}.get(number)
        if server is None:
            self._say("! There is no such server: /servers shows their numbers.")
            return
        await self.enter(server, await self.first_room(server))

    def _rooms(self, server: Server) -> dict[str, LogId]:
        """By name: those one is in, and those one may enter."""
        found = {name: log for log, name in rooms.open_rooms(server.state(PEOPLE))}
        held = [one for one in server.held().values() if not one.closed]
        return found | {name: one.log for one in held if (name := rooms.room_name(server.state(one.log)))}

    async def _go(self, server: Server, room: LogId | None) -> None:
        if room is None:
            self._say("! There is no such room: /rooms shows them.")
            return
        if room not in server.held():
            await server.enter(room)
            await self._until(lambda: room in server.held())
        await self._show(server, room)

    async def _show(self, server: Server, room: LogId) -> None:
        """The room's name and its last messages; from now on what is said there."""
        held = server.store.held_log(server.id, room)
        if held is not None and server.is_connected:
            first = max(1, held.at.row - _EARLIER + 1)
            server.page(room, first)
            await self._until(lambda: not server.is_connected or self._reaches(server, room, first))
        self._room, self._row, self._mine = room, _NOTHING, None
        self._say(f"--- {rooms.room_name(server.state(room)) or 'direct messages'} (/help shows the commands)")
        self._print_new(server)
        if held is not None and held.at.row == 0:
            self._row = max(0, self._row)  # it was empty: whatever comes is new
        with contextlib.suppress(ChatError):  # a full disk: then the next time begins in another room
            await self._client.keep(_KEPT_PLACE, f"{server.id} {room}")

    def _reaches(self, server: Server, room: LogId, row: int) -> bool:
        held = server.held()[room]
        return held.before.row < row or held.before.seq < held.floor

    def _print_new(self, server: Server) -> None:
        held = server.store.held_log(server.id, self._room)
        if held is None:
            return
        # However many came at once: after a disconnect it may be hundreds.
        limit = _EARLIER if self._row == _NOTHING else held.at.row - self._row
        for shown in server.store.messages(server.id, self._room, before_row=1 << 53, limit=max(0, limit)):
            if shown.row > self._row:
                self._row = shown.row
                self._say(line(server.name_of(shown.by), shown))

    def _on_notice(self, server: Server, notice: Notice) -> None:
        self._changed.set()
        if isinstance(notice, LoggedIn) and server is self._server and self._ending is not None:
            self._ending = None
            self._say("(connected)")
        if isinstance(notice, LogHeld) and notice.held.log == self._room and server is self._server:
            self._row = min(self._row, notice.held.at.row)  # the server may have been set back
        # A log that is new here may begin behind its first message: that comes as an older one.
        if not isinstance(notice, Extended | ExtendedBack) or server is not self._server or notice.log != self._room:
            return
        self._print_new(server)
        if isinstance(notice, Extended):
            for event in notice.events:
                changed = None if event.target is None else server.store.message(server.id, self._room, event.target)
                if changed is not None and event.kind in KINDS and event.kind not in _NOT_IN_A_LINE:
                    self._say(f"* {line(server.name_of(changed.by), changed)}")

    def _on_error(self, _server: Server | None, error: BaseException) -> None:
        if isinstance(error, ChatError):
            self._complaint = str(error)
            self._say(f"! {error}")
        else:  # the chat goes on
            self._say(f"! A mistake in this program: {error!r}")

    def _on_close(self, server: Server, ending: Ending) -> None:
        """Said once, however often it is tried again in vain."""
        if server is self._server and ending.code not in (Trouble.LEFT, self._ending):
            self._ending = ending.code
            self._say(f"! {sentence(ending.code)}")

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()


def _waiting(server: Server) -> int:
    rows = server.session.outbox.rows()
    return sum(row.delivery in (Delivery.WAITING, Delivery.SENT) for row in rows)


def line(name: str, shown: Shown) -> str:
    """A message of `name`, as its row is shown."""
    said = shown.said + (" (edited)" if shown.edited_ts else "")
    if shown.deleted or shown.is_unknown:
        said = "(deleted)" if shown.deleted else "(only a newer version can show this)"
    at = time.strftime("%H:%M", time.localtime(shown.ts / 1000))
    # Further lines are indented, so that no text can look like somebody else's message.
    return f"{at} {name}: " + said.replace("\n", "\n      ")


def say(text: str, to: TextIO = sys.stdout) -> None:
    """Remote text can't move the cursor, colour the screen or turn the writing around."""
    to.write(_UNSAFE.sub("\ufffd", text) + "\n")
    to.flush()
