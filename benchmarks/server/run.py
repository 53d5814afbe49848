"""Measures the server."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.area import run
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


@contextmanager
def undisturbed(_stage: Stage) -> Iterator[None]:
    gc.disable()  # a pause of the generator would count as the server's
    with on_core(GENERATOR_CORE):
        yield
    gc.enable()


if __name__ == "__main__":
    sys.exit(run("server", MEASUREMENTS, Stage(FULL, GOALS), Stage(QUICK, GOALS), undisturbed))
