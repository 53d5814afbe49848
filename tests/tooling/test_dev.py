"""dev.py needs nothing but Python, says what is missing in one line, and makes an environment only when it must."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).parents[2]


def call(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs dev.py with the standard library alone: isolated, without site-packages."""
    return subprocess.run(
        [dev.this_python(), "-I", "-S", str(ROOT / "dev.py"), *arguments],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_arguments_it_lists_its_commands() -> None:
    done = call()
    assert done.returncode == 0
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert " ".join(listed) == "run test demo screenshots serve bench lint faults test-server test-all package lock"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tset"], "no command 'tset'"),
        (["lint", "x"], "--fix"),
        (["package", "x"], "--if-changed"),
        (["bench", "nothing"], "which benchmarks"),
    ],
)
def test_a_mistake_is_answered_with_one_line(arguments: list[str], said: str) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_uv_lock_says_how_to_get_it(tmp_path: Path) -> None:
    done = call("lock", PATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (2, "dev.py: install uv to write the locks: pip install uv\n")


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_another_python_is_refused(
    version: tuple[int, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, 0))
    assert dev.main(["test"]) == 2
    assert capsys.readouterr().err == (
        f"dev.py: this is Python {version[0]}.{version[1]}; start it with 3.11, 3.12 or 3.13\n"
    )


def test_without_venv_and_root_it_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Debian, whose python3 has no ensurepip; here a Python whose imports of it fail."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(dev, "is_root", lambda: False)
    package = f"python3.{sys.version_info.minor}-venv"
    with pytest.raises(dev.Refused, match=package):
        dev.require_venv(str(python))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Qt brings all it needs")
def test_without_the_libraries_of_qt_and_root_it_names_their_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = dev.Environment(tmp_path, ("desktop", "dev"), sys.executable)
    monkeypatch.setattr(dev, "is_root", lambda: False)
    with pytest.raises(dev.Refused, match=r"libegl1 .* libxcb-cursor0 "):
        dev.require_qt(environment)  # it has no Python, so none that imports Qt
    environment.scripts.mkdir(parents=True)
    Path(environment.python).symlink_to("/bin/true")
    dev.require_qt(environment)


def test_an_up_to_date_environment_is_left_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    environment = dev.Environment(tmp_path, ("server", "test"), "/no/such/python")
    (tmp_path / "made-from").write_text(environment.fingerprint())
    environment.prepare()
    assert capfd.readouterr() == ("", "")


def test_the_fingerprint_follows_python_and_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fingerprint(python: str = "/usr/bin/python3", locks: tuple[str, ...] = ("server", "test")) -> str:
        return dev.Environment(tmp_path, locks, python).fingerprint()

    before = fingerprint()
    assert fingerprint() == before
    assert fingerprint(python="/usr/bin/python3.12") != before
    assert fingerprint(locks=("server", "dev")) != before

    (tmp_path / "requirements").mkdir()
    for name in ("pyproject.toml", "requirements/server.txt", "requirements/test.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    copied = fingerprint()
    with (tmp_path / "requirements" / "test.txt").open("a") as lock:
        lock.write("# newer\n")
    assert fingerprint() != copied


def test_the_folder_is_built_anew_when_what_it_is_made_from_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "packaging" / "linux").mkdir(parents=True)
    (tmp_path / "requirements").mkdir()
    for name in ("desktop.txt", "package.txt"):
        (tmp_path / "requirements" / name).write_text("lock")
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    stamp = tmp_path / "packaging" / "built-from"
    before = dev.package_sources(stamp)
    stamp.write_text(before)
    (tmp_path / "packaging" / "README.md").write_text("words")
    assert dev.package_sources(stamp) == before
    if sys.platform == "linux":
        assert dev.package(["--if-changed"]) == 0  # without an environment or PyInstaller anywhere
    for name in ("packaging/linux/entry.desktop", "requirements/package.txt"):
        (tmp_path / name).write_text("new")
        after = dev.package_sources(stamp)
        assert after != before
        assert name in after
        before = after


@pytest.mark.parametrize("chosen", [["-n", "0"], ["-n4"], ["--pdb"]])
def test_tests_run_in_parallel_unless_told_otherwise(chosen: list[str]) -> None:
    assert "-n" in dev.pytest_arguments(["-k", "hub"])
    assert dev.pytest_arguments(chosen) == ["-m", "pytest", *chosen]


def test_supported_pythons_are_those_of_the_project() -> None:
    assert f'requires-python = ">=3.{dev.OLDEST[1]},<3.{dev.NEWEST[1] + 1}"' in (ROOT / "pyproject.toml").read_text()


def test_this_python_is_found_by_its_version() -> None:
    assert dev.find_python(f"3.{sys.version_info.minor}") == dev.this_python()
    assert dev.find_python("3.99") is None
