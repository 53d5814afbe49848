"""Text from other people for sinks that guess rich text.

Qt takes text that looks like HTML for HTML in tooltips and labels, and an image in it is loaded: from the disk, or
from another machine by `//host/share`. Labels are told that theirs is plain; a tooltip can't be told.
"""

from __future__ import annotations

_LONG = 60
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
"""As `html.escape`, whose module takes 1.5 ms to load."""


def plain_tooltip(text: str) -> str:
    """What to hand to setToolTip so that `text` is shown as it is; only a long line is wrapped. Empty for no text."""
    if not text:
        return ""
    space = "pre-wrap" if max(map(len, text.split("\n"))) > _LONG else "pre"
    return f'<p style="white-space: {space}; margin: 0">{text.translate(_MARKUP)}</p>'
