"""What is to be reached, by the id of a row."""

from __future__ import annotations

from benchmarks.rows import Goal, Of, least, most

GOALS: dict[str, Goal] = {
    "fan-out/1": least(Of.RATIO, 0.8, 1.2),
    "fan-out/32": least(Of.RATIO, 8, 16),
    "fan-out/256": least(Of.RATIO, 12, 20),
    "wire/1": most(Of.VALUE, 220),
    "wire/32": most(Of.VALUE, 145),
    "durable/256": least(Of.VALUE, 10_000, 20_000),
    "durable-slow/256": least(Of.VALUE, 5_000),
    "durable-slow/256/p50": most(Of.VALUE, 40),
    "durable-slow/256/p99": most(Of.VALUE, 110),
    "latency/many/p99": most(Of.RATIO, 1.5, 1.0),
    "latency/one/p99": most(Of.RATIO, 1.5, 1.0),
    "idle/wake-ups": most(Of.VALUE, 5, 2),
    "memory/member": most(Of.VALUE, 64, 45),
    "memory/rss": most(Of.VALUE, 60, 48),
    "joins/rooms": most(Of.VALUE, 4, 1.5),
    "joins/one": most(Of.VALUE, 5, 1),
    "catch-up": most(Of.VALUE, 2, 0.7),
    "storm": most(Of.VALUE, 15),
    "storm/rss": most(Of.VALUE, 250),
}
