"""The services that keep a computer awake, on a bus of a test: `inhibiting_service.py ADDRESS login1|screensaver`.

Tells on stdout, a line each: `ready`; `held` and the arguments; `released`.
"""

from __future__ import annotations

import os
import sys
import threading

from jeepney import (  # type: ignore[import-untyped]
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    new_error,
    new_method_call,
)
from jeepney import new_method_return as answer_to
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]

_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
_NAMES = {"login1": "org.freedesktop.login1", "screensaver": "org.freedesktop.ScreenSaver"}
_COOKIE = 4711


def main(address: str, kind: str) -> None:
    with open_dbus_connection(address, enable_fds=True) as connection:
        connection.send_and_get_reply(new_method_call(_BUS, "RequestName", "su", (_NAMES[kind], 0)))
        _say("ready")
        while True:
            message = connection.receive()
            if message.header.message_type is not MessageType.method_call:
                continue
            ours, theirs = os.pipe()
            answer = _login1(message, theirs) if kind == "login1" else _screensaver(message)
            if not message.header.flags & MessageFlag.no_reply_expected:
                connection.send(answer)
            os.close(theirs)
            if kind == "login1":
                threading.Thread(target=_wait_for_release, args=(ours,)).start()
            else:
                os.close(ours)


def _login1(message: Message, theirs: int) -> Message:
    if message.header.fields[HeaderFields.member] != "Inhibit":
        return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")
    _say("held", *message.body)
    return answer_to(message, "h", (theirs,))


def _wait_for_release(ours: int) -> None:
    os.read(ours, 1)  # until the last copy of the other end is closed
    _say("released")


def _screensaver(message: Message) -> Message:
    if message.header.fields[HeaderFields.member] == "Inhibit":
        _say("held", *message.body)
        return answer_to(message, "u", (_COOKIE,))
    if message.body == (_COOKIE,):
        _say("released")
    return answer_to(message)


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
