"""Who is meant by an @ in a text: what is offered while it is typed, and who was named when it is sent. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from chat_protocol.ids import MemberId
from chat_protocol.limits import MENTIONS

OFFERED = 8
"""So many people are offered at most."""

# Not inside an e-mail address; but right after a Chinese character, where no space is written.
_BEGINNING = r"(?<![A-Za-z0-9._%+-])@"
_TYPING = re.compile(_BEGINNING + r"([^\n@]{0,60})\Z")
_LATIN_GOES_ON = r"(?![A-Za-z0-9_])"


class Person(NamedTuple):
    """Who can be named: a member of the room."""

    member: MemberId
    name: str
    key: bytes
    """For the avatar."""
    detail: str = ""
    """What stands beside the name: a role."""


class Offer(NamedTuple):
    person: Person
    start: int
    """Where in the name the typed text was found, in characters."""
    end: int


def typed_query(before_cursor: str) -> str | None:
    """What follows the last @ of the text before the cursor; None if no name is being typed there."""
    found = _TYPING.search(before_cursor)
    return None if found is None else found[1]


def offers(people: Sequence[Person], query: str) -> list[Offer]:
    """People whose name, or a word of it, begins with `query` (accents and case aside); in a name without spaces any
    character begins a word. Beginnings of names come first."""
    wanted = _folded(query)[0]
    found: list[tuple[bool, int, Offer]] = []
    for place, person in enumerate(people):
        name, origin = _folded(person.name)
        at = next((at for at in _word_starts(name) if name.startswith(wanted, at)), None)
        if at is not None:
            end = origin[at + len(wanted) - 1] + 1 if wanted else 0
            found.append((at > 0, place, Offer(person, origin[at] if wanted else 0, end)))
    found.sort(key=lambda one: one[:2])
    return [offer for _late, _place, offer in found[:OFFERED]]


def named_in(text: str, people: Sequence[Person]) -> list[MemberId]:
    """The members that `text` names with an @, in order of their place in it; the longest name counts. The first word
    of a name is enough where nobody else begins with it."""
    by_name = {person.name.casefold(): person.member for person in people if person.name}
    firsts = Counter(person.name.casefold().split(" ")[0] for person in people)
    for name, member in list(by_name.items()):
        first = name.split(" ")[0]
        if firsts[first] == 1:
            by_name.setdefault(first, member)
    if not by_name:
        return []
    names = "|".join(re.escape(name) for name in sorted(by_name, key=len, reverse=True))
    found = re.finditer(f"{_BEGINNING}({names}){_LATIN_GOES_ON}", text.casefold())
    return list(dict.fromkeys(by_name[one[1]] for one in found))[:MENTIONS]


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
