"""People and rooms as rows of a list, and how they are found by typing. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace


class Entry(Struct, frozen=True):
    """A row. Where conversations stand among people, `is_room` says whose avatar is square."""

    id: str
    """A `MemberId`, or whatever else names the row to who made it."""
    name: str
    key: bytes
    """For the avatar."""
    tag: str = ""
    """At the right end: a role."""
    beside: str = ""
    """After the name, quieter: "you", the server's name for a contact."""
    is_here: bool = False
    is_away: bool = False
    """It is known that this one is not here. Neither: there is nothing to say of it."""
    is_room: bool = False
    unread: int = 0
    muted: bool = False
    marked: tuple[int, int] = (0, 0)
    """The part of the name that was looked for: from where to where."""
    marked_beside: tuple[int, int] = (0, 0)
    """That of `beside`, where the name does not hold it."""


def narrowed(entries: Sequence[Entry], query: str, *, anywhere: bool = True) -> list[Entry]:
    """Those whose name, or a word of it, begins with `query`, accents and case aside, with the place `marked`; in a
    name without spaces any character begins a word. Beginnings of names come first. With `anywhere` those follow that
    hold it elsewhere in the name, and then those that hold it `beside` the name."""
    wanted = _folded(query)[0]
    found: list[tuple[int, Entry]] = []
    for entry in entries:
        rank, marked = _place(entry.name, wanted)
        if rank < (_NOWHERE if anywhere else _WITHIN):
            found.append((rank, replace(entry, marked=marked)))
        elif anywhere:
            rank, marked = _place(entry.beside, wanted)
            if rank < _NOWHERE:
                found.append((_NOWHERE, replace(entry, marked_beside=marked)))
    return [entry for _rank, entry in sorted(found, key=lambda one: one[0])]


_FIRST, _WORD, _WITHIN, _NOWHERE = range(4)


def _place(text: str, wanted: str) -> tuple[int, tuple[int, int]]:
    """Where `text` holds the folded `wanted`, the best of its places; how good it is, before."""
    folded, origin = _folded(text)
    starts = _word_starts(folded)
    at = next((at for at in starts if folded.startswith(wanted, at)), folded.find(wanted))
    if at < 0:
        return _NOWHERE, (0, 0)
    rank = _FIRST if at == 0 else _WORD if at in starts else _WITHIN
    return rank, (origin[at], origin[at + len(wanted) - 1] + 1) if wanted else (0, 0)


def _folded(text: str) -> tuple[str, list[int]]:
    """Without case and accents; and for each of its characters which one of `text` it came from."""
    folded, origin = [], []
    for place, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", character).casefold():
            if not unicodedata.combining(part):
                folded.append(part)
                origin.append(place)
    return "".join(folded), origin


def _word_starts(name: str) -> list[int]:
    return [at for at in range(len(name)) if at == 0 or not name[at - 1].isalnum() or not name[at].isascii()]
