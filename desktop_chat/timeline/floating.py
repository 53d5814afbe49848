"""The button that floats over the messages and jumps to the newest one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from desktop_chat.theme.shapes import paint_box, paint_shadow
from desktop_chat.theme.theme import Theme

SHADOW = 6
"""How far the shadow reaches."""
_JUMP = 36


class JumpButton(QAbstractButton):
    """Down to the newest message; a badge counts those that came below what is shown."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("jump_to_bottom")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._theme = theme
        self._count = 0
        self.resize(self.sizeHint())
        self._retranslate()
        theme.changed.connect(self.update)

    @property
    def count(self) -> int:
        return self._count

    def set_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self._retranslate()
            self.update()

    def _retranslate(self) -> None:
        if self._count:
            self.setAccessibleName(self.tr("Jump to the newest message, %n new", "", self._count))
        else:
            self.setAccessibleName(self.tr("Jump to the newest message"))

    def sizeHint(self) -> QSize:
        return QSize(_JUMP + 2 * SHADOW, _JUMP + self._badge() // 2 + 2 * SHADOW)

    def _badge(self) -> int:
        return self._theme.size["badge"]

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        top = SHADOW + self._badge() // 2
        disc = QRectF(SHADOW, top, _JUMP, _JUMP)
        paint_shadow(painter, theme, disc, _JUMP / 2, SHADOW)
        paint_box(painter, theme, disc, _JUMP / 2, "bg.raised", "line")
        if self.hasFocus():
            paint_box(painter, theme, disc, _JUMP / 2, edge="focus", width=theme.size["focusWidth"])
        size = theme.size["iconRail"]
        color = "text" if self.underMouse() else "text.secondary"
        pixmap = theme.pixmap("chevron-down", size, color, self.devicePixelRatioF())
        painter.drawPixmap(disc.center() - QPointF(size / 2, size / 2), pixmap)
        if self._count:
            self._paint_badge(painter, disc)

    def _paint_badge(self, painter: QPainter, disc: QRectF) -> None:
        theme, size = self._theme, self._badge()
        text = self.locale().toString(self._count) if self._count < 1000 else "999+"
        painter.setFont(theme.font("captionStrong", tabular=True))
        width = max(size, painter.fontMetrics().horizontalAdvance(text) + 10)
        badge = QRectF(disc.center().x() - width / 2, disc.top() - size / 2, width, size)
        paint_box(painter, theme, badge, size / 2, "accent")
        painter.setPen(theme.color("text.onAccent"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
