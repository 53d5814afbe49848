"""What is to be reached, by the id of a row."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


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


def _least(of: Of, reach: float, then: float | None = None) -> Goal:
    return Goal(True, of, reach, then)


def _most(of: Of, reach: float, then: float | None = None) -> Goal:
    return Goal(False, of, reach, then)


GOALS: dict[str, Goal] = {
    "fan-out/1": _least(Of.RATIO, 0.8, 1.2),
    "fan-out/32": _least(Of.RATIO, 8, 16),
    "fan-out/256": _least(Of.RATIO, 12, 20),
    "wire/1": _most(Of.VALUE, 220),
    "wire/32": _most(Of.VALUE, 145),
    "durable/256": _least(Of.VALUE, 10_000, 20_000),
    "durable-slow/256": _least(Of.VALUE, 5_000),
    "durable-slow/256/p50": _most(Of.VALUE, 40),
    "durable-slow/256/p99": _most(Of.VALUE, 110),
    "latency/many/p99": _most(Of.RATIO, 1.5, 1.0),
    "latency/one/p99": _most(Of.RATIO, 1.5, 1.0),
    "idle/wake-ups": _most(Of.VALUE, 5, 2),
    "memory/member": _most(Of.VALUE, 64, 45),
    "memory/rss": _most(Of.VALUE, 60, 48),
    "joins/rooms": _most(Of.VALUE, 4, 1.5),
    "joins/one": _most(Of.VALUE, 5, 1),
    "catch-up": _most(Of.VALUE, 2, 0.7),
    "storm": _most(Of.VALUE, 15),
    "storm/rss": _most(Of.VALUE, 250),
}
