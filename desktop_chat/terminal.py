"""The plain terminal client: a line in is a message, lines come out. Without Qt: on `core`, `store` and `hosting`.

With `--host` it also starts a server on this computer, as a process of its own, and joins it like everybody else.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import getpass
import io
import re
import shlex
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NoReturn, TextIO

from chat_protocol.errors import Code
from chat_protocol.fold import Shown
from chat_protocol.ids import PEOPLE, STAFF, LogId, Ref, unb64
from chat_protocol.key_words import key_digits, key_words
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Ending, Notice
from desktop_chat.core.profile import DEFAULT, profile_folder
from desktop_chat.core.sentences import ChatError, Trouble, sentence
from desktop_chat.core.server import Server
from desktop_chat.core.session import INVITE_CODES
from desktop_chat.hosting.addresses import for_others
from desktop_chat.hosting.plain_host import NotHosted, PlainHost
from desktop_chat.hosting.server_command import beside
from desktop_chat.store.contract import Delivery, Extended, ExtendedBack, LogHeld

DONE, USAGE, REFUSED, NOT_HOSTED, WAITING = 0, 2, 3, 4, 5
"""Exit codes: said goodbye; wrong arguments; could not get in; could not host; messages wait here."""

_EARLIER = 20
_NOTHING = -1
_SEND_S = 20.0
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_HELP = (
    "/who  /rooms  /room NAME  /dm NAME  /edit TEXT and /delete (your last message)  /invite  /quit; "
    "everything else is said, //… with one slash"
)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The script `desktop-chat-terminal`; `arguments` instead of those of the process."""
    parser = argparse.ArgumentParser("desktop-chat-terminal", description=__doc__)
    parser.add_argument("invite", nargs="?", help="the link that lets you in")
    parser.add_argument("--host", action="store_true", help="host a room on this computer")
    parser.add_argument("--name", default=_own_name(), help="your name")
    parser.add_argument("--profile", default=DEFAULT, help="a name, or a folder: your identity and messages lie there")
    parser.add_argument("--bind", default="all", help="with --host: all the network, local, or one IP address")
    parser.add_argument("--stay", action="store_true", help="with --host: go on when the input has ended")
    options = parser.parse_args(arguments)
    if options.host is bool(options.invite):
        parser.error("give an invite link, or --host")
    try:
        sys.exit(asyncio.run(_run(options)))
    except ChatError as error:
        _say(_refusal(error), sys.stderr)
        sys.exit(NOT_HOSTED if isinstance(error, NotHosted) else REFUSED)
    except (KeyboardInterrupt, asyncio.CancelledError):  # SIGINT, SIGTERM
        sys.exit(DONE)


def _refusal(error: ChatError) -> str:
    """With what to do next. What a server itself says of it is left out where it says the same again."""
    if error.suggestion is not None:
        return f"{error} Say --name {shlex.quote(error.suggestion)}"
    if error.code in INVITE_CODES:
        return f"{error} Ask for a new link."
    says_more = isinstance(error.code, Trouble) or error.code in (Code.BAD_VALUE, Code.NAME_NOT_ALLOWED, Code.UNKNOWN)
    return f"{error} {error.detail}".strip() if says_more else str(error)


def _own_name() -> str:
    """Of the person, as the computer knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name
        return "Somebody"


async def _run(options: argparse.Namespace) -> int:
    async with await Client.open(options.profile) as client:
        if not options.host:
            return await _talk(client, lambda: client.join(options.invite, options.name))
        _end_on_sigterm()
        host = PlainHost(profile_folder(options.profile) / "server", client.identity.public, options.bind)
        try:
            await host.start()
            join = functools.partial(client.join_as_host, host.key, host.here, options.name)
            return await _talk(client, join, host, stay=options.stay)
        finally:
            await host.stop()


async def _talk(
    client: Client,
    enter: Callable[[], Coroutine[Any, Any, Server]],
    host: PlainHost | None = None,
    *,
    stay: bool = False,
) -> int:
    talk = _Talk(client, () if host is None else host.addresses)
    server = await enter()
    key = unb64(server.id)
    _say(f"Key words of this server: {' '.join(key_words(key))}. In digits: {key_digits(key)}")
    room = server.invited_to or await talk.first_room(server)
    if host is not None:
        link = await talk.invite(server, room)
        _say(f"Others join with this link, or its picture:\n{link}\n{_qr(link)}")
        _say(f"In a terminal: {_own_command()} {shlex.quote(link)} --name NAME --profile PROFILE\n")
    return await talk.run(server, room, stay=stay)


class _Talk:
    """What is shown and typed, in one room at a time."""

    def __init__(self, client: Client, addresses: Sequence[str] = ()) -> None:
        """`addresses` are where others find a server that is hosted here."""
        self._client = client
        self._addresses = addresses
        self._server: Server | None = None
        self._room = LogId("")
        self._row = _NOTHING
        """The last row that was shown; from then on each that follows is."""
        self._mine: Ref | None = None
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._complaint = ""
        """What was refused since the last line was typed."""
        client.on_notice = self._on_notice
        client.on_error = self._on_error
        client.on_close = self._on_close

    async def first_room(self, server: Server) -> LogId:
        def first() -> LogId | None:
            return next((log for log in server.held() if log not in (PEOPLE, STAFF)), None)

        await self._until(lambda: first() is not None)
        return first() or LogId("")

    async def invite(self, server: Server, room: LogId) -> str:
        """A link by which others find it: no address that means another computer to them, unless there is none else."""
        addresses = for_others(self._addresses or server.session.known.addresses)
        if not addresses:
            _say("This link is of use on this computer only.")
        return await server.invite(room, addresses=addresses)

    async def run(self, server: Server, room: LogId, *, stay: bool) -> int:
        """Until `/quit`, or the end of the input; then with `stay` until a signal comes."""
        self._server = server
        await self._until(lambda: {PEOPLE, room} <= server.held().keys())
        loop = asyncio.get_running_loop()
        threading.Thread(target=_read_lines, args=(loop, self._lines), name="stdin", daemon=True).start()
        await self._show(room)
        while (line := await self._lines.get()) is not None and line.strip() != "/quit":
            self._complaint = ""
            if line.strip():
                try:
                    await self._typed(server, line)
                except ChatError as error:
                    if str(error) != self._complaint:  # else the row that was refused has said it
                        _say(f"! {error}")
        if line is None:  # a pipe has ended: what it said is sent first
            if not await self.sent(server):
                return WAITING
            if stay:
                await asyncio.Event().wait()
        return DONE

    async def sent(self, server: Server) -> bool:
        """Whether all that was written is stored by the server, within `_SEND_S`; says why if it is not."""
        try:
            async with asyncio.timeout(_SEND_S):
                await self._until(lambda: not self._waiting(server))
        except TimeoutError:
            why: Code | Trouble | None = server.session.outbox.hindrance
            if not server.is_connected:
                why = server.driver.last_ending.code if server.driver.last_ending else Trouble.NOT_CONNECTED
            count = self._waiting(server)
            waiting = "1 message waits here." if count == 1 else f"{count} messages wait here."
            _say(f"{waiting} {sentence(why or Trouble.NO_ANSWER)}", sys.stderr)
            return False
        return True

    async def _typed(self, server: Server, line: str) -> None:
        command, _, rest = line.strip().partition(" ")
        people = server.state(PEOPLE)
        match command:
            case "/help":
                _say(_HELP)
            case "/who":
                _say(", ".join(rooms.name_of(people, one) for one in rooms.in_room(server.state(self._room))))
            case "/rooms":
                _say("\n".join(sorted(self._rooms(server))) or "none")
            case "/room":
                await self._go(server, self._rooms(server).get(rest.strip()))
            case "/dm":
                other = rooms.member_named(people, rest.strip())
                if other is None:
                    _say("! There is no such member.")
                else:
                    await self._show(server.open_dm(other))
            case "/edit" if self._mine is not None and rest:
                await server.edit(self._room, self._mine, rest)
            case "/delete" if self._mine is not None:
                await server.delete(self._room, self._mine)
                self._mine = None
            case "/invite":
                _say(await self.invite(server, self._room))
            case _ if command.startswith("/") and not command.startswith("//"):
                _say(_HELP)
            case _:
                self._mine = await server.send_text(self._room, line.removeprefix("/") if command[:2] == "//" else line)
                if not server.is_connected:
                    _say("  (waiting here for a connection)")

    def _rooms(self, server: Server) -> dict[str, LogId]:
        """By name: those one is in, and those one may enter."""
        found = {name: log for log, name in rooms.open_rooms(server.state(PEOPLE))}
        held = [one for one in server.held().values() if not one.closed]
        return found | {name: one.log for one in held if (name := rooms.room_name(server.state(one.log)))}

    async def _go(self, server: Server, room: LogId | None) -> None:
        if room is None:
            _say("! There is no such room: /rooms shows them.")
            return
        if room not in server.held():
            await server.enter(room)
            await self._until(lambda: room in server.held())
        await self._show(room)

    async def _show(self, room: LogId) -> None:
        """The room's name and its last messages; from now on what is said there."""
        server = self._server
        if server is None:
            return
        held = server.store.held_log(server.id, room)
        if held is not None and server.is_connected:
            first = max(1, held.at.row - _EARLIER + 1)
            server.page(room, first)
            await self._until(lambda: not server.is_connected or self._reaches(server, room, first))
        self._room, self._row, self._mine = room, _NOTHING, None
        _say(f"--- {rooms.room_name(server.state(room)) or 'direct messages'} (/help shows the commands)")
        self._print_new()
        if held is not None and held.at.row == 0:
            self._row = max(0, self._row)  # it was empty: whatever comes is new

    def _reaches(self, server: Server, room: LogId, row: int) -> bool:
        held = server.held()[room]
        return held.before.row < row or held.before.seq < held.floor

    def _print_new(self) -> None:
        server = self._server
        if server is None:
            return
        held = server.store.held_log(server.id, self._room)
        if held is None:
            return
        # However many came at once: after a disconnect it may be hundreds.
        limit = _EARLIER if self._row == _NOTHING else held.at.row - self._row
        for shown in server.store.messages(server.id, self._room, before_row=1 << 53, limit=max(0, limit)):
            if shown.row > self._row:
                self._row = shown.row
                _say(_line(server, shown))

    def _on_notice(self, server: Server, notice: Notice) -> None:
        self._changed.set()
        if isinstance(notice, LogHeld) and notice.held.log == self._room and server is self._server:
            self._row = min(self._row, notice.held.at.row)  # the server may have been set back
        # A log that is new here may begin behind its first message: that comes as an older one.
        if not isinstance(notice, Extended | ExtendedBack) or server is not self._server or notice.log != self._room:
            return
        self._print_new()
        if isinstance(notice, Extended):
            for event in notice.events:
                changed = None if event.target is None else server.store.message(server.id, self._room, event.target)
                if changed is not None and event.kind in ("edit", "delete"):
                    _say(f"* {_line(server, changed)}")

    def _on_error(self, _server: Server | None, error: BaseException) -> None:
        if isinstance(error, ChatError):
            self._complaint = str(error)
            _say(f"! {error}")
        else:  # the chat goes on
            _say(f"! A mistake in this program: {error!r}", sys.stderr)

    def _on_close(self, _server: Server, ending: Ending) -> None:
        if ending.code is not Trouble.LEFT and self._server is not None:
            _say(f"! {sentence(ending.code)}")

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def _waiting(self, server: Server) -> int:
        rows = server.session.outbox.rows()
        return sum(row.delivery in (Delivery.WAITING, Delivery.SENT) for row in rows)


def _read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]) -> None:
    """In a thread of its own: stdin may be a terminal, a pipe or a file, on every system. Unbuffered: the lock of a
    buffer that still reads would keep the program from ending."""
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        rest = b""
        while data := stdin.read(65_536):
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace").rstrip("\r"))
    if rest:
        loop.call_soon_threadsafe(lines.put_nowait, rest.decode(errors="replace"))
    loop.call_soon_threadsafe(lines.put_nowait, None)


def _end_on_sigterm() -> None:
    """As by Ctrl+C: the server is told to end too."""
    running = asyncio.current_task()
    if sys.platform != "win32" and running is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)


def _own_command() -> str:
    installed = shutil.which("desktop-chat-terminal")
    source = [installed] if installed else [sys.executable, "-m", "desktop_chat.terminal"]
    return shlex.join(beside("desktop-chat-terminal") or source)


def _line(server: Server, shown: Shown) -> str:
    said = "(deleted)" if shown.deleted else shown.text + (" (edited)" if shown.edited_ts else "")
    at = time.strftime("%H:%M", time.localtime(shown.ts / 1000))
    # Further lines are indented, so that no text can look like somebody else's message.
    return f"{at} {server.name_of(shown.by)}: " + said.replace("\n", "\n      ")


def _qr(link: str) -> str:
    import segno

    out = io.StringIO()
    segno.make(link, error="l").terminal(out, compact=True)
    return out.getvalue()


def _say(text: str, to: TextIO = sys.stdout) -> None:
    """Remote text can't move the cursor, colour the screen or turn the writing around."""
    to.write(_UNSAFE.sub("\ufffd", text) + "\n")
    to.flush()


if __name__ == "__main__":
    main()
