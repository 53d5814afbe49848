"""A real client as a process of its own, for a test that kills it: `python -m tests.faults.client_process …`.

It says one JSON line on stdout for each thing that is so: `ready`, then for everything it wrote, once the call has
returned and so promised that it is durable, `{"cid": …}`. With `--settle` it writes nothing: it says `drained` when
its outbox is empty, reads a seq on stdin, and says where it stands when it holds the room up to there.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from random import Random

import click

from chat_protocol.ids import LogId, b64
from desktop_chat.core.client import Client
from desktop_chat.core.sentences import ChatError
from desktop_chat.core.server import Server
from tests.waiting import woken


@click.command()
@click.option("--profile", type=click.Path(path_type=Path), required=True)
@click.option("--link", required=True)
@click.option("--name", required=True)
@click.option("--room", type=LogId, required=True)
@click.option("--word", required=True, help="Part of every text.")
@click.option("--seed", type=int, required=True)
@click.option("--settle", is_flag=True)
def main(profile: Path, link: str, name: str, room: LogId, word: str, seed: int, settle: bool) -> None:
    asyncio.run(_run(profile, link, name, room, word, seed, settle))


async def _run(profile: Path, link: str, name: str, room: LogId, word: str, seed: int, settle: bool) -> None:
    changed = asyncio.Event()
    async with await Client.open(profile) as client:
        client.on_notice = lambda _server, _notice: changed.set()
        server = next(iter(client.servers.values()), None) or await _join(client, link, name)
        while room not in server.session.sync.held:
            await woken(changed)
        _say({"event": "ready"})
        if settle:
            await _settle(server, room, changed)
        else:
            await _write(server, room, word, seed)


async def _join(client: Client, link: str, name: str) -> Server:
    """However long the server is out of reach."""
    while True:
        try:
            return await client.join(link, name)
        except ChatError:
            await asyncio.sleep(0.1)


async def _write(server: Server, room: LogId, word: str, seed: int) -> None:
    """Until killed: faster than the server takes it, so that something always waits."""
    random = Random(seed)
    number = 0
    while True:
        number += 1
        padding = "x" * random.choice((0, 0, 10, 2_000))
        ref = await server.send_text(room, f"{seed}/{number} {word} {padding}")
        _say({"cid": ref.cid})
        await asyncio.sleep(random.choice((0, 0.01, 0.05)))


async def _settle(server: Server, room: LogId, changed: asyncio.Event) -> None:
    while server.store.outbox(server.id):
        await woken(changed)
    _say({"event": "drained"})
    seq = int(await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline))
    while (held := server.session.sync.held[room]).at.seq < seq or held.before.seq > 0:
        await woken(changed)
    await server.driver.durable()  # the session knows of it before the store holds it
    events = server.store.events(server.id, room, 0, seq + 1)
    cids = [event.cid for event in events]
    _say({"event": "settled", "seq": held.at.seq, "h": b64(held.at.h), "me": server.me, "cids": cids})


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
