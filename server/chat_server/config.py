"""What a server is told at its start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from chat_protocol.limits import DRAIN_S, LOGIN_S
from chat_server.hub.rates import Rate, Rates
from chat_server.transport.admission import Caps

FIRST_PORTS = range(47_000, 47_032)
"""A server takes the first of them that is free when it starts for the first time, and keeps it."""

FIRST_ROOM = "Lobby"

THIS_COMPUTER = "local"
EVERYWHERE = "all"


class BadConfiguration(Exception):
    """The server can't start like this. The text is one plain sentence."""


class Limits(NamedTuple):
    """How much one client may do (D6), and how many may be connected (D1)."""

    rates: Rates = Rates()
    requests: Rate = Rate(10, 40)
    """Of one connection: everything but `send`."""
    joins: Rate = Rate(5, 20)
    """Of one address: logins with an invite, and peeks."""
    caps: Caps = Caps()


class Patience(NamedTuple):
    """Seconds."""

    login_s: float = LOGIN_S
    drain_s: float = DRAIN_S
    """A reader that takes nothing for so long is closed."""
    linger_s: float = 60
    """How long a server whose starter died stays after the host's last connection."""
    stop_s: float = 2
    """How long connections have to close when the server stops."""


DEFAULT_LIMITS = Limits()
DEFAULT_PATIENCE = Patience()


@dataclass(frozen=True)
class Config:
    folder: Path
    bind: str = THIS_COMPUTER
    """`local`, `all`, or one IP address."""
    port: int | None = None
    """None: the one kept in the folder, at the first start the first free of `FIRST_PORTS`. 0: the same, but at the
    first start any free one."""
    names: tuple[str, ...] = ()
    """Further addresses (`host` or `host:port`) under which the server can be reached, for links and for `Host`."""
    name: str = "Desktop Chat"
    """For display, in the challenge."""
    room: str | None = None
    """The first room, made at the first start; None: `FIRST_ROOM`."""
    host_key: bytes | None = None
    """Raw Ed25519 identity of the host, at the first start; None: a one-use link makes the host."""
    limits: Limits = DEFAULT_LIMITS
    patience: Patience = DEFAULT_PATIENCE
    trace: bool = False
