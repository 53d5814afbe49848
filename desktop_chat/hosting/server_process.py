"""The server as a process of its own: started, listened to, told to stop. Nothing is decided here."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QIODevice, QObject, QProcess, Signal

from desktop_chat.hosting.room_host import parse_listening

_LAST_LINES = 6
_TAIL_BYTES = 8192


class ServerProcess(QObject):
    """One process at a time. Its stderr goes straight into `log`, so it can be read after any end, also ours.

    While it runs, this object must live: `kill` and wait for `ended` before it goes.
    """

    listening = Signal(object)
    """`room_host.Listening`: it accepts."""
    ended = Signal(object, list)
    """Its exit code, or None when it crashed or could not be started; and the last lines it said."""

    def __init__(self, command: Sequence[str], log: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = list(command)
        self._log = log
        self._process: QProcess | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.processId() or None

    def launch(self) -> None:
        """`listening` or `ended` follows. There must be no process."""
        assert self._process is None  # noqa: S101 - the caller has seen the last one end
        self._log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        process = self._process = QProcess(self)
        process.setProgram(self._command[0])
        process.setArguments(self._command[1:])
        # Emptied here, and written at its end: an older server may still have it open.
        with contextlib.suppress(OSError):  # then the process does not start, and says so
            self._log.write_bytes(b"")
        process.setStandardErrorFile(str(self._log), QIODevice.OpenModeFlag.Append)
        process.readyReadStandardOutput.connect(self._on_output)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        process.start()

    def say_stop(self) -> None:
        if self._process is not None:
            self._process.write(b"stop\n")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _on_output(self) -> None:
        while self._process is not None and self._process.canReadLine():
            try:
                listening = parse_listening(bytes(self._process.readLine().data()))
            except ValueError:
                continue  # a line of another event
            self.listening.emit(listening)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._end(code if status is QProcess.ExitStatus.NormalExit else None, last_lines(self._log))

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self._end(None, [f"{self._command[0]}: {self._process.errorString()}"])

    def _end(self, code: int | None, lines: list[str]) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self.ended.emit(code, lines)


def last_lines(log: Path) -> list[str]:
    """The last that a server said on stderr of what went wrong, for the person; empty if nothing can be read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    plain = (_plain(line) for line in text.splitlines())
    return [line for line in plain if line.strip()][-_LAST_LINES:]


def _plain(line: str) -> str:
    """What a line of the server's log says, nothing where all was well; other lines say it themselves."""
    try:
        said = msgspec.json.decode(line, type=_Logged)
    except msgspec.DecodeError:
        return line
    if said.level == "info":
        return ""
    return said.text if not said.traceback else f"{said.text}: {said.traceback.splitlines()[-1]}"


class _Logged(msgspec.Struct):
    text: str
    level: str = ""
    traceback: str = ""
