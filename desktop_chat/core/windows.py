"""Pages of a log that are shown without being kept: the newest one while catching up, a jump to an old message.

A window is the server's folded view as of a seq, kept current by folding only events above that. Events that come
between the question and its answer are remembered, so none is missed and none is folded twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chat_protocol import frames
from chat_protocol.events import Event, EventClass
from chat_protocol.fold import Shown, fold_message, show
from chat_protocol.ids import LogId, Ref
from desktop_chat.core.effects import Answer, Effects, Now, WindowChanged
from desktop_chat.core.requests import Requests


class Window(msgspec.Struct):
    """`messages` in order of row, without a gap. `failed` says why there are none."""

    number: int
    log: LogId
    limit: int
    around: Ref | int | None = None
    """A message, a row, or None: the newest."""
    as_of: int | None = None
    """None until the server answered."""
    messages: list[Shown] = []
    failed: frames.Err | None = None
    asked: object = None
    """The newest question; the answer to an older one is of no use."""
    _since: list[Event] = []
    _places: dict[Ref, int] = {}

    def ask(self) -> object:
        """Forgets what is shown as of; only events from now on count beside the answer. A mark of this question."""
        self.as_of = None
        self._since.clear()
        self.asked = object()
        return self.asked

    def fail(self, why: frames.Err) -> None:
        self.failed = why
        self.asked = None
        self.messages.clear()  # of a history that may be no more

    def fill(self, as_of: int, messages: Sequence[Shown]) -> None:
        self.as_of = as_of
        self.asked = None
        self.messages = list(messages)
        self.failed = None
        self._places = {shown.ref: place for place, shown in enumerate(self.messages)}
        since, self._since = self._since, []
        self.fold(since)

    def fold(self, events: Sequence[Event]) -> list[Shown]:
        """Lets `events` of the log, in order, change what is shown; returns the messages that changed."""
        if self.as_of is None:
            if self.asked is not None:
                self._since += events
            return []
        changed: dict[int, Shown] = {}
        for event in events:
            if event.seq <= self.as_of:
                continue
            self.as_of = event.seq
            if event.target is not None:
                place = self._places.get(event.target)
                if place is not None:
                    changed[place] = self.messages[place] = fold_message(self.messages[place], event)
            elif event.cls is EventClass.MESSAGE and self._follows(event):
                place = self._places[event.ref] = len(self.messages)
                self.messages.append(show(event))
                changed[place] = self.messages[place]
        return list(changed.values())

    def _follows(self, event: Event) -> bool:
        if self.messages:
            return event.row == self.messages[-1].row + 1
        return self.around is None  # nothing was said yet: the next message is the newest page


class Windows:
    def __init__(self, requests: Requests, out: Effects) -> None:
        self.open: dict[int, Window] = {}
        self._requests = requests
        self._out = out
        self._next = 1

    def show(self, log: LogId, around: Ref | int | None, limit: int, now: Now) -> int:
        """Opens a window; its number. It is filled when the server answers, over however many connections."""
        window = Window(self._next, log, limit, around)
        self._next += 1
        self.open[window.number] = window
        if self._requests.logged_in:
            self._ask(window, now)
        return window.number

    def close(self, number: int) -> None:
        self.open.pop(number, None)

    def online(self, now: Now) -> None:
        """Asks anew: the server may have been set back to before what a window shows."""
        for window in self.open.values():
            self._ask(window, now)

    def log_extended(self, log: LogId, events: Sequence[Event]) -> None:
        for window in self.open.values():
            if window.log == log and (changed := window.fold(events)):
                self._out.notices.append(WindowChanged(window.number, changed))

    def log_held(self, log: LogId, now: Now) -> None:
        """A log is held anew: what lies between a window and the snapshot won't come as events."""
        for window in self.open.values():
            if window.log == log:
                self._ask(window, now)

    def log_closed(self, log: LogId) -> None:
        for number in [window.number for window in self.open.values() if window.log == log]:
            self.close(number)

    def _ask(self, window: Window, now: Now) -> None:
        request = window.ask()

        def answered(answer: Answer, _now: Now) -> None:
            if window.number not in self.open or window.asked is not request or answer is None:
                return
            if isinstance(answer, frames.Ok):
                window.fill(answer.as_of or 0, answer.messages or [])
            else:
                window.fail(answer)
            self._out.notices.append(WindowChanged(window.number, list(window.messages)))

        row = window.around if isinstance(window.around, int) else None
        ref = window.around if isinstance(window.around, Ref) else None
        self._requests.ask(
            lambda re: frames.Page(re, window.log, window.limit, around_row=row, around=ref), answered, now
        )
