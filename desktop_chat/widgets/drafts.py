"""What is typed, as text that can be sent. Pure."""

from __future__ import annotations

import re

# What the protocol refuses in a text; the separators are Qt's for lines and paragraphs.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffc]")
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")


def clean_text(text: str) -> str:
    """`text` without what no message may hold: control characters, halves of characters, places of pictures."""
    return _REFUSED.sub("", _LINE_ENDS.sub("\n", text))


def without_sent(text: str, sent: str) -> str:
    """What is left to be sent of `text`, which began as `sent` and was typed on while that was being stored.

    Whatever was typed since stays, wherever it was typed."""
    differing = (at for at, (one, other) in enumerate(zip(text, sent, strict=False)) if one != other)
    start = next(differing, min(len(text), len(sent)))
    if text.endswith(sent[start:]):  # in one place
        return text[start : len(text) - len(sent) + start]
    from difflib import SequenceMatcher

    changes = SequenceMatcher(None, sent, text, autojunk=False).get_opcodes()
    return "".join(text[start:end] for change, _, _, start, end in changes if change in ("insert", "replace"))
