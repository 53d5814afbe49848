"""What the keyboard does in the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from desktop_chat.timeline.deeds import Deed
from desktop_chat.timeline.selection import Point, word_at

if TYPE_CHECKING:
    from desktop_chat.timeline.view import TimelineView

_DEEDS = {
    **{deed.shortcut: deed for deed in Deed if isinstance(deed.shortcut, Qt.Key)},
    **dict.fromkeys((Qt.Key.Key_Return, Qt.Key.Key_Enter), Deed.MORE),
}


def handle(view: TimelineView, event: QKeyEvent) -> bool:
    """Whether the key meant something here."""
    key, modifiers = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.matches(QKeySequence.StandardKey.Copy):
        view.conduct.copy()
    elif event.matches(QKeySequence.StandardKey.SelectAll):
        view.select_all()
    elif modifiers == Qt.KeyboardModifier.ShiftModifier and key == Qt.Key.Key_F10:
        return _do(view, Deed.MORE)
    elif modifiers & Qt.KeyboardModifier.ShiftModifier and key in _STEPS:
        _extend(view, key, by_word=bool(modifiers & Qt.KeyboardModifier.ControlModifier))
    elif key in _DEEDS and modifiers in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        return _do(view, _DEEDS[key])
    elif modifiers == Qt.KeyboardModifier.NoModifier:
        return _move(view, key)
    else:
        return False
    return True


def _do(view: TimelineView, deed: Deed) -> bool:
    if view.current is None:
        return False
    view.conduct.do(deed, view.current, by_key=True)
    return True


def _move(view: TimelineView, key: Qt.Key) -> bool:
    match key:
        case Qt.Key.Key_Up:
            view.step(-1)
        case Qt.Key.Key_Down:
            view.step(1)
        case Qt.Key.Key_PageUp:
            view.page(-1)
            view.stand(view.stage.first_whole)
        case Qt.Key.Key_PageDown:
            view.page(1)
            view.stand(view.stage.last_whole)
        case Qt.Key.Key_Home:
            view.to_top()
            view.stand(view.stage.first_whole)
        case Qt.Key.Key_End:
            view.jump_to_bottom()
            view.stand(lambda: view.messages.last_row if view.messages is not None else None)
        case Qt.Key.Key_Escape:
            return view.let_go()
        case _:
            return False
    return True


_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


def _extend(view: TimelineView, key: Qt.Key, *, by_word: bool) -> None:
    """The free end of the selection goes on: sideways within texts, up and down by messages."""
    start = view.selection.cursor
    if start is None:
        if view.current is None:
            view.step(-1)
        if view.current is None:
            return
        start = Point(view.current, 0)
        view.selection.extend(start)
    step = _STEPS[key]
    if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
        point = Point(start.row + step, 0) if step < 0 else _below(view, start)
    else:
        point = _beside(view, start, step, by_word=by_word)
    if view.stage.holds(point.row):
        view.selection.extend(point)
        view.set_current(point.row)


def _below(view: TimelineView, start: Point) -> Point:
    """The end of this message, then that of the next."""
    length = len(view.stage.text(start.row))
    if start.char < length:
        return Point(start.row, length)
    return Point(start.row + 1, len(view.stage.text(start.row + 1)))


def _beside(view: TimelineView, start: Point, step: int, *, by_word: bool) -> Point:
    text = view.stage.text(start.row)
    char = min(start.char, len(text)) + step
    if char < 0:
        return Point(start.row - 1, len(view.stage.text(start.row - 1)))
    if char > len(text):
        return Point(start.row + 1, 0)
    if by_word:
        begin, end = word_at(text, char if step < 0 else char - 1)
        char = end if step > 0 else begin
    return Point(start.row, char)
