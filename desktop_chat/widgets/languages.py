"""The switch of the language."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QLocale, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.menu import Menu
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.controls import Button

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
"""Each named in itself: whoever looks for it can't read the others."""


class LanguageMenu(Menu):
    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent, name="language_menu")
        for code, name in LANGUAGES.items():
            self.add(name, partial(self.chosen.emit, code), name=f"language_{code}").setCheckable(True)
        self.aboutToShow.connect(self._on_about_to_show)

    def _on_about_to_show(self) -> None:
        for action in self.actions():
            action.setChecked(action.objectName() == f"language_{present_language()}")


class LanguageButton(Button):
    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            "quiet",
            name="language_button",
            text=lambda: LANGUAGES[present_language()],
            spoken=lambda: f"{self.tr('Language')}: {LANGUAGES[present_language()]}",
            icon="languages",
            small=True,
        )
        self.setFont(theme.font("caption"))
        menu = LanguageMenu(theme, self)
        menu.chosen.connect(self.chosen)
        self.setMenu(menu)
        menu.aboutToShow.connect(lambda: QTimer.singleShot(0, menu, self._mark_first))

    def _mark_first(self) -> None:
        """Opened by a key, for a click gives no focus: the first row is chosen, and so heard."""
        if self.hasFocus():
            self.menu().setActiveAction(self.menu().actions()[0])

    def _paint_content(self, painter: QPainter, _ink: str) -> None:
        super()._paint_content(painter, "text.secondary")


def present_language() -> str:
    """The one of `LANGUAGES` that `QLocale` says is in use."""
    return "zh_CN" if QLocale().language() == QLocale.Language.Chinese else "en"
