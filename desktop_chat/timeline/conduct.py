"""What is done to messages: the deeds, by whichever way a person asked for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication

from chat_protocol.events import Role
from chat_protocol.ids import Ref, is_dm
from desktop_chat.timeline import words
from desktop_chat.timeline.bubble import Hit, Part
from desktop_chat.timeline.deeds import Deed, possible
from desktop_chat.timeline.menu import MessageMenu
from desktop_chat.timeline.reactions import USUAL
from desktop_chat.timeline.selection import plain_text

if TYPE_CHECKING:
    from desktop_chat.timeline.view import TimelineView


class Conduct:
    def __init__(self, view: TimelineView) -> None:
        self._view = view

    def deeds(self, row: int) -> frozenset[Deed]:
        """What can be done to the message of `row`; none if it is not here."""
        layout, messages = self._view.stage.layout(row), self._view.messages
        if layout is None or messages is None:
            return frozenset()
        role = messages.author(messages.server.me).role
        moderates = role in (Role.HOST, Role.MODERATOR) and not is_dm(messages.log)
        deeds = possible(layout.content, moderates=moderates, is_closed=messages.is_closed)
        return deeds if self._view.selection.is_empty else deeds | {Deed.COPY}

    def do(self, deed: Deed, row: int, *, by_key: bool = False) -> None:
        """Does it to the message of `row`, if it can be done. `by_key`: a menu is opened as for the keyboard."""
        view, layout = self._view, self._view.stage.layout(row)
        if layout is None or deed not in self.deeds(row):
            return
        item = layout.content.item
        match deed:
            case Deed.REPLY:
                view.reply_requested.emit(item.shown.ref)
            case Deed.EDIT:
                view.edit_requested.emit(item.shown.ref)
            case Deed.DELETE:
                view.delete_requested.emit(item.shown.ref)
            case Deed.RETRY if item.place is not None:
                view.retry_requested.emit(item.place)
            case Deed.COPY_TEXT:
                QGuiApplication.clipboard().setText(item.shown.said)
            case Deed.COPY:
                self.copy()
            case Deed.REACT:
                # There is nothing else to go to, so the arrows choose at once.
                self._open(row, frozenset({Deed.REACT}), None, by_key=True)
            case Deed.MORE:
                self.open_menu(row, None, by_key=by_key)

    def react(self, row: int, emoji: str) -> None:
        """Takes an own reaction back, or gives one."""
        layout = self._view.stage.layout(row)
        if layout is None or Deed.REACT not in self.deeds(row):
            return
        if layout.content.takes(emoji):
            mine = any(one.emoji == emoji and one.is_mine for one in layout.content.reactions)
            self._view.react_requested.emit(layout.content.item.shown.ref, emoji, not mine)
        else:  # others were quicker while the menu was open: now it says so
            self.do(Deed.REACT, row)

    def click(self, row: int, hit: Hit) -> None:
        """A part of a message that does something was clicked."""
        view, layout = self._view, self._view.stage.layout(row)
        if layout is None:
            return
        match hit.part:
            case Part.LINK:
                view.link_activated.emit(hit.value)
            case Part.REACTION:
                self.react(row, hit.value)
            case Part.SHOW_ALL:
                view.stage.show_in_full(row)
            case Part.QUOTE if layout.content.quote is not None:
                view.scroll_to(layout.content.quote.ref)
            case Part.DEED:
                self.do(Deed[hit.value], row)

    def copy(self) -> None:
        """What is selected, as readable text; else the current message."""
        view, messages = self._view, self._view.messages
        rows = view.selection.rows
        if messages is None:
            return
        if rows is None:
            if view.current is not None:
                self.do(Deed.COPY_TEXT, view.current)
            return
        when = words.Times(view.zone)
        QGuiApplication.clipboard().setText(plain_text(view.selection, messages.lines(*rows), when.full))

    def open_menu(self, row: int, at: QPoint | None, *, by_key: bool = False) -> None:
        """All that can be done, `at` a point of the screen or at the message."""
        self._open(row, self.deeds(row), at, by_key=by_key)

    def _open(self, row: int, deeds: frozenset[Deed], at: QPoint | None, *, by_key: bool) -> None:
        view, bubble, layout = self._view, self._view.stage.bubble(row), self._view.stage.layout(row)
        if not deeds or bubble is None or layout is None:
            return
        ref = layout.content.item.shown.ref
        emoji = [one for one in USUAL if layout.content.takes(one)]
        menu = MessageMenu(view.theme, deeds, emoji, view)
        menu.asked.connect(lambda deed: self._at_row_of(ref, lambda row: self.do(deed, row)))
        menu.reacted.connect(lambda emoji: self._at_row_of(ref, lambda row: self.react(row, emoji)))
        visible = bubble.intersected(view.viewport().rect())
        menu.open_once(at if at is not None else view.viewport().mapToGlobal(visible.center()), by_key=by_key)

    def _at_row_of(self, ref: Ref, act: Callable[[int], None]) -> None:
        """While a menu was open, what waits may have moved on by some rows."""
        row = self._view.messages.row_of(ref) if self._view.messages is not None else None
        if row is not None:
            act(row)
