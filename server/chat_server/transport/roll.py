"""Who is connected: every member's devices, each at most once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chat_protocol import codec
from chat_protocol.errors import Code
from chat_protocol.ids import MemberId
from chat_server.transport.connection import Connection


class Roll:
    def __init__(self) -> None:
        self._members: dict[MemberId, dict[str, Connection]] = {}

    def __iter__(self) -> Iterator[Connection]:
        """Every connection, also one that is being replaced by this step."""
        for devices in self._members.values():
            yield from devices.values()

    def of(self, member: MemberId) -> list[Connection]:
        return list(self._members.get(member, {}).values())

    def add(self, connection: Connection) -> None:
        """Of two connections of one device the newer wins."""
        devices = self._members.setdefault(connection.member, {})
        older = devices.get(connection.device)
        if older is not None:
            older.end(codec.bye(Code.REPLACED, "This device has connected anew."))
        devices[connection.device] = connection

    def remove(self, connection: Connection) -> None:
        devices = self._members.get(connection.member, {})
        if devices.get(connection.device) is connection:
            del devices[connection.device]
            if not devices:
                del self._members[connection.member]

    def count(self, members: Iterable[MemberId]) -> int:
        """How many of `members` are connected."""
        return sum(member in self._members for member in members)
