"""What is said of a frame or a body that can't be read: which field, what it must be, and nothing of what was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from chat_protocol import codec
from chat_protocol.errors import Code, Refused

SECRET = "xylophone"
ID = "A" * 22


def said_of(decode: Callable[[bytes], object], sent: dict[str, Any]) -> tuple[str, str | None]:
    """The text and the field of the refusal."""
    with pytest.raises(Refused) as refused:
        decode(msgspec.json.encode(sent))
    assert refused.value.code is Code.BAD_VALUE
    assert SECRET not in refused.value.text
    return refused.value.text, refused.value.field


ENTRY = {"log": ID, "cid": ID, "kind": "text", "body": {"text": SECRET}}
MARK = {"op": "mark", "id": 1, "log": ID, "seq": 1}


@pytest.mark.parametrize(
    ("frame", "text", "field"),
    [
        ({"op": "send", "id": 1}, "The field batch is missing.", "batch"),
        (MARK | {"seq": -1}, "The field seq must be a whole number (at least 0).", "seq"),
        (MARK | {"seq": SECRET}, "The field seq must be a whole number.", "seq"),
        (MARK | {"seq": 2**70}, "The field seq must be a whole number (at most 9007199254740991).", "seq"),
        (MARK | {"log": [SECRET]}, "The field log must be text.", "log"),
        (
            {"op": "search", "id": 1, "query": SECRET * 100},
            "The field query must be text (length at most 256).",
            "query",
        ),
        (
            {"op": "follow", "id": 1, "since": {SECRET: [1]}},
            "The field since[...] must be a list (length 2).",
            "since",
        ),
    ],
)
def test_of_a_frame(frame: dict[str, Any], text: str, field: str) -> None:
    assert said_of(codec.decode_client, frame) == (text, field)


@pytest.mark.parametrize(
    ("changed", "text", "field"),
    [
        ({"log": None}, "The field log must be text.", "log"),
        ({"key": 5}, "The field key must be text or null.", "key"),
        ({"kind": SECRET * 9}, "The field kind must be text (length at most 32).", "kind"),
        ({"body": [SECRET]}, "It must be an object.", "body"),
        ({"body": {SECRET: 1}}, "The field text is missing.", "text"),
        ({"body": {"text": ""}}, "The field text must be text (length at least 1).", "text"),
        ({"body": {"text": SECRET, "mentions": [5]}}, "The field mentions[0] must be text.", "mentions"),
        (
            {"kind": "access", "key": "access", "body": {"access": f"{SECRET} - at `$.{SECRET}`"}},
            "The field access has a value that can't be.",
            "access",
        ),
    ],
)
def test_of_an_event(changed: dict[str, Any], text: str, field: str) -> None:
    assert said_of(codec.decode_entry, ENTRY | changed) == (text, field)


def test_of_what_is_no_json() -> None:
    with pytest.raises(Refused, match="no JSON"):
        codec.decode_entry(b"{" + SECRET.encode())
