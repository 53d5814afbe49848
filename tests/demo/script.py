"""What the demo's people say: a plan for each, made from real conversations where they are, else from a small one.

A text ends in a tag that names it, such as `⟨2-117⟩`. One that will be deleted ends in `⟨2-117x⟩` and holds a word
of its own, which no file may hold at the end; nobody answers to it or reacts to it, so nothing here is ever refused.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

TEXT_BYTES = 16_000
PEOPLE = ("Ada", "Ben", "陈伟", "Đorđe", "Élise", "Fatima", "Goran", "花子")
ROOMS = ("Lobby", "闲聊")
TAG = re.compile(r"⟨(\d+)-(\d+)(x?)⟩$")

_TALK = (
    ("Does anybody know how to move a home folder?", "Copy it with the owner's rights, then change the mount point."),
    ("Thank you, that worked.", "Good. Don't forget the backup."),
    ("今天天气不错", "我们下午开会吧"),
    ("会议改到三点了", "好的，没问题👌"),
)

Step = dict[str, Any]
"""`do` (text, reply, edit, delete, react), `room` (0 or 1), and for a text its `text`."""


def plans(seed: int, counts: tuple[int, int]) -> list[list[Step]]:
    """One list of steps for each of `PEOPLE`; `counts` texts in each of `ROOMS`, spread by their real authors."""
    random = Random(seed)
    made: list[list[Step]] = [[] for _ in PEOPLE]
    sources = (_corpus("ubuntu-irc.jsonl.gz"), _corpus("chinese.jsonl.gz"))
    for room, (source, count) in enumerate(zip(sources, counts, strict=True)):
        for _ in range(count):
            author, text = next(source)
            who = _fold(author) % len(PEOPLE)
            made[who].append({"room": room, "said": text})
    for who, steps in enumerate(made):
        made[who] = list(_with_changes(who, steps, random))
    return made


def _with_changes(who: int, steps: list[Step], random: Random) -> Iterator[Step]:
    doomed: list[int] = []
    edited: list[int] = []
    for number, step in enumerate(steps):
        room, said = step["room"], step["said"]
        chance = random.random()
        tag = f" ⟨{who}-{number}⟩"
        if chance < 0.02:
            tag = f" doomed{random.getrandbits(64):016x} ⟨{who}-{number}x⟩"
            doomed.append(number)
        elif chance < 0.06:
            edited.append(number)
        elif chance < 0.065:
            said = _filled(said, TEXT_BYTES - len(tag.encode()))
        do = "reply" if 0.1 < chance < 0.2 else "text"
        yield {"do": do, "room": room, "text": said + tag, "number": number}
        if 0.2 < chance < 0.24:
            yield {"do": "react", "room": room, "emoji": random.choice(["👍", "❤️", "😂", "🎉"])}
        if doomed and random.random() < 0.03:
            yield {"do": "delete", "number": doomed.pop(0)}
        if edited and random.random() < 0.06:
            number = edited.pop(0)
            yield {"do": "edit", "number": number, "text": f"mended: {steps[number]['said']} ⟨{who}-{number}⟩"}
    for number in doomed:
        yield {"do": "delete", "number": number}


def doomed_words(plan: list[Step]) -> list[str]:
    return [word for step in plan if step.get("text", "").endswith("x⟩") for word in step["text"].split()[-2:-1]]


def _filled(text: str, size: int) -> str:
    """`text` again and again, as much of it as fits `size` bytes; never half a character, and none that JSON escapes:
    the body has its own limit."""
    unit = (" ".join(text.split()).replace('"', "'").replace("\\", "/") + " ").encode()
    return (unit * (size // len(unit) + 1))[:size].decode(errors="ignore")


def _corpus(name: str) -> Iterator[tuple[str, str]]:
    folder = os.environ.get("DESKTOP_CHAT_CORPUS")
    if folder is None:
        while True:
            for number, pair in enumerate(_TALK):
                yield from ((f"author {number}{side}", text) for side, text in enumerate(pair))
    with gzip.open(Path(folder) / name, "rt", encoding="utf-8") as lines:
        for line in lines:
            said = json.loads(line)
            yield said["author"], said["text"]


def _fold(author: str) -> int:
    """The same number for the same author on every run."""
    return sum(author.encode()) + len(author)
