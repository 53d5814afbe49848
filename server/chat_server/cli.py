"""The command line: `desktop-chat-server serve | echo | invite`.

Stdout carries machine lines only, the first of them `{"event":"listening",…}` when the server is ready. What can't
be done ends with one line on stderr and an exit code of `Exit`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import platformdirs

from chat_protocol.errors import Refused
from chat_protocol.ids import unb64
from chat_protocol.limits import INVITE_DAYS, INVITE_USES, ROOM_NAME
from chat_protocol.names import hides_something
from chat_protocol.server_key import IDENTITY_BYTES
from chat_server.config import FIRST_PORTS, FIRST_ROOM, THIS_COMPUTER, BadConfiguration, Config, Limits
from chat_server.hub.rates import Rate, Rates
from chat_server.inviting import NotRunning, make_invite
from chat_server.network import PortTaken, is_only_here
from chat_server.operator import OperatorUnusable
from chat_server.process import serve_echo, serve_folder
from chat_server.storage.contract import StorageDamaged, StorageFull, StorageNewer, StorageUncertain
from chat_server.storage.data_folder import FolderInUse, FolderNotWritable
from chat_server.transport.tls import IdentityUnusable


class Exit(IntEnum):
    """Exit codes. 0: it was stopped as asked; 1: a mistake in this program, which the log shows."""

    BAD_CONFIGURATION = 2
    PORT_TAKEN = 3
    FOLDER_IN_USE = 4
    NEWER_SCHEMA = 5
    FOLDER_NOT_WRITABLE = 6
    DAMAGED = 7
    DISK_FULL = 8
    NOT_RUNNING = 9
    REFUSED = 10


_EXITS: dict[type[Exception], Exit] = {
    BadConfiguration: Exit.BAD_CONFIGURATION,
    PortTaken: Exit.PORT_TAKEN,
    FolderInUse: Exit.FOLDER_IN_USE,
    StorageNewer: Exit.NEWER_SCHEMA,
    FolderNotWritable: Exit.FOLDER_NOT_WRITABLE,
    StorageDamaged: Exit.DAMAGED,
    IdentityUnusable: Exit.DAMAGED,
    OperatorUnusable: Exit.DAMAGED,
    StorageFull: Exit.DISK_FULL,
    StorageUncertain: Exit.DISK_FULL,
    NotRunning: Exit.NOT_RUNNING,
    Refused: Exit.REFUSED,
}

_SENTENCES = {
    Exit.NEWER_SCHEMA: "the data is of a newer version of this program: {}",
    Exit.DAMAGED: "the data can't be used, restore it from a copy: {}",
    Exit.DISK_FULL: "the disk is full or fails: {}",
}

Command = TypeVar("Command", bound=Callable[..., Any] | click.Command)

_PROGRAM = "desktop-chat-server"
_RATES = ("device", "room", "fault", "requests", "joins")


def _folder(what: str) -> Callable[[Command], Command]:
    return click.option(
        "--data",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=lambda: platformdirs.user_data_path("desktop-chat-server", appauthor=False),
        envvar="DESKTOP_CHAT_DATA",
        show_envvar=True,
        help=f"{what}  [default: one of this user]",
    )


class _Port(click.IntRange):
    name = "port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"'{value}' is no port: give a number from {self.min} to {self.max}", param, ctx)


_PORT = _Port(0, 65_535)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExit codes:\n   0 stopped as asked\n   1 a mistake in this program, which the log shows\n"
    + "\n".join(f"  {code.value:2} {code.name.lower().replace('_', ' ')}" for code in Exit),
)
@click.version_option(version("desktop-chat"), prog_name=_PROGRAM)
def main() -> None:
    """A chat server of your own.

    \b
    desktop-chat-server serve --bind all      start it; the line it prints holds a link that makes you the host
    desktop-chat-server invite --uses 5       print an invite while it runs
    desktop-chat-server echo                  try a WebSocket client
    """


@main.command()
@_folder("The server's data folder; made if there is none.")
@click.option(
    "--bind",
    default=THIS_COMPUTER,
    show_default=True,
    envvar="DESKTOP_CHAT_BIND",
    show_envvar=True,
    help="Who may connect: `local` this computer only, `all` the network, or one IP address to listen on.",
)
@click.option(
    "--port",
    type=_PORT,
    envvar="DESKTOP_CHAT_PORT",
    show_envvar=True,
    help="Listen on this port from now on; 0: at the first start any free one.  "
    f"[default: at the first start the first free of {FIRST_PORTS[0]}-{FIRST_PORTS[-1]}, then the same for ever]",
)
@click.option(
    "--address",
    "names",
    multiple=True,
    envvar="DESKTOP_CHAT_ADDRESS",
    show_envvar=True,
    help="A further HOST or HOST:PORT under which others reach this server, for links. May be given again.",
)
@click.option(
    "--name",
    default=Config.name,
    show_default=True,
    envvar="DESKTOP_CHAT_NAME",
    show_envvar=True,
    help="The server's name.",
)
@click.option(
    "--room",
    envvar="DESKTOP_CHAT_ROOM",
    show_envvar=True,
    help=f"Name of the first room, at the first start.  [default: {FIRST_ROOM}]",
)
@click.option(
    "--host-key",
    envvar="DESKTOP_CHAT_HOST_KEY",
    show_envvar=True,
    help="At the first start: the host's identity key (Ed25519, base64url). Without it, a one-use link makes the host.",
)
@click.option(
    "--rate",
    "rates",
    multiple=True,
    envvar="DESKTOP_CHAT_RATE",
    show_envvar=True,
    metavar="WHAT=PER_S/BURST",
    help=f"Raise a limit, as demonstrations and benchmarks do. WHAT is one of {', '.join(_RATES)}.",
)
@click.option(
    "--connections",
    type=click.IntRange(1),
    default=Limits().caps.total,
    show_default=True,
    envvar="DESKTOP_CHAT_CONNECTIONS",
    show_envvar=True,
    help="How many may be connected at once.",
)
@click.option(
    "--trace",
    is_flag=True,
    envvar="DESKTOP_CHAT_TRACE",
    show_envvar=True,
    help="Log each frame's operation, ids and size; never what it says.",
)
@click.option(
    "--parent-pipe",
    is_flag=True,
    help="Read stdin: a line `stop` stops the server; at its end the server stays until a minute after the host left.",
)
def serve(
    folder: Path,
    bind: str,
    port: int | None,
    names: tuple[str, ...],
    name: str,
    room: str | None,
    host_key: str | None,
    rates: tuple[str, ...],
    connections: int,
    trace: bool,
    parent_pipe: bool,
) -> None:
    """Run a server until it is told to stop (SIGTERM, SIGINT).

    \b
    desktop-chat-server serve --bind all --address chat.example.org
    DESKTOP_CHAT_DATA=/srv/chat desktop-chat-server serve --bind all
    """

    def start() -> None:
        limits = _limits(rates)
        config = Config(
            folder=folder,
            bind=bind,
            port=port,
            names=names,
            name=_title("--name", name),
            room=None if room is None else _title("--room", room),
            host_key=_host_key(host_key),
            limits=limits._replace(caps=replace(limits.caps, total=connections)),
            trace=trace,
        )
        serve_folder(config, parent_pipe=parent_pipe)

    _do(start)


@main.command()
@click.option("--port", type=_PORT, default=8080, show_default=True, help="0: any free one.")
def echo(port: int) -> None:
    """Answer any WebSocket client at ws://127.0.0.1:8080/chat with what it sent.

    Plain, on this computer only: the smallest way to try a connection.

    \b
    desktop-chat-server echo
    desktop-chat-server echo --port 9000
    """
    _do(lambda: serve_echo(port))


@main.command()
@_folder("The data folder of the server that runs.")
@click.option("--room", help="Name of an open room, or a room's id.  [default: the first room]")
@click.option("--days", type=click.FloatRange(0, min_open=True), default=INVITE_DAYS, show_default=True)
@click.option("--uses", type=click.IntRange(1), default=INVITE_USES, show_default=True)
def invite(folder: Path, room: str | None, days: float, uses: int) -> None:
    """Print a new invite link of the server that runs over the data folder.

    \b
    desktop-chat-server invite --uses 1 --days 2
    """

    def make() -> None:
        link = asyncio.run(make_invite(folder, room=room, days=days, uses=uses))
        click.echo(link.to_app_link())
        if is_only_here(link.addresses):
            click.echo(f"{_PROGRAM}: only this computer can use this link; for others: serve --bind all", err=True)

    _do(make)


def _do(work: Callable[[], None]) -> None:
    """Runs `work`; an expected failure is one line on stderr and an exit code."""
    try:
        work()
    except* tuple(_EXITS) as failed:
        _end(failed)


def _end(failed: BaseExceptionGroup[Exception]) -> NoReturn:
    error: BaseException = failed
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    code = next(code for kind, code in _EXITS.items() if isinstance(error, kind))
    text = error.text if isinstance(error, Refused) else str(error)
    text = _SENTENCES.get(code, "{}").format(text)
    click.echo(f"{_PROGRAM}: {text}", err=True)
    sys.exit(code)


def _title(flag: str, text: str) -> str:
    title = " ".join(text.split())
    if not 1 <= len(title) <= ROOM_NAME or hides_something(title):
        raise BadConfiguration(f"{flag} has 1 to {ROOM_NAME} characters, all of which can be seen")
    return title


def _host_key(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        key = unb64(text)
    except ValueError:
        key = b""
    if len(key) != IDENTITY_BYTES:
        raise BadConfiguration("--host-key is an Ed25519 public key: 32 bytes in base64url")
    return key


def _limits(rates: tuple[str, ...]) -> Limits:
    given: dict[str, Rate] = {}
    for text in rates:
        what, _, rate = text.partition("=")
        per_s, _, burst = rate.partition("/")
        try:
            given[what] = Rate(float(per_s), float(burst or per_s))
        except ValueError:
            given[""] = Rate(0, 0)
    if not given.keys() <= set(_RATES) or any(rate.per_s <= 0 or rate.burst < 1 for rate in given.values()):
        raise BadConfiguration(f"--rate is WHAT=PER_S/BURST, and WHAT one of {', '.join(_RATES)}")
    hub = {what: rate for what, rate in given.items() if what in Rates._fields}
    default = Limits()
    return Limits(Rates(**hub), given.get("requests", default.requests), given.get("joins", default.joins))
