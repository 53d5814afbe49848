"""The script `desktop-chat`: arguments, and whether there is a screen. Nothing of Qt is loaded before that is known."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from types import ModuleType
from typing import NoReturn

from desktop_chat.platform.display import missing_display
from desktop_chat.platform.qt import load_qt

DONE, USAGE, NOT_OPENED, NOT_INSTALLED = 0, 2, 3, 4
"""Exit codes: quit; wrong arguments; the profile could not be opened, which a window has said; what draws the window is
not there. Without a screen the program is the terminal client, with its codes."""

_OF_THE_WINDOW = ("PySide6", "shiboken6", "qasync")
"""What only `.[desktop]` installs."""

_WITHOUT_SCREEN = """\
{why}
So this goes on without a window{how}.
To see the window on a virtual screen: xvfb-run desktop-chat, or in the project: python3 dev.py run --virtual
"""


def main() -> NoReturn:
    parser = argparse.ArgumentParser("desktop-chat", description="Chat: host a room, or join one by its link.")
    parser.add_argument("invite", nargs="?", help="the link that lets you in")
    parser.add_argument("--profile", help="a name, or a folder: your identity and messages lie there")
    parser.add_argument("--lang", choices=("en", "zh_CN"), help="the language of the window")
    parser.add_argument("--version", action="store_true", help="say which one this is")
    options = parser.parse_args()
    if options.version:
        from importlib.metadata import version

        sys.stdout.write(f"desktop-chat {version('desktop-chat')}\n")
        sys.exit(DONE)
    why = missing_display(os.environ)
    if why is None:
        try:
            app = load_window()
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _OF_THE_WINDOW:
                raise
            sys.stderr.write("The window is not installed: pip install '.[desktop]'\n")
            sys.exit(NOT_INSTALLED)
        sys.exit(DONE if app.run(options.profile, options.invite, options.lang) else NOT_OPENED)
    from desktop_chat import terminal

    how = "" if options.invite else ": the room is hosted all the same, until Ctrl+C"
    sys.stderr.write(_WITHOUT_SCREEN.format(why=why, how=how))
    sys.stderr.flush()
    profile = ["--profile", options.profile] if options.profile else []
    terminal.main([options.invite or "--host", *profile, *([] if options.invite else ["--stay"])])


def load_window() -> ModuleType:
    """The module `app`. Garbage is not collected from now on, for a start makes none; `app.run` sees to it."""
    gc.disable()
    load_qt()
    from desktop_chat import app

    return app


if __name__ == "__main__":
    main()
