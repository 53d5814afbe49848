"""The desktop's light and dark, where Qt does not follow them by itself."""

from __future__ import annotations

from collections.abc import MutableMapping

_BY_GTK = "gtk3"


def prefer_following_theme(environment: MutableMapping[str, str]) -> None:
    """To be called on Linux, before QApplication is made.

    WORKAROUND: where GTK is installed Qt asks it for GNOME, Xfce and their like, and says "light" at the start whatever
    was chosen; elsewhere but in KDE it follows nothing. What it has for GNOME without GTK asks the desktop's portal for
    dark and for high contrast, at the start and then (Qt 6.11). An explicit choice of something else stands.
    """
    desktops = environment.get("XDG_CURRENT_DESKTOP", "").split(":")
    if "KDE" not in desktops and environment.get("QT_QPA_PLATFORMTHEME", _BY_GTK) in ("", _BY_GTK):
        environment["QT_QPA_PLATFORMTHEME"] = "gnome"
