"""What the tests of the platform share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.platform.bus import Services, line_of, process


@pytest.fixture
async def services(qapp: QApplication, tmp_path: Path) -> AsyncIterator[Services]:
    async with AsyncExitStack() as stack:
        address = f"--address=unix:path={tmp_path}/bus"
        daemon = process("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address", address)
        yield Services(await line_of(await stack.enter_async_context(daemon)), stack)
