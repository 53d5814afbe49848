"""The server's identity: one P-256 key with a certificate that is never renewed, in `identity.pem`.

Every invite link and every member's profile names this key. So it is made once and never again by itself: a file
that is there but can't be used is an error for a person, who has a copy or doesn't.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from chat_protocol.server_key import fingerprint_of_certificate
from chat_server.storage.data_folder import write_private

IDENTITY_FILE = "identity.pem"

_NOT_BEFORE = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER_EXPIRES = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 section 4.1.2.5


class IdentityUnusable(Exception):
    """`identity.pem` is missing, can't be read, or doesn't hold a P-256 key and its own certificate. The text is one
    plain sentence that names the file."""


@dataclass(frozen=True)
class ServerIdentity:
    """Who this server is. Made by `load_or_create` and `load` alone."""

    path: Path
    fingerprint: bytes
    """SHA-256 of the public key, as invite links carry it; 32 bytes."""

    @classmethod
    def load_or_create(cls, folder: Path) -> Self:
        """The identity kept in the data folder `folder`, whose lock the caller holds; a new one if it has none yet.

        Raises `IdentityUnusable`, and as `write_private`.
        """
        path = folder / IDENTITY_FILE
        if not path.exists():
            write_private(path, _new_pem())
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The identity kept in `folder`. Raises `IdentityUnusable`."""
        path = folder / IDENTITY_FILE
        try:
            return cls(path, _fingerprint_of_pem(path.read_bytes()))
        except FileNotFoundError as error:
            raise IdentityUnusable(f"{path} is missing") from error
        except OSError as error:
            raise IdentityUnusable(f"{path} can't be read: {error.strerror}") from error
        except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
            raise IdentityUnusable(f"{path} is damaged") from error

    def context(self) -> ssl.SSLContext:
        """The context to serve with: TLS 1.3 only, session tickets as OpenSSL gives them, for whatever name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.path)
        return context


def _new_pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Desktop Chat server")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NEVER_EXPIRES)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def _fingerprint_of_pem(pem: bytes) -> bytes:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 key")
    certificate = x509.load_pem_x509_certificate(pem)
    if certificate.public_key() != key.public_key():
        raise ValueError("the certificate is of another key")
    certificate.verify_directly_issued_by(certificate)
    return fingerprint_of_certificate(certificate.public_bytes(Encoding.DER))
