"""Lucide's icons, tinted and drawn for the scale of the screen."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

import desktop_chat_resources

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon

LIMIT = 512
"""Most pixmaps kept: some 2 KB each."""
SCALES = (1.0, 1.25, 1.5, 2.0)


def stroke_width(size: int) -> float:
    """Of a line in the grid of 24, so that it is drawn about 1.4 px thick at every size."""
    if size >= 18:
        return 1.8
    return 2.0 if size >= 16 else 2.4


class Icons:
    """Draws icons and keeps what it drew, up to LIMIT pixmaps."""

    def __init__(self) -> None:
        self._svg: dict[str, str] = {}
        self._drawn: OrderedDict[tuple[str, int, int, float], QPixmap] = OrderedDict()

    def pixmap(self, name: str, size: int, color: QColor, dpr: float) -> QPixmap:
        """The icon `size` logical pixels wide, for a screen with `dpr` device pixels to a logical one.

        Raises FileNotFoundError if no icon has this name.
        """
        key = (name, size, color.rgba(), dpr)
        drawn = self._drawn.get(key)
        if drawn is None:
            drawn = self._drawn[key] = self._draw(name, size, color, dpr)
            if len(self._drawn) > LIMIT:
                self._drawn.popitem(last=False)
        else:
            self._drawn.move_to_end(key)
        return drawn

    def icon(self, name: str, size: int, color: QColor) -> QIcon:
        """For what takes only a QIcon (menus, actions): it holds the usual scales, and does not follow the theme."""
        from PySide6.QtGui import QIcon  # a large class, of which a first picture has nothing

        made = QIcon()
        for scale in SCALES:
            made.addPixmap(self.pixmap(name, size, color, scale))
        return made

    def _draw(self, name: str, size: int, color: QColor, dpr: float) -> QPixmap:
        # Loading the library takes some milliseconds: only who shows an icon pays.
        from PySide6.QtSvg import QSvgRenderer

        svg = self._svg.get(name)
        if svg is None:
            svg = self._svg[name] = desktop_chat_resources.path(f"icons/{name}.svg").read_text("utf-8")
        tinted = svg.replace("currentColor", color.name()).replace(
            'stroke-width="2"', f'stroke-width="{stroke_width(size)}"'
        )
        side = round(size * dpr)
        image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setOpacity(color.alphaF())
        QSvgRenderer(QByteArray(tinted.encode())).render(painter, QRectF(0, 0, side, side))
        painter.end()
        image.setDevicePixelRatio(dpr)
        return QPixmap.fromImage(image)
