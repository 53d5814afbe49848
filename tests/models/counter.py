"""What a model is given: a client and its servers, each a session at its desk. A batch is what happened since the last
one; the counter of a shop, where things go both ways."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any, cast

from chat_protocol import frames
from chat_protocol.events import Event, Identity, Join, Make, Name, Role, SetRole
from chat_protocol.ids import PEOPLE, LogId, MemberId, Ref, b64, member_id
from chat_protocol.permissions import LogKind
from desktop_chat.core.client import Client
from desktop_chat.core.effects import Disconnected, Ending, LoggedIn, Notice
from desktop_chat.core.server import Server
from desktop_chat.core.session import Session
from desktop_chat.store.contract import Keep, KnownServer, PutServer, ServerId, Store
from tests.core.desk import ME, OTHER, ROOM, SERVER, Desk, FakeLog
from tests.store.written_log import fold_all

THIRD = member_id(b"t" * 32)
KEYS = {ME: b"m" * 32, OTHER: b"o" * 32, THIRD: b"t" * 32}


class Counter(Desk):
    """Satisfies what models use of `core.server.Server`."""

    def __init__(self, store: Store, server: ServerId = SERVER) -> None:
        self.id = server
        self.me = ME
        self._shop = store
        super().__init__()
        self.driver = SimpleNamespace(now=lambda: self.now, last_ending=None)
        self.pages: list[int] = []
        """Down to which rows more was asked for."""
        self._told = 0

    def _new_session(self) -> Session:
        self._seed += 1
        self.store = self._shop  # type: ignore[assignment]
        known = KnownServer(self.id, ("host:1",), "", member=ME)
        self.store.apply([PutServer(known)])
        return Session(known, self.key, b"d" * 16, self.store, Random(self._seed).randbytes, extent=self.extent)

    @property
    def is_connected(self) -> bool:
        return self.session.logged_in

    def state(self, log: LogId) -> dict[str, Event]:
        return self.store.state(self.id, log)

    def page(self, log: LogId, row: int) -> None:
        self.pages.append(row)
        self.call(self.session.page, log, row, self.now)

    def window(self, log: LogId, around: Ref | int | None = None) -> int:
        number = self.call(self.session.window, log, self.now, around)
        return cast(int, number)

    def open_dm(self, other: MemberId) -> LogId:
        return self.session.open_dm(other)

    def batch(self) -> list[tuple[Server, Notice]]:
        """What happened since the last one."""
        new = self.notices[self._told :]
        self._told = len(self.notices)
        for notice in new:
            if isinstance(notice, LoggedIn):
                self.driver.last_ending = None
            elif isinstance(notice, Disconnected):
                self.driver.last_ending = notice.ending
        return [(self.as_server, notice) for notice in new]

    @property
    def as_server(self) -> Server:
        return cast(Server, self)

    # --- what the server does ---------------------------------------------------------------------------------

    def extend(self, log: FakeLog) -> None:
        """Sends what is new in a log."""
        after = self.session.sync.held[log.log].at.seq
        if log.at.seq > after:
            self.receive(log.frame(after))

    def hold(self, log: FakeLog) -> None:
        """Everything of a log is held."""
        self.want(log, 0)

    def want(self, log: FakeLog, down_to_row: int) -> None:
        self.call(self.session.page, log.log, down_to_row, self.now)
        self.answer_pages(log)

    def answer_pages(self, log: FakeLog) -> None:
        """Answers what was asked for to extend a log downwards."""
        while asked := [page for page in self.all(frames.Page) if page.log == log.log and page.before is not None]:
            self.sent.remove(asked[0])
            self.receive(log.page(asked[0]))

    def windows_asked(self) -> list[frames.Page]:
        return [page for page in self.all(frames.Page) if page.before is None]

    def answer_window(self, log: FakeLog, page: frames.Page | None = None) -> None:
        """Answers a question for a window, the newest, as a server does."""
        page = page or self.windows_asked()[-1]
        self.sent.remove(page)
        shown = fold_all(log.events)
        row = page.around_row or next((one.row for one in shown if one.ref == page.around), 0)
        messages = [one for one in shown if abs(one.row - row) <= page.limit // 2]
        self.receive(frames.Ok(page.id, as_of=log.at.seq, messages=messages))

    def end(self, ending: Ending) -> None:
        self.session.disconnected(ending, self.now)
        self.do()


class FakeClient:
    """Satisfies what models use of `core.client.Client`."""

    def __init__(self, store: Store, *counters: Counter) -> None:
        self.store = store
        self.servers = {counter.id: counter for counter in counters}
        self.on_kept: Any = None

    async def keep(self, key: str, value: str | None) -> None:
        self.put(key, value)

    def put(self, key: str, value: str | None) -> None:
        self.store.apply([Keep(key, value)])
        self.on_kept(key, value)

    @property
    def as_client(self) -> Client:
        return cast(Client, self)


class People(FakeLog):
    """The log of people of a server."""

    def __init__(self, **names: MemberId) -> None:
        super().__init__(PEOPLE, LogKind.PEOPLE)
        for name, member in names.items():
            self.meet(name, member)

    def meet(self, name: str, member: MemberId, role: Role = Role.MEMBER) -> None:
        self.append("role", SetRole(role), key=f"role:{member}")
        self.append("identity", Identity(b64(KEYS[member])), key=f"identity:{member}")
        self.append("rename", Name(name), key=f"name:{member}")


def a_room(name: str = "Lobby", log: LogId = ROOM, *members: MemberId) -> FakeLog:
    room = FakeLog(log)
    room.append("make", Make(name), key="make")
    room.append("name", Name(name), key="name")
    for member in (ME, *members):
        room.append("join", Join(1), key=f"in:{member}")
    return room
