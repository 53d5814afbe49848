"""The index of texts as shown. Each entry also says in which copy and on which server, as words of its own column."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import apsw

from chat_protocol.erased_words import Place, sweep
from chat_protocol.ids import LogId, Ref
from chat_protocol.search_text import fold, index_stamp, match_expression
from desktop_chat.store.contract import ServerId
from desktop_chat.store.schema import column


class SearchIndex:
    """The table `found` over one connection, which also sets the transactions. Entries are named by `event.n`."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.dropped = True
        """Since a sweep began: it is to begin anew. Set to False by whoever begins it."""

    def add(self, scope: str, texts: Iterable[tuple[int, str]]) -> None:
        """Entries that are not there yet."""
        self._connection.executemany(
            "INSERT INTO found (rowid, scope, text) VALUES (?, ?, ?)", [(n, scope, fold(text)) for n, text in texts]
        )

    def merge(self, pages: int) -> bool:
        """Writes about so many pages of 4 KB of the index anew, fewer segments of it than before; whether there was
        anything to do. Each commit with texts leaves a segment, and a search looks into all of them."""
        before = self._connection.total_changes()
        self._connection.execute("INSERT INTO found (found, rank) VALUES ('merge', ?)", (pages,))
        return self._connection.total_changes() - before > 1  # https://sqlite.org/fts5.html#the_merge_command

    def change(self, scope: str, n: int, text: str) -> None:
        """The entry as it is now, whether it was there or not; without a text there is none."""
        folded = fold(text) or None
        if self._connection.execute("SELECT text FROM found WHERE rowid = ?", (n,)).get != folded:
            self.drop([n])
            if folded is not None:
                self._connection.execute("INSERT INTO found (rowid, scope, text) VALUES (?, ?, ?)", (n, scope, folded))

    def drop(self, ns: Iterable[int]) -> None:
        """Takes entries out; their words are out of the file only after a sweep."""
        self._connection.executemany("DELETE FROM found WHERE rowid = ?", [(n,) for n in ns])
        self._connection.execute("UPDATE indexed SET swept = 0 WHERE swept")
        self.dropped = True

    def is_swept(self) -> bool:
        """Whether nothing was dropped since the last sweep that came to its end."""
        return bool(self._connection.execute("SELECT swept FROM indexed").get)

    def sweep(self, after: Place, separators: int) -> Place | None:
        """As `erased_words.sweep`."""
        reached = sweep(self._connection.execute, "found", after, separators)
        if reached is None:
            self._connection.execute("UPDATE indexed SET swept = 1")
        return reached

    def made_up_to(self) -> int | None:
        """The last `n` whose entry is as this program makes it; None: all are."""
        stamp, n = self._connection.execute("SELECT stamp, n FROM indexed").get
        return n if stamp == index_stamp() else -1

    def set_made_up_to(self, n: int | None) -> None:
        self._connection.execute("UPDATE indexed SET stamp = ?, n = ?", (index_stamp(), n))

    def find(
        self, query: str, server: ServerId | None, log: LogId | None, limit: int
    ) -> list[tuple[ServerId, LogId, int, Ref]]:
        """The newest messages of held copies whose text holds `query`: server, log, copy and name of each."""
        expression = match_expression(query)
        if expression is None:
            return []
        if log is not None:
            held = self._connection.execute("SELECT n FROM copy WHERE fate = 'held' AND log = ?", (log,))
            words = [copy_word(n) for n in column(held)]
        else:
            words = [] if server is None else [server_word(server)]
        # The words only save reading other logs' hits: what is true stands in the tables.
        within = f"scope : ({' OR '.join(words)}) AND " if words else ""
        rows = self._connection.execute(
            """SELECT copy.server, copy.log, copy.n, by, cid FROM found
               CROSS JOIN event ON event.n = found.rowid CROSS JOIN copy ON copy.n = event.copy
               WHERE found MATCH ?1 AND fate = 'held' AND (?2 IS NULL OR copy.server = ?2)
               AND (?3 IS NULL OR copy.log = ?3) ORDER BY found.rowid DESC LIMIT ?4""",
            (f"{within}text : ({expression})", server, log, limit),
        )
        return [(of, in_, copy, Ref(by, cid)) for of, in_, copy, by, cid in rows]


def server_word(server: ServerId) -> str:
    return f"s{crc32(server.encode()):08x}"


def copy_word(n: int) -> str:
    return f"c{n}"
