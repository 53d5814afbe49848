"""A stranger could write a client from docs/protocol.md alone: its examples are what a server says today."""

from __future__ import annotations

import json
from pathlib import Path

from chat_protocol.errors import Code
from chat_protocol.events import KINDS
from chat_protocol.fold import Shown
from chat_protocol.ids import unb64
from chat_protocol.limits import VERSION
from chat_protocol.server_key import verify_login
from tests.document.conversation import record
from tests.document.examples import DOCUMENT, shape, written


async def test_the_examples_are_what_is_said_today(tmp_path: Path) -> None:
    recorded = await record(tmp_path)
    said = {name: [shape(json.loads(line)) for line in lines.split(b"\n")] for name, lines in recorded.items()}
    assert {name: shape(frames) for name, frames in written().items()} == said


def test_a6_the_login_of_the_document_verifies() -> None:
    (challenge,), (login,) = written()["challenge"], written()["login"]
    assert verify_login(
        unb64(login["identity"]),
        unb64(login["sig"]),
        nonce=unb64(challenge["nonce"]),
        server_fingerprint=unb64(challenge["server"]),
        version=VERSION,
        device=unb64(login["device"]),
    )


def test_the_document_names_every_code_and_every_kind() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert [code for code in Code if f"`{code}`" not in text] == [Code.UNKNOWN]  # which is read, never sent
    kinds = text.partition("### Kinds\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in kinds.splitlines() if line.startswith("| ")]
    assert [kind for kind in KINDS if not any(f"`{kind}`" in row for row in rows)] == []
    assert [name for name in Shown.__struct_fields__ if f'"{name}"' not in text and f"`{name}`" not in text] == []
