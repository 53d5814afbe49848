"""The emoji that can be picked, and how they are found by words. Pure but for reading one file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import desktop_chat_resources

GROUPS = ("people", "nature", "food", "travel", "activities", "objects", "symbols", "flags")
RECENT = 18
"""So many are remembered."""


class Emoji(NamedTuple):
    group: str
    text: str
    shortcode: str
    name: str
    """In English; `chinese` in Chinese."""
    words: str
    """Further English ones, with spaces between them."""
    chinese: str
    chinese_words: str

    def called(self, language: str) -> str:
        """Its name for a person who reads `language` (a locale's name, "zh_CN")."""
        return self.chinese if language.startswith("zh") else self.name


def read_emoji() -> list[Emoji]:
    """All of them, in the usual order, group after group."""
    text = desktop_chat_resources.path("emoji/emoji.tsv").read_text("utf-8")
    return [Emoji(*line.split("\t")) for line in text.splitlines()]


def find(emoji: Iterable[Emoji], query: str) -> list[Emoji]:
    """Those of which each word of `query` begins a word, or is a part of the Chinese ones; the one that is called so
    first, then those found by name."""
    wanted = _folded(query).replace(":", " ").replace("_", " ").split()
    ranked: list[tuple[int, Emoji]] = []
    for one in emoji:
        name = f" {one.shortcode.replace('_', ' ')} {one.name} ".casefold()
        more = f"{name}{one.words.replace('_', ' ')} ".casefold()
        chinese = f"{one.chinese} {one.chinese_words}"
        if all(f" {word}" in more or (not word.isascii() and word in chinese) for word in wanted):
            is_named = all(f" {word}" in name or word in one.chinese for word in wanted)
            called = (one.shortcode.replace("_", " ").split(), one.name.casefold().split(), [one.chinese])
            ranked.append((0 if wanted in called else 1 if is_named else 2, one))
    ranked.sort(key=lambda pair: pair[0])
    return [one for _rank, one in ranked]


def with_recent(recent: Sequence[str], used: str) -> list[str]:
    """`recent` after `used` was picked: it comes first."""
    return [used, *(one for one in recent if one != used)][:RECENT]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
