"""What is to be reached, by the id of a row."""

from __future__ import annotations

from benchmarks.rows import Goal, Of, most

GOALS: dict[str, Goal] = {
    "start/paint": most(Of.RATIO, 1.8, 1.4),
    "start/rss": most(Of.VALUE, 110, 90),
    "idle/cpu": most(Of.VALUE, 0.5, 0.1),
    "room/open": most(Of.VALUE, 60, 30),
    "room/scroll/p99": most(Of.VALUE, 10, 6),
    "room/append/p99": most(Of.VALUE, 10, 5),
    "room/resize": most(Of.VALUE, 30, 16),
    "room/copy": most(Of.VALUE, 300, 100),
    "room/search": most(Of.VALUE, 100, 30),
    "room/search/chinese": most(Of.VALUE, 100, 30),
    "talk/own": most(Of.VALUE, 16),
    "talk/other/p99": most(Of.VALUE, 60, 30),
    "talk/catch-up": most(Of.VALUE, 2, 0.7),
    "hello/clicks": most(Of.VALUE, 2),
    "hello/seconds": most(Of.VALUE, 5),
}
