"""A room of 196,573 real messages in the real program: scrolled, searched, jumped through."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from desktop_chat.core.client import Client
from tests.e2e.desk import Desk
from tests.e2e.long_room import fill, texts_of
from tests.faults.server_process import ServerProcess

CATCH_UP_GUARD_S = 200.0
CORPUS = os.environ.get("DESKTOP_CHAT_CORPUS")

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(CORPUS is None, reason="DESKTOP_CHAT_CORPUS names no folder with conversations"),
]


async def test_a_long_room_is_caught_up_scrolled_searched_and_jumped_through(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server", tmp_path / "server.log", ["--bind", "local"])
    await server.start()
    try:
        async with await Client.open(tmp_path / "hugo") as client, await Client.open(tmp_path / "ann") as other:
            hugo = await client.join(server.ready["host_link"], "Hugo")
            room = hugo.invited_to
            assert room is not None
            ann = await other.join(await hugo.invite(room), "Ann")
        await server.stop()
        assert CORPUS is not None
        texts, authors = texts_of(Path(CORPUS), "ubuntu-irc"), [hugo.me, ann.me]
        said = fill(server.folder, room, texts, authors, time.time_ns() // 1_000_000)
        assert len(said) > 190_000
        await server.start()
        async with Desk(tmp_path / "hugo", "--lang", "en") as desk:
            await desk("click", "rail_chats")
            await desk("key", keys="Alt+Down")
            await desk("wait", "timeline", says=said[-1], guard_s=CATCH_UP_GUARD_S)
            await desk("scroll", "timeline", to=0.0)
            await desk("wait", "timeline", says=said[0])
            await desk("scroll", "timeline", to=0.5)
            await desk("click", "jump_to_bottom")
            await desk("wait", "timeline", says=said[-1])
            await desk("key", keys="Ctrl+F")
            await desk("type", "find_field", text=said[-40])
            await desk("wait", "timeline", says=said[-40])
            assert (await desk.close())[0] == 0
            assert desk.said() == ""
    finally:
        await server.kill()
