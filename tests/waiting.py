"""How a test waits for what somebody else brings about."""

from __future__ import annotations

import asyncio
import contextlib

LOOK_AGAIN_S = 0.02


async def woken(changed: asyncio.Event) -> None:
    """Until `changed` is set, or a moment has passed: look again then, for not everything that may be waited for is
    told. In a loop, under a guard."""
    changed.clear()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOOK_AGAIN_S):
            await changed.wait()
