"""Gathers every text of the window into the .ts files beside this one, and makes the .qm files that the program reads.

`make_translations.py` in the development environment, whose PySide6 brings lupdate and lrelease. What is translated
stays; what is new comes as unfinished, and a test fails until it is done: then write it into the .ts file and run this
again. Of English only the plural forms are written there.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from desktop_chat.core.sentences import SENTENCES

HERE = Path(__file__).parent
PROGRAM = HERE.parents[2] / "desktop_chat"
CONTEXT = "Sentences"
"""Of what `desktop_chat.core.sentences` says, which knows no Qt: whoever shows one looks it up here."""


class Text(NamedTuple):
    context: str
    source: str
    comment: str
    counts: bool
    """It is given a number, and has plural forms."""


class Texts(ast.NodeVisitor):
    """Finds `self.tr(text, comment, n)`, in the context of the class, and `translate(context, text, comment, n)`."""

    def __init__(self) -> None:
        self.found: list[Text] = []
        self._classes: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._classes.append(node.name)
        self.generic_visit(node)
        self._classes.pop()

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        literals = [value.value if isinstance(value, ast.Constant) else None for value in node.args[:3]]
        if called == "tr":
            if ast.unparse(node.func) != "self.tr":
                raise ValueError(f"whose text it is can't be read from here, say translate: {ast.unparse(node)}")
            arguments = [self._classes[-1], *literals[:2]]
        elif called == "translate" and all(isinstance(text, str) for text in literals[:2]):
            arguments = literals
        else:
            return
        context, source, comment = [*arguments, None][:3]
        if not isinstance(source, str):
            raise ValueError(f"only what is written out can be translated: {ast.unparse(node)}")
        self.found.append(Text(str(context), source, str(comment or ""), len(node.args) > (2 if called == "tr" else 3)))


def texts() -> Iterator[Text]:
    """All that is said in the window. Raises ValueError for what could not be translated when the program runs."""
    for path in sorted(PROGRAM.rglob("*.py")):
        found = Texts()
        found.visit(ast.parse(path.read_text("utf-8")))
        yield from found.found
    for sentence in SENTENCES.values():
        yield Text(CONTEXT, sentence, "", False)


def tool(name: str, *arguments: str | Path) -> None:
    subprocess.run([Path(sys.executable).with_name(f"pyside6-{name}"), *arguments], check=True)


def gather(folder: Path) -> None:
    """Brings the .ts files in `folder` up to the texts of the program."""
    with tempfile.TemporaryDirectory() as temporary:
        # lupdate reads words, not the language: it misses calls within f-strings, and of `translate` the plurals. So
        # it is given what was found, written as it likes it.
        found = Path(temporary, "found.py")
        with found.open("w", encoding="utf-8") as file:
            for text in dict.fromkeys(texts()):
                source, comment = (json.dumps(said, ensure_ascii=False) for said in (text.source, text.comment))
                count = ", n" if text.counts else ""
                file.write(f"class {text.context}:\n    def said(self):\n        self.tr({source}, {comment}{count})\n")
        options = ("-silent", "-no-obsolete", "-locations", "none", "-source-language", "en")
        tool("lupdate", *options, found, "-ts", folder / "desktop_chat_zh_CN.ts")
        tool("lupdate", *options, "-pluralonly", found, "-ts", folder / "desktop_chat_en.ts")


def main() -> None:
    gather(HERE)
    for source in sorted(HERE.glob("*.ts")):
        tool("lrelease", "-silent", source, "-qm", source.with_suffix(".qm"))


if __name__ == "__main__":
    main()
