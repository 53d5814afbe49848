"""A2: whatever is said to a server, its logs hold no token, key or body. (Every other test here looks through the
logs of its servers too; this one puts secrets where they do not belong, with the trace switched on.)"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time

import msgspec
from msgspec import Raw

from chat_protocol import frames
from chat_protocol.events import Text
from chat_protocol.ids import b64
from tests.faults.chatter import DISCONNECTED
from tests.faults.result import Result
from tests.faults.workplace import House, Workplace
from tests.wire import Wire, entry

REQUESTS = (
    "GET /?t={} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /{} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "GET / HTTP/1.1\r\nAuthorization: Bearer {}\r\nbroken\r\n\r\n",
    "{} nonsense\r\n\r\n",
)


def run(trials: int, seed: int) -> Result:
    """`trials` secrets, each said in every place that a stranger and a member can say something in."""
    return asyncio.run(_run(trials, seed))


async def _run(trials: int, seed: int) -> Result:
    started = time.monotonic()
    async with Workplace(seed) as place:
        house = await place.found("--trace")
        member = await house.join("member")
        wire = await house.connect()
        await wire.login(member)
        for _ in range(trials):
            secret = place.token()
            for request in REQUESTS:
                await _say_by_http(house, request.format(b64(secret)))
            await _say_as_a_stranger(place, house, secret)
            wire = await _say_as_a_member(place, house, wire, secret)
        await wire.close()
        await house.server.stop()
        size = sum(path.stat().st_size for path in place.logs())
        failures = [] if size else ["there are no logs to look through"]
    failures += place.findings
    what = f"secrets said where they do not belong, at a server that traces: {size:,} bytes of logs looked through"
    return Result("A2", what, trials, failures, seed, time.monotonic() - started)


async def _say_by_http(house: House, request: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port, ssl=context, server_hostname="x")
    with contextlib.suppress(OSError):
        writer.write(request.encode())
        await reader.read()
    writer.transport.abort()


async def _say_as_a_stranger(place: Workplace, house: House, secret: bytes) -> None:
    """As a token that is none, as a device, as a name, in the place of a frame."""
    for changes in ({"invite": b64(secret)}, {"device": b64(secret)}, {"name": b64(secret)}, {"sig": b64(secret)}):
        async with await house.connect(source=house.new_source()) as wire:
            login = msgspec.structs.replace(wire.login_frame(place.key()), **changes)
            await wire.write(login)
            await wire.ended()
    for data in (b64(secret).encode(), b'{"op":"%b"}' % b64(secret).encode()):
        async with await house.connect() as wire:
            await wire.write_bytes(data)
            await wire.ended()


async def _say_as_a_member(place: Workplace, house: House, wire: Wire, secret: bytes) -> Wire:
    """In bodies, searches, keys, kinds and frames that can't be read; the connection to go on with."""
    text = place.text(b64(secret))
    right = entry(house.room, "text", Text(text))
    entries = [right, entry(house.room, b64(secret), Text(text)), entry(house.room, "topic", Text(text), key=text[:60])]
    raws = [Raw(msgspec.json.encode(one)) for one in entries]
    try:
        await wire.request(lambda re: frames.Send(re, raws))
        await wire.request(lambda re: frames.Search(re, text))
        for data in (b'{"op":"send","id":9,"batch":["%b"' % text.encode(), b'{"op":"%b","id":9}' % text.encode()):
            await wire.write_bytes(data)
        wire.socket.transport.write(b"\xff" + text.encode())  # no WebSocket frame: it is cut
        await wire.ended()
    except DISCONNECTED:
        pass
    wire.abort()
    wire = await house.connect()
    await wire.login(await house.join(f"member {place.random.getrandbits(32)}"))
    return wire
