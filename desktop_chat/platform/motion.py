"""Whether the person wants nothing to move on the screen: what the system says of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusConnection

    from desktop_chat.platform.portal import Settings

_STANDARD = ("org.freedesktop.appearance", "reduced-motion")
"""1: reduced. Of 2025, so that for long there will be desktops that say it in their own way only."""
_GNOME = ("org.gnome.desktop.interface", "enable-animations")
_KDE = ("org.kde.kdeglobals.KDE", "AnimationDurationFactor")


class Motion(QObject):
    """Follows the system from the first question on: as long as nothing is to move, nobody is asked. `session` is the
    person's own D-Bus, None: the one of the environment."""

    def __init__(self, parent: QObject | None = None, *, session: QDBusConnection | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._settings: Settings | None = None

    def is_reduced(self) -> bool:
        """True also until the desktop has answered: nobody misses one movement. Needs a QApplication."""
        if sys.platform != "linux":
            return _is_style_still()
        if self._settings is None:
            from PySide6.QtDBus import QDBusConnection  # not before it is needed

            from desktop_chat.platform.portal import Settings

            session = self._session or QDBusConnection.sessionBus()
            self._settings = Settings((_STANDARD, _GNOME, _KDE), session, self)
        return not self._settings.is_complete or is_still(self._settings)


def is_still(desktop: Settings) -> bool:
    """Whether any of the settings that a desktop may have says so."""
    factor = desktop.value(*_KDE)
    return (
        desktop.value(*_STANDARD) == 1
        or desktop.value(*_GNOME) is False
        or (factor is not None and str(factor) in ("0", "0.0"))
    )


def _is_style_still() -> bool:
    # Qt asks Windows and macOS for it, but no Linux desktop. A large class: not before it is needed.
    from PySide6.QtWidgets import QStyle

    return QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0
