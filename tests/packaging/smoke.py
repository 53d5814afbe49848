"""The built folder on a computer that has nothing: one hosts, another joins, "hi" arrives. `smoke.py DIST`.

Every program starts with an empty environment but for a home of its own, so no Python and no library is found by it.
`DIST/desktop-chat` is what is handed out; `DIST/driven` holds the same files, and the window as `tests.e2e.driven`.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.e2e.desk import END_S, GUARD_S, Desk, make_profile, texts_in

MOST_MB = 150
QT = re.compile(r"libQt6|PySide6|shiboken6")
MESSAGES = ["hi", "你好"]


class Smoke:
    def __init__(self, dist: Path, home: Path) -> None:
        self._folder = dist / "desktop-chat"
        self._driven = dist / "driven"
        self._home = home

    def _empty(self) -> dict[str, str]:
        return {"HOME": str(self._home), "LC_ALL": "C.UTF-8"}

    def size(self) -> str:
        files = [file for file in self._folder.rglob("*") if file.is_file() and not file.is_symlink()]
        megabytes = sum(file.stat().st_size for file in files) / 1e6
        assert megabytes <= MOST_MB, f"the folder takes {megabytes:.0f} MB"
        return f"{megabytes:.0f} MB in {len(files)} files"

    def whole(self) -> str:
        """Every library finds what it links to, in the folder or on the system."""
        lost = set()
        for file in [*self._folder.rglob("*.so*"), *self._folder.glob("desktop-chat*")]:
            said = subprocess.run(["ldd", file], env=self._empty(), capture_output=True, text=True, check=False).stdout
            lost |= {line.split()[0] for line in said.splitlines() if "not found" in line}
        # Only under Wayland, where every desktop has them.
        lost = {name for name in lost if not name.startswith("libwayland-")}
        assert not lost, f"missing libraries: {sorted(lost)}"
        plugins = self._folder / "_internal/PySide6/Qt/plugins"
        wanted = ("platforms/libqxcb.so", "platforms/libqwayland.so", "wayland-shell-integration/libxdg-shell.so")
        lost = {name for name in wanted if not (plugins / name).is_file()}
        assert not lost, f"missing plugins: {sorted(lost)}"
        return "all libraries found"

    def says_which(self) -> str:
        own = version("desktop-chat")
        for name in ("desktop-chat", "desktop-chat-server"):
            said = subprocess.check_output([self._folder / name, "--version"], env=self._empty(), text=True)
            assert own in said, said
        return own

    async def without_screen(self) -> str:
        """The main program hosts all the same, and the terminal client joins by its link."""
        profile = await make_profile(self._home / "headless")
        host = await self._start("desktop-chat", "--profile", str(profile))
        try:
            link = await _line_with(host, "desktopchat://")
            arguments = (link, "--name", "Grace", "--profile", str(self._home / "terminal"))
            guest = await self._start("desktop-chat-terminal", *arguments)
            assert guest.stdin is not None
            guest.stdin.write(b"hi\n/quit\n")
            await _line_with(host, "Grace: hi")
            assert await guest.wait() == 0
            host.send_signal(signal.SIGTERM)
            assert await host.wait() == 0
        finally:
            await _end(host)
        return "hosted by desktop-chat, joined by desktop-chat-terminal"

    async def with_windows(self) -> str:
        """Two windows, by clicks. The server that one of them started has no Qt in it."""
        driven, surroundings = self._driven / "driven", self._empty()

        class Packaged(Desk):
            command = (str(driven),)

            def surroundings(self) -> dict[str, str]:
                return surroundings

        host_profile, guest_profile = await make_profile(self._home / "host"), self._home / "guest"
        began = time.monotonic()
        async with Packaged(host_profile) as host:
            link = await host.host_room()
            async with Packaged(guest_profile, link) as guest:
                await guest.join("Grace 文")
                await guest.send(MESSAGES[0])
                await host("wait", "conversation_list", says="Grace 文: hi")
                took_s = time.monotonic() - began
                _look_at_server(self._driven / "desktop-chat-server")
                await host("click", "rail_chats")
                await host.send(MESSAGES[1])
                await guest("wait", "timeline", says=MESSAGES[1])
                assert (await guest.close())[0] == 0
                assert guest.said() == ""
            await host.left_alone()
            assert (await host.close())[0] == 0
            assert host.said() == ""
        assert texts_in(host_profile) == texts_in(guest_profile) == MESSAGES
        return f"hosted, joined, and hi arrived in {took_s:.1f} s"

    async def window_of_the_folder(self) -> str:
        """The one that is handed out, with the guest's messages: it opens, and ends when asked."""
        log = self._home / "guest" / "desktop-chat.log"
        log.unlink()  # the program makes it anew when it has got so far that it hears of being asked to end
        window = await asyncio.create_subprocess_exec(
            *(self._folder / "desktop-chat", "--profile", self._home / "guest"),
            env={**self._empty(), "QT_QPA_PLATFORM": "offscreen"},
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            await _until(lambda: _is_mapped(window.pid, "libqoffscreen.so") and log.is_file())
            began = time.monotonic()
            window.terminate()
            said = (await window.communicate())[1]
            assert (window.returncode, said) == (0, b""), said.decode()
            assert time.monotonic() - began < END_S
        finally:
            await _end(window)
        assert texts_in(self._home / "guest") == MESSAGES
        return "opened and ended"

    async def _start(self, name: str, *arguments: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            self._folder / name, *arguments, env=self._empty(), stdin=pipe, stdout=pipe
        )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def _line_with(process: asyncio.subprocess.Process, text: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(GUARD_S):
        while line := (await process.stdout.readline()).decode():
            if text in line:
                return line.strip()
    raise AssertionError(f"it ended without saying {text}")


async def _until(condition: Callable[[], bool]) -> None:
    """Of another process, which tells nobody."""
    async with asyncio.timeout(GUARD_S):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.05)


def _is_mapped(pid: int, library: str) -> bool:
    return library in _maps(pid)


def _maps(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text("utf-8")


def _look_at_server(program: Path) -> None:
    """It has no Qt in it, and was not told where the libraries of the window lie, as no browser should be."""
    running = [int(exe.parent.name) for exe in Path("/proc").glob("[0-9]*/exe") if _runs(exe, program)]
    assert len(running) == 1, f"{program} runs {len(running)} times"
    maps = _maps(running[0])
    assert "libpython" in maps
    assert not QT.search(maps), "the server has loaded Qt"
    environment = Path(f"/proc/{running[0]}/environ").read_bytes()
    assert b"LD_LIBRARY_PATH_ORIG" not in environment, "the window hands its LD_LIBRARY_PATH on"


def _runs(exe: Path, program: Path) -> bool:
    try:
        return os.path.samefile(exe, program)
    except OSError:  # it has ended, or is somebody else's
        return False


def main(dist: Path) -> None:
    with tempfile.TemporaryDirectory() as home:
        smoke = Smoke(dist.resolve(), Path(home))
        steps: list[Callable[[], str | Coroutine[Any, Any, str]]] = [
            *(smoke.size, smoke.whole, smoke.says_which),
            *(smoke.without_screen, smoke.with_windows, smoke.window_of_the_folder),
        ]
        for step in steps:
            said = step()
            if not isinstance(said, str):
                said = asyncio.run(said)
            print(f"{step.__name__.replace('_', ' ')}: {said}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
