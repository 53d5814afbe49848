"""The computer stays awake from `hold` to `release`: with fake services on a bus of the test's own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtDBus import QDBusConnection

from desktop_chat.platform.inhibitors import Bus
from desktop_chat.platform.sleep import KeepAwake
from tests.core.people import GUARD_S
from tests.platform.bus import Services, line_of

SERVICE = "inhibiting_service.py"

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="there is no D-Bus here")


@asynccontextmanager
async def awake(services: Services, **of_another: str) -> AsyncIterator[tuple[KeepAwake, asyncio.Event]]:
    """As the app has it, on the test's bus; and an event for each `changed`."""
    parent, name = QObject(), services.address
    bus = QDBusConnection.connectToBus(of_another.get("address", services.address), name)
    keep, changed = KeepAwake(parent, way=Bus(parent, system=bus, session=bus)), asyncio.Event()
    keep.changed.connect(changed.set)
    try:
        yield keep, changed
    finally:
        keep.release()
        QDBusConnection.disconnectFromBus(name)


async def wait_for(changed: asyncio.Event) -> None:
    async with asyncio.timeout(GUARD_S):
        await changed.wait()


async def test_logind_holds_until_released(services: Services) -> None:
    logind = await services.start(SERVICE, "login1")
    async with awake(services) as (keep, changed):
        keep.hold("Two people are here.")
        assert await line_of(logind) == "held sleep:idle Desktop Chat Two people are here. block"
        await wait_for(changed)
        assert keep.is_held
        keep.hold("Three people are here.")  # is held already
        keep.release()
        assert await line_of(logind) == "released"
        keep.hold("Again.")
        assert await line_of(logind) == "held sleep:idle Desktop Chat Again. block"


async def test_without_logind_the_screen_saver_of_the_desktop_holds(services: Services) -> None:
    saver = await services.start(SERVICE, "screensaver")
    async with awake(services) as (keep, changed):
        keep.hold("Two people are here.")
        assert await line_of(saver) == "held Desktop Chat Two people are here."
        await wait_for(changed)
        assert keep.is_held
        keep.release()
        assert await line_of(saver) == "released"


async def test_what_is_released_before_the_answer_is_let_go_when_it_comes(services: Services) -> None:
    logind = await services.start(SERVICE, "login1")
    async with awake(services) as (keep, _changed):
        keep.hold("Somebody is here.")
        keep.release()
        assert (await line_of(logind)).startswith("held ")
        assert await line_of(logind) == "released"
        assert not keep.is_held


async def test_who_holds_again_before_the_first_answer_holds_once(services: Services) -> None:
    logind = await services.start(SERVICE, "login1")
    async with awake(services) as (keep, _changed):
        keep.hold("Somebody is here.")
        keep.release()
        keep.hold("Somebody came back.")
        lines = [await line_of(logind) for _ in range(3)]
        assert lines.count("released") == 1
        assert keep.is_held
        keep.release()
        assert await line_of(logind) == "released"


async def test_a_system_with_neither_is_no_trouble(services: Services) -> None:
    async with awake(services) as (keep, changed):
        keep.hold("Somebody is here.")
        await services.start(SERVICE, "login1")  # as long as this takes
        assert not keep.is_held
        keep.release()
        assert changed.is_set()  # by the release
    keep.release()


async def test_without_a_system_bus_the_screen_saver_holds(services: Services, tmp_path: Path) -> None:
    saver = await services.start(SERVICE, "screensaver")
    parent, nothing = QObject(), QDBusConnection.connectToBus(f"unix:path={tmp_path}/nothing", "nothing")
    session = QDBusConnection.connectToBus(services.address, services.address)
    keep = KeepAwake(parent, way=Bus(parent, system=nothing, session=session))
    keep.hold("Somebody is here.")
    assert await line_of(saver) == "held Desktop Chat Somebody is here."
    keep.release()
    for name in ("nothing", services.address):
        QDBusConnection.disconnectFromBus(name)


async def test_a_system_without_a_bus_is_no_trouble(services: Services, tmp_path: Path) -> None:
    async with awake(services, address=f"unix:path={tmp_path}/nothing") as (keep, _changed):
        keep.hold("Somebody is here.")
        assert not keep.is_held
