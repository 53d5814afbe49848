"""Input methods that Qt, as it comes with this program, has no plugin for."""

from __future__ import annotations

import os
from collections.abc import Iterable, MutableMapping
from pathlib import Path

_FOLDER = "platforminputcontexts"


def prefer_usable_input_method(environment: MutableMapping[str, str], plugins: Iterable[Path]) -> None:
    """To be called before QApplication is made, with the folders of Qt's plugins.

    WORKAROUND: PySide6's wheels carry no plugin for fcitx, and without it nothing can be typed in Chinese. Fcitx
    understands what the plugin for ibus says (https://github.com/hydrusnetwork/hydrus/issues/1794).
    """
    folders = [*plugins, *map(Path, filter(None, environment.get("QT_PLUGIN_PATH", "").split(os.pathsep)))]
    if any(next((folder / _FOLDER).glob("*fcitx*"), None) for folder in folders):
        return
    for name in ("QT_IM_MODULES", "QT_IM_MODULE"):
        wanted = environment.get(name, "").split(";")
        if any(one.startswith("fcitx") for one in wanted):
            usable = ("ibus" if one.startswith("fcitx") else one for one in wanted)
            environment[name] = ";".join(dict.fromkeys(usable))
