"""Servers with one mistake each: real classes with a wrong step, put in place of the right ones by tests alone.

A checker counts only after it has failed: each of these must be caught (`test_mutants.py`, `test_oracle.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_protocol.events import Role
from chat_protocol.ids import LogId, MemberId, Ref
from chat_protocol.permissions import LogKind
from chat_server.commit import Audience, Committer, _Waiting
from chat_server.hub.hub import Hub
from chat_server.hub.kinds import Context
from chat_server.hub.requests import Answer, Decision, Now, Request, SendRequest
from chat_server.storage.contract import Appended, Batch, Found
from chat_server.transport.feed import Feed, Feeds
from chat_server.transport.tls_stream import TlsStream
from tests.memory_storage import MemoryStorage


class AcksBeforeCommit(Committer):
    """Tells who sent something before the disk was asked."""

    async def _round(self, waiting: Sequence[_Waiting], audience: Audience) -> None:
        decision = self._decide([one.request for one in waiting])
        assert decision is not None
        muted = []
        for one, answer in zip(waiting, decision.answers, strict=True):
            if isinstance(one.request, SendRequest):
                one.answer(answer)
                muted.append(one._replace(answer=_ignore))
            else:
                muted.append(one)
        await super()._round(muted, audience)


def _ignore(_answer: Answer) -> None:
    pass


class DropsFanOut(Feeds):
    """Every tenth event reaches nobody who is live."""

    def _fan_out(self, log: LogId, events: Sequence[Appended], readers: dict[Feed, TlsStream]) -> None:
        if kept := [one for one in events if one.event.seq % 10]:
            super()._fan_out(log, kept, readers)


class SwapsTwo(Feeds):
    """Hands out the events of a commit in another order, once there are two."""

    def _fan_out(self, log: LogId, events: Sequence[Appended], readers: dict[Feed, TlsStream]) -> None:
        super()._fan_out(log, [*events[1:2], *events[:1], *events[2:]], readers)


class ForgetsCids(MemoryStorage):
    """Finds no event again, as soon as it is stored."""

    def append(self, batch: Batch) -> None:
        super().append(batch)
        self._refs.clear()


class LetsEverybodyRead(Hub):
    """Forgets to ask whether a member is in the room."""

    def visible_from(self, member: MemberId, log: LogId) -> int | None:
        is_room = self.kind_of(log) is LogKind.ROOM and self.role(member) is not Role.NONE
        return 1 if is_room else super().visible_from(member, log)


class LetsEverybodyWrite(Context):
    """Forgets to ask the table, and whether the author is in the log."""

    def check(self) -> None:
        if self.entry.target is not None:
            found = self.current.find(self.entry.target)
            self.target = found.event if found is not None else None
        if self.draft.kind_of(self.log) is None:
            super().check()


class TellsNoLoss(Hub):
    """Forgets that whoever was sent out is not to be told what follows."""

    def decide(self, requests: Sequence[Request], stored: Mapping[Ref, Found], now: Now) -> Decision:
        decision = super().decide(requests, stored, now)
        decision.lost.clear()
        decision.gone.clear()
        return decision


class RemembersForgotten(Hub):
    """Believes a decision before it is stored."""

    def decide(self, requests: Sequence[Request], stored: Mapping[Ref, Found], now: Now) -> Decision:
        decision = super().decide(requests, stored, now)
        decision.merge()
        return decision


class ForgetsRetries(Hub):
    """Looks no cid up: a retry is a new event."""

    def decide(self, requests: Sequence[Request], stored: Mapping[Ref, Found], now: Now) -> Decision:
        own = {request.member for request in requests if isinstance(request, SendRequest)}
        return super().decide(requests, {ref: one for ref, one in stored.items() if ref.member not in own}, now)
