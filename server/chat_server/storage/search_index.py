"""The text of messages as shown, searchable; behind the commit by as much as there was no time for."""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import Any

import apsw

from chat_protocol.erased_words import Place, sweep
from chat_protocol.events import decode_event
from chat_protocol.fold import fold_message, show
from chat_protocol.search_text import fold, index_stamp, match_expression

LOGS_NAMED = 256
"""To find the place of each in the index takes 0.1 ms."""
MATCHES = 20_000
"""So many are looked at for a search: 15 ms."""
LOOKED_AT = 2_000
"""Events by a step: those without a text cost little, but something."""


class SearchIndex:
    """Keeps `words` by the writer's connection; every call inside a transaction of the caller's.

    FTS5 holds no text here (schema.py), so what is taken out must be given to it as it went in: the message as
    shown after the event that the index stands at. That can be read from `events` until it is erased, by a program that
    folds the same and reads the same kinds: an index with another stamp is begun anew.
    """

    def __init__(self, writer: apsw.Connection) -> None:
        self._db = writer

    def step(self, events: int) -> bool:
        """Goes forward by up to `events` events that give or alter a text; whether more are waiting."""
        at = self._position()
        newest: int = self._db.execute("SELECT ifnull(max(id), 0) FROM events").get
        reach = min(at + LOOKED_AT, newest)
        rows: list[Any] = self._db.execute(
            "SELECT id, CASE WHEN target IS NULL THEN id ELSE"
            " (SELECT id FROM events AS message WHERE log = change.log AND seq = change.target) END"
            " FROM events AS change WHERE id > ? AND id <= ? AND (is_message OR rewords) ORDER BY id LIMIT ?",
            (at, reach, events),
        ).fetchall()
        until = rows[-1][0] if len(rows) == events else reach
        for message in {message for _, message in rows}:
            self._replace(message, self._text(message, at), self._text(message, until))
        if until > at:
            self._db.execute("UPDATE indexed SET event = ?", (until,))
        return until < newest

    def forget(self, message: int) -> None:
        """Takes the message with that `id` out of the index; to be called before it is erased. Its words are in none of
        the pages only after a `sweep`."""
        self._replace(message, self._text(message, self._position()), None)

    def sweep(self, after: Place, separators: int) -> Place | None:
        """As `erased_words.sweep`."""
        return sweep(self._db.execute, "words", after, separators)

    def _position(self) -> int:
        """The `id` of the last event that the index knows."""
        at, stamp = self._row("SELECT event, stamp FROM indexed")
        if stamp == index_stamp():
            return int(at)
        self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
        self._db.execute("UPDATE indexed SET event = 0, stamp = ?", (index_stamp(),))
        return 0

    def _replace(self, message: int, before: str | None, after: str | None) -> None:
        if before == after:
            return
        log = _word_of(self._row("SELECT log FROM events WHERE id = ?", message)[0])
        if before is not None:
            sql = "INSERT INTO words (words, rowid, text, log) VALUES ('delete', ?, ?, ?)"
            self._db.execute(sql, (message, before, log))
        if after is not None:
            self._db.execute("INSERT INTO words (rowid, text, log) VALUES (?, ?, ?)", (message, after, log))

    def _text(self, message: int, as_of: int) -> str | None:
        """What the message with that `id` shows after the event `as_of`, folded; None if that is no text."""
        if message > as_of:
            return None
        log, seq, encoded = self._row("SELECT log, seq, encoded FROM events WHERE id = ?", message)
        shown = show(decode_event(encoded))
        for (change,) in self._db.execute(
            "SELECT encoded FROM events WHERE log = ? AND target = ? AND rewords AND id <= ? ORDER BY id",
            (log, seq, as_of),
        ):
            shown = fold_message(shown, decode_event(change))
        return fold(shown.text) if shown.text else None

    def _row(self, sql: str, *values: int) -> Any:
        return self._db.execute(sql, values).fetchone()


def matches(reader: apsw.Connection, query: str, logs: Collection[int]) -> Generator[tuple[int, int], None, None]:
    """(number of the log, seq) of the newest `MATCHES` messages that hold `query`, newest first: of `logs` only if
    there are at most `LOGS_NAMED`, else of any log."""
    expression = match_expression(query)
    if expression is None or not logs:
        return
    expression = f"text : ({expression})"
    if len(logs) <= LOGS_NAMED:
        expression += f" AND log : ({' OR '.join(map(_word_of, logs))})"
    yield from reader.execute(
        "SELECT events.log, seq FROM words JOIN events ON id = words.rowid WHERE words MATCH ?"
        " ORDER BY words.rowid DESC LIMIT ?",
        (expression, MATCHES),
    )


def _word_of(log: int) -> str:
    return f"§{log}"
