"""The one sink: what nobody expected is logged, from wherever it comes, and a signal says that it happened."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

_log = logging.getLogger(__name__)
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class ErrorSink(QObject):
    """For bugs, not for refusals: a `ChatError` has its sentence elsewhere."""

    reported = Signal(str)
    """A bug has shown itself: one line of what failed. The log has the rest. May come from any thread."""

    def report(self, name: str, error: BaseException) -> None:
        """`name` says what failed, as the owner of background work calls it."""
        _log.error("%s: %s", name, type(error).__name__, exc_info=error)
        self.reported.emit(f"{name}: {type(error).__name__}")

    def lost(self, context: Mapping[str, Any]) -> None:
        """What an event loop tells its exception handler."""
        message = str(context.get("message", "event loop"))
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.report(message, error)
        else:
            _log.error("%s", message)
            self.reported.emit(message)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Everything that Python and Qt have to say about errors comes here, until left."""
        hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread
        sys.unraisablehook = self._on_unraisable
        qt_handler = qInstallMessageHandler(_on_qt_message)
        try:
            yield
        finally:
            sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
            qInstallMessageHandler(qt_handler)

    def _on_exception(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        """An exception that left a slot or an override of Qt's."""
        self.report("slot", error)

    def _on_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self.report(f"thread {args.thread.name if args.thread else '?'}", args.exc_value)

    def _on_unraisable(self, args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            self.report(args.err_msg or "finalizer", args.exc_value)


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    category = context.category or "default"
    logging.getLogger("qt" if category == "default" else category).log(_LEVELS[kind], "%s", message)
