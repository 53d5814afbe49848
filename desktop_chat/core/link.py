"""What the driver asks of a connection; `connection.py` makes real ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol


class LinkLost(Exception):
    """The connection is gone."""


class Link(Protocol):
    """A connection to a server that holds the pinned key."""

    @property
    def heard_s(self) -> float:
        """When the server last said anything, pings included, on the loop's clock."""

    async def receive(self) -> bytes:
        """The next frame. Raises `LinkLost`."""

    async def send(self, frame: bytes) -> None:
        """Never waits for the reader. Raises `LinkLost`."""

    async def probe(self, within_s: float) -> bool:
        """Whether the server answers a ping in time."""

    async def close(self) -> None:
        """Says goodbye to a server that listens, and ends what does not."""

    def abort(self) -> None: ...


OpenLink = Callable[[Sequence[str], bytes], Awaitable[Link]]
"""Addresses (`host:port`) and the key's fingerprint; raises `ChatError`."""
