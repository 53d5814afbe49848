"""One client process of the demo: `python -m tests.demo.person FOLDER NUMBER`, told what to do by lines on stdin.

FOLDER holds `plan.json`; the profile lies in `FOLDER/profile`, beside it the journal of what was written (a killed
process goes on where it stood). Answers are JSON lines on stdout.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from chat_protocol.events import Access
from chat_protocol.fold import Shown
from chat_protocol.ids import PEOPLE as PEOPLE_LOG
from chat_protocol.ids import Cid, LogId, Ref
from desktop_chat.core import rooms
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Notice
from desktop_chat.core.sentences import ChatError
from desktop_chat.core.server import Server
from desktop_chat.store.contract import Delivery, Extended, ExtendedBack, LogHeld
from tests.demo.script import PEOPLE, ROOMS, TAG, Step
from tests.waiting import woken

_AT_ONCE = 8
_PAUSE_S = 0.02


class Person:
    def __init__(self, folder: Path, number: int, client: Client) -> None:
        self.number = number
        self.client = client
        self.folder = folder
        self.plan: list[Step] = json.loads((folder / "plan.json").read_text("utf-8"))
        self.errors: list[str] = []
        self.server: Server
        self.logs: list[LogId] = []
        self._journal = folder / "journal.jsonl"
        self._written: dict[int, Ref] = {}
        self._heard: list[Ref | None] = [None, None]
        self._changed = asyncio.Event()
        client.on_message = self._on_message
        client.on_error = self._on_error
        client.on_notice = self._on_notice

    # --- told by lines ----------------------------------------------------------------------------------------

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        match order["do"]:
            case "join":
                self.server = await self.client.join(order["invite"], PEOPLE[self.number])
                return {"member": self.server.me}
            case "resume":
                (self.server,) = self.client.servers.values()
                await self._until(lambda: self.server.is_connected)
                return {}
            case "invite":
                assert self.server.invited_to is not None
                return {"invite": await self.server.invite(self.server.invited_to, uses=len(PEOPLE))}
            case "make":
                await self.server.make_room(ROOMS[1], Access.OPEN)
                return {}
            case "enter":
                await self._enter_rooms()
                return {}
            case "write":
                return {"written": await self._write(order["until"])}
            case "settle":
                await self._settle(order.get("heads"))
                return {"heads": self._heads(), "refused": self.errors}
            case "dump":
                return self._dump(full=order["full"])
        raise ValueError(order)

    async def _enter_rooms(self) -> None:
        for name in ROOMS:
            await self._until(lambda name=name: self._room(name) is not None)
            log = self._room(name)
            assert log is not None
            if log not in self.server.session.sync.held:
                await self.server.enter(log)
                await self._until(lambda log=log: log in self.server.session.sync.held)
            self.logs.append(log)

    def _room(self, name: str) -> LogId | None:
        listed = {title: log for log, title in rooms.open_rooms(self.server.state(PEOPLE_LOG))}
        return listed.get(name)

    # --- writing ----------------------------------------------------------------------------------------------

    async def _write(self, until: int) -> int:
        """Goes on with the plan up to the step `until`. What a killed process was about to write is looked up."""
        done = self._recover()
        while done < min(until, len(self.plan)):
            steps = self._next_steps(done, until)
            written = await asyncio.gather(*(self._step(step) for _, step in steps))
            with self._journal.open("a", encoding="utf-8") as journal:
                for (index, step), ref in zip(steps, written, strict=True):
                    journal.write(json.dumps([index, step.get("number"), ref and ref.cid]) + "\n")
            done = steps[-1][0] + 1
            await asyncio.sleep(_PAUSE_S)
        return done

    def _next_steps(self, done: int, until: int) -> list[tuple[int, Step]]:
        """Up to `_AT_ONCE` steps; one that changes an own text waits for what was written before it."""
        steps: list[tuple[int, Step]] = []
        for index, step in list(enumerate(self.plan))[done : min(done + _AT_ONCE, until)]:
            if step["do"] in ("edit", "delete") and steps:
                break
            steps.append((index, step))
        return steps

    async def _step(self, step: Step) -> Ref | None:
        match step["do"]:
            case "text" | "reply":
                if step["number"] in self._written:
                    return self._written[step["number"]]
                reply = self._heard[step["room"]] if step["do"] == "reply" else None
                ref = await self.server.send_text(self.logs[step["room"]], step["text"], reply)
                self._written[step["number"]] = ref
                return ref
            case "react":
                target = self._heard[step["room"]]
                return target and await self.server.react(self.logs[step["room"]], target, step["emoji"])
            case "edit":
                target = self._written[step["number"]]
                await self.server.edit(self._log_of(step["number"]), target, step["text"])
            case "delete":
                target = self._written[step["number"]]
                if self._is_standing(self._log_of(step["number"]), target):
                    await self.server.delete(self._log_of(step["number"]), target)
        return None

    def _recover(self) -> int:
        """What was written so far: the journal, and of the steps that were under way what the store holds."""
        done = 0
        if self._journal.exists():
            for line in self._journal.read_text("utf-8").splitlines():
                index, number, cid = json.loads(line)
                done = index + 1
                if number is not None and cid is not None:
                    self._written[number] = Ref(self.server.me, Cid(cid))
        under_way = {
            step["text"]: step["number"]
            for step in self.plan[done : done + _AT_ONCE]
            if "room" in step and "text" in step
        }
        for row in self.client.store.outbox(self.server.id):
            said = json.loads(row.body).get("text") if row.kind == "text" else None
            if said in under_way:
                self._written[under_way[said]] = Ref(self.server.me, row.cid)
        for log in self.logs:
            for shown in self.client.store.messages(self.server.id, log, before_row=1 << 50, limit=10_000):
                if shown.by == self.server.me and shown.text in under_way:
                    self._written[under_way[shown.text]] = shown.ref
        return done

    def _log_of(self, number: int) -> LogId:
        return next(self.logs[step["room"]] for step in self.plan if step.get("number") == number)

    def _is_standing(self, log: LogId, ref: Ref) -> bool:
        shown = self.client.store.message(self.server.id, log, ref)
        waits = any(row.cid == ref.cid for row in self.client.store.outbox(self.server.id))
        return waits or (shown is not None and not shown.deleted)

    # --- the end ----------------------------------------------------------------------------------------------

    async def _settle(self, heads: dict[str, list[Any]] | None) -> None:
        """Until everything written is answered and everything held: up to `heads` if they are known."""

        def is_settled() -> bool:
            rows = [row for row in self.client.store.outbox(self.server.id) if row.delivery is not Delivery.REFUSED]
            held = self.server.held()
            whole = all(held[log].before.seq == 0 for log in self.logs)
            return not rows and whole and (heads is None or heads == self._heads())

        await self._until(is_settled)

    def _heads(self) -> dict[str, list[Any]]:
        """As they are stored: what is dumped is read from there."""
        held = self.server.held()
        found = {log: held[log].at for log in (*self.logs, PEOPLE_LOG)}
        return {log: [at.seq, at.h.hex(), at.row] for log, at in found.items()}

    def _dump(self, *, full: bool) -> dict[str, Any]:
        """Every message as shown: a digest of all, and for one person the texts by their tags."""
        said: list[list[Any]] = []
        for log in self.logs:
            page = self.client.store.messages(self.server.id, log, before_row=1 << 50, limit=100_000)
            said += [
                [log, one.seq, one.by, one.cid, one.text, one.deleted, one.edited_ts, one.reactions] for one in page
            ]
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        dumped: dict[str, Any] = {"digest": digest, "messages": len(said)}
        if full:
            dumped["said"] = [[by, cid, text, deleted] for _, _, by, cid, text, deleted, _, _ in said]
        return dumped

    async def _until(self, condition: Any) -> None:
        while not condition():
            await woken(self._changed)

    def _on_message(self, _server: Server, log: LogId, message: Shown) -> None:
        tag = TAG.search(message.text)
        if log in self.logs and tag is not None and not tag[3]:
            self._heard[self.logs.index(log)] = message.ref

    def _on_error(self, _server: Server | None, error: BaseException) -> None:
        self.errors.append(f"{error.code}: {error}" if isinstance(error, ChatError) else repr(error))

    def _on_notice(self, _server: Server, notice: Notice) -> None:
        asyncio.get_running_loop().call_soon(self._changed.set)
        if isinstance(notice, (Extended, ExtendedBack, LogHeld)):
            self._changed.set()


async def main(folder: Path, number: int) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with await Client.open(folder / "profile", share=1.0) as client:
        person = Person(folder, number, client)
        while line := await reader.readline():
            answer = await person.obey(json.loads(line))
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
