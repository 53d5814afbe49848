"""The desktop program, told by lines what a person does: `python -m tests.e2e.driven [arguments of desktop-chat]`.

It is the program as it is; what is added hears of its loop and its events. An order is a JSON object on a line of
stdin; the answer is one on stdout, in order. Widgets are named by their objectName; of several visible ones
the topmost is meant.

    {"do": "click", "name": N}                    as by the left button; waits until it is visible and enabled
    {"do": "type", "name": N, "text": T, "enter": B}
    {"do": "fill", "name": N, "text": T}          instead of what stands there
    {"do": "key", "keys": "Ctrl+K"}               to what has the focus
    {"do": "scroll", "name": N, "to": X}          as by its bar; 0 is the top, 1 the bottom
    {"do": "wait", "name": N, "says": T}          until N is visible and says T; without T until it is visible
    {"do": "empty", "name": N}                    until nothing is written in N
    {"do": "gone", "name": N}                     until it is not visible
    {"do": "read", "name": N}                     what it says: its text, value, and what its items say
    {"do": "dump"}                                all visible named widgets and what they say
    {"do": "clipboard"} {"do": "paste", "text": T}
    {"do": "grab", "file": F}                     a picture of the window
    {"do": "modules"}                             what was imported before the window was first painted
    {"do": "close"}                               as by the window's cross
    {…, "guard_s": S}                             what comes about later than that is an error
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QInputMethodEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from desktop_chat import __main__ as program
from desktop_chat.bridge import loop
from desktop_chat.bridge.sink import ErrorSink
from tests.waiting import woken

GUARD_S = 30.0
"""Against hanging: ten times what anything here takes."""
_ITEMS = 200
"""So many items of a list are read at most."""


class Driver(QObject):
    def __init__(self, app: QApplication) -> None:
        super().__init__()
        self._app = app
        self._changed = asyncio.Event()
        self._first_paint: set[str] | None = None
        app.installEventFilter(self)

    async def run(self) -> None:
        """Until stdin ends."""
        orders: asyncio.Queue[str | None] = asyncio.Queue()
        running = asyncio.get_running_loop()

        def read() -> None:
            for line in sys.stdin:
                running.call_soon_threadsafe(orders.put_nowait, line)

        threading.Thread(target=read, daemon=True).start()
        while (line := await orders.get()) is not None:
            order = json.loads(line)
            try:
                async with asyncio.timeout(order.get("guard_s", GUARD_S)):
                    answer = await self._obey(order)
            except TimeoutError:
                answer = {"error": "it did not come about", "seen": self._dump()}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Whatever a person could see change is painted."""
        if event.type() == QEvent.Type.Paint:
            if self._first_paint is None:
                self._first_paint = set(sys.modules)
            self._changed.set()
        elif event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.EnabledChange):
            self._changed.set()
        return False

    async def _obey(self, order: dict[str, Any]) -> dict[str, Any]:
        name = order.get("name", "")
        match order["do"]:
            case "click":
                await self._until(lambda: (widget := self._find(name)) is not None and widget.isEnabled())
                QTest.mouseClick(self._found(name), Qt.MouseButton.LeftButton)
            case "type":
                await self._until(lambda: self._find(name) is not None)
                self._type(self._found(name), order["text"])
                if order.get("enter"):
                    QTest.keyClick(self._found(name), Qt.Key.Key_Return)
            case "fill":
                await self._until(lambda: self._find(name) is not None)
                QTest.keySequence(self._found(name), QKeySequence(QKeySequence.StandardKey.SelectAll))
                self._type(self._found(name), order["text"])
            case "key":
                QTest.keySequence(self._app.focusWidget() or self._top(), QKeySequence(order["keys"]))
            case "scroll":
                area = self._found(name)
                assert isinstance(area, QAbstractScrollArea)
                bar = area.verticalScrollBar()
                bar.setValue(bar.minimum() + round(order["to"] * (bar.maximum() - bar.minimum())))
            case "wait":
                says = order.get("says", "")
                await self._until(lambda: (widget := self._find(name)) is not None and says in said_by(widget))
            case "empty":
                await self._until(lambda: (widget := self._find(name)) is not None and not _written(widget))
            case "gone":
                await self._until(lambda: self._find(name) is None)
            case "read":
                return {"said": said_by(self._found(name))}
            case "dump":
                return {"widgets": self._dump()}
            case "clipboard":
                return {"text": self._app.clipboard().text()}
            case "paste":
                self._app.clipboard().setText(order["text"])
            case "grab":
                return {"saved": self._top().grab().save(order["file"])}
            case "modules":
                await self._until(lambda: self._first_paint is not None)
                return {"modules": sorted(self._first_paint or ())}
            case "close":
                self._top().close()
            case other:
                return {"error": f"no such order: {other}"}
        return {}

    def _dump(self) -> dict[str, str]:
        return {one.objectName(): said_by(one) for one in self._visible() if one.objectName()}

    # --- finding ----------------------------------------------------------------------------------------------

    def _visible(self) -> Iterator[QWidget]:
        """The topmost window last, and in it what lies over the rest."""
        tops = [one for one in self._app.topLevelWidgets() if one.isVisible()]
        active = self._app.activePopupWidget() or self._app.activeModalWidget()
        for top in sorted(tops, key=lambda one: one is active):
            yield top
            yield from (one for one in top.findChildren(QWidget) if one.isVisible())

    def _find(self, name: str) -> QWidget | None:
        found = None
        for widget in self._visible():
            if widget.objectName() == name:
                found = widget
        return found

    def _found(self, name: str) -> QWidget:
        widget = self._find(name)
        assert widget is not None, f"{name} is not visible"
        return widget

    def _top(self) -> QWidget:
        return next(one for one in self._app.topLevelWidgets() if one.isVisible() and one.isWindow())

    def _type(self, widget: QWidget, text: str) -> None:
        """As an input method does: any character there is."""
        target = widget.focusProxy() or widget
        target.setFocus()
        event = QInputMethodEvent()
        event.setCommitString(text)
        self._app.sendEvent(target, event)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await woken(self._changed)


def said_by(widget: QWidget) -> str:
    """As a screen reader says it: name, value and description, then those of the items."""
    interface = QAccessible.queryAccessibleInterface(widget)
    items = [interface.child(index) for index in range(min(interface.childCount(), _ITEMS))]
    return "\n".join(filter(None, map(_said, [interface, *items])))


def _said(interface: QAccessibleInterface) -> str:
    kinds = (QAccessible.Text.Name, QAccessible.Text.Value, QAccessible.Text.Description)
    return " ".join(dict.fromkeys(filter(None, (interface.text(kind) for kind in kinds))))


def _written(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget.focusProxy() or widget).text(QAccessible.Text.Value)


def main() -> None:
    run = loop.run

    def driven_run(app: QApplication, work: Coroutine[Any, Any, Any], sink: ErrorSink) -> Any:
        driver = Driver(app)

        async def both() -> Any:
            driving = asyncio.get_running_loop().create_task(driver.run())
            try:
                return await work
            finally:
                driving.cancel()

        return run(app, both(), sink)

    loop.run = driven_run  # type: ignore[assignment]
    program.main()


if __name__ == "__main__":
    main()
