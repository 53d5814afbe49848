"""The design's tokens: the one source of every colour and size of the window.

They come from `themes/tokens.json` of the resources. Colours are `#RRGGBB` or `#RRGGBBAA`, sizes logical pixels at
100 %, times milliseconds. A missing or mistyped part fails at start, not at the first use.
"""

from __future__ import annotations

from typing import Literal

import msgspec

import desktop_chat_resources

ThemeName = Literal["light", "dark", "contrast", "contrastLight"]


class TypeStyle(msgspec.Struct, frozen=True):
    """One style of text. The line height is fixed, so that no CJK character or emoji makes a row jump."""

    size: int
    line: int
    weight: int


class HueTokens(msgspec.Struct, frozen=True):
    """One of the twelve hues: disc, initials on it, and the author's name."""

    fill: str
    ink: str
    name: str


class Palette(msgspec.Struct, frozen=True):
    """The colours of one theme. The order of `avatar` is the order of the hues."""

    color: dict[str, str]
    avatar: dict[str, HueTokens]


class Motion(msgspec.Struct, frozen=True):
    fast: int
    normal: int
    max: int
    curve: str


class ContrastChecks(msgspec.Struct, frozen=True):
    """(foreground, background, least ratio) in every theme; `avatar.*` stands for each hue."""

    about: str
    pairs: list[tuple[str, str, float]]


class Tokens(msgspec.Struct, frozen=True, rename={"contrast_checks": "contrastChecks"}):
    space: dict[str, int]
    radius: dict[str, int]
    type: dict[str, TypeStyle | list[str]]
    size: dict[str, int]
    motion: Motion
    contrast_checks: ContrastChecks
    themes: dict[ThemeName, Palette]
    icons: list[str]

    def style(self, name: str) -> TypeStyle:
        """The style of text called `name`. Raises KeyError if there is none."""
        style = self.type[name]
        if isinstance(style, list):
            raise KeyError(name)
        return style


def read() -> Tokens:
    """The tokens as shipped; well under a millisecond of work."""
    return msgspec.json.decode(desktop_chat_resources.path("themes/tokens.json").read_bytes(), type=Tokens)
