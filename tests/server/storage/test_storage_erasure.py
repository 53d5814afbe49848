"""M6: what was deleted is in no file of the data folder once the storage says that nothing is waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import apsw
import pytest

from chat_protocol.events import Edit
from chat_server.storage.contract import Appended, StorageFull
from chat_server.storage.sqlite import SqliteStorage
from tests.faults.batches import Scribe, batch
from tests.faults.disk_full import small_disk


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[SqliteStorage]:
    storage = SqliteStorage(tmp_path / "chat.db")
    yield storage
    storage.close()


def content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir()).lower()


def settle(storage: SqliteStorage) -> None:
    while storage.index():
        pass


@pytest.mark.parametrize("length", [1, 20, 1000], ids=["a word", "a page", "many pages"])
def test_deleted_words_are_in_no_file(storage: SqliteStorage, tmp_path: Path, length: int) -> None:
    scribe = Scribe(Random(3))
    before, message = scribe.say("before"), scribe.say("zanzibar " * length)
    edits = [scribe.write(message.log, Edit("quetzalcoatl " * length), message) for _ in range(2)]
    storage.append(batch(before, message, *edits, scribe.say("after")))
    settle(storage)
    assert b"quetzalcoatl" in content(tmp_path)
    storage.append(scribe.delete(message))
    assert b"quetzalcoatl" in content(tmp_path), "in the database until the write-ahead log is carried into it"
    settle(storage)
    assert b"zanzibar" not in content(tmp_path)
    assert b"quetzalcoatl" not in content(tmp_path)


def test_no_parting_of_the_index_is_a_word_that_is_gone(storage: SqliteStorage, tmp_path: Path) -> None:
    """Between its pages it may keep a word, or how it begins, that is on none of them."""
    random = Random(5)
    scribe = Scribe(random)
    doomed: list[Appended] = []
    for _ in range(50):
        said = [scribe.say(" ".join(f"{random.getrandbits(64):x}" for _ in range(20))) for _ in range(8)]
        storage.append(batch(*said))
        doomed += said[::2]
    settle(storage)
    for message in doomed:
        storage.append(scribe.delete(message))
    settle(storage)
    with closing(apsw.Connection(str(tmp_path / "chat.db"))) as db:
        db.execute("CREATE VIRTUAL TABLE temp.left_words USING fts5vocab(main, words, 'row')")
        left = [word.encode() for (word,) in db.execute("SELECT term FROM left_words")]
        partings = [bytes(term[1:]) for (term,) in db.execute("SELECT term FROM words_idx WHERE term <> x''")]
    assert partings
    assert [parting for parting in partings if not any(word.startswith(parting) for word in left)] == []


def test_many_deletions_among_edits_leave_no_word(storage: SqliteStorage, tmp_path: Path) -> None:
    """SQLite moves rows between pages and leaves copies of them in unused parts; none of ours may be among them."""
    random = Random(11)
    scribe = Scribe(random)
    gone: set[str] = set()
    words = {}

    def text() -> str:
        words[word := "".join(random.choices("bcdfghjklmnpqrstvwxz", k=14))] = True
        return f"{word} {' '.join(random.choices(['lorem', 'ipsum', 'dolor'], k=random.randrange(60)))}"

    said: dict[int, set[str]] = {}
    for step in range(250):
        log = scribe.logs[0]
        if random.random() < 0.4 or not scribe.messages[log]:
            for _ in range(random.randrange(1, 12)):
                message = scribe.say(text())
                said[message.event.seq] = {list(words)[-1]}
                storage.append(batch(message))
        else:
            message = random.choice(scribe.messages[log])
            if random.random() < 0.4:
                storage.append(batch(scribe.write(log, Edit(text()), message)))
                said[message.event.seq].add(list(words)[-1])
            else:
                storage.append(scribe.delete(message))
                gone |= said.pop(message.event.seq)
        if step % 7 == 0:
            storage.index()
    settle(storage)
    files = content(tmp_path)
    assert len(gone) > 80
    # The index stores a word as what it adds to the one before.
    assert [word for word in gone if word[4:].encode() in files] == []
    assert [word for word in words if word not in gone and word.encode() not in files] == []


def test_what_a_killed_server_left_goes_after_the_next_start(storage: SqliteStorage, tmp_path: Path) -> None:
    scribe = Scribe(Random(3))
    message = scribe.say("zanzibar")
    storage.append(batch(message))
    settle(storage)
    storage.append(scribe.delete(message))
    left = tmp_path / "left"
    left.mkdir()
    for name in ("chat.db", "chat.db-wal"):
        (left / name).write_bytes((tmp_path / name).read_bytes())
    assert b"zanzibar" in content(left)
    started = SqliteStorage(left / "chat.db")
    settle(started)
    assert b"zanzibar" not in content(left)
    started.close()


def test_a_reader_delays_it_until_it_is_done(storage: SqliteStorage, tmp_path: Path) -> None:
    scribe = Scribe(Random(3))
    message = scribe.say("zanzibar")
    storage.append(batch(message))
    storage.append(scribe.delete(message))
    reader = apsw.Connection(str(tmp_path / "chat.db"))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM logs").fetchall()
    storage.append(batch(scribe.say("more")))
    assert [storage.index() for _ in range(3)] == [True] * 3
    reader.close()
    assert not storage.index()
    assert b"zanzibar" not in content(tmp_path)


def test_a_step_of_the_index_without_room_delays_nothing(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    SqliteStorage(path).close()
    scribe = Scribe(Random(3))
    message = scribe.say("zanzibar")
    with small_disk() as disk, closing(SqliteStorage(path, disk.name)) as storage:
        storage.append(batch(message))
        settle(storage)
        storage.append(scribe.delete(message))
        storage.append(batch(scribe.say("for a step to do")))
        assert b"zanzibar" in content(tmp_path)
        disk.room, disk.grows = 0, "chat.db-wal"
        with pytest.raises(StorageFull):
            storage.index()
        assert b"zanzibar" not in content(tmp_path)
