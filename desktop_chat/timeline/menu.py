"""The menu of a message, for the mouse and the Menu key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget, QWidgetAction

from chat_protocol import limits
from desktop_chat.theme.menu import Menu
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.deeds import Deed
from desktop_chat.timeline.reactions import USUAL, ReactionRow


class MessageMenu(Menu):
    """Offers `deeds`, and to react with `emoji`, those of `USUAL` that the message takes. It goes when it closes."""

    asked = Signal(Deed)
    reacted = Signal(str)

    def __init__(self, theme: Theme, deeds: frozenset[Deed], emoji: Sequence[str], parent: QWidget) -> None:
        super().__init__(theme, parent, name="message_menu")
        self.setAccessibleName(self.tr("Message"))
        if Deed.REACT in deeds:
            self._add_reactions(emoji)
        offered = [deed for deed in Deed if deed in deeds and deed.group]
        for _, group in groupby(offered, lambda deed: deed.group):
            if self.actions():
                self.addSeparator()
            for deed in group:
                self.add(
                    deed.label,
                    partial(self.asked.emit, deed),
                    name=f"menu_{deed.value}",
                    icon=deed.icon,
                    keys=deed.key,
                    danger=deed is Deed.DELETE,
                )

    def _add_reactions(self, emoji: Sequence[str]) -> None:
        if emoji:
            row = ReactionRow(self._theme, emoji, self)
            holder = QWidgetAction(self)
            holder.setText(Deed.REACT.label)
            holder.setDefaultWidget(row)
            row.chosen.connect(self._on_reaction_chosen)
            self.addAction(holder)
        if len(emoji) < len(USUAL):
            said = self.tr("It has {count} different emoji: no other one fits.").format(count=limits.REACTIONS)
            self.addAction(said).setEnabled(False)

    def _on_reaction_chosen(self, emoji: str) -> None:
        self.close()
        self.reacted.emit(emoji)
