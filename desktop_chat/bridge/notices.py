"""From the core to the screen: what happened, gathered into one batch a frame."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from desktop_chat.core.effects import Notice
from desktop_chat.core.server import Server

FRAME_MS = 16


class Notices(QObject):
    """`client.on_notice = notices.add`; the views read `happened`."""

    happened = Signal(list)
    """A list of `(Server, Notice)` in the order in which they came, never empty.

    It comes when all that one commit brought about is together, and before anything is painted; within a frame of the
    batch before, at the end of that frame.
    """

    _due = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._batch: list[tuple[Server, Notice]] = []
        self._since_last = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tell)
        self._due.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def add(self, server: Server, notice: Notice) -> None:
        self._batch.append((server, notice))
        if len(self._batch) > 1:
            return
        left_ms = FRAME_MS - self._since_last.elapsed() if self._since_last.isValid() else 0
        if left_ms > 0:
            self._timer.start(left_ms)
        else:
            self._due.emit()

    def _tell(self) -> None:
        batch, self._batch = self._batch, []
        self._since_last.start()
        self.happened.emit(batch)
