"""Whoever chose Chinese reads nothing in English, at once and everywhere."""

from __future__ import annotations

import ast
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QTranslator
from PySide6.QtWidgets import QLabel, QWidget

import desktop_chat_resources
from chat_protocol.errors import Code
from desktop_chat.core.sentences import SENTENCES, Trouble
from desktop_chat.theme.language import LANGUAGES, Language, of_system, sentence
from desktop_chat_resources.translations.make_translations import Text, Texts, gather

TRANSLATIONS = desktop_chat_resources.path("translations")
CHINESE = "desktop_chat_zh_CN.ts"

# A placeholder of Qt or of Python; how often one stands in a text is up to the language.
PLACEHOLDER = re.compile(r"%\d|%n|\{\w*\}")


class Message:
    """One text in a .ts file."""

    def __init__(self, context: str, element: ElementTree.Element) -> None:
        translation = element.find("translation")
        assert translation is not None
        self.source = element.findtext("source", "")
        self.name = (context, self.source, element.findtext("comment", ""))
        self.is_finished = translation.get("type") is None
        self.forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
        self.is_plural = element.get("numerus") == "yes"


def messages(file: Path) -> Iterator[Message]:
    for context in ElementTree.parse(file).getroot().iter("context"):
        for element in context.iter("message"):
            yield Message(context.findtext("name", ""), element)


@pytest.fixture
def language(qapp):
    before = QLocale()
    language = Language(qapp, has_font=lambda _code: True)
    yield language
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(before)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("translations")
    for file in TRANSLATIONS.glob("*.ts"):
        shutil.copy(file, folder)
    gather(folder)
    return folder


@pytest.mark.parametrize("file", [f"desktop_chat_{code}.ts" for code in LANGUAGES])
def test_every_text_of_the_program_is_translated(gathered, file):
    """The cure: translate what make_translations.py finds, and run it again."""
    found = list(messages(gathered / file))
    assert [each.name for each in found if not each.is_finished or not all(each.forms)] == []
    assert {each.name for each in found} == {each.name for each in messages(TRANSLATIONS / file)}


def found_in(source: str) -> list[Text]:
    found = Texts()
    found.visit(ast.parse(source))
    return found.found


def test_no_text_is_overlooked():
    source = """
class Head(QWidget):
    def say(self):
        self.label.setText(f"{time} · {self.tr('%n people', '', room.count)}")
        self.tr("d MMMM", "format of a date")
        words.append(translate("Other", "%n unread", None, one.unread))
        painter.translate(origin, 0)
"""
    assert found_in(source) == [
        Text("Head", "%n people", "", counts=True),
        Text("Head", "d MMMM", "format of a date", counts=False),
        Text("Other", "%n unread", "", counts=True),
    ]


@pytest.mark.parametrize("call", ["self.tr(name)", "self.tr(f'{name} left')", "window.tr('left')"])
def test_what_could_not_be_translated_is_refused(call):
    with pytest.raises(ValueError, match=re.escape(call)):
        found_in(f"class Head:\n    def say(self):\n        {call}")


@pytest.mark.parametrize("file", [f"desktop_chat_{code}.ts" for code in LANGUAGES])
def test_a_translation_keeps_the_placeholders(file):
    wrong = [
        each.name
        for each in messages(TRANSLATIONS / file)
        for form in each.forms
        if set(PLACEHOLDER.findall(form)) != set(PLACEHOLDER.findall(each.source))
    ]
    assert wrong == []


def test_the_program_reads_what_was_translated(qapp):
    translator = QTranslator()
    assert translator.load(str(TRANSLATIONS / "desktop_chat_zh_CN.qm"))
    old = [
        each.name
        for each in messages(TRANSLATIONS / CHINESE)
        if translator.translate(each.name[0], each.source, each.name[2], 1 if each.is_plural else -1) != each.forms[0]
    ]
    assert old == []


def test_the_language_changes_while_the_program_runs(language, qtbot):
    class Greeting(QLabel):
        def changeEvent(self, event: QEvent) -> None:
            if event.type() == QEvent.Type.LanguageChange:
                self.setText(QCoreApplication.translate("Rail", "Contacts"))
            super().changeEvent(event)

    window = QWidget()
    qtbot.addWidget(window)
    greeting = Greeting(window)
    assert language.speak("zh_CN") == "zh_CN"
    qtbot.waitUntil(lambda: greeting.text() == "联系人")
    assert QLocale().language() == QLocale.Language.Chinese
    assert language.speak("en") == "en"
    qtbot.waitUntil(lambda: greeting.text() == "Contacts")


def test_every_refusal_has_a_chinese_sentence(language):
    language.speak("zh_CN")
    for code in SENTENCES:
        assert re.search(r"[\u4e00-\u9fff]", sentence(code)), code
    language.speak("en")
    for known in (Code.BANNED, Trouble.UNREACHABLE):
        assert sentence(known) == SENTENCES[known]


def test_one_is_one_in_english(language):
    language.speak("en")
    assert QCoreApplication.translate("Rail", "%n unread messages", "", 1) == "1 unread message"
    assert QCoreApplication.translate("Rail", "%n unread messages", "", 2) == "2 unread messages"


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        (["zh-Hans-CN", "zh-CN", "zh"], "zh_CN"),
        (["zh_TW"], "zh_CN"),
        (["de-DE", "zh-CN"], "zh_CN"),
        (["en-GB", "zh-CN"], "en"),
        (["de-DE"], "en"),
        (["C"], "en"),
        ([], "en"),
    ],
)
def test_the_system_says_which_language_fits(wanted, spoken):
    assert of_system(wanted) == spoken


def test_a_language_that_is_not_there_is_that_of_the_system(language):
    assert language.speak("xx") == language.speak(None)


def test_a_language_that_would_be_boxes_is_not_spoken_and_that_is_known(qapp, language):
    poor = Language(qapp, has_font=lambda code: code == "en")
    assert poor.speak("zh_CN") == "en"
    assert poor.lacks_font
    assert QLocale().language() != QLocale.Language.Chinese
    assert poor.speak("en") == "en"
    assert not poor.lacks_font


def test_a_language_in_latin_letters_needs_no_font_of_the_system(qapp, language):
    bare = Language(qapp)
    bare.speak("en")
    assert not bare.lacks_font
