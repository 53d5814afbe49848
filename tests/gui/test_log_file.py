"""What failed is in the profile's log."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

from desktop_chat.app import LogFile


def test_it_is_there_from_the_start_and_keeps_all(tmp_path: Path) -> None:
    path = tmp_path / "desktop-chat.log"
    with closing(LogFile(path)) as log:
        assert path.read_text("utf-8") == ""
        for text in ("one", "two"):
            log.handle(logging.LogRecord("chat", logging.WARNING, __file__, 1, text, None, None))
    assert path.read_text("utf-8").split() == ["one", "two"]


def test_what_was_there_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "desktop-chat.log"
    path.write_text("before", "utf-8")
    LogFile(path).close()
    assert path.read_text("utf-8") == "before"
