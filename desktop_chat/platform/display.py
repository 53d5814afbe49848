"""Whether there is a screen. To be asked before Qt is: without one it ends the process, which nobody can catch."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_DISPLAY = re.compile(r"(?P<host>.*):(?P<number>\d+)(\.\d+)?")
_X_PORT = 6000
_TIMEOUT_S = 2.0


def missing_display(environment: Mapping[str, str], platform: str = sys.platform) -> str | None:
    """Why no window can be shown, in one English sentence; None if one can.

    Windows and macOS always have a screen; so has a Qt that was told to draw without one.
    """
    if platform in ("win32", "darwin"):
        return None
    chosen = environment.get("QT_QPA_PLATFORM", "").partition(":")[0].partition(";")[0]
    if chosen and chosen not in ("xcb", "wayland", "wayland-egl"):
        return None
    wayland, x11 = environment.get("WAYLAND_DISPLAY"), environment.get("DISPLAY")
    if not wayland and not x11:
        return "There is no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set."
    if wayland and _answers_wayland(wayland, environment):
        return None
    if x11 and _answers_x11(x11):
        return None
    named = " and ".join(f"{name}={value}" for name, value in (("WAYLAND_DISPLAY", wayland), ("DISPLAY", x11)) if value)
    return f"There is no screen here: nothing answers at {named}."


def _answers_wayland(name: str, environment: Mapping[str, str]) -> bool:
    return _answers_unix(str(Path(environment.get("XDG_RUNTIME_DIR", "")) / name))


def _answers_x11(display: str) -> bool:
    found = _DISPLAY.fullmatch(display)
    if found is None:
        return False
    host, number = found["host"], int(found["number"])
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where every X server listens
        return _answers_unix(path) or (sys.platform == "linux" and _answers_unix(f"\0{path}"))
    try:
        with socket.create_connection((host, _X_PORT + number), _TIMEOUT_S):
            return True
    except OSError:
        return False


def _answers_unix(path: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_TIMEOUT_S)
            client.connect(path)
            return True
    except OSError:
        return False
