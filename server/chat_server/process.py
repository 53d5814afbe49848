"""A server as a process: its folder, its loop, its signals, and the line that says it is ready."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from chat_protocol.events import Role
from chat_protocol.ids import b64, member_id
from chat_server import journal, operator
from chat_server.app import ChatServer, Listening
from chat_server.config import Config
from chat_server.hub.hub import Hub
from chat_server.inviting import LISTENING_FILE, Announced
from chat_server.network import PORT_FILE, PortTaken, is_only_here, owner_of
from chat_server.storage.contract import StorageDamaged
from chat_server.storage.data_folder import DataFolder, files_of, write_private
from chat_server.storage.sqlite import SqliteStorage
from chat_server.transport.tls import ServerIdentity

_STDIN = 0
_ECHO_PATH = "/chat"

_log = logging.getLogger(__name__)


def serve_folder(config: Config, *, parent_pipe: bool) -> None:
    """Runs a server over `config.folder` until it is told to stop. Raises what keeps it from starting."""
    folder = DataFolder(config.folder)
    try:
        with files_of(config.folder):
            journal.begin(config.folder)
            # Of a folder that was used, what was lost is restored by its owner, never replaced: with another key no
            # invite would find us, and with a new database everybody would find an empty server.
            is_new = not folder.database.exists()
            if is_new and (config.folder / PORT_FILE).is_file():  # written when the database was there
                raise StorageDamaged(f"{folder.database} is missing")
            identity = (ServerIdentity.load_or_create if is_new else ServerIdentity.load)(config.folder)
            own_key = (operator.load_or_create if is_new else operator.load)(config.folder)
            with _named(folder.database):
                server = ChatServer(config, SqliteStorage(folder.database), identity, own_key)
            if not parent_pipe:  # a program that starts it says the same each time
                _say_what_comes_too_late(config, server.committer.hub)
        # Connections are counted in accept(), which only a selector loop calls.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(_serve(server, config, parent_pipe))
        _log.info("stopped")
    finally:
        with suppress(OSError):  # whoever reads it finds nobody there
            (config.folder / LISTENING_FILE).unlink()
        folder.close()


def _say_what_comes_too_late(config: Config, hub: Hub) -> None:
    if hub.is_empty():
        return
    if config.room is not None:
        _log.warning("--room counts only at the first start: its moderators rename a room from a client")
    if config.host_key is not None and hub.role(member_id(config.host_key)) is not Role.HOST:
        _log.warning("--host-key counts only at the first start: this server has a host, or host_link makes it")


@contextmanager
def _named(database: Path) -> Iterator[None]:
    """Around what opens and loads it: SQLite doesn't say of which file it speaks."""
    try:
        yield
    except StorageDamaged as error:
        raise StorageDamaged(f"{database}: {error}") from error


def serve_echo(port: int) -> None:
    """Answers every message with itself, on this computer only. Raises `PortTaken`."""

    async def answer(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    def only_chat(connection: ServerConnection, request: Request) -> Response | None:
        return None if request.path == _ECHO_PATH else connection.respond(404, f"The echo is at {_ECHO_PATH}.\n")

    async def run() -> None:
        stop = asyncio.Event()
        with _signals(stop.set, stop.set):
            try:
                server = await serve(answer, "127.0.0.1", port, process_request=only_chat)
            except OSError:
                raise PortTaken(port, owner_of(port)) from None
            async with server:
                taken = server.sockets[0].getsockname()[1]
                _print({"event": "listening", "url": f"ws://127.0.0.1:{taken}{_ECHO_PATH}", "pid": os.getpid()})
                await stop.wait()

    asyncio.run(run())


async def _serve(server: ChatServer, config: Config, parent_pipe: bool) -> None:
    def ready(listening: Listening) -> None:
        announced = Announced(
            list(map(str, listening.addresses)), listening.port, b64(listening.fingerprint), os.getpid(), parent_pipe
        )
        write_private(config.folder / LISTENING_FILE, msgspec.json.encode(announced))
        line = {"event": "listening", **msgspec.to_builtins(announced)}
        if listening.host_link is not None:
            line["host_link"] = listening.host_link
        # What a start made lives as long as the server: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        _log.info("version %s listens on port %d", version("desktop-chat"), listening.port)
        if is_only_here(listening.addresses):
            _log.info("only this computer reaches it and can use its links; for others: serve --bind all")
        _print(line)

    if parent_pipe:
        loop = asyncio.get_running_loop()
        heard = (partial(loop.call_soon_threadsafe, call) for call in (server.stop, server.starter_died))
        threading.Thread(target=_listen_to_starter, args=heard, name="parent pipe", daemon=True).start()
    with _signals(server.restart, server.stop):
        await server.run(ready)


def _listen_to_starter(stop: Callable[[], object], died: Callable[[], object]) -> None:
    """Reads stdin to its end, in a thread of its own; unbuffered, since a buffer's lock would outlive the loop."""
    line = b""
    while data := os.read(_STDIN, 1024):
        *lines, line = (line + data).split(b"\n")
        if b"stop" in (one.strip() for one in lines):
            stop()
            return
    died()


@contextmanager
def _signals(terminated: Callable[[], None], interrupted: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    handlers = {signal.SIGTERM: terminated, signal.SIGINT: interrupted}
    for number, handler in handlers.items():
        if sys.platform == "win32":
            signal.signal(number, lambda *_, handler=handler: loop.call_soon_threadsafe(handler))
        else:
            loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in handlers:
            if sys.platform == "win32":
                signal.signal(number, signal.SIG_DFL)
            else:
                loop.remove_signal_handler(number)


def _print(line: dict[str, object]) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()
