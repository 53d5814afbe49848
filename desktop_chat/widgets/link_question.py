"""Before a link is opened that may lead elsewhere than it looks: where it really leads; and when none can be opened."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.links import Judgement, Reason, visible
from desktop_chat.widgets.sheet import Question

_LONGEST = 300
translate = QCoreApplication.translate


def link_question(theme: Theme, parent: QWidget, url: str, judgement: Judgement) -> Question:
    """Accepted: open it all the same."""
    where = judgement.host or translate("LinkQuestion", "an unknown place")
    sentence = f"{_why(judgement.reason)}\n\n{_shown(url)}"
    title = translate("LinkQuestion", "Open {host}?").format(host=where)
    return Question(theme, parent, title, sentence, translate("LinkQuestion", "Open"), kind="danger")


def no_browser_question(theme: Theme, parent: QWidget, url: str) -> Question:
    """Accepted: put it on the clipboard."""
    sentence = translate("LinkQuestion", "This computer has no program that opens links. Copy it to use it elsewhere.")
    title = translate("LinkQuestion", "The link can't be opened here")
    return Question(theme, parent, title, f"{sentence}\n\n{_shown(url)}", translate("LinkQuestion", "Copy link"))


def _shown(url: str) -> str:
    return visible(url[:_LONGEST]) + ("…" if len(url) > _LONGEST else "")


def _why(reason: Reason | None) -> str:
    match reason:
        case Reason.MIXED_SCRIPTS:
            return translate("LinkQuestion", "The name of this place mixes letters of several scripts.")
        case Reason.LOOKS_LIKE_ANOTHER:
            return translate("LinkQuestion", "The name of this place is written in letters that look like others.")
        case Reason.USER_INFO:
            return translate("LinkQuestion", "What stands before the @ is not the place that this link leads to.")
        case Reason.BIDI:
            return translate("LinkQuestion", "This link holds invisible characters that turn its order around.")
        case Reason.OTHER_TEXT:
            return translate("LinkQuestion", "What is shown names another place than the link leads to.")
    return translate("LinkQuestion", "It can't be told for certain where this link leads.")
