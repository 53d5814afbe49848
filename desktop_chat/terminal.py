"""The plain terminal client: a line in is a message, lines come out. Without Qt: on `core`, `store` and `hosting`.

With an invite it joins, without one it comes back to where one was last. With `--host` it also starts a server on this
computer, as a process of its own, and joins it like everybody else.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import io
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from chat_protocol.errors import Code
from chat_protocol.ids import LogId, unb64
from chat_protocol.key_words import key_digits, key_words
from desktop_chat.core.client import Client
from desktop_chat.core.profile import DEFAULT, profile_folder
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.server import Server
from desktop_chat.core.session import INVITE_CODES
from desktop_chat.hosting.plain_host import NotHosted, PlainHost
from desktop_chat.hosting.server_command import beside
from desktop_chat.talk import Talk, say

DONE, USAGE, REFUSED, NOT_HOSTED, WAITING = 0, 2, 3, 4, 5
"""Exit codes: said goodbye; wrong arguments; could not get in; could not host; messages wait here."""

_PROGRAM = "desktop-chat-terminal"
_EXIT_CODES = (
    "Exit codes: 0 you ended it; 2 wrong arguments; 3 you could not get in; 4 it could not host; "
    "5 the input has ended, and some of it waits here until the next time."
)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The script `desktop-chat-terminal`; `arguments` instead of those of the process."""
    about = "Chat by lines: what you type is said, what is said comes as lines; /help shows the commands."
    parser = argparse.ArgumentParser(_PROGRAM, description=about, epilog=_EXIT_CODES)
    parser.add_argument("invite", nargs="?", help="the link that lets you in; without it you come back")
    parser.add_argument("--host", action="store_true", help="host a room on this computer")
    parser.add_argument("--name", default=_own_name(), help="your name")
    parser.add_argument("--profile", default=DEFAULT, help="a name, or a folder: your identity and messages lie there")
    parser.add_argument("--bind", default="all", help="with --host: all the network, local, or one IP address")
    parser.add_argument("--stay", action="store_true", help="go on when the input has ended, until a signal comes")
    parser.add_argument("--version", action="store_true", help="say which one this is")
    options = parser.parse_args(arguments)
    if options.version:
        from importlib.metadata import version

        sys.stdout.write(f"{_PROGRAM} {version('desktop-chat')}\n")
        sys.exit(DONE)
    if options.host and options.invite:
        parser.error("give an invite link, or --host: not both")
    try:
        sys.exit(asyncio.run(_run(options)))
    except ChatError as error:
        say(_refusal(error), sys.stderr)
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
    _end_on_sigterm()
    async with await Client.open(options.profile) as client:
        if options.host:
            host = PlainHost(profile_folder(options.profile) / "server", client.identity.public, options.bind)
            try:
                return await _host(client, host, options)
            finally:
                await host.stop()
        talk = Talk(client, say)
        if options.invite:
            server = await client.join(options.invite, options.name)
            _say_key(server)
            return await _talk(talk, server, server.invited_to, options)
        place = talk.last_place()
        if place is None:
            say(f"{_PROGRAM}: give an invite link, or --host: with this profile nothing was joined yet", sys.stderr)
            return USAGE
        return await _talk(talk, *place, options)


async def _host(client: Client, host: PlainHost, options: argparse.Namespace) -> int:
    await host.start()
    talk = Talk(client, say, host.addresses)
    server = await client.join_as_host(host.key, host.here, options.name)
    _say_key(server)
    room = await talk.first_room(server)
    link = await talk.invite(server, room)
    say(f"Others join with this link, or its picture:\n{link}\n{_qr(link)}")
    say(f"In a terminal: {_own_command()} {shlex.quote(link)} --name NAME --profile PROFILE\n")
    return await _talk(talk, server, room, options)


async def _talk(talk: Talk, server: Server, room: LogId | None, options: argparse.Namespace) -> int:
    await talk.enter(server, room or await talk.first_room(server))
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_read_lines, args=(loop, lines), name="stdin", daemon=True).start()
    while (line := await lines.get()) is not None:
        if line.strip() == "/quit":
            return DONE
        await talk.typed(line)
    if (why := await talk.unsent()) is not None:  # a pipe has ended: what it said is sent first
        say(why, sys.stderr)
        return WAITING
    if options.stay:
        await asyncio.Event().wait()
    return DONE


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


def _say_key(server: Server) -> None:
    key = unb64(server.id)
    say(f"Key words of this server: {' '.join(key_words(key))}. In digits: {key_digits(key)}")


def _end_on_sigterm() -> None:
    """As by Ctrl+C: the server is told to end too."""
    running = asyncio.current_task()
    if sys.platform != "win32" and running is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)


def _own_command() -> str:
    installed = shutil.which("desktop-chat-terminal")
    source = [installed] if installed else [sys.executable, "-m", "desktop_chat.terminal"]
    return shlex.join(beside("desktop-chat-terminal") or source)


def _qr(link: str) -> str:
    import segno

    out = io.StringIO()
    segno.make(link, error="l").terminal(out, compact=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
