"""Identifiers and the hash chain: what names a member, a log and an event on both ends.

On the wire every id is 128 bits in unpadded base64url (RFC 4648 section 5), 22 characters; hashes are 43.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import urlsafe_b64encode
from typing import NamedTuple, NewType

MemberId = NewType("MemberId", str)
"""First 128 bits of SHA-256 of the member's raw Ed25519 identity key."""
LogId = NewType("LogId", str)
"""A room's random id, a DM's derived id, or one of the two fixed names `PEOPLE` and `STAFF`."""
Cid = NewType("Cid", str)
"""Client id of an event: 48 bits of the writer's clock in ms, 80 random bits. The first bit is 0, but in the cids that
a server makes: so nobody can take one of these beforehand."""

PEOPLE = LogId("people")
STAFF = LogId("staff")

_ID_BYTES = 16
_ID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_UPPER_HALF = frozenset("ghijklmnopqrstuvwxyz0123456789-_")
"""The characters of base64url whose first bit is 1."""
_MADE_BY_SERVER = 1 << 47
_CLOCK_MASK = _MADE_BY_SERVER - 1
_DM_MARK = b"\xff\xff\xff"
_URLSAFE = bytes.maketrans(b"-_", b"+/")


class Ref(NamedTuple):
    """How one event names another: it works offline, before the server gave a seq."""

    member: MemberId
    cid: Cid


class Position(NamedTuple):
    """A point of a log: the seq reached, the chain's hash there, and how many messages stand up to it."""

    seq: int
    h: bytes
    row: int


def b64(data: bytes) -> str:
    """Unpadded base64url of `data`."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """Inverse of `b64`. Raises `ValueError` for anything that `b64` would not have written."""
    try:
        raw = text.encode("ascii")
        data = binascii.a2b_base64(raw.translate(_URLSAFE) + b"=" * (-len(raw) % 4))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error
    # One id has one spelling: padding bits, stray characters and "+/" would make aliases of it.
    if b64(data) != text:
        raise ValueError("not canonical base64url")
    return data


def is_b64(text: str, size: int) -> bool:
    """Whether `text` is the canonical spelling of `size` bytes."""
    try:
        return len(text) <= 2 * size and len(unb64(text)) == size
    except ValueError:
        return False


def is_id(text: str) -> bool:
    """Whether `text` is the canonical spelling of a 128-bit id; `is_b64` for what is asked most."""
    return _ID.fullmatch(text) is not None


def member_id(identity: bytes) -> MemberId:
    """The id of whoever holds the raw 32-byte Ed25519 public key `identity`."""
    return MemberId(b64(hashlib.sha256(identity).digest()[:_ID_BYTES]))


def dm_log(one: MemberId, other: MemberId) -> LogId:
    """The log of the direct messages between two members; the same from both sides. It begins with `____`, which no
    room's id may: so nobody can take the place of others' messages with a room."""
    return LogId(b64((_DM_MARK + _digest(b"dm", *map(unb64, sorted((one, other)))))[:_ID_BYTES]))


def is_dm(log: LogId) -> bool:
    """Whether `log` has the form of a DM's id."""
    return log.startswith("____")


def new_cid(now_ms: int, random: bytes) -> Cid:
    """A cid from the writer's clock (ms since 1970) and 10 random bytes."""
    if len(random) != 10:
        raise ValueError("a cid takes 10 random bytes")
    return Cid(b64((now_ms & _CLOCK_MASK).to_bytes(6, "big") + random))


def cid_ms(cid: Cid) -> int:
    """The writer's claim of when, in ms since 1970."""
    return int.from_bytes(unb64(cid)[:6], "big") & _CLOCK_MASK


def server_cid(now_ms: int, *about: bytes) -> Cid:
    """The cid of an event that no client sent, derived from `about`; see `is_server_cid`."""
    return Cid(b64((_MADE_BY_SERVER | now_ms & _CLOCK_MASK).to_bytes(6, "big") + _digest(*about)[:10]))


def is_server_cid(cid: Cid) -> bool:
    """Whether a server made `cid`, given in its canonical spelling: an entry of a client may not have it."""
    return cid[0] in _UPPER_HALF


def derived_cid(cause: Ref, log: LogId, kind: str, key: str) -> Cid:
    """The cid of an event that the hub makes because of another; its time is the cause's."""
    about = (unb64(cause.member), unb64(cause.cid), log.encode(), kind.encode(), key.encode())
    return server_cid(cid_ms(cause.cid), b"derived", *about)


def first_h(log: LogId) -> bytes:
    """h of an empty log: SHA-256 of its id."""
    return hashlib.sha256(log.encode()).digest()


def next_h(
    before: bytes, seq: int, member: MemberId, cid: Cid, kind: str, target: Ref | None, key: str | None
) -> bytes:
    """h after one more event. Equal h means the same events in one order; bodies are not in it."""
    if target is not None:
        about = f"@{target.member}{target.cid}"
    elif key is not None:
        about = f"={key}"
    else:
        about = ""
    fields = f"{seq}\0{member}\0{cid}\0{len(kind.encode())}\0{kind}\0{len(about.encode())}\0{about}"
    return hashlib.sha256(before + fields.encode()).digest()


def _digest(*fields: bytes) -> bytes:
    digest = hashlib.sha256()
    for field in fields:
        digest.update(len(field).to_bytes(4, "big") + field)
    return digest.digest()
