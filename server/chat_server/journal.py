"""The log: JSON lines on stderr and in the data folder. They hold no token, key or body (A2)."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_FILE = "server.log"

_FILE_BYTES = 4 * 1024 * 1024
_OLD_FILES = 3

_log = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "by": record.name,
            "text": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def begin(folder: Path) -> None:
    """From now on what is logged goes to stderr and to `LOG_FILE` in `folder`. Raises `OSError`."""
    logging.raiseExceptions = False  # a full disk must not fill stderr with tracebacks
    handlers: list[logging.Handler] = [
        logging.StreamHandler(sys.stderr),
        RotatingFileHandler(folder / LOG_FILE, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES, encoding="utf-8"),
    ]
    for handler in handlers:
        handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    logging.getLogger("websockets").setLevel(logging.WARNING)
    sys.excepthook = lambda kind, error, traceback: _log.critical(
        "the server failed", exc_info=(kind, error, traceback)
    )
