"""An echo bot: says again what others say. Run it as `python echo_bot.py INVITE`; stop it with Ctrl+C."""

import asyncio
import sys

from chat_protocol.fold import Shown
from chat_protocol.ids import LogId
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Ending
from desktop_chat.core.sentences import ChatError
from desktop_chat.core.server import Server


async def on_message(server: Server, log: LogId, message: Shown) -> None:
    if message.by != server.me and message.reply is None:  # two bots that answer answers would never stop
        await server.send_text(log, message.text, reply=message.ref)


def on_error(_server: Server | None, error: BaseException) -> None:
    print("error:", error)


def on_close(_server: Server, ending: Ending) -> None:
    print("closed:", ending.code, "for good" if ending.is_final else "trying again")


async def main(invite: str) -> None:
    async with await Client.open("echo-bot") as client:
        client.on_message, client.on_error, client.on_close = on_message, on_error, on_close
        await client.join(invite, name="Echo")
        print("listening")
        await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python echo_bot.py INVITE")
    try:
        asyncio.run(main(sys.argv[1]))
    except KeyboardInterrupt:
        print("stopped")
    except ChatError as error:  # could not get in
        sys.exit(str(error))
