"""Keeping a Linux computer awake, by D-Bus: systemd-logind, or else the screen saver of the desktop."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher, QDBusUnixFileDescriptor

_log = logging.getLogger(__name__)

_WHO = "Desktop Chat"
_TIMEOUT_MS = 3_000
_LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
"""https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html"""
_SAVER = ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver")
"""https://people.freedesktop.org/~hadess/idle-inhibition-spec/"""


class Bus:
    """A `sleep.Way`. Nobody waits for a service: it answers when it answers, and then what is no longer wanted is let
    go at once."""

    def __init__(
        self, parent: QObject, *, system: QDBusConnection | None = None, session: QDBusConnection | None = None
    ) -> None:
        self._parent = parent
        self._system = system or QDBusConnection.systemBus()
        self._session = session or QDBusConnection.sessionBus()
        self._why: str | None = None
        self._changed: Callable[[], None] = lambda: None
        self._descriptor: int | None = None
        self._cookie: int | None = None

    @property
    def is_held(self) -> bool:
        return self._descriptor is not None or self._cookie is not None

    def hold(self, why: str, changed: Callable[[], None]) -> None:
        self._why, self._changed = why, changed
        self._call(self._system, _LOGIND, "Inhibit", ("sleep:idle", _WHO, why, "block"), self._on_logind)

    def release(self) -> None:
        self._why = None
        self._let_go()

    def _let_go(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._cookie is not None:
            message = QDBusMessage.createMethodCall(*_SAVER, "UnInhibit")
            message.setArguments([self._cookie])
            self._session.send(message)
            self._cookie = None

    def _call(
        self,
        bus: QDBusConnection,
        service: tuple[str, str, str],
        method: str,
        arguments: Sequence[object],
        answered: Callable[[QDBusMessage], None],
    ) -> None:
        if not bus.isConnected():  # which would never answer
            answered(QDBusMessage.createError("org.freedesktop.DBus.Error.Disconnected", "there is no such bus"))
            return
        message = QDBusMessage.createMethodCall(*service, method)
        message.setArguments(list(arguments))
        watcher = QDBusPendingCallWatcher(bus.asyncCall(message, _TIMEOUT_MS), self._parent)

        def finished() -> None:
            answered(watcher.reply())
            watcher.deleteLater()

        watcher.finished.connect(finished)

    def _on_logind(self, reply: QDBusMessage) -> None:
        given = reply.arguments()
        if reply.type() is QDBusMessage.MessageType.ReplyMessage and isinstance(given[0], QDBusUnixFileDescriptor):
            if self._why is not None:
                self._let_go()  # the answer to an earlier `hold`
                self._descriptor = os.dup(given[0].fileDescriptor())  # the other one goes with the message
                self._changed()
        elif self._why is not None:
            _log.info("logind does not keep the computer awake: %s", reply.errorMessage())
            self._call(self._session, _SAVER, "Inhibit", (_WHO, self._why), self._on_saver)

    def _on_saver(self, reply: QDBusMessage) -> None:
        if reply.type() is not QDBusMessage.MessageType.ReplyMessage:
            _log.info("the desktop does not keep the computer awake: %s", reply.errorMessage())
            return
        self._let_go()
        self._cookie = int(reply.arguments()[0])
        if self._why is None:
            self._let_go()
        else:
            self._changed()
