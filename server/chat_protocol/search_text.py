"""Text search that finds words of every script, whoever holds the text: one folding for index, query and marking.

The index is an FTS5 table with the tokenizer `unicode61` over `fold(text)`; a query goes in as
`match_expression(query)`, and `spans` says where a text holds it. `unicode61` alone takes a run of Chinese for one
word; with a space around each character of the scripts that write without spaces, a phrase finds it inside any run.
The same text works in PostgreSQL's `simple` configuration.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from chat_protocol.fold import kinds_read
from chat_protocol.limits import SEARCH_QUERY

_FOLDING = 1
"""To be raised whenever `fold` changes."""

QUERY_PHRASES = 16
"""What a query has beyond these, or beyond `limits.SEARCH_QUERY` characters, is left out."""
PREFIX_CHARACTERS = 2
"""The word being typed finds its continuations from this length on; a single letter would find half the index."""

# Scripts that write without spaces between words (Korean has them, but joins endings to words), as blocks.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao; Myanmar; Khmer
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"  # Hangul
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u303c\u3041-\u31ff"  # radicals, marks, kana, bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff"  # kana, Han
)
# NFKC would turn these into conjoining letters, which run together with their neighbours: ㅋㅏ into 카.
_LONE_HANGUL_LETTER = re.compile("[\u3131-\u318e\uffa0-\uffdc]")
_PHRASE = re.compile(r'["“”„]([^"“”„]*)["“”„]?|([^\s"“”„]+)')


class _Phrase(NamedTuple):
    """Tokens that must stand in a row; with `open_end` the last one may go on."""

    tokens: list[str]
    open_end: bool


class _Token(NamedTuple):
    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """`text` as it is indexed: NFKC, case folded, without accents, with a space around each unspaced character.

    Kana keep their voicing marks (が is not か) and Hangul its syllables. Other than in ASCII, which is only lowered,
    nothing is left but words and single spaces; so no lone surrogate either, and any text can go to a database.
    """
    if text.isascii():
        return text.lower()
    return " ".join(_token().findall(_plain(text)))


def index_stamp() -> str:
    """What an index of messages as shown depends on: the folding, and which kinds have a text or change one. An
    index with another stamp is to be made anew, else what an older program kept unread is never found."""
    return " ".join([str(_FOLDING), unicodedata.unidata_version, *kinds_read()])


def match_expression(query: str) -> str | None:
    """The FTS5 expression for what a person typed; None when nothing in it can be searched for.

    All words must be found, in any order; words in quotes, and characters of an unspaced script that stand together,
    in a row. The last word finds its continuations too. Whatever is typed, the expression is a valid one: it consists
    of quoted strings and `*`.
    """
    phrases = _phrases(query)
    if not phrases:
        return None
    # Tokens hold no quotation mark, so nothing can end the quoted strings.
    return " ".join(f'"{" ".join(phrase.tokens)}"{"*" if phrase.open_end else ""}' for phrase in phrases)


def spans(text: str, query: str) -> list[tuple[int, int]]:
    """Where `text` holds what `query` finds: (start, end) in `text`, rising, not touching one another.

    Empty exactly when a text indexed by `fold` would not be found by `match_expression(query)`: so it also tells
    whether a text matches. A word found by its beginning is marked as a whole.
    """
    tokens = list(_tokens(text))
    found: list[tuple[int, int]] = []
    for phrase in _phrases(query):
        places = [
            (tokens[at].start, tokens[at + len(phrase.tokens) - 1].end)
            for at in range(len(tokens) - len(phrase.tokens) + 1)
            if _stands_at(tokens, at, phrase)
        ]
        if not places:
            return []
        found += places
    return _merged(found)


def _phrases(query: str) -> list[_Phrase]:
    typed = [(m[1] if m[2] is None else m[2], m[2] is not None) for m in _PHRASE.finditer(query[:SEARCH_QUERY])]
    phrases = []
    for text, may_be_open in typed:
        tokens = _token().findall(fold(text))
        if tokens:
            last = tokens[-1]
            is_open = may_be_open and len(last) >= PREFIX_CHARACTERS and not _is_unspaced(last)
            phrases.append(_Phrase(tokens, is_open))
    kept = phrases[:QUERY_PHRASES]
    return [phrase._replace(open_end=phrase.open_end and phrase is kept[-1]) for phrase in kept]


def _stands_at(tokens: list[_Token], at: int, phrase: _Phrase) -> bool:
    *whole, last = phrase.tokens
    if any(tokens[at + i].text != word for i, word in enumerate(whole)):
        return False
    seen = tokens[at + len(whole)].text
    return seen.startswith(last) if phrase.open_end else seen == last


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    text = _LONE_HANGUL_LETTER.sub(r" \g<0> ", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    marks, invisible = _ignored()
    # A soft hyphen, itself invisible, keeps NFC from joining the Hangul letters on both sides of a mark.
    text = marks.sub("\u00ad", unicodedata.normalize("NFD", text))
    plain: str = invisible.sub("", unicodedata.normalize("NFC", text))
    return plain


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens of `fold(text)` with the place in `text` that each comes from."""
    if text.isascii():
        yield from (_Token(m[0], m.start(), m.end()) for m in _token().finditer(text.lower()))
        return
    word: _Token | None = None  # the last one, which the next cluster may continue
    for cluster in _cluster().finditer(text):
        tokens, continues, open_end = _cluster_tokens(cluster[0])
        for i, token in enumerate(tokens):
            if word and continues and i == 0:
                word = _Token(word.text + token, word.start, cluster.end())
            else:
                if word:
                    yield word
                word = _Token(token, cluster.start(), cluster.end())
        if word and not open_end:
            yield word
            word = None
    if word:
        yield word


@lru_cache(4096)
def _cluster_tokens(cluster: str) -> tuple[list[str], bool, bool]:
    """Its tokens; whether the first continues a word before it; whether a word may go on behind it."""
    plain = _plain(cluster)
    found = list(_token().finditer(plain))
    if not found:
        return [], False, not plain  # invisible: goes unnoticed inside a word
    first, last = found[0], found[-1]
    continues = first.start() == 0 and not _is_unspaced(first[0])
    return [m[0] for m in found], continues, last.end() == len(plain) and not _is_unspaced(last[0])


def _is_unspaced(token: str) -> bool:
    return _unspaced().match(token) is not None


# These patterns are made when they are needed: they take 4 ms, which a start of the client doesn't have.


@cache
def _token() -> re.Pattern[str]:
    """A word, or one character of those scripts: what unicode61 takes for a token once only spaces stand between. (By
    itself it knows Unicode 6.1, and takes newer emoji for parts of words.)"""
    return re.compile(rf"[^\W_{_UNSPACED}]+|(?!_)\w|[\U00020000-\U0003fffd]")


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"[{_UNSPACED}]")


@cache
def _ignored() -> tuple[Any, Any]:
    """Patterns of what is left out: marks but those of kana; what is invisible."""
    # Imported here, for it takes 20 ms; most text is ASCII.
    import regex  # type: ignore[import-untyped]

    return regex.compile(r"[[\p{Mn}\p{Me}]--[\u3099\u309A]]+", regex.VERSION1), regex.compile(r"[\p{Cf}\p{Cs}]+")


@cache
def _cluster() -> Any:
    import regex

    return regex.compile(r"\X")


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
