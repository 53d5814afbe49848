"""The list of conversations: what is in it, in which order, and that a view is told no more than what changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt

from chat_protocol import frames
from chat_protocol.errors import Code, Retry
from chat_protocol.events import Access, Delete, Dm, History, Join, Kick, Leave, Name, Role, SetRole, Text
from chat_protocol.ids import PEOPLE, LogId, MemberId, b64, dm_log, member_id
from chat_protocol.permissions import LogKind
from desktop_chat.core.effects import Ending, StartedOver
from desktop_chat.core.sentences import Trouble
from desktop_chat.models.conversations import VALUE, Connection, Conversation, Conversations, Group
from desktop_chat.models.kept import YES, Kept, contact_key, draft_key, favourite_key, muted_key
from desktop_chat.store.contract import ServerId, Store, StoreFull
from tests.core.desk import ME, OTHER, ROOM, SERVER, START_MS, FakeLog, refusal
from tests.models.counter import KEYS, THIRD, Counter, FakeClient, People, a_room

DEN = LogId(b64(b"d" * 16))
DM = dm_log(ME, OTHER)
KEYLESS = member_id(b"k" * 32)
ELSEWHERE = ServerId(b64(b"e" * 32))

pytestmark = pytest.mark.usefixtures("qapp")


def a_dm(other: MemberId = OTHER) -> FakeLog:
    log = FakeLog(dm_log(ME, other), LogKind.DM)
    low, high = sorted((ME, other))
    log.append("dm", Dm((low, high)), by=other, key="dm")
    return log


class Home:
    """One server with people, two rooms and direct messages, and the list of them."""

    def __init__(self, store: Store) -> None:
        self.counter = Counter(store)
        self.people = People(Me=ME, Ann=OTHER)
        self.people.append("role", SetRole(Role.HOST), key=f"role:{OTHER}")
        self.room, self.den, self.dm = a_room(), a_room("Den", DEN), a_dm()
        self.logs = (self.people, self.room, self.den, self.dm)
        self.client = FakeClient(store, self.counter)
        self.counter.connect(*self.logs)
        for log in self.logs:
            self.counter.hold(log)
        self.counter.batch()
        self.kept = Kept(self.client.as_client)
        self.list = Conversations(self.client.as_client, self.kept)

    def told(self) -> None:
        self.list.apply(self.counter.batch())
        again = Conversations(self.client.as_client, self.kept)
        assert [value_of(row) for row in rows(self.list)] == [value_of(row) for row in rows(again)]
        assert self.list.all() == again.all()

    def come(self, log: FakeLog) -> None:
        self.counter.extend(log)
        self.told()

    def value(self, log: LogId = ROOM) -> Conversation:
        found = self.list.value(SERVER, log)
        assert found is not None
        return found

    def group(self) -> Group:
        found = self.list.group(SERVER)
        assert found is not None
        return found


@pytest.fixture
def home(store: Store) -> Home:
    return Home(store)


def rows(model: Conversations) -> list[Group | Conversation]:
    return [model.data(model.index(number), VALUE) for number in range(model.rowCount())]


def value_of(row: Group | Conversation) -> object:
    """Without what a list remembers of its own time."""
    return (row.server, row.title, row.waiting) if isinstance(row, Group) else row


def titles(model: Conversations) -> list[str]:
    return [model.data(model.index(number)) for number in range(model.rowCount())]


def test_conversations_stand_under_their_server_the_newest_first(home: Home) -> None:
    assert titles(home.list)[0] == "Ann"
    home.den.say("hello")
    home.come(home.den)
    assert titles(home.list)[:2] == ["Ann", "Den"]
    home.dm.say("hi")
    home.room.say("later", "still later")
    home.come(home.dm)
    home.come(home.room)
    assert titles(home.list) == ["Ann", "Lobby", "Den", "Ann"]
    assert [type(row) for row in rows(home.list)] == [Group, Conversation, Conversation, Conversation]
    assert home.list.row_of(SERVER, DEN) == 2
    assert home.list.row_of(SERVER, LogId("none")) is None


def test_a_room_says_all_of_itself(home: Home) -> None:
    home.room.say("first")
    home.room.append("text", Text("to  you,\nMe", mentions=[ME]))
    home.come(home.room)
    assert home.value() == Conversation(
        SERVER,
        ROOM,
        LogKind.ROOM,
        "Lobby",
        b"r" * 16,
        ts=START_MS + home.room.at.seq,
        preview_by="Ann",
        preview="to you, Me",
        unread=2,
        mentions=1,
    )
    assert home.value().is_room
    assert home.list.unread == (2, 1)
    assert home.group().unread == 2
    home.counter.call(home.counter.session.mark, ROOM, home.room.at.seq, home.counter.now)
    home.told()
    assert (home.value().unread, home.value().mentions, home.list.unread) == (0, 0, (0, 0))
    home.room.append("delete", Delete(), target=home.room.events[-1].ref)
    home.come(home.room)
    assert (home.value().preview, home.value().preview_is_deleted) == ("", True)
    home.room.append("name", Name("Lounge"), key="name")
    home.come(home.room)
    assert home.value().title == "Lounge"


def test_p18_what_only_a_later_version_can_read_is_told(home: Home) -> None:
    home.room.append("later message", Text("hidden"))
    home.come(home.room)
    assert (home.value().preview, home.value().preview_is_unknown) == ("", True)


def test_the_words_of_who_is_blocked_are_not_in_the_list(home: Home) -> None:
    home.room.say("hi")
    home.come(home.room)
    by = home.room.events[-1].by
    home.client.put(contact_key(by, "blocked"), YES)
    assert (home.value().preview, home.value().preview_is_hidden) == ("", True)
    home.client.put(contact_key(by, "blocked"), None)
    assert (home.value().preview, home.value().preview_is_hidden) == ("hi", False)


def test_what_those_say_who_are_blocked_is_not_unread(home: Home) -> None:
    home.room.append("text", Text("hey", mentions=[ME]), by=OTHER)
    home.room.say("hi", by=THIRD)
    home.come(home.room)
    both = home.value().unread
    home.client.put(contact_key(OTHER, "blocked"), YES)  # the last word is somebody else's
    assert (home.value().unread, home.value().mentions) == (both - 1, 0)
    home.client.put(contact_key(OTHER, "blocked"), None)
    assert (home.value().unread, home.value().mentions) == (both, 1)


def test_direct_messages_are_named_after_the_other(home: Home) -> None:
    home.dm.say("hi")
    home.come(home.dm)
    dm = home.value(DM)
    assert (dm.title, dm.key, dm.other, dm.is_room, dm.preview_by) == ("Ann", KEYS[OTHER], OTHER, False, "Ann")
    home.people.append("rename", Name("Anna"), key=f"name:{OTHER}")
    home.come(home.people)
    assert (home.value(DM).title, home.value(DM).preview_by, home.group().title) == ("Anna", "Anna", "Anna")
    home.client.put(contact_key(OTHER, "name"), "Sis")
    home.told()
    assert (home.value(DM).title, home.group().title) == ("Sis", "Sis")
    home.client.put(contact_key(OTHER, "blocked"), YES)
    home.told()
    assert home.list.value(SERVER, DM) is None
    home.client.put(contact_key(OTHER, "blocked"), None)
    assert home.value(DM).preview == "hi"


def test_what_waits_is_the_last_message_and_is_counted(home: Home) -> None:
    home.counter.cut()
    home.told()
    home.room.say("theirs")
    first = home.counter.say("mine")
    home.counter.say("mine\ntoo")
    home.told()
    value = home.value()
    assert (value.preview, value.preview_is_mine, value.preview_by, value.waiting) == ("mine too", True, "Me", 2)
    assert home.group().waiting == 2
    home.counter.connect(*home.logs)
    home.counter.ok(refusal(first.cid, Code.FORBIDDEN))
    home.told()
    assert home.value().waiting == 1


def test_the_mark_of_somebody_elses_log_and_signals_change_nothing(home: Home) -> None:
    before = rows(home.list)
    home.counter.receive(frames.Signal(ROOM, "typing", OTHER, on=True))
    home.told()
    assert rows(home.list) == before


def test_drafts_favourites_and_mutes_are_seen_at_once(home: Home) -> None:
    home.room.say("hi")
    home.come(home.room)
    home.client.put(draft_key(SERVER, ROOM), "half a\n sentence")
    assert home.value().draft == "half a sentence"
    home.client.put(muted_key(SERVER, ROOM), YES)
    assert (home.value().muted, home.value().unread, home.list.unread, home.group().unread) == (True, 1, (0, 0), 0)
    home.client.put(favourite_key(SERVER, DEN), YES)
    assert home.value(DEN).favourite
    assert titles(home.list) == ["", "Den", "Ann", "Lobby", "Ann"]
    assert rows(home.list)[0] == Group(None)
    home.client.put(favourite_key(SERVER, DEN), None)
    home.told()
    assert titles(home.list)[0] == "Ann"
    home.client.put("language", "zh")
    home.client.put(draft_key(ELSEWHERE, ROOM), "of no server")


async def test_groups_are_folded_away(home: Home) -> None:
    home.client.put(favourite_key(SERVER, DEN), YES)
    await home.list.fold(SERVER, away=True)
    assert titles(home.list) == ["", "Den", "Ann"]
    assert home.group().is_folded
    await home.list.fold(None, away=True)
    assert titles(home.list) == ["", "Ann"]
    assert [one.title for one in home.list.all()][:1] == ["Den"]
    assert len(home.list.all()) == 3
    assert home.list.row_of(SERVER, DEN) is None
    await home.list.fold(SERVER, away=False)
    assert len(titles(home.list)) == 4


def test_a_room_made_here_is_there_at_once(home: Home) -> None:
    home.counter.cut()
    home.counter.pass_s(60)
    log = home.counter.session.make_room("New", Access.PRIVATE, History.ALL, home.counter.now)
    home.counter.do()
    home.told()
    new = home.value(log)
    assert (new.title, new.kind, new.ts) == ("New", LogKind.ROOM, 0)
    assert titles(home.list)[1] == "New"


def test_a_room_that_could_not_be_made_is_there_no_more(home: Home) -> None:
    home.counter.cut()
    log = home.counter.session.make_room("New", Access.PRIVATE, History.ALL, home.counter.now)
    home.counter.do()
    home.told()
    assert home.value(log).title == "New"
    home.counter.connect(*home.logs)
    ((_, cid),) = home.counter.entries()
    home.counter.ok(refusal(cid, Code.BAD_VALUE))
    home.told()
    assert home.list.value(SERVER, log) is None, "there is no such room"


def test_direct_messages_begun_here_are_there_at_once(home: Home) -> None:
    log = home.list.begin(home.counter.as_server, THIRD)
    begun = home.value(log)
    assert (begun.title, begun.other, begun.kind) == (THIRD[:8], THIRD, LogKind.DM)
    home.people.meet("Tom", THIRD)
    home.counter.extend(home.people)
    home.list.apply(home.counter.batch())
    assert home.value(log).title == "Tom"
    home.counter.say("hi Tom", log)
    home.list.apply(home.counter.batch())
    assert (home.value(log).preview, home.value(log).waiting) == ("hi Tom", 1)
    dm = a_dm(THIRD)
    home.counter.receive(dm.snapshot())
    home.told()
    assert home.value(log).title == "Tom"
    assert home.list.begin(home.counter.as_server, THIRD) == log
    home.told()


async def test_direct_messages_that_hold_only_a_draft_are_there_after_a_restart_and_can_be_written_in(
    store: Store, home: Home
) -> None:
    home.people.meet("Tom", THIRD)
    home.counter.extend(home.people)
    log = dm_log(ME, THIRD)
    home.client.put(draft_key(SERVER, log), "half a sentence")
    home.client.put(draft_key(SERVER, dm_log(ME, KEYLESS)), "to nobody who is known")
    home.told()
    counter = Counter(store)
    client = FakeClient(store, counter)
    kept = Kept(client.as_client)
    again = Conversations(client.as_client, kept)
    left = again.value(SERVER, log)
    assert left is not None
    assert (left.title, left.draft, left.other, left.ts) == ("Tom", "half a sentence", THIRD, 0)
    assert titles(again)[1] == "Tom", "before all others"
    assert again.value(SERVER, dm_log(ME, KEYLESS)) is None
    counter.say("hi Tom", log)
    await kept.keep(draft_key(SERVER, log), None)
    again.apply(counter.batch())
    written = again.value(SERVER, log)
    assert written is not None
    assert (written.preview, written.draft, written.waiting) == ("hi Tom", "", 1)


def test_direct_messages_without_a_word_or_a_draft_are_gone_after_a_restart(store: Store, home: Home) -> None:
    home.people.meet("Tom", THIRD)
    home.counter.extend(home.people)
    log = dm_log(ME, THIRD)
    home.client.put(draft_key(SERVER, log), "half a sentence")
    home.client.put(draft_key(SERVER, log), None)
    assert home.value(log).draft == "", "it stays where it was while one is at it"
    client = FakeClient(store, Counter(store))
    assert Conversations(client.as_client, Kept(client.as_client)).value(SERVER, log) is None


def test_a_room_that_one_left_is_gone_and_one_that_one_was_removed_from_stays(home: Home) -> None:
    home.room.append("leave", Leave(), by=ME, key=f"in:{ME}")
    home.den.append("kick", Kick(), key=f"in:{ME}")
    for log in (home.room, home.den):
        home.counter.extend(log)
        home.counter.receive(frames.Lost(log.log))
    home.told()
    assert home.list.value(SERVER, ROOM) is None
    assert home.value(DEN).closed


def test_the_state_of_a_server(home: Home) -> None:
    assert home.group() == Group(SERVER, "Ann")
    home.counter.end(Ending(Trouble.CONNECTION_LOST))
    home.list.apply(home.counter.batch())
    group = home.group()
    assert (group.connection, group.resting_since_ms) == (Connection.RESTING, home.counter.now.wall_ms)
    assert group.ending == Ending(Trouble.CONNECTION_LOST)
    since = home.counter.now.wall_ms
    home.counter.pass_s(60)
    home.counter.end(Ending(Trouble.UNREACHABLE))
    home.list.apply(home.counter.batch())
    assert home.group().resting_since_ms == since, "when it was last here, not when it was last tried"
    home.counter.connect(*home.logs)
    home.list.apply(home.counter.batch())
    assert home.group() == Group(SERVER, "Ann")
    home.counter.end(Ending(Code.BANNED, retry=Retry.NEVER))
    home.list.apply(home.counter.batch())
    assert (home.group().connection, home.group().resting_since_ms) == (Connection.ENDED, None)
    assert home.list.group(ELSEWHERE) is None


def test_a_server_that_was_not_reached_yet_is_connecting(store: Store) -> None:
    counter = Counter(store)
    client = FakeClient(store, counter)
    model = Conversations(client.as_client, Kept(client.as_client))
    (group,) = rows(model)
    assert group == Group(SERVER, connection=Connection.CONNECTING)
    counter.end(Ending(Trouble.UNREACHABLE))
    model.apply(counter.batch())
    (group,) = rows(model)
    assert isinstance(group, Group)
    assert (group.connection, group.resting_since_ms) == (Connection.RESTING, None)


def test_who_hosts_is_known_by_the_roles(home: Home) -> None:
    home.people.append("role", SetRole(Role.MEMBER), key=f"role:{OTHER}")
    home.come(home.people)
    assert home.group().title == ""
    home.people.append("role", SetRole(Role.HOST), key=f"role:{ME}")
    home.come(home.people)
    assert (home.group().title, home.group().is_own) == ("Me", True)


def test_two_servers_the_own_one_first(store: Store) -> None:
    one, other = Counter(store), Counter(store, ELSEWHERE)
    client = FakeClient(store, one, other)
    model = Conversations(client.as_client, Kept(client.as_client))
    theirs, mine = People(Ann=OTHER), People(Zed=ME)
    theirs.append("role", SetRole(Role.HOST), key=f"role:{OTHER}")
    mine.append("role", SetRole(Role.HOST), key=f"role:{ME}")
    one.connect(theirs, a_room())
    other.connect(mine, a_room("Home"))
    model.apply([*one.batch(), *other.batch()])
    assert titles(model) == ["Zed", "Home", "Ann", "Lobby"]
    assert model.servers() == [ELSEWHERE, SERVER]
    del client.servers[SERVER]
    model.apply(other.batch())
    assert titles(model) == ["Zed", "Home"]
    assert [row.server for row in rows(model)] == [ELSEWHERE, ELSEWHERE]


def test_what_a_full_disk_took_back_is_read_again(home: Home) -> None:
    home.counter.notices.append(StartedOver(StoreFull()))
    home.told()
    assert titles(home.list)[0] == "Ann"


def test_names_stay_when_the_people_are_no_longer_told(home: Home) -> None:
    home.counter.receive(frames.Lost(PEOPLE))
    home.told()
    assert home.value(DM).title == "Ann"  # who is banned reads on what was said, and by whom


def test_who_was_added_to_a_room_sees_it(home: Home) -> None:
    log = LogId(b64(b"n" * 16))
    new = FakeLog(log)
    new.append("name", Name("Added"), key="name")
    new.append("add", Join(1), key=f"in:{ME}")
    home.counter.receive(new.snapshot())
    home.told()
    assert home.value(log).title == "Added"


# --- what a view is told ------------------------------------------------------------------------------------


def test_what_is_selected_stays_selected_wherever_it_goes(home: Home) -> None:
    there = {row: QPersistentModelIndex(home.list.index(row)) for row in range(home.list.rowCount())}
    values = {row: index.data() for row, index in there.items()}
    home.den.say("up")
    home.come(home.den)
    home.dm.say("up", "and up")
    home.come(home.dm)
    home.client.put(favourite_key(SERVER, ROOM), YES)
    for row, index in there.items():
        assert index.isValid()
        assert index.data() == values[row]


def test_a_view_is_told_of_one_row_when_one_changed(home: Home) -> None:
    home.room.say("up")
    home.come(home.room)
    told: list[tuple[str, int]] = []
    home.list.dataChanged.connect(lambda first, _last: told.append(("changed", first.row())))
    for signal in (home.list.rowsInserted, home.list.rowsRemoved, home.list.layoutChanged, home.list.modelReset):
        signal.connect(lambda *_: told.append(("moved", -1)))
    home.room.say("more")
    home.counter.extend(home.room)
    home.list.apply(home.counter.batch())
    row = home.list.row_of(SERVER, ROOM)
    assert row == 1
    assert told == [("changed", 0), ("changed", 1)], "its group counts it too"
    told.clear()
    home.list.apply(home.counter.batch())
    assert told == []


def test_the_model_is_sound(home: Home, qtmodeltester: object) -> None:
    qtmodeltester.check(home.list)  # type: ignore[attr-defined]
    changes: list[Callable[[], object]] = [
        lambda: home.client.put(favourite_key(SERVER, DEN), YES),
        lambda: home.list.begin(home.counter.as_server, THIRD),
        lambda: home.client.put(favourite_key(SERVER, DEN), None),
        lambda: home.client.put(contact_key(OTHER, "blocked"), YES),
    ]
    for change in changes:
        change()
    home.den.say("up")
    home.counter.extend(home.den)
    home.list.apply(home.counter.batch())
    index = home.list.index(0)
    assert home.list.flags(index) & Qt.ItemFlag.ItemIsSelectable  # or a screen reader says that it is not
    assert home.list.flags(home.list.index(99)) == Qt.ItemFlag.NoItemFlags
    assert home.list.data(home.list.index(99)) is None
    assert home.list.data(index, Qt.ItemDataRole.DecorationRole) is None
