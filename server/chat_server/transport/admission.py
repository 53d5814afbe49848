"""Who of those who connect may stay, decided without I/O (promise D1).

A stranger costs the server a socket, a TLS object and memory before it has shown anything. So strangers are few,
fewer still from one address, and over a cap the newest stranger of the address that has most of them goes first:
a flood pushes itself out, and a member from elsewhere still gets in.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

CUT_AT_ONCE = 64
"""How many connections may be cut and not yet closed. They still hold their sockets until the loop gets to them."""

_MAPPED_IPV4 = bytes(10) + b"\xff\xff"


@dataclass(frozen=True)
class Caps:
    """How many connections there may be; those logged in are bounded by `total` alone."""

    total: int = 2_000
    strangers: int = 256
    strangers_per_address: int = 16

    def within(self, sockets: int) -> Caps:
        """These caps for a process that can have only so many sockets open."""
        return Caps(min(self.total, sockets), self.strangers, self.strangers_per_address)


class Admission:
    """Counts connections by key (the socket's descriptor) and says which one has to go."""

    def __init__(self, caps: Caps) -> None:
        self.caps = caps
        self._strangers: dict[bytes, list[int]] = {}
        """Address → keys in order of arrival; the addresses stand in the order in which their waiting began."""
        self._address: dict[int, bytes] = {}
        """The address of each stranger."""
        self._members: set[int] = set()
        self._cut: set[int] = set()

    def __len__(self) -> int:
        """How many connections are open, those among them that were cut and are not closed yet."""
        return len(self._address) + len(self._members) + len(self._cut)

    @property
    def strangers(self) -> int:
        """How many are not logged in."""
        return len(self._address)

    def arrived(self, key: int, address: bytes) -> int | None:
        """Counts a new connection from `address` (of `address_of`) and returns the key of the one that has to go.

        That may be the new one: then it is not counted, and the caller closes it at once. Another one stays counted
        as cut until `left`; the caller cuts it off. None: nobody has to go.
        """
        waiting = self._strangers.setdefault(address, [])
        waiting.append(key)
        self._address[key] = address
        if len(waiting) > self.caps.strangers_per_address or len(self._cut) >= CUT_AT_ONCE:
            victim = key
        elif len(self._address) > self.caps.strangers or len(self) - len(self._cut) > self.caps.total:
            # With equal counts the address that waits longest goes: were it the newest, as many addresses as there
            # are places could keep everybody out for good.
            most = max(self._strangers, key=lambda one: len(self._strangers[one]))
            victim = self._strangers[most][-1]
        else:
            return None
        self._forget_stranger(victim)
        if victim != key:
            self._cut.add(victim)
        return victim

    def authenticated(self, key: int) -> bool:
        """`key` has logged in: no cap on strangers concerns it any more. False if it was cut or is closed."""
        if key in self._members:
            return True
        if key not in self._address:
            return False
        self._forget_stranger(key)
        self._members.add(key)
        return True

    def left(self, key: int) -> bool:
        """The connection `key` is closed; whether it went without having logged in."""
        if key in self._members:
            self._members.remove(key)
            return False
        if key in self._address:
            self._forget_stranger(key)
        self._cut.discard(key)
        return True

    def _forget_stranger(self, key: int) -> None:
        address = self._address.pop(key)
        waiting = self._strangers[address]
        waiting.remove(key)
        if not waiting:
            del self._strangers[address]


def address_of(host: str) -> bytes:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 address (one subscriber's network)."""
    if ":" not in host:
        return socket.inet_pton(socket.AF_INET, host)
    packed = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    return packed[12:] if packed.startswith(_MAPPED_IPV4) else packed[:8]
