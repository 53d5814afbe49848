"""When to try again, and how to notice that the computer slept. Pure: time and chance are arguments."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_S = 30.0
PROBE_S = 3.0
"""After a wake the connection must answer within this, or a new one is made."""
TICK_S = 5.0
"""How often the two clocks are compared."""
_JUMP_S = 2.0


class Backoff:
    """Pauses between attempts: the first is uniform over 0-1 s, then the bound doubles to 30 s, with full jitter, so
    that a thousand clients of a restarted server don't come back in step."""

    def __init__(self, chance: Callable[[], float]) -> None:
        """`chance()` is uniform over 0-1."""
        self._chance = chance
        self._bound_s = 1.0

    def next_s(self, after_s: float = 0.0) -> float:
        """How long to wait before the next attempt; `after_s` is what the server asked for."""
        pause_s = self._chance() * self._bound_s
        self._bound_s = min(LONGEST_S, self._bound_s * 2)
        return after_s + pause_s

    def reset(self) -> None:
        """A login succeeded, or the computer woke, or the network changed."""
        self._bound_s = 1.0


def slept(wall_s: float, mono_s: float, asked_s: float) -> bool:
    """Whether the computer slept, or its clock was set, while so much passed on the wall clock and on the monotonic one
    for whoever asked to be called after `asked_s`. A computer that sleeps stops one of the two, or keeps its programs
    from looking at them for longer than they asked for. A false alarm costs one ping."""
    return abs(wall_s - mono_s) > _JUMP_S or mono_s > 2 * asked_s + _JUMP_S
