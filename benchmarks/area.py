"""An area of measurements, run from the command line: `dev.py bench AREA [--quick] [--only NAME] [--record]`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from benchmarks.record import machine, record
from benchmarks.rows import TOO_BUSY, Goal, Row, line

ScaleT = TypeVar("ScaleT")
"""How much an area does."""


@dataclass
class Stage(Generic[ScaleT]):
    """What the measurements of an area share: their size, their folders, and the rows that they come to."""

    scale: ScaleT
    goals: Mapping[str, Goal]
    """By the id of a row."""
    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        print(line(row, self.goals), flush=True)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="chat-bench-") as path:
            yield Path(path)


StageT = TypeVar("StageT", bound=Stage)  # type: ignore[type-arg]


def run(
    name: str,
    measurements: Mapping[str, Callable[[StageT], Coroutine[Any, Any, None]]],
    full: StageT,
    quick: StageT,
    around: Callable[[StageT], AbstractContextManager[None]] = lambda _stage: nullcontext(),
    **about: str,
) -> int:
    """Runs what the command line asks for, inside `around`, on the stage `full` or `quick`; the exit code.

    `about` says how the area was measured, beside where.
    """
    parser = argparse.ArgumentParser(prog=f"dev.py bench {name}")
    parser.add_argument("--quick", action="store_true", help="each once and small, so that none can rot")
    parser.add_argument("--only", choices=measurements, help="one of the measurements")
    parser.add_argument("--record", action="store_true", help="write the results and the table of docs/benchmarks.md")
    options = parser.parse_args()
    if options.record and (options.quick or options.only):
        parser.error("only a whole run is recorded")
    if sys.platform != "linux":
        print("the benchmarks read /proc: they need Linux", file=sys.stderr)
        return 2
    stage = quick if options.quick else full
    for what, value in {**machine(), **about}.items():
        print(f"{what}: {value}")
    begun = time.perf_counter()
    with around(stage):
        for measurement in [options.only] if options.only else measurements:
            gc.collect()  # what one leaves behind is not the next one's
            asyncio.run(measurements[measurement](stage))
    print(f"{time.perf_counter() - begun:.0f} s")
    if options.record:
        record(name, stage.rows, stage.goals, **about)
    bound = [row.name for row in stage.rows if row.generator_cpu > TOO_BUSY]
    if bound:
        print(f"the generator was the bottleneck of: {', '.join(bound)}", file=sys.stderr)
    return 0
