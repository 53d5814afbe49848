"""How much the measurements of the window do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from benchmarks import area


@dataclass(frozen=True)
class Scale:
    """How much is done."""

    stored: int
    """Messages that are there when the program starts."""
    long: int
    """Messages of the long room."""
    copied: int
    missed: int
    """Messages to catch up with."""
    steps: int
    """Of scrolling, and messages that are appended."""
    sent: int
    """Messages sent to another program."""
    repeats: int
    idle_s: float


FULL = Scale(stored=100_000, long=1_000_000, copied=100_000, missed=10_000, steps=300, sent=150, repeats=5, idle_s=20)
QUICK = Scale(stored=500, long=2_000, copied=1_000, missed=200, steps=20, sent=5, repeats=1, idle_s=1)

Stage: TypeAlias = area.Stage[Scale]
