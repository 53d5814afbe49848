"""A member as the load generator plays it: logs in, follows, sends; what comes is counted, not decoded."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Raw, Struct

from benchmarks.server.link import ConnectionLost, Link, Target
from chat_protocol import codec, frames, limits
from chat_protocol.events import Body, Entry, encode_body
from chat_protocol.ids import LogId, b64, new_cid, unb64
from chat_protocol.server_key import FIRST_USE_NAME, login_payload

_EVENTS = b'{"op":"events","log":"'
_SNAPSHOT = b'{"op":"snapshot","log":"'
_LAST = b'"last":true}'
_OK = b'{"op":"ok",'
_SEQ = b'"seq":'


def chat_target(port: int) -> Target:
    # The generator checks no key: it measures, and it started the server itself.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return Target(port, subprotocol=limits.PROTOCOL, tls=context, server_name=FIRST_USE_NAME)


@dataclass
class Person:
    """Who somebody is, and up to where they hold their logs."""

    key: Ed25519PrivateKey
    public: bytes
    device: bytes
    name: str
    source: str
    """The address that they connect from."""
    positions: dict[LogId, tuple[int, str]] = field(default_factory=dict)
    """Log → seq and the first 8 bytes of h, as in `follow`."""

    @classmethod
    def fresh(cls, number: int) -> Self:
        """Each `number` has an address of its own: a server limits joinings and strangers by address."""
        key = Ed25519PrivateKey.generate()
        source = f"127.0.{1 + number // 250}.{1 + number % 250}"
        public = key.public_key().public_bytes_raw()
        return cls(key, public, os.urandom(16), f"Member {number}", source)


class _Said(Struct):
    """What the generator reads of frames that it does decode."""

    op: str
    re: int | None = None
    nonce: str = ""
    code: str = ""
    res: list[Raw] | None = None
    logs: Raw = Raw(b"[]")
    room: str | None = None


class Head(Struct):
    """A log of a `welcome`."""

    log: LogId
    head: int
    h: str


_decode = msgspec.json.Decoder(_Said).decode
_decode_heads = msgspec.json.Decoder(list[Head]).decode
_decode_outcomes = msgspec.json.Decoder(dict[str, str]).decode


class Member(Link):
    """A connection that has logged in."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.seqs: dict[bytes, int] = {}
        """Log → seq of the last event, or of the snapshot, that was received."""
        self.on_ok: Callable[[bytearray, int, int], None] | None = None
        self.on_events: Callable[[bytearray, int, int], None] | None = None
        self.heads: list[Head] = []
        """Of the welcome."""
        self._ids = 0
        self._said: list[_Said] = []
        self._snapshots: set[bytes] = set()

    @classmethod
    async def log_in(cls, target: Target, fingerprint: bytes, who: Person, token: bytes | None = None) -> Self:
        """With `token` as a newcomer. Raises `ConnectionLost`."""
        member = await cls.open(target, who.source)
        challenge = await member._expect(lambda said: said.op == "challenge")
        signature = who.key.sign(login_payload(unb64(challenge.nonce), fingerprint, limits.VERSION, who.device))
        invite = b64(token) if token is not None else None
        login = frames.Login(1, b64(who.public), b64(who.device), b64(signature), invite, who.name if invite else None)
        member.write_text(codec.encode(login))
        welcome = await member._expect(lambda said: said.op in ("welcome", "err", "bye"))
        if welcome.op != "welcome":
            member.close()
            raise ConnectionLost(welcome.code)
        member.heads = _decode_heads(welcome.logs)
        member._ids = 1
        return member

    async def follow(self, positions: dict[LogId, tuple[int, str]]) -> None:
        """Follows every log of the welcome, from `positions` or from its snapshot; returns when it holds all that
        the welcome told of."""
        since = {head.log: positions.get(head.log) for head in self.heads}
        for log, position in since.items():
            if position is not None:
                self.seqs[log.encode()] = position[0]
        re = self.next_id()
        self.write_text(codec.encode(frames.Follow(re, since)))
        answer = await self._expect(lambda said: said.re == re)
        if set(_decode_outcomes(answer.logs).values()) != {"behind"}:
            raise ConnectionLost("a log could not be followed")
        wanted = {head.log.encode(): head.head for head in self.heads}
        new = {log.encode() for log, position in since.items() if position is None}
        await self.until(
            lambda: new <= self._snapshots and all(self.seqs.get(log, 0) >= head for log, head in wanted.items())
        )

    def positions(self) -> dict[LogId, tuple[int, str]]:
        """Where the logs stood at the welcome."""
        return {head.log: (head.head, b64(unb64(head.h)[:8])) for head in self.heads}

    def next_id(self) -> int:
        self._ids += 1
        return self._ids

    async def send(self, *entries: Raw) -> None:
        """Raises `ConnectionLost` when one is refused."""
        re = self.next_id()
        self.write_text(codec.encode(frames.Send(re, list(entries))))
        answer = await self._expect(lambda said: said.re == re)
        if answer.op != "ok" or any(b'"err"' in bytes(one) for one in answer.res or ()):
            raise ConnectionLost("an event was refused")

    async def until_seq(self, log: LogId, seq: int) -> None:
        name = log.encode()
        await self.until(lambda: self.seqs.get(name, 0) >= seq)

    async def _expect(self, wanted: Callable[[_Said], bool]) -> _Said:
        found: list[_Said] = []

        def look() -> bool:
            found.extend(said for said in self._said if wanted(said))
            self._said.clear()
            return bool(found)

        await self.until(look)
        return found[0]

    def _on_text(self, data: bytearray, start: int, end: int) -> None:
        if data.startswith(_EVENTS, start):
            self.seqs[_log(data, start + len(_EVENTS))] = _seq(data, data.rfind(_SEQ, start, end))
            if self.on_events is not None:
                self.on_events(data, start, end)
            return
        if self.on_ok is not None and data.startswith(_OK, start):
            self.on_ok(data, start, end)
            return
        if data.startswith(_SNAPSHOT, start):
            if data.endswith(_LAST, start, end):
                log = _log(data, start + len(_SNAPSHOT))
                self.seqs[log] = _seq(data, data.find(_SEQ, start, end))  # its own stands before those of its list
                self._snapshots.add(log)
            return
        said = _decode(bytes(data[start:end]))
        if said.op != "signal":
            self._said.append(said)


def _log(data: bytearray, place: int) -> bytes:
    """The log whose name begins there."""
    return bytes(data[place : data.index(b'"', place)])


def _seq(data: bytearray, place: int) -> int:
    """The one whose field begins there."""
    place += len(_SEQ)
    return int(data[place : data.index(b",", place)])


def entry(log: LogId, kind: str, body: Body, key: str | None = None) -> Raw:
    cid = new_cid(time.time_ns() // 1_000_000, os.urandom(10))
    return Raw(msgspec.json.encode(Entry(log, cid, kind, encode_body(body), key=key)))


def text_send(re: int, log: LogId, texts: Iterable[bytes]) -> bytes:
    """A `send` of messages whose `texts` need no escapes in JSON; built by hand, since it is built most."""
    now_ms = time.time_ns() // 1_000_000
    entries = (
        b'{"log":"%b","cid":"%b","kind":"text","body":{"text":"%b"}}'
        % (log.encode(), new_cid(now_ms, os.urandom(10)).encode(), text)
        for text in texts
    )
    return b'{"op":"send","id":%d,"batch":[%b]}' % (re, b",".join(entries))
