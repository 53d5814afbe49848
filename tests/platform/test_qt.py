"""Qt is loaded without what nobody here needs, and still knows its signatures."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from pathlib import Path

from desktop_chat.__main__ import NOT_INSTALLED

_PROGRAM = """
import builtins, sys
from desktop_chat.platform.qt import load_qt
plain = builtins.compile, builtins.__import__
compiled = []
def counting(source, filename, *rest, **options):
    if "shiboken" in str(filename) and source:
        compiled.append(filename)
    return plain[0](source, filename, *rest, **options)
builtins.compile = counting
load_qt()
assert builtins.compile is counting and builtins.__import__ is plain[1]
assert "inspect" not in sys.modules, "what only explains wrong arguments was run"
from PySide6.QtCore import QPoint
try:
    QPoint("left", "top")
except TypeError as error:
    assert "(xpos: int, ypos: int, /)" in str(error), error
else:
    raise AssertionError("a wrong argument goes unnoticed")
print(len(compiled))
"""


def _compiled(cache: Path, **environment: str) -> int:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(cache), "PYTHONDONTWRITEBYTECODE": "", **environment}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_what_knows_the_signatures_is_compiled_once(tmp_path: Path) -> None:
    assert _compiled(tmp_path) > 5
    assert _compiled(tmp_path) == 0


def test_where_nothing_can_be_kept_it_is_compiled_each_time(tmp_path: Path) -> None:
    assert _compiled(tmp_path, PYTHONDONTWRITEBYTECODE="1") > 5
    assert _compiled(tmp_path, PYTHONDONTWRITEBYTECODE="1") > 5


def test_what_lies_there_damaged_or_of_another_python_or_pyside_is_made_anew(tmp_path: Path) -> None:
    assert _compiled(tmp_path) > 5
    (kept,) = tmp_path.rglob("*.pyc.support")
    whole = kept.read_bytes()
    of_another_source = whole[:4] + marshal.dumps({b"pass": compile("pass", "loader.py", "exec")})
    for unusable in (b"", whole[:9], b"\0\0\r\n" + whole[4:], of_another_source):
        kept.write_bytes(unusable)
        assert _compiled(tmp_path) > 5
        assert kept.read_bytes() == whole


def test_without_what_draws_the_window_that_is_one_line_and_an_exit_code() -> None:
    program = "import sys; sys.modules['PySide6'] = None; from desktop_chat.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == NOT_INSTALLED
    assert done.stderr == "The window is not installed: pip install '.[desktop]'\n"
