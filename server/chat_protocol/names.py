"""Display names: what a person may be called, and which two names are too alike to stand side by side (C7).

A name is 1 to 32 extended grapheme clusters (UAX #29), so one Chinese character is a name and a family emoji counts
once. Both ends use these functions; the server's word is final.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import count

import regex  # type: ignore[import-untyped]

from chat_protocol import reserved_names

NAME_CLUSTERS = 32
NAME_BYTES = 256
"""Of the UTF-8 of a name: 32 characters of any script fit, 32 family emoji don't."""

_CLUSTER_BYTES = 64
"""The longest emoji in use has 35; without a bound one cluster is as long as its writer likes."""
_INPUT_CHARACTERS = 1024
"""NFKC makes up to 18 characters out of one; more than this is not worth the work."""

_CLUSTER = regex.compile(r"\X")
_INVISIBLE_WITH_A_USE = regex.compile(
    r"(?<=\p{Emoji})[\uFE0E\uFE0F]"  # text or emoji style
    r"|(?<=\p{ExtPict}[\uFE0F\U0001F3FB-\U0001F3FF]?)\u200D(?=\p{ExtPict})"  # joined emoji
    r"|(?<=\p{ccc=9}\p{M}*)[\u200C\u200D]"  # after a virama, as in Sinhala and Hindi (RFC 5892 appendix A)
    r"|(?<=\p{Arabic}\p{M}*)\u200C(?=\p{Arabic})"  # between letters, as in Persian
)
_REFUSED = regex.compile(
    r"[\p{C}\p{DI}\u2800\uFFFC\uFFFD]"  # control, format, private, unassigned, invisible, blank, broken
    r"|(?:^|\s)\p{M}"  # a mark without a letter
    r"|[\p{Mn}\p{Me}]{6}"  # a pile of marks
)
_IGNORABLE = regex.compile(r"\p{DI}+")
_MARKS = regex.compile(r"\p{M}+")
_WORD = regex.compile(r"[\p{L}\p{N}]+")
_LAST_NUMBER = regex.compile(r" *\d+$")
_LATIN = regex.compile(r"\p{Latin}")


class NameProblem(StrEnum):
    """Why a name can't be had, whoever asks for it."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    """It holds a control, bidi, format, invisible or unassigned character, or marks without a letter."""
    NOT_ALLOWED = "not_allowed"
    """It reads like a role: host, admin, system and the like."""


_SENTENCES = {
    NameProblem.EMPTY: "A name needs at least one visible character.",
    NameProblem.TOO_LONG: f"A name has at most {NAME_CLUSTERS} characters.",
    NameProblem.CHARACTERS: "This name holds a character that can't be shown safely.",
    NameProblem.NOT_ALLOWED: "This name could be taken for a role, such as host or admin.",
}


class NameRefused(ValueError):
    """An expected refusal; `str()` of it is one plain English sentence, which doesn't repeat the name."""

    def __init__(self, reason: NameProblem, word: str = "") -> None:
        super().__init__(_SENTENCES[reason])
        self.reason = reason
        self.word = word
        """The reserved one that it holds or looks like, if that is the reason."""


def why_refused(text: str) -> NameRefused | None:
    """Why nobody can be called so; None: somebody can."""
    try:
        clean_name(text)
    except NameRefused as refused:
        return refused
    return None


def clean_name(text: str) -> str:
    """The name that `text` means: in NFKC, without white space around it, with single spaces inside.

    A cleaned name stays as it is when cleaned again. Joiners and variation selectors are kept only where a script or
    an emoji needs them. Raises `NameRefused`.
    """
    if len(text) > _INPUT_CHARACTERS:
        raise NameRefused(NameProblem.TOO_LONG)
    typed = text.replace("\u00b4", "'")  # an acute accent typed as an apostrophe; NFKC makes a space and a mark of it
    name = " ".join(unicodedata.normalize("NFKC", typed).split())
    if not name:
        raise NameRefused(NameProblem.EMPTY)
    if hides_something(name):
        raise NameRefused(NameProblem.CHARACTERS)
    if not _fits(name):
        raise NameRefused(NameProblem.TOO_LONG)
    if word := _role_in(name):
        raise NameRefused(NameProblem.NOT_ALLOWED, word)
    return name


def hides_something(text: str) -> bool:
    """Whether `text`, one line, holds what can't be seen or changes how what stands beside it is shown: a control,
    bidi, invisible or unassigned character, or marks without a letter."""
    return _REFUSED.search(_INVISIBLE_WITH_A_USE.sub("", text)) is not None


def skeleton(name: str) -> str:
    """What `name` looks like, without regard to case: names with equal skeletons must not stand on one server.

    A key for comparing, never shown: "Ana", "ana" and the Cyrillic "Аnа" have one. It follows the skeleton of UTS #39
    section 4 over the table of `tables/make_confusables.py`; marks count ("Aná" is another name).

    The Greek letters Ν, Υ, Β look like one Latin letter as capitals and like another as small ones. Beside Latin
    letters and in a name of capitals each counts as it looks; in any other name case is folded first, so that Νίκος
    and νίκος are one name.
    """
    text = _IGNORABLE.sub("", unicodedata.normalize("NFKD", name))
    if not (text.isupper() or _LATIN.search(text)):
        text = text.casefold()
    return unicodedata.normalize("NFKD", text.translate(_confusables()).casefold())


def free_variant(name: str, taken: Callable[[str], bool]) -> str:
    """`name` itself or, while that is taken, the same name with the first free number: "Ana 2", "Ana 3" …

    `name` is a cleaned one, and so is the result; it is cut to make room for the number. `taken` tells whether a name
    can't be had (compare skeletons) and must be false for all but finitely many names.
    """
    if not taken(name):
        return name
    base = _LAST_NUMBER.sub("", name) or name
    variants = (_numbered(base, number) for number in count(2))
    return next(variant for variant in variants if not taken(variant) and not _role_in(variant))


def _numbered(base: str, number: int) -> str:
    suffix = f" {number}"
    clusters = _clusters(base)[: NAME_CLUSTERS - len(suffix)]
    while not _fits(name := "".join(clusters).rstrip() + suffix):
        clusters.pop()
    return name


def _fits(name: str) -> bool:
    clusters = _clusters(name)
    sizes = [len(cluster.encode()) for cluster in clusters]
    return len(clusters) <= NAME_CLUSTERS and sum(sizes) <= NAME_BYTES and max(sizes) <= _CLUSTER_BYTES


def _clusters(text: str) -> list[str]:
    clusters: list[str] = _CLUSTER.findall(text)
    return clusters


def _role_in(name: str) -> str:
    """The reserved word that `name` reads like; empty: none."""
    words, anywhere = _reserved()
    for text in (name, _LAST_NUMBER.sub("", name)):
        seen = _WORD.findall(_plain_skeleton(text))
        whole = "".join(seen)
        for one in (whole, *seen):
            if one in words:
                return words[one]
        for one, word in anywhere.items():
            if one in whole:
                return word
    return ""


@cache
def _reserved() -> tuple[dict[str, str], dict[str, str]]:
    """By what they look like."""
    return (
        {_plain_skeleton(word): word for word in reserved_names.WORDS},
        {_plain_skeleton(word): word for word in reserved_names.ANYWHERE},
    )


def _plain_skeleton(text: str) -> str:
    plain: str = _MARKS.sub("", skeleton(text))
    return plain


@cache
def _confusables() -> dict[int, str]:
    lines = (files("chat_protocol") / "tables" / "confusables.tsv").read_text(encoding="utf-8").split("\n")
    return {ord(c): reading for reading, _, like in (line.rpartition("\t") for line in lines[1:]) for c in like}
