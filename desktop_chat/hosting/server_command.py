"""How the server that came with this program is started, and why it may not run. Knows no Qt: the terminal client
starts it too."""

from __future__ import annotations

import sys
from pathlib import Path

from desktop_chat.core.sentences import Trouble

STOPPED, FOLDER_IN_USE = 0, 4
"""Exit codes (docs/server.md): as asked; another server has the folder, and is to be joined instead."""
_TROUBLES = {
    2: Trouble.HOSTING_FAILED,
    3: Trouble.PORT_TAKEN,
    5: Trouble.ROOM_NEWER,
    6: Trouble.ROOM_NOT_WRITABLE,
    7: Trouble.ROOM_DAMAGED,
    8: Trouble.DISK_FULL_HERE,
}


def server_command() -> list[str]:
    """Beside this program in a built folder, else with this Python."""
    return beside("desktop-chat-server") or [sys.executable, "-P", "-m", "chat_server"]


def beside(program: str) -> list[str] | None:
    """A program in the same built folder; None where this one runs from the source."""
    if not getattr(sys, "frozen", False):
        return None
    own = Path(sys.executable)
    return [str(own.with_name(program).with_suffix(own.suffix))]


def trouble_of(exit_code: int | None) -> Trouble:
    """What to tell the person; None: it crashed, or could not be started."""
    return Trouble.HOSTING_FAILED if exit_code is None else _TROUBLES.get(exit_code, Trouble.HOSTING_FAILED)


def is_hopeless(exit_code: int | None) -> bool:
    """Whether the next start would end with `exit_code` too."""
    return exit_code in _TROUBLES
