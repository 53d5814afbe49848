"""When something was, as short as one can say it."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QLocale


def short_when(ts_ms: int, now_ms: int, locale: QLocale) -> str:
    """The time of day today, the weekday within six days before, else the date; in the zone of this computer."""
    then, now = QDateTime.fromMSecsSinceEpoch(ts_ms), QDateTime.fromMSecsSinceEpoch(now_ms)
    days = then.date().daysTo(now.date())
    if days <= 0:
        return locale.toString(then.time(), QLocale.FormatType.ShortFormat)
    if days < 7:
        return locale.standaloneDayName(then.date().dayOfWeek(), QLocale.FormatType.ShortFormat)
    if then.date().year() == now.date().year():
        chinese = locale.language() == QLocale.Language.Chinese
        return locale.toString(then.date(), "M月d日" if chinese else "d MMM")
    return locale.toString(then.date(), QLocale.FormatType.ShortFormat)
