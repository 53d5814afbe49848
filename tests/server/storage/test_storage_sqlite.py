"""What only SQLite has: files, a schema, I/O errors, and a process that can be killed."""

from __future__ import annotations

import errno
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import apsw
import pytest

from chat_protocol.events import Edit, React, Text, Topic
from chat_protocol.fold import show
from chat_protocol.search_text import index_stamp
from chat_server.storage import search_index, sqlite
from chat_server.storage.contract import StorageDamaged, StorageFull, StorageNewer, StorageUncertain
from chat_server.storage.schema import SCHEMA
from chat_server.storage.sqlite import INDEX_EVENTS, SqliteStorage
from tests.faults.batches import Scribe, batch, differences
from tests.faults.disk_full import small_disk
from tests.memory_storage import MemoryStorage, Moment
from tests.protocol.later_kinds import learn_later_message
from tests.protocol.test_kinds import EXAMPLES, WITH_TEXT

BURST = """
import sys
from pathlib import Path
from random import Random
from chat_server.storage.sqlite import SqliteStorage
from tests.faults.batches import Scribe

scribe, storage = Scribe(Random(int(sys.argv[2]))), SqliteStorage(Path(sys.argv[1]))
for _ in range(100_000):
    storage.append(scribe.anything(5))
    print(".", end="", flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


@pytest.fixture
def storage(path: Path) -> Iterator[SqliteStorage]:
    with closing(SqliteStorage(path)) as storage:
        yield storage


# --- opening ----------------------------------------------------------------------------------------------------


def test_a_later_schema_is_refused(path: Path) -> None:
    SqliteStorage(path).close()
    with closing(apsw.Connection(str(path))) as db:
        db.pragma("user_version", SCHEMA + 1)
    with pytest.raises(StorageNewer, match=str(SCHEMA + 1)):
        SqliteStorage(path)


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + bytes(4080)])
def test_what_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StorageDamaged):
        SqliteStorage(path)


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    with closing(apsw.Connection(str(path))) as db:
        db.execute("CREATE TABLE logs (id)")
    with pytest.raises(StorageDamaged):
        SqliteStorage(path)


def test_a_first_start_that_was_cut_off_is_begun_anew(path: Path) -> None:
    path.with_name("chat.db.new").write_bytes(b"half of it")
    SqliteStorage(path).close()
    assert [file.name for file in path.parent.iterdir()] == ["chat.db"]


def test_a_head_that_is_not_the_last_event_is_damage(path: Path) -> None:
    scribe = Scribe(Random(1))
    with closing(SqliteStorage(path)) as storage:
        storage.append(batch(scribe.say("a"), scribe.say("b")))
        storage._writer.execute("UPDATE logs SET seq = 1")
        with pytest.raises(StorageDamaged):
            storage.load()


def test_another_folding_begins_a_new_index(path: Path) -> None:
    """Text leaves the index as it came in; after an upgrade of Unicode it might not."""
    scribe = Scribe(Random(1))
    message = scribe.say("lantern")
    with closing(SqliteStorage(path)) as storage:
        storage.append(batch(message))
        storage.index()
        storage._writer.execute("UPDATE indexed SET stamp = 'an older one'")
        storage._writer.execute("INSERT INTO words (rowid, text) VALUES (99, 'nobody said')")
    with closing(SqliteStorage(path)) as storage:
        while storage.index():
            pass
        assert storage.search({message.log: 1}, "lantern", 9) == [(message.log, 1)]
        assert storage.search({message.log: 1}, "nobody", 9) == []
        assert storage._reader.execute("SELECT stamp FROM indexed").get == index_stamp()


def test_what_was_kept_unread_is_found_by_a_program_that_knows_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scribe = Scribe(Random(1))
    known = scribe.say("lantern")
    later = scribe.write(known.log, Text("harbour"), kind="later message")
    with closing(SqliteStorage(path)) as storage:
        storage.append(batch(known, later))
        while storage.index():
            pass
        assert storage.search({known.log: 1}, "harbour", 9) == []
    learn_later_message(monkeypatch)
    with closing(SqliteStorage(path)) as storage:
        while storage.index():
            pass
        assert storage.search({known.log: 1}, "harbour", 9) == [(known.log, 2)]
        assert storage.search({known.log: 1}, "lantern", 9) == [(known.log, 1)]
        storage.append(scribe.delete(later))
        assert storage.search({known.log: 1}, "harbour", 9) == []


@pytest.mark.parametrize("kind", WITH_TEXT)
def test_every_kind_with_a_text_is_found_after_a_restart(path: Path, kind: str) -> None:
    scribe = Scribe(Random(1))
    message = scribe.write(scribe.logs[0], EXAMPLES[kind].body, kind=kind)
    with closing(SqliteStorage(path)) as storage:
        storage.append(batch(message))
        storage.index()
    with closing(SqliteStorage(path)) as storage:
        assert storage.search({message.log: 1}, show(message.event).text, 9) == [(message.log, 1)]


def test_settings_that_keep_the_promises(storage: SqliteStorage) -> None:
    """P1: FULL; M6: secure_delete; G14: checksums; and nothing is written outside the folder."""
    db = storage._writer
    assert db.pragma("journal_mode") == "wal"
    assert db.pragma("synchronous") == 2
    assert db.pragma("secure_delete") == 1
    assert db.pragma("temp_store") == 2
    assert db.pragma("checksum_verification") == "1"
    with pytest.raises(apsw.ReadOnlyError):
        storage._reader.execute("DELETE FROM events")


# --- what a question costs ---------------------------------------------------------------------------------------


def _steps(db: apsw.Connection, ask: Callable[[], object]) -> int:
    """Of SQLite's machine, in tens, that the connection takes to answer."""
    steps = itertools.count()
    db.set_progress_handler(lambda: next(steps) < 0, 10)
    ask()
    db.set_progress_handler(None)
    return next(steps)


def test_what_is_read_of_a_log_costs_the_same_however_long_it_is(storage: SqliteStorage) -> None:
    scribe = Scribe(Random(1))
    log, member, db = scribe.logs[0], scribe.members[0], storage._reader

    def costs() -> dict[str, int]:
        head, row = scribe.heads[log].seq, scribe.heads[log].row
        return {
            "position": _steps(db, lambda: storage.position(log, head // 2)),
            "at_row": _steps(db, lambda: storage.at_row(log, row // 2)),
            "read": _steps(db, lambda: storage.read(log, head // 2, 1 << 30, 20)),
            "read_back": _steps(db, lambda: storage.read_back(log, head, 1, 1 << 30, 20)),
            "state": _steps(db, lambda: storage.state(log)),
            "messages": _steps(db, lambda: storage.messages(log, head // 2, head, 20)),
            "messages_back": _steps(db, lambda: storage.messages_back(log, head, 1, 20)),
            "changes": _steps(db, lambda: storage.changes(log, range(head - 20, head), head)),
            "marks": _steps(db, lambda: storage.marks(member)),
        }

    def go_on(rounds: int) -> None:
        for _ in range(rounds):
            message = scribe.say("hello")
            changes = [scribe.write(log, React(emoji), message) for emoji in "👍🎉"]
            storage.append(batch(message, *changes, scribe.write(log, Topic("t"), key="topic")))

    go_on(20)
    short = costs()
    go_on(500)
    assert {what: cost for what, cost in costs().items() if cost > 2 * short[what] + 20} == {}


# --- the write-ahead log ----------------------------------------------------------------------------------------


def test_the_write_ahead_log_does_not_grow_for_ever(
    storage: SqliteStorage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 2000)
    scribe = Scribe(Random(1))
    wal = path.with_name("chat.db-wal")
    longest = 0
    for _ in range(60):
        storage.append(batch(*(scribe.say("x" * 10_000) for _ in range(25))))
        storage.index()
        longest = max(longest, wal.stat().st_size)
    assert path.stat().st_size > 12_000_000
    assert longest < 2000 * 4096 * 2


def test_index_goes_forward_by_bounded_steps(storage: SqliteStorage) -> None:
    scribe = Scribe(Random(1))
    made = [scribe.say("lantern") for _ in range(600)]
    storage.append(batch(*made))
    steps = 1
    while storage.index():
        steps += 1
    assert steps == -(-600 // INDEX_EVENTS)
    assert len(storage.search({made[0].log: 1}, "lantern", 1000)) == 600


def test_what_has_no_text_is_passed_over(storage: SqliteStorage) -> None:
    scribe = Scribe(Random(1))
    log = scribe.logs[0]
    message = scribe.say("lantern")
    states = [scribe.write(log, Topic("t"), key="topic") for _ in range(600)]
    reactions = [scribe.write(log, React("👍"), message) for _ in range(600)]
    storage.append(batch(message, *states, *reactions))
    assert not storage.index()
    storage.append(batch(*(scribe.say("harbour") for _ in range(search_index.LOOKED_AT + 1))))
    storage.append(batch(*(scribe.write(log, React("👍"), message) for _ in range(search_index.LOOKED_AT + 1))))
    while storage.index():
        pass
    storage.append(batch(*(scribe.write(log, React("👍"), message) for _ in range(search_index.LOOKED_AT + 1))))
    assert [storage.index() for _ in range(2)] == [True, False], "a step looks at so many events and no more"


def test_a_search_costs_the_same_whatever_others_wrote(storage: SqliteStorage) -> None:
    scribe = Scribe(Random(1))
    mine, other, empty = scribe.logs

    def cost() -> dict[str, int]:
        while storage.index():
            pass
        readable = {"in one": {mine: 1}, "in two": {mine: 1, empty: 1}, "in one that is empty": {empty: 1}}
        ask = {what: partial(storage.search, logs, "the lantern", 10) for what, logs in readable.items()}
        return {what: _steps(storage._reader, search) for what, search in ask.items()}

    storage.append(batch(*(scribe.say("the lantern", log) for log in (mine, other) for _ in range(20))))
    few = cost()
    storage.append(batch(*(scribe.say("the lantern", other) for _ in range(1_000))))
    many = cost()
    assert {what: steps for what, steps in many.items() if steps > 2 * few[what] + 20} == {}
    assert storage.search({mine: 1}, "the lantern", 10) == [(mine, seq) for seq in range(20, 10, -1)]


def test_a_search_in_too_many_logs_to_name_goes_over_the_newest_of_all(
    storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "LOGS_NAMED", 1)
    scribe = Scribe(Random(1))
    mine, other, empty = scribe.logs
    storage.append(batch(*(scribe.say("lantern", log) for log in (mine, other, mine, other, other))))
    while storage.index():
        pass
    found = [(mine, 2), (mine, 1)]
    assert storage.search({mine: 1, empty: 1}, "lantern", 10) == found
    storage.append(batch(scribe.say("harbour", empty)))
    assert storage.search({mine: 1, empty: 1}, "lantern", 10) == found
    monkeypatch.setattr(search_index, "MATCHES", 4)
    assert storage.search({mine: 1, empty: 1}, "lantern", 10) == found[:1]
    assert storage.search({mine: 1}, "lantern", 10) == found


def test_no_text_files_a_message_in_another_log(storage: SqliteStorage) -> None:
    """P17: the index knows a message's log as a word."""
    scribe = Scribe(Random(1))
    mine, other, _ = scribe.logs
    storage.append(batch(scribe.say("lantern", mine), scribe.say("lantern §1 \N{SECTION SIGN}1é log:§1", other)))
    while storage.index():
        pass
    for query in ("lantern", "§1", "log:§1", '"§1"'):
        assert (mine, 1) not in storage.search({other: 1}, query, 9)
        assert (other, 1) not in storage.search({mine: 1}, query, 9)
    assert storage.search({other: 1}, "§1", 9) == [(other, 1)]


@pytest.mark.parametrize("does", ["edit", "delete"])
def test_a_message_with_many_reactions_costs_search_and_erasure_nothing_more(storage: SqliteStorage, does: str) -> None:
    scribe = Scribe(Random(1))
    log = scribe.logs[0]

    def cost(reactions: int) -> int:
        message = scribe.say("lantern")
        storage.append(batch(message, *(scribe.write(log, React("👍"), message) for _ in range(reactions))))
        step = batch(scribe.write(log, Edit("harbour"), message)) if does == "edit" else scribe.delete(message)
        while storage.index():
            pass
        taken = _steps(storage._writer, lambda: storage.append(step))
        return taken + _steps(storage._writer, storage.index)

    cost(0)
    assert cost(1_500) < 2 * cost(0) + 20


# --- failures ---------------------------------------------------------------------------------------------------


def test_an_io_error_leaves_the_batch_uncertain(path: Path) -> None:
    SqliteStorage(path).close()
    scribe, twin = Scribe(Random(1)), MemoryStorage()
    first, second = batch(scribe.say("a")), batch(scribe.say("b"))
    with small_disk() as disk, closing(SqliteStorage(path, disk.name)) as storage:
        storage.append(first)
        twin.append(first)
        disk.room, disk.error, disk.errno = 0, apsw.SQLITE_IOERR_WRITE, errno.EIO
        with pytest.raises(StorageUncertain):
            storage.append(second)
        with pytest.raises(StorageUncertain):
            storage.save_marks({(scribe.members[0], scribe.logs[0]): 1})
        disk.room = None
        assert differences(storage, twin, scribe.refs) == []
        storage.append(second)
        twin.append(second)
        assert differences(storage, twin, scribe.refs) == []


def test_stopping_on_a_full_disk_keeps_everything(path: Path) -> None:
    SqliteStorage(path).close()
    scribe, twin = Scribe(Random(1)), MemoryStorage()
    with small_disk() as disk:
        storage = SqliteStorage(path, disk.name)
        for _ in range(5):
            made = scribe.anything(20)
            storage.append(made)
            twin.append(made)
        disk.room = 0
        storage.close()
        assert disk.refused
    with closing(SqliteStorage(path)) as restarted:
        assert differences(restarted, twin, scribe.refs) == []


@pytest.mark.parametrize("error", [StorageFull("full"), StorageUncertain("lost")])
@pytest.mark.parametrize("moment", Moment)
def test_the_twin_fails_when_it_is_told_to(error: Exception, moment: Moment) -> None:
    def hook(now: Moment, _batch: object) -> None:
        if now is moment:
            raise error

    scribe = Scribe(Random(1))
    twin = MemoryStorage(hook)
    with pytest.raises(type(error)):
        twin.append(batch(scribe.say("a")))
    assert len(twin.load().logs) == (moment is Moment.STORED)


# --- the end of the process -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_in_a_burst_loses_nothing_that_was_acknowledged(path: Path, seed: int) -> None:
    """P1, P2, P3 (G1 at the storage alone): all batches acknowledged, and at most the one in flight, as a whole."""
    acknowledged = 0
    until = Random(seed).randrange(5, 150)
    with subprocess.Popen([sys.executable, "-c", BURST, str(path), str(seed)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        while acknowledged < until and child.stdout.read(1):
            acknowledged += 1
        child.kill()
        acknowledged += len(child.stdout.read())
    assert acknowledged >= until
    scribe, twin = Scribe(Random(seed)), MemoryStorage()
    for _ in range(acknowledged):
        twin.append(scribe.anything(5))
    with closing(SqliteStorage(path)) as storage:
        if differences(storage, twin, scribe.refs):
            twin.append(scribe.anything(5))
        assert differences(storage, twin, scribe.refs) == []
