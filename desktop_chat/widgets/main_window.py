"""The window itself: where it stands, how it is closed, and what is seen of it while its parts are loaded.

A start shows it as soon as the profile is open. What goes into it is the `Workbench`, which takes longer to load and to
make than all that is before it.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Signal
from PySide6.QtGui import QCloseEvent, QMoveEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_chat.bridge.actions import Actions
from desktop_chat.core.client import Client
from desktop_chat.models.kept import Kept
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.window_memory import WindowMemory

NARROW = 720
"""Below it one pane at a time, and the rail is a bar at the bottom: but not under a conversation."""


class MainWindow(QWidget):
    """Where it was the last time, and empty until `fill`. Whoever made it ends the program when `close_requested`
    came."""

    activated = Signal()
    """The person turned to it."""
    close_requested = Signal()

    def __init__(self, theme: Theme, actions: Actions, client: Client) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Desktop Chat")
        self.setMinimumSize(360, 320)  # so that it fits a screen of 1280 × 800 at 200 %
        self.kept = Kept(client, self)
        self.memory = WindowMemory(self, actions, self.kept)
        self._theme = theme
        self._parts: QWidget | None = None
        self._will_have_panes = bool(client.servers)
        self.memory.restore_window()

    def fill(self, parts: QWidget) -> None:
        """Shows `parts` from edge to edge, at once."""
        self._parts = parts
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(parts)
        column.activate()
        parts.show()
        self.repaint()

    # --- Qt ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground of the panes, where they will be: so that what comes is seen to fill them."""
        if self._parts is not None or not self._will_have_panes:
            return
        theme = self._theme
        painter = QPainter(self)
        rail, head, whole = theme.size["rail"], theme.size["header"], self.rect()
        is_narrow = self.width() < NARROW
        if is_narrow:
            chats = whole.adjusted(0, 0, 0, -rail)
        else:
            chats = QRect(rail, 0, self.memory.list_width or theme.size["list"], whole.height())
        painter.fillRect(whole, theme.color("bg.rail"))
        painter.fillRect(chats, theme.color("bg.list"))
        if not is_narrow:
            painter.fillRect(whole.adjusted(chats.right() + 1, 0, 0, 0), theme.color("bg.timeline"))
            painter.fillRect(chats.right() + 1, 0, 1, whole.height(), theme.color("line"))
        painter.fillRect(chats.left(), head - 1, whole.width(), 1, theme.color("line"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.activated.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.memory.remember_soon()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self.memory.remember_soon()

    def closeEvent(self, event: QCloseEvent) -> None:
        """It only asks: whoever made the window ends the program, after what was begun is done."""
        event.ignore()
        self.memory.remember_now()
        self.close_requested.emit()
