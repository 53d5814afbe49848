"""Gathers every text of the window into the .ts files beside this one, and makes the .qm files that the program reads.

`make_translations.py` in the development environment, whose PySide6 brings lupdate and lrelease. What is translated
stays; what is new comes as unfinished, and a test fails until it is done: then write it into the .ts file and run this
again. Of English only the plural forms are written there.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from desktop_chat.core.sentences import SENTENCES

HERE = Path(__file__).parent
PROGRAM = HERE.parents[2] / "desktop_chat"
CONTEXT = "Sentences"
"""Of what `desktop_chat.core.sentences` says, which knows no Qt: whoever shows one looks it up here."""


def tool(name: str, *arguments: str | Path) -> None:
    subprocess.run([Path(sys.executable).with_name(f"pyside6-{name}"), *arguments], check=True)


def gather(folder: Path) -> None:
    """Brings the .ts files in `folder` up to the texts of the program."""
    with tempfile.TemporaryDirectory() as temporary:
        said = Path(temporary, "sentences.py")
        lines = [f"translate({CONTEXT!r}, {sentence!r})\n" for sentence in dict.fromkeys(SENTENCES.values())]
        said.write_text("".join(lines), "utf-8")
        sources = [*sorted(PROGRAM.rglob("*.py")), said]
        options = ("-silent", "-no-obsolete", "-locations", "none", "-source-language", "en")
        tool("lupdate", *options, *sources, "-ts", folder / "desktop_chat_zh_CN.ts")
        tool("lupdate", *options, "-pluralonly", *sources, "-ts", folder / "desktop_chat_en.ts")


def main() -> None:
    gather(HERE)
    for source in sorted(HERE.glob("*.ts")):
        tool("lrelease", "-silent", source, "-qm", source.with_suffix(".qm"))


if __name__ == "__main__":
    main()
