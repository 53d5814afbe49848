"""A raw client of the protocol for tests: it says exactly what a test tells it to, right or wrong.

    key = Key.fresh()
    async with await Wire.connect(port, fingerprint) as wire:
        welcome = await wire.login(key, invite=token, name="Ann")
        sent = await wire.say(room, "hello")
        events = await wire.expect(frames.Events)

Nothing runs in the background. Frames that nobody expected yet wait in order; `expect` looks through them first.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Raw
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from chat_protocol import codec, frames, limits
from chat_protocol.events import Body, Entry, Event, Text, decode_event, encode_body
from chat_protocol.ids import Cid, LogId, MemberId, Ref, b64, member_id, new_cid, unb64
from chat_protocol.server_key import FIRST_USE_NAME, same_key, sign_login

GUARD_S = 20.0
"""Against hangs: whatever a test expects comes long before."""

F = TypeVar("F", bound=frames.Frame)


@dataclass(frozen=True)
class Key:
    """A person's identity on one device."""

    private: bytes
    public: bytes
    device: bytes

    @classmethod
    def fresh(cls) -> Self:
        key = Ed25519PrivateKey.generate()
        return cls(key.private_bytes_raw(), key.public_key().public_bytes_raw(), os.urandom(16))

    def on_another_device(self) -> Key:
        return Key(self.private, self.public, os.urandom(16))

    @property
    def member(self) -> MemberId:
        return member_id(self.public)


def cid() -> Cid:
    return new_cid(time.time_ns() // 1_000_000, os.urandom(10))


def entry(
    log: LogId, kind: str, body: Body, *, target: Ref | None = None, key: str | None = None, cid_: Cid | None = None
) -> Entry:
    return Entry(log, cid_ or cid(), kind, encode_body(body), target, key)


class Wire:
    """One connection. `challenge` was read; everything else is up to the test."""

    def __init__(self, socket: ClientConnection, fingerprint: bytes, challenge: frames.Challenge) -> None:
        self.socket = socket
        self.challenge = challenge
        self.seen: list[frames.ServerFrame] = []
        """Frames received and not yet expected by anybody."""
        self.events: dict[LogId, list[Event]] = {}
        """Every event received by `events` frames, whether expected or not."""
        self._fingerprint = fingerprint
        self._ids = iter(range(1, limits.MAX_INT))

    @classmethod
    async def connect(
        cls, port: int, fingerprint: bytes, *, host: str = "127.0.0.1", source: str | None = None, **options: Any
    ) -> Self:
        """A connection pinned to the server's key, from the address `source`; `options` go to websockets."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if source is not None:
            options["local_addr"] = (source, 0)
        defaults: dict[str, Any] = {
            "subprotocols": [Subprotocol(limits.PROTOCOL)],
            "server_hostname": FIRST_USE_NAME,
            "ssl": context,
            "compression": None,
            "max_size": None,
            "max_queue": None,
            "ping_interval": None,
            "close_timeout": 1,
            "open_timeout": GUARD_S,
            "proxy": None,
        }
        socket = await connect(f"wss://{host}:{port}/", **(defaults | options))
        ssl_object = socket.transport.get_extra_info("ssl_object")
        assert same_key(ssl_object.getpeercert(binary_form=True), fingerprint)
        challenge = codec.decode_server((await socket.recv()).encode())  # type: ignore[union-attr]
        assert isinstance(challenge, frames.Challenge)
        return cls(socket, fingerprint, challenge)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self.socket.close()

    def abort(self) -> None:
        """As if the cable was cut."""
        self.socket.transport.abort()

    # --- requests ---------------------------------------------------------------------------------------------

    def next_id(self) -> int:
        return next(self._ids)

    def login_frame(self, key: Key, *, invite: bytes | None = None, name: str | None = None) -> frames.Login:
        signature = sign_login(
            key.private,
            nonce=unb64(self.challenge.nonce),
            server_fingerprint=self._fingerprint,
            version=limits.VERSION,
            device=key.device,
        )
        token = b64(invite) if invite is not None else None
        return frames.Login(self.next_id(), b64(key.public), b64(key.device), b64(signature), token, name)

    async def login(self, key: Key, *, invite: bytes | None = None, name: str | None = None) -> frames.Welcome:
        """Logs in; fails the test unless it is welcomed."""
        frame = self.login_frame(key, invite=invite, name=name)
        await self.write(frame)
        answer = await self.answer(frame.id)
        assert isinstance(answer, frames.Welcome), answer
        return answer

    async def follow_all(self, welcome: frames.Welcome) -> None:
        """Follows every log of `welcome` from its beginning, and has all their snapshots when this returns."""
        ok = await self.request(lambda re: frames.Follow(re, {log.log: None for log in welcome.logs}))
        assert isinstance(ok, frames.Ok), ok
        for log in welcome.logs:
            await self.expect(frames.Snapshot, _ends(log.log))

    async def request(self, make: Callable[[int], frames.Request]) -> frames.Ok | frames.Err | frames.Welcome:
        """Sends `make(id)` and returns its one answer."""
        frame = make(self.next_id())
        await self.write(frame)
        return await self.answer(frame.id)

    async def send(self, *entries: Entry) -> list[frames.Sent]:
        """Sends entries as one `send`; fails the test when the request as a whole is refused."""
        raw = [Raw(msgspec.json.encode(one)) for one in entries]
        ok = await self.request(lambda re: frames.Send(re, raw))
        assert isinstance(ok, frames.Ok), ok
        assert ok.res is not None
        return ok.res

    async def append(
        self, log: LogId, kind: str, body: Body, *, target: Ref | None = None, key: str | None = None
    ) -> frames.Sent:
        """One event; its outcome, which may be an `err`."""
        (sent,) = await self.send(entry(log, kind, body, target=target, key=key))
        return sent

    async def say(self, log: LogId, text: str) -> frames.Sent:
        """A message; fails the test unless it is stored."""
        sent = await self.append(log, "text", Text(text))
        assert sent.err is None, sent
        return sent

    # --- frames -----------------------------------------------------------------------------------------------

    async def write(self, frame: frames.Frame) -> None:
        await self.write_bytes(codec.encode(frame))

    async def write_bytes(self, data: bytes) -> None:
        """A text frame with just these bytes, which need be no text."""
        await self.socket.send(data, text=True)

    async def read(self) -> frames.ServerFrame:
        """The next frame off the wire. Raises `ConnectionClosed` when there is none."""
        async with asyncio.timeout(GUARD_S):
            data = await self.socket.recv(decode=False)
        frame = codec.decode_server(data)
        if isinstance(frame, frames.Events):
            self.events.setdefault(frame.log, []).extend(map(decode_event, frame.items))
        return frame

    async def expect(self, kind: type[F], where: Callable[[F], bool] = lambda _frame: True) -> F:
        """The next frame of this kind for which `where` holds; those passed over stay in `seen`."""
        for place, frame in enumerate(self.seen):
            if isinstance(frame, kind) and where(frame):
                del self.seen[place]
                return frame
        while True:
            frame = await self.read()
            if isinstance(frame, kind) and where(frame):
                return frame
            self.seen.append(frame)

    async def answer(self, re: int) -> frames.Ok | frames.Err | frames.Welcome:
        """The answer to the request `re`."""
        answers = (frames.Ok, frames.Err, frames.Welcome)
        for place, frame in enumerate(self.seen):
            if isinstance(frame, answers) and frame.re == re:
                del self.seen[place]
                return frame
        while True:
            frame = await self.read()
            if isinstance(frame, answers) and frame.re == re:
                return frame
            self.seen.append(frame)

    async def until(self, log: LogId, seq: int) -> list[Event]:
        """All events of `log` received by `events` frames, once the one with `seq` is among them."""
        while not (held := self.events.get(log, [])) or held[-1].seq < seq:
            self.seen.append(await self.read())
        return held

    async def ended(self) -> frames.Bye | frames.Err | None:
        """Reads until the connection ends; the `bye`, else the last `err`, that was said before."""
        last = None
        try:
            while True:
                frame = await self.read()
                self.seen.append(frame)
        except ConnectionClosed:
            for frame in self.seen:
                if isinstance(frame, frames.Bye):
                    return frame
                last = frame if isinstance(frame, frames.Err) else last
        return last


def _ends(log: LogId) -> Callable[[frames.Snapshot], bool]:
    return lambda frame: frame.log == log and frame.last
