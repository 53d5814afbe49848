"""What the window remembers of itself: where it stands, how its panes part, what was open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, QSize, QTimer
from PySide6.QtWidgets import QWidget

from chat_protocol.ids import LogId
from desktop_chat.bridge.actions import Actions
from desktop_chat.models.kept import YES, Kept
from desktop_chat.store.contract import ServerId

if TYPE_CHECKING:
    from desktop_chat.widgets.panes import Panes

_SOON_MS = 500
_GEOMETRY, _WIDTHS, _LAST, _DETAILS = "window:geometry", "window:widths", "window:conversation", "window:details"
_FIRST_SIZE = QSize(1280, 800)
_TITLE_BAR = 40
"""What the system puts above a window, so that a first one ends within a small screen."""


class WindowMemory(QObject):
    """Keeps what a person changes at `window` and its panes soon after, and restores it at the next start."""

    def __init__(self, window: QWidget, actions: Actions, kept: Kept) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._kept = kept
        self._panes: Panes | None = None
        self._timer = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._timer.timeout.connect(self._remember)

    def restore_window(self) -> None:
        geometry = self._kept.get(_GEOMETRY)
        # What is not readable, or lies where no screen is any more, Qt leaves out or moves.
        if geometry is None or not self._window.restoreGeometry(_bytes_of_text(geometry)):
            room = self._window.screen().availableSize() - QSize(0, _TITLE_BAR)
            self._window.resize(_FIRST_SIZE.boundedTo(room))

    def restore(self, panes: Panes) -> None:
        """How `panes` part; from now on that is remembered too."""
        self._panes = panes
        panes.resize(self._window.size())  # as they will be shown: they are arranged by their width
        panes.restore(self._widths(), wants_details=self._kept.get(_DETAILS) is not None)
        panes.parted.connect(self.remember_soon)
        panes.details_wanted.connect(lambda wanted: self._keep(_DETAILS, YES if wanted else None))

    @property
    def list_width(self) -> int | None:
        """Of the conversations; None if the person never changed it."""
        widths = self._widths()
        return None if widths is None else widths[0]

    def last(self) -> tuple[ServerId, LogId]:
        """The conversation that was open; of empty ids if none was."""
        server, _, log = (self._kept.get(_LAST) or "").partition(" ")
        return ServerId(server), LogId(log)

    def keep_last(self, server: ServerId, log: LogId) -> None:
        self._keep(_LAST, f"{server} {log}")

    def remember_soon(self) -> None:
        """The window was moved or is of another size."""
        self._timer.start()

    def remember_now(self) -> None:
        """What would be remembered soon."""
        if self._timer.isActive():
            self._timer.stop()
            self._remember()

    def _remember(self) -> None:
        self._keep(_GEOMETRY, _text_of_bytes(self._window.saveGeometry()))
        widths = None if self._panes is None else self._panes.widths()
        if widths is not None:
            self._keep(_WIDTHS, f"{widths[0]} {widths[1]}")

    def _widths(self) -> tuple[int, int] | None:
        """Of the conversations and the details."""
        conversations, _, details = (self._kept.get(_WIDTHS) or "").partition(" ")
        return (int(conversations), int(details)) if conversations.isdecimal() and details.isdecimal() else None

    def _keep(self, key: str, value: str | None) -> None:
        self._actions.do(self._kept.keep(key, value), name="keep")


def _text_of_bytes(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes_of_text(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii", "replace"))
