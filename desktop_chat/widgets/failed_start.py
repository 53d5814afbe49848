"""What stands on the screen when a profile can't be opened: why, and what to do about it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QVBoxLayout

from desktop_chat.core.sentences import ChatError
from desktop_chat.theme.language import sentence
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.said import next_step
from desktop_chat.widgets.states import StatePage

_SIZE = QSize(480, 400)
_RETRY, _QUIT = "retry_button", "quit_button"


class FailedStart(QDialog):
    """Accepted: to be tried again. `folder` is that of the profile."""

    def __init__(self, theme: Theme, error: ChatError, folder: Path) -> None:
        super().__init__()
        self.setObjectName("failed_start")
        self.setWindowTitle(self.tr("Can't start"))
        self.resize(_SIZE)
        page = StatePage(theme)
        page.chosen.connect(lambda name: self.accept() if name == _RETRY else self.reject())
        QVBoxLayout(self).addWidget(page)
        what_to_do = f"{next_step(error.code)}\n\n{folder}"
        buttons = ((_RETRY, self.tr("Try again")), (_QUIT, self.tr("Quit")))
        page.show_state("circle-alert", sentence(error.code), what_to_do, buttons, tone="danger")
