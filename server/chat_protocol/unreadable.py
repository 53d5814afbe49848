"""What msgspec found wrong with a frame, an event or a body: a plain sentence that repeats nothing of what was sent."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not what they should be."""

_PLACE = re.compile(r" - at `\$\.?([\w.\[\]]*)`$")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_EXPECTED = re.compile(r"Expected `([\w |]+)`( of length)?(?: (<=|>=))?(?: (\d+))?")
_TYPES = {
    "str": "text",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_BOUNDS = {"<=": "at most", ">=": "at least", None: ""}


class Wrong(NamedTuple):
    text: str
    field: str | None
    """The outermost field at fault; None: it is all of it."""


def wrong(error: Exception) -> Wrong:
    """`error`, one of `UNREADABLE`, in words. The names of fields are ours: others are ignored, never found wrong."""
    said = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Wrong("That is no JSON.", None)
    place = _PLACE.search(said)
    path = place[1] if place is not None else ""
    if (missing := _MISSING.match(said)) is not None:
        path = f"{path}.{missing[1]}".removeprefix(".")
        return Wrong(f"The field {path} is missing.", _outermost(path))
    what = f"The field {path}" if path else "It"
    if (expected := _EXPECTED.match(said)) is None:
        return Wrong(f"{what} has a value that can't be.", _outermost(path))
    types, length, relation, number = expected.groups()
    wanted = " or ".join(_TYPES.get(one, one) for one in types.split(" | "))
    if number is not None:
        wanted += f" ({' '.join(filter(None, ('length' if length else '', _BOUNDS[relation], number)))})"
    return Wrong(f"{what} must be {wanted}.", _outermost(path))


def _outermost(path: str) -> str | None:
    name = re.match(r"\w+", path)
    return name[0] if name is not None else None
