"""The menu of a message, for the mouse and the Menu key."""

from __future__ import annotations

from functools import partial
from itertools import groupby

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget, QWidgetAction

from desktop_chat.theme.menu import Menu
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.deeds import Deed
from desktop_chat.timeline.reactions import ReactionRow


class MessageMenu(Menu):
    """Offers `deeds`; it goes when it closes."""

    asked = Signal(Deed)
    reacted = Signal(str)

    def __init__(self, theme: Theme, deeds: frozenset[Deed], parent: QWidget) -> None:
        super().__init__(theme, parent, name="message_menu")
        self.setAccessibleName(self.tr("Message"))
        if Deed.REACT in deeds:
            row = self._add_reactions()
            if len(deeds) == 1:
                row.setFocus()  # there is nothing else to go to: the arrows choose at once
        offered = [deed for deed in Deed if deed in deeds and deed.group]
        for _, group in groupby(offered, lambda deed: deed.group):
            if self.actions():
                self.addSeparator()
            for deed in group:
                # The key is only shown: as a shortcut it would fire everywhere in the window.
                self.add(
                    deed.label,
                    partial(self.asked.emit, deed),
                    name=f"menu_{deed.value}",
                    icon=deed.icon,
                    keys=deed.key,
                    danger=deed is Deed.DELETE,
                )

    def _add_reactions(self) -> ReactionRow:
        row = ReactionRow(self._theme, self)
        holder = QWidgetAction(self)
        holder.setDefaultWidget(row)
        row.chosen.connect(self._on_reaction_chosen)
        self.addAction(holder)
        return row

    def _on_reaction_chosen(self, emoji: str) -> None:
        self.close()
        self.reacted.emit(emoji)
