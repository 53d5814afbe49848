"""P6: whatever is held of whatever log, both stores show the fold of exactly that."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from chat_protocol.events import Delete, Edit, Pin, React, Text, Topic, encode_body
from chat_protocol.ids import LogId, Ref
from desktop_chat.store.contract import LogClosed, Marked, Op, SetAside, Store
from desktop_chat.store.sqlite import SqliteStore
from tests.store.memory import MemoryStore
from tests.store.written_log import JOINED, SERVER, START_MS, WrittenLog, member

WORDS = ["alpha", "beta", "会议", "東京 gamma", "delta!"]

KINDS = ["text", "text", "later message", "edit", "delete", "react", "pin", "later change", "topic", "name"]

Step = tuple[str, int, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 2),
        st.integers(0, 6),
    ),
    max_size=25,
)
moves = st.lists(
    st.tuples(st.sampled_from(["up", "up", "down", "down", "set aside", "hold", "close", "mark"]), st.integers(1, 5)),
    max_size=12,
)


def write(log: WrittenLog, told: Sequence[Step]) -> None:
    messages = [event.ref for event in log.events if event.target is None and event.key is None]
    for kind, who, n in told:
        log.clock_ms = -3_600_000 * n if who == 2 else 0  # an order by time is another than that of seq
        by, word = member(who), WORDS[n % len(WORDS)]
        target: Ref | None = messages[-1 - n % len(messages)] if messages else None
        if kind in ("topic", "name"):
            log.add(by, "topic", encode_body(Topic(word)), key=kind)
        elif kind in ("text", "later message") or target is None:
            reply = target if n % 3 == 0 else None  # it names a member, and mentions none
            messages.append(log.add(by, kind, encode_body(Text(word, reply, [member(n % 3)] * (n % 2)))))
        elif kind == "edit":
            log.change(target, Edit(f"{word} edited", [member(n % 3)] * (n % 2)), by)
        elif kind == "react":
            log.change(target, React(word[:1], on=n % 3 > 0), by)
        elif kind == "pin":
            log.change(target, Pin(on=n % 2 > 0), by)
        elif kind == "delete":
            log.change(target, Delete(), by)
        else:
            log.add(by, kind, encode_body(Text(word)), target=target)


class Plan:
    """Which part of `log` is held; each move is an operation that keeps to the contract."""

    def __init__(self, log: WrittenLog, at: int) -> None:
        self.log, self.before, self.head = log, at, at

    def op(self, move: str, n: int) -> Op:
        log = self.log
        if move == "up":
            start, self.head = self.head, min(self.head + n, log.head)
            return log.extend(start, self.head)
        if move == "down":
            first, self.before = self.before + 1, max(self.before - n, 0)
            return log.extend_back(self.before, first)
        if move == "set aside":
            self.head = max(self.head - n, 0)
            self.before = min(self.before, self.head)
            fork = log.fork(self.head)
            fork.say("after the restore")
            write(fork, [("edit", n, n), ("delete", n, 0), ("text", n, n)])
            self.log = fork
            return SetAside(SERVER, log.log, log.at[self.head])
        if move == "hold":
            self.before = self.head = min(self.head + n, log.head)
            return log.hold(self.head)
        return LogClosed(SERVER, log.log) if move == "close" else Marked(SERVER, log.log, n)


def all_of(store: Store, log: LogId) -> list[object]:
    """Everything that a store says, in the order of the contract."""
    return [
        store.servers(),
        store.held(SERVER),
        store.held_log(SERVER, log),
        [store.position(SERVER, log, seq) for seq in range(35)],
        store.state(SERVER, log),
        [store.values(SERVER, log, *keys) for keys in (("topic",), ("name", "none"), ("topic", "name"), ())],
        [store.messages(SERVER, log, before_row=row, limit=3) for row in range(0, 30, 2)],
        [
            store.standing(SERVER, log, above_row=row, member=member(who), hidden=hidden)
            for row in range(0, 30, 3)
            for who in range(3)
            for hidden in ((), [member(1)], [member(0), member(2)])
        ],
        store.said(SERVER, log, 1, 100),
        store.events(SERVER, log, 0, 100),
        store.aside(SERVER, log),
        *(store.search(word, log=log) for word in ["alpha", "bet", "会议", "東京", "edited", "restore"]),
    ]


@settings(max_examples=60)
@given(steps, st.integers(0, 25), moves)
def test_P6_both_stores_show_the_fold_of_what_is_held(told: list[Step], at: int, moved: list[tuple[str, int]]) -> None:
    log = WrittenLog()
    write(log, told)
    plan = Plan(log, min(at, log.head))
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(MemoryStore()) as memory,
        closing(SqliteStore(Path(folder, "store.db"), START_MS)) as sqlite,
    ):
        ops: list[Op] = [JOINED, log.hold(plan.head)]
        for move, n in moved:
            ops.append(plan.op(move, n))
            if n % 2:  # several in one transaction, too
                memory.apply(ops)
                sqlite.apply(ops)
                ops = []
                assert all_of(sqlite, log.log) == all_of(memory, log.log)
                sqlite.tidy()
        memory.apply(ops)
        sqlite.apply(ops)
        for store in (memory, sqlite):
            state = store.state(SERVER, log.log)
            assert store.values(SERVER, log.log, *state) == state
            assert [store.held_log(SERVER, held.log) for held in store.held(SERVER)] == store.held(SERVER)
            shown = store.messages(SERVER, log.log, before_row=100, limit=100)
            standing = [m for m in shown if not m.deleted and m.by != member(0)]
            mentions = [m for m in standing if member(0) in m.mentions]
            counted = store.standing(SERVER, log.log, above_row=0, member=member(0))
            assert counted == (len(standing), len(mentions))
            said = {m.row: m.text for m in shown if m.text}
            assert {row: text for row, *_, text in store.said(SERVER, log.log, 1, 100)} == said
            erased = {m.ref for m in shown if m.deleted}
            expected = plan.log.shown(plan.before, plan.head)
            assert [m for m in shown if m.ref not in erased] == [m for m in expected if m.ref not in erased]
            assert {m.ref for m in expected if m.deleted} <= erased
            if "set aside" not in (move for move, _ in moved):
                assert shown == expected
                assert store.state(SERVER, log.log) == plan.log.state(plan.head)
        assert all_of(sqlite, log.log) == all_of(memory, log.log)
