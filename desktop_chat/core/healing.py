"""Where two histories of one log part: after a restore, a folder copied back, a fork.

Equal h means the same events in one order, so the positions that both ends share are a prefix of the log. Its end
is looked for from above, page by page, with the server's raw events against what is held here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from chat_protocol import frames
from chat_protocol.events import Event, EventClass
from chat_protocol.ids import Position
from desktop_chat.core.chain import Broken, page_of, positions
from desktop_chat.core.effects import Answer, Now
from desktop_chat.core.requests import Requests
from desktop_chat.store.contract import HeldLog, Store

_PAGE = 500


class Parting:
    """One search. `found` gets the newest position that both agree on, the one before everything held if there is
    none; `broken` gets what was wrong with an answer, None if it was a refusal. Neither is called when the connection
    ends first."""

    def __init__(
        self,
        held: HeldLog,
        store: Store,
        requests: Requests,
        found: Callable[[Position, Now], None],
        broken: Callable[[str | None, Now], None],
    ) -> None:
        self._held = held
        self._store = store
        self._requests = requests
        self._found = found
        self._broken = broken

    def search(self, head: Position | None, now: Now) -> None:
        """`head` is the server's, if known: after a restored backup that alone decides."""
        top = self._held.at.seq
        if head is not None and head.seq <= top:
            top = head.seq
            if self._agrees(head):
                self._found(head, now)
                return
        self._below(top + 1, now)

    def _below(self, before: int, now: Now) -> None:
        if before - 1 <= max(self._held.before.seq, self._held.floor - 1):
            self._found(self._held.before, now)
            return
        log = self._held.log

        def answered(answer: Answer, now: Now) -> None:
            if not isinstance(answer, frames.Ok):
                if answer is not None:
                    self._broken(None, now)
                return
            agreed = None
            try:
                start, events = page_of(answer)
                for there in positions(start, events):
                    if self._agrees(there):
                        agreed = there
                if there.seq >= before:
                    raise Broken("bad_page")
            except Broken as broken:
                self._broken(broken.code, now)
                return
            if agreed is not None:
                self._found(agreed, now)
            else:
                self._below(start.seq + 1, now)

        self._requests.ask(lambda re: frames.Page(re, log, _PAGE, before=before), answered, now)

    def _agrees(self, there: Position) -> bool:
        held = self._held
        if there.seq in (held.before.seq, held.at.seq):
            return there in (held.before, held.at)
        return there.seq > held.before.seq and self._store.position(held.server, held.log, there.seq) == there


def worth_sending(lost: Sequence[Event]) -> Iterator[Event]:
    """Of what the server lost, in order of seq: the messages and changes that make sense again. A message that was
    deleted does not come back, nor what was said about it; its deletion only where the server has the message."""
    gone = {event.target for event in lost if event.kind == "delete"}
    known = {event.ref for event in lost}
    for event in lost:
        about = event.target or event.ref
        is_worth_it = about not in gone or (event.kind == "delete" and about not in known)
        if is_worth_it and event.cls is not EventClass.STATE:
            yield event
