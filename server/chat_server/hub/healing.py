"""After a set-back of the server's folder: members who hold more of a log than the server does (P10)."""

from __future__ import annotations

from chat_protocol.ids import LogId, MemberId

HEALING_S = 60.0
"""Within this time everybody who is connected has come back and sent again what they wrote."""


class Healing:
    """Who holds of which log what the server lost. For a while what they say may be about messages that are not there
    yet: those are on their way back from the members who wrote them. Of nobody else's events anything is different, so
    whoever feigns it harms only themselves."""

    def __init__(self) -> None:
        self._until: dict[tuple[MemberId, LogId], float] = {}  # in order of time

    def begin(self, member: MemberId, log: LogId, now_s: float) -> None:
        """What `member` holds of `log` turned out to be of another history."""
        self._until.pop((member, log), None)
        self._until[member, log] = now_s + HEALING_S
        while self._until[oldest := next(iter(self._until))] <= now_s:
            del self._until[oldest]

    def is_on(self, member: MemberId, log: LogId, now_s: float) -> bool:
        until = self._until.get((member, log))
        return until is not None and now_s < until
