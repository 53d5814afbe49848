"""The fonts of the window: Inter and JetBrains Mono come with the program, CJK and emoji from the system."""

from __future__ import annotations

import sys
from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

import desktop_chat_resources
from desktop_chat.theme.tokens import TypeStyle

SHIPPED = ("Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf", "JetBrainsMono-Regular.ttf")

# A character that is in neither font is looked for here first: the regional form of a Han character then does not
# depend on which font the system happens to list first.
_CJK_AND_EMOJI = {
    "win32": ("Microsoft YaHei UI", "Segoe UI Emoji"),
    "darwin": ("PingFang SC", "Apple Color Emoji"),
}.get(sys.platform, ("Noto Sans CJK SC", "Noto Color Emoji"))

SANS = ("Inter", *_CJK_AND_EMOJI)
MONO = ("JetBrains Mono", *_CJK_AND_EMOJI)


@cache
def load() -> None:
    """Makes the shipped fonts known to Qt, once: about 1 ms beyond what the first text of any program takes.

    To be called after QGuiApplication and before the first text. A file that can't be read is not fatal: Qt
    then takes the system's font.
    """
    for name in SHIPPED:
        QFontDatabase.addApplicationFont(str(desktop_chat_resources.path(f"fonts/{name}")))


def font(style: TypeStyle, families: tuple[str, ...], *, tabular: bool = False) -> QFont:
    """The font of a style; `tabular` figures are all equally wide, for numbers that change."""
    made = QFont(list(families))
    made.setPixelSize(style.size)
    made.setWeight(QFont.Weight(style.weight))
    if tabular:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made
