"""A window from its start: `python started.py bare`, or `python started.py program [arguments of desktop-chat]`.

On stdout a line of JSON for each thing that happened, with the time of the system's monotonic clock: `painted`, the
window's first picture, with the seconds of `cpu` used so far; and of the program `filled`, with its parts and the last
conversation painted, and `logged_in`.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


NOT_INSTALLED = ("typing_extensions",)
"""Looked for by msgspec, which does without. Tools of the tests brought it; where the program is installed it is not
there (requirements/desktop.txt), and would take 0.6 MB."""


def tell(**what: float) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def watched(window: type[QWidget]) -> type[QWidget]:
    """Such a window, which tells when it is painted.

    Nothing but its exposure is looked at: a filter that sees the events of all widgets would make Qt load what neither
    window needs.
    """
    from PySide6.QtCore import QCoreApplication, QEvent, QObject
    from PySide6.QtGui import QShowEvent

    class FirstPaint(QObject):
        def eventFilter(self, handle: QObject, event: QEvent) -> bool:
            if event.type() != QEvent.Type.Expose:
                return False
            handle.removeEventFilter(self)
            QCoreApplication.sendEvent(handle, event)  # in the course of which all widgets are painted
            tell(painted=time.monotonic(), cpu=time.process_time())
            return True

    class Watched(window):  # type: ignore[misc, valid-type]
        def showEvent(self, event: QShowEvent) -> None:
            super().showEvent(event)
            self.windowHandle().installEventFilter(FirstPaint(self))

    return Watched


def _filled(window: type[Any]) -> type[Any]:
    """Such a window of ours, which tells when its parts are painted: `fill` has done it when it returns."""

    class Filled(window):  # type: ignore[misc]
        def fill(self, parts: QWidget) -> None:
            super().fill(parts)
            tell(filled=time.monotonic())

    return Filled


def bare() -> NoReturn:
    from PySide6.QtWidgets import QApplication, QWidget

    application = QApplication(["bare"])
    window = watched(QWidget)()
    window.resize(1280, 800)
    window.show()
    sys.exit(application.exec())


def program() -> NoReturn:
    from desktop_chat import __main__

    app: Any = __main__.load_window()
    from desktop_chat.bridge.notices import Notices
    from desktop_chat.core.effects import LoggedIn, Notice
    from desktop_chat.core.server import Server

    class Watched(Notices):
        def add(self, server: Server, notice: Notice) -> None:
            super().add(server, notice)
            if isinstance(notice, LoggedIn):
                tell(logged_in=time.monotonic())

    app.Notices = Watched
    app.MainWindow = _filled(watched(app.MainWindow))
    del sys.argv[1]
    __main__.main()


if __name__ == "__main__":
    sys.modules.update(dict.fromkeys(NOT_INSTALLED))  # type: ignore[arg-type]  # None: an ImportError
    {"bare": bare, "program": program}[sys.argv[1]]()
