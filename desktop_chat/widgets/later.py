"""Parts of the window that its first picture does not show: they, and their modules, are made when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

Made = TypeVar("Made", bound=QWidget)


class Later(QWidget, Generic[Made]):
    """Stands where a part belongs, and makes it when it is first shown or asked for.

    Import the part's module inside `make`, and connect there what it says: nothing of it is there before.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        super().__init__()
        self._make = make
        self.made: Made | None = None
        """The part, if it was needed already."""

    @property
    def part(self) -> Made:
        if self.made is None:
            self.made = part = self._make()
            box = QVBoxLayout(self)
            box.setContentsMargins(0, 0, 0, 0)
            box.addWidget(part)
            if (focused := part.focusProxy()) is not None:
                self.setFocusProxy(focused)
            part.show()  # else it would come one turn after this
            box.activate()
        return self.made

    def showEvent(self, event: QShowEvent) -> None:
        _ = self.part
        super().showEvent(event)
