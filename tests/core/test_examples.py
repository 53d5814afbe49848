"""The examples of docs/client.md do what it says."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.core.people import GUARD_S, Person, Place, room_of


async def test_the_echo_bot_answers(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    async with Person() as person:
        place = Place(tmp_path / "server", person)
        async with place.open():
            host = await place.enter()
            room = room_of(host)
            folders = dict.fromkeys(("XDG_DATA_HOME", "HOME", "APPDATA", "LOCALAPPDATA"), str(tmp_path))
            bot = await asyncio.create_subprocess_exec(
                sys.executable,
                str(ROOT / "docs" / "examples" / "echo_bot.py"),
                await host.invite(room),
                env=os.environ | folders | {"PYTHONUNBUFFERED": "1"},
                stdout=asyncio.subprocess.PIPE,
            )
            assert bot.stdout is not None
            assert await bot.stdout.readline() == b"listening\n"
            said = await host.send_text(room, "hello")
            await person.until(lambda: person.messages == ["hello", "hello"])
            answer = person.store.messages(host.id, room, before_row=99, limit=1)[0]
            assert answer.reply == said
        async with asyncio.timeout(GUARD_S):
            assert b"closed: restart trying again" in await bot.stdout.readline()
        bot.kill()
        await bot.communicate()
