"""Invite links: where a server is, which key it must show, and the token that lets one in (A1).

    desktopchat://join/192.0.2.7:47000,chat.example.org:47000#k=…&t=…&c=…
    https://192.0.2.7:47000/#k=…&t=…&a=chat.example.org:47000&c=…

Both forms say the same and one parser reads both. In the fragment, which no browser sends to a server (RFC 3986
section 3.5) and no server can log (A2), stand

- `k`  SHA-256 of the server's public key (SPKI), 32 bytes,
- `t`  the token, 16 to 64 bytes,
- `a`  each further address; in the web form only,
- `c`  a checksum, the last of them: CRC-32 of the addresses, `k` and `t`, 4 bytes, big-endian. It tells a slip of the
       pen from a key or token that the server refuses; it is no protection, which is the work of `k`.

`k`, `t` and `c` are in base64url without padding (RFC 4648 section 5). Unknown parameters are passed over.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote

from chat_protocol.server_key import FINGERPRINT_BYTES, SERVER_DOMAIN

LINK_CHARACTERS = 2048
TOKEN_BYTES = range(16, 65)

_APP_START = "desktopchat://join/"
_WEB_START = "https://"
_WEB_PORT = 443  # which browsers leave out
_CHECK_BYTES = 4

# What mail programs, chats and people put around a link, and what they put into it when they break a line.
_AROUND = "<>()\"'`“”„‘’‚«»‹›「」『』《》.,;!"
_INSIDE = re.compile("[\\s\u00ad\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]+")
_LINK = re.compile(r"(?:desktopchat://join/|https://)[!-~]+", re.IGNORECASE)
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_ENDS_IN_NUMBER = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)$")
_ADDRESS = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]+)(?::(?P<port>[0-9]{1,5}))?")


class InviteProblem(StrEnum):
    """Why a text is no invite to connect with."""

    NOT_AN_INVITE = "not_an_invite"
    TRUNCATED = "truncated"
    """The end is missing, or a part of it: `k`, `t` or `c` is absent or too short."""
    MISTYPED = "mistyped"
    """Some character is not the one that was sent."""
    BAD_ADDRESS = "bad_address"
    TOO_LONG = "too_long"


_SENTENCES = {
    InviteProblem.NOT_AN_INVITE: "This is not an invite link.",
    InviteProblem.TRUNCATED: "A part of the invite link is missing. Copy all of it.",
    InviteProblem.MISTYPED: "The invite link has a mistake in it. Copy it again rather than typing it.",
    InviteProblem.BAD_ADDRESS: "The invite link holds an address that can't exist.",
    InviteProblem.TOO_LONG: f"The invite link is longer than {LINK_CHARACTERS} characters.",
}


class InviteMalformed(ValueError):
    """An expected refusal; `str()` of it is one plain English sentence, which repeats nothing of the link."""

    def __init__(self, reason: InviteProblem) -> None:
        super().__init__(_SENTENCES[reason])
        self.reason = reason


@dataclass(frozen=True)
class Address:
    """Where a server listens: a host as it goes to a resolver, and a TCP port.

    `host` is made canonical: lower case, names in their ASCII form (IDNA), IPv6 without brackets and shortened
    (RFC 5952). Raises `InviteMalformed` for a host that can't be connected to, or a port outside 1 to 65535.
    """

    host: str
    port: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", _canonical_host(self.host))
        if not 1 <= self.port <= 65535:
            raise InviteMalformed(InviteProblem.BAD_ADDRESS)

    def __str__(self) -> str:
        """`host:port`, IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Invite:
    """What a link says. `repr()` shows the addresses only.

    `addresses` in the order to try them, at least one; `key` is the SHA-256 of the server's SPKI; `token` 16 to 64
    random bytes. Raises `ValueError` for other sizes, and `InviteMalformed` when a link would be too long.
    """

    addresses: tuple[Address, ...]
    key: bytes = field(repr=False)
    token: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not self.addresses:
            raise ValueError("an invite has at least one address")
        if len(self.key) != FINGERPRINT_BYTES or len(self.token) not in TOKEN_BYTES:
            raise ValueError("the key has 32 bytes, the token 16 to 64")
        if max(len(self.to_app_link()), len(self.to_web_link())) > LINK_CHARACTERS:
            raise InviteMalformed(InviteProblem.TOO_LONG)

    def to_app_link(self) -> str:
        """The form that opens the installed app. Secret: it holds the token."""
        return f"{_APP_START}{_joined(self.addresses)}#{self._secrets()}&c={self._check()}"

    def to_web_link(self) -> str:
        """The form for whoever may have only a browser. Secret: it holds the token."""
        first, *further = self.addresses
        more = "".join(f"&a={address}" for address in further)
        return f"{_WEB_START}{first}/#{self._secrets()}{more}&c={self._check()}"

    def _secrets(self) -> str:
        return f"k={_encoded(self.key)}&t={_encoded(self.token)}"

    def _check(self) -> str:
        checked = f"{_joined(self.addresses)}#{self._secrets()}"
        return _encoded(zlib.crc32(checked.encode("ascii")).to_bytes(_CHECK_BYTES, "big"))


def parse(text: str) -> Invite:
    """The invite in a pasted text: a link of either form, with line breaks in it and quotes or brackets around it; or
    a whole one in the midst of a sentence.

    A link with one wrong or missing character is refused. Raises `InviteMalformed`.
    """
    if len(text) > 2 * LINK_CHARACTERS:
        raise InviteMalformed(InviteProblem.TOO_LONG)
    problem: InviteMalformed | None = None
    for link in (text, *_LINK.findall(text)):
        try:
            return _parse(link)
        except InviteMalformed as error:
            if problem is None or problem.reason is InviteProblem.NOT_AN_INVITE:
                problem = error
    raise problem or InviteMalformed(InviteProblem.NOT_AN_INVITE)


def _parse(text: str) -> Invite:
    link = _INSIDE.sub("", text).strip(_AROUND)
    if len(link) > LINK_CHARACTERS:
        raise InviteMalformed(InviteProblem.TOO_LONG)
    place, _, fragment = link.partition("#")
    values = _parameters(fragment)
    if _starts_with(place, _APP_START):
        first, *further = unquote(place[len(_APP_START) :]).rstrip("/").split(",")
        first_port = None
    elif _starts_with(place, _WEB_START) and ("k" in values or "t" in values):
        first, further = unquote(place[len(_WEB_START) :]).removesuffix("/"), values.get("a", [])
        first_port = _WEB_PORT
    else:
        raise InviteMalformed(InviteProblem.NOT_AN_INVITE)
    sizes = {"k": FINGERPRINT_BYTES, "t": TOKEN_BYTES.start, "c": _CHECK_BYTES}
    key, token, check = (_decoded(values.get(name, []), size) for name, size in sizes.items())
    if len(key) != FINGERPRINT_BYTES or len(token) not in TOKEN_BYTES:
        raise InviteMalformed(InviteProblem.MISTYPED)
    invite = Invite((_address(first, first_port), *map(_address, further)), key, token)
    if _encoded(check) != invite._check():
        raise InviteMalformed(InviteProblem.MISTYPED)
    return invite


def server_name(key: bytes) -> str:
    """The TLS server name (SNI) by which a native client asks for the server whose key has this SHA-256.

    Its 32 bytes in base32 (RFC 4648 section 6), lower case without padding, 52 characters: a label of a name that
    never resolves (RFC 2606). Raises `ValueError` for another length.
    """
    if len(key) != FINGERPRINT_BYTES:
        raise ValueError("a key's SHA-256 has 32 bytes")
    return f"{base64.b32encode(key).decode('ascii').rstrip('=').lower()}.{SERVER_DOMAIN}"


def _starts_with(text: str, start: str) -> bool:
    return text[: len(start)].lower() == start


def _parameters(fragment: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for part in fragment.split("&"):
        name, equals, value = part.partition("=")
        if equals:
            values.setdefault(name, []).append(unquote(value))
    return values


def _decoded(values: list[str], least: int) -> bytes:
    """The one value, decoded. Truncated when it is absent or shorter than `least` bytes."""
    if not values or len(values[0]) < (least * 8 + 5) // 6:
        raise InviteMalformed(InviteProblem.TRUNCATED)
    (value, *others) = values
    try:
        decoded = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        raise InviteMalformed(InviteProblem.MISTYPED) from None  # the cause would hold the value
    if others or _encoded(decoded) != value:  # the decoder passes over foreign characters and spare bits
        raise InviteMalformed(InviteProblem.MISTYPED)
    return decoded


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")


def _joined(addresses: tuple[Address, ...]) -> str:
    return ",".join(map(str, addresses))


def _address(text: str, default_port: int | None = None) -> Address:
    match = _ADDRESS.fullmatch(text)
    port = match and (int(match["port"]) if match["port"] else default_port)
    if match is None or port is None:
        raise InviteMalformed(InviteProblem.BAD_ADDRESS)
    host = match["host"]
    if host.startswith("[") and ":" not in host:
        raise InviteMalformed(InviteProblem.BAD_ADDRESS)
    return Address(host.strip("[]"), port)


def _canonical_host(host: str) -> str:
    if len(host) > 253:
        raise InviteMalformed(InviteProblem.BAD_ADDRESS)
    try:
        name = host.lower() if host.isascii() else host.encode("idna").decode("ascii").lower()
        name = name.removesuffix(".")
        if ":" not in name and not _ENDS_IN_NUMBER.search(name):
            if len(name) > 253 or not _HOST_NAME.fullmatch(name):
                raise InviteMalformed(InviteProblem.BAD_ADDRESS)
            return name
        ip = ipaddress.ip_address(name)
    except ValueError:
        raise InviteMalformed(InviteProblem.BAD_ADDRESS) from None
    if ip.is_unspecified or ip.is_multicast or "%" in name:  # a zone (RFC 4007) means something on one machine only
        raise InviteMalformed(InviteProblem.BAD_ADDRESS)
    return ip.compressed
