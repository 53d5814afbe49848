"""Decoders of JSON by a name in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec


class Decoders(dict[str, Callable[[msgspec.Raw | bytes], Any]]):
    """What decodes each of `types`, by its name; `[]` raises `KeyError` for another.

    Each is made when it is first asked for: both programs read a few of them only, and all take 4 ms of a start.
    """

    def __init__(self, types: Mapping[str, type[msgspec.Struct]]) -> None:
        super().__init__()
        self._types = types

    def __missing__(self, name: str) -> Callable[[msgspec.Raw | bytes], Any]:
        decode = self[name] = msgspec.json.Decoder(self._types[name]).decode
        return decode
