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

    SWEEP = 10_000
    """Keys from which on the full buckets among them are looked for."""

    def __init__(self, rate: Rate, below: Buckets | None = None) -> None:
        self._rate = rate
        self._below = below
        self._held: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def draft(self) -> Buckets:
        """What a round takes from is a draft over the buckets, which change only when it is merged."""
        return Buckets(self._rate, self)

    def merge(self) -> None:
        """The round is true: what it took from this draft is taken."""
        if self._below is not None:
            self._below._keep(self._held)

    def take(self, key: str, now_s: float) -> int | None:
        """Takes one token; None, or the ms after which there is one."""
        tokens, at = self._holding(key) or (self._rate.burst, now_s)
        tokens = min(self._rate.burst, tokens + (now_s - at) * self._rate.per_s)
        if tokens < 1:
            return int((1 - tokens) / self._rate.per_s * 1_000) + 1
        self._held[key] = (tokens - 1, now_s)
        return None

    def _holding(self, key: str) -> tuple[float, float] | None:
        held = self._held.get(key)
        return held if held is not None or self._below is None else self._below._holding(key)

    def _keep(self, taken: dict[str, tuple[float, float]]) -> None:
        self._held.update(taken)
        if len(self._held) > self.SWEEP:
            now_s = max(at for _tokens, at in taken.values())
            refill_s = self._rate.burst / self._rate.per_s
            self._held = {key: held for key, held in self._held.items() if now_s - held[1] < refill_s}


class Allowed(NamedTuple):
    """The buckets of `Rates`."""

    device: Buckets
    room: Buckets
    fault: Buckets

    @classmethod
    def by(cls, rates: Rates) -> Allowed:
        return cls(*map(Buckets, rates))

    def draft(self) -> Allowed:
        return Allowed(*(buckets.draft() for buckets in self))

    def merge(self) -> None:
        for buckets in self:
            buckets.merge()
