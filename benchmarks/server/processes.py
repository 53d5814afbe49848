"""The servers that are measured: child processes on a core of their own, read through /proc."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_protocol.ids import unb64
from chat_protocol.invite_link import parse

SERVER_CORE, GENERATOR_CORE = 0, 1

_HERE = Path(__file__).parent
_START_S = 30.0
_STOP_S = 30.0
_CORES = os.sched_getaffinity(0)
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class ServerProcess:
    """A server that is ready. What it says on stderr goes to this process's."""

    process: asyncio.subprocess.Process
    ready: dict[str, Any]

    @property
    def port(self) -> int:
        port: int = self.ready["port"]
        return port

    @property
    def fingerprint(self) -> bytes:
        return unb64(self.ready["fingerprint"])

    @property
    def host_token(self) -> bytes:
        return parse(self.ready["host_link"]).token

    def cpu_s(self) -> float:
        return cpu_s(self.process.pid)

    def rss_kib(self) -> int:
        return self._status("self", "VmRSS")

    def wake_ups(self) -> int:
        """How often one of its threads has gone to sleep, and so has woken."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(self._status(f"task/{task.name}", "voluntary_ctxt_switches") for task in tasks.iterdir())

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """By SIGTERM, else by force."""
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(_STOP_S):
                    await self.process.wait()
            except TimeoutError:
                await self.kill()

    def _status(self, what: str, name: str) -> int:
        path = "status" if what == "self" else f"{what}/status"
        for line in Path(f"/proc/{self.process.pid}/{path}").read_text("ascii").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise KeyError(name)


def cpu_s(pid: int) -> float:
    """Seconds of CPU that the process has used, its own and the system's."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What runs or is started inside stays on `core`; the caller comes back to where it was. With one core: nothing."""
    before = os.sched_getaffinity(0)
    if {SERVER_CORE, GENERATOR_CORE} <= _CORES:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@asynccontextmanager
async def running(program: Sequence[str]) -> AsyncIterator[ServerProcess]:
    """Python with the arguments `program`, from its first line on stdout until the end of the block."""
    server = await start(program)
    try:
        yield server
    finally:
        await server.stop()


async def start(program: Sequence[str]) -> ServerProcess:
    """The caller stops it."""
    with on_core(SERVER_CORE):
        process = await asyncio.create_subprocess_exec(
            sys.executable, *program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
    assert process.stdout is not None
    async with asyncio.timeout(_START_S):
        line = await process.stdout.readline()
    if not line:
        raise RuntimeError(f"the server did not start: {' '.join(program)}")
    return ServerProcess(process, json.loads(line))


def chat_server(folder: Path, *, raised: bool = False, fsync_ms: float | None = None) -> list[str]:
    """The arguments of the real server. `raised`: without limits of what one device and one room may send."""
    start_by = ["-m", "chat_server"] if fsync_ms is None else [str(_HERE / "slow_fsync_server.py"), str(fsync_ms)]
    rates = ["--rate", "device=1000000", "--rate", "room=1000000"] if raised else []
    return [*start_by, "serve", "--data", str(folder), "--port", "0", *rates]


def raw_server(flushed: Path | None = None) -> list[str]:
    """`flushed`: a file through which each message goes first."""
    return [str(_HERE / "raw_server.py"), *([] if flushed is None else [str(flushed)])]


def bare_tls_server(pem: Path) -> list[str]:
    return [str(_HERE / "bare_tls_server.py"), str(pem)]
