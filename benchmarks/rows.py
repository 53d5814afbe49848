"""What a measurement comes to, and what is to be reached."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

TOO_BUSY = 0.9
"""A generator that uses more of its core than that measures itself."""


class Of(StrEnum):
    """What a goal bounds."""

    VALUE = "value"
    RATIO = "ratio"
    """Of the value to the baseline of the same run."""


class Goal(NamedTuple):
    at_least: bool
    of: Of
    reach: float
    then: float | None = None

    def text(self, bound: float | None) -> str:
        if bound is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {bound:,g}{'×' if self.of is Of.RATIO else ''}"

    def met(self, measured: float, bound: float | None) -> bool | None:
        if bound is None:
            return None
        return measured >= bound if self.at_least else measured <= bound


def least(of: Of, reach: float, then: float | None = None) -> Goal:
    return Goal(True, of, reach, then)


def most(of: Of, reach: float, then: float | None = None) -> Goal:
    return Goal(False, of, reach, then)


@dataclass
class Run:
    """One run: what it came to, and who worked how much for it."""

    value: float
    server_cpu: float = 0.0
    """Of one core."""
    generator_cpu: float = 0.0
    server_us: float | None = None
    """Of CPU, for each one of what is counted: it hangs less than time does on what else the machine does."""


@dataclass
class Row:
    id: str
    name: str
    unit: str
    runs: list[Run]
    baseline: list[Run] | None = None
    note: str = ""

    @property
    def value(self) -> float:
        return statistics.median(run.value for run in self.runs)

    @property
    def ratio(self) -> float | None:
        if self.baseline is None:
            return None
        return self.value / statistics.median(run.value for run in self.baseline)

    @property
    def server_us(self) -> float | None:
        return _median_us(self.runs)

    @property
    def baseline_us(self) -> float | None:
        return _median_us(self.baseline or ())

    @property
    def generator_cpu(self) -> float:
        busiest = 0.0
        for run in [*self.runs, *(self.baseline or ())]:
            busiest = max(busiest, run.generator_cpu)
        return busiest


def _median_us(runs: Sequence[Run]) -> float | None:
    known = [run.server_us for run in runs if run.server_us is not None]
    return statistics.median(known) if known else None


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def line(row: Row, goals: Mapping[str, Goal]) -> str:
    values = [run.value for run in row.runs]
    said = f"{row.name:58} {row.value:12,.2f} {row.unit}"
    if len(values) > 1:
        said += f"  ({min(values):,.2f}-{max(values):,.2f})"
    if row.ratio is not None:
        said += f"  {row.ratio:.2f}x"
    if (goal := goals.get(row.id)) is not None:
        said += f"  goal {goal.text(goal.reach)}"
    servers = statistics.median(run.server_cpu for run in row.runs)
    if servers:
        said += f"  cpu {servers:.0%} / {row.generator_cpu:.0%}"
    if row.server_us is not None:
        said += f"  {row.server_us:,.1f} us each"
    return said + ("  GENERATOR-BOUND" if row.generator_cpu > TOO_BUSY else "")
