"""Every line of the storage's contract, for SQLite and for its twin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest

from chat_protocol.events import Delete, Edit, React, Topic, decode_event, encode_event, erased
from chat_protocol.fold import show
from chat_protocol.ids import LogId, MemberId, Position, Ref, b64, first_h, new_cid
from chat_server.storage.contract import Appended, Batch, HeadMoved, Storage
from chat_server.storage.sqlite import SqliteStorage
from tests.faults.batches import Scribe, batch, differences
from tests.memory_storage import MemoryStorage
from tests.protocol.test_kinds import EXAMPLES, WITH_TEXT

NOWHERE = LogId("nowhere")


@pytest.fixture(params=["sqlite", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    storage: Storage = SqliteStorage(tmp_path / "chat.db") if request.param == "sqlite" else MemoryStorage()
    yield storage
    storage.close()


@pytest.fixture
def scribe() -> Scribe:
    return Scribe(Random(7))


def encoded(*events: Appended) -> list[bytes]:
    return [one.encoded for one in events]


def at(one: Appended) -> Position:
    return Position(one.event.seq, one.h, one.event.row)


def search(storage: Storage, scribe: Scribe, query: str, limit: int = 100) -> list[tuple[LogId, int]]:
    while storage.index():
        pass
    return storage.search(dict.fromkeys(scribe.logs, 1), query, limit)


# --- appending --------------------------------------------------------------------------------------------------


def test_nothing_is_stored_at_first(storage: Storage, scribe: Scribe) -> None:
    loaded = storage.load()
    assert (loaded.logs, list(loaded.state)) == ([], [])
    assert storage.find([Ref(scribe.members[0], new_cid(0, bytes(10)))]) == {}
    assert storage.marks(scribe.members[0]) == {}
    assert not storage.index()


def test_load_gives_heads_and_the_newest_state(storage: Storage, scribe: Scribe) -> None:
    one, other, _ = scribe.logs
    storage.append(batch(scribe.write(one, Topic("first"), key="topic"), scribe.say("hello", other)))
    newest = [scribe.write(one, Topic("second"), key="topic"), scribe.write(one, Topic("x"), key="topic2")]
    last = scribe.say("bye", one)
    storage.append(batch(*newest, last))
    loaded = storage.load()
    assert {state.log: (state.at, state.ts) for state in loaded.logs} == {
        one: (scribe.heads[one], last.event.ts),
        other: (scribe.heads[other], last.event.ts - 3),
    }
    assert sorted(loaded.state, key=lambda entry: entry[1].seq) == [(one, newest[0].event), (one, newest[1].event)]


def test_a_batch_is_refused_when_any_head_moved(storage: Storage, scribe: Scribe) -> None:
    """Compare-and-append: the logs that were only read count too, and those that were not there."""
    one, other, third = scribe.logs
    storage.append(batch(scribe.say("one", one), scribe.say("other", other)))
    late = batch(scribe.say("late", one))
    late.heads |= {other: 0, third: 1}
    with pytest.raises(HeadMoved) as moved:
        storage.append(late)
    assert sorted(moved.value.logs) == sorted([other, third])
    assert storage.find([late.events[0].event.ref]) == {}
    assert storage.position(one, 2) is None
    late.heads |= {other: 1, third: 0}
    storage.append(late)
    assert storage.position(one, 2) == at(late.events[0])
    with pytest.raises(HeadMoved):
        storage.append(late)


def test_a_batch_with_a_gap_is_a_fault_and_nothing_of_it_is_stored(storage: Storage, scribe: Scribe) -> None:
    first, _, third = scribe.say("a"), scribe.say("b"), scribe.say("c")
    with pytest.raises(ValueError, match="gap"):
        storage.append(batch(first, third))
    assert storage.load().logs == []


def test_find_knows_events_of_every_log(storage: Storage, scribe: Scribe) -> None:
    """P2: what a retry is answered from; and how often each was changed."""
    one, other, _ = scribe.logs
    message = scribe.say("hello", one)
    edit = scribe.write(one, Edit("hi"), message)
    state = scribe.write(other, Topic("t"), key="topic")
    storage.append(batch(message, edit, state))
    storage.append(batch(scribe.write(one, React("x"), message), scribe.say("beside it", one)))
    stranger = MemberId(b64(bytes(16)))
    asked = [message.event.ref, edit.event.ref, state.event.ref, Ref(stranger, message.event.cid)]
    found = storage.find([*asked, Ref(message.event.by, new_cid(1, bytes(10)))])
    assert found == {
        message.event.ref: (one, message.event, 2),
        edit.event.ref: (one, edit.event, 0),
        state.event.ref: (other, state.event, 0),
    }


def test_find_takes_as_many_as_are_asked(storage: Storage, scribe: Scribe) -> None:
    made = [scribe.say(f"number {n}") for n in range(300)]
    storage.append(batch(*made))
    assert storage.find(one.event.ref for one in made) == {one.event.ref: (one.log, one.event, 0) for one in made}


# --- places -----------------------------------------------------------------------------------------------------


def test_positions(storage: Storage, scribe: Scribe) -> None:
    log = scribe.logs[0]
    made = [scribe.say("a"), scribe.write(log, Topic("t"), key="topic"), scribe.say("b")]
    storage.append(batch(*made))
    assert storage.position(log, 0) == (0, first_h(log), 0)
    assert [storage.position(log, seq) for seq in (1, 2, 3)] == [at(one) for one in made]
    assert storage.position(log, 4) is None
    assert storage.position(NOWHERE, 0) == (0, first_h(NOWHERE), 0)
    assert storage.position(NOWHERE, 1) is None


def test_at_row_names_the_message_of_a_row_or_the_nearest(storage: Storage, scribe: Scribe) -> None:
    log = scribe.logs[0]
    assert storage.at_row(log, 1) == 0
    storage.append(batch(scribe.write(log, Topic("t"), key="topic")))
    assert storage.at_row(log, 1) == 0
    first = scribe.say("a")
    reactions = [scribe.write(log, React("👍"), first) for _ in range(5)]
    second, third = scribe.say("b"), scribe.say("c")
    storage.append(batch(first, *reactions, second, third, scribe.write(log, Topic("u"), key="topic")))
    assert [storage.at_row(log, row) for row in (-5, 0, 1, 2, 3, 4, 99)] == [2, 2, 2, 8, 9, 9, 9]
    assert storage.at_row(NOWHERE, 1) == 0


def test_read_goes_forward_within_both_bounds(storage: Storage, scribe: Scribe) -> None:
    log = scribe.logs[0]
    made = [scribe.say("x" * 1000) for _ in range(10)]
    storage.append(batch(*made))
    size = len(made[0].encoded)
    assert storage.read(log, 0, 10**9, 100) == (storage.position(log, 0), encoded(*made))
    assert storage.read(log, 4, 10**9, 2) == (at(made[3]), encoded(*made[4:6]))
    assert storage.read(log, 4, size * 3, 100) == (at(made[3]), encoded(*made[4:7]))
    assert storage.read(log, 4, size * 3 - 1, 100).events == encoded(*made[4:6])
    assert storage.read(log, 4, 1, 100).events == encoded(made[4])
    assert storage.read(log, 10, 10**9, 100) == (at(made[9]), [])
    assert storage.read(NOWHERE, 0, 10**9, 100) == ((0, first_h(NOWHERE), 0), [])


def test_read_back_takes_the_nearest_in_rising_order(storage: Storage, scribe: Scribe) -> None:
    log = scribe.logs[0]
    made = [scribe.say("x" * 1000) for _ in range(10)]
    storage.append(batch(*made))
    size = len(made[0].encoded)
    assert storage.read_back(log, 11, 1, 10**9, 100) == (storage.position(log, 0), encoded(*made))
    assert storage.read_back(log, 99, 1, 10**9, 2) == (at(made[7]), encoded(*made[8:]))
    assert storage.read_back(log, 8, 1, size * 3, 100) == (at(made[3]), encoded(*made[4:7]))
    assert storage.read_back(log, 8, 6, 10**9, 100) == (at(made[4]), encoded(*made[5:7]))
    assert storage.read_back(log, 8, 1, 1, 100).events == encoded(made[6])
    assert storage.read_back(log, 8, 8, 10**9, 100) == (at(made[6]), [])
    assert storage.read_back(log, 1, 1, 10**9, 100) == (storage.position(log, 0), [])


def test_state_is_the_newest_of_each_key_with_the_head(storage: Storage, scribe: Scribe) -> None:
    log, other, _ = scribe.logs
    early = [scribe.write(log, Topic("a"), key="one"), scribe.write(log, Topic("b"), key="two")]
    storage.append(batch(*early, scribe.write(other, Topic("other"), key="one")))
    newer = scribe.write(log, Topic("c"), key="one")
    storage.append(batch(newer, scribe.say("hello")))
    assert storage.state(log) == (scribe.heads[log], encoded(early[1], newer))
    assert storage.state(NOWHERE) == ((0, first_h(NOWHERE), 0), [])


def test_messages_leave_out_changes_and_states(storage: Storage, scribe: Scribe) -> None:
    log = scribe.logs[0]
    made = []
    for n in range(6):
        made.append(scribe.say(f"number {n}"))
        storage.append(batch(made[-1], scribe.write(log, React("👍"), made[0]), scribe.write(log, Topic("t"), key="k")))
    # messages stand at 1, 4, 7, 10, 13, 16 of 18
    assert storage.messages(log, 0, 18, 100) == encoded(*made)
    assert storage.messages(log, 1, 10, 100) == encoded(*made[1:4])
    assert storage.messages(log, 1, 999, 2) == encoded(*made[1:3])
    assert storage.messages(log, 16, 18, 100) == storage.messages(log, 10, 4, 100) == []
    assert storage.messages_back(log, 19, 1, 100) == encoded(*made)
    assert storage.messages_back(log, 16, 4, 100) == encoded(*made[1:5])
    assert storage.messages_back(log, 999, 1, 2) == encoded(*made[4:])
    assert storage.messages_back(log, 4, 2, 100) == storage.messages_back(log, 1, 1, 100) == []
    assert storage.messages(NOWHERE, 0, 9, 9) == storage.messages_back(NOWHERE, 9, 1, 9) == []


def test_changes_to_messages_up_to_a_seq(storage: Storage, scribe: Scribe) -> None:
    log = scribe.logs[0]
    one, two, three = (scribe.say(text) for text in "abc")
    made = [scribe.write(log, React("👍"), target) for target in (one, two, one, three, two)]
    storage.append(batch(one, two, three, *made))
    assert storage.changes(log, [2, 1], 99) == encoded(made[0], made[1], made[2], made[4])
    assert storage.changes(log, [1, 2, 1], 6) == encoded(*made[:3])
    assert storage.changes(log, [], 99) == storage.changes(NOWHERE, [1], 99) == []


# --- registers --------------------------------------------------------------------------------------------------


def test_marks_only_grow(storage: Storage, scribe: Scribe) -> None:
    one, other, third = scribe.logs
    ann, bob = scribe.members[:2]
    storage.append(batch(scribe.say("a", one, by=ann), scribe.say("b", other, by=ann)))
    storage.save_marks({(ann, one): 5, (ann, other): 2, (bob, one): 9})
    storage.save_marks({(ann, one): 3, (ann, other): 4})
    assert storage.marks(ann) == {one: 5, other: 4}
    assert storage.marks(bob) == {one: 9}
    storage.save_marks({(ann, third): 1})
    assert storage.marks(ann) == {one: 5, other: 4}, "of a log that is not there"


# --- search -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("明天的会议改到三点", "会议"),
        ("来週は東京に行きます", "東京"),
        ("내일 회의가 있습니다", "회의"),
        ("The Überfahrt is late", "uberfahrt late"),
        ("ready for the harbour", "harb"),
    ],
)
def test_search_finds_words_of_every_script(storage: Storage, scribe: Scribe, text: str, query: str) -> None:
    storage.append(batch(scribe.say("nothing of it"), scribe.say(text)))
    assert search(storage, scribe, query) == [(scribe.logs[0], 2)]


@pytest.mark.parametrize("kind", WITH_TEXT)
def test_search_finds_every_kind_with_a_text(storage: Storage, scribe: Scribe, kind: str) -> None:
    nothing, message = scribe.say("nothing of it"), scribe.write(scribe.logs[0], EXAMPLES[kind].body, kind=kind)
    storage.append(batch(nothing, message))
    assert search(storage, scribe, show(message.event).text) == [(message.log, message.event.seq)]


def test_search_sees_messages_as_shown(storage: Storage, scribe: Scribe) -> None:
    log = scribe.logs[0]
    first, second = scribe.say("lantern one"), scribe.say("lantern two")
    storage.append(batch(first, second))
    assert search(storage, scribe, "lantern") == [(log, 2), (log, 1)]
    storage.append(batch(scribe.write(log, Edit("candle"), first), scribe.write(log, React("👍"), second)))
    assert search(storage, scribe, "lantern") == [(log, 2)]
    assert search(storage, scribe, "candle") == [(log, 1)]
    storage.append(batch(scribe.write(log, Edit("torch"), first), scribe.write(log, Edit("lamp"), first)))
    assert search(storage, scribe, "candle") == search(storage, scribe, "torch") == []
    storage.append(scribe.delete(first))
    assert search(storage, scribe, "lamp") == []
    storage.append(batch(scribe.write(log, Delete(), second)))
    assert search(storage, scribe, "lantern") == [], "deleted without being erased"


def test_search_may_lag_but_never_finds_what_is_erased(storage: Storage, scribe: Scribe) -> None:
    message = scribe.say("anchor")
    storage.append(batch(message))
    readable = {message.log: 1}
    assert storage.search(readable, "anchor", 10) == []
    storage.index()
    storage.append(batch(scribe.write(message.log, Edit("buoy"), message)))
    assert storage.search(readable, "anchor", 10) == [(message.log, 1)]
    storage.append(scribe.delete(message))
    assert storage.search(readable, "anchor", 10) == []
    assert search(storage, scribe, "anchor") == search(storage, scribe, "buoy") == []


def test_search_keeps_to_what_is_readable(storage: Storage, scribe: Scribe) -> None:
    """P17, M5: a log that is not named is not searched, nor what lies before the seq given."""
    one, other, third = scribe.logs
    storage.append(batch(*(scribe.say("tide", log) for log in (one, other, one, third, other, one))))
    search(storage, scribe, "tide")
    assert storage.search({one: 2, other: 1}, "tide", 100) == [(one, 3), (other, 2), (one, 2), (other, 1)]
    assert storage.search({one: 2, other: 1}, "tide", 2) == [(one, 3), (other, 2)]
    assert storage.search({}, "tide", 100) == []
    assert storage.search({one: 1}, "…", 100) == []


# --- erasing ----------------------------------------------------------------------------------------------------


def test_erasing_takes_the_bodies_of_a_message_and_its_edits(storage: Storage, scribe: Scribe) -> None:
    """M6: a tombstone stays in its place, with everything else that was said about it."""
    log = scribe.logs[0]
    message, other = scribe.say("secret " * 1000), scribe.say("open")
    edits = [scribe.write(log, Edit("still secret"), message) for _ in range(2)]
    later = scribe.write(log, Edit("a later version's secret"), message)
    event = msgspec.structs.replace(later.event, kind="later change")
    edits.append(later._replace(event=event, encoded=encode_event(event)))
    reaction, foreign = scribe.write(log, React("👍"), message), scribe.write(log, Edit("opened"), other)
    storage.append(batch(message, other, *edits, reaction, foreign))
    gone = scribe.delete(message)
    storage.append(gone)
    tombstones = [erased(one.event) for one in (message, *edits)]
    assert storage.read(log, 0, 10**9, 100).events == [
        encode_event(tombstones[0]),
        other.encoded,
        *map(encode_event, tombstones[1:]),
        reaction.encoded,
        foreign.encoded,
        gone.events[0].encoded,
    ]
    assert storage.find([message.event.ref])[message.event.ref].event == tombstones[0]
    assert storage.messages(log, 0, 1, 1) == storage.messages_back(log, 2, 1, 1) == [encode_event(tombstones[0])]
    assert storage.changes(log, [1], 5) == [encode_event(event) for event in tombstones[1:]]
    assert storage.position(log, 1) == at(message), "bodies are not in h"
    again = batch(scribe.write(log, Delete(), message), erase=[message])
    storage.append(again)
    assert storage.read(log, 7, 10**9, 100).events == encoded(*gone.events, *again.events)


def test_erasing_what_comes_in_the_same_batch(storage: Storage, scribe: Scribe) -> None:
    message = scribe.say("secret")
    edit = scribe.write(message.log, Edit("still secret"), message)
    gone = scribe.delete(message)
    made = batch(message, edit, *gone.events, erase=[message])
    storage.append(made)
    events = [decode_event(data) for data in storage.read(message.log, 0, 10**9, 100).events]
    assert events == [erased(message.event), erased(edit.event), gone.events[0].event]
    assert search(storage, scribe, "secret") == []


# --- the twins --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_both_storages_serve_the_same(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    scribe, twin = Scribe(random), MemoryStorage()
    storage = SqliteStorage(tmp_path / "chat.db")
    for _ in range(30):
        made = scribe.anything(random.randrange(1, 20))
        marks = {(random.choice(scribe.members), random.choice(scribe.logs)): random.randrange(100)}
        for each in (storage, twin):
            each.append(made)
            each.save_marks(marks)
        if random.random() < 0.3:
            storage.index()
            twin.index()
    assert differences(storage, twin, scribe.refs) == []
    storage.close()
    storage = SqliteStorage(tmp_path / "chat.db")
    assert differences(storage, twin, scribe.refs) == [], "after a restart"
    storage.close()


def test_a_difference_is_seen(scribe: Scribe) -> None:
    """The question itself fails when it should."""
    one, other = MemoryStorage(), MemoryStorage()
    message = scribe.say("harbour")
    changed = encode_event(message.event).replace(b"harbour", b"harbourx")
    one.append(batch(message))
    other.append(Batch({message.log: 0}, [message._replace(encoded=changed, event=decode_event(changed))]))
    assert differences(one, other, scribe.refs)
