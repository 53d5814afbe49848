"""Which program is the server: the one in the same built folder, or the modules beside this Python."""

from __future__ import annotations

import sys

import pytest

from desktop_chat.hosting.server_command import beside, server_command


def test_from_the_source_it_runs_by_this_python() -> None:
    assert server_command() == [sys.executable, "-P", "-m", "chat_server"]
    assert beside("desktop-chat-terminal") is None


@pytest.mark.parametrize("ending", ["", ".exe"])
def test_in_a_built_folder_it_is_the_program_there(monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", f"/opt/Desktop Chat/desktop-chat{ending}")
    assert server_command() == [f"/opt/Desktop Chat/desktop-chat-server{ending}"]
    assert beside("desktop-chat-terminal") == [f"/opt/Desktop Chat/desktop-chat-terminal{ending}"]
