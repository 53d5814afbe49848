"""A window from its start: `python started.py bare`, or `python started.py program [arguments of desktop-chat]`.

On stdout a line of JSON for each thing that happened, with the time of the system's monotonic clock: `painted`, the
last widget of the window's first picture, with the seconds of `cpu` used so far; and of the program `logged_in`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


def tell(**what: float) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def tell_first_paint(application: QApplication) -> None:
    from PySide6.QtCore import QEvent, QObject, QTimer

    class FirstPaint(QObject):
        def __init__(self) -> None:
            super().__init__(application)
            self._last: float | None = None

        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                if self._last is None:
                    QTimer.singleShot(0, self._tell)  # when all widgets are painted, which is one turn
                self._last = time.monotonic()
            return False

        def _tell(self) -> None:
            application.removeEventFilter(self)
            assert self._last is not None
            tell(painted=self._last, cpu=time.process_time())

    application.installEventFilter(FirstPaint())


def bare() -> NoReturn:
    from PySide6.QtWidgets import QApplication, QWidget

    application = QApplication(["bare"])
    tell_first_paint(application)
    window = QWidget()
    window.resize(1280, 800)
    window.show()
    sys.exit(application.exec())


def program() -> NoReturn:
    from desktop_chat import __main__

    app = __main__.load_window()
    from desktop_chat.bridge import loop
    from desktop_chat.bridge.notices import Notices
    from desktop_chat.core.effects import LoggedIn, Notice
    from desktop_chat.core.server import Server

    class Watched(Notices):
        def add(self, server: Server, notice: Notice) -> None:
            super().add(server, notice)
            if isinstance(notice, LoggedIn):
                tell(logged_in=time.monotonic())

    run = loop.run

    def watched_run(application: QApplication, *rest: Any) -> Coroutine[Any, Any, Any]:
        tell_first_paint(application)
        return run(application, *rest)

    stage: Any = app
    stage.Notices = Watched
    stage = loop
    stage.run = watched_run
    del sys.argv[1]
    __main__.main()


if __name__ == "__main__":
    {"bare": bare, "program": program}[sys.argv[1]]()
