"""Writes down a whole run of an area: `results/AREA.json`, and its table in `docs/benchmarks.md`."""

from __future__ import annotations

import json
import os
import platform
import ssl
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.rows import Goal, Of, Row

_ROOT = Path(__file__).resolve().parents[1]
_RESULTS = _ROOT / "benchmarks" / "results"
_PAGE = _ROOT / "docs" / "benchmarks.md"


def machine() -> dict[str, str]:
    """Where it was measured, and with what."""
    return {
        "machine": f"{_cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "fsync": f"{_fsync_ms():.2f} ms (median of one page each)",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in ("websockets", "apsw", "msgspec")),
        "tls": ssl.OPENSSL_VERSION,
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def record(area: str, rows: Sequence[Row], goals: Mapping[str, Goal], **about: str) -> None:
    """`about` says how this run was made, beside where."""
    written = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        **machine(),
        **about,
        "rows": [_as_json(row, goals) for row in rows],
    }
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / f"{area}.json").write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8")
    begin, end = f"<!-- {area}: begin -->\n", f"<!-- {area}: end -->\n"
    before, _, rest = _PAGE.read_text("utf-8").partition(begin)
    _, _, after = rest.partition(end)
    _PAGE.write_text(before + begin + _table(written) + end + after, "utf-8")


def _as_json(row: Row, goals: Mapping[str, Goal]) -> dict[str, Any]:
    goal = goals.get(row.id)
    values = [run.value for run in row.runs]
    judged = row.ratio if goal is not None and goal.of is Of.RATIO else row.value
    return {
        "id": row.id,
        "name": row.name,
        "value": _rounded(row.value),
        "unit": row.unit,
        "baseline": None if row.baseline is None else _rounded(statistics.median(r.value for r in row.baseline)),
        "ratio": None if row.ratio is None else _rounded(row.ratio),
        "goal": goal.text(goal.reach) if goal else None,
        "met": goal.met(judged, goal.reach) if goal and judged is not None else None,
        "then": goal.text(goal.then) if goal and goal.then is not None else None,
        "then_met": goal.met(judged, goal.then) if goal and judged is not None else None,
        "spread": [_rounded(min(values)), _rounded(max(values))],
        "runs": len(values),
        "server_cpu": _rounded(statistics.median(run.server_cpu for run in row.runs)),
        "generator_cpu": _rounded(row.generator_cpu),
        "server_us": None if row.server_us is None else _rounded(row.server_us),
        "baseline_us": None if row.baseline_us is None else _rounded(row.baseline_us),
    }


def _table(written: dict[str, Any]) -> str:
    with_what = f"Python {written['python']}, {written['libraries']}, {written['tls']}"
    lines = [
        f"{written['date']}, commit {written['commit']}; {written['machine']}; {with_what}; fsync {written['fsync']}.",
        "",
        "| | value | unit | spread | baseline | ratio | goal | met | then | met | CPU server / generator | µs each |",
        "|---|--:|---|--:|--:|--:|--:|---|--:|---|--:|--:|",
    ]
    for row in written["rows"]:
        low, high = row["spread"]
        busy = f"{row['server_cpu']:.0%} / {row['generator_cpu']:.0%}" if row["server_cpu"] else ""
        ratio = f"{row['ratio']:,g}×" if row["ratio"] is not None else ""
        cells = [
            row["name"],
            f"{row['value']:,g}",
            row["unit"],
            f"{low:,g}–{high:,g}",
            "" if row["baseline"] is None else f"{row['baseline']:,g}",
            ratio,
            row["goal"] or "",
            _YES_NO[row["met"]],
            row["then"] or "",
            _YES_NO[row["then_met"]],
            busy,
            _cost(row),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cost(row: dict[str, Any]) -> str:
    if row["server_us"] is None:
        return ""
    return f"{row['server_us']:,g}" + ("" if row["baseline_us"] is None else f" ({row['baseline_us']:,g})")


_YES_NO = {True: "yes", False: "**no**", None: ""}


def _rounded(value: float) -> float:
    """Three figures, and all before the point."""
    return float(f"{value:.3g}") if abs(value) < 1_000 else float(round(value))


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _fsync_ms() -> float:
    """Where the servers' folders are."""
    took = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            begun = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - begun)
    return statistics.median(took) * 1_000


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
