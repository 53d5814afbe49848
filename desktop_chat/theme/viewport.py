"""The part of a scroll area that scrolls."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractScrollArea, QWidget


def know_viewport(area: QAbstractScrollArea) -> None:
    """Call this first thing in the constructor of an `area` that a first picture shows.

    When PySide6 comes upon a widget of Qt's own making, it compares it with every class of widgets there is and loads
    each of them for that, 77 enums with them: 12 ms. One that is looked for by its class it knows at once, and from
    then on.
    """
    area.findChild(QWidget, "qt_scrollarea_viewport")
