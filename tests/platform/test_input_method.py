"""Chinese can be typed where the system says fcitx and Qt has no plugin for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_chat.platform.input_method import prefer_usable_input_method


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"QT_IM_MODULE": "fcitx"}, {"QT_IM_MODULE": "ibus"}),
        ({"QT_IM_MODULE": "fcitx5"}, {"QT_IM_MODULE": "ibus"}),
        ({"QT_IM_MODULE": "ibus"}, {"QT_IM_MODULE": "ibus"}),
        ({"QT_IM_MODULE": "xim"}, {"QT_IM_MODULE": "xim"}),
        ({"QT_IM_MODULES": "wayland;fcitx;ibus"}, {"QT_IM_MODULES": "wayland;ibus"}),
        ({"QT_IM_MODULES": "wayland;ibus"}, {"QT_IM_MODULES": "wayland;ibus"}),
        (
            {"QT_IM_MODULES": "fcitx", "QT_IM_MODULE": "fcitx"},
            {"QT_IM_MODULES": "ibus", "QT_IM_MODULE": "ibus"},
        ),
        ({}, {}),
    ],
)
def test_without_the_plugin_fcitx_is_asked_by_ibus(
    tmp_path: Path, before: dict[str, str], after: dict[str, str]
) -> None:
    environment = dict(before)
    prefer_usable_input_method(environment, [tmp_path])
    assert environment == after


@pytest.mark.parametrize("by_environment", [True, False])
def test_with_the_plugin_nothing_changes(tmp_path: Path, by_environment: bool) -> None:
    folder = tmp_path / "platforminputcontexts"
    folder.mkdir()
    (folder / "libfcitx5platforminputcontextplugin.so").touch()
    environment = {"QT_IM_MODULE": "fcitx"}
    if by_environment:
        environment["QT_PLUGIN_PATH"] = os.pathsep.join(["", str(tmp_path)])
    prefer_usable_input_method(environment, [] if by_environment else [tmp_path])
    assert environment["QT_IM_MODULE"] == "fcitx"
