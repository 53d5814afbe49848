"""A conversation without a server, for tests of the timeline: what `models.messages.Messages` shows, told by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from chat_protocol.errors import Code
from chat_protocol.events import Role
from chat_protocol.fold import Shown
from chat_protocol.ids import Cid, LogId, MemberId, Ref
from desktop_chat.models.items import Item, Line
from desktop_chat.models.persons import Person
from desktop_chat.store.contract import Delivery

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ME = MemberId("mara")


class _Server(NamedTuple):
    me: MemberId = ME


class Talk(QObject):
    """Rows 1 … n; `arrives` and the like say what happens."""

    rows_changed = Signal(int, int)
    rows_added = Signal(int)
    rows_removed = Signal(int)
    reset = Signal()
    found = Signal(object, int)
    authors_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.server = _Server()
        self.log = LogId("room")
        self.first_row = 1
        self.read_row: int | None = None
        self.read_meanwhile: int | None = None
        """What `reopen` finds read."""
        self.is_closed = False
        self.items: list[Item] = []
        self.missing: set[int] = set()
        """Rows that are not here."""
        self.asked: set[int] = set()
        self.sought: list[Ref] = []
        self.people = {ME: Person(ME, "Mara Lindqvist", Role.HOST, b"mara", True)}

    # --- as Messages ----------------------------------------------------------------------------------------------

    @property
    def head_row(self) -> int:
        return sum(not item.is_waiting for item in self.items)

    @property
    def last_row(self) -> int:
        return len(self.items)

    def item(self, row: int) -> Item | None:
        if row in self.missing:
            self.asked.add(row)
            return None
        return self.items[row - 1] if 1 <= row <= len(self.items) else None

    def author(self, member: MemberId) -> Person:
        return self.people[member]

    def reopen(self) -> None:
        if self.read_meanwhile is not None:
            self.read_row = self.read_meanwhile
            self.rows_changed.emit(self.read_row, self.read_row + 1)

    def row_of(self, ref: Ref) -> int | None:
        return next((row for row, item in enumerate(self.items, 1) if item.shown.ref == ref), None)

    def look_for(self, ref: Ref) -> None:
        row = self.row_of(ref)
        if row is None or row in self.missing:
            self.sought.append(ref)
        else:
            self.found.emit(ref, row)

    def quoted(self, ref: Ref) -> Shown | None:
        row = self.row_of(ref)
        return None if row is None or row in self.missing else self.items[row - 1].shown

    def lines(self, first: int, last: int) -> Iterator[Line]:
        for row in range(first, last + 1):
            shown = self.items[row - 1].shown
            if row not in self.missing and not shown.deleted:
                yield row, self.people[shown.by].name, shown.ts, shown.text

    # --- what people do -------------------------------------------------------------------------------------------

    def say(self, name: str, text: str, minute: float = 0, **more: Any) -> Ref:
        """Somebody says `text`, `minute` minutes after `START`; `more` are fields of `Shown` and of `Item`."""
        member = ME if name == "Mara Lindqvist" else MemberId(name.lower())
        self.people.setdefault(member, Person(member, name, more.pop("role", Role.MEMBER), name.encode(), False))
        row = len(self.items) + 1
        cid = Cid(hashlib.sha256(f"{row}".encode()).hexdigest()[:22])
        own = {key: more.pop(key) for key in ("delivery", "code", "place", "change") if key in more}
        ts = int((START.timestamp() + minute * 60) * 1000)
        self.items.append(Item(Shown(row, row, ts, member, cid, text=text, **more), **own))
        return self.items[-1].shown.ref

    def arrives(self, name: str, text: str, minute: float = 0, **more: Any) -> Ref:
        ref = self.say(name, text, minute, **more)
        self.rows_added.emit(1)
        return ref

    def comes_before(self, row: int, name: str, text: str) -> None:
        """Into the log, while those from `row` on wait."""
        self.say(name, text, 200)
        self.items.insert(row - 1, self.items.pop())
        self.rows_changed.emit(row, len(self.items) - 1)
        self.rows_added.emit(1)

    def change(self, row: int, change: Callable[[Item], Item]) -> None:
        self.items[row - 1] = change(self.items[row - 1])
        self.rows_changed.emit(row, row)

    def edit(self, row: int, text: str) -> None:
        self.change(row, lambda item: item._replace(shown=replace(item.shown, text=text, edited_ts=item.shown.ts)))

    def come(self, first: int, last: int) -> None:
        """A page of what was missing is here."""
        self.missing -= set(range(first, last + 1))
        self.rows_changed.emit(first, last)


def tide_sensor() -> Talk:
    """The conversation of the mock-ups, as far as it is text."""
    talk = Talk()
    talk.say("Elias Brandt", "The lathe belt is here. I can fit it on Saturday if somebody holds the lamp.", -820)
    talk.say("Elias Brandt", "It takes twenty minutes, thirty with tea.", -820)
    talk.say("Mara Lindqvist", "I hold the lamp. Ten o’clock?", -816)
    sofia, jun = MemberId("sofia marchetti"), MemberId("jun watanabe")
    minutes = "Minutes of the meeting, short:\nOpen evening on 28 November, 17:00\nNobody uses the laser cutter alone"
    talk.say("Sofia Marchetti", minutes, -809, reactions={"✅": [ME, *map(str, range(5))], "🙏": [sofia, jun]})
    short = talk.say("Sofia Marchetti", "The full text is pinned. Tell me if I got something wrong.", -809, pinned=True)
    talk.people |= {
        MemberId(str(i)): Person(MemberId(str(i)), f"Guest {i}", Role.MEMBER, b"%d" % i, False) for i in range(5)
    }
    laughs: dict[str, list[Any]] = {"😂": [ME, sofia]}
    alone = "Does “alone” count when Theo sleeps on the sofa?"
    talk.say("Jun Watanabe", alone, -800, reply=short, reactions=laughs)
    talk.say("Theo Okafor", "I never sleep. I compile.", 2, role=Role.MODERATOR)
    refused = {"delivery": Delivery.REFUSED, "code": Code.TEXT_TOO_LONG, "place": 3}
    gauge = (
        "The tide gauge in the harbour office is off by 4 cm, ours is right. I measured twice, with the long ruler and "
        "with the laser, and they agree to the millimetre. See https://example.org/tide?station=4"
    )
    talk.say("Priya Raman", gauge, 30, edited_ts=1)
    talk.read_row = 8
    asks = talk.say(
        "Jun Watanabe", "@Mara can you print it before the open evening? PETG, 40 % infill.", 92, mentions=[ME]
    )
    talk.say("Sofia Marchetti", "Ask @Theo Okafor for the 会议 key, שלום 🙌", 93, mentions=[MemberId("theo okafor")])
    talk.say("Theo Okafor", "gone", 93, deleted=True)
    talk.say("Mara Lindqvist", "Yes, it goes on at eight. Photo follows 🙌", 94, reply=asks)
    talk.say("Mara Lindqvist", "Here is the whole history of the belt, with photos.", 95, **refused)
    talk.say("Mara Lindqvist", "Papa, do you need anything from town?", 96, delivery=Delivery.WAITING, place=4)
    return talk
