"""The layouts of the rows that were shown of late: made when a row comes on screen, kept for some hundred rows."""

from __future__ import annotations

from collections import OrderedDict
from datetime import tzinfo

from msgspec.structs import replace

from chat_protocol.ids import Ref
from desktop_chat.models.messages import Messages
from desktop_chat.timeline.bubble import RowLayout, lay_out
from desktop_chat.timeline.content import decoration, describe
from desktop_chat.timeline.metrics import Metrics

LIMIT = 300


class Rows:
    """Of one conversation, in a column of `column` px."""

    def __init__(self, messages: Messages, metrics: Metrics, column: int, zone: tzinfo | None) -> None:
        self.messages = messages
        self.metrics = metrics
        self.column = column
        self.line = ""
        """Over what waits here: why it does."""
        self._zone = zone
        self._made: OrderedDict[int, RowLayout] = OrderedDict()
        self._in_full: set[Ref] = set()

    def __len__(self) -> int:
        return len(self._made)

    def layout(self, row: int) -> RowLayout | None:
        """None: the message is not here yet, and is asked for."""
        made = self._made.get(row)
        if made is not None:
            self._made.move_to_end(row)
            return made
        item = self.messages.item(row)
        if item is None:
            return None
        in_full = item.shown.ref in self._in_full
        content = describe(self.messages, row, item, self._zone, in_full=in_full, line=self.line)
        made = self._made[row] = lay_out(content, self.column, self.metrics)
        if len(self._made) > LIMIT:
            self._made.popitem(last=False)
        return made

    def show_in_full(self, row: int) -> None:
        made = self._made.pop(row, None)
        if made is not None:
            self._in_full.add(made.content.item.shown.ref)

    def forget(self, first: int, last: int) -> None:
        """These rows are other than before."""
        for row in [row for row in self._made if first <= row <= last]:
            del self._made[row]

    def join(self, row: int) -> None:
        """It is the same, beside other neighbours."""
        made = self._made.get(row)
        if made is None:
            return
        content = made.content
        now = decoration(self.messages, row, content.item, self._zone, self.line)
        if now._replace(last_of_run=content.decoration.last_of_run) != content.decoration:
            del self._made[row]
        elif now != content.decoration:  # the shape of its corners alone
            self._made[row] = replace(made, content=replace(content, decoration=now))

    def take_moved(self) -> dict[int, int]:
        """Where that stands now which waited at a row, of what stands at another; its layouts are forgotten."""
        waiting = {row: made.content.item.shown.ref for row, made in self._made.items() if made.content.item.is_waiting}
        moved = {row: now for row, ref in waiting.items() if (now := self.messages.row_of(ref)) not in (row, None)}
        for row in moved:
            del self._made[row]
        return moved

    def clear(self) -> None:
        self._made.clear()
