"""The oracle of the hub's tests is a checker too: a hub, or a publisher, with one mistake does not pass it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from chat_server.hub.requests import Decision
from chat_server.storage.contract import HeadMoved
from tests.mutants.mutants import (
    ForgetsRetries,
    LetsEverybodyRead,
    LetsEverybodyWrite,
    RemembersForgotten,
    TellsNoLoss,
)
from tests.server.hub.harness import House
from tests.server.hub.test_anything import long_history


class DropsOne(House):
    """Publishes nine of ten events."""

    def publish(self, decision: Decision) -> None:
        decision.batch.events = [one for one in decision.batch.events if one.event.seq % 10]
        super().publish(decision)


class SwapsTwoOfARound(House):
    """Publishes the first two events of a round the other way round."""

    def publish(self, decision: Decision) -> None:
        events = decision.batch.events
        decision.batch.events = [*events[1:2], *events[:1], *events[2:]]
        super().publish(decision)


MUTANTS: dict[str, tuple[Callable[[], House], str]] = {
    "drops one": (DropsOne, " got "),
    "swaps two": (SwapsTwoOfARound, " got "),
    "lets everybody read": (partial(House, new_hub=LetsEverybodyRead), " reads "),
    "tells no loss": (partial(House, new_hub=TellsNoLoss), "may not read"),
    "remembers what was forgotten": (partial(House, new_hub=RemembersForgotten), "logs have moved"),
    "forgets retries": (partial(House, new_hub=ForgetsRetries), "stored already|another answer to a retry"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_is_found(name: str) -> None:
    new_house, finding = MUTANTS[name]
    with pytest.raises((AssertionError, ValueError, HeadMoved), match=finding):
        long_history(0, new_house)


def test_a_hub_that_asks_no_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """P17, M1."""
    monkeypatch.setattr("chat_server.hub.entries.Context", LetsEverybodyWrite)
    with pytest.raises(AssertionError, match="does not read"):
        long_history(0)
