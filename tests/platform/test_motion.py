"""Nothing moves for whoever told the system so."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtDBus import QDBusConnection
from PySide6.QtWidgets import QApplication

from desktop_chat.platform.motion import Motion
from tests.core.people import GUARD_S
from tests.platform.bus import Services
from tests.waiting import woken

SERVICE = "portal_service.py"
ANIMATIONS = ("org.gnome.desktop.interface", "enable-animations", "b")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS tell Qt"),
    pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="there is no D-Bus here"),
]


@pytest.fixture
def motion(services: Services) -> Iterator[Motion]:
    """As the app has it, on the test's bus."""
    yield Motion(session=QDBusConnection.connectToBus(services.address, services.address))
    QDBusConnection.disconnectFromBus(services.address)


async def until(motion: Motion, reduced: bool) -> None:
    async with asyncio.timeout(GUARD_S):
        while motion.is_reduced() is not reduced:
            await woken(asyncio.Event())


@pytest.mark.parametrize(
    ("setting", "reduced"),
    [
        (("org.freedesktop.appearance", "reduced-motion", "u", "1"), True),
        (("org.freedesktop.appearance", "reduced-motion", "u", "0"), False),
        ((*ANIMATIONS, "false"), True),
        ((*ANIMATIONS, "true"), False),
        (("org.kde.kdeglobals.KDE", "AnimationDurationFactor", "s", '"0"'), True),
        (("org.kde.kdeglobals.KDE", "AnimationDurationFactor", "s", '"0.5"'), False),
        ((), False),
    ],
)
async def test_what_the_desktop_says_is_followed(
    services: Services, motion: Motion, setting: tuple[str, ...], reduced: bool
) -> None:
    await services.start(SERVICE, *setting)
    assert motion.is_reduced()  # nobody has answered yet
    assert motion._settings is not None
    async with asyncio.timeout(GUARD_S):
        while not motion._settings.is_complete:
            await woken(asyncio.Event())
    assert motion.is_reduced() is reduced


async def test_a_change_counts_at_once(services: Services, motion: Motion) -> None:
    service = await services.start(SERVICE, *ANIMATIONS, "true")
    await until(motion, reduced=False)
    assert service.stdin is not None
    for value, reduced in (("false", True), ("true", False)):
        service.stdin.write(" ".join((*ANIMATIONS, value)).encode() + b"\n")
        await until(motion, reduced)


async def test_without_a_portal_things_move(motion: Motion) -> None:
    await until(motion, reduced=False)


def test_without_a_bus_things_move(qapp: QApplication, tmp_path: Path) -> None:
    assert not Motion(session=QDBusConnection.connectToBus(f"unix:path={tmp_path}/nothing", "nothing")).is_reduced()
    QDBusConnection.disconnectFromBus("nothing")
