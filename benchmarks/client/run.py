"""Measures the window: `dev.py bench client [--quick] [--only NAME] [--record]`.

--quick        each measurement once and small, so that none can rot; its numbers mean nothing
--only NAME    one of start, room, talk, hello
--record       writes benchmarks/results/client.json and the table of docs/benchmarks.md
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from importlib.metadata import version

from benchmarks.client import hello, long_room, starting, talking
from benchmarks.client.goals import GOALS
from benchmarks.client.stage import FULL, QUICK, Stage
from benchmarks.record import machine, record

MEASUREMENTS = {
    "start": starting.measure,
    "room": long_room.measure,
    "talk": talking.measure,
    "hello": hello.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench client")
    parser.add_argument("--quick", action="store_true", help="each once and small")
    parser.add_argument("--only", choices=MEASUREMENTS, help="one of the measurements")
    parser.add_argument("--record", action="store_true", help="write the results and the table")
    options = parser.parse_args()
    if options.record and (options.quick or options.only):
        parser.error("only a whole run is recorded")
    if sys.platform != "linux":
        print("the benchmarks read /proc: they need Linux", file=sys.stderr)
        return 2
    stage = Stage(QUICK if options.quick else FULL)
    about = {"window": f"PySide6 {version('PySide6_Essentials')}, platform offscreen, 1280 × 800"}
    for name, value in {**machine(), **about}.items():
        print(f"{name}: {value}")
    begun = time.perf_counter()
    with stage.folder() as compiled:
        # As an installed program has it: compiled once, whatever the environment says of the project's own folder.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(compiled)
        for name in [options.only] if options.only else MEASUREMENTS:
            asyncio.run(MEASUREMENTS[name](stage))
    print(f"{time.perf_counter() - begun:.0f} s")
    if options.record:
        record("client", stage.rows, GOALS, **about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
