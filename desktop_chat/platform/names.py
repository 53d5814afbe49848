"""What the person at this computer is called."""

from __future__ import annotations

import getpass
import sys

_NAME_CHARACTERS = 32
_WINDOWS_CHARACTERS = 256
_DISPLAY_NAME = 3
"""NameDisplay of EXTENDED_NAME_FORMAT (secext.h)."""


def own_name() -> str:
    """The person's real name, as the account says it, else the account's; empty if it has none. Only a proposal: it
    may be one that no server allows."""
    return " ".join((_real_name() or _account()).split())[:_NAME_CHARACTERS].strip()


def real_name_of(gecos: str, account: str) -> str:
    """Of the comment field of an account: its first part, where & stands for the account (passwd(5) of 4.3BSD)."""
    return gecos.partition(",")[0].replace("&", account.capitalize()).strip()


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name
        return ""


def _real_name() -> str:
    if sys.platform == "win32":
        import ctypes

        length = ctypes.c_ulong(_WINDOWS_CHARACTERS)
        said = ctypes.create_unicode_buffer(_WINDOWS_CHARACTERS)
        known = ctypes.windll.secur32.GetUserNameExW(_DISPLAY_NAME, said, ctypes.byref(length))
        return said.value if known else ""
    import os
    import pwd

    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return ""
    return real_name_of(entry.pw_gecos, entry.pw_name)
