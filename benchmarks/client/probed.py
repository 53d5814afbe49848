"""The desktop program as `tests.e2e.driven` drives it, which also says how long things took: `python -m
benchmarks.client.probed [arguments of desktop-chat]`. Times are ms of work in the window's thread up to the end of
painting, `at` is a moment of the system's monotonic clock.

    {"do": "open", "server": S, "log": L}       {"ms": …} to show a conversation
    {"do": "scroll", "px": P, "count": N}       {"ms": […]} for each step
    {"do": "append", "count": N}                {"ms": […]} for each message that comes in at the end
    {"do": "resize", "count": N}                {"ms": […]} for each change of the window's width
    {"do": "copy", "count": N}                  {"ms": …} for the last N messages, selected before
    {"do": "search", "query": Q}                {"ms": …, "hits": N} of the newest 50
    {"do": "enter", "text": T}                  {"at": …} when Enter was pressed behind T
    {"do": "painted", "text": T}                {"at": …} when a message T was first painted whole
    {"do": "caught_up", "row": R}               {"logged_in": …, "at": …} when everything up to R was held

With CHAT_BENCH_CLIPBOARD its value is on the clipboard from the start.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chat_protocol.events import Event, Text, encode_body
from chat_protocol.ids import LogId, MemberId, Position, new_cid, next_h
from desktop_chat import app
from desktop_chat.bridge.notices import Notices
from desktop_chat.core.effects import LoggedIn, Notice
from desktop_chat.core.server import Server
from desktop_chat.models.messages import Messages
from desktop_chat.store.contract import Extended, ServerId
from desktop_chat.timeline.view import TimelineView
from desktop_chat.widgets.workbench import Workbench
from tests.e2e import driven

CLIPBOARD = "CHAT_BENCH_CLIPBOARD"
_RESIZED_PX = 80
_HITS = 50


class Watched(Notices):
    """Knows when a server let this program in, and up to which row a log is held since when."""

    def __init__(self) -> None:
        super().__init__()
        self.logged_in = 0.0
        self.held: dict[int, float] = {}
        """The moment by the row of the head."""

    def add(self, server: Server, notice: Notice) -> None:
        super().add(server, notice)
        if isinstance(notice, LoggedIn):
            self.logged_in = time.monotonic()
        elif isinstance(notice, Extended):
            self.held.setdefault(notice.at.row, time.monotonic())


class Probe(driven.Driver):
    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._paints = 0
        """How often messages were painted."""
        self._being_painted: TimelineView | None = None
        """Whose messages are painted in the course of the event that was seen last."""
        self._painted: dict[str, float] = {}
        """When each text that stands at the end of a conversation was first painted."""
        if link := os.environ.get(CLIPBOARD):
            application.clipboard().setText(link)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (view := self._being_painted) is not None:
            self._being_painted = None  # this is the event behind that: its messages are painted
            texts = self._new_texts(view)
            QTimer.singleShot(0, self, lambda: self._note_painted(texts))
        if event.type() == QEvent.Type.Paint and isinstance(painted := watched.parent(), TimelineView):
            self._paints += 1
            self._being_painted = painted
        return super().eventFilter(watched, event)

    def _new_texts(self, view: TimelineView) -> list[str]:
        texts: list[str] = []
        for one in reversed(view.stage.placed):
            layout = view.stage.layout(one.row)
            if layout is None or (text := layout.content.item.shown.text) in self._painted:
                break
            texts.append(text)
        return texts

    def _note_painted(self, texts: list[str]) -> None:
        """When the rest of the window is painted too, which is one turn."""
        now = time.monotonic()
        for text in texts:
            self._painted.setdefault(text, now)
        self._changed.set()

    async def _obey(self, order: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self._measure(order)
        except AssertionError as error:
            return {"error": f"not as it has to be: {error}", "seen": self._dump()}

    async def _measure(self, order: dict[str, Any]) -> dict[str, Any]:
        match order:
            case {"do": "open", "server": server, "log": log}:
                return {"ms": self._open(ServerId(server), LogId(log))}
            case {"do": "scroll", "px": px, "count": count}:
                view = self._view
                return {"ms": [self._ms(lambda: view.scroll_by(px)) for _ in range(count)]}
            case {"do": "append", "count": count}:
                return {"ms": [await self._append() for _ in range(count)]}
            case {"do": "resize", "count": count}:
                return {"ms": [self._resize(_RESIZED_PX if number % 2 else -_RESIZED_PX) for number in range(count)]}
            case {"do": "copy", "count": count}:
                return {"ms": self._copy(count)}
            case {"do": "search", "query": query}:
                messages = self._messages
                begun = time.perf_counter()
                found = messages.client.store.search(query, server=messages.server.id, log=messages.log, limit=_HITS)
                return {"ms": (time.perf_counter() - begun) * 1_000, "hits": len(found)}
            case {"do": "enter", "text": text}:
                field = self._found("composer_field")
                self._type(field, text)
                at = time.monotonic()
                QTest.keyClick(field, Qt.Key.Key_Return)
                return {"at": at}
            case {"do": "painted", "text": text}:
                await self._until(lambda: text in self._painted)
                return {"at": self._painted[text]}
            case {"do": "caught_up", "row": row}:
                watched = self._watched
                await self._until(lambda: row in watched.held)
                return {"logged_in": watched.logged_in, "at": watched.held[row]}
        return await super()._obey(order)

    @property
    def _view(self) -> TimelineView:
        view = self._found("timeline")
        assert isinstance(view, TimelineView)
        return view

    @property
    def _messages(self) -> Messages:
        messages = self._view.messages
        assert messages is not None
        return messages

    @property
    def _watched(self) -> Watched:
        watched = self._messages.client.on_notice.__self__  # type: ignore[attr-defined]
        assert isinstance(watched, Watched)
        return watched

    def _ms(self, deed: Callable[[], object]) -> float:
        """Until what came of it is painted: that is among what is posted."""
        before = self._paints
        begun = time.perf_counter()
        deed()
        QCoreApplication.sendPostedEvents()
        took_ms = (time.perf_counter() - begun) * 1_000
        assert self._paints > before, "the messages were painted"
        return took_ms

    def _open(self, server: ServerId, log: LogId) -> float:
        bench = self._view.window().findChild(Workbench)
        assert isinstance(bench, Workbench)
        of = self._messages.client.servers[server]
        took_ms = self._ms(lambda: bench.open_log(of, log))
        stage = self._view.stage
        assert self._messages.log == log
        assert stage.placed
        assert all(stage.layout(one.row) is not None for one in stage.placed), "all rows on screen are shown"
        return took_ms

    async def _append(self) -> float:
        """As what the server adds: the store has it, then the window is told."""
        messages, watched = self._messages, self._watched
        client, server, log = messages.client, messages.server, messages.log
        held = client.store.held_log(server.id, log)
        assert held is not None
        seq, h, row = held.at
        now_ms = time.time_ns() // 1_000_000
        by, cid = MemberId("somebody"), new_cid(now_ms, os.urandom(10))
        body = encode_body(Text(f"This is message number {row + 1}, and it says a little more than hello."))
        event = Event(seq + 1, row + 1, now_ms, by, cid, "text", body=body)
        at = Position(seq + 1, next_h(h, seq + 1, by, cid, "text", None, None), row + 1)
        extended = Extended(server.id, log, [event], at)
        await client._apply([extended])
        took_ms = self._ms(lambda: watched.happened.emit([(server, extended)]))
        placed = self._view.stage.placed
        assert placed[-1].row == row + 1, "it is on screen"
        return took_ms

    def _resize(self, by: int) -> float:
        window = self._view.window()
        return self._ms(lambda: window.resize(window.width() + by, window.height()))

    def _copy(self, count: int) -> float:
        view, messages = self._view, self._messages
        view.selection.select_rows(messages.last_row - count + 1, messages.last_row)
        begun = time.perf_counter()
        QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        took_ms = (time.perf_counter() - begun) * 1_000
        view.selection.clear()
        assert self._app.clipboard().text().count("\n") >= count, "all of it is on the clipboard"
        return took_ms


def main() -> None:
    stage: Any = app
    stage.Notices = Watched
    stage = driven
    stage.Driver = Probe
    driven.main()


if __name__ == "__main__":
    main()
