"""The log in the data folder: it is rotated, and what it can't write ends nothing (D9)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_LOGS = """
import logging, pathlib, sys
from chat_server import journal
journal.begin(pathlib.Path(sys.argv[1]))
for number in range(40):
    logging.getLogger("test").info("%d %s", number, "x" * 500_000)
"""


def test_d9_the_log_is_rotated_and_keeps_the_newest(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _LOGS, tmp_path], check=True, stderr=subprocess.DEVNULL, timeout=60)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["server.log", "server.log.1", "server.log.2", "server.log.3"]
    assert all((tmp_path / name).stat().st_size <= 4 * 1024 * 1024 for name in files)
    assert '"text": "39 x' in (tmp_path / "server.log").read_text()
