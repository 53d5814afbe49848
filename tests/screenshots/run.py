"""`python3 dev.py screenshots`: the program as it is, with servers as they are, through every screen; the pictures and
a sheet of all of them come into `build/screenshots/`. Clocks, names and random numbers are fixed: two runs give the
same pictures. With `--docs` those of `docs/screenshots/` are replaced, with `--on-screen` windows open on DISPLAY.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from chat_protocol import invite_link
from tests.e2e.desk import Desk
from tests.screenshots.cast import Cast, NotStarted
from tests.screenshots.chinese import CHINESE
from tests.screenshots.english import ENGLISH
from tests.screenshots.staged import CLOCK, NAME, SEED, WINDOW
from tests.screenshots.story import TODAY

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "build" / "screenshots"
DOCS = ROOT / "docs" / "screenshots"
IN_DOCS = ("welcome", "main", "dark", "zh", "host", "join", "narrow", "resting")
"""At most twelve, and each at most 200 KB."""
_DOCS_BYTES = 200_000
_COLUMNS = 4
_CELL = (480, 332, 24)
"""Of the sheet: width, height, and that of the label in it."""
_END_S = 180
_STILL_S = 0.12
_TRIES = 40


class Window(Desk):
    command = WINDOW

    def __init__(self, cast: Cast, who: str, *arguments: str, **environment: str) -> None:
        environment = {
            "TZ": "UTC",
            # A day has 24 hours there. Which characters there are is said apart: the system may not have that place.
            "LANG": {"en": "en_GB.UTF-8", "zh_CN": "zh_CN.UTF-8"}[cast.story.language],
            "LC_CTYPE": "C.UTF-8",
            CLOCK: str(cast.clock),
            SEED: who,
            NAME: cast.story.names.get(who) or cast.story.names[cast.story.visitor],
            **ON_SCREEN,
            **environment,
        }
        super().__init__(cast.profile(who), *arguments, **environment)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self("wait", "main_window")
        await self("resize", width=1280, height=800)  # the screen that is not there is smaller
        return self

    async def shoot(self, name: str) -> None:
        """When nothing moves any more."""
        file = PICTURES / f"{name}.png"
        before = b""
        for _ in range(_TRIES):
            await asyncio.sleep(_STILL_S)
            await self("grab", file=str(file))
            if (now := file.read_bytes()) == before:
                print(f"{file.relative_to(ROOT)}  {len(now) / 1000:.0f} KB", flush=True)
                return
            before = now
        raise AssertionError(f"{name} does not come to rest")


ON_SCREEN: dict[str, str] = {}
"""What a window needs to know of the screen it opens on; empty: none is needed."""


async def take() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for story, screens in ((ENGLISH, all_screens), (CHINESE, in_chinese)):
            try:
                async with Cast(story, Path(folder, story.language), Path(folder, f"{story.language}.clock")) as cast:
                    cast.stand_at(TODAY)
                    await screens(cast)
            finally:
                end_servers(Path(folder))


async def all_screens(cast: Cast) -> None:
    await first_screens(cast)
    await with_the_room_hosted(cast)


async def first_screens(cast: Cast) -> None:
    async with Window(cast, "new", "--lang", "en") as window:
        await window("wait", "welcome")
        await window.shoot("welcome")
        await window("scheme", "dark")
        await window.shoot("welcome-dark")
        await window("scheme", "light")
        await window("resize", width=480, height=640)
        await window.shoot("welcome-narrow")
        await window.close()


async def with_the_room_hosted(cast: Cast) -> None:
    story = cast.story
    async with Window(cast, story.me, "--lang", story.language) as window:
        await window("wait", "composer_field")
        await window("click", "host_button")
        await window("wait", "invite_link", says="desktopchat://")
        link = cast.for_this_computer((await window("clipboard"))["text"])
        cast.wake()
        await window("wait", "host_button", says="6 here")
        await window.shoot("host")
        await window("scheme", "dark")
        await window.shoot("host-dark")
        await window("click", "rail_chats")
        await window.shoot("dark")
        await window("scheme", "light")
        await window("click", "details_button")
        await window.shoot("details")
        await window("click", "close_details_button")
        cast.types("sofia", "makers", "tide")
        await window("wait", "conversation_typing", says="Sofia")
        await window.shoot("main")
        await window("point", "timeline", x=200, y=90)
        await window("wait", "hover_bar")
        await window.shoot("hover")
        await window("click", "emoji_button")
        await window("wait", "emoji_panel")
        await window.shoot("emoji")
        await window("key", keys="Esc")
        await window("gone", "emoji_panel")
        await window("click", "new_button")
        await window("wait", "new_menu")
        await window.shoot("menu")
        await window("key", keys="Down")
        await window("key", keys="Return")
        await window("wait", "new_room_dialog")
        await window.shoot("new-room")
        await window("key", keys="Esc")
        await window("gone", "new_room_dialog")
        await window("click", "rail_contacts")
        await window.shoot("contacts")
        await window("key", keys="Ctrl+K")
        await window("fill", "picker_field", text=story.jump)
        await window.shoot("switcher")
        await window("key", keys="Esc")
        await window("gone", "picker_field")
        await window("key", keys="Ctrl+9")
        await window.shoot("resting")
        await window("key", keys="Ctrl+3")
        await window.shoot("unread")
        await window("scroll", "timeline", to=0.4)
        await window.shoot("reading-back")
        await window("key", keys="Ctrl+F")
        await window("type", "find_field", text=story.sought)
        await window("wait", "find_count", says="2")
        await window.shoot("find")
        await window("key", keys="Esc")
        await window("key", keys="Ctrl+1")
        await window("resize", width=480, height=640)
        await window.shoot("narrow")
        await window("click", "back_button")
        await window.shoot("narrow-list")
        await window("scheme", "dark")
        await window.shoot("narrow-dark")
        await join_by(cast, link)
        await window("scheme", "light")
        await window("resize", width=1280, height=800)
        await window("key", keys="Ctrl+8")
        await cast.removes_me("lena", "robotics", "notes")
        await window("wait", "closed_banner")
        await window.shoot("removed")
        await window("key", keys="Ctrl+1")
        await window("close")
        await window("wait", "question")
        await window.shoot("quit")
        await window("click", "confirm_button")
        await window.wait()
    async with Window(cast, story.me, "--lang", story.language, QT_SCALE_FACTOR="1.5") as window:
        await window("wait", "composer_field")
        await window("key", keys="Ctrl+1")
        await window("wait", "server_banner")
        await window.shoot("larger")
        await window.close()


async def in_chinese(cast: Cast) -> None:
    story = cast.story
    async with Window(cast, "new", "--lang", story.language) as window:
        await window("wait", "welcome")
        await window.shoot("zh-welcome")
        await window.close()
    async with Window(cast, story.me, "--lang", story.language) as window:
        await window("wait", "composer_field")
        await window("click", "host_button")
        await window("wait", "invite_link", says="desktopchat://")
        cast.wake()
        await window("wait", "here_count", says="5")
        await window.shoot("zh-host")
        await window("click", "rail_chats")
        await window.shoot("zh")
        await window("click", "details_button")
        await window.shoot("zh-details")
        await window("close")
        await window("click", "confirm_button")
        await window.wait()


async def join_by(cast: Cast, link: str) -> None:
    async with Window(cast, cast.story.visitor, link, "--lang", cast.story.language) as window:
        await window("wait", "room_name")
        await window.shoot("join")
        await window("click", "cancel_button")
        await window("gone", "room_name")
        invite = invite_link.parse(link)
        other = invite_link.Invite(invite.addresses, bytes(reversed(invite.key)), invite.token)
        await window("paste", text=other.to_app_link())
        await window("click", "join_button")
        await window("wait", "refusal_title")
        await window.shoot("wrong-key")
        await window("key", keys="Esc")
        await window("gone", "refusal_title")
        await window("paste", text="")
        await window("click", "join_button")
        await window("wait", "link_field")
        await window.shoot("ask-for-link")
        await window.close()


def make_sheet() -> None:
    """All pictures, small and with their names. Needs Qt in this process."""
    from PySide6.QtCore import QRect, Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _application = QGuiApplication(["screenshots"])
    width, height, label = _CELL
    files = sorted(PICTURES.glob("*.png"))
    rows = -(-len(files) // _COLUMNS)
    sheet = QImage(_COLUMNS * width, rows * height, QImage.Format.Format_RGB32)
    sheet.fill(Qt.GlobalColor.lightGray)
    with QPainter(sheet) as painter:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for number, file in enumerate(files):
            x, y = number % _COLUMNS * width, number // _COLUMNS * height
            inside = QRect(x + 8, y + label, width - 16, height - label - 8)
            small = QImage(str(file)).scaled(
                inside.size(), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            painter.drawText(QRect(x + 8, y, width, label), Qt.AlignmentFlag.AlignVCenter, file.stem)
            painter.drawImage(inside.topLeft(), small)
    sheet.save(str(PICTURES / "contact-sheet.png"))


def put_into_docs() -> None:
    for name in IN_DOCS:
        size = (PICTURES / f"{name}.png").stat().st_size
        assert size <= _DOCS_BYTES, f"{name}.png takes {size} bytes"
        shutil.copyfile(PICTURES / f"{name}.png", DOCS / f"{name}.png")


def end_servers(folder: Path) -> None:
    """Those that a window started, if it did not come to end them."""
    for file in folder.rglob("listening.json"):
        with suppress(OSError, ValueError):
            os.kill(json.loads(file.read_bytes())["pid"], signal.SIGTERM)


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[2])
    options.add_argument("--docs", action="store_true")
    options.add_argument("--on-screen", action="store_true")
    chosen = options.parse_args()
    display = os.environ.pop("DISPLAY", "")  # nobody's keyring is asked
    if chosen.on_screen:
        ON_SCREEN.update(DISPLAY=display, QT_QPA_PLATFORM="xcb")
    os.environ.update(TZ="UTC")
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    began = time.monotonic()
    try:
        asyncio.run(asyncio.wait_for(take(), _END_S))
    except NotStarted as error:
        print(f"screenshots: {error}", file=sys.stderr)
        return 1
    make_sheet()
    if chosen.docs:
        DOCS.mkdir(exist_ok=True)
        put_into_docs()
    print(f"{len(list(PICTURES.glob('*.png')))} pictures in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
