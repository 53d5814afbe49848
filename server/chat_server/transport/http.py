"""What comes before the WebSocket: a health check, and who is refused the upgrade (RFC 6455 section 4.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from chat_protocol import codec
from chat_protocol.errors import Code, Refused
from chat_protocol.invite_link import Address, InviteMalformed
from chat_protocol.limits import PROTOCOL


def gatekeeper(hosts: Collection[str], port: int) -> Callable[[ServerConnection, Request], Awaitable[Response | None]]:
    """For `process_request`. `hosts`: the addresses and names of this server, in the spelling of `Address`.

    A browser says where its page came from (`Origin`): only a page of this server may connect, under one of its
    own names, so that no foreign page can use a visitor's browser (A9). Native clients say nothing; the pin
    protects them.
    """

    async def process_request(connection: ServerConnection, request: Request) -> Response | None:
        if connection.protocol.eof_sent:
            # WORKAROUND for websockets 17: what follows a request is read as frames before it is answered. Where that
            # is none, or a close, the connection has ended, and to answer would log an error with a traceback.
            connection.transport.abort()
            await connection.wait_closed()
            return None
        if "Upgrade" not in request.headers:
            if request.path == "/healthz":
                return connection.respond(HTTPStatus.OK, "ok\n")
            return connection.respond(HTTPStatus.NOT_FOUND, "A chat server; there is no page here.\n")
        if request.path != "/":
            return connection.respond(HTTPStatus.NOT_FOUND, "The chat is at the path /.\n")
        origins = request.headers.get_all("Origin")
        if origins and not _is_own_page(origins, request.headers.get_all("Host"), hosts, port):
            return connection.respond(HTTPStatus.FORBIDDEN, "Pages of other sites may not connect.\n")
        offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol")).split(",")
        if PROTOCOL not in (one.strip() for one in offered):
            refused = Refused(Code.UNSUPPORTED_VERSION, f"This server speaks {PROTOCOL}: use a version that does.")
            return connection.respond(HTTPStatus.BAD_REQUEST, codec.encode(codec.err(refused, None)).decode() + "\n")
        return None

    return process_request


def _is_own_page(origins: list[str], host_headers: list[str], hosts: Collection[str], port: int) -> bool:
    if len(origins) != 1 or len(host_headers) != 1 or origins[0].lower() != f"https://{host_headers[0].lower()}":
        return False
    host, colon, named_port = host_headers[0].rpartition(":")
    if not colon or named_port != str(port):
        return False
    try:
        return Address(host.removeprefix("[").removesuffix("]"), port).host in hosts
    except InviteMalformed:
        return False
