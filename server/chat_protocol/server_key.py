"""The server's identity key as both ends see it: the one place that compares certificates, and the login signature.

A server is its P-256 key. Its *fingerprint* is SHA-256 of the key's SubjectPublicKeyInfo in DER (RFC 5280 section
4.1.2.7), as invite links carry it. Host name, validity and issuer of the certificate mean nothing here.

`cryptography` is imported where it is used: its certificate part alone costs a desktop client some 30 ms at start,
and nothing before the first connection needs it.
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

_LOGIN_PURPOSE = b"desktop-chat login 1"


def fingerprint_of_certificate(der: bytes) -> bytes:
    """SHA-256 of the public key (SPKI, DER) in the X.509 certificate `der`; 32 bytes.

    Raises `ValueError` for anything that is no certificate with a readable public key.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        key = x509.load_der_x509_certificate(der).public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise ValueError("not a certificate with a readable public key") from error
    return hashlib.sha256(spki).digest()


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
