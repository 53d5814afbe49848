"""What is told to who listens, where nothing that gets the keyboard tells it."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def say(about: QWidget, text: str) -> None:
    """A screen reader says `text` once, if one runs that knows announcements: Orca of Debian 12 is too old. What must
    be heard belongs into the accessible description of what gets the keyboard."""
    if text and QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(about, text))


def spoken_together(*texts: str) -> str:
    """Each once, with a pause behind it."""
    sentences = [text if text.endswith((".", "?", "!", "。", "？", "！")) else f"{text}." for text in texts if text]
    return " ".join(dict.fromkeys(sentences))
