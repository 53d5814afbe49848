"""The fingerprint that invites carry, and the login signature (A4, A6, P16)."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any, TypedDict

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from chat_protocol.server_key import fingerprint_of_certificate, login_payload, same_key, sign_login, verify_login


class Login(TypedDict):
    nonce: bytes
    server_fingerprint: bytes
    version: int
    device: bytes


LOGIN: Login = {"nonce": b"n" * 32, "server_fingerprint": b"s" * 32, "version": 1, "device": b"d" * 16}
PRIVATE = bytes(range(32))
PUBLIC = ed25519.Ed25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()


def certificate(key: ec.EllipticCurvePrivateKey, common_name: str, year: int) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(year, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(year + 1, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.DER)


def test_fingerprint_is_sha256_of_the_public_key_whatever_else_the_certificate_says() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = hashlib.sha256(spki).digest()
    for der in (certificate(key, "one", 1990), certificate(key, "two", 2090)):
        assert fingerprint_of_certificate(der) == fingerprint
        assert same_key(der, fingerprint)


def test_another_key_is_not_the_same_though_it_copies_every_field() -> None:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    fingerprint = fingerprint_of_certificate(certificate(key, "one", 2020))
    assert not same_key(certificate(other, "one", 2020), fingerprint)


def test_what_cannot_be_read_is_another_key() -> None:
    der = certificate(ec.generate_private_key(ec.SECP256R1()), "one", 2020)
    fingerprint = fingerprint_of_certificate(der)
    for unreadable in (None, b"", b"\x30\x00", der[:-1], der + b"\x00", b"\xff" * 500):
        assert not same_key(unreadable, fingerprint)
        with pytest.raises(ValueError, match="certificate"):
            fingerprint_of_certificate(unreadable or b"")
    assert not same_key(der, fingerprint[:31])
    assert not same_key(der, b"")


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_hostile_certificates_never_raise() -> None:
    der = certificate(ec.generate_private_key(ec.SECP256R1()), "one", 2020)
    for at in range(len(der)):
        flipped = der[:at] + bytes([der[at] ^ 0xFF]) + der[at + 1 :]
        for hostile in (der[:at], flipped):
            assert not same_key(hostile, b"f" * 32)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_whatever_is_read_as_a_key_is_read_so_by_whoever_knows_all_of_x509() -> None:
    """Of every certificate with one byte changed, in four ways: it has no key here, or none there, or the same."""
    der = certificate(ec.generate_private_key(ec.SECP256R1()), "one", 2020)
    read = 0
    for at in range(len(der)):
        for byte in {der[at] ^ 0xFF, der[at] ^ 1, der[at] ^ 0x80, 0x80} - {der[at]}:
            changed = der[:at] + bytes([byte]) + der[at + 1 :]
            try:
                key = x509.load_der_x509_certificate(changed).public_key()
                spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
                continue
            assert fingerprint_of_certificate(changed) == hashlib.sha256(spki).digest(), at
            read += 1
    assert read > len(der)


def test_a_length_that_der_does_not_write_so_is_refused() -> None:
    """BER, which OpenSSL reads too, has many ways to write one."""
    der = certificate(ec.generate_private_key(ec.SECP256R1()), "one", 2020)
    assert der[:2] == b"\x30\x82"
    content = der[4:]
    for head in (b"\x30\x83\x00" + der[2:4], b"\x30\x80"):
        with pytest.raises(ValueError, match="length"):
            fingerprint_of_certificate(head + content)
    with pytest.raises(ValueError, match="length"):
        fingerprint_of_certificate(b"\x30\x81\x05" + b"\x30\x03\x02\x01\x00")


def test_login_payload_is_what_the_protocol_document_says() -> None:
    assert login_payload(b"NN", b"FFF", 1, b"D") == (
        b"desktop-chat login 1\0\0\0\2NN\0\0\0\3FFF\0\0\0\4\0\0\0\1\0\0\0\1D"
    )


def test_fields_cannot_lend_each_other_bytes() -> None:
    assert login_payload(b"ab", b"c", 1, b"d") != login_payload(b"a", b"bc", 1, b"d")


def test_a6_the_right_signature_is_accepted() -> None:
    assert verify_login(PUBLIC, sign_login(PRIVATE, **LOGIN), **LOGIN)


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": b"m" * 32},
        {"nonce": b"n" * 31},
        {"server_fingerprint": b"t" * 32},
        {"version": 2},
        {"device": b"e" * 16},
        {"device": b""},
    ],
    ids=lambda changed: "-".join(changed),
)
def test_a6_a_login_signed_for_anything_else_is_refused(changed: Any) -> None:
    signature = sign_login(PRIVATE, **LOGIN)
    assert not verify_login(PUBLIC, signature, **{**LOGIN, **changed})


def test_a6_a_signature_for_another_purpose_is_refused() -> None:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(PRIVATE)
    other_purpose = b"desktop-chat login 2" + login_payload(**LOGIN)[20:]
    assert not verify_login(PUBLIC, key.sign(other_purpose), **LOGIN)


def test_p16_another_identity_is_refused() -> None:
    other = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert not verify_login(other, sign_login(PRIVATE, **LOGIN), **LOGIN)


def test_a6_random_and_hostile_signatures_are_refused_without_an_error() -> None:
    draw = random.Random(6)
    for _ in range(500):
        assert not verify_login(PUBLIC, draw.randbytes(64), **LOGIN)
        verify_login(draw.randbytes(32), draw.randbytes(64), **LOGIN)
    good = sign_login(PRIVATE, **LOGIN)
    for signature in (b"", good[:63], good + b"\0"):
        assert not verify_login(PUBLIC, signature, **LOGIN)
    for identity in (b"", PUBLIC[:31], PUBLIC + b"\0", b"\xff" * 32):
        assert not verify_login(identity, good, **LOGIN)


def test_to_know_a_server_takes_no_cryptography() -> None:
    der = certificate(ec.generate_private_key(ec.SECP256R1()), "one", 2020)
    program = f"""
import sys
from chat_protocol.server_key import fingerprint_of_certificate, same_key
assert same_key({der!r}, fingerprint_of_certificate({der!r}))
print('cryptography' in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "False"
