"""Who is in the pictures, and what they say to each other: the talk of the mock-ups, as far as it is text."""

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


ENGLISH = Story(
    language="en",
    me="mara",
    visitor="nils",
    names={
        "mara": "Mara Lindqvist",
        "theo": "Theo Okafor",
        "sofia": "Sofia Marchetti",
        "priya": "Priya Raman",
        "jun": "Jun Watanabe",
        "elias": "Elias Brandt",
        "lena": "Lena Hoff",
        "ravi": "Ravi Menon",
        "papa": "Papa",
        "nora": "Nora Lindqvist",
        "nils": "Nils Aalto",
    },
    places=(
        Place(
            "makers",
            47801,
            "mara",
            (
                Room("general", "General", "Everything that has no room of its own"),
                Room("tide", "Tide sensor", "Water level on the old pier"),
                Room("evening", "Open evening", "28 November, 17:00, doors open"),
                Room("bookings", "Workshop bookings", "Machines, who and when"),
            ),
            ("theo", "sofia", "priya", "jun", "elias"),
        ),
        Place(
            "robotics",
            47802,
            "lena",
            (
                Room("competition", "Competition", "Heats, rules, travel"),
                Room("notes", "Field notes", "What we saw, where, when"),
            ),
            ("ravi", "mara", "nils"),
        ),
        Place("family", 47803, "papa", (Room("house", "Summer house", "Keys, boats, weekends"),), ("nora", "mara")),
    ),
    said=(
        Said(
            "2026-11-19 18:19",
            "elias",
            "makers",
            "general",
            "The lathe belt is here. I can fit it on Saturday if somebody holds the lamp.",
        ),
        Said("2026-11-19 18:20", "elias", "makers", "general", "It takes twenty minutes, thirty with tea."),
        Said("2026-11-19 18:24", "mara", "makers", "general", "I hold the lamp. Ten o’clock?"),
        Said(
            "2026-11-19 18:31",
            "sofia",
            "makers",
            "general",
            "Minutes of the meeting, short:\n"
            "• Open evening on 28 November, 17:00\n• Key box gets a new code on the first of each month\n"
            "• Nobody uses the laser cutter alone",
            "minutes",
            reactions={"✅": ("mara", "theo", "jun", "priya", "elias", "sofia"), "🙏": ("jun", "theo")},
        ),
        Said(
            "2026-11-19 18:31",
            "sofia",
            "makers",
            "general",
            "The full text is pinned. Tell me if I got something wrong.",
            pinned=True,
        ),
        Said(
            "2026-11-19 18:40",
            "jun",
            "makers",
            "general",
            "Does “alone” count when Theo sleeps on the sofa?",
            reply="minutes",
            reactions={"😂": ("mara", "sofia", "priya", "elias", "theo")},
        ),
        Said("2026-11-19 20:05", "papa", "family", "@mara", "Good night, sleep well"),
        Said("2026-11-20 08:02", "theo", "makers", "general", "I never sleep. I compile."),
        Said(
            "2026-11-20 08:30",
            "priya",
            "makers",
            "general",
            "The tide gauge in the harbour office is off by 4 cm, "
            "ours is right. I measured twice, with the long ruler and with the laser, and they agree to the "
            "millimetre.",
        ),
        Said("2026-11-20 15:58", "lena", "robotics", "notes", "The base station is on the roof of the church."),
        Said(
            "2026-11-20 16:02",
            "lena",
            "robotics",
            "notes",
            "It sees all of the valley, and the bells only ring on the hour.",
        ),
        Said("2026-11-20 16:20", "ravi", "robotics", "notes", "Who has charged the spare?"),
        Said("2026-11-20 16:21", "mara", "robotics", "notes", "Two hours of battery left"),
        Said(
            "2026-11-20 17:20",
            "papa",
            "family",
            "house",
            "The water is back on in the house. I left the key with Ingrid next door.",
        ),
        Said(
            "2026-11-20 17:22",
            "papa",
            "family",
            "house",
            "Turning the computer off now, the storm is close. Write anyway, I’ll read it tomorrow.",
            reactions={"❤️": ("mara", "nora")},
        ),
        Said("2026-11-20 17:23", "nora", "family", "house", "Which ferry do we take on Saturday?", "ferry"),
        Said("2026-11-20 17:24", "mara", "family", "house", "The 10:40, I think. I’ll look at the timetable."),
        Said("2026-11-21 11:12", "lena", "robotics", "competition", "The heat sheet is on the board"),
        Said("2026-11-21 19:02", "priya", "makers", "@mara", "Do we have a scope that works on a battery?"),
        *(
            Said(f"2026-11-22 08:{minute}", by, "makers", "bookings", text)
            for minute, by, text in (
                ("02", "jun", "Laser cutter, Wednesday 18:00–19:00"),
                ("05", "elias", "Lathe, Saturday 10:00–11:00, the belt"),
                ("06", "sofia", "Big table, Friday all evening"),
                ("11", "priya", "Soldering place, Tuesday 19:00–21:00"),
                ("14", "jun", "Printer 2, Sunday night to Monday"),
                ("17", "theo", "Printer 1, the same"),
                ("22", "elias", "Band saw, Monday 17:00–17:30"),
                ("40", "theo", "Lathe, Thursday 18:00–20:00"),
            )
        ),
        Said("2026-11-22 08:52", "sofia", "makers", "evening", "Flyers are printed, two hundred of them."),
        Said("2026-11-22 08:55", "elias", "makers", "evening", "@Mara who brings the keys?", mentions=("mara",)),
        Said(
            "2026-11-22 08:58",
            "theo",
            "makers",
            "tide",
            "Morning. The wind has gone down, I am on the pier.",
            reactions={"👋": ("jun", "sofia")},
        ),
        Said(
            "2026-11-22 09:02",
            "theo",
            "makers",
            "tide",
            "Mast is up, and the battery held 3.98 V.",
            reactions={"🌊": ("jun", "sofia", "priya", "elias"), "🎉": ("mara", "jun")},
        ),
        Said("2026-11-22 09:06", "sofia", "makers", "tide", "I can see it from the bakery!"),
        Said(
            "2026-11-22 09:07",
            "sofia",
            "makers",
            "tide",
            "And it is on the map already: https://tides.example.org/station/4",
        ),
        Said(
            "2026-11-22 09:11",
            "priya",
            "makers",
            "tide",
            "A low-pass, no library. Anything above 0.3 lets ferry wakes in, so I took 0.18.",
            was="A low-pass, no library. I took 0.8.",
        ),
        Said("2026-11-22 09:12", "theo", "makers", "@mara", "Bring the long screws, please"),
        Said("2026-11-22 09:14", "elias", "makers", "tide", "Wrong room, sorry", deleted=True),
        Said("2026-11-22 09:16", "mara", "makers", "tide", "0.18 it is. I put it on the spare board first."),
        Said("2026-11-22 09:21", "priya", "makers", "general", "Who has seen the long ruler?"),
        Said("2026-11-22 09:22", "elias", "makers", "general", "It is where the short one should be."),
        Said("2026-11-22 09:27", "jun", "makers", "general", "Is anybody going past the shop?"),
        Said("2026-11-22 09:28", "sofia", "makers", "general", "the soup is on me 🍲"),
        Said(
            "2026-11-22 09:31",
            "jun",
            "makers",
            "tide",
            "The new mast bracket is drawn, with the longer slots. It wants eleven hours on the printer.",
        ),
        Said(
            "2026-11-22 09:32",
            "jun",
            "makers",
            "tide",
            "@Mara can you print it before the open evening? PETG, 40 % infill.",
            "print",
            mentions=("mara",),
        ),
        Said("2026-11-22 09:34", "mara", "makers", "tide", "Yes, it goes on at eight. Photo follows 🙌", reply="print"),
    ),
    unread={
        ("makers", "general"): 4,
        ("makers", "tide"): 3,
        ("makers", "evening"): 2,
        ("makers", "bookings"): 8,
    },
    waiting=(
        Said(
            "2026-11-22 08:42",
            "mara",
            "family",
            "house",
            "I booked the ferry for 10:40, all four of us.",
            reply="ferry",
        ),
        Said("2026-11-22 08:43", "mara", "family", "house", "The tickets are with me."),
        Said("2026-11-22 08:50", "mara", "family", "house", "Papa, do you need anything from town?"),
    ),
    favourites=(("makers", "tide"), ("makers", "@theo")),
    muted=(("makers", "bookings"),),
    draft=("makers", "@priya", "I could bring the scope on Thursday"),
    sought="ruler",
    jump="the",
)
