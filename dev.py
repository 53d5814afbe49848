#!/usr/bin/env python3
"""Everything a developer types, with nothing but Python 3.11 to 3.13: `python3 dev.py COMMAND [arguments]`.

The first command makes `.venv/` from the hashed locks of `requirements/`; it is made again when they change.
Only the standard library is used, since this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
WINDOWS = sys.platform == "win32"
OLDEST, NEWEST = (3, 11), (3, 13)
"""The Python versions the project is tested on (`requires-python` in pyproject.toml says the same)."""

QT_MODULES = ("PySide6", "shiboken6", "qasync")
PARTS_WITHOUT_QT = ("tests/protocol", "tests/server", "tests/core", "tests/store")
QT_LIBRARIES = """
    libbrotli1 libdbus-1-3 libegl1 libfontconfig1 libfreetype6 libgl1 libglib2.0-0 libgssapi-krb5-2 libx11-xcb1
    libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0
    libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xkb1 libxkbcommon-x11-0 libxkbcommon0
"""
"""Debian's packages of what PySide6 links to, on the screen and off it."""
VIRTUAL_SCREEN = {"Xvfb": "xvfb", "openbox": "openbox", "import": "imagemagick"}
"""Programs, and Debian's packages of them."""
PICTURE_EVERY_S = 3.0
PICTURES = 100


class Refused(Exception):
    """An expected failure; its text is the one line to print."""


# --- environments ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Environment:
    """A virtual environment of one Python, made from some of the locks in `requirements/`."""

    folder: Path
    locks: tuple[str, ...]
    base_python: str
    """The interpreter to make it from."""

    @property
    def scripts(self) -> Path:
        return self.folder / ("Scripts" if WINDOWS else "bin")

    @property
    def python(self) -> str:
        return str(self.scripts / ("python.exe" if WINDOWS else "python"))

    @property
    def lock_files(self) -> list[Path]:
        return [ROOT / "requirements" / f"{lock}.txt" for lock in self.locks]

    def fingerprint(self) -> str:
        """Changes whenever the environment must be made again."""
        import tomllib  # missing before Python 3.11, which has been refused with a clear line by now

        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
        digest = hashlib.sha256()
        for part in (self.base_python, str(ROOT), json.dumps([project["project"], project["tool"]["hatch"]])):
            digest.update(part.encode() + b"\0")
        for lock in self.lock_files:
            digest.update(lock.read_bytes() + b"\0")
        return digest.hexdigest()

    def prepare(self) -> None:
        """Makes the environment unless it is there and up to date (then this takes milliseconds)."""
        stamp = self.folder / "made-from"
        fingerprint = self.fingerprint()
        if stamp.is_file() and stamp.read_text("ascii") == fingerprint:
            return
        print(f"dev.py: making {self.folder.name} (once, and again when the locks change)", flush=True)
        require_venv(self.base_python)
        must_run([self.base_python, "-m", "venv", "--clear", str(self.folder)])
        pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        locked = [argument for lock in self.lock_files for argument in ("-r", str(lock))]
        must_run([*pip, "--require-hashes", "--only-binary=:all:", *locked])
        must_run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
        stamp.write_text(fingerprint, "ascii")  # last: an interrupted start begins anew


def this_python() -> str:
    """The interpreter that runs this file; from inside an environment, the one it was made from."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def development() -> Environment:
    """The environment of all commands but `test-server` and `test-all`, ready to use."""
    environment = Environment(ROOT / ".venv", ("desktop", "dev"), this_python())
    environment.prepare()
    return environment


def require_venv(python: str) -> None:
    """Debian and its kin split `ensurepip` off: fetches it as root, else says what to install."""
    if quietly([python, "-c", "import ensurepip, venv"]) is not None:
        return
    version = quietly([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    install([f"python{version}-venv"], "this Python cannot make environments; install its package")


def require_qt(environment: Environment) -> None:
    """PySide6 brings Qt, but not the libraries of the system that Qt links to."""
    look = "import ctypes, PySide6.QtWidgets; ctypes.CDLL('libxcb-cursor.so.0')"
    if sys.platform == "linux" and quietly([environment.python, "-c", look]) is None:
        install(QT_LIBRARIES.split(), "Qt needs libraries of the system; install their packages")


def install(packages: Sequence[str], otherwise: str) -> None:
    """From Debian's archive as root; else raises Refused, with `otherwise` and the packages' names."""
    if not (shutil.which("apt-get") and is_root()):
        raise Refused(f"{otherwise}: {' '.join(packages)}")
    print(f"dev.py: installing {' '.join(packages[:3])}{' ...' if len(packages) > 3 else ''}", flush=True)
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    must_run([*apt, "update"], stdout=subprocess.DEVNULL)
    must_run([*apt, "-y", "install", "--no-install-recommends", *packages], stdout=subprocess.DEVNULL)


def is_root() -> bool:
    return not WINDOWS and os.geteuid() == 0


# --- running programs -----------------------------------------------------------------------------------


def must_run(command: Sequence[str], stdout: int | None = None) -> None:
    """Raises Refused when the program fails; its own output has said why."""
    code = subprocess.call(command, cwd=ROOT, stdout=stdout)
    if code != 0:
        raise Refused(f"failed ({code}): {' '.join(command[:6])} ...")


def quietly(command: Sequence[str]) -> str | None:
    """What the program printed, or None when it is missing or failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def become(environment: Environment, arguments: Sequence[str]) -> int:
    """Runs the environment's Python in the project's folder, in place of this process: signals reach it.

    Windows has no exec that the console waits for: there it is a child, and this returns its exit code.
    """
    command = [environment.python, *arguments]
    sys.stdout.flush()
    if not WINDOWS:
        os.chdir(ROOT)
        os.execv(command[0], command)
    return subprocess.call(command, cwd=ROOT)


def pytest_arguments(chosen: Sequence[str]) -> list[str]:
    """The tests run in parallel unless the caller says how many at a time, or wants a debugger."""
    own = any(word.startswith(("-n", "--numprocesses", "--pdb", "--trace")) for word in chosen)
    workers = [] if own else ["-n", str(min(os.cpu_count() or 1, 8)), "--dist", "worksteal"]
    return ["-m", "pytest", *workers, *chosen]


# --- commands: the first line of each docstring is its help ----------------------------------------------


def run(arguments: list[str]) -> int:
    """Open the window; without a screen host a room all the same; `run --virtual`: a virtual screen, with pictures."""
    environment = development()
    if "--virtual" in arguments:
        return run_virtually(environment, [word for word in arguments if word != "--virtual"])
    if WINDOWS or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        require_qt(environment)
    return become(environment, ["-m", "desktop_chat", *arguments])


def run_virtually(environment: Environment, arguments: Sequence[str]) -> int:
    """The window on a screen that nobody sees but in `build/virtual/`, until it is closed or Ctrl+C comes."""
    require_qt(environment)
    missing = [package for program, package in VIRTUAL_SCREEN.items() if shutil.which(program) is None]
    if missing:
        install(missing, "a virtual screen needs these packages")
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    pictures = ROOT / "build" / "virtual"
    pictures.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    screen = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1440x900x24", "-nolisten", "tcp"]
    # In a session of its own: Ctrl+C is for the window, which ends before its screen does.
    apart: dict[str, Any] = {"start_new_session": True, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen(screen, pass_fds=[writing], **apart)]
    os.close(writing)
    try:
        with open(reading, encoding="ascii") as number:
            display = f":{number.readline().strip()}"
        seen = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        running.append(subprocess.Popen(["openbox"], env=seen, **apart))
        window = subprocess.Popen([environment.python, "-m", "desktop_chat", *arguments], cwd=ROOT, env=seen)
        running.append(window)
        print(f"dev.py: on DISPLAY={display}, a picture every {PICTURE_EVERY_S:.0f} s in {pictures}", flush=True)
        number_of_picture = 0
        while True:
            try:
                return window.wait(PICTURE_EVERY_S)
            except subprocess.TimeoutExpired:
                file = pictures / f"{number_of_picture % PICTURES:03}.png"
                subprocess.call(["import", "-window", "root", str(file)], env=seen)
                number_of_picture += 1
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def test(arguments: list[str]) -> int:
    """Run the tests (arguments go to pytest)."""
    environment = development()
    require_qt(environment)
    return become(environment, pytest_arguments(arguments))


def demo(arguments: list[str]) -> int:
    """Real processes hold a real conversation, and some are killed; ends with a table."""
    return become(development(), ["tests/demo/run.py", *arguments])


def screenshots(arguments: list[str]) -> int:
    """Pictures of every screen with real servers, into `build/screenshots/` (`--docs`: also those of the documents)."""
    environment = development()
    require_qt(environment)
    return become(environment, ["-m", "tests.screenshots.run", *arguments])


def serve(arguments: list[str]) -> int:
    """Start the headless server (arguments go to `desktop-chat-server serve`)."""
    return become(development(), ["-m", "chat_server", "serve", *arguments])


def bench(arguments: list[str]) -> int:
    """Run the benchmarks of one area: `bench server|client [--quick]`."""
    areas = sorted(script.parent.name for script in (ROOT / "benchmarks").glob("*/run.py"))
    if not arguments or arguments[0] not in areas:
        raise Refused(f"say which benchmarks to run: {', '.join(areas) or 'there are none yet'}")
    return become(development(), [f"benchmarks/{arguments[0]}/run.py", *arguments[1:]])


def lint(arguments: list[str]) -> int:
    """Check style, types and who imports whom (`lint --fix` mends what can be mended)."""
    if arguments not in ([], ["--fix"]):
        raise Refused("lint takes nothing but --fix")
    environment = development()
    fix = bool(arguments)
    steps = [
        [environment.python, "-m", "ruff", "check", "--quiet", *(["--fix"] if fix else []), "."],
        [environment.python, "-m", "ruff", "format", "--quiet", *([] if fix else ["--diff"]), "."],
        [environment.python, "-m", "mypy"],
        [str(environment.scripts / "lint-imports"), "--no-logo"],
    ]
    failed = [step for step in steps if subprocess.call(step, cwd=ROOT) != 0]
    print(f"lint: {len(steps) - len(failed)} of {len(steps)} checks passed")
    return 1 if failed else 0


def faults(arguments: list[str]) -> int:
    """Inject faults and count what was lost: `faults [--full] [--only G1,G2]`."""
    return become(development(), ["tests/faults/run.py", *arguments])


def test_server(arguments: list[str]) -> int:
    """Install the server without Qt and run the tests that must pass there."""
    environment = Environment(ROOT / ".venv-server", ("server", "test"), this_python())
    environment.prepare()
    look = f"import importlib.util as u; print(*filter(u.find_spec, {QT_MODULES!r}))"
    found = quietly([environment.python, "-c", look])
    if found != "":
        raise Refused(f"Qt is within reach of the server: {found or 'the look for it failed'}")
    print(f"test-server: none of {', '.join(QT_MODULES)} can be imported", flush=True)
    return become(environment, pytest_arguments([*PARTS_WITHOUT_QT, *arguments]))


def test_all(arguments: list[str]) -> int:
    """Run the tests on every supported Python that is found here."""
    results: list[tuple[str, str]] = []
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        version = f"3.{minor}"
        base_python = find_python(version)
        if base_python is None:
            results.append((version, "not found"))
            continue
        print(f"\n== Python {version}: {base_python}", flush=True)
        environment = Environment(ROOT / f".venv-{version}", ("desktop", "dev"), base_python)
        environment.prepare()
        require_qt(environment)
        started = time.monotonic()
        code = subprocess.call([environment.python, *pytest_arguments(arguments)], cwd=ROOT)
        verdict = "passed" if code == 0 else f"FAILED ({code})"
        results.append((version, f"{verdict} in {time.monotonic() - started:.0f} s"))
    print()
    for version, verdict in results:
        print(f"Python {version}: {verdict}")
    return 1 if any("FAILED" in verdict for _, verdict in results) else 0


def find_python(version: str) -> str | None:
    """An interpreter of this version ("3.12"): this one, from PATH, of pyenv, or by Windows' launcher."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [
        [this_python()],
        [f"python{version}"],
        *([str(folder / "bin" / "python")] for folder in sorted(pyenv.glob(f"{version}.*"), reverse=True)),
        *([["py", f"-{version}"]] if WINDOWS else []),
    ]
    ask = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    for candidate in candidates:
        answer = quietly([*candidate, "-c", ask])
        if answer is not None and answer.startswith(f"{version} "):
            return os.path.realpath(answer.partition(" ")[2])
    return None


def package(arguments: list[str]) -> int:
    """Build the folder that runs without Python, `build/dist/desktop-chat`, and try it (`--if-changed`: if it must)."""
    if arguments not in ([], ["--if-changed"]):
        raise Refused("package takes nothing but --if-changed")
    if sys.platform != "linux":
        raise Refused("the folder is built on Linux so far")
    stamp = ROOT / "packaging" / "built-from"
    made_from = package_sources(stamp)
    if arguments and stamp.is_file() and stamp.read_text("utf-8") == made_from:
        print(f"package: built and tried with the same {made_from.count(chr(10))} files")
        return 0
    builder = Environment(ROOT / ".venv-package", ("desktop", "package"), this_python())
    builder.prepare()
    require_builder(builder)
    tester = development()
    require_qt(tester)
    pyinstaller = [builder.python, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    places = ["--distpath", "build/dist", "--workpath", "build/package"]
    must_run([*pyinstaller, *places, "packaging/desktop-chat.spec"])
    must_run([tester.python, "-m", "tests.packaging.smoke", "build/dist"])
    if not stamp.is_file() or stamp.read_text("utf-8") != made_from:
        stamp.write_text(made_from, "utf-8")
        print(f"package: commit {stamp.relative_to(ROOT)}, which says what was built and tried")
    return 0


def package_sources(stamp: Path) -> str:
    """What decides how the folder is built, as `sha256sum` writes it: packaging/ and the locks."""
    inside = (file for file in (ROOT / "packaging").rglob("*") if file.is_file() and file != stamp)
    files = [file for file in inside if file.suffix not in (".md", ".sh")]
    files += [ROOT / "requirements" / name for name in ("desktop.txt", "package.txt")]
    names = {file.relative_to(ROOT).as_posix(): file for file in files}
    return "".join(f"{hashlib.sha256(names[name].read_bytes()).hexdigest()}  {name}\n" for name in sorted(names))


def require_builder(environment: Environment) -> None:
    """PyInstaller reads libraries by binutils, and takes Python's own, which Debian splits off."""
    look = "import ctypes, sysconfig; ctypes.CDLL(sysconfig.get_config_var('INSTSONAME'))"
    version = quietly([environment.python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    missing = [] if shutil.which("objdump") else ["binutils"]
    if quietly([environment.python, "-c", look]) is None:
        missing.append(f"libpython{version}")
    if missing:
        install(missing, "building needs these packages")


def lock(arguments: list[str]) -> int:
    """Write requirements/*.txt again (`lock --upgrade` for newer versions); needs `uv`."""
    uv = shutil.which("uv")
    if uv is None:
        raise Refused("install uv to write the locks: pip install uv")
    compile_ = [
        *(uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
        *("--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"),
    ]
    # Each lock is held to the ones before it, so that any two install together.
    sources: list[tuple[str, list[str]]] = [
        ("server", ["pyproject.toml"]),
        ("desktop", ["pyproject.toml", "--extra", "desktop", "-c", "requirements/server.txt"]),
        ("test", ["requirements/test.in", "-c", "requirements/desktop.txt"]),
        ("package", ["requirements/package.in", "-c", "requirements/desktop.txt", "-c", "requirements/test.txt"]),
        ("dev", ["requirements/dev.in", "-c", "requirements/desktop.txt", "-c", "requirements/test.txt"]),
    ]
    for name, source in sources:
        must_run([*compile_, *source, "-o", f"requirements/{name}.txt", *arguments])
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    command.__name__.replace("_", "-"): command
    for command in (run, test, demo, screenshots, serve, bench, lint, faults, test_server, test_all, package, lock)
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(f"{(__doc__ or '').strip()}\n\ncommands:")
        for name, function in COMMANDS.items():
            print(f"  {name:12} {(function.__doc__ or '').splitlines()[0]}")
        return 0
    try:
        if not OLDEST <= sys.version_info[:2] <= NEWEST:
            version = ".".join(map(str, sys.version_info[:2]))
            raise Refused(f"this is Python {version}; start it with 3.11, 3.12 or 3.13")
        command = COMMANDS.get(arguments[0])
        if command is None:
            raise Refused(f"there is no command {arguments[0]!r}; `python3 dev.py` lists them")
        return command(arguments[1:])
    except Refused as refused:
        print(f"dev.py: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
