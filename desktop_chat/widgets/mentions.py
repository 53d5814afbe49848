"""Who is meant by an @ in a text: what is being typed, and who was named when it is sent. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from chat_protocol.ids import MemberId
from chat_protocol.limits import MENTIONS
from desktop_chat.widgets.entries import Entry

# Not inside an e-mail address; but right after a Chinese character, where no space is written.
_BEGINNING = r"(?<![A-Za-z0-9._%+-])@"
_TYPING = re.compile(_BEGINNING + r"([^\n@]{0,60})\Z")
_LATIN_GOES_ON = r"(?![A-Za-z0-9_])"


def typed_query(before_cursor: str) -> str | None:
    """What follows the last @ of the text before the cursor; None if no name is being typed there."""
    found = _TYPING.search(before_cursor)
    return None if found is None else found[1]


def named_in(text: str, people: Sequence[Entry]) -> list[MemberId]:
    """The members that `text` names with an @, in order of their place in it; the longest name counts. The first word
    of a name is enough where nobody else begins with it."""
    by_name = {person.name.casefold(): MemberId(person.id) for person in people if person.name}
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
