"""The values that a timeline shows. Plain: no Qt."""

from __future__ import annotations

from typing import NamedTuple

from chat_protocol.errors import Code
from chat_protocol.fold import Shown
from chat_protocol.ids import MemberId
from desktop_chat.store.contract import Delivery


class Item(NamedTuple):
    """One row: a message as shown, with what this device still has to say about it already applied."""

    shown: Shown
    """Of a message that waits here: `row` is where it stands now, `seq` is 0, `ts` its writer's clock."""
    delivery: Delivery | None = None
    """Where the message is; None: it is in the log."""
    code: Code | None = None
    """Why the message, or the newest change to it that was written here, is refused."""
    place: int | None = None
    """Of the outbox row that `delivery`, else `change` is about (`Server.retry` wants it)."""
    change: Delivery | None = None
    """Where an own change to it (edit, deletion, reaction) is, a refused one rather than the newest; None: there is
    none under way. A refused one is not applied to `shown`."""
    read_by: tuple[MemberId, ...] = ()
    """Of an own message: who let this person know that they have read it."""

    @property
    def is_waiting(self) -> bool:
        """In the block under the last row of the log."""
        return self.delivery is not None


Line = tuple[int, str, int, str]
"""A message for copying as text: its row, what its author is called, its ts and its text."""
