"""A server with nothing but the gate: run as a program by test_listener.py, so that its memory, files and logs are
its own. It prints its port, answers a member's first frame with "in", and goes on until its stdin ends.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve

from chat_server.transport.admission import Caps
from chat_server.transport.listener import (
    BACKLOG,
    TLS_S,
    UPGRADE_S,
    Gate,
    Listener,
    fit_open_files,
    use_small_tls_buffers,
)
from chat_server.transport.tls import ServerIdentity


def leave_files(count: int) -> None:
    """From now on this process can open only so many files more."""
    import resource

    now_open = len(os.listdir("/proc/self/fd"))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (now_open + count, hard))


async def main(folder: Path, tls_s: float, files_left: int | None) -> None:
    gate = Gate(fit_open_files(Caps()), monotonic=time.monotonic)
    listener = Listener.bound("127.0.0.1", 0, gate)

    async def login(connection: ServerConnection) -> None:
        await connection.recv()
        assert gate.mark_authenticated(connection.transport)
        await connection.send("in")
        await connection.wait_closed()

    async with serve(
        login,
        sock=listener,
        backlog=BACKLOG,
        ssl=ServerIdentity.load_or_create(folder).context(),
        ssl_handshake_timeout=tls_s,
        open_timeout=UPGRADE_S,
        compression=None,
        ping_interval=None,
    ):
        stdin_ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        if files_left is not None:
            leave_files(files_left)
        print(listener.getsockname()[1], flush=True)
        await stdin_ended
    gate.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files-left", type=int)
    parser.add_argument("--tls-s", type=float, default=TLS_S)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    use_small_tls_buffers()
    asyncio.run(main(arguments.folder, arguments.tls_s, arguments.files_left))
