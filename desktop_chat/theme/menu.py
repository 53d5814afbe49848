"""A menu with round corners: icons that follow the theme, keys at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QBitmap, QPainter, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from desktop_chat.theme.theme import Theme


class Menu(QMenu):
    """As any QMenu, whose style sheet draws the edge; this cuts what is beyond it. `add` makes a row. Texts of other
    people are shown as they are: no "&" in them is a shortcut."""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName(name)
        self._icons: list[tuple[QAction, str, str]] = []
        theme.changed.connect(self._draw_icons)

    def add(
        self,
        text: str,
        chosen: Callable[[], object],
        *,
        name: str = "",
        icon: str = "",
        keys: str = "",
        danger: bool = False,
    ) -> QAction:
        """A row; `chosen` is called when it is taken. `keys` are only shown. A `danger` one has a red icon."""
        action = QAction(text.replace("&", "&&") + (f"\t{keys}" if keys else ""), self)
        action.setObjectName(name)
        action.triggered.connect(lambda _checked=False: chosen())
        if icon:
            self._icons.append((action, icon, "text.danger" if danger else "text.secondary"))
            self._draw_icons()
        self.addAction(action)
        return action

    def open_once(self, at: QPoint) -> None:
        """Where on the screen; it is gone when it closes."""
        self.aboutToHide.connect(self.deleteLater)
        self.popup(at)

    def _draw_icons(self) -> None:
        for action, icon, color in self._icons:
            action.setIcon(self._theme.icon(icon, self._theme.size["iconSmall"], color))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A mask, since a translucent window has black corners where nothing composes the screen.
        mask = QBitmap(self.size())
        mask.clear()
        painter = QPainter(mask)
        painter.setBrush(Qt.GlobalColor.color1)
        radius = self._theme.radius["control"]
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), radius, radius)
        painter.end()
        self.setMask(mask)
