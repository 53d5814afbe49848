"""What the timeline says in words: times, days, roles, and where a message is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

from chat_protocol.events import Role
from chat_protocol.fold import Shown
from desktop_chat.models.items import Item
from desktop_chat.store.contract import Delivery
from desktop_chat.theme.language import sentence
from desktop_chat.timeline.grouping import LAST_MS

_NAMES = 10
"""More are not read in a tooltip."""


def instead(shown: Shown) -> str:
    """What stands in the place of a message's text where there is none; empty: its text does."""
    if shown.deleted:
        return QCoreApplication.translate("Timeline", "This message was deleted.")
    if shown.is_unknown:
        return QCoreApplication.translate("Timeline", "Only a newer version of Desktop Chat can show this message.")
    return ""


class State(NamedTuple):
    """Where a message is: its mark, and the words that say so."""

    icon: str
    color: str
    heading: str
    text: str


def clock(at: datetime) -> str:
    return _clock(at.hour, at.minute)


def _clock(hour: int, minute: int) -> str:
    return QLocale().toString(QTime(hour, minute), QLocale.FormatType.ShortFormat)


def _to_the_second(at: datetime) -> str:
    # Not Qt's long format, which adds the time zone: to know it takes 5 ms of the first picture.
    locale = QLocale()
    pattern = locale.timeFormat(QLocale.FormatType.ShortFormat).replace("mm", "mm:ss")
    return locale.toString(QTime(at.hour, at.minute, at.second), pattern)


def full(at: datetime) -> str:
    """Day and time, for where either could be meant."""
    return f"{_short_day(at)} {clock(at)}"


def _short_day(at: datetime) -> str:
    return QLocale().toString(QDate(at.year, at.month, at.day), QLocale.FormatType.ShortFormat)


class Times:
    """`full` for very many moments."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._quarters: dict[int, tuple[str, int]] = {}
        """The day, and the minute of it, at which a quarter of an hour begins: within one no clock is set."""
        self._days: dict[int, str] = {}
        self._clocks: dict[int, str] = {}

    def full(self, ts_ms: int) -> str:
        number, past = divmod(min(ts_ms, LAST_MS) // 60_000, 15)
        quarter = self._quarters.get(number)
        if quarter is None:
            quarter = self._quarters[number] = self._quarter(number * 900)
        clock = self._clocks.get(quarter[1] + past)
        return quarter[0] + (clock or self._clock(quarter[1] + past))

    def _quarter(self, begins_s: int) -> tuple[str, int]:
        # Not by `moment`, which finds the offset to UTC of this computer's clock too, and that takes longest.
        at = datetime.fromtimestamp(begins_s, self._zone)
        day = self._days.get(at.toordinal()) or self._days.setdefault(at.toordinal(), f"{_short_day(at)} ")
        return day, at.hour * 60 + at.minute

    def _clock(self, minute: int) -> str:
        hour, past = divmod(minute, 60)
        return self._clocks.setdefault(minute, _clock(hour % 24, past))


def day(one: date, today: date) -> str:
    """The words of a date pill."""
    if one == today:
        return QCoreApplication.translate("Timeline", "Today")
    if one == today - timedelta(days=1):
        return QCoreApplication.translate("Timeline", "Yesterday")
    if one.year == today.year:
        pattern = QCoreApplication.translate("Timeline", "dddd, d MMMM", "format of a date in this year")
    else:
        pattern = QCoreApplication.translate("Timeline", "d MMMM yyyy", "format of a date in another year")
    return QLocale().toString(QDate(one.year, one.month, one.day), pattern)


def role(one: Role) -> str:
    """Empty for who has no special one."""
    match one:
        case Role.HOST:
            return QCoreApplication.translate("Timeline", "Host")
        case Role.MODERATOR:
            return QCoreApplication.translate("Timeline", "Moderator")
    return ""


def refusal(item: Item) -> str:
    """Why the message, or the last own change to it, was refused; empty if it was not."""
    if Delivery.REFUSED not in (item.delivery, item.change):
        return ""
    if item.code is None:
        return QCoreApplication.translate("Timeline", "The server refused this message.")
    return sentence(item.code)


def state(
    item: Item, at: datetime, readers: Sequence[str] = (), *, is_direct: bool = False, is_away: bool = False
) -> State:
    """The state of an own message. `at`: when it was written; `readers`: the names of those who have read it;
    `is_away`: the server can't be reached."""
    translate = QCoreApplication.translate
    match item.delivery:
        case Delivery.WAITING:
            heading = translate("Timeline", "Waiting here")
            text = translate("Timeline", "Saved on this computer at {time}. Goes out by itself, in its turn.")
            if is_away:
                text = translate(
                    "Timeline", "Saved on this computer at {time}. Goes out by itself as soon as the room is back."
                )
            return State("clock", "text.faint", heading, text.format(time=clock(at)))
        case Delivery.SENT:
            heading = translate("Timeline", "On its way")
            text = translate(
                "Timeline", "Saved on this computer at {time} and sent. The room has not said yet that it has it."
            )
            return State("clock", "text.faint", heading, text.format(time=clock(at)))
        case Delivery.REFUSED:
            return State("circle-alert", "mark.danger", translate("Timeline", "Refused"), refusal(item))
    exact = _to_the_second(at)
    heading = translate("Timeline", "Stored by the room")
    if item.delivery is Delivery.STORED or not item.shown.seq:
        return State("check", "text.faint", heading, exact)
    text = translate("Timeline", "{time} · event {number}")
    text = text.format(time=exact, number=QLocale().toString(item.shown.seq))
    if not readers:
        return State("check", "text.faint", heading, text)
    if is_direct:
        return State("check-check", "mark.read", translate("Timeline", "Read"), text)
    names = ", ".join(readers[:_NAMES]) + ("…" if len(readers) > _NAMES else "")
    return State("check-check", "mark.read", translate("Timeline", "Read by %n", "", len(readers)), names)
