"""The data folder: for its owner only (H4), and for one process at a time."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chat_server.storage.data_folder import DataFolder, FolderInUse, FolderNotWritable

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
