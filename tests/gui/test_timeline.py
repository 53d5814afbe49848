"""What is on screen, where, and that what a person reads never moves by itself. Facts, not pixels."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QRect, QTranslator
from PySide6.QtWidgets import QApplication

from chat_protocol.errors import Code
from chat_protocol.ids import Cid, LogId, MemberId
from desktop_chat.store.contract import Delivery
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.view import TimelineView
from tests.gui.talk import START, Talk, tide_sensor

WIDTH, HEIGHT, MARGIN = 928, 684, 12


@pytest.fixture
def view(theme: Theme, qtbot: Any) -> TimelineView:
    view = TimelineView(theme, UTC, lambda: START + timedelta(hours=3))
    qtbot.addWidget(view)
    view.resize(WIDTH, HEIGHT)
    with qtbot.waitActive(view):
        view.show()
    return view


def long_talk(count: int = 200) -> Talk:
    """Two people in turn; every tenth message takes several lines."""
    talk = Talk()
    for row in range(1, count + 1):
        text = f"Message {row}. " + "It is longer than the others and needs lines. " * (5 if row % 10 == 0 else 0)
        talk.say(("Jun Watanabe", "Sofia Marchetti")[row // 3 % 2], text, row)
    return talk


def places(view: TimelineView) -> dict[int, int]:
    """The y of each row on screen whose message is here."""
    return {one.row: one.top for one in view.stage.placed if view.stage.layout(one.row) is not None}


def bubbles(view: TimelineView) -> dict[int, int]:
    """The y of each bubble on screen."""
    return {row: bubble.top() for row in places(view) if (bubble := view.stage.bubble(row)) is not None}


# --- where rows stand ---------------------------------------------------------------------------------------------


def test_a_conversation_opens_at_its_end_and_measures_no_more_than_it_shows(view):
    view.show_messages(long_talk(100_000))
    placed = view.stage.placed
    assert placed[-1].row == 100_000
    assert placed[-1].bottom == HEIGHT - MARGIN
    assert placed[0].top <= 0
    assert [one.bottom for one in placed[:-1]] == [one.top for one in placed[1:]]
    assert len(view.stage.rows) == len(placed)
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 100_000 * 40


def test_the_rows_of_the_mock_up_are_as_high_as_it_says(view):
    talk = tide_sensor()
    talk.read_row = None
    view.show_messages(talk)
    view.to_top()
    heights = {one.row: one.height for one in view.stage.placed}
    date, run, name, line = 12 + 24 + 4, 12, 20, 20
    bubble = 6 + 6
    assert heights[1] == date + run + bubble + name + line
    assert heights[2] == 2 + bubble + line
    assert heights[3] == run + bubble + line
    reactions = 6 + 24 + 2
    assert heights[4] == run + bubble + name + 3 * line + reactions
    quote = 2 + 4 + 16 + 18 + 4 + 4
    assert heights[6] == run + bubble + name + quote + line + reactions
    assert heights[7] == date + run + bubble + name + line


def test_few_messages_stand_at_the_lower_edge(view):
    talk = Talk()
    talk.say("Jun Watanabe", "hi")
    view.show_messages(talk)
    assert view.stage.placed[0].bottom == HEIGHT - MARGIN
    assert not view.jump_button.isVisible()
    assert view.verticalScrollBar().maximum() == 0


def test_what_is_new_begins_under_the_line_near_the_top(view):
    talk = long_talk()
    talk.read_row = 120
    view.show_messages(talk)
    layout = view.stage.layout(121)
    assert layout.line_top is not None
    assert 0 <= places(view)[121] < HEIGHT // 4
    assert view.jump_button.isVisible()
    assert view.jump_button.count == 200 - view.stage.last_whole()


def test_where_nothing_was_ever_read_it_opens_at_the_end(view):
    talk = long_talk()
    talk.read_row = 0
    view.show_messages(talk)
    assert view.stage.at_bottom
    assert view.jump_button.count == 0


def test_the_bubbles_of_others_are_left_and_own_ones_right_of_the_column(view):
    view.show_messages(tide_sensor())
    column = view.stage.column
    assert (column.left(), column.width()) == (44, 840)
    assert view.stage.bubble(9).left() == 44 + 32 + 8
    assert view.stage.bubble(12).right() + 1 == 44 + 840
    for row in (8, 9, 10, 12):
        assert view.stage.bubble(row).width() <= 520


def test_in_a_narrow_window_bubbles_leave_room_on_the_other_side(view):
    view.resize(478, 522)
    view.show_messages(tide_sensor())
    column = view.stage.column
    assert column.width() == 478 - 32
    assert view.stage.bubble(13).left() >= column.left() + 88
    assert view.stage.bubble(9).right() + 1 <= column.right() + 1 - 48


def test_time_stands_on_the_last_line_if_it_fits_there(view):
    talk = Talk()
    talk.say("Jun Watanabe", "short")
    talk.say("Jun Watanabe", "It ends just so that no room is left for the time on the line of text, none at all.")
    view.show_messages(talk)
    short, long = view.stage.layout(1), view.stage.layout(2)
    assert short.meta.left() > short.text_at.x() + short.text.width
    assert short.bubble.height() == 6 + 20 + 20 + 6
    assert long.text.height + 20 + 12 == long.bubble.height()
    assert long.meta.top() > long.text_at.y() + long.text.height


# --- what changes -------------------------------------------------------------------------------------------------


def test_at_the_bottom_it_stays_there(view):
    talk = long_talk()
    view.show_messages(talk)
    talk.arrives("Theo Okafor", "one more", 300)
    assert view.stage.placed[-1].row == 201
    assert view.stage.placed[-1].bottom == HEIGHT - MARGIN
    assert not view.jump_button.isVisible()


def test_scrolled_up_nothing_moves_when_messages_come_and_the_button_counts_them(view):
    talk = long_talk()
    view.show_messages(talk)
    view.scroll_by(-1_000)
    before = places(view)
    for i in range(3):
        talk.arrives("Theo Okafor", f"more {i}", 300 + i)
    assert places(view) == before
    assert view.jump_button.isVisible()
    assert view.jump_button.count == 3
    assert "3 new" in view.jump_button.accessibleName()
    view.jump_button.click()
    assert view.stage.placed[-1].row == 203
    assert not view.jump_button.isVisible()


def test_an_edit_above_moves_nothing(view):
    talk = long_talk()
    view.show_messages(talk)
    view.scroll_by(-1_015)
    first = view.stage.placed[0]
    assert first.top < 0
    before = bubbles(view)
    talk.edit(first.row, "much longer than before, " * 40)
    after = bubbles(view)
    assert {row: y for row, y in after.items() if row > first.row} == {
        row: y for row, y in before.items() if row > first.row
    }


def test_a_page_that_arrives_moves_nothing(view):
    talk = long_talk()
    talk.missing = set(range(1, 181))
    view.show_messages(talk)
    view.scroll_by(-500)
    assert 180 in talk.asked
    before = bubbles(view)
    assert 190 in before
    talk.come(1, 180)
    after = bubbles(view)
    # The first that was here may have lost its name to the message above it.
    assert {row: after[row] for row in before if row > 181} == {row: y for row, y in before.items() if row > 181}
    assert min(after) < 181


def test_what_is_not_here_has_a_place(view):
    talk = long_talk()
    talk.missing = set(range(1, 101))
    view.show_messages(talk)
    view.to_top()
    assert view.stage.placed[0].row == 1
    assert view.stage.layout(1) is None
    assert 1 in talk.asked
    view.grab()
    talk.come(1, 100)
    assert view.stage.layout(1).content.text.startswith("Message 1.")


def test_another_width_keeps_the_first_row_on_screen(view):
    view.show_messages(long_talk())
    view.scroll_by(-2_000)
    first = view.stage.placed[0].row
    for width in (480, 700, 1_280, WIDTH):
        view.resize(width, HEIGHT)
        assert view.stage.placed[0].row == first
    view.jump_to_bottom()
    view.resize(500, 400)
    assert view.stage.placed[-1].bottom == 400 - MARGIN


def test_a_waiting_message_that_is_taken_back_goes(view):
    talk = long_talk(20)
    talk.arrives("Mara Lindqvist", "oh", 300, delivery=Delivery.WAITING, place=1)
    view.show_messages(talk)
    assert view.stage.placed[-1].row == 21
    talk.items.pop()
    talk.rows_removed.emit(1)
    assert view.stage.placed[-1].row == 20
    assert view.stage.placed[-1].bottom == HEIGHT - MARGIN


def test_rows_that_become_readable_above_move_nothing(view):
    talk = long_talk()
    talk.first_row = 150
    view.show_messages(talk)
    view.scroll_by(-600)
    before = bubbles(view)
    talk.first_row = 100
    talk.rows_changed.emit(100, 149)
    assert bubbles(view) == before
    view.to_top()
    assert view.stage.placed[0].row == 100


def test_after_a_reset_the_same_row_is_shown(view):
    talk = long_talk()
    view.show_messages(talk)
    view.scroll_by(-3_000)
    row = view.stage.placed[0].row
    talk.reset.emit()
    assert view.stage.placed[0].row == row


def test_another_conversation_is_shown_from_its_own_end(view):
    first, second = long_talk(), tide_sensor()
    view.show_messages(first)
    view.scroll_by(-3_000)
    view.show_messages(second)
    assert view.stage.placed[-1].row == second.last_row
    before = places(view)
    first.arrives("Theo Okafor", "elsewhere", 300)
    assert places(view) == before


# --- moving -------------------------------------------------------------------------------------------------------


def test_the_bar_reaches_every_row(view):
    view.show_messages(long_talk())
    bar = view.verticalScrollBar()
    bar.setValue(0)
    assert view.stage.placed[0].row == 1
    bar.setValue(bar.maximum() // 2)
    assert 80 < view.stage.placed[0].row < 120
    bar.setValue(bar.maximum())
    assert view.stage.placed[-1].row == 200


def test_a_message_is_shown_with_its_surroundings(view):
    talk = long_talk()
    ref = talk.items[49].shown.ref
    view.show_messages(talk)
    view.scroll_to(ref)
    assert places(view)[50] == (HEIGHT - MARGIN) // 3
    assert {48, 49, 51, 52} <= places(view).keys()
    view.grab()


def test_of_a_long_way_only_the_end_is_seen(qapp, qtbot):
    theme = Theme("light", is_motion_reduced=lambda: False)
    theme.apply(qapp)
    theme.apply_sheet()
    view: Any = TimelineView(theme, UTC)
    qtbot.addWidget(view)
    view.resize(WIDTH, HEIGHT)
    with qtbot.waitActive(view):
        view.show()
    view.show_messages(long_talk(1_000))
    view.to_top()
    view.jump_to_bottom()
    gliding = view._gliding
    assert gliding.duration() <= 150
    begun = view.stage.placed[0].row
    assert begun > 900
    assert view.stage.placed[-1].row < 1_000
    gliding.setCurrentTime(gliding.duration() // 2)
    assert begun < view.stage.placed[0].row
    assert not view.stage.at_bottom
    gliding.setCurrentTime(gliding.duration())
    assert view.stage.at_bottom
    view.scroll_to(500)
    view.scroll_by(-10)  # the person goes elsewhere meanwhile
    assert gliding.state() == gliding.State.Stopped


def test_nothing_glides_where_motion_is_reduced(view):
    view.show_messages(long_talk())
    view.to_top()
    view.jump_to_bottom()
    assert view.stage.at_bottom


def test_a_message_that_is_not_here_is_fetched_and_then_keeps_its_place(view, qtbot):
    talk = long_talk()
    talk.missing = set(range(1, 150))
    ref = talk.items[49].shown.ref
    view.show_messages(talk)
    before = places(view)
    view.scroll_to(ref)
    assert talk.sought == [ref]
    assert places(view) == before
    talk.missing -= {49, 50, 51}
    talk.rows_changed.emit(49, 51)
    talk.found.emit(ref, 50)
    at = bubbles(view)[50]
    talk.come(1, 149)
    assert abs(bubbles(view)[50] - at) <= 12 + 20  # the name may go to the message above
    with qtbot.waitSignal(view.not_found):
        view.scroll_to(ref._replace(cid=Cid("gone")))
        talk.found.emit(ref._replace(cid=Cid("gone")), 0)


def test_while_scrolling_the_day_of_what_is_seen_floats_above(view):
    def above():
        return view.grab(QRect(WIDTH // 2 - 100, 0, 200, 3 * MARGIN)).toImage()

    view.show_messages(long_talk())
    view.scroll_by(-1_300)
    floating = above()
    view._floating_date.stop()
    assert above() != floating
    view.to_top()  # the first row has a date
    floating = above()
    view._floating_date.stop()
    assert above() == floating


# --- what is told -------------------------------------------------------------------------------------------------


def test_what_was_on_screen_in_the_active_window_is_read(view, qtbot):
    talk = long_talk()
    told: list[tuple[int, int]] = []
    view.read_up_to.connect(lambda row, seq: told.append((row, seq)))
    talk.read_row = 100
    view.show_messages(talk)
    assert told == [(view.stage.last_whole(), view.stage.last_whole())]
    view.page(1)
    assert told[-1][0] == view.stage.last_whole() > told[0][0]
    count = len(told)
    view.page(-2)
    assert len(told) == count
    view.jump_to_bottom()
    assert told[-1] == (200, 200)


@pytest.mark.parametrize("was_elsewhere", [True, False])
def test_what_came_while_one_was_away_stands_under_a_line(view, was_elsewhere):
    talk = long_talk()
    view.show_messages(talk)
    talk.arrives("Elias Brandt", "are you there?", 300)
    talk.read_meanwhile = 200
    assert not view.stage.layout(201).content.decoration.unread_line
    if was_elsewhere:  # in another part of the window
        view.hide()
        view.show()
    else:
        QApplication.sendEvent(view, QEvent(QEvent.Type.WindowActivate))
    assert view.stage.layout(201).content.decoration.unread_line
    assert not view.stage.layout(200).content.decoration.unread_line


def test_what_waits_here_is_not_read(view):
    talk = long_talk(5)
    talk.say("Mara Lindqvist", "soon", 300, delivery=Delivery.WAITING, place=1)
    told: list[tuple[int, int]] = []
    view.read_up_to.connect(lambda row, seq: told.append((row, seq)))
    view.show_messages(talk)
    assert told == [(5, 5)]


def test_what_is_hidden_is_not_read_until_it_is_shown(theme, qtbot):
    view = TimelineView(theme, UTC)
    qtbot.addWidget(view)
    view.resize(WIDTH, HEIGHT)
    told: list[int] = []
    view.read_up_to.connect(lambda row, _seq: told.append(row))
    talk: Any = long_talk()
    view.show_messages(talk)
    assert told == []
    with qtbot.waitActive(view):
        view.show()
    assert told == [200]


# --- what a row says ----------------------------------------------------------------------------------------------


def test_runs_show_author_and_picture_once(view):
    view.show_messages(tide_sensor())
    view.to_top()
    first, second = view.stage.layout(1), view.stage.layout(2)
    assert [label.text for label in first.labels][:1] == ["Elias Brandt"]
    assert first.avatar is not None
    assert second.avatar is None
    assert [label.text for label in second.labels] == [second.content.time]


def test_states_say_where_a_message_is(view):
    view.show_messages(tide_sensor())
    stored, refused, waiting = (view.stage.layout(row).content for row in (12, 13, 14))
    assert (stored.state.icon, stored.state.heading) == ("check", "Stored by the room")
    assert "event 12" in stored.state.text
    assert (waiting.state.icon, waiting.state.heading) == ("clock", "Waiting here")
    view.messages.change(14, lambda item: item._replace(delivery=Delivery.SENT))
    sent = view.stage.layout(14).content.state
    assert (sent.icon, sent.heading) == ("clock", "On its way")
    people = tuple(view.messages.people)
    view.messages.change(12, lambda item: item._replace(read_by=people[1:3]))
    read = view.stage.layout(12).content
    assert (read.state.icon, read.state.heading) == ("check-check", "Read by 2")
    assert read.state.text == "Elias Brandt, Sofia Marchetti"
    assert "Read by 2" in read.spoken
    view.messages.log = LogId("____of two")
    view.messages.change(12, lambda item: item._replace(read_by=people[1:2]))
    read = view.stage.layout(12).content
    assert (read.state.icon, read.state.heading) == ("check-check", "Read")
    assert "event 12" in read.state.text
    assert refused.state.icon == "circle-alert"
    assert "16,000 bytes" in refused.refusal
    assert [label.text for label, _ in view.stage.layout(13).deeds] == ["Retry", "Edit", "Delete…"]
    assert view.stage.layout(9).content.state is None


def test_a_refused_change_is_told_under_the_message(view):
    talk = long_talk(3)
    view.show_messages(talk)
    assert view.stage.layout(3).refusal is None
    talk.change(3, lambda item: item._replace(change=Delivery.REFUSED, code=Code.FORBIDDEN, place=9))
    assert view.stage.layout(3).content.refusal == "You may not do that here."


def test_a_line_says_that_the_room_rests(view):
    view.show_messages(tide_sensor())
    assert view.stage.layout(13).resting_top is None
    view.set_line("Room resting since 17:31")
    assert view.stage.layout(13).resting_top is not None
    assert view.stage.layout(13).content.line == "Room resting since 17:31"
    assert "as soon as the room is back" in view.stage.layout(14).content.state.text
    assert view.stage.layout(14).resting_top is None
    view.grab()
    view.set_line("")
    assert view.stage.layout(13).resting_top is None


def test_who_is_blocked_is_heard_on_demand(view):
    talk = long_talk(3)
    by = talk.items[2].shown.by
    talk.people[by] = talk.people[by]._replace(is_blocked=True)
    view.show_messages(talk)
    assert "Message 3" not in view.stage.layout(3).content.text
    view.stage.show_in_full(3)
    assert "Message 3" in view.stage.layout(3).content.text


def test_new_names_are_shown_at_once(view):
    talk = long_talk(3)
    view.show_messages(talk)
    by = talk.items[2].shown.by
    talk.people[by] = talk.people[by]._replace(name="Sofia M.")
    talk.authors_changed.emit()
    assert "Sofia M." in [label.text for label in view.stage.layout(3).labels]


class _Shouting(QTranslator):
    def translate(self, context, source, disambiguation=None, n=-1):
        return source if "{" in source else source.upper()


def test_a_mention_is_found_by_the_public_name_of_a_contact(view):
    talk = tide_sensor()
    theo = MemberId("theo okafor")
    talk.people[theo] = talk.people[theo]._replace(name="My plumber", public_name="Theo Okafor")
    view.show_messages(talk)
    assert [view.stage.text(10)[mark.start : mark.end] for mark in view.stage.layout(10).text.marks][:1] == [
        "@Theo Okafor"
    ]
    assert view.stage.layout(7).labels[0].text == "My plumber"


def test_another_language_is_shown_at_once(view, qapp: QApplication):
    view.show_messages(tide_sensor())
    translator = _Shouting()
    qapp.installTranslator(translator)
    try:
        QApplication.sendEvent(view, QEvent(QEvent.Type.LanguageChange))
        assert view.accessibleName() == "MESSAGES"
        assert view.stage.layout(12).content.state.heading == "STORED BY THE ROOM"
    finally:
        qapp.removeTranslator(translator)


@pytest.mark.parametrize("name", ["light", "dark", "contrast", "contrastLight"])
def test_every_theme_draws_everything(view, theme: Theme, name):
    view.show_messages(tide_sensor())
    view.set_line("Room resting since 17:31")
    view.mark_found("tide")
    theme.choose(name)
    picture = view.grab().toImage()
    assert picture.pixelColor(2, 2).rgb() == theme.color("bg.timeline").rgb()
    own = view.stage.bubble(12)
    assert picture.pixelColor(own.left() + 6, own.bottom() - 20).rgb() == theme.color("bubble.own").rgb()
    assert picture.pixelColor(view.stage.bubble(9).right() - 40, view.stage.bubble(9).top() + 6).rgb() == (
        theme.color("bubble.mention").rgb()
    )
