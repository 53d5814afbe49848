"""The settings of a desktop's portal, on a bus of a test: `portal_service.py ADDRESS [NAMESPACE KEY TYPE VALUE]…`.

Says `ready`; each line NAMESPACE KEY TYPE VALUE on stdin is a change. TYPE is a D-Bus type, VALUE JSON.
"""

from __future__ import annotations

import json
import os
import sys
import threading

from jeepney import (  # type: ignore[import-untyped]
    DBusAddress,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]

_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
_NAME = "org.freedesktop.portal.Desktop"
_SETTINGS = DBusAddress("/org/freedesktop/portal/desktop", _NAME, "org.freedesktop.portal.Settings")


def main(address: str, *words: str) -> None:
    settings = {words[n : n + 2]: (words[n + 2], json.loads(words[n + 3])) for n in range(0, len(words), 4)}
    with open_dbus_connection(address) as connection:
        connection.send_and_get_reply(new_method_call(_BUS, "RequestName", "su", (_NAME, 0)))
        threading.Thread(target=_tell, args=(connection,), daemon=True).start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            message = connection.receive()
            if message.header.message_type is not MessageType.method_call:
                continue
            if message.body in settings:
                # A variant in a variant, as `Read` has always answered.
                connection.send(new_method_return(message, "v", (("v", settings[message.body]),)))
            else:
                connection.send(new_error(message, "org.freedesktop.portal.Error.NotFound"))


def _tell(connection: object) -> None:
    for line in sys.stdin:
        namespace, key, kind, value = line.split()
        signal = new_signal(_SETTINGS, "SettingChanged", "ssv", (namespace, key, (kind, json.loads(value))))
        connection.send(signal)  # type: ignore[attr-defined]
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
