"""Texts of every script and of bad intent: where their characters stand, and that one message can't hurt the rest."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolTip

from chat_protocol.ids import MemberId
from chat_protocol.search_text import spans
from desktop_chat.models.persons import Person
from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.content import cut
from desktop_chat.timeline.layouts import Mark, MarkKind, TextLayout
from desktop_chat.timeline.metrics import Metrics
from desktop_chat.timeline.view import TimelineView
from tests.gui.talk import Talk

EVERYWHERE = QRectF(-10_000, -10_000, 20_000, 1_000_000)
LINE = 20

ZALGO = "".join(letter + "\u0300\u0301\u0302\u0310\u0330" * 10 for letter in "he comes" * 30)
FLOOD = "\u2067a" * 4_000
HOSTILE = {
    "word": "x" * 16_000,
    "zalgo": ZALGO,
    "one letter": "h" + "\u0301" * 7_900,
    "lines": "\n" * 16_000,
    "family": "👨‍👩‍👧‍👦" * 640,
    "bidi": FLOOD,
    "overrides": "\u202e\u202d\u2066" * 1_700,
    "links": "http://a.bc/ " * 1_200,
    "mentions": "@Ann " * 3_200,
    "cjk": "会议" * 2_666,
    "surrogate pairs": "🙌" * 4_000,
    "markup": "<table><tr><td>" * 1_000,
    "tabs": "\t" * 16_000,
    "joiners": "\u200d" * 5_000,
}


@pytest.fixture
def metrics(theme: Theme) -> Metrics:
    return Metrics(theme)


def laid_out(metrics: Metrics, text: str, width: float = 496, marks: tuple[Mark, ...] = ()) -> TextLayout:
    return TextLayout(text, metrics.font("body"), LINE, width, marks, metrics.mark_formats)


# --- where characters stand ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "会议在明天",
        "🙌 up 🙌 and 👩🏽‍🚀",
        "שלום עולם",
        "mixed שלום and عربي 12",
        "a\nb\n\nc",
        "e\u0301a\u0300",
    ],
)
def test_every_character_is_found_where_it_is_drawn(metrics, text):
    layout = laid_out(metrics, text)
    for index, char in enumerate(text):
        rects = layout.rects(index, index + 1, EVERYWHERE)
        if char == "\n" or not rects or rects[0].width() < 3:
            continue  # part of what stands before it
        found = layout.char_at(rects[0].center())
        assert found is not None
        assert found <= index
        assert layout.rects(found, found + 1, EVERYWHERE)[0].intersects(rects[0])
    assert layout.rects(0, len(text), EVERYWHERE)


def test_lines_are_equally_high_in_every_script(metrics):
    for text in ("latin", "会议", "🙌🙌", "ไทย", "ﷺ", "한국어"):
        assert laid_out(metrics, text).height == LINE
        assert laid_out(metrics, f"{text}\n{text}").height == 2 * LINE


def test_long_words_are_broken(metrics):
    layout = laid_out(metrics, "x" * 500, 200)
    assert layout.width <= 200
    assert layout.is_wrapped
    assert layout.height > 10 * LINE


def test_a_new_line_is_no_wrapping(metrics):
    layout = laid_out(metrics, "one\ntwo")
    assert not layout.is_wrapped
    assert layout.height == 2 * LINE


def test_what_runs_from_right_to_left_stands_at_the_right(metrics):
    layout = laid_out(metrics, "שלום עולם, זה טקסט ארוך יותר\nקצר")
    assert layout.is_rtl
    first, second = layout.rects(0, 28, EVERYWHERE), layout.rects(29, 32, EVERYWHERE)
    assert max(rect.right() for rect in second) == pytest.approx(max(rect.right() for rect in first), abs=1)
    assert layout.position_at(QPointF(layout.width - 1, 5)) == 0
    assert not laid_out(metrics, "english שלום").is_rtl


def test_a_text_from_right_to_left_ends_at_the_right_of_its_bubble(view):
    talk = Talk()
    talk.say("Ann", "שלום לכולם, מה שלומכם היום? אני רוצה לספר לכם על הפרויקט החדש שלנו, הוא ארוך מאוד ומעניין באמת")
    talk.say("Ann", "קצר", 1)
    view.show_messages(talk)
    long, short = view.stage.layout(1), view.stage.layout(2)
    assert long.text.is_wrapped
    assert long.text_at.x() + long.text.width == long.bubble.right() - 12
    assert short.text_at.x() == short.bubble.left() + 12
    assert short.meta.left() > short.text_at.x() + short.text.width


def test_marks_are_found_under_the_pointer(metrics):
    text = "🙌 see http://a.bc now"
    link = Mark(6, 17, MarkKind.LINK, "http://a.bc")
    layout = laid_out(metrics, text, marks=(link,))
    inside = layout.rects(8, 9, EVERYWHERE)[0].center()
    assert layout.mark_at(inside) == link
    assert layout.mark_at(QPointF(2, 10)) is None
    assert layout.mark_at(QPointF(layout.width + 50, 10)) is None
    assert layout.position_at(QPointF(10_000, 10)) == len(text)


def test_only_the_lines_that_are_seen_are_gone_through(metrics):
    layout = laid_out(metrics, "\n".join("line" for _ in range(3_000)))
    assert len(layout.rects(0, 15_000, QRectF(0, 20_000, 500, 100))) == 6


# --- how much of it is shown --------------------------------------------------------------------------------------


def test_long_and_towering_texts_are_cut(metrics):
    assert cut("short", towers=False) == 5
    assert cut("word " * 2_000, towers=False) == 1_599
    assert cut("x" * 5_000, towers=False) == 1_200
    assert cut("会" * 5_000, towers=False) == 600
    assert cut("x" * 1_600, towers=False) == 1_600
    assert cut("a\n" * 500, towers=False) == 47
    assert cut(ZALGO, towers=True) == 120


@pytest.fixture
def view(theme: Theme, qtbot: Any) -> TimelineView:
    view = TimelineView(theme, UTC)
    qtbot.addWidget(view)
    view.resize(928, 684)
    with qtbot.waitActive(view):
        view.show()
    return view


@pytest.mark.parametrize("name", HOSTILE)
def test_one_message_takes_no_more_room_than_is_good_for_the_rest(view, name):
    talk = Talk()
    talk.say("Ann", "before")
    talk.say("Bob", HOSTILE[name], 10, mentions=[MemberId("ann")])
    talk.say("Ann", "after", 20)
    view.show_messages(talk)
    assert view.stage.layout(2).height < 900
    view.grab()
    view.stage.show_in_full(2)
    view.select_all()
    view.grab()
    view.stage.to_row(2)
    view.grab()
    assert view.stage.layout(2).content.item.shown.text == HOSTILE[name]
    assert view.stage.layout(2).show_all is None
    view.jump_to_bottom()
    assert view.stage.placed[-1].row == 3


def test_what_is_shown_in_full_goes_on_below_what_was_read(view):
    talk = Talk()
    talk.say("Ann", "before\n" * 9)
    talk.say("Bob", "a long story, line by line\n" * 200, 10)
    view.show_messages(talk)
    before = view.stage.find(2).top
    view.stage.show_in_full(2)
    assert view.stage.find(2).top == before
    view.stage.to_row(2)
    assert view.stage.layout(2).show_all is None


def test_heaped_marks_stay_in_their_bubble(view, theme):
    talk = Talk()
    talk.say("Ann", "quiet")
    talk.say("Bob", ZALGO, 10)
    view.show_messages(talk)
    picture = view.grab().toImage()
    bubble = view.stage.bubble(2)
    empty = theme.color("bg.timeline").rgb()
    above = range(view.stage.bubble(1).bottom() + 2, bubble.top() - 1)
    assert all(
        picture.pixelColor(x, y).rgb() == empty for y in above for x in range(bubble.left() + 40, bubble.right())
    )


# --- what a search finds in it ------------------------------------------------------------------------------------


def marked(view: TimelineView, query: str) -> list[str]:
    """Of each row, the characters whose ground is another while `query` is sought."""
    view.mark_found("")
    before = view.grab().toImage()
    view.mark_found(query)
    after = view.grab().toImage()
    found = []
    for placed in view.stage.placed:
        layout: Any = view.stage.layout(placed.row)
        at = layout.text_at + QPointF(view.stage.column.left(), placed.top)
        grounds = [layout.text.rects(i, i + 1, EVERYWHERE) for i in range(len(layout.text.text))]
        corners = [(rects[0].topLeft() + at + QPointF(1, 1)).toPoint() if rects else None for rects in grounds]
        is_other = [corner is not None and before.pixel(corner) != after.pixel(corner) for corner in corners]
        found.append("".join(char for char, other in zip(layout.text.text, is_other, strict=True) if other))
    return found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cafe", ["Café", "", "", ""]),
        ("CAFÉ", ["Café", "", "", ""]),
        ("strasse", ["", "Straße", "", ""]),
        ("ferry", ["", "", "Ｆｅｒｒｙ", ""]),
        ("会议", ["", "", "", "会议"]),
        ("afé", ["", "", "", ""]),
        ("straße langen", ["", "langenStraße", "", ""]),
        ("straße submarine", ["", "", "", ""]),
        ('"langen straße"', ["", "langen Straße", "", ""]),
    ],
)
def test_marked_is_what_the_search_finds(view, query, found):
    talk = Talk()
    for text in ("Das Café ist zu", "In der langen Straße", "Ｆｅｒｒｙ at 10:40", "明天开会议室见"):
        talk.say("Ann", text)
    view.show_messages(talk)
    assert marked(view, query) == found


def test_the_rest_of_a_long_text_says_too_whether_it_is_found(view):
    talk = Talk()
    talk.say("Ann", "tide " + "word " * 2_000 + "ferry")
    view.show_messages(talk)
    assert marked(view, "tide ferry") == ["tide"]
    assert marked(view, "tide submarine") == [""]


def test_no_words_of_the_window_are_marked(view):
    talk = Talk()
    talk.say("Ann", "You know this person.")
    talk.people[MemberId("ann")] = talk.people[MemberId("ann")]._replace(is_blocked=True)
    view.show_messages(talk)
    assert marked(view, "you") == [""]
    view.stage.show_in_full(1)
    assert marked(view, "you") == ["You"]


def test_a_text_is_looked_through_once_for_a_query(view, monkeypatch):
    looked: list[tuple[str, str]] = []

    def noted(text: str, query: str) -> list[tuple[int, int]]:
        looked.append((text, query))
        return spans(text, query)

    monkeypatch.setattr("desktop_chat.timeline.view.spans", noted)
    talk = Talk()
    texts = [f"ferry {row}" for row in range(5)]
    for text in texts:
        talk.say("Ann", text)
    view.show_messages(talk)
    for query in ("fer", "ferry"):
        view.mark_found(query)
        for _ in range(3):
            view.grab()
    assert looked == [(text, query) for query in ("fer", "ferry") for text in texts]


# --- nothing is loaded --------------------------------------------------------------------------------------------


MAGENTA = QColor("#FF00FE")


def has_magenta(picture: QImage) -> bool:
    return any(
        picture.pixelColor(x, y).rgb() == MAGENTA.rgb()
        for y in range(0, picture.height(), 3)
        for x in range(0, picture.width(), 3)
    )


def test_no_text_of_others_loads_anything(view, theme, tmp_path: Path):
    image = QImage(60, 60, QImage.Format.Format_RGB32)
    image.fill(MAGENTA)
    assert image.save(str(tmp_path / "x.png"))
    markup = f'<img src="file://{tmp_path}/x.png" width=60 height=60> <b>&amp;</b>'
    label = QLabel(markup)
    assert has_magenta(label.grab().toImage())  # this is what would happen

    talk = Talk()
    evil = talk.say("Eve", markup, reactions={markup[:20]: [MemberId("eve")]})
    talk.people[MemberId("eve")] = Person(MemberId("eve"), markup, talk.people[MemberId("eve")].role, b"eve", False)
    talk.say("Eve", "@x", mentions=[MemberId("eve")])
    talk.say("Mara Lindqvist", "quoting", reply=evil)
    view.show_messages(talk)
    assert not has_magenta(view.grab().toImage())
    layout, placed = view.stage.layout(1), view.stage.find(1)
    where = layout.pills[0].rect.center() + QPointF(view.stage.column.left(), placed.top)
    globally = QPointF(view.viewport().mapToGlobal(where))
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, where, globally, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view.viewport(), move)
    QApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, where.toPoint(), globally.toPoint()))
    assert "&lt;img" in QToolTip.text()
    tips = [widget for widget in QApplication.topLevelWidgets() if widget.inherits("QTipLabel")]
    assert tips
    assert not any(has_magenta(tip.grab().toImage()) for tip in tips)
    QToolTip.hideText()
    for tip in tips:
        tip.hide()
    view.set_current(1)
    QTest.keyClick(view, Qt.Key.Key_Escape)
