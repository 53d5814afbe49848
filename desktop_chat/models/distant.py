"""Rows far from what is held of a log: a few windows that the server fills, opened where one looks. No Qt."""

from __future__ import annotations

from collections.abc import Iterator

from chat_protocol.errors import Retry
from chat_protocol.fold import Shown
from chat_protocol.ids import LogId, Ref
from desktop_chat.core.server import Server
from desktop_chat.core.windows import Window

OPEN = 4
"""Windows at once."""
PENDING = 2
"""Questions at once: who drags the scroll bar passes thousands of rows, and means only the last."""
REACH = 40
"""Rows on each side of one that was asked for which are surely in its window."""


class Distant:
    def __init__(self, server: Server, log: LogId) -> None:
        self._server = server
        self._log = log
        self._asked: dict[int, int | Ref | None] = {}
        """By number, what each open window was opened for; the one used last stands last."""
        self._wish: int | None = None

    def get(self, row: int) -> Shown | None:
        for window in reversed(self._open()):
            first = window.messages[0].row if window.messages else row + 1
            if 0 <= row - first < len(window.messages):
                self._asked[window.number] = self._asked.pop(window.number)
                return window.messages[row - first]
        return None

    def __iter__(self) -> Iterator[Shown]:
        """What the windows show."""
        return (shown for window in self._open() for shown in window.messages)

    def ask(self, about: int | Ref) -> None:
        """Opens a window around a row or a message, unless one is on its way or too many are: then the newest wish is
        remembered."""
        windows = self._open()
        for window in windows:
            asked = self._asked[window.number]
            if asked == about or (isinstance(asked, int) and isinstance(about, int) and abs(asked - about) <= REACH):
                return
        if isinstance(about, int) and sum(map(_is_pending, windows)) >= PENDING:
            self._wish = about
            return
        self._asked[self._server.window(self._log, about)] = about
        while len(self._asked) > OPEN:
            self._close(next(iter(self._asked)))

    def changed(self, number: int) -> Window | None:
        """A window was filled, changed or refused; None if it is not of this log or there is nothing in it."""
        asked = self._asked.get(number)
        window = self._server.session.windows.open.get(number)
        if asked is None or window is None:
            return None
        if window.failed is not None and window.failed.retry in (Retry.LATER, Retry.REAUTH):
            self._close(number)  # asked again when somebody looks there again
        wish, self._wish = self._wish, None
        if wish is not None and self.get(wish) is None:
            self.ask(wish)
        return window

    def about(self, number: int) -> int | Ref | None:
        """What a window of this log was opened for; None if it is none of it, or that was settled."""
        return self._asked.get(number)

    def settle(self, number: int) -> None:
        """Whoever looked for a message with this window was told."""
        if number in self._asked:
            self._asked[number] = None

    def close(self) -> None:
        """Closes all windows."""
        self._wish = None
        for number in list(self._asked):
            self._close(number)

    def _close(self, number: int) -> None:
        del self._asked[number]
        self._server.session.windows.close(number)

    def _open(self) -> list[Window]:
        """Those of the present session: a full disk replaces it, and all windows with it."""
        windows = self._server.session.windows.open
        for number in [number for number in self._asked if number not in windows]:
            del self._asked[number]
        return [windows[number] for number in self._asked]


def _is_pending(window: Window) -> bool:
    return window.as_of is None and window.failed is None
