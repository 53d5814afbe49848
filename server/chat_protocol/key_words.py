"""A server's key for people to compare (A5): read aloud as words, or as digits where English words don't help.

Whoever shows one shows the other, so that two people compare the same whatever their languages and their clients
(docs/protocol.md, 1.2). Both stand for the first bits of the fingerprint (SHA-256 of the SPKI): enough against an
impostor who would have to make a key that reads the same, not a substitute for the pin, which compares all 256 bits.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from chat_protocol.server_key import FINGERPRINT_BYTES

WORDS = 6
"""Out of 1,296 each: 62.0 bits."""
DIGITS = 20
"""66.4 bits, shown in groups of five."""

_GROUP = 5
_USED_BYTES = 16  # far more than is shown, so that every word and every digit is as likely as any other


def key_words(fingerprint: bytes) -> list[str]:
    """Six words of EFF's short word list 1 that stand for the 32 bytes of `fingerprint`: 62.0 bits of it.

    Raises `ValueError` when it has another length.
    """
    words, number = _words(), _number(fingerprint)
    shown = []
    for _ in range(WORDS):
        number, index = divmod(number, len(words))
        shown.append(words[index])
    return shown


def key_digits(fingerprint: bytes) -> str:
    """Twenty decimal digits in four groups of five, "01234 56789 01234 56789": 66.4 bits of the 32 bytes.

    Raises `ValueError` when `fingerprint` has another length.
    """
    digits = f"{_number(fingerprint) % 10**DIGITS:0{DIGITS}}"
    return " ".join(digits[at : at + _GROUP] for at in range(0, DIGITS, _GROUP))


def _number(fingerprint: bytes) -> int:
    if len(fingerprint) != FINGERPRINT_BYTES:
        raise ValueError("a fingerprint is 32 bytes")
    return int.from_bytes(fingerprint[:_USED_BYTES], "big")


@cache
def _words() -> tuple[str, ...]:
    lines = (files("chat_protocol") / "tables" / "eff_short_words.txt").read_text(encoding="ascii").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))
