"""What stands where a conversation would, when there is none or none is chosen."""

from __future__ import annotations

from PySide6.QtCore import Signal

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.states import StatePage


class NoConversation(StatePage):
    host_requested = Signal()
    join_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "no_conversation")
        self.chosen.connect(self._on_chosen)
        self.retranslate()

    def _on_chosen(self, name: str) -> None:
        (self.host_requested if name == "host_button" else self.join_requested).emit()

    def retranslate(self) -> None:
        self.show_state(
            "messages-square",
            self.tr("No conversations yet"),
            self.tr("Host a room, or open a link that somebody sent you."),
            (("host_button", self.tr("Host a room")), ("join_button", self.tr("Join with a link"))),
        )
