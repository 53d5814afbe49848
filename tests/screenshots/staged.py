"""A process of the project in which nothing differs from run to run: `python -m tests.screenshots.staged server|window
[arguments]`. Its wall clock stands at what the file named by SCREENSHOTS_CLOCK says, its random numbers are those of
SCREENSHOTS_SEED, and so are its keys.

The server listens on this computer only, whatever it is told. The window shows addresses of a network that does not
exist. It is driven as `tests.e2e.driven` says, and by these orders:

    {"do": "resize", "width": W, "height": H}
    {"do": "scheme", "name": "dark"}              the system is dark from now on, or "light"
    {"do": "point", "name": N, "x": X, "y": Y}    the mouse moves there in N
    {"do": "grab", "file": F}                     as there, with the menu or panel that lies over the window
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CLOCK, SEED, NAME = "SCREENSHOTS_CLOCK", "SCREENSHOTS_SEED", "SCREENSHOTS_NAME"
SERVER = (sys.executable, "-m", "tests.screenshots.staged", "server")
WINDOW = (sys.executable, "-m", "tests.screenshots.staged", "window")
_NETWORK = ("192.168.1.20",)
_EC_KEY_BYTES = 40
_STORAGE_BYTES = 1_200_000
"""It depends on the moment: the database tidies up when it has time."""
_NEXT_TRY_S = 24
_AT_ONCE_MS = 1
"""What goes by itself after a while goes at once: no picture depends on when it was taken."""


def _drawn_from(seed: str) -> Callable[[int], bytes]:
    """As `os.urandom`: a stream for each size, so that masks and nonces, however many, alter no key or id."""
    streams: dict[int, random.Random] = {}
    return lambda size: streams.setdefault(size, random.Random(f"{seed} {size}")).randbytes(size)


def stand_still(clock: Path, seed: str) -> None:
    """From now on, in this process. `clock` holds milliseconds since 1970."""
    urandom = _drawn_from(seed)
    of_connections = _drawn_from(f"{seed} of connections")  # as much as there are attempts to connect

    def generate(_cls: type[Ed25519PrivateKey]) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(urandom(32))

    def generate_ec(curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(urandom(_EC_KEY_BYTES)) % (1 << curve.key_size - 1), curve)

    stage: Any = os
    stage.urandom = urandom
    stage = secrets
    stage.token_bytes = of_connections
    stage = uuid
    stage.uuid4 = lambda: uuid.UUID(bytes=of_connections(16), version=4)
    stage = time
    stage.time_ns = lambda: int(clock.read_text("ascii")) * 1_000_000
    stage = Ed25519PrivateKey
    stage.generate = classmethod(generate)
    stage = ec
    stage.generate_private_key = generate_ec


class _Then(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.fromtimestamp(time.time_ns() / 1_000_000_000, tz or UTC)


def server() -> None:
    from chat_server import cli

    sys.argv = ["desktop-chat-server", *("local" if word == "all" else word for word in sys.argv[2:])]
    cli.main()


def window() -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtGui import QKeySequence, QPainter
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QAbstractScrollArea, QApplication

    from desktop_chat import app
    from desktop_chat.bridge import loop
    from desktop_chat.hosting.host import Host
    from desktop_chat.theme import scroll_bar
    from desktop_chat.timeline import view
    from desktop_chat.widgets import server_state
    from tests.e2e import driven

    class Driver(driven.Driver):
        async def _obey(self, order: dict[str, Any]) -> dict[str, Any]:
            match order:
                case {"do": "resize", "width": width, "height": height}:
                    self._top().resize(width, height)
                case {"do": "scheme", "name": name}:
                    scheme = Qt.ColorScheme.Dark if name == "dark" else Qt.ColorScheme.Light
                    self._app.styleHints().colorSchemeChanged.emit(scheme)
                case {"do": "point", "name": name, "x": x, "y": y}:
                    widget = self._found(name)
                    within = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
                    QTest.mouseMove(within, QPoint(x, y))
                case {"do": "key", "keys": keys} if (menu := self._app.activePopupWidget()) is not None:
                    QTest.keySequence(menu, QKeySequence(keys))
                case {"do": "grab", "file": file}:
                    popup, window = self._app.activePopupWidget(), self._found("main_window")
                    picture = window.grab()
                    if popup is not None:
                        with QPainter(picture) as painter:
                            painter.drawPixmap(popup.pos() - window.mapToGlobal(QPoint()), popup.grab())
                    return {"saved": picture.save(file)}
                case _:
                    return await super()._obey(order)
            return {}

    class StagedHost(Host):
        def storage_bytes(self) -> int:
            return _STORAGE_BYTES

    stage: Any = view
    stage.datetime = _Then
    stage._FLOATING_DATE_MS = _AT_ONCE_MS
    stage = scroll_bar
    stage._SEEN_FOR_MS = _AT_ONCE_MS
    stage = server_state
    stage.seconds_to_next_try = lambda _server: _NEXT_TRY_S
    stage = app
    stage.Host = partial(StagedHost, command=SERVER, hosts=lambda: _NETWORK)
    stage.own_name = lambda: os.environ[NAME]
    run = loop.run

    def run_without_blinking(application: QApplication, *rest: Any) -> Any:
        application.setCursorFlashTime(0)
        return run(application, *rest)

    stage = loop
    stage.run = run_without_blinking
    stage = driven
    stage.Driver = Driver
    sys.argv = ["desktop-chat", *sys.argv[2:]]
    driven.main()


if __name__ == "__main__":
    stand_still(Path(os.environ[CLOCK]), os.environ[SEED])
    {"server": server, "window": window}[sys.argv[1]]()
