"""What every store keeps: one suite over SQLite and over the twin in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from chat_protocol.errors import Code
from chat_protocol.events import Delete, Edit, Event, Fault, React, Text, Topic, encode_body
from chat_protocol.ids import Cid, LogId, MemberId, Ref
from desktop_chat.store.contract import (
    Delivery,
    Extended,
    Keep,
    KnownServer,
    LogClosed,
    Marked,
    Op,
    OutboxRow,
    PutServer,
    RowChanged,
    RowGone,
    ServerId,
    SetAside,
    Store,
)
from desktop_chat.store.sqlite import SqliteStore
from desktop_chat.store.suffix import NotContiguous
from tests.protocol.test_kinds import EXAMPLES, WITH_TEXT
from tests.store.memory import MemoryStore
from tests.store.written_log import ANN, BOB, JOINED, ME, SERVER, START_MS, WrittenLog

EVERYTHING = 10**9


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "store.db", START_MS)
    yield store
    store.close()


def texts(store: Store, written: WrittenLog) -> list[str]:
    return [m.text for m in store.messages(SERVER, written.log, before_row=EVERYTHING, limit=1000)]


def found(store: Store, query: str, **where: str) -> list[str]:
    return [hit.message.text for hit in store.search(query, **where)]  # type: ignore[arg-type]


def conversation() -> WrittenLog:
    """Ten events: messages at 1, 2, 4, 6, 9; a topic at 3 and 8; an edit of 1 at 5, a reaction at 7, a deletion of
    2 at 10."""
    log = WrittenLog()
    one = log.say("first words")
    two = log.say("something to regret")
    log.set("topic", Topic("early"))
    log.say("third", BOB)
    log.change(one, Edit("first words, better"))
    log.say("fourth", BOB, reply=one)
    log.change(one, React("👍"), BOB)
    log.set("topic", Topic("late"), BOB)
    log.say("fifth")
    log.change(two, Delete())
    return log


# --- the suffix --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held_at", range(11))
def test_P6_any_suffix_folds_as_what_it_holds(store: Store, held_at: int) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(held_at)])
    for head in range(held_at, 11):
        if head > held_at:
            store.apply([log.extend(head - 1, head)])
        assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=100) == log.shown(held_at, head)
        assert store.state(SERVER, log.log) == log.state(head)
    for before in reversed(range(held_at)):
        store.apply([log.extend_back(before, before + 2)])
        assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=100) == log.shown(before, 10)
        assert store.state(SERVER, log.log) == log.state(10)
    (held,) = store.held(SERVER)
    assert (held.before, held.at) == (log.at[0], log.at[10])


def test_change_shows_nowhere_until_its_target_is_held(store: Store) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(2), log.extend(2, 10)])
    assert texts(store, log) == ["third", "fourth", "fifth"]
    assert store.message(SERVER, log.log, log.events[0].ref) is None
    assert found(store, "better") == []
    store.apply([log.extend_back(0, 3)])
    assert texts(store, log) == ["first words, better", "", "third", "fourth", "fifth"]
    shown = store.message(SERVER, log.log, log.events[0].ref)
    assert shown is not None
    assert (shown.reactions, shown.edited_ts) == ({"👍": [BOB]}, log.events[4].ts)
    assert found(store, "better") == ["first words, better"]


def test_pages_of_messages_by_row(store: Store) -> None:
    log = WrittenLog()
    for n in range(1, 31):
        log.say(f"m{n}")
        if n % 3 == 0:
            log.set("topic", Topic(f"t{n}"))
    store.apply([JOINED, log.hold(), log.extend(0, log.head)])
    page = store.messages(SERVER, log.log, before_row=21, limit=5)
    assert [(m.row, m.text) for m in page] == [(n, f"m{n}") for n in range(16, 21)]
    assert [m.row for m in store.messages(SERVER, log.log, before_row=4, limit=5)] == [1, 2, 3]
    assert store.messages(SERVER, log.log, before_row=1, limit=5) == []


def test_what_many_messages_say(store: Store) -> None:
    log = WrittenLog()
    one, two, _three, four = (log.say(word) for word in ("one", "two", "three", "four"))
    log.add(ANN, "a kind of later", encode_body(Text("not for us")))
    log.change(one, Edit("one, better"))
    log.change(two, Delete())
    log.change(four, React("👍"))
    store.apply([JOINED, log.hold(), log.extend(0, log.head)])
    said = store.said(SERVER, log.log, 1, 9)
    assert [(row, text) for row, _, _, text in said] == [(1, "one, better"), (3, "three"), (4, "four")]
    shown = {message.row: message for message in store.messages(SERVER, log.log, before_row=EVERYTHING, limit=9)}
    assert all((by, ts) == (shown[row].by, shown[row].ts) for row, by, ts, _ in said)
    assert [row for row, *_ in store.said(SERVER, log.log, 2, 3)] == [3]
    assert store.said(SERVER, LogId("elsewhere"), 1, 9) == []


def test_positions_of_what_is_held(store: Store) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(4), log.extend(4, 10)])
    assert [store.position(SERVER, log.log, seq) for seq in range(13)] == [None] * 4 + log.at[4:] + [None] * 2
    store.apply([log.extend_back(1, 5)])
    assert [store.position(SERVER, log.log, seq) for seq in range(12)] == [None, *log.at[1:], None]


def test_raw_events_of_the_suffix_alone(store: Store) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(4), log.extend(4, 10)])
    assert store.events(SERVER, log.log, 0, 100) == log.events[4:]  # the snapshot's topic of seq 3 is no part of it
    assert store.events(SERVER, log.log, 6, 2) == log.events[6:8]


def test_snapshot_replaces_what_was_held(store: Store) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(), log.extend(0, 9)])
    store.apply([log.hold(10)])
    (held,) = store.held(SERVER)
    assert (held.before, held.at) == (log.at[10], log.at[10])
    assert texts(store, log) == []
    assert found(store, "third") == []
    assert store.state(SERVER, log.log) == log.state(10)
    store.apply([log.extend_back(0, 11)])
    assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=100) == log.shown(0, 10)
    assert found(store, "third") == ["third"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda log: log.extend(6, 8),  # a hole
        lambda log: log.extend(3, 6),  # again
        lambda log: replace(log.extend(5, 8), at=log.at[7]),  # leads elsewhere
        lambda log: replace(log.extend(5, 8), at=log.at[8]._replace(h=b"\0" * 32)),
        lambda log: log.extend_back(0, 3),  # does not reach `first`
        lambda log: log.extend_back(0, 5),  # overlaps
        lambda log: replace(log.extend_back(1, 4), before=log.at[0]),
        lambda log: replace(log.hold(5), held=replace(log.hold(5).held, at=log.at[6])),
        lambda log: SetAside(SERVER, log.log, log.at[9]),
        lambda log: SetAside(SERVER, log.log, log.at[4]._replace(h=b"\0" * 32)),
        lambda log: replace(log.extend(5, 6), log=LogId("another")),
    ],
)
def test_hole_is_a_bug_and_nothing_of_the_list_is_applied(store: Store, wrong: Callable[[WrittenLog], Op]) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(3), log.extend(3, 5)])
    before = store.held(SERVER)
    with pytest.raises(NotContiguous):
        store.apply([PutServer(KnownServer(ServerId("x"), (), "x")), Marked(SERVER, log.log, 5), wrong(log)])
    assert store.held(SERVER) == before
    assert [known.server for known in store.servers()] == [SERVER]
    store.apply([log.extend(5, 10), log.extend_back(0, 4)])
    assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=100) == log.shown(0, 10)


def test_unknown_kinds_keep_their_place(store: Store) -> None:
    log = WrittenLog()
    body = encode_body(Text("a question"))
    later = log.add(ANN, "later message", body)
    log.add(BOB, "later change", body, target=later)
    log.add(ANN, "fault", encode_body(Fault(LogId("people"), 3, "bad_h")))
    log.add(ANN, "colour", body, key="colour")
    store.apply([JOINED, log.hold(), log.extend(0, 4)])
    assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=100) == log.shown(0, 4)
    assert store.state(SERVER, log.log) == {"colour": log.events[3]}
    assert store.events(SERVER, log.log, 0, 10) == log.events
    assert found(store, "question") == []


@pytest.mark.parametrize("kind", WITH_TEXT)
def test_search_finds_every_kind_with_a_text(store: Store, kind: str) -> None:
    log = WrittenLog()
    log.say("nothing of it")
    log.add(ANN, kind, encode_body(EXAMPLES[kind].body))
    store.apply([JOINED, log.hold(), log.extend(0, 2)])
    (shown,) = log.shown(1, 2)
    assert found(store, shown.text) == [shown.text]


# --- closing, marks, a restore -----------------------------------------------------------------------------------


def test_closed_copy_stays_readable(store: Store) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(), log.extend(0, 10), LogClosed(SERVER, log.log)])
    (held,) = store.held(SERVER)
    assert held.closed
    assert len(texts(store, log)) == 5
    assert found(store, "third") == ["third"]


def test_dropped_log_is_gone(store: Store) -> None:
    log, other = conversation(), WrittenLog("other")
    other.say("third party")
    store.apply([JOINED, log.hold(), log.extend(0, 10), other.hold(), other.extend(0, 1)])
    store.apply([SetAside(SERVER, log.log, log.at[5]), LogClosed(SERVER, log.log, dropped=True)])
    assert [held.log for held in store.held(SERVER)] == [other.log]
    assert store.state(SERVER, log.log) == {}
    assert (store.events(SERVER, log.log, 0, 100), store.aside(SERVER, log.log)) == ([], [])
    assert found(store, "third") == ["third party"]
    while store.tidy():
        pass
    assert found(store, "third") == ["third party"]
    store.apply([log.hold(), log.extend(0, 4)])
    assert found(store, "third", log=log.log) == ["third"]


def test_mark_only_grows(store: Store) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(4), Marked(SERVER, log.log, 7), Marked(SERVER, log.log, 5)])
    assert [held.mark for held in store.held(SERVER)] == [7]


@pytest.mark.parametrize("keep", [0, 2, 4, 7, 9])
def test_restore_sets_aside_what_the_server_lost(store: Store, keep: int) -> None:
    log = conversation()
    fork = log.fork(keep)
    fork.say("after the restore")
    store.apply([JOINED, log.hold(2), log.extend(2, 9), SetAside(SERVER, log.log, log.at[keep])])
    assert store.aside(SERVER, log.log) == log.events[max(keep, 2) : 9]
    assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=100) == log.shown(2, keep)
    assert found(store, "fifth") == (["fifth"] if keep == 9 else [])
    store.apply([fork.extend(keep, keep + 1)])
    assert texts(store, log)[-1] == "after the restore"
    assert store.events(SERVER, log.log, 0, 100) == fork.events[min(keep, 2) :]
    assert found(store, "restore", log=log.log) == ["after the restore"]


def test_restore_takes_changes_back(store: Store) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(), log.extend(0, 9), SetAside(SERVER, log.log, log.at[4])])
    assert texts(store, log)[0] == "first words"
    assert (found(store, "better"), found(store, "words")) == ([], ["first words"])
    assert store.state(SERVER, log.log) == log.state(4)


def test_two_restores_are_both_kept_and_outlive_a_snapshot(store: Store) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(), log.extend(0, 9), SetAside(SERVER, log.log, log.at[6])])
    store.apply([log.extend(6, 8), SetAside(SERVER, log.log, log.at[3]), log.hold(3)])
    assert [event.seq for event in store.aside(SERVER, log.log)] == [4, 5, 6, 7, 7, 8, 8, 9]


# --- deletion ----------------------------------------------------------------------------------------------------


def test_M6_deletion_takes_the_bodies_of_message_and_edits(store: Store) -> None:
    log = WrittenLog()
    one = log.say("a slip")
    log.change(one, Edit("another slip"))
    log.change(one, React("👍"))
    log.say("kept")
    log.change(one, Delete())
    store.apply([JOINED, log.hold(), log.extend(0, 4)])
    assert found(store, "slip") == ["another slip"]
    store.apply([log.extend(4, 5)])
    assert [bool(event.body) for event in store.events(SERVER, log.log, 0, 9)] == [False, False, True, True, True]
    assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=9) == log.shown(0, 5)
    assert found(store, "slip") == []
    assert found(store, "kept") == ["kept"]


def test_M6_deletion_takes_edits_of_a_message_that_is_not_held(store: Store) -> None:
    log = WrittenLog()
    one = log.say("a slip")
    log.change(one, Edit("another slip"))
    log.add(ANN, "a kind of later", encode_body(Text("a slip in it")), target=one)
    log.change(one, React("👍"))
    log.change(one, Delete())
    store.apply([JOINED, log.hold(1), log.extend(1, 4)])
    store.apply([log.extend(4, 5)])
    assert [bool(event.body) for event in store.events(SERVER, log.log, 0, 9)] == [False, False, True, True]
    store.apply([log.extend_back(0, 2)])  # from a server that did not erase it
    assert [bool(event.body) for event in store.events(SERVER, log.log, 0, 9)] == [False] * 3 + [True] * 2
    assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=9) == log.shown(0, 5)
    assert found(store, "slip") == []


def test_M6_deletion_reaches_what_was_set_aside(store: Store) -> None:
    log = conversation()
    fork = log.fork(0)
    fork.say("another history")
    fork.change(log.events[0].ref, Delete())
    store.apply([JOINED, log.hold(), log.extend(0, 9), SetAside(SERVER, log.log, log.at[0]), fork.extend(0, 2)])
    bodies = {event.seq: bool(event.body) for event in store.aside(SERVER, log.log)}
    assert bodies == {seq: seq not in (1, 5) for seq in range(1, 10)}  # the message and its edit


def test_deleted_and_then_changed_stays_deleted(store: Store) -> None:
    log = WrittenLog()
    one = log.say("a slip")
    log.change(one, Delete())
    log.change(one, Edit("risen again"))
    store.apply([JOINED, log.hold(), log.extend(0, 2)])
    store.apply([log.extend(2, 3)])
    assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=9) == log.shown(0, 3)
    assert not store.events(SERVER, log.log, 2, 9)[0].body
    assert found(store, "risen") == []


# --- the outbox --------------------------------------------------------------------------------------------------


def row(place: int, cid: str, log: str = "room", server: ServerId = SERVER) -> OutboxRow:
    return OutboxRow(server, place, LogId(log), Cid(cid), "text", bytes(encode_body(Text(f"row {place}"))))


def test_rows_come_back_as_they_were_in_order_of_place(store: Store) -> None:
    full = OutboxRow(
        SERVER, 7, LogId("room"), Cid("c7"), "edit", b'{"text":"x"}', Ref(MemberId("m"), Cid("t")), None,
        Delivery.REFUSED, 12, 34, Code.FORBIDDEN, "You may not.",
    )  # fmt: skip
    keyed = replace(row(9, "c9"), key="topic", delivery=Delivery.STORED, seq=5, ts=6)
    other = row(8, "c8", server=ServerId("other"))
    store.apply([RowChanged(keyed), RowChanged(full), RowChanged(other), RowChanged(row(10, "c10"))])
    assert store.outbox(SERVER) == [full, keyed, row(10, "c10")]
    store.apply([RowChanged(replace(row(10, "c10"), delivery=Delivery.SENT)), RowGone(full), RowGone(row(99, "c99"))])
    assert [(r.place, r.delivery) for r in store.outbox(SERVER)] == [(9, Delivery.STORED), (10, Delivery.SENT)]
    assert store.outbox(ServerId("other")) == [other]


def test_row_goes_with_its_event_or_stays_with_it(store: Store) -> None:
    log = WrittenLog()
    mine = row(1, log.say("mine", ME).cid)
    store.apply([JOINED, log.hold(), RowChanged(mine)])
    with pytest.raises(NotContiguous):
        store.apply([log.extend(0, 1), RowGone(mine), log.extend(0, 1)])
    assert store.outbox(SERVER) == [mine]
    store.apply([log.extend(0, 1), RowGone(mine)])
    assert store.outbox(SERVER) == []


# --- servers -----------------------------------------------------------------------------------------------------


def test_what_is_kept_is_found_by_the_beginning_of_its_key(store: Store) -> None:
    store.apply([Keep("draft:b", "你好 100%"), Keep("draft:a", ""), Keep("draft", "x"), Keep("language", "zh")])
    assert store.kept("draft:") == {"draft:a": "", "draft:b": "你好 100%"}
    store.apply([Keep("draft:b", "later"), Keep("draft:a", None), Keep("never there", None)])
    assert list(store.kept().items()) == [("draft", "x"), ("draft:b", "later"), ("language", "zh")]
    assert store.kept("d%") == {}


def test_servers_come_back_as_they_were(store: Store) -> None:
    fresh = KnownServer(ServerId("b"), (), "", b"\0token", "Ann")
    store.apply([JOINED, PutServer(fresh)])
    assert store.servers() == [JOINED.server, fresh]
    joined = replace(fresh, addresses=("a:1",), name="B", token=None, member=ANN)
    store.apply([PutServer(joined)])
    assert store.servers() == [JOINED.server, joined]


def test_logs_of_one_name_on_two_servers_are_two(store: Store) -> None:
    here, there = WrittenLog("people"), WrittenLog("people", ServerId("there"))
    here.say("word here")
    there.say("word there")
    there.set("topic", Topic("t"))
    store.apply([JOINED, here.hold(), there.hold(), here.extend(0, 1), there.extend(0, 2)])
    assert store.state(SERVER, here.log) == {}
    assert texts(store, here) == ["word here"]
    assert found(store, "word", server=SERVER) == ["word here"]
    assert found(store, "word", server="there", log="people") == ["word there"]
    assert sorted(found(store, "word", log="people")) == ["word here", "word there"]
    assert found(store, "word", log="nowhere") == []


# --- search ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("明天下午三点在二楼会议室开会", "会议"),
        ("東京タワーで待っています", "東京"),
        ("오늘회의시간이언제예요", "회의"),
        ("Ĉu vi parolas Esperanton?", "cu PAROLAS"),
        ('quotes " AND * ( stay words', "AND words"),
    ],
)
def test_finds_words_of_every_script(store: Store, text: str, query: str) -> None:
    log = WrittenLog()
    log.say(text)
    log.say("nothing of it")
    store.apply([JOINED, log.hold(), log.extend(0, 2)])
    assert found(store, query) == [text]


@pytest.mark.parametrize("query", ["", "   ", '"', "!?", "*", "(", "scope : c1", 'text : "a'])
def test_any_query_is_answered(store: Store, query: str) -> None:
    log = WrittenLog()
    log.say("words")
    store.apply([JOINED, log.hold(), log.extend(0, 1)])
    assert found(store, query) == []


def test_finds_the_text_as_shown_newest_first(store: Store) -> None:
    log = WrittenLog()
    refs = [log.say(f"word {n}") for n in range(6)]
    log.change(refs[1], Edit("word changed"))
    log.change(refs[2], Edit("nothing"))
    log.change(refs[3], Delete())
    store.apply([JOINED, log.hold(3), log.extend(3, 9)])
    store.apply([log.extend_back(0, 4)])
    assert found(store, "word") == ["word 5", "word 4", "word changed", "word 0"]
    assert [hit.message.text for hit in store.search("word", limit=2)] == ["word 5", "word 4"]
    assert [(h.server, h.log, h.message.seq) for h in store.search("changed")] == [(SERVER, log.log, 2)]


def test_many_events_of_one_ms_are_all_kept(store: Store) -> None:
    logs = [WrittenLog(f"room{n}") for n in range(3)]
    for log in logs:
        for n in range(20):
            log.say(f"word {n}")
        log.events = [Event(e.seq, e.row, 2**53 - 1, e.by, e.cid, e.kind, None, None, e.body) for e in log.events]
    store.apply([JOINED, *(log.hold() for log in logs)])
    store.apply([log.extend(0, 20) for log in logs])
    assert [texts(store, log) for log in logs] == [[f"word {n}" for n in range(20)]] * 3
    assert found(store, "word", log="room1") == [f"word {n}" for n in reversed(range(20))]


def test_seq_orders_whatever_the_servers_clock_says(store: Store) -> None:
    log = WrittenLog()
    one = log.say("first")
    log.change(one, Edit("second"))
    log.clock_ms = -36_000_000
    log.change(one, Edit("third"))
    log.say("last")
    store.apply([JOINED, log.hold(1), log.extend(1, 4), log.extend_back(0, 2)])
    assert texts(store, log) == ["third", "last"]
    assert store.message(SERVER, log.log, one) == log.shown(0, 4)[0]


def test_empty_list_and_empty_extend_change_nothing(store: Store) -> None:
    log = conversation()
    store.apply([JOINED, log.hold(3)])
    before = store.held(SERVER)
    store.apply([])
    store.apply([Extended(SERVER, log.log, [], log.at[3])])
    assert store.held(SERVER) == before


def test_nothing_is_known_of_a_log_that_is_not_held(store: Store) -> None:
    log, nowhere = conversation(), LogId("nowhere")
    store.apply(
        [JOINED, Marked(SERVER, nowhere, 3), LogClosed(SERVER, nowhere), LogClosed(SERVER, nowhere, dropped=True)]
    )
    assert store.held(SERVER) == []
    assert store.position(SERVER, nowhere, 0) is None
    assert store.message(SERVER, nowhere, log.events[0].ref) is None
    assert store.messages(SERVER, nowhere, before_row=EVERYTHING, limit=9) == []
    assert store.events(SERVER, nowhere, 0, 9) == store.aside(SERVER, nowhere) == []
    assert store.state(SERVER, nowhere) == {}
    assert store.held_log(SERVER, nowhere) is None
    assert store.standing(SERVER, nowhere, above_row=0, member=ME) == (0, 0)
    assert store.values(SERVER, nowhere, "topic") == {}
