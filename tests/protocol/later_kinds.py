"""Kinds of a later version, taught to this program as an upgrade does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from chat_protocol import events, fold
from chat_protocol.events import KINDS, EventClass, Kind, Text
from chat_protocol.fold import Shown


def learn(
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    line: Kind,
    *,
    said: Callable[[Any], dict[str, Any]] | None = None,
    applied: Callable[..., Shown] | None = None,
) -> None:
    """From here on `kind` has its line in `KINDS`, and its line in the fold: what it says, or how it changes."""
    monkeypatch.setitem(KINDS, kind, line)
    monkeypatch.setitem(events._decode_body, kind, msgspec.json.Decoder(line.body).decode)
    if said is not None:
        monkeypatch.setitem(fold._SAID, kind, said)
    if applied is not None:
        monkeypatch.setitem(fold._CHANGES, kind, applied)


def learn_later_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that has a text."""
    learn(monkeypatch, "later message", Kind(Text, EventClass.MESSAGE), said=lambda body: {"text": body.text})
