"""Makes `emoji.tsv` from an unpacked emojibase-data: `python make_emoji.py FOLDER`.

A line is: group, emoji, shortcode, English name, English keywords, Chinese name, Chinese keywords; keywords with
spaces between them, in the usual order of the emoji. Left out is what the fonts in use may lack, and the
variants by sex of what exists without.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import regex  # type: ignore[import-untyped]

_LATEST = 14
"""Version of Unicode's emoji: of 2021, which the system fonts of all supported systems have."""
_GROUPS = {0: "people", 1: "people", 3: "nature", 4: "food", 5: "travel", 6: "activities", 7: "objects"} | {
    8: "symbols",
    9: "flags",
}
_BY_SEX = ("\u200d\u2640", "\u200d\u2642", "\U0001f468\u200d", "\U0001f469\u200d")

_NEEDLESS = regex.compile(r"(?<=\p{Emoji_Presentation})\uFE0F")
"""Asks for colour where there is colour anyway: two ways to write one emoji would be two reactions (UTS #51 ED-18a)."""


def main(package: Path) -> None:
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    chinese = {one["hexcode"]: one for one in _read(package, "zh/data.json")}
    shortcodes = _read(package, "en/shortcodes/emojibase.json")
    wanted = [one for one in _read(package, "en/data.json") if _is_wanted(one)]
    lines = []
    for one in sorted(wanted, key=lambda one: (list(_GROUPS).index(one["group"]), one["order"])):
        codes = shortcodes[one["hexcode"]]
        first, *further = [codes] if isinstance(codes, str) else codes
        there = chinese[one["hexcode"]]
        fields = (
            *(_GROUPS[one["group"]], _NEEDLESS.sub("", one["emoji"]), first),
            *(one["label"], " ".join([*further, *one.get("tags", [])])),
            *(there["label"], " ".join(there.get("tags", []))),
        )
        lines.append("\t".join(fields) + "\n")
    here = Path(__file__).parent
    (here / "emoji.tsv").write_text("".join(lines), "utf-8", newline="\n")
    (here / "VERSION.txt").write_text(f"emojibase-data {version}\n", "utf-8", newline="\n")
    shutil.copyfile(package / "LICENSE", here / "LICENSE.txt")


def _is_wanted(one: dict[str, Any]) -> bool:
    emoji = one["emoji"]
    return one.get("group") in _GROUPS and one["version"] <= _LATEST and not any(part in emoji for part in _BY_SEX)


def _read(package: Path, name: str) -> Any:
    return json.loads((package / name).read_text("utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
