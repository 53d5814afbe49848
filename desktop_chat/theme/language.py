"""The language of the window: texts, numbers and dates, changed while the program runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtGui import QFontDatabase

import desktop_chat_resources
from chat_protocol.errors import Code
from desktop_chat.core.sentences import SENTENCES, Trouble

LANGUAGES = ("en", "zh_CN")
"""Those that the program comes with; the first one is spoken where no other fits."""

_CONTEXT = "Sentences"
_NOT_LATIN = {"zh_CN": QFontDatabase.WritingSystem.SimplifiedChinese}
"""What is written with characters that the shipped fonts don't have."""


class Language:
    """Nothing is translated until `speak`. What shows texts makes them again on QEvent.LanguageChange."""

    def __init__(self, app: QCoreApplication, *, has_font: Callable[[str], bool] | None = None) -> None:
        """`has_font`: whether one of LANGUAGES can be read here; None: as this computer's fonts are."""
        self._app = app
        self._has_font = has_font or _has_font
        self._translators: list[QTranslator] = []
        self.lacks_font = False
        """Another language would be spoken if this computer had a font for it."""

    def speak(self, code: str | None) -> str:
        """From now on this one of LANGUAGES; None, or one that is not there: that of the system. If its characters
        would be boxes, the first one. Returns its code."""
        wanted = code if code in LANGUAGES else of_system(QLocale.system().uiLanguages())
        self.lacks_font = not self._has_font(wanted)
        spoken = LANGUAGES[0] if self.lacks_font else wanted
        for old in self._translators:
            self._app.removeTranslator(old)
        system = QLocale.system()
        same = system.language() == QLocale(spoken).language()
        QLocale.setDefault(system if same else QLocale(spoken))  # who writes en-GB keeps the dates of en-GB
        qt_texts = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        own = str(desktop_chat_resources.path(f"translations/desktop_chat_{spoken}.qm"))
        self._translators = [
            translator
            for file in (f"{qt_texts}/qtbase_{spoken}.qm", own)
            if (translator := QTranslator(self._app)).load(file)
        ]
        for translator in self._translators:
            self._app.installTranslator(translator)
        return spoken


def _has_font(code: str) -> bool:
    return code not in _NOT_LATIN or bool(QFontDatabase.families(_NOT_LATIN[code]))


def of_system(wanted: list[str]) -> str:
    """The one of LANGUAGES that comes first among those `wanted` ("zh-Hans-CN"), whatever their script or country."""
    ours = {code.split("_")[0]: code for code in LANGUAGES}
    for tag in wanted:
        if (code := ours.get(tag.replace("_", "-").split("-")[0])) is not None:
            return code
    return LANGUAGES[0]


def sentence(code: Code | Trouble) -> str:
    """The plain sentence for a code, in the language spoken."""
    return QCoreApplication.translate(_CONTEXT, SENTENCES[code])
