"""Writes the tables of docs/reliability.md: what a run came to, and where."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.result import Result

ROOT = Path(__file__).resolve().parents[2]


def record(document: Path, form: str, results: Sequence[Result]) -> None:
    """Replaces the table of `form` in `document`, between its two marks. Rows of parts that did not run stay.

    Raises `ValueError` when the marks are missing.
    """
    text = document.read_text("utf-8")
    begin, end = f"<!-- {form} -->\n", f"<!-- end of {form} -->"
    before, found, rest = text.partition(begin)
    old, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"{document.name} has no place for the {form} form")
    rows = {id_: row for row, id_ in _ROW.findall(old)}
    where = f"{_commit()}, {datetime.now(UTC).date()}, {_machine()}"
    rows |= {result.id: _row(result, where) for result in results}
    order = sorted(rows, key=lambda id_: (id_[0] != "G", id_[0], int(id_[1:])))
    table = "\n".join([_HEAD, *(rows[id_] for id_ in order)])
    document.write_text(f"{before}{begin}{table}\n{end}{after}", "utf-8")


_ROW = re.compile(r"(?m)^(\| ([A-Z]\d+) \|.*)$")
_HEAD = "| id | what | trials | failures | seed | seconds | where |\n|---|---|---|---|---|---|---|"


def _row(result: Result, where: str) -> str:
    what = result.what.replace("|", "/")
    return (
        f"| {result.id} | {what} | {result.trials:,} | {len(result.failures)} | {result.seed} "
        f"| {result.seconds:.0f} | {where} |"
    )


def _commit() -> str:
    try:
        command = ["git", "rev-parse", "--short", "HEAD"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown commit"
    return done.stdout.strip()


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
