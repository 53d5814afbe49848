"""What is moved on the screen instead of being painted looks as if it had been painted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from random import Random
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QRegion
from PySide6.QtWidgets import QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.timeline.bubble import RowLayout
from desktop_chat.timeline.view import TimelineView
from tests.gui.talk import Talk, tide_sensor


@pytest.fixture
def talk() -> Talk:
    return tide_sensor()


@pytest.fixture
def view(theme: Theme, qtbot: Any, talk: Talk) -> TimelineView:
    view = TimelineView(theme, UTC)
    qtbot.addWidget(view)
    view.resize(640, 480)
    with qtbot.waitExposed(view):
        view.show()
    view.show_messages(talk)  # type: ignore[arg-type]
    view.jump_to_bottom()
    on_screen(view)
    return view


def on_screen(view: TimelineView) -> QImage:
    """As painted and moved until now."""
    QCoreApplication.sendPostedEvents()
    return (
        QGuiApplication.primaryScreen().grabWindow(view.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    )


def painted(view: TimelineView) -> QImage:
    return view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def _change(talk: Talk, chance: Random) -> None:
    talk.edit(
        chance.randint(1, talk.last_row), chance.choice(["shorter", "so much longer that it takes another line " * 3])
    )


def _scroll(view: TimelineView, px: int) -> None:
    """Without the date that floats while the person scrolls."""
    view.stage.move(lambda place: place.scroll_by(px))


def _is_taken_back(talk: Talk) -> None:
    talk.items.pop()
    talk.rows_removed.emit(1)


def _comes_before(talk: Talk, _chance: Random) -> None:
    talk.comes_before(talk.head_row + 1, "Ben", "before what waits")


DEEDS: dict[str, Callable[[TimelineView, Talk, Random], Any]] = {
    "another's": lambda _view, talk, _chance: talk.arrives("Ann", "one more", 100),
    "an own one": lambda _view, talk, _chance: talk.arrives("Mara Lindqvist", "mine", 100),
    "taken back": lambda _view, talk, _chance: _is_taken_back(talk),
    "changed": lambda _view, talk, chance: _change(talk, chance),
    "before what waits": lambda _view, talk, chance: _comes_before(talk, chance),
    "scrolled": lambda view, _talk, chance: _scroll(view, chance.randint(-90, 90)),
    "at the bottom": lambda view, _talk, _chance: view.jump_to_bottom(),
    "current": lambda view, _talk, _chance: view.step(-1),
    "resized": lambda view, _talk, chance: view.resize(640 + chance.randint(0, 9), 480 + chance.randint(0, 40)),
}


@pytest.mark.parametrize("seed", range(4))
def test_the_screen_shows_what_painting_anew_would(view: TimelineView, talk: Talk, seed: int) -> None:
    chance = Random(seed)
    done = []
    for _ in range(25):
        deed = chance.choice([*DEEDS, "another's", "changed", "scrolled"])
        done.append(deed)
        DEEDS[deed](view, talk, chance)
        assert on_screen(view) == painted(view), f"after {done}"


def test_of_a_message_that_comes_only_itself_and_the_run_that_it_joins_are_painted(
    view: TimelineView, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: set[int] = set()
    paint = view._painter.paint

    def note(painter: QPainter, row: RowLayout, *rest: Any) -> None:
        drawn.add(row.content.row)
        paint(painter, row, *rest)

    monkeypatch.setattr(view._painter, "paint", note)
    talk.arrives("Ann", "one more", 100)
    on_screen(view)
    assert drawn == {talk.last_row}
    above = view.stage.layout(talk.last_row)
    drawn.clear()
    talk.arrives("Ann", "and another", 101)
    on_screen(view)
    assert drawn == {talk.last_row - 1, talk.last_row}
    joined = view.stage.layout(talk.last_row - 1)
    assert above is not None
    assert joined is not None
    assert joined.text is above.text, "it was not laid out again"


def test_at_150_percent_nothing_that_was_there_shines_through_at_the_edges(view: TimelineView) -> None:
    viewport = view.viewport()
    view.resize(view.width(), view.height() - view.height() % 2 + 1)
    assert viewport.height() % 2, "its edge lies within a pixel"
    image = QImage(viewport.width() * 3 // 2, (viewport.height() * 3 + 1) // 2, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(1.5)
    image.fill(Qt.GlobalColor.red)
    viewport.render(image, QPoint(), QRegion(), QWidget.RenderFlag(0))
    last = {image.pixelColor(x, image.height() - 1).name() for x in range(image.width())}
    assert last == {view.theme.color("bg.timeline").name()}
