"""What the benchmarks take for granted."""

from __future__ import annotations

import re

from benchmarks.client.started import NOT_INSTALLED
from tests.tooling.test_tree_rules import ROOT


def test_a_measured_start_lacks_only_what_no_installation_has() -> None:
    installed = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements" / "desktop.txt").read_text("utf-8"))
    assert "msgspec" in installed
    assert not {name.replace("-", "_") for name in installed} & set(NOT_INSTALLED)
