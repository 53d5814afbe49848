"""What the mouse does in the timeline: it selects, clicks, and tells what lies under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip

from desktop_chat.theme.plain_text import plain_tooltip
from desktop_chat.timeline import words
from desktop_chat.timeline.bubble import Hit, Part, RowLayout
from desktop_chat.timeline.deeds import ON_BAR, Deed
from desktop_chat.timeline.hover import HoverBar
from desktop_chat.timeline.selection import Point, Unit

if TYPE_CHECKING:
    from desktop_chat.timeline.view import TimelineView

_BUTTONS = (Part.QUOTE, Part.REACTION, Part.DEED, Part.SHOW_ALL)
_SCROLL_MS = 16
_SCROLL_SHARE = 4
"""Dragged out of the view it scrolls by this share of the distance, sixty times a second."""


class Pointer(QObject):
    """An event filter of the viewport."""

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        self._view = view
        self._at = QPointF(-1, -1)
        self._row: int | None = None
        self._hit = Hit(Part.NOTHING)
        self._pressed: tuple[int, Hit] | None = None
        """What the button went down on."""
        self._is_selecting = False
        self._double: tuple[int, QPointF] | None = None
        """When and where the last double click was."""
        self.bar = HoverBar(view.theme, view.viewport())
        self.bar.pressed.connect(self._on_bar_pressed)
        self._scroll = QTimer(view, interval=_SCROLL_MS)
        self._scroll.timeout.connect(self._on_scroll_due)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = QEvent.Type
        match event:
            case QMouseEvent() if event.type() == kind.MouseMove:
                self._moved(event)
            case QMouseEvent() if event.button() != Qt.MouseButton.LeftButton:
                return False
            case QMouseEvent() if event.type() == kind.MouseButtonPress:
                self._press(event, Unit.MESSAGE if self._is_third(event) else Unit.CHARACTER)
            case QMouseEvent() if event.type() == kind.MouseButtonDblClick:
                self._double = event.timestamp(), event.position()
                self._press(event, Unit.WORD)
            case QMouseEvent() if event.type() == kind.MouseButtonRelease:
                self._released(event)
            case QHelpEvent() if event.type() == kind.ToolTip:
                self._show_tooltip(event)
            case _ if event.type() == kind.Leave:
                self.leave()
                return False
            case _:
                return False
        return True

    def hit_in(self, row: int) -> Hit | None:
        """What of `row` the pointer is on, if it is on it."""
        return self._hit if row == self._row else None

    def leave(self) -> None:
        """Nothing lies under the pointer."""
        self._at = QPointF(-1, -1)
        self._look()

    def refresh(self) -> None:
        """Rows moved under the pointer."""
        if self._is_selecting:
            self._extend()
        self._look()

    # --- looking ----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Finds what lies under the pointer now."""
        before = self._row, self._hit
        self._row, self._hit = self._find(self._at)
        shape, viewport = self._shape(), self._view.viewport()
        if viewport.cursor().shape() != shape:
            viewport.setCursor(shape)
        if Part.LINK in (before[1].part, self._hit.part) and before != (self._row, self._hit):
            viewport.update()
        self._place_bar()

    def _find(self, at: QPointF) -> tuple[int | None, Hit]:
        view = self._view
        nothing = None, Hit(Part.NOTHING)
        if not view.viewport().rect().contains(at.toPoint()):
            return nothing
        row = view.stage.row_at(at.y())
        layout = view.stage.layout(row) if row is not None else None
        if row is None or layout is None:
            return nothing
        return row, layout.hit(view.stage.in_row(row, at))

    def _shape(self) -> Qt.CursorShape:
        if self._hit.part in _BUTTONS or self._hit.part is Part.LINK:
            return Qt.CursorShape.PointingHandCursor
        is_text = self._is_selecting or self._hit.part is Part.TEXT
        return Qt.CursorShape.IBeamCursor if is_text else Qt.CursorShape.ArrowCursor

    def _place_bar(self) -> None:
        view = self._view
        bubble = view.stage.bubble(self._row) if self._row is not None and not self._is_selecting else None
        deeds = view.conduct.deeds(self._row) if self._row is not None else frozenset()
        if bubble is None or not bubble.top() <= self._at.y() <= bubble.bottom() + 1 or not deeds.intersection(ON_BAR):
            self.bar.hide()
        else:
            self.bar.show_for(bubble, view.viewport().rect(), deeds)

    def _show_tooltip(self, event: QHelpEvent) -> None:
        layout = self._view.stage.layout(self._row) if self._row is not None else None
        text = _tooltip(layout, self._hit) if layout is not None else ""
        if text:
            QToolTip.showText(event.globalPos(), plain_tooltip(text), self._view.viewport())
        else:
            QToolTip.hideText()

    # --- clicking and selecting -------------------------------------------------------------------------------

    def _press(self, event: QMouseEvent, unit: Unit) -> None:
        view = self._view
        self._at = event.position()
        row, hit = self._find(self._at)
        self._pressed = (row, hit) if row is not None else None
        view.touch(row)
        if hit.part in _BUTTONS:
            return
        point = self._point()
        if point is None:
            return
        text = self._text(point.row)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and view.selection.anchor is not None:
            view.selection.drag(point, text)
        else:
            view.selection.press(point, text, unit)
        self._is_selecting = True
        self._look()
        view.viewport().update()

    def _is_third(self, event: QMouseEvent) -> bool:
        if self._double is None:
            return False
        at_ms, where = self._double
        self._double = None
        near = (event.position() - where).manhattanLength() < QApplication.startDragDistance()
        return near and event.timestamp() - at_ms < QApplication.doubleClickInterval()

    def _moved(self, event: QMouseEvent) -> None:
        self._at = event.position()
        if self._is_selecting and event.buttons() & Qt.MouseButton.LeftButton:
            self._extend()
            if 0 <= self._at.y() < self._view.viewport().height():
                self._scroll.stop()
            elif not self._scroll.isActive():
                self._scroll.start()
            return
        self._look()

    def _extend(self) -> None:
        point = self._point()
        if point is not None:
            self._view.selection.drag(point, self._text(point.row))
            self._view.viewport().update()

    def _released(self, event: QMouseEvent) -> None:
        self._at = event.position()
        self._scroll.stop()
        was_selecting, self._is_selecting = self._is_selecting, False
        pressed, self._pressed = self._pressed, None
        row, hit = self._find(self._at)
        if pressed == (row, hit) and row is not None and self._view.selection.is_empty | (not was_selecting):
            self._view.conduct.click(row, hit)
        self._look()

    def _on_scroll_due(self) -> None:
        height = self._view.viewport().height()
        over = self._at.y() if self._at.y() < 0 else max(0.0, self._at.y() - height)
        if over:
            self._view.scroll_by(round(over / _SCROLL_SHARE) or (1 if over > 0 else -1))

    def _point(self) -> Point | None:
        """The gap between characters that is nearest to the pointer."""
        view = self._view
        row = view.stage.row_at(self._at.y())
        if row is None:
            return None
        layout = view.stage.layout(row)
        return Point(row, layout.position_at(view.stage.in_row(row, self._at)) if layout is not None else 0)

    def _text(self, row: int) -> str:
        layout = self._view.stage.layout(row)
        return layout.content.text if layout is not None else ""

    def _on_bar_pressed(self, deed: Deed) -> None:
        if self._row is not None:
            self._view.conduct.do(deed, self._row)


def _tooltip(layout: RowLayout, hit: Hit) -> str:
    content = layout.content
    match hit.part:
        case Part.STATE if content.state is not None:
            return f"{content.state.heading}\n{content.state.text}"
        case Part.STATE:
            return words.full(content.at)
        case Part.LINK:
            return hit.value
        case Part.REACTION:
            return next((one.names for one in content.reactions if one.emoji == hit.value), "")
    return ""
