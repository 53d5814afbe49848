"""A menu with round corners: icons that follow the theme, keys in a column at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QBitmap, QIcon, QKeySequence, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QMenu, QStyleOptionMenuItem, QWidget, QWidgetAction

from desktop_chat.theme.theme import Theme


class Menu(QMenu):
    """As any QMenu, whose style sheet draws the edge; this cuts what is beyond it, and paints the keys. `add` makes a
    row. Texts of other people are shown as they are: no "&" in them is a shortcut."""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName(name)
        self._icons: list[tuple[QAction, str, str]] = []
        self._dangers: set[QAction] = set()
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
        """A row; `chosen` is called when it is taken. `keys` are only shown. A `danger` one is red."""
        action = QAction(text.replace("&", "&&"), self)
        action.setObjectName(name)
        action.setIconVisibleInMenu(True)
        if keys:
            action.setShortcut(QKeySequence(keys, QKeySequence.SequenceFormat.NativeText))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # of the menu: Qt never lets it fire there
            action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda _checked=False: chosen())
        if danger:
            self._dangers.add(action)
        if icon:
            self._icons.append((action, icon, "text.danger" if danger else "text.secondary"))
            self._draw_icons()
        self.addAction(action)
        return action

    def open_once(self, at: QPoint, *, by_key: bool = False) -> None:
        """Where on the screen; it is gone when it closes. `by_key`: its first row is chosen, which is heard."""
        self.aboutToHide.connect(self.deleteLater)
        self.popup(at)
        first = next((one for one in self.actions() if one.isEnabled() and not one.isSeparator()), None)
        if by_key and first is not None:
            self.setActiveAction(first)
            if isinstance(first, QWidgetAction):
                first.defaultWidget().setFocus(Qt.FocusReason.TabFocusReason)  # as Qt does when an arrow leads there

    def _draw_icons(self) -> None:
        for action, icon, color in self._icons:
            action.setIcon(self._icon(icon, color))

    def _icon(self, name: str, color: str) -> QIcon:
        return self._theme.icon(name, self._theme.size["iconSmall"], color)

    def initStyleOption(self, option: QStyleOptionMenuItem, action: QAction) -> None:
        """Of a row: without its keys, which the style would set in the middle of the column, and like the text."""
        super().initStyleOption(option, action)
        option.text = option.text.partition("\t")[0]
        if option.menuHasCheckableItems:
            # The style's own mark is a bitmap of 9 px: another stands where icons do.
            option.menuHasCheckableItems = False
            option.checkType = QStyleOptionMenuItem.CheckType.NotCheckable
            option.maxIconWidth = self._theme.size["iconSmall"] + 4  # as Qt reckons it
            if action.isChecked():
                option.icon = self._icon("check", "text")
        if action in self._dangers:
            palette = QPalette(option.palette)
            palette.setColor(QPalette.ColorRole.ButtonText, self._theme.color("text.danger"))
            option.palette = palette

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(self._theme.font("caption"))
        painter.setPen(self._theme.color("text.faint"))
        for action in self.actions():
            column = self.actionGeometry(action).adjusted(0, 0, -self._theme.space["8"], 0)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            painter.drawText(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, keys)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A mask, since a translucent window has black corners where nothing composes the screen.
        mask = QBitmap(self.size())
        mask.clear()
        painter = QPainter(mask)
        painter.setBrush(Qt.GlobalColor.color1)
        radius = self._theme.radius["dialog"]
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), radius, radius)
        painter.end()
        self.setMask(mask)
