"""The menu of a message, for the mouse and the Menu key."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget, QWidgetAction

from desktop_chat.theme.round_menu import RoundMenu
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.deeds import Deed
from desktop_chat.timeline.reactions import ReactionRow


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
        offered = [deed for deed in Deed if deed in deeds and deed.group]
        for _, group in groupby(offered, lambda deed: deed.group):
            if self.actions():
                self.addSeparator()
            self.addActions([self._action(deed) for deed in group])

    def _action(self, deed: Deed) -> QAction:
        color = "text.danger" if deed is Deed.DELETE else "text.secondary"
        icon = self._theme.icon(deed.icon, self._theme.size["iconSmall"], color)
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
