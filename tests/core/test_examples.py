"""The examples of docs/client.md do what it says."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.core.people import GUARD_S, Person, Place, room_of

BOT = [sys.executable, str(ROOT / "docs" / "examples" / "echo_bot.py")]


def own_folders(folder: Path) -> dict[str, str]:
    """An environment in which the bot's profile lies in `folder`."""
    folders = dict.fromkeys(("XDG_DATA_HOME", "HOME", "APPDATA", "LOCALAPPDATA"), str(folder))
    return os.environ | folders | {"PYTHONUNBUFFERED": "1"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "usage: python echo_bot.py INVITE\n"), (["hello"], "This is not an invite link.\n")],
    ids=["no invite", "what is none"],
)
def test_the_echo_bot_says_why_it_does_not_start(tmp_path: Path, arguments: list[str], said: str) -> None:
    ended = subprocess.run(
        [*BOT, *arguments], env=own_folders(tmp_path), capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (1, said)


async def test_the_echo_bot_answers(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    async with Person() as person:
        place = Place(tmp_path / "server", person)
        async with place.open():
            host = await place.enter()
            room = room_of(host)
            pipe = asyncio.subprocess.PIPE
            bot = await asyncio.create_subprocess_exec(
                *BOT, await host.invite(room), env=own_folders(tmp_path), stdout=pipe, stderr=pipe
            )
            assert bot.stdout is not None
            assert await bot.stdout.readline() == b"listening\n"
            said = await host.send_text(room, "hello")
            await person.until(lambda: person.messages == ["hello", "hello"])
            answer = person.store.messages(host.id, room, before_row=99, limit=1)[0]
            assert answer.reply == said
            await host.send_text(room, "an answer", reply=answer.ref)  # to which it says nothing
            await host.stored(await host.send_text(room, "bye"))
            await person.until(lambda: person.messages == ["hello", "hello", "an answer", "bye", "bye"])
        async with asyncio.timeout(GUARD_S):
            assert b"closed: restart trying again" in await bot.stdout.readline()
            if sys.platform == "win32":
                bot.kill()
            else:
                bot.send_signal(signal.SIGINT)
            out, err = await bot.communicate()
    if sys.platform != "win32":
        assert (bot.returncode, out.splitlines()[-1:], err) == (0, [b"stopped"], b"")
