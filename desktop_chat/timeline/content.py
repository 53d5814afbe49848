"""What a row shows, in words: everything that its layout needs, read once from the messages of a conversation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication

from chat_protocol import limits
from chat_protocol.fold import Shown
from chat_protocol.ids import Ref, is_dm
from desktop_chat.models.items import Item
from desktop_chat.models.messages import Messages
from desktop_chat.models.persons import Person
from desktop_chat.timeline import links, words
from desktop_chat.timeline.grouping import Decoration, decorate, moment
from desktop_chat.timeline.layouts import Mark, MarkKind

EMOJI = re.compile("(?:[\U0001f000-\U0001faff]|[\u2190-\u2bff]\ufe0f)[\U0001f000-\U0001faff\u200d\u2640\u2642\ufe0f]*")
"""A run of emoji, which is drawn larger than letters."""
LONG_TEXT = 1_600
LONG_LINES = 24
_WIDE = "\u1100"
"""From here on most characters are as wide as two Latin ones."""
_WIDEST = 16
"""Of a tab."""
_TOWERING_TEXT = 120
_MARKS_ON_A_LETTER = 4
"""No script stacks more."""
_QUOTED = 200
_MARKS = 300
"""More links, mentions and emoji of one message look like text."""


class Quote(NamedTuple):
    ref: Ref
    name: str
    key: bytes
    text: str


class Reaction(NamedTuple):
    emoji: str
    total: int
    is_mine: bool
    names: str
    """Who, for the tooltip."""


class Content(Struct, frozen=True):
    row: int
    item: Item
    decoration: Decoration
    author: Person
    at: datetime
    time: str
    role: str
    text: str
    """As far as it is shown."""
    marks: tuple[Mark, ...] = ()
    show_all: str = ""
    """The words that show the rest of the text; empty: this is all of it."""
    quote: Quote | None = None
    reactions: tuple[Reaction, ...] = ()
    state: words.State | None = None
    refusal: str = ""
    names_me: bool = False
    towers: bool = False
    """Marks are heaped on its letters."""
    line: str = ""
    """Over what waits here: why it does."""

    @property
    def is_own(self) -> bool:
        return self.author.is_me

    @property
    def first_of_run(self) -> bool:
        return self.decoration.first_of_run

    @property
    def is_cut(self) -> bool:
        return bool(self.show_all)

    @property
    def hides_text(self) -> bool:
        """Other words stand in the place of what was said."""
        return self.is_deleted or self.is_unknown or (self.is_cut and self.author.is_blocked)

    def takes(self, emoji: str) -> bool:
        """Whether it would be shown as a reaction: it is one already, or there is room for a further one."""
        return len(self.reactions) < limits.REACTIONS or any(one.emoji == emoji for one in self.reactions)

    @property
    def is_pinned(self) -> bool:
        return self.item.shown.pinned

    @property
    def is_deleted(self) -> bool:
        return self.item.shown.deleted

    @property
    def is_unknown(self) -> bool:
        return self.item.shown.is_unknown

    @property
    def edited(self) -> str:
        was = self.item.shown.edited_ts is not None and not self.is_deleted
        return QCoreApplication.translate("Timeline", "edited") if was else ""

    @property
    def spoken(self) -> str:
        """For who listens: author, time, text, state."""
        translate, shown = QCoreApplication.translate, self.item.shown
        parts = [self.author.name, self.time, self.text if self.hides_text else shown.said, self.edited]
        if self.quote is not None:
            parts.insert(2, translate("Timeline", "in reply to {name}").format(name=self.quote.name))
        if self.names_me:
            parts.insert(2, translate("Timeline", "mentions you"))
        if self.is_pinned:
            parts.append(translate("Timeline", "pinned"))
        for one in self.reactions:
            parts += [f"{one.emoji} {one.total}", translate("Timeline", "your reaction") if one.is_mine else ""]
        parts.append(self.refusal or (self.state.heading if self.state else ""))
        return ", ".join(part for part in parts if part)

    def spoken_in_place(self, today: date) -> str:
        """`spoken`, after what stands between this message and the one above."""
        above = self.decoration
        parts = [
            words.day(self.at.date(), today) if above.date else "",
            self.line if above.resting_line else "",
            QCoreApplication.translate("Timeline", "New messages") if above.unread_line else "",
            self.spoken,
        ]
        return ", ".join(part for part in parts if part)


def describe(
    messages: Messages,
    row: int,
    item: Item,
    zone: tzinfo | None,
    *,
    in_full: bool = False,
    line: str = "",
) -> Content:
    """What `row` shows, which is `item`. `in_full`: a long text is not cut. `line`: the server is away, in words."""
    shown = item.shown
    author = messages.author(shown.by)
    at = moment(shown.ts, zone)
    content = Content(
        row,
        item,
        decoration(messages, row, item, zone, line),
        author,
        at,
        words.clock(at),
        words.role(author.role),
        words.instead(shown) or shown.said,
        line=line,
    )
    if shown.deleted:
        return content
    if author.is_blocked and not in_full:
        hidden = QCoreApplication.translate("Timeline", "You blocked this person.")
        return replace(content, text=hidden, show_all=QCoreApplication.translate("Timeline", "Show message"))
    return _with_all(content, messages, in_full)


def decoration(messages: Messages, row: int, item: Item, zone: tzinfo | None, line: str) -> Decoration:
    """How `row`, which is `item`, joins its neighbours."""
    before = messages.item(row - 1) if row > messages.first_row else None
    after = messages.item(row + 1) if row < messages.last_row else None
    first_row, is_resting = messages.first_row, bool(line)
    return decorate(before, item, after, messages.read_row, zone, first_row=first_row, is_resting=is_resting)


def _with_all(content: Content, messages: Messages, in_full: bool) -> Content:
    item, shown = content.item, content.item.shown
    towers = _towers(shown.said)
    kept = len(shown.said) if in_full else cut(shown.said, towers=towers)
    text = words.instead(shown) or shown.said[:kept]
    mentioned = [messages.author(member) for member in shown.mentions]
    return replace(
        content,
        text=text,
        marks=tuple(_marks(text, mentioned)),
        show_all=QCoreApplication.translate("Timeline", "Show all") if kept < len(shown.said) else "",
        quote=_quote(messages, shown.reply),
        reactions=tuple(_reactions(messages, shown)),
        state=_state(messages, content) if content.is_own else None,
        refusal=words.refusal(item),
        towers=towers,
        names_me=any(one.is_me for one in mentioned),
    )


def _state(messages: Messages, content: Content) -> words.State:
    readers = [messages.author(member).name for member in content.item.read_by]
    return words.state(content.item, content.at, readers, is_direct=is_dm(messages.log), is_away=bool(content.line))


def cut(text: str, *, towers: bool) -> int:
    """How many characters of `text` are shown until the person asks for all of it."""
    end = _fitting(text)
    if end < len(text):
        end = max(text.rfind(" ", 0, end), end * 3 // 4)
    lines = [found.start() for found in re.finditer("\n", text[:end])]
    if len(lines) >= LONG_LINES:
        end = lines[LONG_LINES - 1]
    return min(end, _TOWERING_TEXT) if towers else end


def _fitting(text: str) -> int:
    """How many characters take as much room as LONG_TEXT Latin ones."""
    if len(text) * _WIDEST <= LONG_TEXT:
        return len(text)
    room = LONG_TEXT
    for index, char in enumerate(text):
        room -= _WIDEST if char == "\t" else 1 + (char >= _WIDE)
        if room < 0:
            return index
    return len(text)


def _towers(text: str) -> bool:
    """Whether marks are heaped on a letter, beyond what any script does."""
    if text.isascii():
        return False
    height = 0
    for char in text:
        height = height + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if height > _MARKS_ON_A_LETTER:
            return True
    return False


def _marks(text: str, mentioned: Sequence[Person]) -> list[Mark]:
    found = [Mark(start, end, MarkKind.LINK, url) for start, end, url in links.spans(text)]
    for author in mentioned:
        kind = MarkKind.NAMES_ME if author.is_me else MarkKind.MENTION
        written = author.public_name or author.name
        for name in dict.fromkeys((written, written.split(" ")[0])):
            spans = [one.span() for one in re.finditer(re.escape(f"@{name}") + r"(?!\w)", text, re.IGNORECASE)]
            found += [Mark(start, end, kind) for start, end in spans if not _overlaps(found, start, end)]
    if not text.isascii():
        emoji = [one.span() for one in EMOJI.finditer(text)]
        found += [Mark(start, end, MarkKind.EMOJI) for start, end in emoji if not _overlaps(found, start, end)]
    return sorted(found)[:_MARKS]


def _overlaps(marks: Sequence[Mark], start: int, end: int) -> bool:
    return any(mark.start < end and start < mark.end for mark in marks)


def _quote(messages: Messages, ref: Ref | None) -> Quote | None:
    if ref is None:
        return None
    quoted, author = messages.quoted(ref), messages.author(ref.member)
    if quoted is None:
        text = QCoreApplication.translate("Timeline", "An earlier message")
    else:
        text = words.instead(quoted) or " ".join(quoted.text[:_QUOTED].split())
    return Quote(ref, author.name, author.key, text)


def _reactions(messages: Messages, shown: Shown) -> list[Reaction]:
    found = []
    for emoji, members in shown.reactions.items():
        authors = [messages.author(member) for member in members]
        names = ", ".join(author.name for author in authors[:10])
        found.append(Reaction(emoji, len(members), any(author.is_me for author in authors), names))
    return found
