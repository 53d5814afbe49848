"""Two real desktop programs and the server that one of them hosts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.desk import END_S, Desk, make_profile, texts_in

pytestmark = pytest.mark.timeout(180)
linux = pytest.mark.skipif(sys.platform != "linux", reason="finds the server by /proc")


async def test_one_hosts_the_other_joins_and_they_talk(tmp_path: Path) -> None:
    async with Desk(await make_profile(tmp_path / "host")) as host:
        link = await host.host_room()
        async with Desk(tmp_path / "guest", link) as guest:
            await guest.join("Grace 文")
            await guest.send("hi")
            await host("wait", "conversation_list", says="Grace 文: hi")
            await host("click", "rail_chats")
            await host("wait", "timeline", says="hi")
            await host.send("你好")
            await guest("wait", "timeline", says="你好")
            code, took_s = await guest.close()
            assert (code, guest.said()) == (0, "")
            assert took_s < END_S
        await host.left_alone()
        code, _ = await host.close()
        assert (code, host.said()) == (0, "")
    assert texts_in(tmp_path / "host") == texts_in(tmp_path / "guest") == ["hi", "你好"]


async def test_what_the_composer_let_go_of_survives_kill_9_of_the_program(tmp_path: Path) -> None:
    """P1, P2: its row was durable; the next life sends it, once."""
    let_go: list[str] = []

    async def talk(desk: Desk) -> None:
        with contextlib.suppress(AssertionError, OSError):  # in the middle of it the program is gone
            while True:
                await desk.send(f"message {len(let_go)}")
                let_go.append(f"message {len(let_go)}")

    async def kill(desk: Desk, host: Desk) -> None:
        await host("wait", "timeline", says=f"message {random.randrange(3, 30)}")
        desk.kill()

    async with Desk(await make_profile(tmp_path / "host")) as host:
        link = await host.host_room()
        await host("click", "rail_chats")
        async with Desk(tmp_path / "guest", link) as guest:
            await guest.join("Grace")
            await asyncio.gather(talk(guest), kill(guest, host))
        async with Desk(tmp_path / "guest") as guest:
            await guest("wait", "composer_field")
            await guest.send("back again")
            await host("wait", "timeline", says="back again")
            assert (await guest.close())[0] == 0
        await host.left_alone()
        assert (await host.close())[0] == 0
    held = texts_in(tmp_path / "host")
    assert held == texts_in(tmp_path / "guest")
    assert held[-1] == "back again"
    # What was typed when it was killed may have become durable unseen.
    assert held[:-1] in (let_go, [*let_go, f"message {len(let_go)}"])


@linux
async def test_a_server_that_is_killed_comes_back_and_nothing_is_lost(tmp_path: Path) -> None:
    async with Desk(await make_profile(tmp_path / "host")) as host:
        link = await host.host_room()
        await host("click", "rail_chats")
        async with Desk(tmp_path / "guest", link) as guest:
            await guest.join("Grace")
            sent = []
            for number in range(6):
                if number == 3:
                    os.kill(host.server_pid(), signal.SIGKILL)
                sent.append(f"message {number}")
                await guest.send(sent[-1])
            await host("wait", "timeline", says=sent[-1])
            assert (await guest.close())[0] == 0
        await host.left_alone()
        assert (await host.close())[0] == 0
    assert texts_in(tmp_path / "host") == texts_in(tmp_path / "guest") == sent


@linux
async def test_the_room_outlives_a_host_whose_program_is_killed(tmp_path: Path) -> None:
    async with Desk(await make_profile(tmp_path / "host")) as host:
        link = await host.host_room()
        await host("click", "rail_chats")
        async with Desk(tmp_path / "guest", link) as guest:
            await guest.join("Grace")
            await host.send("I may be gone for a moment")
            server = host.server_pid()
            host.kill()
            await host.wait()
            try:
                await guest("wait", "timeline", says="gone for a moment")
                await guest.send("we are still here")
                async with Desk(tmp_path / "host") as host_again:
                    await host_again("wait", "timeline", says="we are still here")
                    await host_again("wait", "host_button", says="2 here")
                    await host_again.send("so am I")
                    await guest("wait", "timeline", says="so am I")
                    await host_again("close")
                    await host_again("wait", "question")  # the server goes after its host, whoever started it
                    await host_again("click", "confirm_button")
                    assert await host_again.wait() == 0
                assert (await guest.close())[0] == 0
            finally:
                os.kill(server, signal.SIGTERM)  # it would stay for a minute
    assert texts_in(tmp_path / "host") == ["I may be gone for a moment", "we are still here", "so am I"]


async def test_closing_during_a_send_loses_nothing(tmp_path: Path) -> None:
    async with Desk(await make_profile(tmp_path / "host")) as host:
        link = await host.host_room()
        async with Desk(tmp_path / "guest", link) as guest:
            await guest.join("Grace")
            await guest("type", "composer_field", text="the last word", enter=True)
            assert (await guest.close())[0] == 0
        await host("click", "rail_chats")
        async with Desk(tmp_path / "guest") as guest:
            await host("wait", "timeline", says="the last word")
            await guest("wait", "timeline", says="the last word")
            assert (await guest.close())[0] == 0
        await host.left_alone()
        assert (await host.close())[0] == 0
    assert texts_in(tmp_path / "host") == ["the last word"]


@linux
async def test_a_server_that_hangs_keeps_no_program_from_ending(tmp_path: Path) -> None:
    async with Desk(await make_profile(tmp_path / "host")) as host:
        link = await host.host_room()
        async with Desk(tmp_path / "guest", link) as guest:
            await guest.join("Grace")
            server = host.server_pid()
            os.kill(server, signal.SIGSTOP)
            try:
                await guest.send("is anybody there?")
                code, took_s = await guest.close()
                assert (code, guest.said()) == (0, "")
                assert took_s < 2 * END_S
                began = asyncio.get_running_loop().time()
                host.terminate()
                assert (await host.wait(), host.said()) == (0, "")
                assert asyncio.get_running_loop().time() - began < 2 * END_S
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(server, signal.SIGKILL)


async def test_quitting_while_people_are_there_asks_with_their_number(tmp_path: Path) -> None:
    async with Desk(await make_profile(tmp_path / "host"), "--lang", "en") as host:
        link = await host.host_room()
        async with Desk(tmp_path / "guest", link, "--lang", "en") as guest:
            await guest.join("Grace")
            await host("wait", "host_button", says="2 here")
            await host("close")
            await host("wait", "question", says="1 person")
            await host("close")  # it is asked once
            await host("click", "cancel_button")
            await host("gone", "question")
            await guest.send("still there?")
            await host("wait", "conversation_list", says="still there?")
            await host("close")
            await host("click", "confirm_button")
            assert await host.wait() == 0
            await guest("wait", "server_banner", says="Room resting")
            assert (await guest.close())[0] == 0
