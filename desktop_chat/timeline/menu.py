"""The menu of a message, for the mouse and the Menu key."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget, QWidgetAction

from desktop_chat.theme.round_menu import RoundMenu
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.deeds import Deed
from desktop_chat.timeline.reactions import ReactionRow

_ICONS = {
    Deed.REPLY: "reply",
    Deed.EDIT: "pencil",
    Deed.RETRY: "refresh-cw",
    Deed.COPY_TEXT: "copy",
    Deed.COPY: "list-checks",
    Deed.DELETE: "trash-2",
}
_GROUPS = ((Deed.REPLY, Deed.EDIT, Deed.RETRY), (Deed.COPY_TEXT, Deed.COPY), (Deed.DELETE,))


class MessageMenu(RoundMenu):
    """Offers `deeds`; it goes when it closes."""

    asked = Signal(Deed)
    reacted = Signal(str)

    def __init__(self, theme: Theme, deeds: frozenset[Deed], parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.setObjectName("message_menu")
        self.setAccessibleName(self.tr("Message"))
        self.aboutToHide.connect(self.deleteLater)
        if Deed.REACT in deeds:
            self._add_reactions()
        for group in _GROUPS:
            chosen = [deed for deed in group if deed in deeds]
            if chosen and self.actions():
                self.addSeparator()
            for deed in chosen:
                self.addAction(self._action(deed))

    def _action(self, deed: Deed) -> QAction:
        color = "text.danger" if deed is Deed.DELETE else "text.secondary"
        icon = self._theme.icon(_ICONS[deed], self._theme.size["iconSmall"], color)
        # The key stands behind the tab; as a shortcut it would fire everywhere in the window.
        action = QAction(icon, f"{deed.label}\t{deed.key}" if deed.key else deed.label, self)
        action.setObjectName(f"menu_{deed.value}")
        action.triggered.connect(lambda _=False: self.asked.emit(deed))
        return action

    def _add_reactions(self) -> None:
        row = ReactionRow(self._theme, self)
        holder = QWidgetAction(self)
        holder.setDefaultWidget(row)
        row.chosen.connect(self._on_reaction_chosen)
        self.addAction(holder)

    def _on_reaction_chosen(self, emoji: str) -> None:
        self.close()
        self.reacted.emit(emoji)
