"""The painted view of a conversation: a scroll area over all its rows, of which only those on screen are laid out.

`Stage` says where rows stand and what is in them, `RowPainter` what they look like; `Pointer` and `keys` turn what a
person does into calls of this and of `Conduct`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

from PySide6.QtCore import QEasingCurve, QEvent, QPoint, QRect, QRectF, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from chat_protocol.ids import Ref
from chat_protocol.search_text import spans
from desktop_chat.models.messages import Messages
from desktop_chat.theme.scroll_bar import OverlayScrollBar
from desktop_chat.theme.theme import Theme
from desktop_chat.theme.viewport import know_viewport
from desktop_chat.timeline import accessible, keys, words
from desktop_chat.timeline.bubble import RowLayout
from desktop_chat.timeline.conduct import Conduct
from desktop_chat.timeline.content import Content
from desktop_chat.timeline.floating import SHADOW, JumpButton
from desktop_chat.timeline.metrics import Metrics
from desktop_chat.timeline.painter import RowPainter, RowState
from desktop_chat.timeline.pointer import Pointer
from desktop_chat.timeline.rows import LIMIT
from desktop_chat.timeline.selection import Selection
from desktop_chat.timeline.stage import Stage
from desktop_chat.timeline.viewport import Placed, Viewport

WHEEL_LINES = 3
"""Lines of text for a step of the wheel."""
_FLOATING_DATE_MS = 1_000
_FLASH_MS = 1_200


def _now() -> datetime:
    return datetime.now(UTC)


class TimelineView(QAbstractScrollArea):
    """Shows the `Messages` that it is given. It asks for everything by signals and changes nothing itself."""

    link_activated = Signal(str)
    """The address of a link that was clicked: whether it opens is for `links.judge`."""
    reply_requested = Signal(object)
    edit_requested = Signal(object)
    delete_requested = Signal(object)
    """Each with the `Ref` of the message. Nothing was asked of the person yet."""
    react_requested = Signal(object, str, bool)
    """`Ref`, emoji, and whether it is to stand there."""
    retry_requested = Signal(int)
    """The place of the refused outbox row."""
    read_up_to = Signal(int, int)
    """Row and seq of the last message that was on screen while the window was active."""
    not_found = Signal()
    """What `scroll_to` was to show is not shown by the server."""

    def __init__(
        self,
        theme: Theme,
        zone: tzinfo | None = None,
        now: Callable[[], datetime] = _now,
        parent: QWidget | None = None,
    ) -> None:
        """`zone`: that of the times shown; None: of this computer. `now` says which day is today."""
        super().__init__(parent)
        know_viewport(self)
        self.setObjectName("timeline")
        self.theme = theme
        self.zone = zone
        self.selection = Selection()
        self.stage = Stage(Metrics(theme), zone, self)
        self._now = now
        self._painter = RowPainter(theme, self.stage.metrics)
        self._current: int | None = None
        self._shows_ring = False
        self._coming: Callable[[], int | None] | None = None
        """Says anew which row is to be current: the one that it said is not here or not on screen yet."""
        self._places: Callable[[str], list[tuple[int, int]]] | None = None
        """Of what is sought, in a text; None: nothing is."""
        self._seen = 0
        """The last row that was on screen."""
        self._told = 0
        """The last row that `read_up_to` told of."""
        self._on_screen: list[int] = []
        self._painted: dict[int, tuple[Placed, RowLayout | None]] = {}
        """By row, what is on the screen or is about to be painted, and where."""
        self._is_over = False
        self._is_syncing = False
        self._wheel_rest = 0.0
        accessible.install()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        OverlayScrollBar(theme, self)
        self.verticalScrollBar().valueChanged.connect(self._on_bar_moved)
        self.jump_button = JumpButton(theme, self.viewport())
        self.jump_button.clicked.connect(self.jump_to_bottom)
        self.jump_button.hide()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.conduct = Conduct(self)
        self._pointer = Pointer(self)
        self._floating_date = QTimer(self, singleShot=True, interval=_FLOATING_DATE_MS)
        self._floating_date.timeout.connect(self.viewport().update)
        self._flash_row: int | None = None
        self._flash = QVariantAnimation(self, startValue=1.0, endValue=0.0, duration=_FLASH_MS)
        self._flash.valueChanged.connect(lambda _value: self.viewport().update())
        self._gliding = QVariantAnimation(self, startValue=0, endValue=0)
        self._gliding.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._gliding.valueChanged.connect(self._on_glided)
        self._left = 0
        self._arrive = self._to_bottom
        self.stage.settled.connect(self._on_settled)
        self._announcer = accessible.Announcer(self)
        self.stage.added.connect(lambda first, last: self._announcer.add(range(first, last + 1)))
        self.stage.found.connect(self._on_found)
        self.stage.moved.connect(self._on_moved)
        theme.changed.connect(self._on_theme_changed)
        self._retranslate()
        self.viewport().installEventFilter(self._pointer)

    # --- what is shown ----------------------------------------------------------------------------------------

    def show_messages(self, messages: Messages) -> None:
        """Shows a conversation from the "new messages" line on, or its end. The caller closes what was shown before."""
        self.selection.clear()
        self._current = self._flash_row = self._coming = None
        self._flash.stop()
        self._gliding.stop()
        self._seen = messages.read_row if messages.read_row is not None else messages.last_row
        self._told = 0
        self._announcer.clear()
        self.stage.show(messages)

    @property
    def messages(self) -> Messages | None:
        return self.stage.messages

    @property
    def today(self) -> date:
        return self._now().astimezone(self.zone).date()

    def set_line(self, text: str) -> None:
        """The server is away: a line says so above what waits here. Empty: it is here."""
        self.stage.set_line(text)

    def mark_found(self, query: str) -> None:
        """Marks what `query` finds, wherever it is shown; empty: no more."""
        # Kept as long as the layouts are: of a long text it takes as long as a whole picture.
        self._places = lru_cache(LIMIT)(lambda text: spans(text, query)) if query else None
        self.viewport().update()

    # --- moving -----------------------------------------------------------------------------------------------

    def scroll_to(self, target: Ref | int) -> None:
        """Shows a message with its surroundings and lights it up for a moment; one that is not here is fetched first,
        or `not_found` tells."""
        if isinstance(target, Ref):
            self.stage.look_for(target)
            return
        self._flash_row = target
        self._flash.stop()
        self._flash.start()
        self._glide(lambda: self.stage.to_row(target))

    def jump_to_bottom(self) -> None:
        self._glide(self._to_bottom)

    def _to_bottom(self) -> None:
        self.stage.move(Viewport.to_bottom)

    def scroll_by(self, px: int) -> None:
        """Down if above 0."""
        self._scrolls()
        self.stage.move(lambda place: place.scroll_by(px))

    def page(self, pages: int) -> None:
        self._scrolls()
        self.stage.move(lambda place: place.page(pages))

    def to_top(self) -> None:
        self._scrolls()
        self.stage.move(Viewport.to_top)

    def _scrolls(self) -> None:
        self._coming = None
        self._gliding.stop()
        self._floating_date.start()

    def _glide(self, arrive: Callable[[], None]) -> None:
        """Moves to where `arrive` leads; of a long way only the end is seen."""
        self._gliding.stop()
        before, height = self.stage.value, self.stage.height
        arrive()
        way = max(-height, min(height, self.stage.value - before))
        duration = self.theme.animation_ms("normal")
        if way and duration:
            self.stage.move(lambda place: place.scroll_by(-way))
            self._arrive = arrive
            self._gliding.setDuration(duration)
            self._gliding.setStartValue(-way)
            self._left = -way
            self._gliding.start()

    def _on_glided(self, left: int) -> None:
        """So far it is still to the place."""
        self.stage.move(lambda place: place.scroll_by(left - self._left))
        self._left = left
        if not left:
            self._arrive()

    # --- the current message, and what is selected --------------------------------------------------------------

    @property
    def current(self) -> int | None:
        """The row that keys act on."""
        return self._current

    def set_current(self, row: int) -> None:
        """Scrolls as far as it takes to see it."""
        if self.stage.holds(row):
            self.touch(row)
            self.stage.reveal(row)
            self.stand(lambda: self._current)

    def stand(self, find: Callable[[], int | None]) -> None:
        """Makes current the row that `find` says, of None one that covers the middle; moves nothing. While it is not
        here or not on screen yet, whatever moves asks `find` again: heights were only estimated."""
        row = find() or self.stage.row_at(self.stage.height / 2)
        if row is None:
            return
        self.touch(row)
        self._shows_ring = True
        if self.stage.find(row) is None or self.stage.layout(row) is None:
            self._coming = find
        else:
            self._tell_current()

    def _tell_current(self) -> None:
        if self._current is not None and self.hasFocus():
            accessible.current_changed(self, self._current)

    def touch(self, row: int | None) -> None:
        """The person clicked there: keys act on it from now on, without a ring around it."""
        self._current, self._shows_ring, self._coming = row, False, None
        self.viewport().update()

    def step(self, by: int) -> None:
        """Makes the next message current, 0: the same; the last one on screen if none on screen was."""
        if self._current is not None and self.stage.find(self._current) is not None:
            self.set_current(self._current + by)
        elif (last := self.stage.last_whole()) is not None:
            self.set_current(last)

    def let_go(self) -> bool:
        """Nothing selected, nothing current; whether there was anything."""
        had = not self.selection.is_empty or self._current is not None
        self.selection.clear()
        self._current = self._coming = None
        self.viewport().update()
        return had

    def select_all(self) -> None:
        if self.messages is not None and self.stage.placed:
            self.selection.select_rows(self.messages.first_row, self.messages.last_row)
            self.viewport().update()

    # --- what happens -----------------------------------------------------------------------------------------

    def _on_settled(self) -> None:
        stage, bar = self.stage, self.verticalScrollBar()
        self._is_syncing = True
        bar.setRange(0, stage.maximum)
        bar.setPageStep(max(stage.height, 1))
        bar.setSingleStep(WHEEL_LINES * stage.metrics.line)
        bar.setValue(stage.value)
        self._is_syncing = False
        if self._current is not None and (self.messages is None or self._current > self.messages.last_row):
            self._current = None
        on_screen = [one.row for one in stage.placed]
        if on_screen != self._on_screen:
            self._on_screen = on_screen
            accessible.scrolled(self)
        self._note_seen()
        below = self.messages.last_row - self._seen if self.messages is not None else 0
        self.jump_button.set_count(max(0, below))
        self.jump_button.setVisible(not stage.at_bottom)
        if self._coming is not None:
            self.stand(self._coming)
        self._pointer.refresh()
        self._repaint()

    def _repaint(self) -> None:
        """What stays is moved where it stands on the screen, only the rest is painted."""
        viewport, stage, before = self.viewport(), self.stage, self._painted
        now = self._painted = {one.row: (one, stage.layout(one.row)) for one in stage.placed}
        same = [row for row, (_, layout) in now.items() if layout is not None and before.get(row, (0, 0))[1] is layout]
        stays = {row: now[row][0].top - before[row][0].top for row in same}
        ways = set(stays.values())
        was_over, self._is_over = self._is_over, self._is_something_over()
        if len(ways) != 1 or was_over or self._is_over:
            viewport.update()
            return
        way = ways.pop()
        viewport.scroll(0, way, self._band(0, viewport.height()))
        for places, moved in ((before, way), (now, 0)):
            for row, (one, _) in places.items():
                if row not in stays:
                    viewport.update(self._band(one.top + moved, one.height))

    def _is_something_over(self) -> bool:
        """What is drawn over several rows, or floats over them, does not move with them."""
        floats = self.jump_button.isVisible() or self._pointer.bar.isVisible() or self._floating_date.isActive()
        return floats or self._ring() is not None or self._flash.state() == QVariantAnimation.State.Running

    def _ring(self) -> QRect | None:
        """What a ring is drawn around."""
        return self.stage.bubble(self._current) if self._shows_ring and self.hasFocus() else None

    def _band(self, top: int, height: int) -> QRect:
        """Where rows are painted: beside it is the scroll bar."""
        return QRect(self.stage.column.left(), top, self.stage.column.width(), height)

    def _on_moved(self, rows: dict[int, int]) -> None:
        """What waits moves on by a row when somebody else's message comes."""
        self.selection.move(rows)
        if self._current is not None:
            self._current = rows.get(self._current, self._current)

    def _look_anew(self) -> None:
        """The person comes back to this window, or to the timeline from another part of it."""
        if self.messages is not None:
            self.messages.reopen()  # what came meanwhile is new
        self._note_seen()

    def _note_seen(self) -> None:
        """What is on screen was seen; it was read if the window is the one that the person works in."""
        last, messages = self.stage.last_whole(), self.messages
        if last is None or messages is None or not self.isVisible():
            return
        self._seen = max(self._seen, last)
        row = min(last, messages.head_row)
        layout = self.stage.layout(row)
        if row > self._told and layout is not None and self.isActiveWindow():
            self._told = row
            self.read_up_to.emit(row, layout.content.item.shown.seq)

    def _on_found(self, row: int) -> None:
        if row:
            self.scroll_to(row)
        else:
            self.not_found.emit()

    def _on_bar_moved(self, value: int) -> None:
        if not self._is_syncing:
            self._scrolls()
            self.stage.move(lambda place: place.to_value(value))

    def _on_theme_changed(self) -> None:
        metrics = Metrics(self.theme)
        self._painter = RowPainter(self.theme, metrics)
        self.stage.use(metrics)

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Messages"))
        self.stage.lay_out_anew()

    # --- Qt ---------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate:  # ActivationChange comes to the window alone
            self._look_anew()
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_anew()

    def resizeEvent(self, event: QResizeEvent) -> None:
        size, side = self.viewport().size(), self.stage.metrics.side
        corner = QPoint(size.width() - side - self.stage.metrics.small, size.height() - side)
        self.jump_button.move(corner - QPoint(self.jump_button.width() - SHADOW, self.jump_button.height() - SHADOW))
        self.stage.resize(size.width(), size.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(keys.handle(self, event))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        reasons = Qt.FocusReason
        if event.reason() in (reasons.TabFocusReason, reasons.BacktabFocusReason, reasons.ShortcutFocusReason):
            self.step(0)
        QTimer.singleShot(0, self, self._tell_current)  # Qt tells after this that the list has the focus
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            row = self.stage.row_at(event.pos().y())
            if row is not None:
                self.touch(row)
                self.conduct.open_menu(row, event.globalPos())
        elif self._current is not None:
            self.conduct.open_menu(self._current, None, by_key=True)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """The bar speaks by its value; nothing is moved on the screen."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        px = float(event.pixelDelta().y())
        if not px:
            px = event.angleDelta().y() / 120 * WHEEL_LINES * self.stage.metrics.line
        px += self._wheel_rest
        self._wheel_rest = px - int(px)
        self.scroll_by(-int(px))
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        # Beyond the edge, not smoothed: at 150 % it may lie within a pixel, which would keep half of what was there.
        painter.fillRect(event.rect().adjusted(-1, -1, 1, 1), self.theme.color("bg.timeline"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        today = self.today
        column, width, seen = self.stage.column, self.viewport().width(), event.region()
        for one in self.stage.placed:
            if not seen.intersects(QRect(column.left(), one.top, column.width(), one.height)):
                continue
            place = QRectF(column.left(), one.top, column.width(), one.height)
            layout = self.stage.layout(one.row)
            if layout is None:
                self._painter.paint_placeholder(painter, place)
            else:
                band = QRectF(0, one.top, width, one.height)
                self._painter.paint(painter, layout, place, band, self._state(layout), today)
        if (bubble := self._ring()) is not None:
            self._painter.paint_ring(painter, QRectF(bubble))
        self._paint_floating_date(painter, today)

    def _state(self, layout: RowLayout) -> RowState:
        content = layout.content
        shown = len(content.text)
        chosen = self.selection.range_in(content.row, len(content.item.shown.said))
        flashes = content.row == self._flash_row and self._flash.state() == QVariantAnimation.State.Running
        return RowState(
            (min(chosen[0], shown), min(chosen[1], shown)) if chosen is not None else None,
            self._found_in(content),
            self._pointer.hit_in(content.row),
            float(self._flash.currentValue()) if flashes else 0.0,
        )

    def _found_in(self, content: Content) -> list[tuple[int, int]]:
        """Whether a message is found is a matter of all its text, also where only its beginning is shown."""
        if self._places is None or content.hides_text:
            return []
        shown = len(content.text)
        return [(start, min(end, shown)) for start, end in self._places(content.item.shown.said) if start < shown]

    def _paint_floating_date(self, painter: QPainter, today: date) -> None:
        """While scrolling: the day of the first row, unless a date stands there already."""
        if not self._floating_date.isActive() or self.stage.at_bottom:
            return
        metrics = self.stage.metrics
        here = [(one.top, layout) for one in self.stage.placed if (layout := self.stage.layout(one.row)) is not None]
        dates = [top + layout.date_top for top, layout in here if layout.date_top is not None]
        if here and not any(-metrics.pill < y < 2 * metrics.pad + metrics.pill for y in dates):
            text = words.day(here[0][1].content.at.date(), today)
            center = self.stage.column.center().x()
            self._painter.paint_date(painter, center, metrics.pad, text, floats=True)
