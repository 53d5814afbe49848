"""Writing: what Enter does, when the field is emptied, replies and edits, names after an @, emoji, input methods."""

from __future__ import annotations

from typing import TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPoint, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QInputMethodEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QListView, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from chat_protocol import limits
from chat_protocol.ids import Cid, MemberId, Ref
from desktop_chat.theme.language import Language
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.composer import COUNT_FROM, Composer, Submission
from desktop_chat.widgets.composer_controls import ComposerFrame
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.floating import SHADOW
from desktop_chat.widgets.text_edit import TextEdit

PEOPLE = [
    Entry(name, name, name.encode(), detail)
    for name, detail in (("Theo Okafor", "Moderator"), ("Théa Laurent", ""), ("王小明", ""))
]
REF = Ref(MemberId("m"), Cid("c"))
OTHER = Ref(MemberId("m"), Cid("d"))
ENTER, SHIFT = Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier


Widget = TypeVar("Widget", bound=QWidget)


class _Painted(QObject):
    """How often the widgets that it filters were painted."""

    count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


class Desk:
    """A composer in a window, with something before and after it, and what it told."""

    def __init__(self, theme: Theme, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.resize(700, 700)
        self.before, self.composer, self.after = QLineEdit(), Composer(theme), QLineEdit()
        column = QVBoxLayout(self.window)
        for widget in (self.before, self.composer, self.after):
            column.addWidget(widget)
        column.insertStretch(0)
        self.submitted: list[Submission] = []
        self.drafts: list[str] = []
        self.asked: list[str] = []
        self.recent: list[list[str]] = []
        self.composer.submitted.connect(self.submitted.append)
        self.composer.draft_changed.connect(self.drafts.append)
        self.composer.recent_emoji_changed.connect(self.recent.append)
        self.composer.edit_last_requested.connect(lambda: self.asked.append("edit last"))
        self.composer.left.connect(lambda: self.asked.append("left"))
        self.composer.show_conversation("Tide sensor", "", PEOPLE)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        self.composer.setFocus()

    @property
    def field(self) -> TextEdit:
        return self.find(TextEdit, "composer_field")

    @property
    def text(self) -> str:
        return self.composer.text

    def find(self, kind: type[Widget], name: str) -> Widget:
        found = self.window.findChild(kind, name)
        assert isinstance(found, kind)
        return found

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key, modifiers)

    def type(self, text: str) -> None:
        """ASCII by keys, everything else as an input method brings it."""
        if text.isascii():
            QTest.keyClicks(self.field, text)
        else:
            self.commit(text)

    def commit(self, text: str) -> None:
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(self.field, event)

    def compose(self, preedit: str) -> None:
        QApplication.sendEvent(self.field, QInputMethodEvent(preedit, []))

    def click(self, name: str) -> None:
        QTest.mouseClick(self.find(QWidget, name), Qt.MouseButton.LeftButton)

    def offered(self) -> list[str]:
        """Nothing before anybody was offered: the list is made then."""
        shown = self.window.findChild(QListView, "mention_list")
        if shown is None or not shown.isVisible():
            return []
        model = shown.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def names(self) -> dict[str, str]:
        """What a screen reader says of the controls of composer and emoji panel."""
        inside = [*self.composer.findChildren(QWidget), *self.find(QWidget, "emoji_panel").findChildren(QWidget)]
        return {one.objectName(): one.accessibleName() for one in inside if one.accessibleName()}

    def checked(self) -> list[str]:
        panel = self.find(QWidget, "emoji_panel")
        return [button.objectName() for button in panel.findChildren(QAbstractButton) if button.isChecked()]

    def said(self) -> str:
        note = self.find(QWidget, "composer_note")
        return note.accessibleName() if note.isVisible() else ""

    def banner(self) -> str:
        banner = self.find(QWidget, "composer_banner")
        return banner.accessibleName() if banner.isVisible() else ""


def settle() -> None:
    """Each layout around another takes a turn."""
    for _ in range(5):
        QApplication.sendPostedEvents()


@pytest.fixture
def desk(theme: Theme, qtbot: QtBot) -> Desk:
    return Desk(theme, qtbot)


# --- sending --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier),
    ],
)
def test_enter_sends_and_the_field_is_emptied_only_when_that_is_stored(
    desk: Desk, key: Qt.Key, modifiers: Qt.KeyboardModifier
) -> None:
    desk.type(" hi  there ")
    desk.press(key, modifiers)
    assert desk.submitted == [Submission("hi  there", (), None, None)]
    assert desk.text == " hi  there "
    desk.composer.sent(desk.submitted[0])
    assert desk.text == ""
    assert desk.drafts[-1] == ""


def test_what_leaves_the_field_because_it_was_sent_is_no_typing(desk: Desk) -> None:
    typed: list[str] = []
    desk.composer.typed.connect(lambda: typed.append(desk.text))
    desk.type("hi")
    desk.press(ENTER)
    desk.composer.sent(desk.submitted[0])
    assert desk.text == ""
    assert typed == ["h", "hi"]


def test_the_button_sends_and_leaves_the_keyboard_in_the_field(desk: Desk) -> None:
    desk.type("hi")
    desk.click("send_button")
    assert [one.text for one in desk.submitted] == ["hi"]
    assert desk.field.hasFocus()


def test_shift_and_enter_begins_a_line(desk: Desk) -> None:
    desk.type("one")
    desk.press(ENTER, SHIFT)
    desk.type("two")
    desk.press(ENTER)
    assert [one.text for one in desk.submitted] == ["one\ntwo"]


@pytest.mark.parametrize("blank", ["", "   ", "\n\n"])
def test_nothing_is_no_message(desk: Desk, blank: str) -> None:
    desk.composer.insert(blank)
    desk.press(ENTER)
    desk.click("send_button")
    assert desk.submitted == []


def test_what_was_typed_while_the_message_was_being_stored_stays(desk: Desk) -> None:
    desk.type("hi")
    desk.press(ENTER)
    desk.type("and more")
    desk.composer.sent(desk.submitted[0])
    assert desk.text == "and more"
    desk.type("!")
    assert desk.text == "and more!"  # the cursor stayed behind it


def test_enter_again_sends_only_what_came_since_whichever_is_stored_first(desk: Desk) -> None:
    for text in ("one", "two", "three"):
        desk.type(text)
        desk.press(ENTER)
    desk.press(ENTER)
    assert [one.text for one in desk.submitted] == ["one", "two", "three"]
    for place in (1, 0, 2):
        desk.composer.sent(desk.submitted[place])
    assert desk.text == ""


def test_what_was_typed_into_a_message_on_its_way_stays(desk: Desk) -> None:
    desk.type("hi there")
    desk.press(ENTER)
    desk.field.moveCursor(QTextCursor.MoveOperation.Start)
    desk.type("X")
    desk.composer.sent(desk.submitted[0])
    assert desk.text == "X"


def test_what_could_not_be_stored_stays_with_the_reason_and_goes_again(desk: Desk) -> None:
    desk.type("hi")
    desk.press(ENTER)
    desk.composer.not_sent(desk.submitted[0], "The disk of this computer is full.")
    assert (desk.text, desk.said()) == ("hi", "The disk of this computer is full.")
    desk.press(ENTER)
    assert len(desk.submitted) == 2
    desk.composer.sent(desk.submitted[1])
    assert (desk.text, desk.said()) == ("", "")


def test_a_message_of_the_conversation_before_takes_nothing_from_this_one(desk: Desk) -> None:
    desk.type("hi")
    desk.press(ENTER)
    desk.composer.show_conversation("General", "hi, a draft", [])
    desk.composer.sent(desk.submitted[0])
    desk.composer.not_sent(desk.submitted[0], "No.")
    assert (desk.text, desk.said()) == ("hi, a draft", "")


def test_a_text_that_nears_the_limit_counts_and_one_beyond_is_not_sent(desk: Desk, heard: list[str]) -> None:
    desk.composer.insert("x" * COUNT_FROM)
    assert desk.said() == ""
    desk.composer.insert("文")  # three bytes
    assert desk.said().startswith(f"{limits.TEXT - COUNT_FROM - 3} ")
    desk.composer.insert("y" * (limits.TEXT - COUNT_FROM - 3))
    assert desk.said().startswith("0 ")
    desk.composer.insert("é")
    assert desk.said().startswith("2 ")
    assert "too long" in desk.said()
    desk.composer.insert("z")
    assert [said[:7] for said in heard] == ["2 byte("]  # once, not at each key
    desk.press(Qt.Key.Key_Backspace)
    desk.press(ENTER)
    assert desk.submitted == []
    desk.press(Qt.Key.Key_Backspace)
    desk.press(ENTER)
    assert len(desk.submitted[0].text.encode()) == limits.TEXT


# --- what comes in --------------------------------------------------------------------------------------------


def test_a_paste_far_beyond_a_message_is_refused_and_nothing_is_lost(desk: Desk, heard: list[str]) -> None:
    desk.type("mine ")
    far = QMimeData()
    far.setText("😀 " * 40_000)
    desk.field.insertFromMimeData(far)
    assert desk.field.text() == "mine "
    assert "Not pasted" in desk.said()
    assert heard == [desk.said()]
    far.setText("😀 " * 8_000)  # two messages of it may be worked on
    desk.field.insertFromMimeData(far)
    assert desk.field.text() == "mine " + "😀 " * 8_000
    assert "in 3 parts" in desk.said()


def test_emoji_are_large_wherever_they_stand(desk: Desk) -> None:
    desk.field.set_text("a😀b👩‍👩‍👧文🎉")
    sizes = [(one.start, one.length) for one in desk.field.document().firstBlock().layout().formats()]
    assert sizes == [(1, 2), (4, 8), (13, 2)]


def test_pasting_is_plain(desk: Desk) -> None:
    rich = QMimeData()
    rich.setHtml("<b>bold</b><img src='file:///etc/passwd'>")
    rich.setText("bold\r\ntext\x00\u202e")
    desk.field.insertFromMimeData(rich)
    assert desk.text == "bold\ntext\u202e"
    assert "bold" not in desk.field.document().toHtml().partition("<body")[0]
    assert "font-weight:700" not in desk.field.toHtml()
    picture = QMimeData()
    picture.setImageData(b"no text")
    assert not desk.field.canInsertFromMimeData(picture)


def test_pasting_from_the_clipboard_by_keys(desk: Desk) -> None:
    QGuiApplication.clipboard().setText("from elsewhere")
    desk.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert desk.text == "from elsewhere"


def test_what_an_input_method_commits_is_sent_by_the_next_enter(desk: Desk) -> None:
    desk.compose("ni hao")
    desk.press(Qt.Key.Key_Escape)
    desk.press(Qt.Key.Key_Up)
    assert (desk.asked, desk.text) == ([], "")
    desk.commit("你好")
    assert (desk.text, desk.submitted) == ("你好", [])
    desk.press(ENTER)
    assert [one.text for one in desk.submitted] == ["你好"]


@pytest.mark.parametrize("modifiers", [Qt.KeyboardModifier.NoModifier, SHIFT])
def test_enter_never_sends_what_is_composed(desk: Desk, modifiers: Qt.KeyboardModifier) -> None:
    """It reaches the field only when the input method has died, and what it composed is kept."""
    desk.commit("测试")
    desk.compose("ni hao")
    desk.press(ENTER, modifiers)
    assert (desk.submitted, desk.text) == ([], "测试ni hao")
    desk.press(ENTER)
    assert [one.text for one in desk.submitted] == ["测试ni hao"]


def test_who_types_on_when_the_input_method_has_died_loses_nothing(desk: Desk) -> None:
    desk.compose("ni hao")
    QTest.keyClicks(desk.field, "abc")
    assert desk.text == "ni haoabc"
    desk.press(ENTER)
    assert [one.text for one in desk.submitted] == ["ni haoabc"]


def test_keys_that_write_nothing_leave_the_composition_alone(desk: Desk) -> None:
    desk.compose("ni hao")
    desk.press(Qt.Key.Key_Shift)
    desk.press(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert (desk.field.is_composing, desk.text) == (True, "")


def test_a_click_on_send_means_what_is_seen(desk: Desk) -> None:
    desk.commit("草稿")
    desk.compose("你好")
    desk.click("send_button")
    assert [one.text for one in desk.submitted] == ["草稿你好"]
    assert not desk.field.is_composing


def test_an_edit_does_not_take_over_what_was_being_composed(desk: Desk) -> None:
    desk.compose("ni hao")
    desk.composer.edit(REF, "An own message")
    assert (desk.field.is_composing, desk.text) == (False, "An own message")
    assert desk.composer.draft == "ni hao"


def test_the_candidates_stand_at_the_field_wherever_what_it_is_in_has_moved(desk: Desk) -> None:
    desk.commit("\n".join("text"))
    desk.composer.move(20, 0)
    desk.compose("ni hao")
    place = QGuiApplication.inputMethod().inputItemTransform().map(QPoint())
    assert place == desk.field.mapTo(desk.window, QPoint())


def test_an_input_method_can_be_left_without_a_word(desk: Desk) -> None:
    desk.compose("ni")
    desk.compose("")
    desk.type("hi")
    desk.press(ENTER)
    assert [one.text for one in desk.submitted] == ["hi"]


# --- drafts, edits, replies -----------------------------------------------------------------------------------


def test_a_draft_is_told_as_it_is_typed_and_shown_again(desk: Desk) -> None:
    desk.type("abc")
    assert desk.drafts == ["a", "ab", "abc"]
    desk.composer.show_conversation("General", "a draft from yesterday", [])
    assert desk.text == "a draft from yesterday"
    assert desk.drafts == ["a", "ab", "abc"]  # showing is no typing
    assert desk.field.accessibleName() == "Message General"


def test_up_in_an_empty_field_asks_for_the_last_message_and_elsewhere_moves(desk: Desk) -> None:
    desk.press(Qt.Key.Key_Up)
    assert desk.asked == ["edit last"]
    desk.type("x")
    desk.press(Qt.Key.Key_Up)
    assert desk.asked == ["edit last"]


def test_an_edit_lays_the_draft_aside_and_brings_it_back(desk: Desk) -> None:
    desk.type("draft")
    told = list(desk.drafts)
    desk.composer.edit(REF, "what I said")
    assert desk.banner() == "Edit message: what I said"
    assert (desk.text, desk.composer.draft) == ("what I said", "draft")
    desk.type(" and meant")
    desk.press(ENTER)
    assert desk.submitted == [Submission("what I said and meant", (), None, REF)]
    desk.press(ENTER)  # once is enough
    assert len(desk.submitted) == 1
    desk.composer.sent(desk.submitted[0])
    assert (desk.text, desk.banner()) == ("draft", "")
    assert desk.drafts == told


def test_an_edit_that_changes_nothing_or_is_cancelled_sends_nothing(desk: Desk) -> None:
    desk.type("draft")
    desk.composer.edit(REF, "what I said")
    desk.press(ENTER)
    assert (desk.submitted, desk.text, desk.banner()) == ([], "draft", "")
    desk.composer.edit(REF, "what I said")
    desk.composer.edit(OTHER, "something else")
    desk.press(Qt.Key.Key_Escape)
    assert (desk.text, desk.banner(), desk.asked) == ("draft", "", [])


def test_an_edit_to_nothing_is_not_sent(desk: Desk) -> None:
    desk.composer.edit(REF, "x")
    desk.press(Qt.Key.Key_Backspace)
    desk.press(ENTER)
    assert (desk.submitted, desk.banner()) == ([], "Edit message: x")


def test_an_edit_begun_while_a_message_is_being_stored_does_not_bring_that_back(desk: Desk) -> None:
    desk.type("hi")
    desk.press(ENTER)
    desk.composer.edit(REF, "what I said")
    desk.composer.sent(desk.submitted[0])
    assert desk.text == "what I said"
    desk.press(Qt.Key.Key_Escape)
    assert desk.text == ""
    assert desk.drafts[-1] == ""


def test_a_reply_names_its_message_once(desk: Desk) -> None:
    desk.composer.reply_to(REF, "Sofia <b>", "Can someone\nput that into the wiki?", b"sofia")
    assert desk.banner() == "Reply to Sofia <b>: Can someone\nput that into the wiki?"
    assert desk.field.accessibleDescription() == desk.banner()
    desk.type("done")
    desk.press(ENTER)
    assert desk.submitted == [Submission("done", (), REF, None)]
    assert desk.banner()
    desk.composer.sent(desk.submitted[0])
    assert desk.banner() == ""
    assert desk.field.accessibleDescription() == ""
    desk.type("next")
    desk.press(ENTER)
    assert desk.submitted[1].reply is None


def test_escape_cancels_first_and_leaves_then(desk: Desk) -> None:
    desk.type("text")
    desk.composer.reply_to(REF, "Sofia", "hello", b"sofia")
    desk.press(Qt.Key.Key_Escape)
    assert (desk.banner(), desk.asked, desk.text) == ("", [], "text")
    desk.press(Qt.Key.Key_Escape)
    assert (desk.asked, desk.text) == (["left"], "text")


def test_the_banner_has_a_button_that_cancels(desk: Desk) -> None:
    desk.composer.reply_to(REF, "Sofia", "hello", b"sofia")
    desk.click("cancel_reply_or_edit")
    assert desk.banner() == ""
    assert desk.field.hasFocus()


# --- names after an @ -----------------------------------------------------------------------------------------


def test_a_name_is_completed_by_keys_and_names_the_member(desk: Desk) -> None:
    desk.type("Ask @th")
    assert desk.offered() == ["Theo Okafor", "Théa Laurent"]
    desk.press(Qt.Key.Key_Down)
    desk.press(ENTER)
    assert desk.text == "Ask @Théa Laurent "
    assert (desk.offered(), desk.submitted) == ([], [])
    desk.type("please")
    desk.press(ENTER)
    assert desk.submitted == [Submission("Ask @Théa Laurent please", (MemberId("Théa Laurent"),), None, None)]


def test_a_chinese_name_is_completed_after_an_emoji(desk: Desk) -> None:
    desk.type("🎉你好@")
    desk.commit("王")
    assert desk.offered() == ["王小明"]
    desk.press(Qt.Key.Key_Tab)
    assert desk.text == "🎉你好@王小明 "
    assert desk.field.hasFocus()


def test_a_name_is_completed_by_the_mouse(desk: Desk) -> None:
    desk.type("@")
    assert desk.offered() == ["Theo Okafor", "Théa Laurent", "王小明"]
    shown = desk.find(QListView, "mention_list")
    where = shown.visualRect(shown.model().index(1, 0)).center()
    QTest.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    assert desk.text == "@Théa Laurent "


def test_escape_closes_the_names_and_nothing_else(desk: Desk) -> None:
    desk.type("@t")
    desk.press(Qt.Key.Key_Escape)
    assert (desk.offered(), desk.asked, desk.text) == ([], [], "@t")
    desk.press(ENTER)
    assert [one.text for one in desk.submitted] == ["@t"]


def test_up_goes_around_the_names(desk: Desk) -> None:
    desk.type("@t")
    desk.press(Qt.Key.Key_Up)
    desk.press(ENTER)
    assert desk.text == "@Théa Laurent "


def test_nobody_fits_and_nothing_is_offered(desk: Desk) -> None:
    for text in ("@xyz", " a@th", " @th\n"):
        desk.composer.insert(text)
        assert desk.offered() == []


# --- emoji ----------------------------------------------------------------------------------------------------


def test_an_emoji_is_found_by_a_word_and_put_at_the_cursor(desk: Desk) -> None:
    desk.type("ab")
    desk.field.moveCursor(QTextCursor.MoveOperation.Left)
    desk.click("emoji_button")
    search = desk.find(QLineEdit, "emoji_search")
    assert search.hasFocus()
    QTest.keyClicks(search, "ocean")
    desk.press(ENTER)
    assert desk.text == "a🌊b"
    assert desk.field.hasFocus()
    assert desk.recent == [["🌊"]]
    assert not desk.find(QWidget, "emoji_panel").isVisible()


def test_emoji_are_reached_by_arrows_and_by_the_mouse(desk: Desk) -> None:
    desk.composer.set_recent_emoji(["🎉", "not there any more"])
    desk.click("emoji_button")
    assert desk.checked() == ["emoji_group_recent"]
    desk.press(Qt.Key.Key_Down)
    grid = desk.find(QListView, "emoji_grid")
    assert grid.hasFocus()
    assert grid.currentIndex().data() == "🎉"
    desk.press(Qt.Key.Key_Up)
    assert desk.find(QLineEdit, "emoji_search").hasFocus()
    desk.click("emoji_group_food")
    index = grid.currentIndex()
    assert index.data() == "🍇"
    assert desk.checked() == ["emoji_group_food"]
    QTest.mouseClick(
        grid.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        grid.visualRect(index.siblingAtRow(index.row() + 1)).center(),
    )
    assert desk.text == "🍈"
    assert desk.recent == [["🍈", "🎉", "not there any more"]]


def test_emoji_are_heard_one_by_one(desk: Desk) -> None:
    desk.click("emoji_button")
    grid = desk.find(QListView, "emoji_grid")
    said = QAccessible.queryAccessibleInterface(grid)
    assert said.role() == QAccessible.Role.List, "of a table the whole row is read"
    desk.press(Qt.Key.Key_Down)
    for key, name in ((Qt.Key.Key_Down, "upside-down face"), (Qt.Key.Key_Home, "grinning face")):
        QTest.keyClick(grid, key)
        assert said.child(grid.currentIndex().row()).text(QAccessible.Text.Name) == name
    desk.press(Qt.Key.Key_Escape)


def test_what_is_found_is_heard_while_one_types(desk: Desk) -> None:
    desk.click("emoji_button")
    search = desk.find(QLineEdit, "emoji_search")
    for query, found in (("ocean", "water wave"), ("zzzz", "No emoji found"), ("", "")):
        search.setText(query)
        assert search.accessibleDescription() == found
    desk.press(Qt.Key.Key_Escape)


def test_the_panel_has_the_keyboard_before_anything_in_it_changes(desk: Desk) -> None:
    """A screen reader speaks of what changes first, and no more of the field."""
    desk.click("emoji_button")
    search = desk.find(QLineEdit, "emoji_search")
    QTest.keyClicks(search, "ocean")
    desk.press(Qt.Key.Key_Escape)
    had_focus: list[bool] = []
    search.textChanged.connect(lambda: had_focus.append(search.hasFocus()))
    desk.click("emoji_button")
    assert had_focus == [True]
    desk.press(Qt.Key.Key_Escape)


def test_the_panel_closes_by_escape_and_by_a_click_elsewhere(desk: Desk) -> None:
    for close in (
        lambda: desk.press(Qt.Key.Key_Escape),
        lambda: QTest.mouseClick(desk.before, Qt.MouseButton.LeftButton),
        lambda: desk.click("emoji_button"),
    ):
        desk.click("emoji_button")
        panel = desk.find(QWidget, "emoji_panel")
        assert panel.isVisible()
        close()
        assert not panel.isVisible()
        assert desk.text == ""


@pytest.mark.parametrize("height", [600, 390, 240])
def test_in_a_low_window_the_panel_shows_fewer_emoji(desk: Desk, height: int) -> None:
    window = desk.composer.window()
    window.resize(700, height)
    desk.click("emoji_button")
    QCoreApplication.sendPostedEvents()
    panel, grid = desk.find(QWidget, "emoji_panel"), desk.find(QListView, "emoji_grid")
    tab, search = desk.find(QWidget, "emoji_group_food"), desk.find(QWidget, "emoji_search")
    assert search.geometry().bottom() < grid.geometry().top()
    assert grid.geometry().bottom() < tab.geometry().top()
    assert panel.rect().contains(tab.geometry())
    assert window.rect().contains(panel.geometry().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW))
    assert grid.height() >= 72
    for _ in range(5):  # and the keyboard goes where they are not in sight
        desk.press(Qt.Key.Key_Down)
    assert grid.viewport().rect().contains(grid.visualRect(grid.currentIndex()))


def test_the_panel_says_when_nothing_is_found(desk: Desk) -> None:
    desk.click("emoji_button")
    QTest.keyClicks(desk.find(QLineEdit, "emoji_search"), "zzzz")
    assert desk.find(QListView, "emoji_grid").model().rowCount() == 0
    assert desk.checked() == []
    desk.press(ENTER)
    assert desk.text == ""
    desk.click("emoji_group_recent")  # there are none yet
    assert desk.checked() == ["emoji_group_people"]
    desk.press(Qt.Key.Key_Escape)


# --- everyone -------------------------------------------------------------------------------------------------


def test_tab_is_never_trapped(desk: Desk) -> None:
    desk.type("x")
    walked = []
    desk.before.setFocus()
    while not desk.after.hasFocus():
        desk.press(Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        walked.append(focus.objectName())
        assert len(walked) < 10
    assert walked[:-1] == ["composer_field", "emoji_button", "send_button"]
    assert desk.text == "x"
    desk.press(Qt.Key.Key_Backtab, SHIFT)
    assert desk.find(QWidget, "send_button").hasFocus()
    desk.press(Qt.Key.Key_Space)
    assert [one.text for one in desk.submitted] == ["x"]


def test_every_control_has_a_name(desk: Desk) -> None:
    desk.composer.reply_to(REF, "Sofia", "hello", b"sofia")
    desk.type("@")
    desk.click("emoji_button")
    for widget in desk.window.findChildren(QWidget):
        if (
            widget.isVisible()
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and widget
            not in (
                desk.before,
                desk.after,
            )
        ):
            found = QAccessible.queryAccessibleInterface(widget)
            assert found.text(QAccessible.Text.Name), widget
            assert widget.objectName(), widget
    desk.press(Qt.Key.Key_Escape)


@pytest.mark.parametrize(("lines", "shown"), [(1, 1), (2, 2), (8, 8), (9, 8), (40, 8)])
def test_the_field_is_as_high_as_its_lines_up_to_eight(desk: Desk, lines: int, shown: int) -> None:
    desk.composer.insert("\n".join("你好 🎉 x"[number % 7 :] or "x" for number in range(lines)))
    frame = desk.field.parentWidget()
    assert frame is not None
    settle()
    assert frame.height() == 44 + 20 * (shown - 1)
    assert desk.field.viewport().rect().contains(desk.field.cursorRect())
    desk.field.selectAll()
    desk.press(Qt.Key.Key_Delete)
    settle()
    assert frame.height() == 44


@pytest.mark.parametrize(("width", "left", "frame"), [(648, 16, 616), (928, 44, 840), (320, 16, 288)])
def test_the_composer_stands_under_the_column_of_the_timeline(
    theme: Theme, qtbot: QtBot, width: int, left: int, frame: int
) -> None:
    composer = Composer(theme)
    qtbot.addWidget(composer)
    composer.resize(width, 60)
    composer.show()
    edge = composer.childAt(width // 2, 2)
    assert edge is not None
    assert (edge.mapTo(composer, QPoint(0, 0)).x(), edge.width()) == (left, frame)


def test_the_caret_paints_nothing_but_the_field(desk: Desk) -> None:
    behind = _Painted(desk.window)
    for widget in (desk.window, desk.composer, *desk.composer.findChildren(ComposerFrame)):
        widget.installEventFilter(behind)
    desk.type("x")
    QApplication.processEvents()
    behind.count = 0
    desk.field.viewport().repaint(desk.field.cursorRect())
    assert behind.count == 0


def test_a_resting_room_says_that_writing_goes_on(desk: Desk) -> None:
    desk.composer.set_resting(True)
    assert desk.field.accessibleName() == "Write now, it goes out when the room is back"
    desk.composer.set_title("General")
    desk.composer.set_resting(False)
    assert desk.field.accessibleName() == "Message General"


def test_the_language_changes_while_it_is_open(desk: Desk, language: Language) -> None:
    desk.composer.reply_to(REF, "Sofia", "hello", b"sofia")
    desk.click("emoji_button")
    before = desk.names()
    language.speak("zh_CN")
    QApplication.sendPostedEvents()
    after = desk.names()
    assert {name for name, said in before.items() if said == after[name]} <= {"emoji_panel"}
    grid = desk.find(QListView, "emoji_grid")
    said = grid.model().data(grid.currentIndex(), Qt.ItemDataRole.AccessibleTextRole)
    assert said == "嘿嘿"
    desk.press(Qt.Key.Key_Escape)
