"""Copies the icons the window uses out of Lucide: `make_icons.py FOLDER`, where FOLDER is the unpacked npm package
`lucide-static`. Its version and licence come with them, so that installing the program needs no npm."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
MORE = (
    *("arrow-down", "arrow-up", "bell-ring", "bold", "chevron-left", "chevron-up", "circle-check", "circle-x", "code"),
    *("eye", "file", "folder", "italic", "key-round", "list", "lock", "log-in", "monitor", "moon", "pin-off", "power"),
    *("qr-code", "quote", "rotate-ccw", "server", "shield-alert", "strikethrough", "sun", "triangle-alert", "upload"),
    *("user-check", "user-minus"),
)
"""Beside those that the design's tokens name."""
FILLED = ("pause", "play", "star")
"""Also drawn as solid shapes, as `NAME-filled`."""


def main(package: Path) -> None:
    named: list[str] = json.loads((HERE.parent / "themes" / "tokens.json").read_text("utf-8"))["icons"]
    for old in HERE.glob("*.svg"):
        old.unlink()
    for name in sorted({*named, *MORE}):
        svg = re.sub(r"<!--.*?-->\s*", "", (package / "icons" / f"{name}.svg").read_text("utf-8"), flags=re.DOTALL)
        svg = re.sub(r'\s*class="[^"]*"', "", svg)
        svg = re.sub(r"\s+", " ", svg).replace("> <", "><").replace(" >", ">").strip()
        (HERE / f"{name}.svg").write_text(svg + "\n", "utf-8", newline="\n")
        if name in FILLED:
            filled = svg.replace('fill="none"', 'fill="currentColor"')
            (HERE / f"{name}-filled.svg").write_text(filled + "\n", "utf-8", newline="\n")
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    (HERE / "VERSION.txt").write_text(f"lucide-static {version}\n", "utf-8", newline="\n")
    shutil.copyfile(package / "LICENSE", HERE / "LICENSE.txt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
