"""Whatever happens: who reads only the rows that were told of has read all that changed, and it is what the store and
the outbox say."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chat_protocol import codec, frames
from chat_protocol.errors import Code
from chat_protocol.events import Delete, Edit, Entry, Event, React, Text, decode_body
from chat_protocol.ids import Ref
from desktop_chat.core.effects import Now
from desktop_chat.models.messages import Messages
from tests.core.desk import ME, OTHER, ROOM, FakeLog, refusal
from tests.models.counter import Counter, FakeClient, a_room
from tests.models.seen import Seen, rows_of
from tests.store.memory import MemoryStore


def append(room: FakeLog, entry: Entry) -> Event:
    body = decode_body(entry.kind, entry.body)
    return room.append(entry.kind, body, by=ME, cid=entry.cid, target=entry.target, key=entry.key)


which = st.integers(0, 30)


class Anything(RuleBasedStateMachine):
    @initialize(said=st.integers(0, 5))
    def begin(self, said: int) -> None:
        self.counter = Counter(MemoryStore())
        self.room = a_room()
        self.room.say(*(f"before {n}" for n in range(said)))
        self.counter.connect(self.room)
        self.counter.batch()
        self.seen = Seen(self._open())
        self.written = 0

    def _open(self) -> Messages:
        return Messages(FakeClient(self.counter.store, self.counter).as_client, self.counter.as_server, ROOM)

    # --- at the server --------------------------------------------------------------------------------------------

    @rule(count=st.integers(1, 3))
    def others_say(self, count: int) -> None:
        self.room.say(*(f"said {self.room.at.row + n}" for n in range(count)))

    @precondition(lambda self: self.room.at.row)
    @rule(which=which, kind=st.sampled_from(["edit", "react", "delete"]))
    def others_change(self, which: int, kind: str) -> None:
        messages = [event for event in self.room.events if event.kind == "text"]
        target = messages[which % len(messages)].ref
        body = {"edit": Edit(f"edited {self.room.at.seq}"), "react": React("🙂"), "delete": Delete()}[kind]
        self.room.append(kind, body, target=target)

    @precondition(lambda self: self.sending())
    @rule(refuse=st.booleans(), answer_first=st.booleans())
    def the_server_decides(self, refuse: bool, answer_first: bool) -> None:
        send = self.sending()[0]
        self.counter.sent.remove(send)
        entries = [entry for entry, _ in map(codec.decode_entry, send.batch)]
        known = {event.cid: event.seq for event in self.room.events if event.by == ME}
        res: list[frames.Sent] = []
        for entry in entries:
            if refuse:
                res.append(refusal(entry.cid, Code.FORBIDDEN))
                continue
            if entry.cid not in known:
                event = append(self.room, entry)
                known[entry.cid] = event.seq
            res.append(frames.Sent(entry.cid, known[entry.cid], 1))
        if not answer_first:
            self.counter.extend(self.room)
        self.counter.receive(frames.Ok(send.id, res=res))

    def sending(self) -> list[frames.Send]:
        return self.counter.all(frames.Send) if self.counter.is_connected else []

    # --- over the wire ----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.counter.is_connected)
    @rule()
    def events_come(self) -> None:
        self.counter.extend(self.room)

    @precondition(lambda self: self.counter.is_connected)
    @rule(seq=which)
    def another_reads(self, seq: int) -> None:
        self.counter.receive(frames.Signal(ROOM, "read", OTHER, min(seq, self.room.at.seq)))

    @precondition(lambda self: self.counter.is_connected)
    @rule()
    def older_ones_come(self) -> None:
        self.counter.answer_pages(self.room)

    @rule()
    def cut_and_come_again(self) -> None:
        if self.counter.is_connected:
            self.counter.cut()
            self.counter.sent.clear()
        else:
            self.counter.connect(self.room)

    # --- here -------------------------------------------------------------------------------------------------------

    @rule(reply=st.one_of(st.none(), which))
    def write(self, reply: int | None) -> None:
        self.written += 1
        refs = self._refs()
        to = refs[reply % len(refs)] if reply is not None and refs else None
        self.counter.call(self.counter.session.write, ROOM, "text", Text(f"mine {self.written}", to), self._now())

    @precondition(lambda self: self._refs())
    @rule(which=which, kind=st.sampled_from(["edit", "react", "delete"]))
    def change(self, which: int, kind: str) -> None:
        refs, session = self._refs(), self.counter.session
        ref = refs[which % len(refs)]
        if kind == "edit":
            self.counter.call(session.edit, ROOM, ref, f"my edit {which}", self._now())
        elif kind == "delete":
            self.counter.call(session.delete, ROOM, ref, self._now())
        else:
            self.counter.call(session.write, ROOM, "react", React("👍"), self._now(), target=ref)

    @rule()
    def look_at_all(self) -> None:
        rows_of(self.seen.messages)

    @rule(torn=st.booleans())
    def be_told(self, torn: bool) -> None:
        if torn:
            for one in self.counter.batch():
                self.seen.messages.apply([one])
        self.seen.apply(self.counter)
        fresh = self._open()
        assert (fresh.first_row, fresh.head_row) == (self.seen.messages.first_row, self.seen.messages.head_row)
        assert self.seen.rows == dict(rows_of(fresh))
        for moment in self.seen.moments:
            mine = [text.split(" edited")[0] for text in moment if text.startswith("mine")]
            names = [" ".join(text.split()[:2]) for text in mine]
            assert len(names) == len(set(names)), "nothing is there twice"
        self.seen.moments.clear()

    def teardown(self) -> None:
        if hasattr(self, "seen"):
            self.be_told(torn=False)

    def _refs(self) -> Sequence[Ref]:
        """Of messages that can be seen here."""
        shown = self.counter.store.messages(self.counter.id, ROOM, before_row=1 << 40, limit=100)
        waiting = [row for row in self.counter.store.outbox(self.counter.id) if row.kind == "text"]
        return [*(one.ref for one in shown), *(Ref(ME, row.cid) for row in waiting)]

    def _now(self) -> Now:
        return self.counter.now


TestAnything = Anything.TestCase
TestAnything.settings = settings(max_examples=60, stateful_step_count=30)
