"""What floats over the messages: its ground with a shadow, and the button that jumps to the newest message."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QWidget

from desktop_chat.theme.theme import Theme

SHADOW = 6
"""How far the shadow reaches."""
_JUMP = 36


class Ground:
    """The ground of what floats: a shadow that grows soft by layers, the raised colour and a line. Drawn once."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._drawn = QPixmap()
        self._key: object = None

    def paint(self, painter: QPainter, rect: QRectF, radius: float) -> None:
        """Around and in `rect`; the shadow takes SHADOW px more."""
        dpr = painter.device().devicePixelRatioF()
        key = rect.size().toTuple(), radius, dpr, self._theme.name
        if key != self._key:
            self._key = key
            whole = QRectF(0, 0, rect.width() + 2 * SHADOW, rect.height() + 2 * SHADOW)
            self._drawn = QPixmap((whole.size() * dpr).toSize())
            self._drawn.setDevicePixelRatio(dpr)
            self._drawn.fill(Qt.GlobalColor.transparent)
            with QPainter(self._drawn) as on_ground:
                self._draw(on_ground, whole.adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW), radius)
        painter.drawPixmap(rect.topLeft() - QPointF(SHADOW, SHADOW), self._drawn)

    def _draw(self, painter: QPainter, rect: QRectF, radius: float) -> None:
        theme = self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if not theme.is_contrast:
            layer = QColor(theme.color("shadow"))
            layer.setAlphaF(layer.alphaF() / SHADOW)
            painter.setBrush(layer)
            for reach in range(SHADOW - 1):
                grown = rect.translated(0, 2).adjusted(-reach, -reach, reach, reach)
                painter.drawRoundedRect(grown, radius + reach, radius + reach)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("bg.raised"))
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)


class JumpButton(QAbstractButton):
    """Down to the newest message; a badge counts those that came below what is shown."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("jump_to_bottom")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._theme = theme
        self._ground = Ground(theme)
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
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = SHADOW + self._badge() // 2
        disc = QRectF(SHADOW, top, _JUMP, _JUMP)
        self._ground.paint(painter, disc, _JUMP / 2)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("focus"), theme.size["focusWidth"]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(disc.adjusted(1, 1, -1, -1))
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
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawRoundedRect(badge, size / 2, size / 2)
        painter.setPen(theme.color("text.onAccent"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
