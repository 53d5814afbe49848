"""The baseline: the smallest broadcast server on `websockets`. No JSON, no login, no TLS, no disk.

The path names the room. Prints its port when it is ready; ends with its stdin. With the argument FILE each message is
written over the first page of that file and flushed before it is sent on: the least that *durable before anybody sees*
*it* costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve

PAGE_BYTES = 4096

rooms: dict[str, set[ServerConnection]] = {}


async def handler(connection: ServerConnection) -> None:
    assert connection.request is not None
    members = rooms.setdefault(connection.request.path, set())
    members.add(connection)
    try:
        async for message in connection:
            if page is not None:
                os.pwrite(page, str(message).encode().ljust(PAGE_BYTES), 0)
                os.fdatasync(page)
            broadcast(members, message)
    finally:
        members.discard(connection)


async def main() -> None:
    async with serve(handler, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=4096) as server:
        print(json.dumps({"event": "listening", "port": server.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


page = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT) if len(sys.argv) > 1 else None

if __name__ == "__main__":
    asyncio.run(main())
