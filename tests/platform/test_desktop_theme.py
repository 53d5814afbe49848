"""Light and dark are followed where Qt would not."""

from __future__ import annotations

import pytest

from desktop_chat.platform.desktop_theme import prefer_following_theme


@pytest.mark.parametrize(
    ("desktop", "before", "after"),
    [
        ("GNOME", None, "gnome"),
        ("ubuntu:GNOME", "gtk3", "gnome"),
        ("XFCE", "", "gnome"),
        (None, None, "gnome"),
        ("GNOME", "xdgdesktopportal", "xdgdesktopportal"),
        ("KDE", None, None),
        ("KDE", "gtk3", "gtk3"),
    ],
)
def test_the_theme_that_follows_is_taken_unless_another_is_wanted(
    desktop: str | None, before: str | None, after: str | None
) -> None:
    given = {"XDG_CURRENT_DESKTOP": desktop, "QT_QPA_PLATFORMTHEME": before}
    environment = {name: value for name, value in given.items() if value is not None}
    prefer_following_theme(environment)
    assert environment.get("QT_QPA_PLATFORMTHEME") == after
