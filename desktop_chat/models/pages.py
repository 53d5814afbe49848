"""The messages of one log that were read of late: pages of the local store, the least used goes first. No Qt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import chain

from chat_protocol.fold import Shown
from chat_protocol.ids import LogId, Ref
from desktop_chat.store.contract import ServerId, Store

PAGE = 64
"""Rows of one page: its reading is far below a millisecond."""
PAGES = 64
"""More rows than a screen, its surroundings and the layouts kept of them."""


class Pages:
    def __init__(self, store: Store, server: ServerId, log: LogId) -> None:
        self._store = store
        self._server = server
        self._log = log
        self._pages: OrderedDict[int, list[Shown]] = OrderedDict()
        self._rows: dict[Ref, int] = {}
        self._stale: set[int] = set()
        """Pages to be read again before anything of them is shown; where its messages stand is right all the same."""

    def get(self, row: int) -> Shown | None:
        """The message at a row that is held; None if it is not there."""
        number = (row - 1) // PAGE
        page = self._pages.get(number)
        if page is not None and (number in self._stale or row < page[0].row):
            self._drop(number)
            page = None
        if page is None:
            page = self._read([], number * PAGE, (number + 1) * PAGE)
            if not page:
                return None
            self._pages[number] = page
            if len(self._pages) > PAGES:
                self._drop(next(iter(self._pages)))
        else:
            self._pages.move_to_end(number)
            if row > page[-1].row:  # more is held by now
                self._read(page, page[-1].row, row)
        place = row - page[0].row
        return page[place] if 0 <= place < len(page) else None

    def row_of(self, ref: Ref) -> int | None:
        """Of a message that was read of late."""
        return self._rows.get(ref)

    def __iter__(self) -> Iterator[Shown]:
        """The messages read of late."""
        return chain.from_iterable(self._pages.values())

    def forget(self, rows: Iterable[int]) -> None:
        """These rows are other than they were: they are read again when they are asked for."""
        self._stale |= {(row - 1) // PAGE for row in rows} & self._pages.keys()

    def clear(self) -> None:
        self._pages.clear()
        self._rows.clear()
        self._stale.clear()

    def _read(self, page: list[Shown], above: int, last: int) -> list[Shown]:
        """Adds to a page what there is from under the row `above` up to `last`."""
        found = self._store.messages(self._server, self._log, before_row=last + 1, limit=last - above)
        new = [shown for shown in found if shown.row > above]
        page += new
        self._rows.update((shown.ref, shown.row) for shown in new)
        return page

    def _drop(self, number: int) -> None:
        self._stale.discard(number)
        for shown in self._pages.pop(number):
            self._rows.pop(shown.ref, None)
