"""Measures the server: `dev.py bench server [--quick] [--only NAME] [--record]`.

--quick        each measurement once and small, so that none can rot; its numbers mean nothing
--only NAME    one of fan-out, durable, latency, idle, arrivals
--record       writes benchmarks/results/server.json and the table of docs/benchmarks.md
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time

from benchmarks.record import machine, record
from benchmarks.rows import TOO_BUSY
from benchmarks.server import arrivals, durable, fan_out, idle, latency
from benchmarks.server.goals import GOALS
from benchmarks.server.processes import GENERATOR_CORE, on_core
from benchmarks.server.stage import FULL, QUICK, Stage

MEASUREMENTS = {
    "fan-out": fan_out.measure,
    "durable": durable.measure,
    "latency": latency.measure,
    "idle": idle.measure,
    "arrivals": arrivals.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench server")
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
    for name, value in machine().items():
        print(f"{name}: {value}")
    begun = time.perf_counter()
    with on_core(GENERATOR_CORE):
        for name in [options.only] if options.only else MEASUREMENTS:
            gc.collect()
            gc.disable()  # a pause of the generator would count as the server's
            asyncio.run(MEASUREMENTS[name](stage))
            gc.enable()
    print(f"{time.perf_counter() - begun:.0f} s")
    if options.record:
        record("server", stage.rows, GOALS)
    bound = [row.name for row in stage.rows if row.generator_cpu > TOO_BUSY]
    if bound:
        print(f"the generator was the bottleneck of: {', '.join(bound)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
