"""The wire trace, which can be switched on: who sent which frame about what, and how big it was.

It prints operations, ids, logs, seqs and sizes; never a key, a token, a text or a body (A2).
"""

from __future__ import annotations

from collections.abc import Callable

from chat_protocol import frames


class Trace:
    def __init__(self, line: Callable[[str], None]) -> None:
        """`line` takes one line without its end."""
        self._line = line

    def received(self, connection: int, frame: frames.ClientFrame, size: int) -> None:
        log = getattr(frame, "log", None)
        seq = getattr(frame, "seq", None)
        about = "" if log is None else f" log={log}"
        if seq is not None:
            about += f" seq={seq}"
        if isinstance(frame, frames.Send):
            about = f" entries={len(frame.batch)}"
        elif isinstance(frame, frames.Follow):
            about = f" logs={len(frame.since)}"
        self._line(f"#{connection} > {_op(frame)} id={getattr(frame, 'id', '-')}{about} bytes={size}")

    def answered(self, connection: int, re: int | None, frame: frames.Frame | None, size: int) -> None:
        """`frame` None: an answer made elsewhere, of which only the size is known."""
        code = getattr(frame, "code", None)
        about = "" if code is None else f" code={code}"
        self._line(f"#{connection} < {'ok' if frame is None else _op(frame)} re={re}{about} bytes={size}")

    def published(self, log: str, seq: int, events: int, size: int, readers: int) -> None:
        self._line(f"*  < events log={log} seq={seq}..{seq + events - 1} bytes={size} readers={readers}")


def _op(frame: frames.Frame) -> str:
    return str(frame.__struct_config__.tag)
