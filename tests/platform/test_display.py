"""A screen is looked for before Qt is: what there is, what there is not, and what does not answer."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_chat.platform.display import missing_display


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A short path: the address of a socket has 107 characters at most."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_windows_and_macos_have_one(platform: str) -> None:
    assert missing_display({}, platform) is None


@pytest.mark.parametrize("chosen", ["offscreen", "minimal", "vnc:port=5901", "offscreen;xcb"])
def test_a_qt_that_needs_none_has_none_missing(chosen: str) -> None:
    assert missing_display({"QT_QPA_PLATFORM": chosen}, "linux") is None


@pytest.mark.parametrize("chosen", ["", "xcb", "wayland"])
def test_none_is_named(chosen: str) -> None:
    said = missing_display({"QT_QPA_PLATFORM": chosen}, "linux")
    assert said == "There is no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set."


@pytest.mark.parametrize("display", [":65000", "127.0.0.1:59999", "nonsense", ":", "unix:65000.0"])
def test_a_name_where_nothing_answers_is_none(display: str) -> None:
    said = missing_display({"DISPLAY": display}, "linux")
    assert said == f"There is no screen here: nothing answers at DISPLAY={display}."


def test_wayland_that_answers_is_one(runtime: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(runtime / "wayland-7"))
        server.listen()
        by_name = {"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(runtime)}
        assert missing_display(by_name, "linux") is None
        assert missing_display({"WAYLAND_DISPLAY": str(runtime / "wayland-7")}, "linux") is None
    gone = missing_display(by_name | {"DISPLAY": ":65000"}, "linux")
    assert gone == "There is no screen here: nothing answers at WAYLAND_DISPLAY=wayland-7 and DISPLAY=:65000."


def test_x11_over_the_network_that_answers_is_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1] - 6000
        assert missing_display({"DISPLAY": f"127.0.0.1:{number}.0"}, "linux") is None
