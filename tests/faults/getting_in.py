"""A1: a one-use invite lets in one of a hundred at once. A6: logins made up at random let in nobody. A4: whoever
answers with another key gets not one byte. A2: logs hold no token, key or body, whatever is said to a server."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from chat_protocol import frames, limits
from chat_protocol.errors import Code
from chat_protocol.events import Revoke
from chat_protocol.ids import STAFF, b64, unb64
from chat_protocol.server_key import sign_login
from chat_server.hub.joining import invite_name
from chat_server.transport.tls import ServerIdentity
from desktop_chat.core.effects import Ending
from desktop_chat.core.sentences import ChatError, Trouble
from tests.faults.chatter import DISCONNECTED
from tests.faults.proxy import FaultProxy
from tests.faults.real_client import open_client
from tests.faults.result import Result
from tests.faults.workplace import House, Workplace
from tests.wire import GUARD_S, Key, Wire

AFTERWARDS = 5
"""How many try an invite that is used up, revoked or expired."""
WORKERS = 8

# --- A1 -----------------------------------------------------------------------------------------------------------


def joins(trials: int, seed: int) -> Result:
    """`trials` strangers redeem a one-use invite at the same moment."""
    return asyncio.run(_joins(trials, seed))


async def _joins(trials: int, seed: int) -> Result:
    started = time.monotonic()
    failures: list[str] = []
    async with Workplace(seed) as place:
        house = await place.found()
        async with await house.connect() as host:
            await host.login(house.host.on_another_device())
            one_use, revoked = await house.new_invite(host, uses=1), await house.new_invite(host)
            expired = await house.new_invite(host, days=0.2 / 86_400)
            sent = await host.append(STAFF, "revoke", Revoke(), key=f"invite:{invite_name(revoked)}")
            assert sent.err is None, sent
        outcomes = await _redeem(place, house, one_use, trials)
        let_in = outcomes["in"]
        if outcomes != Counter({"in": 1, Code.INVITE_USED_UP: trials - 1}):
            failures.append(f"{trials} joins at once by an invite for one: {dict(outcomes)}")
        await house.server.kill()
        await house.server.start()  # which takes longer than the expired one had
        for token, code in ((one_use, "used_up"), (revoked, "revoked"), (expired, "expired")):
            outcomes = await _redeem(place, house, token, AFTERWARDS)
            if outcomes != Counter({f"invite_{code}": AFTERWARDS}):
                failures.append(f"after a restart, by an invite that is {code}: {dict(outcomes)}")
    failures += place.findings
    what = (
        f"parallel joins by a one-use invite: {let_in} in; then {AFTERWARDS} tries each when used up, revoked, expired"
    )
    return Result("A1", what, trials, failures, seed, time.monotonic() - started)


async def _redeem(place: Workplace, house: House, token: bytes, count: int) -> Counter[str]:
    """How that many logins with `token`, sent in the same moment, were answered."""
    wires = [await house.connect(source=house.new_source()) for _ in range(count)]
    logins = [
        wire.login_frame(place.key(), invite=token, name=f"guest {b64(place.random.randbytes(6))}") for wire in wires
    ]
    for wire, login in zip(wires, logins, strict=True):
        await wire.write(login)
    answers = [await wire.answer(login.id) for wire, login in zip(wires, logins, strict=True)]
    for wire in wires:
        wire.abort()
    return Counter("in" if isinstance(one, frames.Welcome) else getattr(one, "code", "?") for one in answers)


# --- A6 -----------------------------------------------------------------------------------------------------------


def random_logins(trials: int, seed: int) -> Result:
    """`trials` logins with signatures, tokens and identities that are almost right, or not at all."""
    return asyncio.run(_random_logins(trials, seed))


async def _random_logins(trials: int, seed: int) -> Result:
    started = time.monotonic()
    outcomes: Counter[str] = Counter()
    async with Workplace(seed) as place:
        house = await place.found("--rate", "joins=100000/100000")  # not the limit is to refuse them
        forger = _Forger(place, house, await house.join("victim"))
        numbers = iter(range(trials))
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WORKERS):
                tasks.create_task(_try_to_log_in(house, forger, numbers, outcomes))
        async with await house.connect() as wire:
            await wire.login(forger.victim)  # and the right one still gets in, from the same address
    failures = [f"let in {count} times"] if (count := outcomes.pop("in", 0)) else []
    refused = sum(
        outcomes[code] for code in (Code.BAD_SIGNATURE, Code.NOT_A_MEMBER, Code.INVITE_UNKNOWN, Code.BAD_VALUE)
    )
    if refused != trials - count:
        failures.append(f"not all were refused for what they are: {dict(outcomes)}")
    what = "random logins; answers: " + ", ".join(f"{count:,} {code}" for code, count in outcomes.most_common())
    return Result("A6", what, trials, failures + place.findings, seed, time.monotonic() - started)


async def _try_to_log_in(house: House, forger: _Forger, numbers: Iterator[int], outcomes: Counter[str]) -> None:
    source = house.new_source()
    for _number in numbers:
        wire = await house.connect(source=source)
        try:
            await wire.write(forger.login(wire))
            while isinstance(frame := await wire.read(), frames.Signal):
                pass
            outcomes[
                "in" if isinstance(frame, frames.Welcome) else getattr(frame, "code", frame.__class__.__name__)
            ] += 1
        except DISCONNECTED:
            outcomes["cut"] += 1
        finally:
            wire.abort()
            await wire.socket.wait_closed()


class _Forger:
    """Knows everything but the private keys of others and the tokens."""

    def __init__(self, place: Workplace, house: House, victim: Key) -> None:
        self.victim = victim
        self._place = place
        self._fingerprint = house.server.fingerprint
        self._old: list[tuple[bytes, bytes]] = []
        """Devices and signatures of right logins over other nonces."""

    def login(self, wire: Wire) -> frames.Login:
        random = self._place.random
        nonce, mine = unb64(wire.challenge.nonce), Key.fresh()
        device = random.randbytes(16)
        public, invite, name = self.victim.public, None, None

        def signed(key: Key, **other: Any) -> bytes:
            said: dict[str, Any] = {
                "nonce": nonce,
                "server_fingerprint": self._fingerprint,
                "version": limits.VERSION,
                "device": device,
            }
            return sign_login(key.private, **(said | other))

        match random.randrange(9):
            case 0:
                signature = random.randbytes(64)
            case 1:  # an old one again
                signature = signed(self.victim, nonce=random.randbytes(32))
            case 2:  # relayed from another server
                signature = signed(self.victim, server_fingerprint=random.randbytes(32))
            case 3:
                signature = signed(self.victim, version=limits.VERSION + 1)
            case 4:  # made for another device
                signature = signed(self.victim)
                device = random.randbytes(16)
            case 5:  # by another key
                signature = signed(mine)
            case 6:  # one bit is wrong
                right = bytearray(signed(self.victim))
                right[random.randrange(64)] ^= 1 << random.randrange(8)
                signature = bytes(right)
            case 7:  # a right one, of nobody here
                public, signature = mine.public, signed(mine)
            case _:  # with a token that is guessed
                public, signature = mine.public, signed(mine)
                invite, name = b64(random.randbytes(16)), "guest"
        return frames.Login(wire.next_id(), b64(public), b64(device), b64(signature), invite, name)


# --- A4 -----------------------------------------------------------------------------------------------------------


def wrong_key(trials: int, seed: int) -> Result:
    """`trials` connections of a real client to somebody with another key, new and known servers in turn."""
    return asyncio.run(_wrong_key(trials, seed))


async def _wrong_key(trials: int, seed: int) -> Result:
    started = time.monotonic()
    failures: list[str] = []
    async with Workplace(seed) as place:
        house = await place.found()
        async with Impostor(place) as impostor:
            for number in range(trials):
                meet = _meet_as_a_stranger if number % 2 == 0 else _meet_as_a_member
                if (code := await meet(place, house, impostor, number)) is not Trouble.WRONG_SERVER_KEY:
                    failures.append(f"connection {number} ended with {code}")
        if impostor.connections < trials:
            failures.append(f"only {impostor.connections} connections reached the impostor")
        if impostor.heard:
            failures.append(f"the impostor read {impostor.heard} bytes")
    what = f"connections to another key: the impostor read {impostor.heard} bytes"
    return Result("A4", what, trials, failures + place.findings, seed, time.monotonic() - started)


class Impostor:
    """Answers TLS with a key of its own and counts what it is told."""

    def __init__(self, place: Workplace) -> None:
        self.heard = 0
        """Bytes behind the handshake."""
        self._context = ServerIdentity.load_or_create(place.folder).context()
        self._stack = contextlib.AsyncExitStack()
        self._proxy = FaultProxy(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        return self._proxy.port

    @property
    def connections(self) -> int:
        """How many began a handshake."""
        return sum(link.up.passed > 0 and link.down.passed > 0 for link in self._proxy.links)

    async def __aenter__(self) -> Impostor:
        server = await asyncio.start_server(self._listen, "127.0.0.1", 0, ssl=self._context)
        self._stack.callback(server.close)
        self._proxy.target = server.sockets[0].getsockname()[:2]
        await self._stack.enter_async_context(self._proxy)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                self.heard += len(data)
        writer.transport.abort()


async def _meet_as_a_stranger(place: Workplace, house: House, impostor: Impostor, number: int) -> object:
    """By an invite that is right, at an address where somebody else answers."""
    async with _Guest(place, number) as guest:
        try:
            await guest.client.join(house.link(impostor.port), f"guest {number}")
        except ChatError as error:
            return error.code
        return None


async def _meet_as_a_member(place: Workplace, house: House, impostor: Impostor, number: int) -> object:
    """A server that one is a member of: one day somebody else answers at its address."""
    async with _Guest(place, number) as guest:
        server = await guest.client.join(house.link(house.server.port), f"guest {number}")
        server.session.know(replace(server.session.known, addresses=(f"127.0.0.1:{impostor.port}",)))
        await server.driver.durable()
        server.driver.end(Ending(Trouble.LEFT))
        server.driver.wake()
        async with asyncio.timeout(GUARD_S):
            while (ending := await guest.endings.get()).code is Trouble.LEFT:
                pass
        return ending.code


class _Guest:
    """A real client over a new profile."""

    def __init__(self, place: Workplace, number: int) -> None:
        self._stack = contextlib.AsyncExitStack()
        self.client = open_client(self._stack, place.folder / f"guest {number}", lambda: 0.0)
        self.endings: asyncio.Queue[Ending] = asyncio.Queue()
        self.client.on_close = lambda _server, ending: self.endings.put_nowait(ending)

    async def __aenter__(self) -> _Guest:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
