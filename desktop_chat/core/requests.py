"""Requests that wait for their answer: each gets exactly one, in whatever order they come."""

from __future__ import annotations

from collections.abc import Callable

from chat_protocol import codec, frames
from desktop_chat.core.effects import Answer, Effects, Now

ANSWER_S = 30.0
"""After this long without an answer the connection is given up; the same cids go over the next one."""

Then = Callable[[Answer, Now], None]


class Requests:
    """Numbers the requests of one session and calls each one's `then` exactly once: with its answer, or with None
    when the connection ended first."""

    def __init__(self, out: Effects) -> None:
        self.logged_in = False
        """Whether the server takes any request by now; before, only a login and `follow` behind it."""
        self._out = out
        self._next = 1
        self._waiting: dict[int, tuple[float, Then]] = {}

    def ask(self, make: Callable[[int], frames.Request], then: Then, now: Now) -> None:
        """Writes the request that `make` builds around its new id."""
        re = self._next
        self._next += 1
        self._waiting[re] = (now.mono_s + ANSWER_S, then)
        self._out.frames.append(codec.encode(make(re)))

    def answered(self, re: int | None, answer: Answer, now: Now) -> bool:
        """Whether there was such a request."""
        waiting = self._waiting.pop(re, None) if re is not None else None
        if waiting is None:
            return False
        waiting[1](answer, now)
        return True

    def disconnected(self, now: Now) -> None:
        self.logged_in = False
        waiting, self._waiting = self._waiting, {}
        for _, then in waiting.values():
            then(None, now)

    def deadline(self) -> float | None:
        """When the oldest request is given up."""
        return next(iter(self._waiting.values()))[0] if self._waiting else None
