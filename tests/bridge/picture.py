"""A window that tells when it is painted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot


class Picture(QWidget):
    def __init__(self, on_painted: Callable[[], None]) -> None:
        super().__init__()
        self.on_painted = on_painted

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.on_painted()


async def shown(qtbot: QtBot, on_painted: Callable[[], None]) -> Picture:
    """It is painted again only after an `update`."""
    seen = asyncio.Event()
    picture = Picture(seen.set)
    qtbot.addWidget(picture)
    picture.show()
    await seen.wait()
    settled = asyncio.Event()
    asyncio.get_running_loop().call_later(0, settled.set)  # a timer comes behind all that showing has posted
    await settled.wait()
    picture.on_painted = on_painted
    return picture
