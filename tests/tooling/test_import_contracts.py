"""Every import contract of pyproject.toml is seen to break when an offending module is written.

The contracts are checked on a skeleton of the tree: empty modules, and one that offends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]

SKELETON = [
    *("server/chat_protocol", "server/chat_server", "resources/desktop_chat_resources", "desktop_chat"),
    *("server/chat_server/hub", "server/chat_server/storage", "server/chat_server/transport"),
    *("desktop_chat/core", "desktop_chat/core/session", "desktop_chat/store", "desktop_chat/terminal"),
    *("desktop_chat/bridge", "desktop_chat/models", "desktop_chat/theme", "desktop_chat/timeline"),
    *("desktop_chat/widgets", "desktop_chat/hosting", "desktop_chat/platform"),
    *("desktop_chat/hosting/invitation", "desktop_chat/hosting/room_host", "desktop_chat/platform/display"),
    *(f"desktop_chat/timeline/{name}" for name in ("grouping", "height_index", "links", "selection", "viewport")),
    "desktop_chat/models/items",
]

OFFENCES = [
    ("protocol-alone", "server/chat_protocol", "import chat_server"),
    ("protocol-alone", "server/chat_protocol", "from desktop_chat import core"),
    ("server-on-protocol", "server/chat_server/hub", "import desktop_chat.core"),
    ("server-on-protocol", "server/chat_server", "import desktop_chat_resources"),
    ("client-starts-server", "desktop_chat/hosting", "import chat_server.storage"),
    ("client-starts-server", "desktop_chat/core", "def f():\n    from chat_server import hub"),
    ("no-qt-below", "server/chat_server/transport", "import PySide6.QtCore"),
    ("no-qt-below", "server/chat_protocol", "import PySide6"),
    ("no-qt-below", "desktop_chat/core", "from PySide6 import QtCore"),
    ("no-qt-below", "desktop_chat/store", "import qasync"),
    ("no-qt-below", "desktop_chat/terminal", "import shiboken6"),
    ("pure-parts-of-the-window", "desktop_chat/timeline/viewport", "from PySide6.QtCore import QPoint"),
    ("pure-parts-of-the-window", "desktop_chat/hosting/room_host", "import desktop_chat.bridge.loop"),
    ("qasync-in-bridge", "desktop_chat/widgets", "import qasync"),
    ("qasync-in-bridge", "desktop_chat/hosting", "from qasync import QEventLoop"),
    ("client-layers", "desktop_chat/store", "from desktop_chat import core"),
    ("client-layers", "desktop_chat/core", "import desktop_chat.bridge"),
    ("client-layers", "desktop_chat/bridge", "import desktop_chat.models"),
    ("client-layers", "desktop_chat/models", "import desktop_chat.timeline"),
    ("client-layers", "desktop_chat/timeline", "import desktop_chat.widgets"),
    ("client-layers", "desktop_chat/terminal", "import desktop_chat.app"),
    ("client-layers", "desktop_chat", "# a module that has no layer"),
    ("decide-without-io", "server/chat_server/hub", "import asyncio"),
    ("decide-without-io", "server/chat_server/hub", "from time import monotonic"),
    ("decide-without-io", "server/chat_server/hub", "import chat_server.transport"),
    ("decide-without-io", "server/chat_server/hub", "import apsw"),
    ("decide-without-io", "server/chat_protocol", "import ssl"),
    ("decide-without-io", "desktop_chat/core/session", "import websockets.asyncio.client"),
    ("decide-without-io", "desktop_chat/core/session", "import desktop_chat.store.sqlite"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with the project's contracts and empty packages."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in SKELETON:
        (tmp_path / package).mkdir(parents=True, exist_ok=True)
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "desktop_chat" / "app.py").touch()
    (tmp_path / "desktop_chat" / "bridge" / "loop.py").write_text("import qasync\n")
    (tmp_path / "desktop_chat" / "store" / "sqlite.py").write_text("import apsw\n")
    return tmp_path


def lint_imports(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    sources = os.pathsep.join(str(tree / root) for root in (".", "server", "resources"))
    return subprocess.run(
        [program, "--no-cache", *options],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": sources},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_contract_is_kept_by_the_skeleton(tree: Path) -> None:
    done = lint_imports(tree)
    assert done.returncode == 0, done.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


def test_every_contract_has_an_offence() -> None:
    assert {contract["id"] for contract in CONTRACTS} == {offence[0] for offence in OFFENCES}


@pytest.mark.parametrize(("contract", "package", "line"), OFFENCES)
def test_an_offence_breaks_the_contract(tree: Path, contract: str, package: str, line: str) -> None:
    (tree / package / "offender.py").write_text(line + "\n")
    done = lint_imports(tree, "--contract", contract)
    assert done.returncode == 1
    assert "0 kept, 1 broken" in done.stdout
    assert "offender" in done.stdout
