"""The first picture is of the window, the second of the last conversation, and nothing that these don't show was loaded
or made for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from desktop_chat.core.client import Client
from tests.gui.conftest import Hosted

_PROGRAM = """
import sys
sys.argv[0] = "desktop-chat"
from desktop_chat import __main__
app = __main__.load_window()
import json
from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtWidgets import QApplication, QWidget
shown, window_class = app._shown, app.MainWindow

def tell(window, moved=()):
    names = sorted({one.objectName() for one in window.findChildren(QWidget)} - {""})
    seen = sorted({one.objectName() for one in window.findChildren(QWidget) if one.isVisible()} - {""})
    classes = sorted({name for module in (QtCore, QtGui, QtWidgets) for name in vars(module)})
    told = {"modules": sorted(sys.modules), "classes": classes, "made": names, "seen": seen, "moved": moved}
    print(json.dumps(told), flush=True)

async def told(window):
    await shown(window)
    tell(window)

class Told(window_class):
    def fill(self, parts):
        super().fill(parts)
        widgets = [one for one in self.findChildren(QWidget) if one.isVisible()]
        places = [one.geometry() for one in widgets]
        QApplication.sendPostedEvents()
        tell(self, [one.objectName() or type(one).__name__ for one, at in zip(widgets, places) if one.geometry() != at])
        self.close_requested.emit()

app._shown, app.MainWindow = told, Told
__main__.main()
"""

LATER = {
    "websockets", "cryptography", "keyring", "segno", "linkify_it", "regex", "sqlite3", "email", "http.client", "html",
    "importlib.metadata", "importlib.resources.simple", "multiprocessing", "logging.handlers", "unittest",
    "difflib", "PySide6.QtQml", "PySide6.QtNetwork", "PySide6.QtDBus",
    "desktop_chat.core.connection", "desktop_chat.hosting.server_process",
    "desktop_chat.platform.sleep", "desktop_chat.models.contacts",
    "chat_server", "desktop_chat.terminal",
    *(
        f"desktop_chat.widgets.{name}"
        for name in (
            "beginnings", "completion", "contacts_page", "details_pane", "emoji_panel", "failed_start", "find_bar",
            "host_cards", "host_panel", "join_dialog", "key_list", "link_question", "new_room", "no_conversation",
            "people_list", "picker", "qr", "sheet", "welcome",
        )
    ),
}  # fmt: skip
"""What both pictures do without: modules, and packages with all that is in them."""
PARTS = {
    "desktop_chat.hosting", "desktop_chat.timeline", "desktop_chat.models.conversations",
    "desktop_chat.models.messages",
    "desktop_chat.widgets.workbench", "desktop_chat.widgets.rail", "desktop_chat.widgets.composer", "PySide6.QtSvg",
}  # fmt: skip
"""What only the second picture needs."""
LATER_CLASSES = {"QWizard", "QFileDialog", "QMdiArea"}
"""These are loaded with all other widgets when PySide6 comes upon one of Qt's own making."""
PAGES = {
    "welcome", "contacts_page", "host_panel", "details_pane", "no_conversation", "emoji_panel", "mention_completion",
    "find_bar", "language_menu", "switcher", "trouble_banner",
}  # fmt: skip


MAKES_KEYS = {"cryptography", "keyring", "email", "importlib.metadata", "http.client", "importlib.resources.simple"}
"""What a first start needs to make an identity and to put it away."""


class Picture(msgspec.Struct):
    modules: list[str]
    classes: list[str]
    """Of Qt that are loaded, each with its enums."""
    made: list[str]
    seen: list[str]
    moved: list[str]
    """By the first turn after it."""


def _pictures(profile: Path) -> tuple[Picture, Picture]:
    """Of the window, and of what it was filled with."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, "--profile", str(profile), "--lang", "en"],
        env={**environment, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    first, second = (msgspec.json.decode(line, type=Picture) for line in done.stdout.splitlines())
    return first, second


def _loaded_of(names: set[str], modules: list[str]) -> list[str]:
    return [one for one in modules if any(one == name or one.startswith(f"{name}.") for name in names)]


async def test_of_the_window_then_of_the_last_conversation_and_nothing_else(hosted: Hosted, tmp_path: Path) -> None:
    profile = tmp_path / "grace"
    async with await Client.open(profile) as client:
        server = await client.join(hosted.link, "Grace")
        await server.stored(await server.send_text(hosted.room, "Good evening!"))
        await client.keep("window:conversation", f"{server.id} {hosted.room}")
    window, picture = _pictures(profile)
    assert _loaded_of(LATER | PARTS, window.modules) == []
    assert window.made == []
    assert {"rail", "conversation_list", "conversation_title", "timeline", "composer_field"} <= set(picture.seen)
    assert _loaded_of(LATER, picture.modules) == []
    assert LATER_CLASSES.intersection(picture.classes) == set()
    assert PAGES.intersection(picture.made) == set()
    assert picture.moved == []


def test_of_the_first_start_is_the_page_that_asks_for_a_name(tmp_path: Path) -> None:
    _, picture = _pictures(tmp_path / "new")
    assert {"welcome", "name_field"} <= set(picture.seen)
    assert "rail" not in picture.seen
    assert _loaded_of(LATER - {"desktop_chat.widgets.welcome"} - MAKES_KEYS, picture.modules) == []
    assert PAGES.intersection(picture.made) == {"welcome", "language_menu"}
