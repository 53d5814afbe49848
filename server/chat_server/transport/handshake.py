"""From the challenge to the welcome: one frame is read, and nothing between it and its answer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from websockets.exceptions import ConnectionClosed

from chat_protocol import codec, frames
from chat_protocol.codec import BadFrame
from chat_protocol.errors import Code, Refused
from chat_protocol.ids import LogId, MemberId, Position, b64, first_h, unb64
from chat_protocol.limits import VERSION
from chat_protocol.permissions import LogKind
from chat_protocol.server_key import verify_login
from chat_server.commit import Committer, StorageThreads
from chat_server.hub.hub import Hub
from chat_server.hub.rates import Buckets
from chat_server.hub.requests import LoggedIn, LoginRequest, Now, Readable
from chat_server.transport.admission import address_of
from chat_server.transport.listener import Gate
from chat_server.transport.socket import Socket, text_frame

LOGS_IN_WELCOME = 1_000
"""So many fit a frame."""

_NONCE_BYTES = 32
_DEVICE_BYTES = 16
_CONVERSATIONS = (LogKind.ROOM, LogKind.DM)
_FAILURES = frozenset(
    {
        Code.BAD_SIGNATURE,
        Code.NOT_A_MEMBER,
        Code.BANNED,
        Code.INVITE_UNKNOWN,
        Code.INVITE_EXPIRED,
        Code.INVITE_REVOKED,
        Code.INVITE_USED_UP,
    }
)
"""Refusals after which the next try has to wait. A name that is taken is none: another one may follow at once."""


class Attempts:
    """Failed logins by (address, device): each delays that pair alone, 1, 2, 4 … 60 s (A8)."""

    _LONGEST_S = 60.0
    _HELD = 10_000

    def __init__(self) -> None:
        self._failed: dict[tuple[bytes, str], tuple[int, float]] = {}
        """Pair → how often it failed, and until when it waits. The oldest failure stands first."""

    def wait_ms(self, pair: tuple[bytes, str], now_s: float) -> int | None:
        """How long the pair still has to wait; None: it may try."""
        _count, until_s = self._failed.get(pair, (0, now_s))
        return int((until_s - now_s) * 1_000) + 1 if until_s > now_s else None

    def failed(self, pair: tuple[bytes, str], now_s: float) -> None:
        count, _until_s = self._failed.pop(pair, (0, 0.0))
        self._failed[pair] = (count + 1, now_s + min(self._LONGEST_S, 2.0 ** min(count, 6)))
        if len(self._failed) > self._HELD:
            del self._failed[next(iter(self._failed))]

    def succeeded(self, pair: tuple[bytes, str]) -> None:
        self._failed.pop(pair, None)


class Admitted(NamedTuple):
    """A login that was decided in somebody's favour; the welcome is still owed."""

    re: int
    member: MemberId
    device: str
    room: LogId | None


class Door:
    """Lets members in, each by one frame."""

    def __init__(
        self,
        *,
        committer: Committer,
        gate: Gate,
        joins: Buckets,
        fingerprint: bytes,
        name: str,
        login_s: float,
        clock: Callable[[], Now],
        present: Callable[[LogId], int],
    ) -> None:
        """`joins`: logins with an invite, and peeks, by address. `present` counts the members of a room who are
        connected."""
        self._committer = committer
        self._gate = gate
        self._joins = joins
        self._fingerprint = fingerprint
        self._name = name
        self._login_s = login_s
        self._clock = clock
        self._present = present
        self._attempts = Attempts()

    async def admit(self, socket: Socket) -> Admitted | None:
        """Reads one frame and decides it. None: it was answered, and the connection is to be closed. Else
        `socket` is held for "login", for the caller to release."""
        nonce = os.urandom(_NONCE_BYTES)
        _put(socket, frames.Challenge(b64(nonce), b64(self._fingerprint), self._name))
        try:
            async with asyncio.timeout(self._login_s):
                message = await socket.recv()
        except TimeoutError:
            _put(socket, codec.bye(Code.LOGIN_TIMEOUT, "The login took too long."))
            return None
        except ConnectionClosed:
            return None
        socket.hold("login")
        re: int | None = None
        try:
            if not isinstance(message, str):
                raise BadFrame(Code.BAD_FRAME, "Frames are text.")
            frame = codec.decode_client(message.encode())
            re = getattr(frame, "id", None)
            if isinstance(frame, frames.Login):
                return await self._login(socket, frame, nonce)
            if not isinstance(frame, frames.Peek):
                raise Refused(Code.LOGIN_REQUIRED, "The first frame is a login.", field="op")
            _put(socket, frames.Ok(frame.id, peek=self._peek(socket, frame)))
        except BadFrame as bad:
            _put(socket, codec.err(bad, bad.re))
        except Refused as refused:
            _put(socket, codec.err(refused, re))
        socket.release("login")  # else the peer's half of the close would not be seen
        return None

    async def _login(self, socket: Socket, frame: frames.Login, nonce: bytes) -> Admitted | None:
        address = address_of(socket.remote_address[0])
        pair = (address, frame.device)
        wait_ms = self._attempts.wait_ms(pair, self._clock().mono_s)
        if wait_ms is not None:
            raise Refused(Code.TOO_MANY_ATTEMPTS, "The last login from here failed: wait a little.", after_ms=wait_ms)
        try:
            answer = await self._decide(frame, nonce, address)
        except Refused as refused:
            if refused.code in _FAILURES:
                self._attempts.failed(pair, self._clock().mono_s)
            raise
        self._attempts.succeeded(pair)
        if not self._gate.mark_authenticated(socket.transport):
            socket.transport.abort()  # it was cut: there is nobody to say good-bye to
            return None
        return Admitted(frame.id, answer.member, frame.device, answer.room)

    async def _decide(self, frame: frames.Login, nonce: bytes, address: bytes) -> LoggedIn:
        identity = _bytes_of("identity", frame.identity)
        device = _bytes_of("device", frame.device)
        signature = _bytes_of("sig", frame.sig)
        if len(device) != _DEVICE_BYTES:
            raise Refused(Code.BAD_VALUE, f"A device is named by {_DEVICE_BYTES} bytes.", field="device")
        if not verify_login(
            identity,
            signature,
            nonce=nonce,
            server_fingerprint=self._fingerprint,
            version=VERSION,
            device=device,
        ):
            raise Refused(Code.BAD_SIGNATURE, "The signature does not fit this login.", field="sig")
        token = None
        if frame.invite is not None:
            token = _bytes_of("invite", frame.invite)
            self._take_join(address)
        answer = await self._committer.ask(LoginRequest(identity, frame.device, token, frame.name))
        if isinstance(answer, Refused):
            raise answer
        if not isinstance(answer, LoggedIn):
            raise TypeError("a login is answered by a login")
        return answer

    def _peek(self, socket: Socket, frame: frames.Peek) -> frames.PeekInfo:
        self._take_join(address_of(socket.remote_address[0]))
        token = _bytes_of("invite", frame.invite)
        hub, now = self._committer.hub, self._clock()
        return msgspec.structs.replace(hub.peek(token, now), present=self._present(hub.invited_room(token, now)))

    def _take_join(self, address: bytes) -> None:
        joins = self._joins.draft()
        after_ms = joins.take(address.hex(), self._clock().mono_s)
        if after_ms is not None:
            raise Refused(Code.RATE_LIMITED, "Too many joinings from your address at once.", after_ms=after_ms)
        joins.merge()


class Heads:
    """What a welcome tells of the logs that a member reads: gathered from the storage, then told in one step."""

    def __init__(self, committer: Committer, threads: StorageThreads, member: MemberId) -> None:
        self._committer = committer
        self._threads = threads
        self._member = member
        self._before: dict[Readable, Position] = {}
        self._marks: dict[LogId, int] = {}

    async def gather(self) -> None:
        """Returns when `welcome` has all that it needs, as of this step of the loop."""
        is_whole = False
        while not is_whole:
            if missing := self._missing():
                self._before |= await self._threads.read(self._look_up, missing)
            # Last: a mark that comes while something else is awaited is told by nobody else.
            self._marks = await self._committer.marks(self._member)
            is_whole = not self._missing()

    def welcome(self, login: Admitted) -> tuple[frames.Welcome, list[LogId]]:
        """In the same step as `gather` returned. With it, the logs that had no room in the frame: to be fed as if
        they became readable just now, so that nobody is shut out by being added to rooms."""
        hub = self._committer.hub
        readable = self._readable()
        logs = [self._head(hub, one) for one in readable[:LOGS_IN_WELCOME]]
        welcome = frames.Welcome(login.re, login.member, frames.Limits(), logs, login.room)
        return welcome, [one.log for one in readable[LOGS_IN_WELCOME:]]

    def _readable(self) -> list[Readable]:
        """People and staff first."""
        return sorted(self._committer.hub.readable(self._member), key=lambda one: one.kind in _CONVERSATIONS)

    def _missing(self) -> list[Readable]:
        return [one for one in self._readable() if one.from_seq > 1 and one not in self._before]

    def _look_up(self, missing: list[Readable]) -> dict[Readable, Position]:
        found: dict[Readable, Position] = {}
        for one in missing:
            at = self._threads.storage.position(one.log, one.from_seq - 1)
            if at is None:
                raise ValueError(f"a member reads {one.log} from beyond its head")
            found[one] = at
        return found

    def _head(self, hub: Hub, one: Readable) -> frames.LogHead:
        before = self._before.get(one) or Position(0, first_h(one.log), 0)
        at = hub.position(one.log)
        first = (one.from_seq, b64(before.h), before.row)
        mark = min(self._marks.get(one.log, 0), at.seq)
        return frames.LogHead(one.log, one.kind, first, at.seq, b64(at.h), at.row, mark)


def _bytes_of(field: str, text: str) -> bytes:
    try:
        return unb64(text)
    except ValueError:
        raise Refused(Code.BAD_VALUE, f"The {field} is not base64url.", field=field) from None


def _put(socket: Socket, frame: frames.Frame) -> None:
    socket.put(text_frame(codec.encode(frame)))
