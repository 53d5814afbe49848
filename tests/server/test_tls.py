"""The server's identity is made once and kept; TLS 1.3 and nothing else (A3)."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chat_protocol.server_key import FIRST_USE_NAME, SERVER_DOMAIN, fingerprint_of_certificate
from chat_server.transport.tls import (
    IDENTITY_FILE,
    IdentityUnusable,
    ServerIdentity,
)

HANG_GUARD_S = 30


def trusting_client(newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = newest
    return context


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str | None) -> ssl.SSLObject:
    """A handshake in memory; returns the client's end. Raises what either end raises."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for end in (ours, theirs, ours, theirs):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    theirs.write(b"x")
    assert ours.read(1) == b"x"
    return ours


def seen_by(server: ssl.SSLContext, name: str | None) -> bytes:
    """The fingerprint that a client sees which asks for `name`."""
    der = shake_hands(server, trusting_client(), name).getpeercert(binary_form=True)
    assert der
    return fingerprint_of_certificate(der)


# --- the file -------------------------------------------------------------------------------------------------


def test_the_identity_is_made_once_and_loaded_ever_after(tmp_path: Path) -> None:
    made = ServerIdentity.load_or_create(tmp_path)
    assert len(made.fingerprint) == 32
    assert ServerIdentity.load_or_create(tmp_path) == made
    assert [file.name for file in tmp_path.iterdir()] == [IDENTITY_FILE]


def test_the_certificate_is_p256_and_never_expires(tmp_path: Path) -> None:
    identity = ServerIdentity.load_or_create(tmp_path)
    certificate = x509.load_pem_x509_certificate(identity.path.read_bytes())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert certificate.not_valid_before_utc.year == 1970
    assert certificate.not_valid_after_utc.year == 9999


def test_loading_never_makes_one(tmp_path: Path) -> None:
    with pytest.raises(IdentityUnusable, match="missing"):
        ServerIdentity.load(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    identity = ServerIdentity.load_or_create(tmp_path)
    whole = identity.path.read_bytes()
    other = ServerIdentity.load_or_create(make_folder(tmp_path / "other")).path.read_bytes()
    at_certificate = whole.index(b"-----BEGIN CERTIFICATE")
    p384 = ec.generate_private_key(ec.SECP384R1())
    damaged = {
        "empty": b"",
        "no key": whole[at_certificate:],
        "no certificate": whole[:at_certificate],
        "another server's certificate": whole[:at_certificate] + other[other.index(b"-----BEGIN CERTIFICATE") :],
        "another curve": p384.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "zeros, as after a power loss": bytes(len(whole)),
    }
    damaged |= {f"cut at {at}": whole[:at] for at in range(0, len(whole) - 1, 37)}
    for what, content in damaged.items():
        identity.path.write_bytes(content)
        with pytest.raises(IdentityUnusable, match="damaged"):
            ServerIdentity.load_or_create(tmp_path)
        assert identity.path.read_bytes() == content, what


def test_each_flipped_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    identity = ServerIdentity.load_or_create(tmp_path)
    whole = identity.path.read_bytes()
    noticed = 0
    for at in range(0, len(whole), 11):
        identity.path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x04]) + whole[at + 1 :])
        try:
            assert ServerIdentity.load(tmp_path) == identity
        except IdentityUnusable:
            noticed += 1
    assert noticed


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    make_folder(tmp_path / IDENTITY_FILE)  # root may read any file, but not a folder as one
    with pytest.raises(IdentityUnusable, match=r"identity\.pem can't be read"):
        ServerIdentity.load_or_create(tmp_path)


# --- the context ----------------------------------------------------------------------------------------------


def test_a_client_sees_the_fingerprint_and_gets_session_tickets(tmp_path: Path) -> None:
    identity = ServerIdentity.load_or_create(tmp_path)
    client = shake_hands(identity.context(), trusting_client(), "anything.example")
    der = client.getpeercert(binary_form=True)
    assert der
    assert fingerprint_of_certificate(der) == identity.fingerprint
    assert client.version() == "TLSv1.3"
    assert client.session is not None
    assert client.session.has_ticket


def test_whatever_name_is_asked_for_gets_the_identity(tmp_path: Path) -> None:
    identity = ServerIdentity.load_or_create(tmp_path)
    for name in (f"{'a' * 52}.{SERVER_DOMAIN}", FIRST_USE_NAME, FIRST_USE_NAME.upper(), "chat.example.org", None):
        assert seen_by(identity.context(), name) == identity.fingerprint


def test_a3_tls_1_2_is_refused(tmp_path: Path) -> None:
    server = ServerIdentity.load_or_create(tmp_path).context()
    with pytest.raises(ssl.SSLError, match=r"UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION"):
        shake_hands(server, trusting_client(ssl.TLSVersion.TLSv1_2), None)


async def test_a3_a_plain_request_is_closed_without_a_byte_of_the_application(tmp_path: Path) -> None:
    reached: list[str] = []

    async def application(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append("application")
        writer.write(b"application")
        writer.close()

    context = ServerIdentity.load_or_create(tmp_path).context()
    server = await asyncio.start_server(application, "127.0.0.1", 0, ssl=context)
    async with server, asyncio.timeout(HANG_GUARD_S):
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = await reader.read()
        writer.close()
    assert not reached
    assert received == b"" or (received[0] == 0x15 and len(received) == 7), "nothing, or one TLS alert"


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path
