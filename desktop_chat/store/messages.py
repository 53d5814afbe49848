"""The events of the copies: how they are written, and read as the messages that they make."""

# ruff: noqa: S608 - only names of columns and conditions of this package are put into SQL, never a value

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import apsw
from msgspec import UNSET, Raw, UnsetType

from chat_protocol.events import WORDLESS, Event
from chat_protocol.fold import Shown, fold_message, kinds_with_words, show, words_of
from chat_protocol.ids import Cid, MemberId, Ref
from desktop_chat.store.contract import Said, Standing
from desktop_chat.store.schema import MESSAGE, column

_EVENT = "seq, row, ts, by, cid, kind, target_by, target_cid, key, body"
_AT_ONCE = 1_000
"""Rows: a processor's cache holds them, so all that is done with them takes two thirds of the time."""
_TIED = 20
_MAX_TS = 2**42 - 1


class Events:
    """The table `event` over one connection, which also sets the transactions."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def insert(self, copy: int, events: Sequence[Event], hs: Sequence[bytes | None]) -> list[int]:
        """Adds `events` with the h at each. Returns the `n` of each; a state of the snapshot keeps the one it has."""
        insert = f"""INSERT INTO event (n, copy, {_EVENT}, h) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
                     ON CONFLICT (copy, seq) DO UPDATE SET h = excluded.h"""
        ns = []
        for event, h in zip(events, hs, strict=True):
            ns.append(self._place(event))  # free only until the next one is there
            self._connection.execute(insert, (ns[-1], copy, *_columns(event), h))
        return ns

    def raw(self, copy: int, after: int, limit: int = -1) -> list[Event]:
        """Events of the suffix from seq `after` + 1 on."""
        return self._events("copy = ? AND seq > ? AND h IS NOT NULL ORDER BY seq LIMIT ?", (copy, after, limit))

    def h(self, copy: int, seq: int) -> tuple[bytes, int] | None:
        """h and row at `seq` of the suffix."""
        found: tuple[bytes, int] | None = self._connection.execute(
            "SELECT h, row FROM event WHERE copy = ? AND seq = ? AND h IS NOT NULL", (copy, seq)
        ).get
        return found

    def state(self, copy: int) -> dict[str, Event]:
        return self._newest("key IS NOT NULL", (copy,))

    def values(self, copy: int, keys: Sequence[str]) -> dict[str, Event]:
        return self._newest(f"key IN ({', '.join('?' * len(keys))})", (copy, *keys))

    def _newest(self, where: str, bindings: tuple[Any, ...]) -> dict[str, Event]:
        """The newest event of each key."""
        newest = f"SELECT n, max(seq) FROM event WHERE copy = ? AND {where} GROUP BY key"
        return {str(event.key): event for event in self._events(f"n IN (SELECT n FROM ({newest}))", bindings)}

    def messages(self, copy: int, before_row: int, limit: int) -> list[Shown]:
        page = self._events(f"copy = ? AND row < ? AND {MESSAGE} ORDER BY row DESC LIMIT ?", (copy, before_row, limit))
        page.reverse()
        if not page:
            return []
        changes = {ref: list(of) for ref, of in groupby(self.changes(copy, page[0].row, page[-1].row), _target)}
        return [folded(event, changes.get(event.ref, ())) for event in page]

    def said(self, copy: int, first_row: int, last_row: int) -> list[Said]:
        """What the messages of these rows say. Only those that were changed in words are folded."""
        reworded = self._reworded(copy, first_row, last_row)
        found: list[Said] = []
        for kind in kinds_with_words():
            rows = self._connection.execute(
                f"""SELECT row, by, ts, body FROM event
                    WHERE copy = ? AND row BETWEEN ? AND ? AND {MESSAGE} AND kind = ? AND body IS NOT NULL
                    ORDER BY row""",
                (copy, first_row, last_row, kind),
            )
            while part := list(islice(rows, _AT_ONCE)):
                texts = words_of(kind, [body for _, _, _, body in part])
                if reworded:
                    texts = [reworded.get(row, text) for (row, _, _, _), text in zip(part, texts, strict=True)]
                found += [(row, by, ts, text) for (row, by, ts, _), text in zip(part, texts, strict=True) if text]
        found.sort(key=itemgetter(0))  # nearly nothing to do where they are of one kind
        return found

    def _reworded(self, copy: int, first_row: int, last_row: int) -> dict[int, str]:
        """By row, the text of those messages that were changed in words."""
        message, change = (", ".join(f"{of}.{name}" for name in _EVENT.split(", ")) for of in ("message", "change"))
        # From the changes to their messages, for there are far fewer of them.
        rows = self._connection.execute(
            f"""SELECT {message}, {change} FROM event AS change CROSS JOIN event AS message
                ON message.copy = change.copy AND message.cid = change.target_cid AND message.by = change.target_by
                AND message.target_cid IS NULL AND message.key IS NULL
                WHERE change.copy = ? AND change.target_cid IS NOT NULL
                AND change.kind NOT IN ({", ".join("?" * len(WORDLESS))}) AND message.row BETWEEN ? AND ?
                ORDER BY message.row, change.seq""",
            (copy, *WORDLESS, first_row, last_row),
        )
        width = _EVENT.count(",") + 1
        pairs = [(_event(row[:width]), _event(row[width:])) for row in rows]
        return {
            row: folded(of[0][0], (change for _, change in of)).text
            for row, of in ((row, list(of)) for row, of in groupby(pairs, lambda pair: pair[0].row))
        }

    def message(self, copy: int, ref: Ref) -> tuple[int, Shown] | None:
        """The message named `ref` with its `n`."""
        row: Sequence[Any] | None = self._connection.execute(
            f"SELECT n, {_EVENT} FROM event WHERE copy = ? AND cid = ? AND by = ? AND {MESSAGE} LIMIT 1",
            (copy, ref.cid, ref.member),
        ).get
        return None if row is None else (row[0], folded(_event(row[1:]), self.changes_of(copy, ref)))

    def standing(self, copy: int, above_row: int, member: MemberId, hidden: Collection[MemberId]) -> Standing:
        """Others' messages above a row. An erased body is a deleted message."""
        left_out = (member, *hidden)
        by = f"by NOT IN ({', '.join('?' * len(left_out))})"
        others = f"copy = ? AND row > ? AND {MESSAGE} AND {by} AND body IS NOT NULL"
        about = (copy, above_row, *left_out)
        count: int = self._connection.execute(f"SELECT count(*) FROM event WHERE {others}", about).get
        # Whom a message mentions stands in its body or in that of a change to it, as the id itself.
        named = member.encode()
        mentioning = self._connection.execute(
            f"SELECT by, cid FROM event WHERE {others} AND instr(body, ?)", (*about, named)
        )
        refs = {Ref(by, cid) for by, cid in mentioning}
        changing = self._connection.execute(
            """SELECT target_by, target_cid FROM event WHERE copy = ?1 AND target_cid IS NOT NULL AND instr(body, ?2)
               AND seq > coalesce((SELECT max(seq) FROM event WHERE copy = ?1 AND row = ?3), 0)""",
            (copy, named, above_row),
        )
        refs |= {Ref(by, cid) for by, cid in changing}
        shown = [message[1] for ref in refs if (message := self.message(copy, ref)) is not None]
        mentions = [one for one in shown if one.row > above_row and one.by not in left_out and member in one.mentions]
        return Standing(count, len(mentions))

    def targets(self, copy: int, first_row: int, last_row: int) -> set[Ref]:
        """The messages of these rows to which changes are held."""
        return {ref for change in self.changes(copy, first_row, last_row) if (ref := change.target) is not None}

    def changes_of(self, copy: int, ref: Ref) -> list[Event]:
        return self._events("copy = ? AND target_cid = ? AND target_by = ? ORDER BY seq", (copy, ref.cid, ref.member))

    def changes(self, copy: int, first_row: int, last_row: int) -> list[Event]:
        """Changes to the messages of these rows, those of one message together in order of seq."""
        columns = ", ".join(f"change.{name}" for name in _EVENT.split(", "))
        rows = self._connection.execute(
            f"""SELECT {columns} FROM
                (SELECT row, by, cid FROM event WHERE copy = ?1 AND row BETWEEN ?2 AND ?3 AND {MESSAGE}) AS message
                CROSS JOIN event AS change
                ON change.copy = ?1 AND change.target_cid = message.cid AND change.target_by = message.by
                ORDER BY message.row, change.seq""",
            (copy, first_row, last_row),
        )
        return [_event(row) for row in rows]

    def erase(self, copies: Iterable[int], ref: Ref) -> list[int]:
        """Takes what the message and its edits said out of every copy. Returns the `n` of the message in each."""
        erased: list[int] = []
        for copy in copies:
            self._connection.execute(
                f"""UPDATE event SET body = NULL WHERE copy = ? AND target_cid = ? AND target_by = ?
                   AND kind NOT IN ({", ".join("?" * len(WORDLESS))}) AND body IS NOT NULL""",
                (copy, ref.cid, ref.member, *WORDLESS),
            )
            erased += column(
                self._connection.execute(
                    f"UPDATE event SET body = NULL WHERE copy = ? AND cid = ? AND by = ? AND {MESSAGE} RETURNING n",
                    (copy, ref.cid, ref.member),
                )
            )
        return erased

    def move(self, copy: int, above: int, to: int) -> list[Event]:
        """Moves what is above seq `above` to another copy. Returns the changes among it."""
        moved = self._events("copy = ? AND seq > ? AND target_cid IS NOT NULL", (copy, above))
        self._connection.execute("UPDATE event SET copy = ? WHERE copy = ? AND seq > ?", (to, copy, above))
        return moved

    def remove(self, copy: int, limit: int) -> list[int]:
        """Removes up to `limit` events of a copy. Returns their `n`."""
        return column(
            self._connection.execute(
                "DELETE FROM event WHERE n IN (SELECT n FROM event WHERE copy = ? LIMIT ?) RETURNING n", (copy, limit)
            )
        )

    def _place(self, event: Event) -> int:
        """A free `n` in order of time: so the newest of many hits is found without sorting them.

        The server's ms, then the seq, which keeps one log in its order within a ms.
        """
        n = min(event.ts, _MAX_TS) << _TIED | event.seq & (1 << _TIED) - 1
        while self._connection.execute("SELECT 1 FROM event WHERE n = ?", (n,)).get:
            n += 1
        return n

    def _events(self, where: str, bindings: tuple[Any, ...]) -> list[Event]:
        return [_event(row) for row in self._connection.execute(f"SELECT {_EVENT} FROM event WHERE {where}", bindings)]


def folded(event: Event, changes: Iterable[Event]) -> Shown:
    """A message with its changes, which come in order of seq."""
    shown = show(event)
    for change in changes:
        shown = fold_message(shown, change)
    return shown


def _target(change: Event) -> Ref | None:
    return change.target


def _columns(event: Event) -> tuple[Any, ...]:
    by, cid = event.target or (None, None)
    body = None if isinstance(event.body, UnsetType) else bytes(event.body)
    return event.seq, event.row, event.ts, event.by, event.cid, event.kind, by, cid, event.key, body


def _event(row: Sequence[Any]) -> Event:
    seq, at, ts, by, cid, kind, target_by, target_cid, key, body = row
    target = None if target_cid is None else Ref(MemberId(target_by), Cid(target_cid))
    return Event(seq, at, ts, by, cid, kind, target, key, UNSET if body is None else Raw(body))
