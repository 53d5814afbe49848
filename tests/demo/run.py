"""`python3 dev.py demo`: a real server and eight real clients over TLS; the server is killed twice, a client once, and
one client is offline for the middle third. At the end every log has one `h`, the same everywhere, the texts are what
was written, and deleted words are in no file. Prints a table; any difference is a non-zero exit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from chat_protocol import invite_link  # noqa: E402
from tests.demo.script import PEOPLE, TEXT_BYTES, Step, doomed_words, plans  # noqa: E402
from tests.faults.proxy import FaultProxy  # noqa: E402
from tests.faults.server_process import ServerProcess  # noqa: E402

OFFLINE, KILLED = 7, 3
"""Who is cut off for the middle third, and who is killed."""
GUARD_S = 50.0
UNLIMITED = [f"--rate={what}=1000000/1000000" for what in ("device", "room", "requests", "joins")]
"""A year's talk in seconds is more than one device may say; what else limits stays."""


class Difference(Exception):
    """What the demo is there to find."""


class ClientProcess:
    """A `tests.demo.person`, by its lines."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.number = number
        self._reading = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self.folder / "stderr.txt").open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.demo.person", str(self.folder), str(self.number)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env=os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
                limit=1 << 26,
            )

    async def ask(self, do: str, **order: Any) -> dict[str, Any]:
        """Raises `Difference` when the process ended instead of answering."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        async with self._reading:
            process.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
            line = await process.stdout.readline()
        if not line:
            raise Difference(f"{PEOPLE[self.number]} ended: {(self.folder / 'stderr.txt').read_text('utf-8')[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """By the end of its stdin."""
        await self._end(None)

    async def _end(self, by: signal.Signals | None) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        if by is not None and process.returncode is None:
            process.send_signal(by)
        process.stdin.close()
        async with self._reading:  # whoever waits for an answer sees the end first
            await process.stdout.read()
        await process.wait()


class Demo:
    def __init__(self, folder: Path, seed: int, counts: tuple[int, int]) -> None:
        self.folder = folder
        self.plans: list[list[Step]] = plans(seed, counts)
        self.server = ServerProcess(folder / "server", folder / "server.log", UNLIMITED)
        self.people = [ClientProcess(folder / f"person{number}", number) for number in range(len(PEOPLE))]
        self.members: list[str] = []
        self.kills = 0

    async def run(self) -> dict[str, Any]:
        await self.server.start()
        for person, plan in zip(self.people, self.plans, strict=True):
            person.folder.mkdir()
            (person.folder / "plan.json").write_text(json.dumps(plan), "utf-8")
            await person.start()
        async with FaultProxy(("127.0.0.1", self.server.port), seed=1) as proxy:
            await self._gather(proxy)
            started = time.monotonic()
            await self._talk(proxy)
            heads = await self._settle()
            took_s = time.monotonic() - started
            dumps = await asyncio.gather(*(person.ask("dump", full=person.number == 0) for person in self.people))
        await self._stop()
        self._compare(dumps)
        self._search_files()
        return {"heads": heads, "seconds": took_s, "messages": dumps[0]["messages"]}

    async def _gather(self, proxy: FaultProxy) -> None:
        """The host by the printed link, the others by the invite that the host prints; one of them over a bad line."""
        host = self.people[0]
        self.members.append((await host.ask("join", invite=self.server.ready["host_link"]))["member"])
        invite = (await host.ask("invite"))["invite"]
        print(f"{PEOPLE[0]} hosts. The invite: {invite}")
        await host.ask("make")
        over_proxy = replace(invite_link.parse(invite), addresses=(invite_link.Address("127.0.0.1", proxy.port),))
        for person in self.people[1:]:
            link = over_proxy.to_app_link() if person.number == OFFLINE else invite
            self.members.append((await person.ask("join", invite=link))["member"])
        await asyncio.gather(*(person.ask("enter") for person in self.people))

    async def _talk(self, proxy: FaultProxy) -> None:
        """In thirds; each goes on as soon as everybody has written it, whatever the server has of it."""
        for third in (1, 2, 3):
            if third == 2:
                proxy.hold()
            writing = [
                asyncio.create_task(person.ask("write", until=len(plan) * third // 3))  # noqa: TID251 - awaited below
                for person, plan in zip(self.people, self.plans, strict=True)
            ]
            try:
                if third in (1, 3):
                    await asyncio.sleep(1)
                    await self._kill_server()
                else:
                    await asyncio.sleep(0.5)
                    await self._kill_person(writing)
                await asyncio.gather(*writing)
            finally:
                for task in writing:
                    task.cancel()
                await asyncio.wait(writing)
            if third == 2:
                proxy.release()

    async def _kill_server(self) -> None:
        await self.server.kill()
        self.kills += 1
        await self.server.start()

    async def _kill_person(self, writing: list[asyncio.Task[dict[str, Any]]]) -> None:
        person = self.people[KILLED]
        await person.kill()
        self.kills += 1
        await asyncio.gather(writing[KILLED], return_exceptions=True)
        await person.start()
        await person.ask("resume")
        await person.ask("enter")
        until = len(self.plans[KILLED]) * 2 // 3
        writing[KILLED] = asyncio.create_task(person.ask("write", until=until))  # noqa: TID251 - awaited by _talk

    async def _settle(self) -> dict[str, list[Any]]:
        """First everybody's outbox empties; then the host's heads are everybody's."""
        answers = await asyncio.gather(*(person.ask("settle") for person in self.people))
        heads: dict[str, list[Any]] = (await self.people[0].ask("settle"))["heads"]
        newest = max((answer["heads"] for answer in answers), key=lambda one: sum(at[0] for at in one.values()))
        if newest != heads:
            heads = (await self.people[0].ask("settle", heads=newest))["heads"]
        answers = await asyncio.gather(*(person.ask("settle", heads=heads) for person in self.people))
        for person, answer in zip(self.people, answers, strict=True):
            if answer["heads"] != heads:
                raise Difference(f"{PEOPLE[person.number]} holds {answer['heads']}, not {heads}")
            if answer["refused"]:
                raise Difference(f"{PEOPLE[person.number]} was refused: {answer['refused'][:3]}")
        return heads

    async def _stop(self) -> None:
        for person in self.people:
            await person.stop()
        code = await self.server.stop()
        if code != 0:
            raise Difference(f"the server ended with {code}")

    def _compare(self, dumps: list[dict[str, Any]]) -> None:
        if len({dump["digest"] for dump in dumps}) != 1:
            raise Difference(f"not everybody shows the same: {[dump['digest'][:12] for dump in dumps]}")
        standing: dict[str, list[str]] = {}
        deleted: dict[str, int] = {}
        for by, _cid, text, is_deleted in dumps[0]["said"]:
            if is_deleted:
                deleted[by] = deleted.get(by, 0) + 1
            else:
                standing.setdefault(by, []).append(text)
        for member, plan in zip(self.members, self.plans, strict=True):
            expected = _final_texts(plan)
            if sorted(standing.get(member, [])) != sorted(expected):
                raise Difference(f"of {len(expected)} texts {len(standing.get(member, []))} stand, or not as written")
        doomed = sum(len(doomed_words(plan)) for plan in self.plans)
        if sum(deleted.values()) > doomed:
            raise Difference(f"{sum(deleted.values())} tombstones for {doomed} deletions")

    def _search_files(self) -> None:
        words = [word.encode() for plan in self.plans for word in doomed_words(plan)]
        roots = [self.folder / "server", *(person.folder / "profile" for person in self.people)]
        for path in (path for root in roots for path in root.rglob("*") if path.is_file()):
            data = path.read_bytes()
            for word in words:
                if word in data:
                    raise Difference(f"{path.relative_to(self.folder)} still holds a deleted word")

    async def end(self) -> None:
        """Ends what still runs."""
        for person in self.people:
            await person.kill()
        await self.server.kill()


def _final_texts(plan: list[Step]) -> list[str]:
    texts: dict[int, str] = {}
    for step in plan:
        if step["do"] in ("text", "reply", "edit"):
            texts[step["number"]] = step["text"]
        elif step["do"] == "delete":
            del texts[step["number"]]
    return list(texts.values())


def _print_table(demo: Demo, result: dict[str, Any], whole_s: float) -> None:
    steps = [step["do"] for plan in demo.plans for step in plan]
    rows = [
        ("people, each a process", len(demo.people)),
        ("messages", result["messages"]),
        *(
            (name, steps.count(kind))
            for name, kind in (("replies", "reply"), ("edits", "edit"), ("deletions", "delete"))
        ),
        ("reactions", steps.count("react")),
        (
            "texts of the greatest length",
            sum(len(step.get("text", "").encode()) > TEXT_BYTES - 100 for p in demo.plans for step in p),
        ),
        ("kills (server twice, one client)", demo.kills),
        ("offline for the middle third", PEOPLE[OFFLINE]),
        ("talk and healing, seconds", f"{result['seconds']:.1f}"),
        ("all, seconds", f"{whole_s:.1f}"),
    ]
    for name, value in rows:
        print(f"  {name:<36} {value}")
    for log, (seq, h, row) in result["heads"].items():
        print(f"  log {log[:12]:<12}  {seq:>6} events, {row:>6} messages, h {h[:16]} for all {len(demo.people)}")
    print("Equal logs everywhere, texts as written, deleted words in no file.")


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--small", action="store_true", help="a tenth of the messages")
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="desktop-chat-demo-"))
    counts = (500, 100) if arguments.small else (5_000, 1_000)
    print(f"seed {arguments.seed}, conversations {'real' if os.environ.get('DESKTOP_CHAT_CORPUS') else 'built in'}")
    demo = Demo(folder, arguments.seed, counts)
    started = time.monotonic()
    try:
        async with asyncio.timeout(GUARD_S):
            result = await demo.run()
        _print_table(demo, result, time.monotonic() - started)
    except Difference as found:
        print(f"DIFFERENT: {found}", file=sys.stderr)
        return 1
    except TimeoutError:
        print(f"DIFFERENT: not done after {GUARD_S:.0f} s", file=sys.stderr)
        return 1
    finally:
        await demo.end()
        if arguments.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
