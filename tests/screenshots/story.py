"""What a story holds that is told in the pictures: who meets where, and what they say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TODAY = "2026-11-22 09:41"


@dataclass(frozen=True)
class Room:
    key: str
    name: str
    topic: str


@dataclass(frozen=True)
class Place:
    """A server: who hosts it, and who joined. The first room is the one it is founded with. `port` is apart from
    those that other servers on this computer take."""

    key: str
    port: int
    host: str
    rooms: tuple[Room, ...]
    people: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """`room` is one of the place, or `@` and the other person of the direct messages."""

    at: str
    by: str
    place: str
    room: str
    text: str
    tag: str = ""
    reply: str = ""
    """The tag of what it answers."""
    mentions: tuple[str, ...] = ()
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pinned: bool = False
    was: str = ""
    """What it said before it was edited."""
    deleted: bool = False


@dataclass(frozen=True)
class Story:
    language: str
    seed: str
    """One whose keys give the people avatars of different colours."""
    me: str
    visitor: str
    """Is in the first place that others host, and about to join that of `me`."""
    names: Mapping[str, str]
    places: tuple[Place, ...]
    """The first is hosted by `me`, the last one rests."""
    said: tuple[Said, ...]
    unread: Mapping[tuple[str, str], int]
    """How many messages at the end of a room `me` has not read."""
    waiting: tuple[Said, ...]
    """By `me`, to the place that rests."""
    favourites: tuple[tuple[str, str], ...]
    muted: tuple[tuple[str, str], ...]
    draft: tuple[str, str, str]
    """Place, room, text."""
    sought: str
    """A word to be found in the first room of the first place."""
    jump: str
    """What is typed into the switcher."""
