"""`desktop-chat-server invite`: attaches to the running server and makes an invite by the ordinary protocol."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_bytes

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Raw, Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake
from websockets.typing import Subprotocol

from chat_protocol import codec, frames
from chat_protocol.errors import Code, Refused
from chat_protocol.events import Listed, decode_body, decode_event
from chat_protocol.ids import PEOPLE, LogId, b64, unb64
from chat_protocol.invite_link import Invite, server_name
from chat_protocol.limits import PROTOCOL, VERSION
from chat_protocol.server_key import same_key, sign_login
from chat_server import operator
from chat_server.network import parse_address

LISTENING_FILE = "listening.json"
"""In the data folder while a server runs over it: what the line on stdout says, without the host link."""

_LOOPBACK = "127.0.0.1"
_TIMEOUT_S = 20


class NotRunning(Exception):
    """No server runs over the folder. The text is one plain sentence."""


class Announced(Struct):
    """What `LISTENING_FILE` holds."""

    addresses: list[str]
    port: int
    fingerprint: str
    pid: int
    parent_pipe: bool = False
    """Started by the app: it ends a while after its host has gone."""


def read_announced(folder: Path) -> Announced:
    """Raises `NotRunning`."""
    try:
        return msgspec.json.decode((folder / LISTENING_FILE).read_bytes(), type=Announced)
    except (OSError, msgspec.DecodeError):
        raise NotRunning(
            f"no server runs over {folder}: say --data FOLDER, or start one with `desktop-chat-server serve`"
        ) from None


async def make_invite(folder: Path, *, room: str | None, days: float, uses: int) -> Invite:
    """A new invite into `room` (a name of an open room, or an id; None: the first room). Raises `NotRunning`,
    `OperatorUnusable`, `Refused`."""
    announced = read_announced(folder)
    key = operator.load(folder)
    fingerprint = unb64(announced.fingerprint)
    try:
        async with asyncio.timeout(_TIMEOUT_S), _connect(announced.port, fingerprint) as socket:
            if not same_key(socket.transport.get_extra_info("ssl_object").getpeercert(True), fingerprint):
                raise NotRunning(f"port {announced.port} belongs to another server now")
            talk = _Talk(socket)
            await talk.log_in(key, fingerprint)
            token = operator.new_token()
            entry = operator.invite_entry(
                token, await talk.room(room), time.time_ns() // 1_000_000, days=days, uses=uses
            )
            await talk.send(entry)
    except (OSError, InvalidHandshake, TimeoutError):
        raise NotRunning(f"no server answers on port {announced.port}") from None
    return Invite(tuple(parse_address(one, announced.port) for one in announced.addresses), fingerprint, token)


def _connect(port: int, fingerprint: bytes) -> connect:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # a server is its key, which is compared before anything is sent
    context.verify_mode = ssl.CERT_NONE
    return connect(
        f"wss://{_LOOPBACK}:{port}/",
        ssl=context,
        server_hostname=server_name(fingerprint),
        subprotocols=[Subprotocol(PROTOCOL)],
        compression=None,
        proxy=None,
        max_size=None,
    )


class _Talk:
    """One request after another."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def log_in(self, key: Ed25519PrivateKey, fingerprint: bytes) -> None:
        device = token_bytes(16)
        async for frame in self._frames():
            if isinstance(frame, frames.Challenge):
                signature = sign_login(
                    key.private_bytes_raw(),
                    nonce=unb64(frame.nonce),
                    server_fingerprint=fingerprint,
                    version=VERSION,
                    device=device,
                )
                public = key.public_key().public_bytes_raw()
                await self._put(frames.Login(1, b64(public), b64(device), b64(signature)))
            elif isinstance(frame, frames.Welcome):
                return
            elif isinstance(frame, frames.Err):
                raise Refused(frame.code, frame.text)

    async def room(self, wanted: str | None) -> LogId:
        await self._put(frames.Follow(2, {PEOPLE: None}))
        rooms: dict[str, LogId] = {}
        async for frame in self._frames():
            if not isinstance(frame, frames.Snapshot):
                continue
            for event in map(decode_event, frame.items):
                if event.kind == "listed" and event.key is not None and isinstance(event.body, Raw):
                    listed: Listed = decode_body(event.kind, event.body)
                    rooms.setdefault(listed.name, LogId(event.key.removeprefix("room:")))
            if frame.last:
                break
        if wanted is None and rooms:
            return next(iter(rooms.values()))
        if wanted is None:
            raise Refused(Code.UNKNOWN_LOG, "there is no open room: name one by its id")
        return rooms.get(wanted, LogId(wanted))

    async def send(self, entry: Raw) -> None:
        await self._put(frames.Send(3, [entry]))
        async for frame in self._frames():
            if isinstance(frame, frames.Err):
                raise Refused(frame.code, frame.text)
            if isinstance(frame, frames.Ok) and frame.re == 3:
                for sent in frame.res or ():
                    if sent.err is not None:
                        raise Refused(sent.err.code, sent.err.text)
                return

    async def _frames(self) -> AsyncIterator[frames.ServerFrame]:
        async for data in self._socket:
            yield codec.decode_server(data.encode() if isinstance(data, str) else data)

    async def _put(self, frame: frames.Frame) -> None:
        await self._socket.send(codec.encode(frame).decode())
