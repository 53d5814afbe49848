"""Token buckets: how much one key may do in a while. Time is an argument."""

from __future__ import annotations

from typing import NamedTuple


class Rate(NamedTuple):
    per_s: float
    burst: float


class Rates(NamedTuple):
    """What the hub allows; over it an entry is `rate_limited`, never a connection closed."""

    device: Rate = Rate(10, 64)
    room: Rate = Rate(300, 1_000)
    fault: Rate = Rate(1 / 60, 1)


class Buckets:
    """One bucket for each key that is not full; a full one is forgotten, so memory follows recent use."""

    _SWEEP = 10_000

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._held: dict[str, tuple[float, float]] = {}

    def take(self, key: str, now_s: float) -> int | None:
        """Takes one token; None, or the ms after which there is one."""
        tokens, at = self._held.get(key, (self._rate.burst, now_s))
        tokens = min(self._rate.burst, tokens + (now_s - at) * self._rate.per_s)
        if tokens < 1:
            return int((1 - tokens) / self._rate.per_s * 1_000) + 1
        self._held[key] = (tokens - 1, now_s)
        if len(self._held) > self._SWEEP:
            self._forget_full(now_s)
        return None

    def _forget_full(self, now_s: float) -> None:
        refill_s = self._rate.burst / self._rate.per_s
        self._held = {key: held for key, held in self._held.items() if now_s - held[1] < refill_s}
