"""How the server that came with this program is started. Knows no Qt: the terminal client starts it too."""

from __future__ import annotations

import sys
from pathlib import Path


def server_command() -> list[str]:
    """Beside this program in a built folder, else with this Python."""
    return beside("desktop-chat-server") or [sys.executable, "-P", "-m", "chat_server"]


def beside(program: str) -> list[str] | None:
    """A program in the same built folder; None where this one runs from the source."""
    if not getattr(sys, "frozen", False):
        return None
    own = Path(sys.executable)
    return [str(own.with_name(program).with_suffix(own.suffix))]
