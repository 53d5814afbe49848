"""The timeline for who does not see it: a list, whose items are the messages on screen.

Where Qt's C++ takes a null, PySide6 takes None, which its stubs do not say.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QPoint, QRect, QSize, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
    QWindow,
)
from PySide6.QtWidgets import QAccessibleWidget

if TYPE_CHECKING:
    from desktop_chat.timeline.view import TimelineView

PAUSE_MS = 1_000
_ANNOUNCED = 3
"""More new messages at once are not spoken by themselves."""


@cache
def install() -> None:
    """Lets Qt ask here for timelines. It is asked once in a process."""
    QAccessible.installFactory(_interface_of)


def current_changed(view: TimelineView, row: int) -> None:
    """Tells that keys act on the message of `row` now."""
    if not QAccessible.isActive():
        return
    event = QAccessibleEvent(view, QAccessible.Event.Focus)
    event.setChild(next((i for i, one in enumerate(view.stage.placed) if one.row == row), -1))
    QAccessible.updateAccessibility(event)


def scrolled(view: TimelineView) -> None:
    """Tells that other messages are on screen."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleEvent(view, QAccessible.Event.ObjectReorder))


class Announcer:
    """Speaks of new messages of others when nothing else is spoken: a few by themselves, of many how many they are.
    What comes within `PAUSE_MS` after it spoke is gathered until then."""

    def __init__(self, view: TimelineView) -> None:
        self._view = view
        self._count = 0
        self._spoken: list[str] = []
        """Of the last of them."""
        self._pause = QTimer(view, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._speak)

    def add(self, rows: range) -> None:
        if not QAccessible.isActive():
            return
        layouts = [self._view.stage.layout(row) for row in rows[-_ANNOUNCED:]]  # those above are only counted
        spoken = [one.content.spoken for one in layouts if one is not None and not one.content.is_own]
        self._count += len(rows[:-_ANNOUNCED]) + len(spoken)
        self._spoken = [*self._spoken, *spoken][-_ANNOUNCED:]
        if not self._pause.isActive():
            self._speak()

    def clear(self) -> None:
        """What was gathered is not spoken of."""
        self._count, self._spoken = 0, []

    def _speak(self) -> None:
        spoken = self._spoken
        if self._count > _ANNOUNCED:
            spoken = [QCoreApplication.translate("Timeline", "%n new messages", "", self._count)]
        self.clear()
        for one in spoken:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._view, one))
        if spoken:
            self._pause.start()


class TimelineInterface(QAccessibleWidget):
    def __init__(self, view: TimelineView) -> None:
        super().__init__(view, QAccessible.Role.List)
        self._view = view
        self._items: dict[int, tuple[int, MessageInterface]] = {}
        """By row, with the id that Qt knows it by."""

    def childCount(self) -> int:
        return len(self._view.stage.placed)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        placed = self._view.stage.placed
        if not 0 <= index < len(placed):
            return None
        row = placed[index].row
        if row not in self._items:
            self._forget([one.row for one in placed])
            item = MessageInterface(self._view, self, row)
            self._items[row] = QAccessible.registerAccessibleInterface(item), item
        return self._items[row][1]

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        for index in range(self.childCount()):
            child = self.child(index)
            if child is not None and child.rect().contains(x, y):
                return child
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        if not isinstance(child, MessageInterface):
            return -1
        return next((i for i, one in enumerate(self._view.stage.placed) if one.row == child.row), -1)

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        current = self._view.current
        index = next((i for i, one in enumerate(self._view.stage.placed) if one.row == current), -1)
        return self.child(index)

    def end(self) -> None:
        """The view is no more."""
        self._forget(())

    def _forget(self, on_screen: Collection[int]) -> None:
        """Ends the items of all rows but these. Qt keeps what was registered and must be told before it is gone."""
        for row in self._items.keys() - set(on_screen):
            number, _item = self._items.pop(row)
            QAccessible.deleteAccessibleInterface(number)  # while `_item` is alive: Qt looks at it


class MessageInterface(QAccessibleInterface):
    def __init__(self, view: TimelineView, owner: TimelineInterface, row: int) -> None:
        super().__init__()
        self.row = row
        self._view = view
        self._owner = owner

    def isValid(self) -> bool:
        return self._view.stage.find(self.row) is not None

    def object(self) -> QObject | None:  # type: ignore[override]
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self._view.window().windowHandle()

    def parent(self) -> QAccessibleInterface:
        return self._owner

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.focusable = True
        state.focused = self._view.current == self.row and self._view.hasFocus()
        return state

    def rect(self) -> QRect:
        viewport, placed = self._view.viewport(), self._view.stage.find(self.row)
        if placed is None:
            return QRect()
        return QRect(viewport.mapToGlobal(QPoint(0, placed.top)), QSize(viewport.width(), placed.height))

    def text(self, kind: QAccessible.Text) -> str:
        layout = self._view.stage.layout(self.row)
        if kind != QAccessible.Text.Name or layout is None:
            return ""
        return layout.content.spoken_in_place(self._view.today)

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Messages are not written in here."""


def _interface_of(_name: str, thing: QObject) -> QAccessibleInterface | None:
    """Another one each time: Qt asks anew when the class of a thing has changed, as PySide6 changes it when one of its
    slots is first connected, and it deletes each that it was given. Until then each must live: the connection holds it.
    """
    from desktop_chat.timeline.view import TimelineView

    if not isinstance(thing, TimelineView):
        return None
    interface = TimelineInterface(thing)
    thing.destroyed.connect(partial(TimelineInterface.end, interface))
    return interface
