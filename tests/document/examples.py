"""The examples as they stand in docs/protocol.md: under a marker `<!-- example: NAME -->`, in a block of JSON lines.

`python -m tests.document.examples` records them anew.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from tests.document.conversation import record

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "protocol.md"
_MARKER = re.compile(r"<!-- example: ([a-z-]+) -->\n(?:```json\n(.*?)```\n)?", re.DOTALL)
_WIDTH = 118


def written() -> dict[str, list[Any]]:
    """The frames of each example in the document."""
    found = {}
    decoder = json.JSONDecoder()
    for name, block in _MARKER.findall(DOCUMENT.read_text("utf-8")):
        frames, rest = [], block.strip()
        while rest:
            frame, end = decoder.raw_decode(rest)
            frames.append(frame)
            rest = rest[end:].strip()
        found[name] = frames
    return found


def shape(value: Any, key: str = "") -> Any:
    """What is the same every time: keys, kinds of values, words; not what is random or counts time."""
    if isinstance(value, dict):
        return {_word(name): shape(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner, key) for inner in value]
    if isinstance(value, str):
        return _word(value)
    if key.endswith(("ts", "_ms")):
        return "TIME"
    return "REQUEST" if key in ("id", "re") else value


def _word(text: str) -> str:
    prefix, colon, name = text.rpartition(":")
    if len(name) in (11, 22, 43, 86) and re.fullmatch(r"[A-Za-z0-9_-]+", name):
        return f"{prefix}{colon}<{len(name)}>"
    return text


def _write(found: dict[str, bytes]) -> None:
    def block(match: re.Match[str]) -> str:
        frames = [json.loads(line) for line in found[match[1]].decode().split("\n")]
        body = "\n".join(_folded(frame) for frame in frames)
        return f"<!-- example: {match[1]} -->\n```json\n{body}\n```\n"

    DOCUMENT.write_text(_MARKER.sub(block, DOCUMENT.read_text("utf-8")), "utf-8")


def _folded(frame: Any) -> str:
    """JSON in lines that fit a page: broken after commas, never inside a string."""
    lines = [""]
    for part in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^",])+,? ?', json.dumps(frame, ensure_ascii=False)):
        if len(lines[-1]) + len(part) > _WIDTH:
            lines.append(" ")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        _write(asyncio.run(record(Path(folder))))
