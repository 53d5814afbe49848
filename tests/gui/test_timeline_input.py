"""What the mouse and the keyboard do in the timeline: selecting, copying, and the deeds on a message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QHelpEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from chat_protocol import limits
from chat_protocol.ids import LogId, MemberId
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.deeds import Deed
from desktop_chat.timeline.menu import MessageMenu
from desktop_chat.timeline.reactions import ReactionRow
from desktop_chat.timeline.selection import Point
from desktop_chat.timeline.view import TimelineView
from tests.gui.talk import START, Talk, tide_sensor

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
Key = Qt.Key


@pytest.fixture
def view(theme: Theme, qtbot: Any) -> TimelineView:
    view = TimelineView(theme, UTC, lambda: START + timedelta(hours=3))
    qtbot.addWidget(view)
    view.resize(928, 684)
    with qtbot.waitActive(view):
        view.show()
    view.setFocus()
    talk: Any = tide_sensor()
    talk.read_row = None
    view.show_messages(talk)
    return view


@pytest.fixture
def asked(view: TimelineView) -> list[tuple[Any, ...]]:
    """What the view asked for, in order."""
    asked: list[tuple[Any, ...]] = []
    for name in ("reply", "edit", "delete", "react", "retry"):
        signal = getattr(view, f"{name}_requested")
        signal.connect(lambda *what, name=name: asked.append((name, *what)))
    view.link_activated.connect(lambda url: asked.append(("link", url)))
    return asked


def at(view: TimelineView, row: int, char: int) -> QPoint:
    """The left part of a character."""
    layout, placed = view.stage.layout(row), view.stage.find(row)
    assert layout is not None
    assert layout.text is not None
    assert placed is not None
    rect = layout.text.rects(char, char + 1, layout.bubble.translated(-layout.text_at))[0]
    x = view.stage.column.left() + layout.text_at.x() + rect.left() + 1
    return QPoint(round(x), round(placed.top + layout.text_at.y() + rect.center().y()))


def part(view: TimelineView, row: int, find: Callable[[Any], Any]) -> QPoint:
    """The middle of a part of a row."""
    layout, placed = view.stage.layout(row), view.stage.find(row)
    assert placed is not None
    middle: QPoint = find(layout).center().toPoint()
    return middle + QPoint(view.stage.column.left(), placed.top)


def drag(view: TimelineView, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(view.viewport(), LEFT, NONE, start)
    for point in (start + (end - start) / 2, end):
        move(view, point, LEFT)
    QTest.mouseRelease(view.viewport(), LEFT, NONE, end)


def move(view: TimelineView, point: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    where = QPointF(point)
    globally = QPointF(view.viewport().mapToGlobal(point))
    event = QMouseEvent(QEvent.Type.MouseMove, where, globally, Qt.MouseButton.NoButton, buttons, NONE)
    QApplication.sendEvent(view.viewport(), event)


def copied() -> str:
    return QGuiApplication.clipboard().text()


def press(view: TimelineView, *keys: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    for key in keys:
        QTest.keyClick(view, key, modifiers)


def menu_of(view: TimelineView) -> Any:
    menus = [one for one in view.findChildren(MessageMenu) if one.isVisible()]
    assert len(menus) == 1
    return menus[0]


# --- selecting ----------------------------------------------------------------------------------------------------


def test_a_drag_selects_within_a_message(view):
    drag(view, at(view, 10, 4), at(view, 10, 16))
    assert view.selection.range_in(10, 100) == (4, 16)
    press(view, Key.Key_C, modifiers=CTRL)
    assert copied() == "@Theo Okafor"


def test_characters_beyond_the_first_plane_count_once(view):
    text = view.stage.text(12)
    assert text.endswith("🙌")
    drag(view, at(view, 12, 0), at(view, 12, len(text) - 1))
    press(view, Key.Key_C, modifiers=CTRL)
    assert copied() == text[:-1]
    view.selection.select_rows(12, 12)
    press(view, Key.Key_C, modifiers=CTRL)
    assert copied() == text


def test_a_drag_across_messages_is_copied_with_authors_and_times(view):
    drag(view, at(view, 9, 10), at(view, 10, 3))
    assert view.selection.rows == (9, 10)
    press(view, Key.Key_C, modifiers=CTRL)
    day = view.locale().toString(START.date(), view.locale().FormatType.ShortFormat)
    first, second = (view.stage.layout(row).content.time for row in (9, 10))
    assert copied().splitlines() == [
        f"Jun Watanabe, {day} {first}",
        "you print it before the open evening? PETG, 40 % infill.",
        "",
        f"Sofia Marchetti, {day} {second}",
        "Ask",
    ]


def test_two_clicks_select_the_word_and_three_the_message(view):
    where = at(view, 12, 6)
    QTest.mouseClick(view.viewport(), LEFT, NONE, where)
    QTest.mouseDClick(view.viewport(), LEFT, NONE, where)
    assert view.selection.range_in(12, 100) == (5, 7)
    third = QMouseEvent(
        QEvent.Type.MouseButtonPress, QPointF(where), QPointF(view.viewport().mapToGlobal(where)), LEFT, LEFT, NONE
    )
    third.setTimestamp(view._pointer._double[0] + 10)
    QApplication.sendEvent(view.viewport(), third)
    QTest.mouseRelease(view.viewport(), LEFT, NONE, where)
    assert view.selection.range_in(12, 40) == (0, 40)


def test_a_click_selects_nothing(view):
    drag(view, at(view, 10, 4), at(view, 10, 16))
    QTest.mouseClick(view.viewport(), LEFT, NONE, at(view, 12, 3))
    assert view.selection.is_empty


def test_shift_and_click_selects_from_there(view):
    QTest.mouseClick(view.viewport(), LEFT, NONE, at(view, 10, 4))
    QTest.mouseClick(view.viewport(), LEFT, SHIFT, at(view, 12, 3))
    assert view.selection.span == (Point(10, 4), Point(12, 3))


def test_dragged_out_of_the_view_it_scrolls(view):
    view.resize(928, 300)
    view.to_top()
    QTest.mousePress(view.viewport(), LEFT, NONE, at(view, 1, 4))
    move(view, QPoint(400, 380), LEFT)
    first = view.stage.placed[0]
    for _ in range(40):
        view._pointer._scroll.timeout.emit()
    assert view.stage.placed[-1].row > 8
    assert view.stage.placed[0] != first
    QTest.mouseRelease(view.viewport(), LEFT, NONE, QPoint(400, 380))
    assert not view._pointer._scroll.isActive()
    assert view.selection.rows[0] == 1
    assert view.selection.rows[1] >= 8


def test_a_selection_outlives_the_unloading_of_its_messages(view):
    drag(view, at(view, 9, 0), at(view, 10, 3))
    view.messages.missing = {9}
    view.messages.rows_changed.emit(9, 9)
    assert view.selection.rows == (9, 10)
    view.messages.come(9, 9)
    assert view.selection.range_in(9, 66) == (0, 66)


def test_all_is_selected_and_let_go(view):
    press(view, Key.Key_A, modifiers=CTRL)
    assert view.selection.rows == (1, 14)
    press(view, Key.Key_C, modifiers=CTRL)
    assert "The lathe belt is here" in copied()
    assert "Papa, do you need anything" in copied()
    press(view, Key.Key_Escape)
    assert view.selection.is_empty


def test_arrows_with_shift_select(view):
    QTest.mouseClick(view.viewport(), LEFT, NONE, at(view, 12, 0))
    press(view, Key.Key_Right, Key.Key_Right, Key.Key_Right, modifiers=SHIFT)
    assert view.selection.range_in(12, 100) == (0, 3)
    press(view, Key.Key_Left, modifiers=SHIFT)
    assert view.selection.range_in(12, 100) == (0, 2)
    press(view, Key.Key_Right, modifiers=SHIFT | CTRL)
    assert view.selection.range_in(12, 100) == (0, 3)
    press(view, Key.Key_Down, modifiers=SHIFT)
    assert view.selection.range_in(12, 40) == (0, 40)
    press(view, Key.Key_Down, modifiers=SHIFT)
    assert view.selection.rows == (12, 13)
    press(view, Key.Key_Up, Key.Key_Up, modifiers=SHIFT)
    assert view.selection.rows == (11, 12)


# --- moving -------------------------------------------------------------------------------------------------------


def wheel(view: TimelineView, pixels: int = 0, angle: int = 0) -> None:
    where = QPointF(400, 300)
    event = QWheelEvent(
        where,
        where,
        QPoint(0, pixels),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def test_the_wheel_scrolls_by_lines_and_by_pixels(view):
    before = {one.row: one.top for one in view.stage.placed}
    wheel(view, angle=120)
    assert view.stage.find(9).top == before[9] + 60
    wheel(view, pixels=-7)
    assert view.stage.find(9).top == before[9] + 53
    for _ in range(8):  # a fine wheel: eight eighths make a line
        wheel(view, angle=5)
    assert view.stage.find(9).top == before[9] + 53 + 20


def test_keys_turn_pages_and_go_to_the_ends(view):
    view.resize(928, 300)
    press(view, Key.Key_Home)
    assert view.stage.placed[0].row == 1
    last = view.stage.placed[-1].row
    press(view, Key.Key_PageDown)
    assert view.stage.placed[0].row >= last - 2
    press(view, Key.Key_PageUp)
    assert view.stage.placed[0].row == 1
    press(view, Key.Key_End)
    assert view.stage.at_bottom


def test_up_and_down_make_a_message_current_and_bring_it_on_screen(view):
    press(view, Key.Key_Up)
    assert view.current == 14
    for _ in range(13):
        press(view, Key.Key_Up)
    assert view.current == 1
    assert view.stage.find(1).top >= 0
    press(view, Key.Key_Up)
    assert view.current == 1
    press(view, Key.Key_Down)
    assert view.current == 2
    view.grab()
    press(view, Key.Key_Escape)
    assert view.current is None
    event_left_over = QTest.keyClick(view, Key.Key_Escape)
    assert event_left_over is None


def test_pages_and_ends_make_a_message_current_that_is_on_screen_then(view):
    view.resize(928, 300)
    press(view, Key.Key_Home)
    assert view.current == 1
    press(view, Key.Key_Down)
    assert view.current == 2
    press(view, Key.Key_PageDown)
    assert view.current == view.stage.last_whole()
    press(view, Key.Key_PageUp)
    assert view.current == view.stage.first_whole()
    press(view, Key.Key_End)
    assert view.current == 14
    press(view, Key.Key_Up)
    assert view.current == 13


def test_in_a_message_higher_than_the_screen_pages_go_on(view):
    talk: Any = view.messages
    talk.edit(9, "On and on.\n" * 20)
    view.resize(928, 200)
    view.set_current(9)
    top = view.stage.find(9).top
    press(view, Key.Key_PageDown)
    assert view.current == 9
    assert view.stage.find(9).top < top - 100


def test_nothing_is_current_where_nothing_is_said(view):
    view.show_messages(Talk())
    press(view, Key.Key_Home, Key.Key_End, Key.Key_PageUp, Key.Key_PageDown)
    assert view.current is None


def test_who_comes_by_the_keyboard_stands_on_the_last_message(view):
    view.viewport().clearFocus()
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.current == 14
    view.let_go()
    view.clearFocus()
    view.setFocus(Qt.FocusReason.MouseFocusReason)
    assert view.current is None


# --- deeds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "row", "deed"),
    [(Key.Key_R, 9, "reply"), (Key.Key_E, 12, "edit"), (Key.Key_Delete, 12, "delete"), (Key.Key_Delete, 9, "delete")],
)
def test_keys_act_on_the_current_message(view, asked, key, row, deed):
    view.set_current(row)
    press(view, key)
    assert asked == [(deed, view.messages.items[row - 1].shown.ref)]


def test_only_what_can_be_done_is_done(view, asked):
    view.set_current(9)  # somebody else's
    press(view, Key.Key_E)
    view.set_current(11)  # deleted
    press(view, Key.Key_R, Key.Key_Delete, Key.Key_Return)
    assert asked == []
    assert Deed.REACT not in view.conduct.deeds(14)  # it waits here: nobody could be told what it is about
    assert Deed.DELETE in view.conduct.deeds(9)  # by who hosts the room
    view.messages.log = LogId("____a-talk-of-two")
    assert Deed.DELETE not in view.conduct.deeds(9)
    view.messages.is_closed = True
    assert view.conduct.deeds(9) == {Deed.COPY_TEXT, Deed.MORE}


def test_p18_a_message_of_a_later_kind_says_so_and_offers_nothing_of_its_words(view, asked):
    later: dict[str, Any] = {"kind": "later message", "text": "", "body": Raw(b'{"text":"hidden"}')}
    for row in (9, 12):  # somebody else's, which 12 replies to, and one's own
        view.messages.change(row, lambda item: item._replace(shown=replace(item.shown, **later)))
    needed = "Only a newer version of Desktop Chat can show this message."
    own = view.stage.layout(12).content
    assert (own.text, own.quote.text) == (needed, needed)
    assert needed in own.spoken
    assert view.conduct.deeds(12) == {Deed.REPLY, Deed.REACT, Deed.DELETE, Deed.MORE}
    view.set_current(12)
    press(view, Key.Key_E)
    assert asked == []


def test_what_keys_and_menu_act_on_stays_the_same_message(view, asked):
    """Somebody else's message comes into the log before those that wait here."""
    waiting = view.messages.items[13].shown.ref
    view.set_current(14)
    press(view, Key.Key_Menu)
    view.messages.comes_before(14, "Theo Okafor", "me first")
    assert view.messages.items[14].shown.ref == waiting
    assert view.current == 15
    QTest.keyClick(menu_of(view), Key.Key_Return)
    press(view, Key.Key_Delete)
    assert asked == [("reply", waiting), ("delete", waiting)]


def test_what_is_selected_stays_the_same_text(view):
    view.set_current(14)
    press(view, Key.Key_Right, modifiers=SHIFT)
    press(view, Key.Key_Right, modifiers=SHIFT)
    selected = view.selection.span
    view.messages.comes_before(14, "Theo Okafor", "me first")
    assert view.selection.span == tuple(point._replace(row=15) for point in selected)
    press(view, Key.Key_C, modifiers=CTRL)
    assert QGuiApplication.clipboard().text() == "Pa"


@pytest.mark.parametrize("key", [(Key.Key_Menu, NONE), (Key.Key_F10, SHIFT), (Key.Key_Return, NONE)])
def test_the_menu_comes_by_key(view, asked, key):
    view.set_current(12)
    press(view, key[0], modifiers=key[1])
    menu = menu_of(view)
    names = [action.objectName() for action in menu.actions() if action.objectName()]
    assert names == ["menu_reply", "menu_edit", "menu_copy_text", "menu_delete"]
    assert menu.focusWidget() is menu.findChild(ReactionRow).cell("👍"), "which is heard"
    QTest.keyClick(menu.focusWidget(), Key.Key_Down)
    QTest.keyClick(menu, Key.Key_Return)
    assert asked == [("reply", view.messages.items[11].shown.ref)]
    assert not menu.isVisible()


def test_the_menu_comes_by_mouse_for_the_message_under_it(view, asked):
    where = at(view, 9, 3)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, view.viewport().mapToGlobal(where))
    QApplication.sendEvent(view.viewport(), event)
    menu = menu_of(view)
    assert view.current == 9
    assert menu.activeAction() is None
    row = menu.findChild(ReactionRow)
    QTest.mouseClick(row.cell("🎉"), LEFT)
    assert asked == [("react", view.messages.items[8].shown.ref, "🎉", True)]
    assert not menu.isVisible()


def test_one_reacts_by_keys(view, asked):
    view.set_current(9)
    press(view, Key.Key_Plus, modifiers=SHIFT)
    menu = menu_of(view)
    row = menu.findChild(ReactionRow)
    assert menu.focusWidget() is row.cell("👍"), "the arrows choose at once"
    QTest.keyClick(menu.focusWidget(), Key.Key_Right)
    QTest.keyClick(menu.focusWidget(), Key.Key_Return)
    assert asked == [("react", view.messages.items[8].shown.ref, "❤️", True)]


ALL_KINDS = ("🎉", *(chr(ord("🐀") + i) for i in range(limits.REACTIONS - 1)))


def with_reactions(view: TimelineView, row: int, kinds: tuple[str, ...]) -> None:
    elias = MemberId("elias brandt")
    reactions = {emoji: [elias] for emoji in kinds}
    talk: Any = view.messages
    talk.change(row, lambda item: item._replace(shown=replace(item.shown, reactions=reactions)))


def test_no_further_emoji_is_offered_than_is_shown(view, asked):
    with_reactions(view, 9, ALL_KINDS)
    view.set_current(9)
    press(view, Key.Key_Plus, modifiers=SHIFT)
    menu = menu_of(view)
    assert [action.text() for action in menu.actions()][1:] == ["It has 20 different emoji: no other one fits."]
    assert not menu.actions()[1].isEnabled()
    QTest.keyClick(menu.findChild(ReactionRow), Key.Key_Right)  # around the only one that is there
    QTest.keyClick(menu.findChild(ReactionRow), Key.Key_Return)
    assert asked == [("react", view.messages.items[8].shown.ref, "🎉", True)]


def test_who_was_slower_than_others_with_the_last_emoji_is_told(view, asked):
    with_reactions(view, 9, ALL_KINDS[2:])
    view.set_current(9)
    press(view, Key.Key_Plus, modifiers=SHIFT)
    menu = menu_of(view)
    with_reactions(view, 9, (*ALL_KINDS[1:], "🦀"))
    QTest.keyClick(menu.findChild(ReactionRow), Key.Key_Return)
    assert asked == []
    assert [action.text() for action in menu_of(view).actions()] == ["It has 20 different emoji: no other one fits."]
    menu_of(view).close()


def test_a_click_on_a_reaction_gives_it_or_takes_it_back(view, asked):
    view.to_top()
    ref = view.messages.items[3].shown.ref
    QTest.mouseClick(view.viewport(), LEFT, NONE, part(view, 4, lambda layout: layout.pills[0].rect))
    assert asked[-1] == ("react", ref, "✅", False)
    QTest.mouseClick(view.viewport(), LEFT, NONE, part(view, 4, lambda layout: layout.pills[1].rect))
    assert asked[-1] == ("react", ref, "🙏", True)


def test_a_click_on_a_quote_goes_there(view):
    view.scroll_by(-60)
    QTest.mouseClick(view.viewport(), LEFT, NONE, part(view, 6, lambda layout: layout.quote))
    assert view.stage.find(5) is not None
    view.jump_to_bottom()
    QTest.mouseClick(view.viewport(), LEFT, NONE, part(view, 12, lambda layout: layout.quote))
    assert view.stage.find(9) is not None


def test_a_click_on_a_link_tells_its_address(view, asked):
    url = "https://example.org/tide?station=4"
    QTest.mouseClick(view.viewport(), LEFT, NONE, at(view, 8, view.stage.text(8).index("example")))
    assert asked == [("link", url)]
    drag(view, at(view, 8, view.stage.text(8).index("https")), at(view, 8, view.stage.text(8).index("tide?")))
    assert asked == [("link", url)]


@pytest.mark.parametrize(("which", "deed"), [(0, "retry"), (1, "edit"), (2, "delete")])
def test_a_refused_message_offers_what_to_do(view, asked, which, deed):
    QTest.mouseClick(view.viewport(), LEFT, NONE, part(view, 13, lambda layout: layout.deeds[which][0].rect))
    item = view.messages.items[12]
    assert asked == [(deed, item.place if deed == "retry" else item.shown.ref)]


def test_a_long_text_is_shown_whole_on_demand(view):
    text = "All of it. " * 1_000
    view.messages.arrives("Jun Watanabe", text, 200)
    layout = view.stage.layout(15)
    assert layout.bubble.height() < view.height() * 2
    assert len(layout.text.text) < 2_000
    QTest.mouseClick(view.viewport(), LEFT, NONE, part(view, 15, lambda layout: layout.show_all.rect))
    assert view.stage.layout(15).text.text == text
    assert view.stage.layout(15).show_all is None
    view.conduct.do(Deed.COPY_TEXT, 15)
    assert copied() == text


# --- what lies under the pointer ----------------------------------------------------------------------------------


def test_the_hover_bar_comes_over_the_message_and_moves_nothing(view, asked):
    before = list(view.stage.placed)
    bar = view._pointer.bar
    move(view, at(view, 9, 3))
    assert bar.isVisible()
    assert bar.geometry().top() < view.stage.bubble(9).top() < bar.geometry().bottom()
    assert [deed for deed in Deed if deed in _buttons(bar)] == [Deed.REACT, Deed.REPLY, Deed.DELETE, Deed.MORE]
    assert view.stage.placed == before
    QTest.mouseClick(bar.button(Deed.REPLY), LEFT)
    assert asked == [("reply", view.messages.items[8].shown.ref)]
    move(view, QPoint(5, view.stage.bubble(7).top() - 20))  # beside a date
    assert not bar.isVisible()
    move(view, at(view, 12, 3))
    assert Deed.EDIT in _buttons(bar)
    QTest.mouseClick(bar.button(Deed.MORE), LEFT)
    menu_of(view).close()
    move(view, at(view, 11, 3))
    assert not bar.isVisible()  # nothing can be done to a deleted message
    QApplication.sendEvent(view.viewport(), QEvent(QEvent.Type.Leave))
    assert not bar.isVisible()


def _buttons(bar: Any) -> set[Deed]:
    return {deed for deed in Deed if (button := bar.findChild(object, f"hover_{deed.value}")) and button.isVisible()}


def test_the_cursor_says_what_a_click_would_do(view):
    shapes = Qt.CursorShape
    for where, shape in (
        (at(view, 8, 3), shapes.IBeamCursor),
        (at(view, 8, view.stage.text(8).index("example")), shapes.PointingHandCursor),
        (part(view, 12, lambda layout: layout.quote), shapes.PointingHandCursor),
        (QPoint(5, 200), shapes.ArrowCursor),
    ):
        move(view, where)
        assert view.viewport().cursor().shape() == shape


@pytest.mark.parametrize(
    ("row", "find", "words"),
    [
        (12, lambda layout: layout.meta, "Stored by the room"),
        (13, lambda layout: layout.meta, "Refused"),
        (14, lambda layout: layout.meta, "Goes out by itself, in its turn."),
        (9, lambda layout: layout.meta, "20"),
    ],
)
def test_a_tooltip_says_where_the_message_is(view, row, find, words):
    assert words in tooltip(view, part(view, row, find))


def test_a_tooltip_tells_where_a_link_leads_and_who_reacted(view):
    assert "https://example.org/tide?station=4" in tooltip(view, at(view, 8, view.stage.text(8).index("example")))
    view.to_top()
    assert "Sofia Marchetti, Jun Watanabe" in tooltip(view, part(view, 4, lambda layout: layout.pills[1].rect))


def tooltip(view: TimelineView, where: QPoint) -> str:
    move(view, where)
    event = QHelpEvent(QEvent.Type.ToolTip, where, view.viewport().mapToGlobal(where))
    QApplication.sendEvent(view.viewport(), event)
    text = QToolTip.text()
    QToolTip.hideText()
    return text


def test_a_conversation_that_is_not_there_breaks_nothing(theme, qtbot):
    view = TimelineView(theme, UTC)
    qtbot.addWidget(view)
    with qtbot.waitActive(view):
        view.show()
    empty: Any = Talk()
    for _ in range(2):
        press(view, Key.Key_Up, Key.Key_Home, Key.Key_PageUp, Key.Key_Delete, Key.Key_Return)
        press(view, Key.Key_A, Key.Key_C, modifiers=CTRL)
        press(view, Key.Key_Left, Key.Key_Down, modifiers=SHIFT)
        QTest.mouseClick(view.viewport(), LEFT, NONE, QPoint(100, 100))
        wheel(view, angle=120)
        view.jump_to_bottom()
        view.grab()
        view.show_messages(empty)
