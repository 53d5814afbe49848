"""docs/promises.md names tests: each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_promise_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "promises.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| [A-Z]\d", line)]
    assert rows
    assert [row for row in rows if not _TEST.search(row)] == []
    missing = [
        f"{path}::{name}"
        for path, name in _TEST.findall(text)
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text("utf-8")
    ]
    assert missing == []
