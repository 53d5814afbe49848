"""`python3 dev.py faults [--full | --sample] [--only G1,G2] [--seed N] [--record]`: inject faults, count what was lost.

Each part prints one line of the table when it is done; the seed in it repeats it. The full form takes hours: it goes
on where it was interrupted, as long as neither the code nor the seed has changed. Any failure is exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.faults import (
    cut_every_byte,
    damage,
    disk_full,
    getting_in,
    hostile_frames,
    kill_client,
    kill_server,
    permission_cells,
    power_loss,
    power_loss_client,
    quiet_logs,
    random_faults,
    slow_reader,
)
from tests.faults.reliability import record
from tests.faults.result import Result

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "build" / "faults" / "full.json"
SOURCES = ("server", "desktop_chat", "tests/faults")
FORMS = ("sample", "short", "full")
FAILURES_TOLD = 20

Run = Callable[[int, int], Result]


class Part(NamedTuple):
    """One line of the table. The counts are trials; 0 is all of them."""

    id: str
    run: Run
    sample: int
    short: int
    full: int
    at_a_time: int = 0
    """In the full form; what is interrupted is repeated from the last so many on. 0: in one go."""
    run_full: Run | None = None
    """Another run in the full form."""


def _power_loss(trials: int, seed: int) -> Result:
    """Each trial is one loss at the server's storage and one at the client's."""
    server, client = power_loss.run(trials, seed), power_loss_client.run(trials, seed)
    failures = [f"server: {line}" for line in server.failures] + [f"client: {line}" for line in client.failures]
    seconds = server.seconds + client.seconds
    return Result("G2", "power losses at the server and as many at the client", trials, failures, seed, seconds)


PARTS = (
    Part("G1", kill_server.run, 3, 20, 1_000, 50),
    Part("G2", _power_loss, 60, 300, 10_000, 500),
    Part("G3", hostile_frames.run, 1_000, 10_000, 100_000, 10_000),
    Part("G4", kill_client.run, 4, 30, 1_000, 50),
    Part("G5", cut_every_byte.run, 60, 0, 0, 0, partial(cut_every_byte.run, sizes=cut_every_byte.ALL_SIZES)),
    Part("G6", random_faults.run, 1, 5, 200, 10, partial(random_faults.run, faults_s=14.0)),
    Part("G9", slow_reader.run, 1, 3, 3, 0, partial(slow_reader.run, load=slow_reader.MANY)),
    Part("G13", disk_full.run, 12, 12, 1_000),
    Part("G14", damage.run, 10, 50, 1_000, 50),
    Part("G18", permission_cells.run, 60, 0, 0),
    Part("A1", getting_in.joins, 20, 100, 100),
    Part("A2", quiet_logs.run, 2, 10, 100, 20),
    Part("A4", getting_in.wrong_key, 4, 20, 200, 50),
    Part("A6", getting_in.random_logins, 200, 10_000, 10_000, 2_500),
)


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    form = "full" if options.full else "sample" if options.sample else "short"
    only = set(options.only.split(",")) if options.only else {part.id for part in PARTS}
    if unknown := only - {part.id for part in PARTS}:
        print(f"faults: there is no part {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    # Children are ended and folders removed also when this is told to stop.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(3), "big")
    progress = Progress.load(STATE, seed if options.seed is not None else None) if form == "full" else None
    if progress is not None:
        seed = progress.seed
    print(f"faults: {form} form, seed {seed}\n\n{HEAD}", flush=True)
    results: list[Result] = []
    for part in PARTS:
        if part.id in only:
            results.append(_full(part, progress) if progress is not None else _run(part, getattr(part, form), seed))
            print(_line(results[-1]), flush=True)
    failed = [result for result in results if result.failures]
    for result in failed:
        print(f"\n{result.id}, seed {result.seed}:")
        for failure in result.failures[:FAILURES_TOLD]:
            print(f"  {failure}")
        if len(result.failures) > FAILURES_TOLD:
            print(f"  and {len(result.failures) - FAILURES_TOLD} more")
    seconds = sum(result.seconds for result in results)
    print(f"\n{len(results) - len(failed)} of {len(results)} parts without a failure, {seconds:.0f} s")
    if options.record:
        record(ROOT / "docs" / "reliability.md", form, results)
    return 1 if failed else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py faults", description=(__doc__ or "").partition("\n\n")[2])
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--full", action="store_true", help="the counts of docs/reliability.md; hours, resumable")
    forms.add_argument("--sample", action="store_true", help="a part of each, two minutes in all")
    parser.add_argument("--only", metavar="ID,ID", help=f"some of {', '.join(part.id for part in PARTS)}")
    parser.add_argument("--seed", type=int, help="repeats a run; a new one each time if left out")
    parser.add_argument("--record", action="store_true", help="write the table of docs/reliability.md")
    return parser.parse_args(arguments)


def _run(part: Part, trials: int, seed: int, *, full: bool = False) -> Result:
    run = part.run_full if full and part.run_full is not None else part.run
    started = time.monotonic()
    try:
        return run(trials, seed)
    except Exception as error:  # noqa: BLE001 - a part that breaks is a failure of its own, not the end of the others
        lines = [f"broke: {one!r}" for one in _leaves(error)]
        return Result(part.id, "did not come to its end", trials, lines, seed, time.monotonic() - started)


def _leaves(error: BaseException) -> list[BaseException]:
    """The errors inside groups."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for one in error.exceptions for leaf in _leaves(one)]
    return [error]


# --- the full form ------------------------------------------------------------------------------------------------


class Progress:
    """What of the full form is done, kept after each step."""

    def __init__(self, path: Path, seed: int, code: str, done: dict[str, Result]) -> None:
        self.path = path
        self.seed = seed
        self.code = code
        self.done = done

    @classmethod
    def load(cls, path: Path, seed: int | None) -> Progress:
        """What was begun with this seed (None: with any) over the same code; else a new beginning."""
        code = _fingerprint()
        if path.is_file():
            kept = json.loads(path.read_text("utf-8"))
            if kept["code"] == code and seed in (None, kept["seed"]):
                done = {id_: Result(**result) for id_, result in kept["done"].items()}
                print(f"faults: going on with {sum(one.trials for one in done.values()):,} trials done")
                return cls(path, kept["seed"], code, done)
        return cls(path, seed if seed is not None else int.from_bytes(os.urandom(3), "big"), code, {})

    def add(self, result: Result) -> Result:
        """Adds a step to what is done of its part, and keeps it; all that is done of it."""
        before = self.done.get(result.id)
        if before is not None:
            result = replace(
                result,
                trials=before.trials + result.trials,
                failures=before.failures + result.failures,
                seconds=before.seconds + result.seconds,
            )
        result = self.done[result.id] = replace(result, seed=self.seed)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        done = {id_: asdict(one) for id_, one in self.done.items()}
        new.write_text(json.dumps({"code": self.code, "seed": self.seed, "done": done}), "utf-8")
        new.replace(self.path)
        return result


def _full(part: Part, progress: Progress) -> Result:
    """All trials of a part, those done before included. Each step has a seed of its own, which follows from the
    first: a failing one is told with it."""
    done = progress.done.get(part.id)
    while done is None or (part.at_a_time and done.trials < part.full):
        begun = done.trials if done is not None else 0
        trials = min(part.at_a_time, part.full - begun) if part.at_a_time else part.full
        seed = progress.seed + begun
        step = _run(part, trials, seed, full=True)
        done = progress.add(replace(step, failures=[f"{line} (seed {seed})" for line in step.failures]))
        if part.at_a_time:
            print(f"  {part.id}: {done.trials:,} of {part.full:,}, {len(done.failures)} failures", flush=True)
    return done


def _fingerprint() -> str:
    """Of the code that is tested and tests."""
    digest = hashlib.sha256()
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


# --- the table ----------------------------------------------------------------------------------------------------

HEAD = f"{'id':4} {'trials':>8} {'failures':>8} {'seed':>9} {'seconds':>8}  what"


def _line(result: Result) -> str:
    counts = f"{result.id:4} {result.trials:8,} {len(result.failures):8,} {result.seed:9} {result.seconds:8.1f}"
    return f"{counts}  {result.what}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
