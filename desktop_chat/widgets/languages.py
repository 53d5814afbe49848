"""The switch of the language."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QLocale, Signal
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
        super().__init__(theme, parent)
        self.setObjectName("language_menu")
        for code, name in LANGUAGES.items():
            action = self.add(name, partial(self.chosen.emit, code))
            action.setObjectName(f"language_{code}")
            action.setCheckable(True)
        self.aboutToShow.connect(self._on_about_to_show)

    def _on_about_to_show(self) -> None:
        for action in self.actions():
            action.setChecked(action.objectName() == f"language_{present_language()}")


class LanguageButton(Button):
    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "quiet", small=True, parent=parent)
        self.setObjectName("language_button")
        self.setFont(theme.font("caption"))
        self.set_icon("languages")
        menu = LanguageMenu(theme, self)
        menu.chosen.connect(self.chosen)
        self.setMenu(menu)
        self._retranslate()

    def _paint_content(self, painter: QPainter, _ink: str) -> None:
        super()._paint_content(painter, "text.secondary")

    def _retranslate(self) -> None:
        self.setText(LANGUAGES[present_language()])
        self.setAccessibleName(self.tr("Language"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)


def present_language() -> str:
    """The one of `LANGUAGES` that `QLocale` says is in use."""
    return "zh_CN" if QLocale().language() == QLocale.Language.Chinese else "en"
