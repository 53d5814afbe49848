"""A scroll bar over the content: it takes no room, and is seen while one scrolls or is near it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from desktop_chat.theme.theme import Theme

_MARGIN = 3
_LEAST_THUMB = 32
_SEEN_FOR_MS = 900
"""After the last movement."""


class OverlayScrollBar(QWidget):
    """Stands in for the vertical bar of `area`, whose values it shows and sets. Owned by the area."""

    def __init__(self, theme: Theme, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._theme = theme
        self._area = area
        self._bar = area.verticalScrollBar()
        self._near = False
        self._held_at: float | None = None
        """How far below the top of the thumb it is held."""
        self._seen = QTimer(self, singleShot=True, interval=_SEEN_FOR_MS)
        self._seen.timeout.connect(self.update)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bar.valueChanged.connect(self._on_moved)
        self._bar.rangeChanged.connect(self._on_range_changed)
        theme.changed.connect(self.update)
        area.installEventFilter(self)
        self._place()
        self._on_range_changed(self._bar.minimum(), self._bar.maximum())

    @property
    def is_seen(self) -> bool:
        """There is something to scroll, and somebody does or is about to."""
        at_work = self._near or self._held_at is not None or self._seen.isActive()
        return at_work and self._bar.maximum() > self._bar.minimum()

    @property
    def thumb(self) -> QRectF:
        """Where it is drawn, whether it is seen or not."""
        span = self._bar.maximum() - self._bar.minimum()
        track = self.height() - 2 * _MARGIN
        length = max(_LEAST_THUMB, track * self._bar.pageStep() / (span + self._bar.pageStep() or 1))
        done = (self._bar.value() - self._bar.minimum()) / (span or 1)
        return QRectF(_MARGIN, _MARGIN + (track - length) * done, self._theme.size["scrollThumb"], length)

    # --- inside -----------------------------------------------------------------------------------------------

    def _on_moved(self) -> None:
        self._seen.start()
        self.update()

    def _on_range_changed(self, least: int, most: int) -> None:
        self.setVisible(most > least)  # else it would keep clicks from what lies below
        self.update()

    def _place(self) -> None:
        width = self._theme.size["scrollThumb"] + 2 * _MARGIN
        self.setGeometry(self._area.width() - width, 0, width, self._area.height())
        self.raise_()

    def _drag(self, y: float, held_at: float) -> None:
        thumb = self.thumb
        room = self.height() - 2 * _MARGIN - thumb.height()
        done = (y - held_at - _MARGIN) / room if room > 0 else 0.0
        span = self._bar.maximum() - self._bar.minimum()
        self._bar.setValue(self._bar.minimum() + round(span * min(1.0, max(0.0, done))))

    # --- Qt ---------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False

    def enterEvent(self, event: QEnterEvent) -> None:
        self._near = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._near = False
        self._on_moved()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        y, thumb = event.position().y(), self.thumb
        on_thumb = thumb.top() <= y <= thumb.bottom()
        self._held_at = y - thumb.top() if on_thumb else thumb.height() / 2
        self._drag(y, self._held_at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held_at is not None:
            self._drag(event.position().y(), self._held_at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held_at = None
        self._on_moved()

    def wheelEvent(self, event: QWheelEvent) -> None:
        QCoreApplication.sendEvent(self._area.viewport(), event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.is_seen:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        held = self._held_at is not None
        painter.setBrush(self._theme.color("text.faint" if held else "scroll.thumb"))
        thumb = self.thumb
        painter.drawRoundedRect(thumb, thumb.width() / 2, thumb.width() / 2)
