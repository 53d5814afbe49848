"""What the files of the local store keep: through kills, full disks, damage, deletions and other versions."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from chat_protocol.errors import Code
from chat_protocol.events import Delete, Edit, Text, encode_body
from chat_protocol.ids import Cid, LogId, Ref
from desktop_chat.store.contract import (
    Delivery,
    Keep,
    LogClosed,
    Op,
    OutboxRow,
    RowChanged,
    RowGone,
    SetAside,
    StoreDamaged,
    StoreFull,
    StoreNewer,
)
from desktop_chat.store.sqlite import SqliteStore
from tests.protocol.later_kinds import learn_later_message
from tests.protocol.test_kinds import EXAMPLES, WITH_TEXT
from tests.store.faulty_disk import FaultyDisk
from tests.store.written_log import JOINED, ME, SERVER, START_MS, WrittenLog

EVERYTHING = 10**9
ASIDE = "store-damaged-20231114T221320Z"  # START_MS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def open_store(path: Path, vfs: str | None = None) -> SqliteStore:
    return SqliteStore(path, START_MS, vfs)


def texts(store: SqliteStore, log: WrittenLog) -> list[str]:
    return [m.text for m in store.messages(SERVER, log.log, before_row=EVERYTHING, limit=10_000)]


def chatter(messages: int, log: str = "room") -> WrittenLog:
    written = WrittenLog(log)
    for n in range(messages):
        written.say(f"message number {n} of {log}")
    return written


def files_hold(folder: Path, word: str) -> list[str]:
    return [file.name for file in folder.iterdir() if word.encode() in file.read_bytes()]


def tidy(store: SqliteStore) -> None:
    while store.tidy():
        pass


# --- reopening ---------------------------------------------------------------------------------------------------


def test_everything_is_there_again(path: Path) -> None:
    log = chatter(20)
    row = OutboxRow(SERVER, 1, log.log, Cid("c"), "text", b"{}")
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(5), log.extend(5, 20), RowChanged(row)])
    with closing(open_store(path)) as store:
        assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=100) == log.shown(5, 20)
        assert store.servers() == [JOINED.server]
        assert store.outbox(SERVER) == [row]
        assert [hit.message.text for hit in store.search("19")] == [log.shown(19, 20)[0].text]
        store.apply([log.extend_back(0, 6)])
        assert len(texts(store, log)) == 20


def test_p18_a_row_refused_with_a_code_of_a_later_program_is_read(path: Path) -> None:
    row = OutboxRow(SERVER, 1, LogId("room"), Cid("c"), "text", b"{}", delivery=Delivery.REFUSED, code=Code.FORBIDDEN)
    with closing(open_store(path)) as store:
        store.apply([JOINED, RowChanged(row)])
    with closing(apsw.Connection(str(path))) as later:
        later.execute("UPDATE outbox SET code = 'on_fire'")
    with closing(open_store(path)) as store:
        assert store.outbox(SERVER) == [replace(row, code=Code.UNKNOWN)]


@pytest.mark.parametrize("kind", WITH_TEXT)
def test_every_kind_with_a_text_is_found_again(path: Path, kind: str) -> None:
    log = WrittenLog()
    log.add(ME, kind, encode_body(EXAMPLES[kind].body))
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(), log.extend(0, 1)])
    with closing(open_store(path)) as store:
        tidy(store)
        (shown,) = log.shown(0, 1)
        assert [hit.message for hit in store.search(shown.text)] == [shown]


def test_what_was_kept_unread_is_found_after_an_upgrade(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By bounded steps, across a restart in the middle of them; what was deleted meanwhile stays deleted."""
    log = WrittenLog()
    for n in range(300):
        log.add(ME, "later message", encode_body(Text(f"harbour {n}")))
        log.say(f"lantern {n}")
    deleted = log.events[-2].ref
    log.change(deleted, Delete())
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(), log.extend(0, 600)])
        tidy(store)
        assert store.search("harbour") == []
    learn_later_message(monkeypatch)
    with closing(open_store(path)) as store:
        assert len(store.search("lantern", limit=400)) == 300
        assert store.tidy()
        assert 0 < len(store.search("harbour", limit=400)) < 100
        store.apply([log.extend(600, 601)])
    with closing(open_store(path)) as store:
        steps = 0
        while store.tidy():
            steps += 1
        assert steps >= 4
        assert len(store.search("harbour", limit=400)) == 299
        assert len(store.search("lantern", limit=400)) == 300
    before = path.read_bytes()
    with closing(open_store(path)) as store:
        tidy(store)
    assert path.read_bytes() == before, "once is enough"


def test_what_is_no_text_any_more_leaves_the_index(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that went back to an earlier version reads less."""
    log = WrittenLog()
    log.add(ME, "later message", encode_body(Text("harbour")))
    with monkeypatch.context() as later, closing(open_store(path)) as store:
        learn_later_message(later)
        store.apply([JOINED, log.hold(), log.extend(0, 1)])
        tidy(store)
        assert len(store.search("harbour")) == 1
    with closing(open_store(path)) as store:
        tidy(store)
        assert store.search("harbour") == []


@pytest.mark.parametrize(("at_once", "is_tidied"), [(1, True), (7, True), (25, False)])
def test_index_stays_small_and_right_whatever_comes(path: Path, at_once: int, is_tidied: bool) -> None:
    """One by one, it is merged by bounded steps of tidy; many at a time, by the commits themselves."""
    log = chatter(1050)
    gone = log.events[5].ref
    log.change(gone, Delete())
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold()])
        for n in range(0, 1050, at_once):
            store.apply([log.extend(n, n + at_once)])
        store.apply([log.extend(1050, 1051)])
        everything = log.shown(0, 1051)[::-1]
        everything.remove(next(one for one in everything if one.ref == gone))
        steps = 0
        while is_tidied:
            assert [hit.message for hit in store.search("message room", limit=2_000)] == everything
            if not store.tidy():
                break
            steps += 1
        assert [hit.message for hit in store.search("number 777")] == log.shown(777, 778)
    assert steps < 100
    with closing(apsw.Connection(str(path))) as index:
        assert index.execute("SELECT count(DISTINCT segid) FROM found_idx").get < 8
        index.execute("INSERT INTO found(found) VALUES ('integrity-check')")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_only_the_owner_reads_the_files(path: Path) -> None:
    with closing(open_store(path)) as store:
        store.apply([JOINED])
        assert {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()} == dict.fromkeys(
            ["store.db", "store.db-wal", "store.db-shm"], "0o600"
        )


def test_later_version_is_left_as_it_is(path: Path) -> None:
    open_store(path).close()
    with closing(apsw.Connection(str(path))) as later:
        later.pragma("user_version", 99)
    before = path.read_bytes()
    with pytest.raises(StoreNewer, match="version 99"):
        open_store(path)
    assert path.read_bytes() == before


def test_store_of_an_earlier_version_goes_on(path: Path) -> None:
    log = chatter(3)
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(0), log.extend(0, log.head)])
    with closing(apsw.Connection(str(path))) as earlier:
        earlier.execute("INSERT INTO found(found, rank) VALUES ('automerge', 4)")
        earlier.execute("DROP TABLE kept; ALTER TABLE indexed DROP COLUMN swept; PRAGMA user_version = 1")
    with closing(open_store(path)) as store:
        assert texts(store, log) == [f"message number {n} of room" for n in range(3)]
        store.apply([Keep("language", "zh")])
    with closing(open_store(path)) as store:
        assert store.kept() == {"language": "zh"}
    with closing(apsw.Connection(str(path))) as now:
        assert now.execute("SELECT v FROM found_config WHERE k = 'automerge'").get == 0


def test_interrupted_making_leaves_nothing_in_the_way(path: Path) -> None:
    path.with_name("store.db.new").write_bytes(b"half a database")
    with closing(open_store(path)) as store:
        store.apply([JOINED])


# --- deletion ----------------------------------------------------------------------------------------------


def test_M6_deleted_words_are_in_no_file(path: Path) -> None:
    log = chatter(300)
    slip = log.say("Xylophonist was here")
    log.change(slip, Edit("Zymurgist was here"))
    log.say("Quokka stays")
    log.change(slip, Delete())
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(), log.extend(0, 303)])
        tidy(store)
        for word in ("Xylophonist", "xylophonist", "Zymurgist", "zymurgist", "Quokka", "quokka"):
            expected = [] if word == "xylophonist" else ["store.db"]  # not shown since the edit, so not in the index
            assert files_hold(path.parent, word) == expected
        store.apply([log.extend(303, 304)])
        tidy(store)
        for word in ("Xylophonist", "xylophonist", "Zymurgist", "zymurgist"):
            assert files_hold(path.parent, word) == []
        assert files_hold(path.parent, "Quokka") == ["store.db"]
        assert path.with_name("store.db-wal").stat().st_size == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_M6_deleted_words_are_in_no_file_whatever_the_index_did_meanwhile(path: Path, seed: int) -> None:
    """A word may part two pages of the index, and is merged in steps, between which it is deleted."""
    chance = random.Random(seed)
    log = WrittenLog()
    doomed: list[tuple[Ref, str]] = []
    words: list[str] = []
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold()])
        while log.head < 3_000:
            before = log.head
            for _ in range(chance.randint(1, 32)):
                word = f"doomed{chance.getrandbits(64):016x}" if chance.random() < 0.05 else ""
                said = log.say(f"Does anybody know {chance.getrandbits(20):x}? {word}")
                doomed += [(said, word)] if word else []
            while doomed and chance.random() < 0.7:
                ref, word = doomed.pop(0)
                words.append(word)
                log.change(ref, Delete())
            store.apply([log.extend(before, log.head)])
            if chance.random() < 0.2:
                store.tidy()
        tidy(store)
        assert len(words) > 50
        file = path.read_bytes()
        assert [word for word in words if word.encode() in file] == []
        assert [word for _, word in doomed if not store.search(word)] == []
    with closing(apsw.Connection(str(path))) as db:
        db.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, found, 'row')")
        left = [word.encode() for (word,) in db.execute("SELECT term FROM words")]
        partings = [bytes(term[1:]) for (term,) in db.execute("SELECT term FROM found_idx WHERE term <> x''")]
    assert [parting for parting in partings if not any(word.startswith(parting) for word in left)] == []


def test_M6_deletion_that_comes_before_its_message_erases_it(path: Path) -> None:
    log = WrittenLog()
    slip = log.say("Xylophonist was here")
    log.change(slip, Delete())
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(1), log.extend(1, 2)])
        store.apply([log.extend_back(0, 2)])
        tidy(store)
        assert files_hold(path.parent, "ylophonist") == []


@pytest.mark.parametrize(
    "give_up",
    [
        lambda log: [LogClosed(SERVER, log.log, dropped=True)],
        lambda log: [log.hold(log.head)],
        lambda log: [SetAside(SERVER, log.log, log.at[700]), LogClosed(SERVER, log.log, dropped=True)],
    ],
)
def test_given_up_copies_leave_the_files_by_steps(path: Path, give_up: Callable[[WrittenLog], list[Op]]) -> None:
    log, kept = WrittenLog(), WrittenLog("kept")
    for n in range(1200):
        log.say(f"Xylophonist number {n}")
    kept.say("Quokka")
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(), log.extend(0, log.head), kept.hold(), kept.extend(0, 1)])
        store.apply(give_up(log))
        assert store.search("xylophonist") == []
        steps = 1
        while store.tidy():
            steps += 1
        assert steps > 3
        assert files_hold(path.parent, "ylophonist") == []
        assert [hit.message.text for hit in store.search("quokka")] == ["Quokka"]


def test_removal_goes_on_after_a_restart(path: Path) -> None:
    log = chatter(10)
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(), log.extend(0, 10), LogClosed(SERVER, log.log, dropped=True)])
    with closing(open_store(path)) as store:
        tidy(store)
        assert files_hold(path.parent, "message number") == []


def test_dropped_row_is_in_no_file(path: Path) -> None:
    row = OutboxRow(SERVER, 1, LogId("room"), Cid("c"), "text", b'{"text":"Xylophonist"}')
    with closing(open_store(path)) as store:
        store.apply([RowChanged(row)])
        tidy(store)
        assert files_hold(path.parent, "Xylophonist") == ["store.db"]
        store.apply([RowGone(row)])
        tidy(store)
        assert files_hold(path.parent, "Xylophonist") == []


# --- a full disk -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def disk() -> Iterator[FaultyDisk]:
    disk = FaultyDisk("faulty")
    yield disk
    disk.unregister()


@pytest.mark.parametrize("error", [apsw.SQLITE_FULL, apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_IOERR_FSYNC])
def test_G13_full_at_every_write_applies_nothing_and_works_again(path: Path, disk: FaultyDisk, error: int) -> None:
    log = chatter(200)
    log.change(log.events[0].ref, Delete())
    with closing(open_store(path, disk.name)) as store:
        store.apply([JOINED, log.hold(), log.extend(0, 100)])
        row = RowChanged(OutboxRow(SERVER, 1, log.log, Cid("c"), "text", bytes(encode_body(Edit("mine")))))
        refused = 0
        while True:
            try:
                with disk.failing_after(refused, error):
                    store.apply([row, log.extend(100, 201)])
                break
            except StoreFull:
                refused += 1
            assert len(texts(store, log)) == 100
            assert store.outbox(SERVER) == []
        assert refused >= 10
        assert store.messages(SERVER, log.log, before_row=EVERYTHING, limit=1000) == log.shown(0, 201)
        assert store.outbox(SERVER) == [row.row]
    with closing(open_store(path)) as store:
        assert len(texts(store, log)) == 200


def test_G13_full_while_tidying_loses_nothing(path: Path, disk: FaultyDisk) -> None:
    log = chatter(100)
    with closing(open_store(path, disk.name)) as store:
        store.apply([JOINED, log.hold(), log.extend(0, 100)])
        refused = 0
        while True:
            try:
                with disk.failing_after(refused, apsw.SQLITE_FULL):
                    tidy(store)
                break
            except StoreFull:
                refused += 1
            assert len(texts(store, log)) == 100
        assert refused > 3
        assert path.with_name("store.db-wal").stat().st_size == 0
        assert len(texts(store, log)) == 100


def test_full_while_the_store_is_made_leaves_nothing_in_the_way(path: Path, disk: FaultyDisk) -> None:
    with disk.failing_after(3, apsw.SQLITE_FULL), pytest.raises(StoreFull):
        open_store(path, disk.name)
    open_store(path).close()


# --- damage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 500, b"SQLite format 3\0" + b"\0" * 5000])
def test_G14_what_is_no_store_is_set_aside(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreDamaged, match=ASIDE):
        open_store(path)
    assert path.with_name(f"{ASIDE}.db").read_bytes() == content
    open_store(path).close()


def test_G14_damage_twice_in_one_second_overwrites_nothing(path: Path) -> None:
    for n in range(3):
        path.write_bytes(b"damaged %d" % n)
        with pytest.raises(StoreDamaged):
            open_store(path)
    assert sorted(file.read_bytes() for file in path.parent.iterdir()) == [b"damaged %d" % n for n in range(3)]
    assert sorted(file.stem for file in path.parent.iterdir()) == [ASIDE, f"{ASIDE}-2", f"{ASIDE}-3"]


def test_G14_any_damaged_page_is_said_or_shows_nothing_wrong(path: Path) -> None:
    log = chatter(300)
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(), log.extend(0, 300)])
        tidy(store)
    good = path.read_bytes()
    page = int.from_bytes(good[16:18], "big")
    said = 0
    for number in range(len(good) // page):
        bad = bytearray(good)
        bad[number * page + page // 2] ^= 0x10
        folder = path.with_name(f"page{number}")
        folder.mkdir()
        damaged = folder / "store.db"
        damaged.write_bytes(bad)
        try:
            store = open_store(damaged)
        except StoreDamaged:
            said += 1
            continue
        try:
            assert texts(store, log) == [m.text for m in log.shown(0, 300)]
            assert store.state(SERVER, log.log) == {}
            assert len(store.search("number", limit=400)) == 300
        except StoreDamaged:
            said += 1
            with pytest.raises(StoreDamaged, match=ASIDE):  # nothing more is written into it
                store.apply([JOINED])
            store.close()
            assert (folder / f"{ASIDE}.db").read_bytes() == bytes(bad)
            open_store(damaged).close()
        else:
            store.close()
    assert said > 20


def test_store_that_lacks_what_it_says_it_holds_is_set_aside(path: Path) -> None:
    log = chatter(5)
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold(), log.extend(0, 5)])
    with closing(apsw.Connection(str(path))) as other:
        other.execute("DELETE FROM event WHERE seq = 5")
    with pytest.raises(StoreDamaged, match="lacks events"):
        open_store(path)


# --- kill -9, threads --------------------------------------------------------------------------------------------

WRITE_UNTIL_KILLED = """
import sys
from pathlib import Path
from chat_protocol.ids import Cid
from desktop_chat.store.contract import OutboxRow, RowChanged, RowGone
from desktop_chat.store.sqlite import SqliteStore
from tests.store.written_log import JOINED, ME, SERVER, WrittenLog

log = WrittenLog()
refs = [log.say(f"word {n}", ME) for n in range(3000)]
store = SqliteStore(Path(sys.argv[1]), 0)
store.apply([JOINED, log.hold()])
rows = [OutboxRow(SERVER, n, log.log, ref.cid, "text", b"{}") for n, ref in enumerate(refs)]
for n, row in enumerate(rows):
    store.apply([RowChanged(row)])
    print(f"row {n}", flush=True)
    if n % 3 == 2:
        store.apply([log.extend(n - 2, n + 1), *map(RowGone, rows[n - 2 : n + 1])])
        print(f"head {n + 1}", flush=True)
    if n % 10 == 0:
        store.tidy()
"""


@pytest.mark.parametrize("lines", [1, 40, 173])
def test_G4_killed_program_keeps_all_that_it_was_told_is_stored(path: Path, lines: int) -> None:
    log = WrittenLog()
    refs = [log.say(f"word {n}", ME) for n in range(3000)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as child:
        assert child.stdout is not None
        told = [child.stdout.readline().split() for _ in range(lines)]
        child.kill()
        told += [line.split() for line in child.stdout.read().splitlines()]
    rows = 1 + max((int(n) for what, n in told if what == "row"), default=-1)
    head = max((int(n) for what, n in told if what == "head"), default=0)
    with closing(open_store(path)) as store:
        (held,) = store.held(SERVER)
        assert held.at == log.at[held.at.seq]
        assert head <= held.at.seq <= head + 3
        assert texts(store, log) == [f"word {n}" for n in range(held.at.seq)]
        assert len(store.search("word", limit=5000)) == held.at.seq
        waiting = [row.cid for row in store.outbox(SERVER)]
        assert len(waiting) <= 3
        assert rows - held.at.seq <= len(waiting)
        assert waiting == [ref.cid for ref in refs[held.at.seq : held.at.seq + len(waiting)]]


def test_reads_beside_the_writer_see_whole_commits(path: Path) -> None:
    log = chatter(600)
    with closing(open_store(path)) as store:
        store.apply([JOINED, log.hold()])

        def write() -> None:
            for n in range(0, 600, 6):
                store.apply([log.extend(n, n + 6)])
                store.tidy()

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            seen = set()
            while not writing.done():
                seen.add(len(texts(store, log)))
        writing.result()
        assert {n % 6 for n in seen} <= {0}
        assert len(texts(store, log)) == 600


def test_what_is_read_together_is_of_one_state(path: Path) -> None:
    log = chatter(20)
    with closing(open_store(path)) as store, ThreadPoolExecutor(1) as pool:
        store.apply([JOINED, log.hold(), log.extend(0, 10)])
        with store.together():
            assert len(texts(store, log)) == 10
            pool.submit(store.apply, [log.extend(10, 20)]).result()
            assert (len(texts(store, log)), store.held(SERVER)[0].at.seq) == (10, 10)
        assert (len(texts(store, log)), store.held(SERVER)[0].at.seq) == (20, 20)
