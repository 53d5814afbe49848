"""The safety net of tests/conftest.py holds: what goes wrong without an assertion fails a test all the same."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]

GOOD = """
    import asyncio, logging

    def test_declared_log(allow_log):
        allow_log("server", "disk .* full")
        logging.getLogger("server.storage").warning("disk %s is full", 1)

    async def test_ended_task():
        task = asyncio.get_running_loop().create_task(asyncio.Event().wait())
        task.cancel()

    def test_information():
        logging.getLogger("server").info("started")

    async def test_with_qt(qapp):
        await asyncio.sleep(0)
        assert type(asyncio.get_running_loop()).__name__ == "QtLoop"

    async def test_without_qt():
        assert type(asyncio.get_running_loop()).__name__ != "QtLoop"
"""

BAD = {
    "log": """
        import logging

        def test_bad():
            logging.getLogger("server").error("lost a message")
    """,
    "other_logger": """
        import logging

        def test_bad(allow_log):
            allow_log("server", "disk")
            logging.getLogger("serverless").warning("disk")
    """,
    "other_text": """
        import logging

        def test_bad(allow_log):
            allow_log("server", "disk")
            logging.getLogger("server").warning("memory")
    """,
    "task": """
        import asyncio

        tasks = []

        async def test_bad():
            tasks.append(asyncio.get_running_loop().create_task(asyncio.Event().wait()))
    """,
    "warning": """
        import warnings

        def test_bad():
            warnings.warn("old", DeprecationWarning)
    """,
    "qt_message": """
        from PySide6.QtCore import qWarning

        def test_bad(qapp):
            qWarning("a plugin is missing")
    """,
    "slot": """
        from PySide6.QtCore import QTimer

        async def test_bad(qapp):
            QTimer.singleShot(0, lambda: 1 // 0)
            import asyncio
            await asyncio.sleep(0.01)
    """,
    "hang": """
        import asyncio, pytest

        @pytest.mark.timeout(0.2)
        async def test_bad():
            await asyncio.Event().wait()
    """,
}


def test_each_fault_fails_and_an_orderly_test_passes(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "tests/conftest.py"):
        copy = tmp_path / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    for name, body in {"good": GOOD, **BAD}.items():
        (tmp_path / "tests" / f"test_{name}.py").write_text(textwrap.dedent(body), "utf-8")

    pytest = [sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run([*pytest, "-rfE"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    caught = set(re.findall(r"^(?:FAILED|ERROR) tests/test_(\w+)\.py", done.stdout, re.MULTILINE))
    assert caught == set(BAD), done.stdout
    assert done.returncode == 1
