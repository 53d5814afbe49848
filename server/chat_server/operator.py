"""The server's own identity: a member like others, with the role host and no name.

It is the author of what the hub makes without anybody's doing, and `desktop-chat-server invite` logs in with it.
Its key is `operator.pem` in the data folder; whoever can read that file is the server.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from msgspec import Raw

from chat_protocol.events import Entry, Invite, Role, encode_body
from chat_protocol.ids import STAFF, LogId, b64, new_cid
from chat_protocol.limits import INVITE_DAYS
from chat_server.storage.data_folder import write_private

OPERATOR_FILE = "operator.pem"
TOKEN_BYTES = 16

_DAY_MS = 86_400_000


class OperatorUnusable(Exception):
    """`operator.pem` is missing, can't be read, or holds no Ed25519 key. The text is one plain sentence that
    names the file."""


def load_or_create(folder: Path) -> Ed25519PrivateKey:
    """The key in `folder`, which the caller has locked; a new one at the first start. Raises `OperatorUnusable`, and as
    `write_private`."""
    path = folder / OPERATOR_FILE
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(path, pem)
    return load(folder)


def load(folder: Path) -> Ed25519PrivateKey:
    """Raises `OperatorUnusable`."""
    path = folder / OPERATOR_FILE
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError as error:
        raise OperatorUnusable(f"{path} is missing") from error
    except OSError as error:
        raise OperatorUnusable(f"{path} can't be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise OperatorUnusable(f"{path} is damaged") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise OperatorUnusable(f"{path} is damaged")
    return key


def new_token() -> bytes:
    return secrets.token_bytes(TOKEN_BYTES)


def invite_entry(
    token: bytes,
    room: LogId,
    now_ms: int,
    *,
    days: float = INVITE_DAYS,
    uses: int = 1,
    role: Role = Role.MEMBER,
) -> Raw:
    """The entry of a `send` that makes the invite of `token`. The log gets the token's hash."""
    key = f"invite:{b64(hashlib.sha256(token).digest())}"
    body = Invite(room, now_ms + int(days * _DAY_MS), uses, role)
    cid = new_cid(now_ms, secrets.token_bytes(10))
    return Raw(msgspec.json.encode(Entry(STAFF, cid, "invite", encode_body(body), key=key)))
