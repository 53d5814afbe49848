"""The composition root: makes the large parts, ties them together, and ends them in one order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

import desktop_chat_resources
from desktop_chat.bridge import dialogs, loop
from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.interrupts import quit_on_signals
from desktop_chat.bridge.notices import Notices
from desktop_chat.bridge.sink import ErrorSink
from desktop_chat.core.client import Client
from desktop_chat.core.profile import DEFAULT, profile_folder
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.core.server import Server
from desktop_chat.platform.desktop_theme import prefer_following_theme
from desktop_chat.platform.input_method import prefer_usable_input_method
from desktop_chat.platform.motion import Motion
from desktop_chat.platform.names import own_name
from desktop_chat.theme.language import Language
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.main_window import MainWindow

if TYPE_CHECKING:
    from desktop_chat.hosting.host import Host
    from desktop_chat.widgets.workbench import Workbench

SCREEN_GONE = 4
"""Exit code: the display server went away."""
_PAINT_S = 2.0
"""A window that is not shown by then, minimised perhaps, does not hold up the rest."""
_END_S = 2.0
"""For all goodbyes: neither the own server, which is killed when it hangs, nor one elsewhere keeps the program."""
_LOG_BYTES = 1_000_000
_KEPT_LANGUAGE = "language"

_log = logging.getLogger(__name__)
T = TypeVar("T")


def run(profile: str | None, invite: str | None, language: str | None) -> bool:
    """Shows the window and returns when the person has quit; False if the profile could not be opened.

    There must be a screen; when it goes, this process ends with SCREEN_GONE. `profile` is a name or a folder, None:
    the default one; `invite` a link to be joined at once; `language` one of `theme.language.LANGUAGES`.
    """
    logging.basicConfig(level=logging.WARNING, handlers=[logging.StreamHandler()] if sys.stderr else [])
    prefer_usable_input_method(os.environ, map(Path, QCoreApplication.libraryPaths()))
    if sys.platform == "linux":
        prefer_following_theme(os.environ)
    app = QApplication(["desktop-chat"])
    app.setApplicationName("desktop-chat")
    app.setApplicationDisplayName("Desktop Chat")
    app.setDesktopFileName("desktop-chat")
    sink = ErrorSink()
    try:
        return loop.run(app, _main(app, sink, profile or DEFAULT, invite, language), sink)
    except loop.ScreenGone:
        sys.stderr.write("The screen is gone. What was written is safe; a hosted room stays for a minute.\n")
        sys.stderr.flush()
        os._exit(SCREEN_GONE)  # nothing of Qt can be taken down in order any more


async def _main(app: QApplication, sink: ErrorSink, profile: str, invite: str | None, lang: str | None) -> bool:
    language = Language(app)
    language.speak(lang)
    theme = Theme(is_motion_reduced=Motion(app).is_reduced)
    theme.apply(app)
    folder = profile_folder(profile)
    try:
        client = await _attempt(lambda: Client.open(profile, connect=False), theme, folder)
    except _GaveUp:
        return False
    quit_ = asyncio.Event()
    quit_on_signals(quit_.set)
    language.speak(lang or client.store.kept(_KEPT_LANGUAGE).get(_KEPT_LANGUAGE))
    actions = Actions(sink.report)
    window = MainWindow(theme, actions, client)
    await _shown(window)
    notices, host, bench = _parts(window, theme, actions, client, folder)
    _tie(client, sink, notices, actions, bench)

    def speak(code: str | None) -> None:
        language.speak(code)
        say_what_is_missing()

    def say_what_is_missing() -> None:
        if language.lacks_font:
            actions.refused.emit(ChatError(Trouble.NO_FONT))

    bench.language_chosen.connect(lambda code: actions.do(client.keep(_KEPT_LANGUAGE, code), name="keep"))
    bench.language_chosen.connect(speak)

    async def connect() -> None:
        # The connection's modules take a while to load: in a thread, so that the window answers meanwhile.
        await asyncio.get_running_loop().run_in_executor(None, importlib.import_module, "desktop_chat.core.connection")
        try:
            await _attempt(client.connect, theme, folder)
        except _GaveUp:
            quit_.set()
            return
        quit_on_signals(quit_.set)
        say_what_is_missing()
        if client.copy_was_damaged:
            actions.refused.emit(ChatError(Trouble.STORE_DAMAGED))
        if invite is not None:
            bench.entrance.join(bench.entrance.name, invite)

    async def ask_to_quit() -> None:
        if await bench.entrance.may_quit():
            quit_.set()

    asking: asyncio.Task[None] | None = None

    def on_close_requested() -> None:
        nonlocal asking
        if asking is None or asking.done():
            asking = actions.do(ask_to_quit(), name="quit")

    window.close_requested.connect(on_close_requested)
    if invite is not None:
        bench.entrance.expect_link()
    window.fill(bench)
    _complete(folder, theme, host, window)
    gc.freeze()
    actions.do(connect(), name="connect")
    await quit_.wait()
    await _end(window, actions, notices, host, client)
    return True


class _GaveUp(Exception):
    """The person was told why it does not work, and had enough of it."""


async def _attempt(work: Callable[[], Awaitable[T]], theme: Theme, folder: Path) -> T:
    """What `work` returns, however often it has to be tried. Raises `_GaveUp`."""
    while True:
        try:
            return await work()
        except ChatError as error:
            from desktop_chat.widgets.failed_start import FailedStart

            _log.info("the profile was not opened: %s", error.detail)
            theme.apply_sheet()
            dialog = FailedStart(theme, error, folder)
            quit_on_signals(dialog.reject)
            if not await dialogs.answer(dialog):
                raise _GaveUp from error


def _parts(
    window: MainWindow, theme: Theme, actions: Actions, client: Client, folder: Path
) -> tuple[Notices, Host, Workbench]:
    """What the window is filled with, and what tells it: to load them takes as long as all before the window."""
    from desktop_chat.hosting.host import Host
    from desktop_chat.widgets.workbench import Workbench

    notices = Notices()
    host = Host(client, folder / "server")
    notices.happened.connect(host.apply)
    return notices, host, Workbench(window, theme, actions, client, notices, host, name=own_name())


def _tie(client: Client, sink: ErrorSink, notices: Notices, actions: Actions, bench: Workbench) -> None:
    """Who hears what."""

    def on_error(_server: Server | None, error: BaseException) -> None:
        if isinstance(error, ChatError):
            actions.refused.emit(error)
        else:
            sink.report("client", error)

    client.on_notice = notices.add
    client.on_error = on_error
    sink.reported.connect(bench.show_bug)


def _complete(folder: Path, theme: Theme, host: Host, window: MainWindow) -> None:
    """What the window's parts do not wait for either: each of these takes a while to load."""
    from PySide6.QtGui import QIcon

    from desktop_chat.platform.sleep import KeepAwake

    logging.getLogger().addHandler(LogFile(folder / "desktop-chat.log"))
    theme.apply_sheet()
    window.setWindowIcon(QIcon(str(desktop_chat_resources.path("desktop-chat.svg"))))
    awake = KeepAwake(window)

    def on_host_changed() -> None:
        if host.others_here:
            awake.hold(QCoreApplication.translate("Workbench", "People are in your room."))
        else:
            awake.release()

    host.changed.connect(on_host_changed)
    on_host_changed()


class LogFile(logging.Handler):
    """Is there from the start; what keeps it small is loaded when there is something to write: rarely."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        path.touch()
        self._path = path

    @cached_property
    def _file(self) -> logging.Handler:
        from logging.handlers import RotatingFileHandler

        return RotatingFileHandler(self._path, maxBytes=_LOG_BYTES, backupCount=1)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._file.emit(record)
        except OSError:
            self.handleError(record)

    def close(self) -> None:
        if "_file" in vars(self):
            self._file.close()
        super().close()


async def _shown(window: QWidget) -> None:
    """Shows it and returns when it is on the screen."""
    exposed = asyncio.Event()
    window.show()
    watch = _Exposed(exposed)
    window.windowHandle().installEventFilter(watch)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PAINT_S):
            await exposed.wait()


class _Exposed(QObject):
    """Sees a window come up; Qt paints it in the course of the same event."""

    def __init__(self, exposed: asyncio.Event) -> None:
        super().__init__()
        self._exposed = exposed

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Expose:
            self._exposed.set()
        return False


async def _end(window: MainWindow, actions: Actions, notices: Notices, host: Host, client: Client) -> None:
    """Nothing is lost by what does not end in time: what was written is on the disk, and waits there."""
    window.hide()
    try:
        async with asyncio.timeout(_END_S):
            await asyncio.gather(actions.close(), host.leave())
            notices.blockSignals(True)  # what is told of the end would be read where nothing can be read any more
            await client.close()
    except TimeoutError:
        _log.info("the server did not say goodbye in %s s", _END_S)
    window.deleteLater()
