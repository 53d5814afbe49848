"""The data folder: for its owner only (H4), and for one process at a time."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chat_server.storage.contract import StorageFull
from chat_server.storage.data_folder import DataFolder, FolderInUse, FolderNotWritable, files_of, write_private

HOLD = """
import sys
from pathlib import Path
from chat_server.storage.data_folder import DataFolder
folder = DataFolder(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes; a profile's folders are private there")
def test_it_is_made_for_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir(mode=0o755)
    for path in (tmp_path / "new" / "folder", tmp_path / "empty"):
        with closing(DataFolder(path)) as folder:
            assert mode(path) == 0o700
            assert folder.database.parent == path
            assert mode(path / "lock") == 0o600


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.txt").write_text("sun")
    tmp_path.chmod(0o755)
    with pytest.raises(FolderNotWritable):
        DataFolder(tmp_path)
    assert mode(tmp_path) == 0o755


def test_a_second_holder_is_told_who_has_it(tmp_path: Path) -> None:
    with closing(DataFolder(tmp_path / "data")), pytest.raises(FolderInUse) as refused:
        DataFolder(tmp_path / "data")
    assert refused.value.pid == os.getpid()
    DataFolder(tmp_path / "data").close()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "data")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUse) as refused:
            DataFolder(tmp_path / "data")
        assert refused.value.pid == child.pid
        child.kill()
    DataFolder(tmp_path / "data").close()


def test_where_no_folder_can_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable) as refused:
        DataFolder(tmp_path / "file" / "data")
    assert refused.value.reason


# --- its small files --------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_private(tmp_path / "key.pem", b"secret")
    finally:
        os.umask(before)
    assert mode(tmp_path / "key.pem") == 0o600


def test_a_write_that_was_cut_off_is_forgotten(tmp_path: Path) -> None:
    tmp_path.joinpath("key.new").write_bytes(b"half a k")
    write_private(tmp_path / "key.pem", b"key")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"key.pem": b"key"}


def test_a_file_that_cannot_be_written_leaves_nothing_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FolderNotWritable, match="no such folder"):
        write_private(tmp_path / "no such folder" / "port", b"1")
    (tmp_path / "port").mkdir()
    with pytest.raises(FolderNotWritable, match="port"):
        write_private(tmp_path / "port", b"1")
    (tmp_path / "port").rmdir()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull, match="No space left"):
        write_private(tmp_path / "port", b"1")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_is_told_from_what_is_not_allowed(tmp_path: Path, number: int) -> None:
    with pytest.raises(StorageFull), files_of(tmp_path):
        raise OSError(number, os.strerror(number))
    with pytest.raises(FolderNotWritable), files_of(tmp_path):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.skipif(os.name != "posix", reason="Windows can't sync a folder")
def test_p1_a_file_is_synced_before_and_after_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def watch_fsync(file: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file")
        fsync(file)

    def watch_replace(path: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", watch_fsync)
    monkeypatch.setattr(Path, "replace", watch_replace)
    write_private(tmp_path / "key.pem", b"key")
    assert steps == ["file", "rename", "folder"]
