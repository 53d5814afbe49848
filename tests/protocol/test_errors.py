"""The closed list of codes: each says what may be done, and each is in the document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chat_protocol import codec, frames
from chat_protocol.errors import Code, Refused, Retry, retry_of
from chat_protocol.permissions import LogKind

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"

LATER = {
    Code.TOO_MANY_ATTEMPTS,
    Code.RATE_LIMITED,
    Code.BUSY,
    Code.STORAGE_FULL,
    Code.INTERNAL,
    Code.RESTART,
    Code.STOPPED,
}
"""What passes by itself. An entry refused with one of these ends its batch; no other does."""


def documented() -> set[str]:
    _before, _, section = DOCUMENT.read_text("utf-8").partition("## 7. Errors")
    table = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    return {name for line in table for name in re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", line.split("|")[1]))}


def test_the_document_lists_just_these_codes() -> None:
    assert documented() == set(Code) - {Code.UNKNOWN}


@pytest.mark.parametrize("code", Code)
def test_every_code_says_what_may_be_done(code: Code) -> None:
    assert retry_of(code) in Retry
    assert (retry_of(code) is Retry.LATER) == (code in LATER)


def test_every_way_on_is_used() -> None:
    assert {retry_of(code) for code in Code} == set(Retry)


def test_p18_what_a_later_server_says_is_read_as_unknown() -> None:
    error = b'{"code":"on_fire","text":"No.","retry":"with_care"}'
    known = b'{"cid":"a","seq":3,"ts":5}'
    frame = codec.decode_server(b'{"op":"ok","re":1,"res":[%b,{"cid":"b","err":%b,"do":"dance"}]}' % (known, error))
    assert isinstance(frame, frames.Ok)
    assert frame.res is not None
    first, second = frame.res
    assert first.seq == 3
    assert second.err is not None
    assert (second.err.code, second.err.retry) == (Code.UNKNOWN, Retry.UPGRADE)
    head = b'{"log":"x","kind":"circus","from":[1,"",0],"head":1,"h":"","row":0}'
    welcome = codec.decode_server(b'{"op":"welcome","re":1,"member":"m","limits":{},"logs":[%b]}' % head)
    assert isinstance(welcome, frames.Welcome)
    assert welcome.logs[0].kind is LogKind.UNKNOWN


def test_a_refusal_carries_all_that_a_client_needs() -> None:
    refused = Refused(Code.NAME_TAKEN, "Taken.", field="name", suggestion="Ann 2")
    assert (refused.code, refused.text, refused.field, refused.suggestion) == ("name_taken", "Taken.", "name", "Ann 2")
    assert refused.after_ms is None
    assert str(refused) == "name_taken: Taken."
