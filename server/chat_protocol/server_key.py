"""The server's identity key as both ends see it: the one place that compares certificates, and the login signature.

A server is its P-256 key. Its *fingerprint* is SHA-256 of the key's SubjectPublicKeyInfo in DER (RFC 5280 section
4.1.2.7), as invite links carry it. Host name, validity and issuer of the certificate mean nothing here.

`cryptography` is imported where it is used: nothing before the first connection needs it. Its certificate part would
take 30 ms and 3 MB of a desktop client for one field: here the key is found by the few rules of DER that lead to it.
"""

from __future__ import annotations

import hashlib
import hmac

FINGERPRINT_BYTES = 32
IDENTITY_BYTES = 32
SIGNATURE_BYTES = 64

SERVER_DOMAIN = "desktop-chat.invalid"
"""Native clients ask by SNI for a name in this domain (`.invalid`: RFC 2606), so they get the identity certificate
and browsers another; `chat_protocol.invite_link.server_name` makes the name of a known key."""
FIRST_USE_NAME = f"first-use.{SERVER_DOMAIN}"
"""What a client asks for that doesn't know the key yet."""

_SEQUENCE, _INTEGER, _VERSION = 0x30, 0x02, 0xA0
_BEFORE_THE_KEY = (_INTEGER, _SEQUENCE, _SEQUENCE, _SEQUENCE, _SEQUENCE)
"""What stands before a certificate's key, behind its version: serial number, algorithm of the signature, issuer,
validity, subject (RFC 5280 section 4.1)."""
_LOGIN_PURPOSE = b"desktop-chat login 1"


def fingerprint_of_certificate(der: bytes) -> bytes:
    """SHA-256 of the public key (SPKI, DER) in the X.509 certificate `der`; 32 bytes.

    Raises `ValueError` for anything that isn't built like a certificate. Whether its key can be used is for TLS to say,
    which reads the same bytes.
    """
    certificate, end = _element(der, 0, len(der), _SEQUENCE)
    if end != len(der):
        raise ValueError("something follows the certificate")
    at, signed_end = _element(der, certificate, end, _SEQUENCE)
    if der[at : at + 1] == bytes([_VERSION]):
        _, at = _element(der, at, signed_end, _VERSION)
    for tag in _BEFORE_THE_KEY:
        _, at = _element(der, at, signed_end, tag)
    _, key_end = _element(der, at, signed_end, _SEQUENCE)
    return hashlib.sha256(der[at:key_end]).digest()


def _element(der: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends, in DER (X.690 sections 8.1 and 10.1): one way to write
    a length and no other, so that nobody else can read it to another end. Raises `ValueError`."""
    if at + 2 > end or der[at] != tag:
        raise ValueError("not a certificate: another element was expected")
    length, begin = der[at + 1], at + 2
    if length >= 0x80:
        begin += length - 0x80
        digits = der[at + 2 : begin]
        length = int.from_bytes(digits, "big")
        if len(digits) not in (1, 2) or digits[0] == 0 or length < 0x80:
            raise ValueError("not a certificate: a length is written in another way than DER does")
    if begin + length > end:
        raise ValueError("not a certificate: an element ends behind the one that it is in")
    return begin, begin + length


def same_key(der: bytes | None, fingerprint: bytes) -> bool:
    """Whether the certificate `der` (None: the peer sent none) holds the key that `fingerprint` pins.

    Never raises for what a peer sent: whatever can't be read is another key.
    """
    if not der:
        return False
    try:
        seen = fingerprint_of_certificate(der)
    except ValueError:
        return False
    return hmac.compare_digest(seen, fingerprint)


def login_payload(nonce: bytes, server_fingerprint: bytes, version: int, device: bytes) -> bytes:
    """The bytes that a login signs.

    `desktop-chat login 1`, then four fields, each behind its length in 4 bytes, big-endian: the nonce of the
    `challenge`, the fingerprint of the server's key, the protocol version in 4 bytes, big-endian, and the device.
    The client takes the fingerprint that it pinned, the server its own: a signature relayed from one server to
    another fits neither. The lengths keep two different logins from sharing one payload.
    """
    fields = (nonce, server_fingerprint, version.to_bytes(4, "big"), device)
    return _LOGIN_PURPOSE + b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def sign_login(private_raw: bytes, *, nonce: bytes, server_fingerprint: bytes, version: int, device: bytes) -> bytes:
    """The Ed25519 signature (RFC 8032, 64 bytes) of `login_payload` by the raw 32-byte private identity key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(private_raw)
    return private.sign(login_payload(nonce, server_fingerprint, version, device))


def verify_login(
    identity_public_raw: bytes,
    signature: bytes,
    *,
    nonce: bytes,
    server_fingerprint: bytes,
    version: int,
    device: bytes,
) -> bool:
    """Whether the holder of the raw 32-byte Ed25519 public key signed exactly this login.

    The caller makes each nonce fresh, at random, for one connection, and forgets it after one try.
    Never raises for what a stranger sent in `identity_public_raw`, `signature` and `device`.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(identity_public_raw) != IDENTITY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(identity_public_raw)
        public.verify(signature, login_payload(nonce, server_fingerprint, version, device))
    except (InvalidSignature, ValueError):
        return False
    return True
