"""Links in texts: where they are, and which may be opened without asking (C3). Pure.

Only http, https and mailto are links. What could lead elsewhere than it looks is asked about, with the real host.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from enum import StrEnum
from functools import cache
from typing import NamedTuple, Protocol
from urllib.parse import quote, unquote, urlsplit

SCHEMES = ("http", "https", "mailto")
_SUSPECT = re.compile(r"://|[^\W_]\.[^\W_]|[^\W_]@[^\W_]|mailto:", re.IGNORECASE)
"""Where a link can be: most texts hold none, and the parser is not loaded for them."""
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_HIDDEN = ("Cc", "Cf", "Zl", "Zp")
_HOST = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\]")
_EAST_ASIAN = frozenset({"HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"})


class Reason(StrEnum):
    """Why a link is not opened without asking."""

    MIXED_SCRIPTS = "mixed_scripts"
    """Letters of several scripts in one part of the host's name."""
    LOOKS_LIKE_ANOTHER = "looks_like_another"
    """The host's name is written in letters that look like Latin ones."""
    USER_INFO = "user_info"
    """Something stands before an `@`, where many see the host."""
    BIDI = "bidi"
    """It holds characters that turn or hide its order."""
    OTHER_TEXT = "other_text"
    """What is shown names another place."""
    UNREADABLE = "unreadable"
    """Programs may disagree where it leads."""
    SCHEME = "scheme"
    """Neither http, https nor mailto: never opened."""


class Judgement(NamedTuple):
    opens: bool
    """Without asking."""
    reason: Reason | None
    host: str
    """Where it leads, in the letters that tell it apart: punycode unless it is plain. Empty if it can't be told."""

    @property
    def is_refused(self) -> bool:
        """Not to be opened at all."""
        return self.reason is Reason.SCHEME


def spans(text: str) -> list[tuple[int, int, str]]:
    """Where links are in `text` (positions of its characters) and what each opens, in order, none in another."""
    if _SUSPECT.search(text) is None:
        return []
    found = _linkify().match(text) or []
    return [
        (one.index, one.last_index, one.url)
        for one in found
        if _scheme(one.url) in SCHEMES and not _is_a_piece(text, one.index, one.last_index)
    ]


def judge(url: str, text: str | None = None) -> Judgement:
    """What to do when somebody clicks on `url`, which is shown as `text`, or as itself."""
    scheme = _scheme(url)
    if scheme not in SCHEMES:
        return Judgement(False, Reason.SCHEME, "")
    if not _BIDI.isdisjoint(unquote(url)):
        return Judgement(False, Reason.BIDI, _real_host(url))
    if any(char.isspace() or char == "\\" or unicodedata.category(char) == "Cc" for char in url):
        return Judgement(False, Reason.UNREADABLE, "")
    try:
        name = _host(url)
        host = _ascii(name)
        labels = [_readable(label) for label in host.split(".")]
    except ValueError:
        return Judgement(False, Reason.UNREADABLE, "")
    if scheme != "mailto" and "@" in urlsplit(url).netloc:
        reason: Reason | None = Reason.USER_INFO
    elif _HOST.fullmatch(host) is None or _is_odd_number(host):
        reason = Reason.UNREADABLE
    elif any(len(_scripts(label)) > 1 for label in labels):
        reason = Reason.MIXED_SCRIPTS
    elif any(map(_looks_latin, labels)):
        reason = Reason.LOOKS_LIKE_ANOTHER
    elif text is not None and text != url and spans(text) != [(0, len(text), url)]:
        reason = Reason.OTHER_TEXT
    else:
        return Judgement(True, None, ".".join(labels))
    return Judgement(False, reason, host)


def visible(url: str) -> str:
    """The same link with every character that hides or turns others in the spelling that shows it."""
    return "".join(quote(char) if char in _BIDI or unicodedata.category(char) in _HIDDEN else char for char in url)


def _is_a_piece(text: str, start: int, end: int) -> bool:
    """Of something that goes on: no host has percent signs in its name, and what stands around them leads elsewhere."""
    return text[end : end + 1] == "%" or (text[start - 1 : start] == "%" and "://" not in text[start:end])


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()


def _host(url: str) -> str:
    """As it is written. Raises `ValueError` if the parts of `url` can't be told."""
    parts = urlsplit(url)
    if parts.scheme == "mailto":
        return unquote(parts.path).rpartition("@")[2]
    parts.port  # noqa: B018 - raises if it is none
    host = parts.netloc.rpartition("@")[2]
    return host if host.endswith("]") else re.sub(r":[0-9]*$", "", host)


def _ascii(host: str) -> str:
    """The name that is looked up. Raises `ValueError` (of which `UnicodeError` is one) if there is none."""
    if host.startswith("["):
        return host.lower()
    return host.encode("idna").decode("ascii").lower()


def _real_host(url: str) -> str:
    try:
        return _ascii(_host(url))
    except ValueError:
        return ""


def _readable(label: str) -> str:
    return label.encode("ascii").decode("idna") if label.startswith("xn--") else label


def _is_odd_number(host: str) -> bool:
    """A number that programs take for an address, in a spelling that hides which."""
    last = host.rstrip(".").rpartition(".")[2]
    if not re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


def _scripts(label: str) -> set[str]:
    """The scripts of its letters; those that Chinese, Japanese and Korean are written in count as one."""
    letters = (char for char in unicodedata.normalize("NFKC", label) if char.isalpha())
    first_words = {unicodedata.name(char, "UNKNOWN").replace("-", " ").split()[0] for char in letters}
    return {"CJK" if word in _EAST_ASIAN else word for word in first_words}


def _looks_latin(label: str) -> bool:
    if label.isascii():
        return False
    from chat_protocol.names import skeleton  # with its table: only for a click on such a name

    return skeleton(label).isascii()


class _Found(Protocol):
    index: int
    last_index: int
    url: str


class _Linkify(Protocol):
    def match(self, text: str) -> list[_Found] | None: ...


@cache
def _linkify() -> _Linkify:
    from linkify_it import LinkifyIt  # type: ignore[import-untyped]  # not before the first text that may hold a link

    linkify: _Linkify = LinkifyIt()
    return linkify
