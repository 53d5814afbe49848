"""Rules that every file of the tree obeys; each message says what to do instead."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE_BY_TOOLS = {"__pycache__", "build", "dist"}

MACHINE_PATH = re.compile(r"(?<![\w.$}*-])/(?:work|root|home|Users|tmp)/(?!\.X11-unix/)[\w.]")
"""On every machine an X server listens in the same place."""
LONGEST_FILE = 500


def files() -> Iterator[tuple[str, str]]:
    """(path from the root with /, text) of every text file that belongs to the project."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name == ".ci" or not (name.startswith(".") or name in MADE_BY_TOOLS or name.endswith(".egg-info"))
        ]
        for name in names:
            path = Path(folder, name)
            try:
                yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
            except UnicodeDecodeError:
                continue  # a picture, a sound or a data file


def lines_with(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """(path, "path:line: text") of each line in which the pattern is found."""
    for path, text in files():
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                yield path, f"{path}:{number}: {line.strip()[:120]}"


def test_no_path_of_one_machine() -> None:
    found = [where for _, where in lines_with(MACHINE_PATH)]
    assert not found, "make it relative, or temporary by tempfile or tmp_path:\n" + "\n".join(found)


def test_locks_name_no_host() -> None:
    found = [
        where for path, where in lines_with(re.compile(r"https?:|file:|--\w*-?url")) if path.startswith("requirements/")
    ]
    assert not found, "locks hold names, versions and hashes only (python3 dev.py lock):\n" + "\n".join(found)


def test_every_locked_package_has_a_hash() -> None:
    for path, text in files():
        if path.startswith("requirements/") and path.endswith(".txt"):
            packages = re.split(r"(?m)^(?=\S)", text)[1:]
            bare = [package for package in packages if "--hash=sha256:" not in package]
            assert packages
            assert not bare, path


def test_only_ci_and_tests_know_of_the_corpus_folder() -> None:
    beside = re.compile(r"\bshared[/\\\"']")
    found = [where for path, where in lines_with(beside) if path != ".ci/run" and not path.startswith("tests/")]
    assert not found, "read DESKTOP_CHAT_CORPUS instead:\n" + "\n".join(found)


def test_files_have_one_subject() -> None:
    long = [
        f"{path}: {text.count(chr(10))} lines"
        for path, text in files()
        if path.endswith(".py") and not path.startswith("tests/") and text.count("\n") > LONGEST_FILE
    ]
    assert not long, "split it by name, not by length:\n" + "\n".join(long)


def test_modules_have_a_name_of_their_own() -> None:
    shapeless = re.compile(r"(^|/)(utils?|helpers?|common|managers?|misc)(/|\.py$)")
    found = [path for path, _ in files() if shapeless.search(path)]
    assert not found, f"name the thing that is in it: {found}"


def test_every_folder_of_modules_is_a_package() -> None:
    """The import contracts look into packages only: a folder without __init__.py would escape them. Scripts that make
    resources stand beside what they make, and are not imported."""
    roots = ("desktop_chat/", "server/chat_server/", "server/chat_protocol/", "resources/desktop_chat_resources/")
    modules = (Path(path) for path, _ in files() if path.startswith(roots) and path.endswith(".py"))
    folders = {path.parent for path in modules if not path.name.startswith("make_")}
    escaped = sorted(str(folder) for folder in folders if not (ROOT / folder / "__init__.py").is_file())
    assert not escaped, f"add an __init__.py with a line on what is there: {escaped}"


def test_every_package_is_typed_and_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [package for package in packages if not (ROOT / package / "py.typed").is_file()] == []
    modules = {Path(package).name for package in packages}
    assert modules == set(project["tool"]["importlinter"]["root_packages"])
