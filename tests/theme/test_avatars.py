"""An avatar is the same for everybody who sees it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from desktop_chat.theme.avatars import Presence, initials, paint_avatar, paint_presence
from desktop_chat.theme.theme import Theme


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mara Lindqvist", "ML"),
        ("Papa", "P"),
        ("anna maria van der berg", "AB"),
        ("林晓", "晓"),
        ("Li 小明", "明"),
        ("김철수", "수"),
        ("山田 太郎", "郎"),
        ("周末 Hiking 2", "末"),
        ("#general", "G"),
        ("(Bob) !", "B"),
        ("ßeta", "ß"),
        ("e\u0301mile", "E\u0301"),
        ("👩‍👩‍👧 family", "F"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("☃", "☃"),
        ("  ", "?"),
        ("", "?"),
    ],
)
def test_initials(name, shown):
    assert initials(name) == shown


def painted(theme: Theme, key: bytes, name: str = "Mara Lindqvist", *, side: int = 36, is_room: bool = False) -> QImage:
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_avatar(painter, QRectF(0, 0, side, side), theme, key, name, is_room)
    painter.end()
    return image


def test_the_same_key_and_name_look_the_same(qapp):
    assert painted(Theme("light"), b"key") == painted(Theme("light"), b"key")
    assert painted(Theme("light"), b"key") != painted(Theme("light"), b"key", "Mara Okafor")


def test_people_are_round_and_rooms_are_not(qapp):
    theme = Theme("light")
    person, room = painted(theme, b"key"), painted(theme, b"key", is_room=True)
    fill = theme.avatar_hue(b"key").fill
    assert person.pixelColor(4, 4).alpha() < 255
    assert room.pixelColor(4, 4) == fill
    # The radius of a room is a quarter of its side: 9 of 36.
    assert room.pixelColor(9, 0) == fill
    assert room.pixelColor(5, 0).alpha() < 255
    assert room.pixelColor(1, 1).alpha() < 128


def test_presence_is_a_shape_and_a_colour(qapp):
    theme, behind = Theme("light"), QColor(1, 2, 3)
    middle = {}
    for presence in Presence:
        image = painted(theme, b"key")
        painter = QPainter(image)
        paint_presence(painter, QRectF(0, 0, 34, 34), theme, presence, behind)
        painter.end()
        middle[presence] = image.pixelColor(30, 30)
    assert middle == {
        Presence.HERE: theme.color("mark.online"),
        Presence.AWAY: theme.color("mark.away"),
        Presence.OFF: behind,
    }
