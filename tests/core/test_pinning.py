"""The client checks the server's key inside the handshake (A4), and asks where no invite names it (A5)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect

from chat_protocol.invite_link import server_name
from chat_protocol.server_key import FIRST_USE_NAME, fingerprint_of_certificate
from desktop_chat.core.pinning import UnknownServerKey, WrongServerKey, pinned_context, unpinned_context

HANG_GUARD_S = 30
TOKEN = "a-token-of-an-invite"


class Server:
    """A TLS server that counts what it can read of the application, even where the handshake never ends."""

    def __init__(self, folder: Path, years: tuple[int, int] = (1970, 9999)) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "any.example")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(years[0], 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(years[1], 1, 1, tzinfo=UTC))
            .sign(key, SHA256())
        )
        pem = folder / "server.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        self.fingerprint = fingerprint_of_certificate(certificate.public_bytes(Encoding.DER))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pem)
        self.context.sni_callback = lambda _tls, name, _context: self.asked_for.append(name)
        self.asked_for: list[str | None] = []
        self.connections: asyncio.Queue[bytes] = asyncio.Queue()
        """What the application could read, of each connection when it has ended."""
        self.port = 0

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Server]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(HANG_GUARD_S), server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(incoming, outgoing, server_side=True)
        read = b""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                incoming.write(data)
                try:
                    tls.do_handshake()
                    while said := tls.read(65536):
                        read += said
                    break  # the client said goodbye
                except ssl.SSLError:  # more is to come, or the alert goes out
                    writer.write(outgoing.read())
        writer.close()
        self.connections.put_nowait(read)

    async def open(self, context: ssl.SSLContext, host: str = "127.0.0.1") -> None:
        """Connects as the client does, and sends the token as soon as it can."""
        uri = f"wss://{host}:{self.port}/?{TOKEN}"
        headers = {"Authorization": TOKEN}
        await connect(uri, ssl=context, proxy=None, additional_headers=headers, open_timeout=HANG_GUARD_S)

    async def gets_the_token(self, context: ssl.SSLContext, host: str = "127.0.0.1") -> None:
        """Passes if the handshake succeeds and what follows it can be read."""
        reader, writer = await asyncio.open_connection(host, self.port, ssl=context)
        writer.write(TOKEN.encode())
        await writer.drain()
        writer.close()
        assert await self.connections.get() == TOKEN.encode()
        assert await reader.read() == b""


async def test_a4_the_pinned_server_is_asked_for_by_name_and_gets_what_we_say(tmp_path: Path) -> None:
    async with Server(tmp_path).serving() as server:
        await server.gets_the_token(pinned_context(server.fingerprint))
        assert server.asked_for == [server_name(server.fingerprint)]


async def test_a4_an_impostor_reads_nothing_and_connect_raises_the_typed_error(tmp_path: Path) -> None:
    async with Server(tmp_path).serving() as impostor:
        with pytest.raises(WrongServerKey, match="not the one that the invite names") as caught:
            await impostor.open(pinned_context(b"p" * 32))
        assert await impostor.connections.get() == b""
    assert type(caught.value) is WrongServerKey
    assert isinstance(caught.value, OSError), "as the module's docstring warns"
    assert str(caught.value) == "the server's key is not the one that the invite names"


async def test_a4_asyncio_raises_the_typed_error_too(tmp_path: Path) -> None:
    async with Server(tmp_path).serving() as impostor:
        with pytest.raises(WrongServerKey):
            await impostor.gets_the_token(pinned_context(b"p" * 32))
        assert await impostor.connections.get() == b""


@pytest.mark.parametrize("years", [(1980, 1990), (2090, 2100)], ids=["expired long ago", "valid in a far future"])
async def test_a4_validity_and_host_name_are_ignored(tmp_path: Path, years: tuple[int, int]) -> None:
    async with Server(tmp_path, years).serving() as server:
        await server.gets_the_token(pinned_context(server.fingerprint))
        await server.gets_the_token(pinned_context(server.fingerprint), host="localhost")


async def test_a3_a_server_that_offers_tls_1_2_only_is_refused(tmp_path: Path) -> None:
    async with Server(tmp_path).serving() as server:
        server.context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            await server.open(pinned_context(server.fingerprint))
        assert await server.connections.get() == b""


async def test_a5_an_unknown_server_is_shown_to_the_user_and_told_nothing(tmp_path: Path) -> None:
    async with Server(tmp_path).serving() as server:
        with pytest.raises(UnknownServerKey) as caught:
            await server.open(unpinned_context())
        assert caught.value.fingerprint == server.fingerprint
        assert str(caught.value) == "the server's key is not known yet"
        assert await server.connections.get() == b""
        assert server.asked_for == [FIRST_USE_NAME]

        await server.gets_the_token(pinned_context(caught.value.fingerprint))


async def test_a5_a_later_change_of_the_key_is_a_hard_stop(tmp_path: Path) -> None:
    async with Server(tmp_path).serving() as server:
        with pytest.raises(UnknownServerKey) as caught:
            await server.open(unpinned_context())
    async with Server(tmp_path).serving() as changed:
        with pytest.raises(WrongServerKey):
            await changed.open(pinned_context(caught.value.fingerprint))
        assert await changed.connections.get() == b""


@pytest.mark.parametrize("context", [pinned_context(b"p" * 32), unpinned_context()], ids=["pinned", "unpinned"])
def test_a4_no_way_leads_past_the_check(context: ssl.SSLContext) -> None:
    assert context.minimum_version == ssl.TLSVersion.TLSv1_3
    with socket.socket() as blocking, pytest.raises(NotImplementedError):
        context.wrap_socket(blocking)


def test_a_pin_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        pinned_context(b"p" * 31)
