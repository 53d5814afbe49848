"""Rows and columns, written as they are seen: widgets and layouts, and the pixels between them as numbers."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

Piece = QWidget | QLayout
Margins = int | tuple[int, int, int, int]
"""On all sides, or left, top, right, bottom."""


Box = TypeVar("Box", bound=QBoxLayout)


class Placed(NamedTuple):
    """A piece with its share of what is left over, or where it lies in more room than it needs."""

    piece: Piece
    share: int = 0
    at: Qt.AlignmentFlag = Qt.AlignmentFlag(0)


class Spring(NamedTuple):
    """Takes the room that is left."""

    share: int = 1


SPRING = Spring()
Item = Piece | Placed | Spring | int


def grown(piece: Piece) -> Placed:
    """Takes what the others leave."""
    return Placed(piece, share=1)


def top(piece: Piece) -> Placed:
    return Placed(piece, at=Qt.AlignmentFlag.AlignTop)


def centred(piece: Piece) -> Placed:
    return Placed(piece, at=Qt.AlignmentFlag.AlignHCenter)


def row(*items: Item, gap: int = 0, margins: Margins = 0, on: QWidget | None = None) -> QHBoxLayout:
    """From left to right, `gap` between any two; a number is a further gap. `on`: the widget that it lays out."""
    return _filled(QHBoxLayout(on) if on is not None else QHBoxLayout(), items, gap, margins)


def column(*items: Item, gap: int = 0, margins: Margins = 0, on: QWidget | None = None) -> QVBoxLayout:
    """As `row`, from top to bottom."""
    return _filled(QVBoxLayout(on) if on is not None else QVBoxLayout(), items, gap, margins)


def middle(*items: Item) -> QVBoxLayout:
    """A column in the middle of its height."""
    return column(SPRING, *items, SPRING)


def scrolled(inner: QWidget, name: str) -> QScrollArea:
    """`inner`, as wide as there is room, and as high as it wants. It has no ground of its own."""
    scroll = QScrollArea()
    scroll.setObjectName(name)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(inner)
    inner.setAutoFillBackground(False)
    scroll.viewport().setAutoFillBackground(False)
    return scroll


def _filled(box: Box, items: tuple[Item, ...], gap: int, margins: Margins) -> Box:
    box.setSpacing(gap)
    box.setContentsMargins(*((margins,) * 4 if isinstance(margins, int) else margins))
    fill(box, *items)
    return box


def fill(box: QBoxLayout, *items: Item) -> None:
    """Adds to a layout that is there."""
    for item in items:
        match item:
            case int():
                box.addSpacing(item)
            case Spring(share=share):
                box.addStretch(share)
            case _:
                piece, share, at = item if isinstance(item, Placed) else Placed(item)
                if isinstance(piece, QWidget):
                    box.addWidget(piece, share, at)
                else:
                    box.addLayout(piece, share)
