"""Makes `confusables.tsv`, the table behind `chat_protocol.names.skeleton`, from Unicode's `confusables.txt`.

    python make_confusables.py path/to/confusables.txt > confusables.tsv

The source belongs to UTS #39 (Unicode Security Mechanisms). Debian carries it in the source package of ICU, as
`source/data/unidata/confusables.txt` (ICU 72 has Unicode 15.0.0, from which the table here was made, with the
character data of Python 3.11).

UTS #39 says what looks like what, but keeps case apart. A name must be unique without regard to case too, and one
key per name can only hold if "looks like" and "differs in case" are joined into one relation. Joined without care it
makes N and V one letter (by the Greek Ν, small ν). So letters are joined in three steps, and a step that would make
one out of two ASCII letters is left out:

1. what looks like ASCII letters with what it looks like, and the small capitals of Latin (ᴀ) with their letters,
   which UTS #39 keeps apart;
2. small letters with capitals;
3. what has no reading yet with what it looks like.

Only I, l, 1 and i are joined on purpose. Left out in step 2 are a few letters that look like one ASCII letter as a
capital and like another as a small one, of those in use Ν/ν, Υ/υ and Β/β; the table keeps both readings.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_VERSION_LINE = "# Version:"


def read_source(lines: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The version that the lines of `confusables.txt` name, and the prototype of each character.

    Raises `ValueError` when they name no version.
    """
    version, prototypes = "", {}
    for line in lines:
        text = line.removeprefix("\ufeff").strip()
        if text.startswith(_VERSION_LINE):
            version = text.removeprefix(_VERSION_LINE).strip()
        elif text and not text.startswith("#"):
            source, target, _ = text.split(";", 2)
            prototypes[_characters(source)] = _characters(target)
    if not version:
        raise ValueError("not a confusables.txt: it names no version")
    return version, prototypes


def readings(prototypes: dict[str, str]) -> dict[str, str]:
    """What each character is read as in a skeleton, case folded; those that folding alone does are left out.

    Keys are single characters that NFKD leaves alone, as no others are left when the table is used. Values are read
    as themselves, so one pass over a text is enough.
    """
    seen_as = {c: _lower(_follow(c, prototypes)) for c in prototypes if unicodedata.normalize("NFKD", c) == c}
    letters = [c for c in map(chr, range(sys.maxunicode + 1)) if _has_case(c)]
    groups = _Groups({c: _lower(_follow(_lower(c), prototypes)) for c in map(chr, range(128))})
    for c, seen in seen_as.items():
        if seen.isascii():
            groups.read_as(c, groups.spell(seen))
    for letter in "abcdefghijklmnopqrstuvwxyz":
        with suppress(KeyError):  # there is none of x
            groups.read_as(unicodedata.lookup(f"LATIN LETTER SMALL CAPITAL {letter}"), groups.spell(letter))
    for c in letters:
        groups.join(c, _lower(c))
    for c in sorted(seen_as, key=lambda c: (_has_case(c), c)):  # small letters lead: capitals are with them by now
        if groups.reading(c) is None:
            if len(seen_as[c]) == 1:
                groups.join(c, seen_as[c])
            else:
                groups.read_as(c, seen_as[c])
    return {c: spelt for c in groups.members() if (spelt := groups.spell(c)) != c.casefold()}


class _Groups:
    """Disjoint sets of characters, each with what it is read as, if that is known; two ASCII readings never join."""

    def __init__(self, ascii_readings: dict[str, str]) -> None:
        self._parent: dict[str, str] = {}
        self._reading = ascii_readings

    def reading(self, c: str) -> str | None:
        return self._reading.get(self._top(c))

    def read_as(self, c: str, reading: str) -> None:
        self._reading.setdefault(self._top(c), reading)

    def join(self, a: str, b: str) -> None:
        top, below = sorted((self._top(a), self._top(b)))
        known = {reading for c in (top, below) if (reading := self.reading(c)) is not None}
        if top == below or len(known) == 2:
            return
        self._parent[below] = top
        self._reading.update((top, reading) for reading in known)

    def spell(self, text: str) -> str:
        """`text` as it is read, down to characters that are read as themselves, in NFKD."""
        while (step := "".join(self.reading(c) or self._top(c) for c in text)) != text:
            text = step
        return unicodedata.normalize("NFKD", _lower(text))

    def members(self) -> list[str]:
        return sorted({*self._parent, *self._parent.values(), *self._reading})

    def _top(self, c: str) -> str:
        while (above := self._parent.get(c, c)) != c:
            c = above
        return c


def _lower(text: str) -> str:
    """Case folded, and I with l: UTS #39 reads the capital I, the digit 1 and | as l, so i has to follow."""
    return text.casefold().replace("i", "l")


def _has_case(c: str) -> bool:
    """Whether `c` is a letter that NFKD leaves alone, with one small letter of its own."""
    small = c.casefold()
    is_letter = unicodedata.category(c)[0] == "L" and unicodedata.normalize("NFKD", c) == c
    return is_letter and len(small) == 1 and small != c


def _follow(text: str, prototypes: dict[str, str]) -> str:
    while (step := "".join(prototypes.get(c, c) for c in unicodedata.normalize("NFKD", text))) != text:
        text = step
    return text


def _characters(code_points: str) -> str:
    return "".join(chr(int(point, 16)) for point in code_points.split())


def write(version: str, table: dict[str, str]) -> str:
    """The file: lines of `reading TAB every character read so`, by the last TAB, for one reading holds a TAB."""
    sources: dict[str, str] = {}
    for c, reading in sorted(table.items()):
        sources[reading] = sources.get(reading, "") + c
    head = f"# Unicode {version} confusables, modified: by make_confusables.py. Licence: see LICENCES.md.\n"
    return head + "".join(f"{reading}\t{characters}\n" for reading, characters in sorted(sources.items()))


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as source_file:
        source_version, source_prototypes = read_source(source_file)
    sys.stdout.buffer.write(write(source_version, readings(source_prototypes)).encode())
