"""How the program starts and ends, whatever it finds."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from desktop_chat import __main__ as program
from desktop_chat.core.client import Client
from desktop_chat.core.profile import Profile
from desktop_chat.theme.language import LANGUAGES
from tests.e2e.desk import GUARD_S, Desk, make_profile

HEAVY = ("websockets", "cryptography", "keyring", "linkify_it", "segno", "PySide6.QtNetwork", "PySide6.QtQml")


async def run(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """The program as it is, without a screen unless `environment` names one."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    own = {name: value for name, value in os.environ.items() if name not in hidden}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "desktop_chat", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        env={**own, "DESKTOP_CHAT_PORT": "0", **environment},
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    async with asyncio.timeout(GUARD_S):
        out, errors = await process.communicate()
    return process.returncode, out.decode(), errors.decode()


async def test_nothing_heavy_is_imported_before_the_window_is_painted(tmp_path: Path) -> None:
    profile = await make_profile(tmp_path / "profile")
    async with Desk(profile) as desk:
        modules = (await desk("modules"))["modules"]
        heavy = [name for name in modules if name.startswith(HEAVY)]
        assert not heavy, "import it where it is used"
        assert (await desk.close())[0] == program.DONE


async def test_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    async with Desk(tmp_path / "profile") as desk:
        await desk("wait", "welcome")
        desk.terminate()
        assert (await desk.wait(), desk.said()) == (program.DONE, "")


async def test_a_profile_that_is_open_says_so_and_can_be_tried_again(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    async with await Client.open(profile, connect=False) as first, Desk(profile) as second:
        await second("wait", "failed_start")
        await second("click", "retry_button")
        await second("wait", "failed_start")
        await first.close()
        await second("click", "retry_button")
        await second("wait", "welcome")
        assert (await second.close())[0] == program.DONE


def newer(profile: Path) -> None:
    with closing(apsw.Connection(str(profile / "store.db"))) as store:
        store.execute("PRAGMA user_version = 1000000")


def damaged(profile: Path) -> None:
    (profile / "identity.key").write_bytes(b"{}")


def in_the_way(profile: Path) -> None:
    for file in profile.iterdir():
        file.unlink()
    profile.rmdir()
    profile.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(newer, "later version"), (damaged, "identity of this profile"), (in_the_way, "can't be written")],
    ids=["newer", "damaged", "not a folder"],
)
async def test_a_profile_that_cannot_be_opened_says_why_in_a_window(tmp_path: Path, spoil, said: str) -> None:
    profile = await make_profile(tmp_path / "profile")
    spoil(profile)
    async with Desk(profile, "--lang", "en") as desk:
        await desk("wait", "failed_start")
        seen = (await desk("dump"))["widgets"]
        assert any(said in text for text in seen.values()), seen
        await desk("click", "quit_button")
        assert (await desk.wait(), desk.said()) == (program.NOT_OPENED, "")


class Keyring:
    """Takes a key, and is out of reach of the program, which runs without a screen."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get_password(self, _service: str, username: str) -> str | None:
        return self._kept.get(username)

    def set_password(self, _service: str, username: str, password: str) -> None:
        self._kept[username] = password


async def test_a_keyring_is_asked_when_the_window_is_there_and_may_be_asked_again(tmp_path: Path) -> None:
    Profile.open(tmp_path / "profile", keyring=Keyring()).close()
    async with Desk(tmp_path / "profile", "--lang", "en") as desk:
        await desk("wait", "welcome")
        modules = (await desk("modules"))["modules"]
        assert not [name for name in modules if name.startswith(HEAVY)]
        await desk("wait", "failed_start")
        assert "keyring" in " ".join((await desk("dump"))["widgets"].values())
        await desk("click", "retry_button")
        await desk("wait", "failed_start")
        await desk("click", "quit_button")
        assert (await desk.wait(), desk.said()) == (program.DONE, "")


async def test_a_damaged_copy_is_replaced_and_the_person_told(tmp_path: Path) -> None:
    profile = await make_profile(tmp_path / "profile")
    (profile / "store.db").write_bytes(b"no database" * 1000)
    async with Desk(profile, "--lang", "en") as desk:
        await desk("wait", "trouble_banner", says="set aside")
        assert (await desk.close())[0] == program.DONE


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a screen")
async def test_without_a_screen_the_room_is_hosted_all_the_same(tmp_path: Path) -> None:
    await make_profile(tmp_path / "host")
    host = await run("--profile", str(tmp_path / "host"))
    assert host.stdout is not None
    async with asyncio.timeout(GUARD_S):
        while not (line := (await host.stdout.readline()).decode()).startswith("desktopchat://"):
            assert line, (await ended(host))[2]
    async with Desk(tmp_path / "guest", line.strip()) as guest:
        await guest.join("Grace")
        await guest.send("is anybody there?")
        async with asyncio.timeout(GUARD_S):
            while "Grace: is anybody there?" not in (await host.stdout.readline()).decode():
                pass
        assert (await guest.close())[0] == program.DONE
    host.terminate()
    code, _, errors = await ended(host)
    assert code == program.DONE
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in errors
    assert "dev.py run --virtual" in errors


async def test_arguments() -> None:
    code, out, _ = await ended(await run("--version"))
    assert (code, out.split()[0]) == (program.DONE, "desktop-chat")
    code, _, errors = await ended(await run("--nonsense"))
    assert (code, "--nonsense" in errors) == (program.USAGE, True)
    code, _, errors = await ended(await run("--lang", "tlh"))
    assert code == program.USAGE
    assert all(language in errors for language in LANGUAGES)
