"""The program of one person, driven and measured."""

from __future__ import annotations

import sys

from tests.e2e.desk import Desk


class Probed(Desk):
    """See `benchmarks.client.probed`."""

    command = (sys.executable, "-m", "benchmarks.client.probed")
