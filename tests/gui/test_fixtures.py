"""The ground of the other tests here is firm: what they rely on happens, and what they must not do fails."""

from __future__ import annotations

from desktop_chat.bridge.actions import Actions
from desktop_chat.bridge.notices import Notices
from desktop_chat.core.effects import Notice
from desktop_chat.core.server import Server
from desktop_chat.store.contract import Extended
from tests.gui.conftest import Hosted, Until


async def test_a_guest_says_hi_and_the_screen_is_told(
    hosted: Hosted, notices: Notices, actions: Actions, until: Until
) -> None:
    told: list[Notice] = []

    def on_happened(batch: list[tuple[Server, Notice]]) -> None:
        told.extend(notice for _, notice in batch)

    notices.happened.connect(on_happened)
    guest, server = await hosted.guest()
    actions.do(hosted.server.send_text(hosted.room, "welcome"), name="send")
    await server.send_text(hosted.room, "hi")
    await until(lambda: [one for one in told if isinstance(one, Extended) and one.log == hosted.room])
    await guest.until(lambda: "welcome" in guest.messages)
    await hosted.host.until(lambda: "hi" in hosted.host.messages)
