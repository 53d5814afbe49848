"""What a Linux desktop says of the person's wishes, by D-Bus: the Settings of its portal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import SLOT, QObject, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher, QDBusVariant

_TIMEOUT_MS = 3_000
_SERVICE = "org.freedesktop.portal.Desktop"
_PATH, _INTERFACE = "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings"
"""https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html"""


class Settings(QObject):
    """Holds the `wanted` settings, each a namespace and a key, as the portal says them now and from now on. Nobody
    waits for a portal, and none is started for it. `session` is the person's own bus."""

    def __init__(self, wanted: Iterable[tuple[str, str]], session: QDBusConnection, parent: QObject) -> None:
        super().__init__(parent)
        self._values: dict[tuple[str, str], Any] = {}
        self._unanswered: set[tuple[str, str]] = set()
        self._bus = session
        if self._bus.isConnected():
            slot: Any = SLOT("on_changed(QDBusMessage)")  # a str, whatever PySide6's types say of it
            self._bus.connect(_SERVICE, _PATH, _INTERFACE, "SettingChanged", self, slot)
            for setting in wanted:
                self._read(setting)

    @property
    def is_complete(self) -> bool:
        """Whether every one of the settings was answered, by an error too."""
        return not self._unanswered

    def value(self, namespace: str, key: str) -> Any:
        """None: the desktop knows no such setting."""
        return self._values.get((namespace, key))

    @Slot(QDBusMessage)
    def on_changed(self, signal: QDBusMessage) -> None:
        namespace, key, value = signal.arguments()
        self._values[namespace, key] = _plain(value)

    def _read(self, setting: tuple[str, str]) -> None:
        # `ReadOne` would say it without a variant in a variant, but is younger than what most people have.
        message = QDBusMessage.createMethodCall(_SERVICE, _PATH, _INTERFACE, "Read")
        message.setArguments(list(setting))
        message.setAutoStartService(False)
        watcher = QDBusPendingCallWatcher(self._bus.asyncCall(message, _TIMEOUT_MS), self)
        self._unanswered.add(setting)

        def finished() -> None:
            self._unanswered.discard(setting)
            reply = watcher.reply()
            if reply.type() is QDBusMessage.MessageType.ReplyMessage:
                self._values.setdefault(setting, _plain(reply.arguments()[0]))
            watcher.deleteLater()

        watcher.finished.connect(finished)


def _plain(value: Any) -> Any:
    while isinstance(value, QDBusVariant):
        value = value.variant()
    return value
