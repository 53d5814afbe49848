"""Measures the window."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from benchmarks.area import run
from benchmarks.client import hello, long_room, starting, talking
from benchmarks.client.goals import GOALS
from benchmarks.client.stage import FULL, QUICK, Stage

MEASUREMENTS = {
    "start": starting.measure,
    "room": long_room.measure,
    "talk": talking.measure,
    "hello": hello.measure,
}


@contextmanager
def compiled(stage: Stage) -> Iterator[None]:
    """As an installed program is: compiled once, whatever the environment says of the project's own folder."""
    with stage.folder() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder)
        yield


if __name__ == "__main__":
    window = f"PySide6 {version('PySide6_Essentials')}, platform offscreen, 1280 × 800"
    sys.exit(run("client", MEASUREMENTS, Stage(FULL, GOALS), Stage(QUICK, GOALS), compiled, window=window))
