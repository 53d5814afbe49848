"""The field in which a message is written: plain text of a fixed line height, as high as what it holds."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QInputMethodEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QWidget

from chat_protocol import limits
from desktop_chat.theme.theme import Theme
from desktop_chat.theme.viewport import know_viewport
from desktop_chat.timeline.content import EMOJI
from desktop_chat.widgets.composing import Composing
from desktop_chat.widgets.drafts import clean_text

_PADDING = 6
_MOST = 4 * limits.TEXT
"""In bytes, as messages are measured."""
_FIXED = QTextBlockFormat.LineHeightTypes.FixedHeight.value


class TextEdit(Composing, QTextEdit):
    """Grows to `composerLines` lines. Enter asks to send, Shift+Enter begins a line; while an input method composes,
    Enter is the input method's. Tab goes to the next control."""

    send_requested = Signal()
    edit_last_requested = Signal()
    """↑ in an empty field."""
    escaped = Signal()
    edited = Signal()
    """The text is another one: typed, pasted, undone or set."""
    paste_refused = Signal()
    """Pasted or dropped text is so long that each key would take longer than a frame: it was not put in."""
    focused = Signal(bool)
    height_changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        know_viewport(self)
        self._theme = theme
        self._hint = ""
        self._last = ""
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # Opaque: else each blink of the caret paints everything behind it, up to the window.
        self.viewport().setAutoFillBackground(True)
        self.setFont(theme.font("body"))
        _LargeEmoji(self, theme.size["iconSmall"])
        self._lay_out()
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.textChanged.connect(self._on_text_changed)
        self._fit()

    # --- what it holds ----------------------------------------------------------------------------------------

    def text(self) -> str:
        """As it can be sent."""
        return clean_text(self.toPlainText())

    def set_text(self, text: str) -> None:
        """Another text, which can't be undone; the cursor at its end."""
        self.setPlainText(text)
        self._lay_out()
        self.moveCursor(QTextCursor.MoveOperation.End)

    def insert(self, text: str) -> None:
        """At the cursor, as if typed or pasted."""
        self.textCursor().insertText(clean_text(text))
        self.ensureCursorVisible()

    def replace_text(self, text: str) -> None:
        """As if the person had changed it: it can be undone, and the cursor stays as far from the end."""
        from_end = self.document().characterCount() - self.textCursor().position()
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.setPosition(max(0, self.document().characterCount() - from_end))
        self.setTextCursor(cursor)

    def before_cursor(self) -> str:
        """The text of the line up to the cursor."""
        cursor = self.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock, QTextCursor.MoveMode.KeepAnchor)
        return clean_text(cursor.selectedText())

    def replace_before_cursor(self, old: str, new: str) -> None:
        """`old` stands right before the cursor."""
        cursor = self.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, _units(old))
        cursor.insertText(new)
        self.setTextCursor(cursor)

    def set_hint(self, text: str) -> None:
        """Shown while it is empty, and its accessible name."""
        self._hint = text
        self.setAccessibleName(text)
        self.viewport().update()

    # --- layout -----------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        line = QTextBlockFormat()
        line.setLineHeight(self._theme.line_height("body"), _FIXED)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.mergeBlockFormat(line)
        self.document().setDocumentMargin(0)
        frame = self.document().rootFrame().frameFormat()
        frame.setTopMargin(_PADDING - 1)  # in a line of fixed height Qt puts the letters a little low
        frame.setBottomMargin(_PADDING + 1)
        frame.setLeftMargin(_PADDING)
        frame.setRightMargin(_PADDING)
        self.document().rootFrame().setFrameFormat(frame)
        self.document().clearUndoRedoStacks()

    def _fit(self) -> None:
        most = self._theme.size["composerLines"] * self._theme.line_height("body") + 2 * _PADDING
        height = min(most, max(self._least(), round(self.document().size().height())))
        scrolls = height >= most
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        if height != self.height():
            self.setFixedHeight(height)
            self.height_changed.emit()

    def _least(self) -> int:
        return self._theme.line_height("body") + 2 * _PADDING

    def _on_text_changed(self) -> None:
        text = self.toPlainText()
        if text != self._last:
            self._last = text
            self.edited.emit()

    # --- Qt ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = Qt.Key(event.key())
        if self.is_composing:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if modifiers == Qt.KeyboardModifier.ShiftModifier:
                self.textCursor().insertBlock()
                self.ensureCursorVisible()
            else:
                self.send_requested.emit()
        elif key is Qt.Key.Key_Escape:
            self.escaped.emit()
        elif key is Qt.Key.Key_Up and modifiers == Qt.KeyboardModifier.NoModifier and self._is_empty():
            self.edit_last_requested.emit()
        else:
            super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        super().inputMethodEvent(event)
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        if len(text.encode("utf-8", "surrogatepass")) > _MOST:
            self.paste_refused.emit()
        else:
            self.insert(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._least())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_empty() and not self.is_composing:
            painter = QPainter(self.viewport())
            painter.setPen(self._theme.color("text.faint"))
            painter.setFont(self._theme.font("body"))
            room = self.viewport().rect().adjusted(_PADDING, 0, -_PADDING, 0)
            line = QRect(room.left(), _PADDING, room.width(), self._theme.line_height("body"))
            said = QFontMetrics(painter.font()).elidedText(self._hint, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, said)

    def _is_empty(self) -> bool:
        return self.document().isEmpty()


class _LargeEmoji(QSyntaxHighlighter):
    """As large as in the timeline. The lines stay as high as they are."""

    def __init__(self, edit: QTextEdit, pixels: int) -> None:
        super().__init__(edit.document())
        self._large = QTextCharFormat()
        self._large.setProperty(QTextFormat.Property.FontPixelSize, pixels)

    def highlightBlock(self, text: str) -> None:
        if text.isascii():
            return
        done, unit = 0, 0  # Qt counts in UTF-16 units
        for found in EMOJI.finditer(text, 0, limits.TEXT):  # what stands further can't be sent
            unit += _units(text[done : found.start()])
            size = _units(found.group())
            self.setFormat(unit, size, self._large)
            done, unit = found.end(), unit + size


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
