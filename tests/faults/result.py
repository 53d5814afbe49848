"""What a run of injected faults comes to: one row of the table of `dev.py faults`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    id: str
    """The goal of docs/reliability.md, "G2"."""
    what: str
    trials: int
    failures: list[str]
    """One line for each trial that did not hold, with what repeats it."""
    seed: int
    """The same seed and number of trials repeat the run."""
    seconds: float

    def __str__(self) -> str:
        held = f"{self.trials - len(self.failures)} of {self.trials}"
        return "\n".join([f"{self.id} {self.what}: {held}, seed {self.seed}, {self.seconds:.1f} s", *self.failures])
