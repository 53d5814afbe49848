"""The document says each bound that a client can meet, with the number that holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chat_protocol import limits
from chat_server.config import Limits

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"
HELD = Limits()
KIB = 1024


@pytest.mark.parametrize(
    "said",
    [
        f"{limits.CLIENT_FRAME // KIB} KiB a client's frame",
        f"{limits.SERVER_FRAME // KIB} KiB a server's",
        f"{limits.SEND_EVENTS} entries a `send`",
        f"{limits.BODY // KIB} KiB a body",
        f"{limits.TEXT:,} a text",
        f"{limits.REASON} characters a reason",
        f"{limits.REACTIONS} emoji on a message, {limits.CHANGES:,} changes of it",
        f"{limits.FOLLOW_LOGS} logs a `follow`",
        f"{limits.PAGE_MESSAGES:,} messages or one frame a page",
        f"{limits.SEARCH_QUERY} characters a query, {limits.SEARCH_HITS} hits",
        f"{limits.IN_FLIGHT} requests waiting",
        f"{HELD.rates.device.per_s} events a second and device (bursts of {HELD.rates.device.burst})",
        f"{HELD.rates.room.per_s} a second and room (bursts of {HELD.rates.room.burst:,})",
        f"{HELD.requests.per_s} other requests a second (bursts of {HELD.requests.burst})",
        f"{HELD.joins.per_s} logins with an invite or peeks a second and address (bursts of {HELD.joins.burst})",
    ],
)
def test_the_document_says_what_holds(said: str) -> None:
    section = DOCUMENT.read_text("utf-8").partition("## 9. Limits")[2]
    assert said in re.sub(r"\s+", " ", section)
