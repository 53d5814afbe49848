"""The baseline of memory: asyncio's TLS with the small read buffer, and nothing above it.

The argument is the PEM file of a key and its certificate. Prints its port when it is ready; ends with its stdin.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys

from chat_server.transport.listener import use_small_tls_buffers


async def main() -> None:
    use_small_tls_buffers()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(sys.argv[1])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, ssl=context, backlog=4096)
    print(json.dumps({"event": "listening", "port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
