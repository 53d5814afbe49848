"""What this device keeps for itself, by name: drafts, favourites, mutes, what a person notes about contacts."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chat_protocol.ids import LogId, MemberId
from desktop_chat.core.client import Client
from desktop_chat.core.marks import hidden_key
from desktop_chat.core.sentences import ChatError
from desktop_chat.store.contract import ServerId

_NOTHING = object()
YES = "yes"
"""The value of what is only there or not there."""


def draft_key(server: ServerId, log: LogId) -> str:
    return f"draft:{server}:{log}"


def favourite_key(server: ServerId, log: LogId) -> str:
    return f"favourite:{server}:{log}"


def muted_key(server: ServerId, log: LogId) -> str:
    return f"muted:{server}:{log}"


def folded_key(server: ServerId | None) -> str:
    """Of a group of the list whose conversations are folded away; None: the favourites."""
    return f"folded:{server or 'favourites'}"


def contact_key(member: MemberId, fact: str) -> str:
    """`fact` is one of `name`, `note`, `favourite`, `blocked`."""
    return f"contact:{member}:{fact}"


class Kept(QObject):
    """All that is kept, read once. There is one of it: the client tells it alone of what is kept from now on. A value
    counts from when it is kept on, even if the disk is full: then whoever owns this calls `keep_again` now and then."""

    changed = Signal(str)
    """The key that has another value now."""
    delayed = Signal()
    """Something could not be stored: it is `unstored`."""

    def __init__(self, client: Client, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._values = client.store.kept()
        self.unstored: dict[str, str | None] = {}
        """What is kept here only, until it is stored."""
        client.on_kept = self._on_kept

    def get(self, key: str) -> str | None:
        return self._values.get(key)

    def under(self, prefix: str) -> dict[str, str]:
        """By key, everything under keys that begin with `prefix`."""
        return {key: value for key, value in self._values.items() if key.startswith(prefix)}

    async def keep(self, key: str, value: str | None) -> None:
        """As `Client.keep`, and does nothing when that is the value already."""
        if key in self.unstored or self._values.get(key) != value:
            self.unstored[key] = value
            self._take(key, value)
            await self._store(key, value)

    async def keep_again(self) -> None:
        """Stores what could not be. Raises `ChatError`: it still can't."""
        for key, value in list(self.unstored.items()):
            await self._store(key, value)

    async def _store(self, key: str, value: str | None) -> None:
        try:
            await self._client.keep(key, value)
        except ChatError:
            self.delayed.emit()
            raise
        if self.unstored.get(key, _NOTHING) == value:
            del self.unstored[key]

    def _on_kept(self, key: str, value: str | None) -> None:
        if key not in self.unstored:  # else there is a newer one
            self._take(key, value)

    def _take(self, key: str, value: str | None) -> None:
        if self._values.get(key) == value:
            return
        if value is None:
            del self._values[key]
        else:
            self._values[key] = value
        self.changed.emit(key)

    # --- by name ----------------------------------------------------------------------------------------------

    def draft(self, server: ServerId, log: LogId) -> str:
        return self.get(draft_key(server, log)) or ""

    def is_favourite(self, server: ServerId, log: LogId) -> bool:
        return self.get(favourite_key(server, log)) is not None

    def is_muted(self, server: ServerId, log: LogId) -> bool:
        return self.get(muted_key(server, log)) is not None

    def hides(self, kind: str) -> bool:
        """Neither shown to others nor seen of them: `read` how far somebody has read, `present` that they are here."""
        return self.get(hidden_key(kind)) is not None

    def own_name(self, member: MemberId) -> str:
        return self.get(contact_key(member, "name")) or ""

    def is_blocked(self, member: MemberId) -> bool:
        return self.get(contact_key(member, "blocked")) is not None

    def blocked(self) -> set[MemberId]:
        contacts = (key.split(":") for key in self.under("contact:"))
        return {MemberId(member) for _, member, fact in contacts if fact == "blocked"}
