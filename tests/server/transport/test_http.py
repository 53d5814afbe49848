"""Before the WebSocket: health, foreign pages, other versions (A9)."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress

import msgspec
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from chat_protocol import frames
from chat_protocol.errors import Code, Retry
from tests.server.transport.conftest import Running, Start

UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: desktop-chat.1",
)


async def ask(
    running: Running, path: str, *headers: str, host: str = "127.0.0.1:{port}", more: bytes = b""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A GET, and `more` right behind it. `{port}` in a header is the server's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", running.listening.port, ssl=context)
    request = "\r\n".join((f"GET {path} HTTP/1.1", f"Host: {host}", *headers, "", ""))
    writer.write(request.replace("{port}", str(running.listening.port)).encode() + more)
    return reader, writer


async def get(running: Running, path: str, *headers: str, host: str = "127.0.0.1:{port}") -> tuple[int, str]:
    """Status and body of a GET; of an upgrade without what follows it."""
    reader, writer = await ask(running, path, *headers, host=host)
    status = int((await reader.readuntil(b"\r\n\r\n")).split()[1])
    body = "" if status == 101 else (await reader.read()).decode()
    writer.transport.abort()
    return status, body


async def test_health(start: Start) -> None:
    async with start() as running:
        assert await get(running, "/healthz") == (200, "ok\n")
        assert (await get(running, "/"))[0] == 404
        assert (await get(running, "/metrics"))[0] == 404


FOREIGN = [
    ("https://evil.example", "127.0.0.1:{port}"),
    ("null", "127.0.0.1:{port}"),
    ("https://evil.example", "evil.example:{port}"),
    ("https://evil.example:{port}", "evil.example:{port}"),
    ("http://127.0.0.1:{port}", "127.0.0.1:{port}"),
    ("https://127.0.0.1", "127.0.0.1"),
    ("https://127.0.0.1:1", "127.0.0.1:1"),
    ("https://127.0.0.1:{port}", "127.0.0.1"),
    ("https://127.0.0.1.evil.example:{port}", "127.0.0.1.evil.example:{port}"),
    ("https://chat.example.org:{port}@evil.example", "chat.example.org:{port}"),
    ("https://:{port}", ":{port}"),
    ("", "127.0.0.1:{port}"),
]


@pytest.mark.parametrize(("origin", "host"), FOREIGN)
async def test_a9_a_foreign_page_is_refused(start: Start, origin: str, host: str) -> None:
    async with start(names=("chat.example.org",)) as running:
        assert (await get(running, "/", *UPGRADE, f"Origin: {origin}", host=host))[0] == 403


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "chat.example.org:{port}"])
async def test_a9_a_page_of_this_server_may_connect(start: Start, host: str) -> None:
    async with start(names=("chat.example.org",)) as running:
        assert (await get(running, "/", *UPGRADE, f"Origin: https://{host}", host=host))[0] == 101


async def test_a9_several_origins_are_none_of_ours(start: Start) -> None:
    async with start() as running:
        origin = "Origin: https://127.0.0.1:{port}"
        assert (await get(running, "/", *UPGRADE, origin, origin))[0] == 403


@pytest.mark.parametrize("offered", [None, ["desktop-chat.2"], ["chat"]])
async def test_another_protocol_version_is_refused_politely(start: Start, offered: list[str] | None) -> None:
    async with start() as running:
        subprotocols = None if offered is None else list(map(Subprotocol, offered))
        with pytest.raises(InvalidStatus) as refused:
            await running.connect(subprotocols=subprotocols)
        response = refused.value.response
        assert response.status_code == 400
        assert response.body is not None
        said = msgspec.json.decode(response.body, type=frames.Err)
        assert (said.code, said.retry) == (Code.UNSUPPORTED_VERSION, Retry.UPGRADE)
        assert "desktop-chat.1" in said.text


async def test_one_of_several_offered_versions_is_enough(start: Start) -> None:
    async with start() as running:
        wire = await running.connect(subprotocols=[Subprotocol("desktop-chat.2"), Subprotocol("desktop-chat.1")])
        assert wire.socket.subprotocol == "desktop-chat.1"


async def test_the_chat_is_at_one_path(start: Start) -> None:
    async with start() as running:
        status, body = await get(running, "/chat", "Upgrade: websocket", "Connection: Upgrade")
        assert (status, body) == (404, "The chat is at the path /.\n")


@pytest.mark.parametrize("more", [b"\xa7" * 8, b"\x88\x80" + bytes(4), b"GET / HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("headers", [(), UPGRADE])
async def test_whoever_goes_on_before_the_answer_is_hung_up_on(
    start: Start, headers: tuple[str, ...], more: bytes
) -> None:
    """At once and without a word in the log: whoever can connect could write there as much as they like."""
    async with start() as running:
        reader, writer = await ask(running, "/", *headers, more=more)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # and so does not close when asked to
        assert (await get(running, "/healthz"))[0] == 200
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.transport.abort()
