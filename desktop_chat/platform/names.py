"""What the person at this computer is called."""

from __future__ import annotations

import getpass
import sys

from chat_protocol import reserved_names

_NAME_CHARACTERS = 32
_WINDOWS_CHARACTERS = 256
_DISPLAY_NAME = 3
"""NameDisplay of EXTENDED_NAME_FORMAT (secext.h)."""


def own_name() -> str:
    """The person's real name, as the account says it, else the account's; empty if neither can be a name."""
    proposals = (" ".join(said().split())[:_NAME_CHARACTERS].strip() for said in (_real_name, _account))
    return next((name for name in proposals if name and _is_allowed(name)), "")


def _is_allowed(name: str) -> bool:
    words = name.casefold().split()
    if all(word.isascii() and word.isalpha() for word in words):  # as most are: the rule takes its time to load
        return "".join(words) not in reserved_names.WORDS and not any(word in reserved_names.WORDS for word in words)
    from chat_protocol.names import why_refused

    return why_refused(name) is None


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
