"""Loads PySide6 without what takes 40 of the 70 ms of its import and is of use to nobody here.

WORKAROUND for PySide6 6.11, which at each import
- compiles and runs the modules that know its signatures, which only what explains a wrong argument needs: here they are
  compiled once, like any module, and run when something of them is first used; what only writes stub files is left out;
- from then on reads the source of every module that is imported, to see whether it selects features, which nobody here
  does (https://bugreports.qt.io/browse/PYSIDE-2029).

What was compiled is known by its source: of another PySide6 it is compiled anew. Where nothing is kept or can be (a
folder that can't be written to, a packed program, another Python, a damaged file) all is compiled, as without this.
"""

from __future__ import annotations

import builtins
import contextlib
import marshal
import os
import sys
from collections.abc import Callable
from importlib.util import MAGIC_NUMBER, cache_from_source
from types import CodeType
from typing import Any

_SUPPORT = ("shibokensupport/", "signature_bootstrap.py")
_INSTEAD = {
    "shibokensupport/feature.py": b"feature_import = feature_imported = lambda *_, **__: None",
    "shibokensupport/signature/lib/enum_sig.py": b"",
    "shibokensupport/signature/lib/pyi_generator.py": b"",
}
"""What is never used, and what is enough of it."""
_USED_LATER = {
    "shibokensupport/signature/errorhandler.py",
    "shibokensupport/signature/layout.py",
    "shibokensupport/signature/parser.py",
    "shibokensupport/signature/lib/tool.py",
}
_WHEN_USED = """\
def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    import marshal
    del globals()["__getattr__"]
    exec(marshal.loads({code!r}), globals())
    return globals()[name]
"""
"""What such a module is at first (PEP 562). `mapping` is not one of them: Shiboken looks into it without asking it."""


def load_qt() -> None:
    """To be called before anything else imports PySide6."""
    plain_import, plain_compile = builtins.__import__, builtins.compile
    compiled = _Compiled(cache_from_source(__file__) + ".support", plain_compile)
    builtins.compile = compiled
    try:
        import PySide6.QtCore  # noqa: F401
    finally:
        builtins.compile, builtins.__import__ = plain_compile, plain_import
    compiled.save()


class _Compiled:
    """In place of `compile`: keeps what it compiled of PySide6's support in the file `path`, by its source."""

    def __init__(self, path: str, plain: Callable[..., Any]) -> None:
        self._path = path
        self._plain = plain
        self._kept: dict[bytes, CodeType] = {}
        self._used: dict[bytes, CodeType] = {}
        with contextlib.suppress(OSError, ValueError, EOFError, TypeError), open(path, "rb") as file:
            if file.read(len(MAGIC_NUMBER)) == MAGIC_NUMBER:
                self._kept = marshal.load(file)  # noqa: S302 - lies where Python's own compiled modules do

    def __call__(self, source: Any, filename: Any, mode: str, *rest: Any, **options: Any) -> Any:
        if not (isinstance(filename, str) and filename.startswith(_SUPPORT)):
            return self._plain(source, filename, mode, *rest, **options)
        source = _INSTEAD.get(filename, source)
        code = self._kept.get(source)
        if code is None:
            code = self._plain(source, filename, mode, *rest, **options)
            if filename in _USED_LATER:
                code = self._plain(_WHEN_USED.format(code=marshal.dumps(code)), filename, mode)
        self._used[source] = code
        return code

    def save(self) -> None:
        """As Python does with a module: where it can't write, or was told not to, it compiles again the next time."""
        if self._used.keys() <= self._kept.keys() or sys.dont_write_bytecode:
            return
        part = f"{self._path}.{os.getpid()}"
        with contextlib.suppress(OSError):
            with open(part, "wb") as file:
                file.write(MAGIC_NUMBER)
                marshal.dump(self._used, file)
            os.replace(part, self._path)
