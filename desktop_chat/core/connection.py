"""One WebSocket to a server whose key is pinned, and how it is found among several addresses.

Nothing but this module imports `websockets`; the driver imports it when the first connection is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, ProtocolError
from websockets.typing import Subprotocol

from chat_protocol import limits
from desktop_chat.core.link import LinkLost
from desktop_chat.core.pinning import WrongServerKey, pinned_context
from desktop_chat.core.sentences import ChatError, Trouble

OPEN_S = 10.0
_NEXT_ADDRESS_S = 0.3
"""Before the next address is tried beside those that have not answered (RFC 8305 calls it Connection Attempt Delay)."""
_CLOSE_S = 2.0
_WRITE_BYTES = 1024 * 1024
"""Never reached: what a client has under way is bounded by its requests. So a write never waits for a reader."""
_WORST_FIRST = (Trouble.WRONG_SERVER_KEY, Trouble.OTHER_VERSION, Trouble.NOT_A_CHAT_SERVER)


class _Heard(ClientConnection):
    """Knows when the server last said anything, pings included."""

    heard_s = 0.0

    def data_received(self, data: bytes) -> None:
        self.heard_s = self.loop.time()
        super().data_received(data)


class SocketLink:
    """A `Link` over `websockets`."""

    def __init__(self, socket: _Heard) -> None:
        self._socket = socket

    @property
    def heard_s(self) -> float:
        return self._socket.heard_s

    async def receive(self) -> bytes:
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as error:
            raise LinkLost(str(error)) from error

    async def send(self, frame: bytes) -> None:
        try:
            await self._socket.send(frame, text=True)
        except ConnectionClosed as error:
            raise LinkLost(str(error)) from error

    async def probe(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await (await self._socket.ping())
        except (TimeoutError, ConnectionClosed):
            return False
        return True

    async def close(self) -> None:
        await self._socket.close()

    def abort(self) -> None:
        self._socket.transport.abort()


async def open_link(addresses: Sequence[str], key: bytes) -> SocketLink:
    """A connection to the server with that fingerprint at the first of `addresses` (`host:port`) where it answers.

    Raises `ChatError` with the most telling of the reasons why it does at none.
    """
    found: list[SocketLink] = []
    reasons: list[ChatError] = []
    progress = asyncio.Event()

    async def attempt(address: str) -> None:
        try:
            link = await _open(address, key)
        except ChatError as error:
            reasons.append(error)
        else:
            link.abort() if found else found.append(link)
        progress.set()

    try:
        async with asyncio.TaskGroup() as group:
            attempts = []
            for address in addresses:
                progress.clear()
                attempts.append(group.create_task(attempt(address)))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_NEXT_ADDRESS_S):
                        await progress.wait()
                if found:
                    break
            while not found and len(reasons) < len(attempts):
                progress.clear()
                await progress.wait()
            for one in attempts:
                one.cancel()
    except asyncio.CancelledError:
        for link in found:
            link.abort()
        raise
    if found:
        return found[0]
    telling = [error for code in _WORST_FIRST for error in reasons if error.code is code]
    raise (telling or reasons or [ChatError(Trouble.UNREACHABLE)])[0]


async def _open(address: str, key: bytes) -> SocketLink:
    options: dict[str, Any] = {
        "ssl": pinned_context(key),
        "subprotocols": [Subprotocol(limits.PROTOCOL)],
        "compression": None,
        "proxy": None,  # the system's proxy can't reach a room next door
        "max_size": limits.SERVER_FRAME + 1024,
        "ping_interval": None,  # only the server pings
        "open_timeout": OPEN_S,
        "close_timeout": _CLOSE_S,
        "write_limit": _WRITE_BYTES,
        "user_agent_header": None,
        "create_connection": _Heard,
    }
    try:
        socket = await connect(f"wss://{address}/", **options)
    except WrongServerKey as error:
        raise ChatError(Trouble.WRONG_SERVER_KEY) from error
    except InvalidStatus as error:
        raise ChatError(_refusal(error.response.status_code), detail=str(error)) from error
    except (InvalidHandshake, ProtocolError) as error:
        raise ChatError(Trouble.NOT_A_CHAT_SERVER, detail=str(error)) from error
    except ssl.SSLError as error:
        cut = isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
        raise ChatError(Trouble.UNREACHABLE if cut else Trouble.NOT_A_CHAT_SERVER, detail=str(error)) from error
    except (OSError, EOFError) as error:  # TimeoutError is one; a name that does not resolve too
        raise ChatError(Trouble.UNREACHABLE, detail=str(error)) from error
    assert isinstance(socket, _Heard)  # noqa: S101 - what create_connection made
    if socket.subprotocol != limits.PROTOCOL:
        socket.transport.abort()
        raise ChatError(Trouble.OTHER_VERSION)
    socket.heard_s = asyncio.get_running_loop().time()
    return SocketLink(socket)


def _refusal(status: int) -> Trouble:
    """Of the upgrade, by the server that was meant: its key was right."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Trouble.UNREACHABLE  # it is about to stop
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UPGRADE_REQUIRED):
        return Trouble.OTHER_VERSION  # it was offered no subprotocol that it speaks
    return Trouble.NOT_A_CHAT_SERVER
