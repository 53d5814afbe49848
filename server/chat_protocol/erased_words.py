"""Takes words that are in no text any more out of an FTS5 index, where `secure-delete` leaves them.

WORKAROUND for SQLite up to 3.54: `secure-delete` takes a word out of the pages that say where it stands. But in the
tree above them (`%_idx`, one row for each page) two pages go on being parted by that word, or by its beginning: in full
where a merge went on with a segment that an earlier step had begun. Any word between those on the pages parts them as
well: the next one that is still there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

_MAIN = b"0"
"""Before each word: of the index that holds whole words (fts5_index.c, FTS5_MAIN_PREFIX)."""


class Place(NamedTuple):
    """In the tree: where a sweep has come to."""

    segment: int
    separator: bytes


START = Place(0, b"")


def words_of(table: str) -> str:
    """SQL that makes the temporary table of the words of the index `table`, which `sweep` reads."""
    return f"CREATE VIRTUAL TABLE temp.{table}_words USING fts5vocab(main, {table}, 'instance')"


def sweep(execute: Callable[..., Iterable[Any]], table: str, after: Place, separators: int) -> Place | None:
    """Looks at up to so many `separators` behind `after`; where to go on, None when that were all. A sweep from `START`
    on takes out whatever was deleted before it began.

    `execute` is that of a connection to SQLite with `words_of` the table, inside a transaction of the caller's. `table`
    is made without the option `prefix`.
    """
    idx, words = f"{table}_idx", f"{table}_words"  # names of the caller's tables, never a value
    behind = f"SELECT segid, term FROM {idx} WHERE (segid, term) > (?, ?) ORDER BY segid, term LIMIT ?"  # noqa: S608
    rows = [Place(*row) for row in execute(behind, (*after, separators))]
    for place in rows:
        beginning = place.separator.removeprefix(_MAIN)
        found = list(execute(f"SELECT term FROM {words} WHERE term >= CAST(? AS TEXT) LIMIT 1", (beginning,)))  # noqa: S608
        following = found[0][0].encode() if found else None
        if not beginning or (following or b"").startswith(beginning):
            continue
        if following is not None:  # unless it parts others already: then the page is one that a merge has left behind
            change = f"UPDATE OR IGNORE {idx} SET term = ? WHERE segid = ? AND term = ?"  # noqa: S608
            execute(change, (_MAIN + following, *place))
        execute(f"DELETE FROM {idx} WHERE segid = ? AND term = ?", place)  # noqa: S608
    return rows[-1] if len(rows) == separators else None
