"""Icons, sounds, themes, fonts and translations of the window.

They are files beside this one in a wheel, in an editable install and in a package folder alike.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def path(name: str) -> Path:
    """The file of a resource, `name` with slashes ("icons/star.svg"). It may not exist.

    Not importlib.resources: importing that alone takes 5 ms of the time until the window is there.
    """
    return _HERE / name
