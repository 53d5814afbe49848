"""The language of the window: texts, numbers and dates, changed while the program runs."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

import desktop_chat_resources
from chat_protocol.errors import Code
from desktop_chat.core.sentences import SENTENCES, Trouble

LANGUAGES = ("en", "zh_CN")
"""Those that the program comes with; the first one is spoken where no other fits."""

_CONTEXT = "Sentences"


class Language:
    """Nothing is translated until `speak`. What shows texts makes them again on QEvent.LanguageChange."""

    def __init__(self, app: QCoreApplication) -> None:
        self._app = app
        self._translators: list[QTranslator] = []

    def speak(self, code: str | None) -> str:
        """From now on this one of LANGUAGES; None, or one that is not there: that of the system. Returns its code."""
        spoken = code if code in LANGUAGES else of_system(QLocale.system().uiLanguages())
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
