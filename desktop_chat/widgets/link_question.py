"""Opening a link: asked about if it may lead elsewhere than it looks, offered to copy where no program opens it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.links import Judgement, Reason, judge, visible
from desktop_chat.widgets.sheet import Question

_LONGEST = 300
translate = QCoreApplication.translate


def open_link(theme: Theme, actions: Actions, window: QWidget, url: str) -> None:
    """`window` is where the questions lie. Nothing, if it is of a kind that is never opened."""
    judgement = judge(url)
    if judgement.is_refused or (judgement.opens and QDesktopServices.openUrl(QUrl(url, QUrl.ParsingMode.StrictMode))):
        return
    actions.do(_ask(theme, window, url, judgement), name="open link")


async def _ask(theme: Theme, window: QWidget, url: str, judgement: Judgement) -> None:
    if not judgement.opens:
        where = judgement.host or translate("LinkQuestion", "an unknown place")
        title = translate("LinkQuestion", "Open {host}?").format(host=where)
        sentence = f"{_why(judgement.reason)}\n\n{_shown(url)}"
        question = Question(theme, window, title, sentence, translate("LinkQuestion", "Open"), kind="danger")
        if not await dialogs.answer(question) or QDesktopServices.openUrl(QUrl(url)):
            return
    title = translate("LinkQuestion", "The link can't be opened here")
    said = translate("LinkQuestion", "This computer has no program that opens links. Copy it to use it elsewhere.")
    copy = Question(theme, window, title, f"{said}\n\n{_shown(url)}", translate("LinkQuestion", "Copy link"))
    if await dialogs.answer(copy):
        QGuiApplication.clipboard().setText(url)


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
