"""What an input method composes in a field: text that is seen there, and is not in it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QKeyEvent, QTransform
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    _Widget = QWidget
else:
    _Widget = object

_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class Composing(_Widget):
    """Goes before the class of Qt, which has a field that text is written in."""

    _composed = ""

    @property
    def is_composing(self) -> bool:
        return bool(self._composed)

    def finish_composing(self) -> None:
        """What is being composed becomes text, as it is seen. To be called before the text is used or replaced.

        WORKAROUND: QInputMethod.commit() leaves it to the input method, and by those of ibus and fcitx it is gone then
        (QIBusPlatformInputContext: they ask for it to be cleared when the field is left).
        """
        composed = self._composed
        if composed:
            QGuiApplication.inputMethod().reset()
            event = QInputMethodEvent()
            event.setCommitString(composed)
            QCoreApplication.sendEvent(self, event)

    def _tell_place(self) -> None:
        """Where the list of candidates belongs. WORKAROUND: Qt looks only when the field itself moves, and not when
        what it is in does, as where it grows upwards (QWidgetPrivate::updateWidgetTransform)."""
        place, input_method = self.mapTo(self.window(), QPoint()), QGuiApplication.inputMethod()
        input_method.setInputItemTransform(QTransform.fromTranslate(place.x(), place.y()))
        input_method.setInputItemRectangle(QRectF(self.rect()))

    # --- Qt ---------------------------------------------------------------------------------------------------

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composed = event.preeditString()
        self._tell_place()
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """An input method takes each key that writes while it composes. One that comes all the same says that the input
        method has died."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        writes = is_enter or (event.text().isprintable() and event.text() and not event.modifiers() & _COMMANDS)
        if self._composed and writes:
            self.finish_composing()
            if is_enter:
                return
        super().keyPressEvent(event)


def finish_composing() -> None:
    """In whatever field has the keyboard."""
    field = QApplication.focusWidget()
    if isinstance(field, Composing):
        field.finish_composing()
