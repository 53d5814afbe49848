"""What a timeline is told: every row, exactly once, and nothing but what changed."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Raw

from chat_protocol import frames
from chat_protocol.errors import Code, Retry
from chat_protocol.events import Delete, Edit, Join, Moderate, Name, React, Role, SetRole, Text
from chat_protocol.ids import STAFF, Cid, LogId, Ref
from chat_protocol.permissions import LogKind
from desktop_chat.core.effects import Ending, Faulted, Signalled, StartedOver
from desktop_chat.core.marks import hidden_key
from desktop_chat.core.sentences import Trouble
from desktop_chat.models.kept import YES, Kept
from desktop_chat.models.messages import AHEAD, NEAR, Messages
from desktop_chat.models.persons import Person
from desktop_chat.store.contract import Delivery, StoreFull
from tests.core.desk import ME, OTHER, ROOM, SERVER, START_MS, FakeLog, refusal, stored
from tests.models.counter import KEYS, THIRD, Counter, FakeClient, People, a_room
from tests.models.seen import Seen, said


@pytest.fixture
def room() -> FakeLog:
    return a_room()


@pytest.fixture
def seen(counter: Counter, room: FakeLog) -> Seen:
    """A conversation of three messages, all held and read."""
    counter.connect(room)
    room.say("one", "two", "three")
    counter.extend(room)
    counter.hold(room)
    counter.batch()
    return Seen(open_messages(counter))


def open_messages(counter: Counter, log: LogId = ROOM, kept: Kept | None = None) -> Messages:
    return Messages(FakeClient(counter.store, counter).as_client, counter.as_server, log, kept)


# --- what comes ---------------------------------------------------------------------------------------------


def test_rows_are_numbered_as_in_the_log(seen: Seen) -> None:
    messages = seen.messages
    assert (messages.first_row, messages.head_row, messages.last_row) == (1, 3, 3)
    assert seen.texts() == ["one", "two", "three"]
    assert [messages.item(row) for row in (0, 4)] == [None, None]
    assert not messages.is_closed


def test_new_messages_are_added_and_changes_change_one_row(seen: Seen, counter: Counter, room: FakeLog) -> None:
    (four,) = room.say("four")
    counter.extend(room)
    assert seen.apply(counter) == [("added", 1)]
    room.append("edit", Edit("four!"), target=four.ref)
    room.append("react", React("🙂"), target=room.events[-2].ref)
    counter.extend(room)
    assert seen.apply(counter) == [("changed", 4, 4)]
    room.append("delete", Delete(), target=four.ref)
    room.say("five", "six")
    counter.extend(room)
    assert seen.apply(counter) == [("changed", 4, 4), ("added", 2)]
    assert seen.texts() == ["one", "two", "three", "(deleted)", "five", "six"]


def test_who_reads_late_is_told_of_every_change_all_the_same(counter: Counter, room: FakeLog) -> None:
    counter.connect(room)
    room.say("one", "two")
    counter.extend(room)
    counter.batch()
    messages = open_messages(counter)
    messages.item(1)
    told: list[int] = []
    messages.rows_changed.connect(lambda first, _last: told.append(first))
    for event in room.events[-2:]:
        room.append("edit", Edit("other"), target=event.ref)
        counter.extend(room)
        messages.apply(counter.batch())
    assert told == [1, 2]


def test_a_message_that_quotes_changes_with_what_it_quotes(seen: Seen, counter: Counter, room: FakeLog) -> None:
    one = room.events[-3]
    room.append("text", Text("yes", reply=one.ref))
    counter.extend(room)
    seen.apply(counter)
    quoted = seen.messages.quoted(one.ref)
    assert quoted is not None
    assert quoted.text == "one"
    room.append("edit", Edit("uno"), target=one.ref)
    counter.extend(room)
    assert seen.apply(counter) == [("changed", 1, 1), ("changed", 4, 4)]
    quoted = seen.messages.quoted(one.ref)
    assert quoted is not None
    assert quoted.text == "uno"
    assert seen.messages.quoted(Ref(OTHER, Cid("nothing"))) is None


def test_notices_of_other_logs_and_of_the_core_change_no_row(seen: Seen, counter: Counter, room: FakeLog) -> None:
    other = a_room("Den", LogId("another"))
    other.say("elsewhere")
    counter.receive(frames.Lost(LogId("unknown")))
    counter.notices += [
        Signalled(ROOM, "typing", OTHER, None, True),
        Faulted(ROOM, 1, "bad_h"),
        StartedOver(StoreFull()),
    ]
    assert seen.apply(counter) == []


# --- what is written here -----------------------------------------------------------------------------------


def test_what_is_written_waits_under_the_log_until_it_is_in_it(seen: Seen, counter: Counter, room: FakeLog) -> None:
    counter.cut()
    seen.apply(counter)
    mine = counter.say("mine")
    assert seen.apply(counter) == [("added", 1)]
    assert seen.texts()[3:] == ["mine waiting"]
    item = seen.messages.item(4)
    assert item is not None
    assert (item.is_waiting, item.place, item.shown.row, item.shown.ts) == (True, 1, 4, START_MS)
    assert seen.messages.row_of(mine) == 4
    counter.connect(room)
    assert seen.apply(counter)[-1] == ("changed", 4, 4)
    assert seen.texts()[3:] == ["mine sent"]
    counter.ok(*stored([mine.cid], 7))
    assert seen.apply(counter) == [("changed", 4, 4)]
    assert seen.texts()[3:] == ["mine stored"]
    room.append("text", Text("mine"), by=ME, cid=mine.cid)
    counter.extend(room)
    assert seen.apply(counter) == [("changed", 4, 4)]
    assert seen.texts() == ["one", "two", "three", "mine"]


def test_an_own_message_is_there_once_at_any_time(seen: Seen, counter: Counter, room: FakeLog) -> None:
    first, second = counter.say("first"), counter.say("second")
    seen.apply(counter)
    room.say("theirs")
    room.append("text", Text("first"), by=ME, cid=first.cid)
    counter.extend(room)
    assert seen.apply(counter) == [("changed", 4, 5), ("added", 1)]
    assert seen.texts()[3:] == ["theirs", "first", "second waiting"]
    room.append("text", Text("second"), by=ME, cid=second.cid)
    counter.receive(room.frame(room.at.seq - 1))
    batch = counter.batch()
    for one in batch:  # even if a commit's notices were torn apart
        seen.messages.apply([one])
    assert seen.texts()[3:] == ["theirs", "first", "second"]
    for moment in seen.moments:
        assert len(moment) == len({text.split()[0] for text in moment})


def test_what_was_refused_says_why_and_can_be_taken_back(seen: Seen, counter: Counter) -> None:
    mine = counter.say("mine")
    counter.ok(refusal(mine.cid, Code.FORBIDDEN))
    seen.apply(counter)
    item = seen.messages.item(4)
    assert item is not None
    assert (item.delivery, item.code) == (Delivery.REFUSED, Code.FORBIDDEN)
    counter.call(counter.session.delete, ROOM, mine, counter.now)
    assert seen.apply(counter) == [("removed", 1)]
    assert seen.texts() == ["one", "two", "three"]


def test_what_waits_is_edited_in_its_place(seen: Seen, counter: Counter) -> None:
    counter.cut()
    mine, other = counter.say("mine"), counter.say("other")
    seen.apply(counter)
    counter.call(counter.session.edit, ROOM, mine, "better", counter.now)
    assert seen.apply(counter) == [("changed", 4, 4)]
    assert seen.texts()[3:] == ["better waiting", "other waiting"]
    counter.call(counter.session.delete, ROOM, mine, counter.now)
    assert seen.apply(counter) == [("removed", 1), ("changed", 4, 4)]
    assert seen.messages.row_of(other) == 4
    assert seen.messages.row_of(mine) is None


def test_own_changes_are_shown_at_once_and_say_where_they_are(seen: Seen, counter: Counter, room: FakeLog) -> None:
    one = room.events[-3].ref
    row = counter.session.write(ROOM, "react", React("🙂"), counter.now, target=one)
    counter.do()
    assert seen.apply(counter) == [("changed", 1, 1)]
    assert seen.texts()[0] == "one 🙂 sent"
    counter.ok(*stored([row.cid], 7))
    assert seen.apply(counter) == [("changed", 1, 1)]
    room.append("react", React("🙂"), by=ME, cid=row.cid, target=one)
    counter.extend(room)
    assert seen.apply(counter) == [("changed", 1, 1)]
    assert seen.texts()[0] == "one 🙂"
    quoted = seen.messages.quoted(one)
    assert quoted is not None
    assert quoted.reactions == {"🙂": [ME]}


def test_a_refused_change_is_told_and_not_shown(seen: Seen, counter: Counter, room: FakeLog) -> None:
    two = room.events[-2].ref
    row = counter.session.write(ROOM, "edit", Edit("changed"), counter.now, target=two)
    counter.do()
    counter.ok(refusal(row.cid, Code.FORBIDDEN))
    seen.apply(counter)
    counter.session.write(ROOM, "react", React("👍"), counter.now, target=two)
    counter.do()
    seen.apply(counter)
    item = seen.messages.item(2)
    assert item is not None
    assert (item.shown.text, list(item.shown.reactions)) == ("two", ["👍"])
    assert (item.delivery, item.change, item.code, item.place) == (None, Delivery.REFUSED, Code.FORBIDDEN, row.place)
    counter.call(counter.session.delete, ROOM, Ref(ME, row.cid), counter.now)
    seen.apply(counter)
    item = seen.messages.item(2)
    assert item is not None
    assert item.change is Delivery.SENT


def test_changes_to_what_waits_are_in_it(seen: Seen, counter: Counter) -> None:
    mine = counter.say("mine")
    counter.call(counter.session.edit, ROOM, mine, "better", counter.now)
    seen.apply(counter)
    assert seen.texts()[3:] == ["better sent waiting edited"]
    counter.say("answer")
    reply = counter.session.write(ROOM, "text", Text("to it", reply=mine), counter.now)
    counter.do()
    seen.apply(counter)
    counter.call(counter.session.write, ROOM, "react", React("👍"), counter.now, target=mine)
    assert seen.apply(counter) == [("changed", 4, 4), ("changed", 6, 6)]
    quoted = seen.messages.quoted(mine)
    assert quoted is not None
    assert (quoted.text, seen.messages.row_of(Ref(ME, reply.cid))) == ("better", 6)


def test_opened_while_notices_are_on_their_way_it_shows_no_message_twice(counter: Counter, room: FakeLog) -> None:
    counter.connect(room)
    mine = counter.say("mine")
    room.append("text", Text("mine"), by=ME, cid=mine.cid)
    room.say("theirs")
    counter.extend(room)
    late = counter.batch()
    seen = Seen(open_messages(counter))
    for one in late:
        seen.messages.apply([one])
        assert [text for text in seen.texts() if text.startswith("mine")] == ["mine"]
    assert seen.texts() == ["mine", "theirs"]


def test_a_conversation_begins_with_what_waits(counter: Counter, room: FakeLog) -> None:
    counter.connect()
    log = counter.session.open_dm(OTHER)
    seen = Seen(open_messages(counter, log))
    assert (seen.messages.first_row, seen.messages.last_row) == (1, 0)
    counter.say("hi", log)
    assert seen.apply(counter) == [("added", 1)]
    assert seen.texts() == ["hi waiting"]


# --- more than is held --------------------------------------------------------------------------------------


def long_room(count: int) -> FakeLog:
    room = a_room()
    room.say(*map(str, range(1, count + 1)))
    return room


def test_rows_near_what_is_held_are_asked_for_by_looking(counter: Counter) -> None:
    room = long_room(20)
    counter.connect(room)
    counter.batch()
    messages = open_messages(counter)
    assert (messages.first_row, messages.head_row) == (1, 20)
    assert messages.item(18) is None
    assert counter.pages == [1]
    assert messages.item(12) is None
    assert counter.pages == [1], "once is enough"
    seen = Seen(messages)
    counter.answer_pages(room)
    assert seen.apply(counter) == [("changed", 1, 20)]
    assert seen.texts() == list(map(str, range(1, 21)))


def test_more_is_fetched_before_one_gets_there(counter: Counter) -> None:
    room = long_room(AHEAD + 900)
    counter.connect(room)
    counter.batch()
    messages = open_messages(counter)
    messages.item(messages.head_row)
    assert counter.pages == [messages.head_row - AHEAD]
    counter.receive(room.page(frames.Page(counter.last(frames.Page).id, ROOM, 600, before=room.at.seq + 1)))
    messages.apply(counter.batch())
    assert messages.item(messages.head_row) is not None
    assert len(counter.pages) == 1
    assert messages.item(messages.head_row - 500) is not None
    assert counter.pages[1:] == [messages.head_row - 600 - AHEAD]


def test_what_was_asked_for_is_asked_again_after_a_login(counter: Counter) -> None:
    room = long_room(20)
    counter.connect(room)
    counter.batch()
    messages = open_messages(counter)
    messages.item(3)
    counter.cut()
    counter.connect(room)
    messages.apply(counter.batch())
    messages.item(3)
    assert counter.pages == [1, 1]


def test_rows_far_away_come_in_windows(counter: Counter) -> None:
    room = long_room(NEAR + 2_000)
    counter.connect(room)
    counter.batch()
    messages = open_messages(counter)
    told: list[tuple[int, int]] = []
    messages.rows_changed.connect(lambda first, last: told.append((first, last)))
    for row in (1000, 1001, 999, 1030):
        assert messages.item(row) is None
    assert [page.around_row for page in counter.windows_asked()] == [1000]
    counter.answer_window(room)
    messages.apply(counter.batch())
    assert told == [(950, 1050)]
    item = messages.item(1000)
    assert item is not None
    assert item.shown.text == "1000"
    target = fold_ref(room, 1000)
    assert messages.row_of(target) == 1000
    told.clear()
    room.append("edit", Edit("thousand"), target=target)
    counter.extend(room)
    messages.apply(counter.batch())
    assert told == [(1000, 1000)]
    assert said(messages.item(1000)) == "thousand edited"
    counter.call(counter.session.write, ROOM, "react", React("👍"), counter.now, target=target)
    messages.apply(counter.batch())
    assert said(messages.item(1000)) == "thousand 👍 sent edited"
    messages.close()
    assert counter.session.windows.open == {}


def fold_ref(room: FakeLog, row: int) -> Ref:
    return next(event.ref for event in room.events if event.row == row and event.key is None and event.target is None)


def test_dragging_the_scroll_bar_asks_for_little_and_at_last_for_where_it_stops(counter: Counter) -> None:
    room = long_room(NEAR + 2_000)
    counter.connect(room)
    counter.batch()
    messages = open_messages(counter)
    for row in range(100, 2_000, 100):
        messages.item(row)
    assert [page.around_row for page in counter.windows_asked()] == [100, 200]
    counter.answer_window(room)
    messages.apply(counter.batch())
    assert counter.windows_asked()[-1].around_row == 1_900
    for row in range(100, 2_000, 100):
        messages.item(row)
        while asked := counter.windows_asked():
            counter.answer_window(room, asked[0])
        messages.apply(counter.batch())
    assert len(counter.session.windows.open) == 4


def test_a_window_that_was_refused_for_now_is_asked_for_again(counter: Counter) -> None:
    room = long_room(NEAR + 2_000)
    counter.connect(room)
    counter.batch()
    messages = open_messages(counter)
    messages.item(50)
    asked = counter.windows_asked()[0]
    counter.sent.remove(asked)
    counter.receive(frames.Err(Code.RATE_LIMITED, "Slowly.", Retry.LATER, asked.id, after_ms=100))
    messages.apply(counter.batch())
    assert counter.windows_asked() == []
    assert messages.item(50) is None
    assert len(counter.windows_asked()) == 1


def test_a_message_that_is_not_here_is_looked_for(counter: Counter) -> None:
    room = long_room(NEAR + 2_000)
    counter.connect(room)
    counter.extend(room)
    counter.batch()
    messages = open_messages(counter)
    seen: list[tuple[Ref, int]] = []
    messages.found.connect(lambda ref, row: seen.append((ref, row)))
    wanted = fold_ref(room, 77)
    assert messages.row_of(wanted) is None
    messages.look_for(wanted)
    assert seen == []
    counter.answer_window(room)
    messages.apply(counter.batch())
    assert seen == [(wanted, 77)]
    assert said(messages.item(77)) == "77"
    messages.look_for(wanted)
    assert seen[1:] == [(wanted, 77)]
    nothing = Ref(OTHER, Cid("nothing"))
    messages.look_for(nothing)
    asked = counter.windows_asked()[-1]
    counter.receive(frames.Err(Code.UNKNOWN_TARGET, "It is not here.", Retry.NEVER, asked.id))
    messages.apply(counter.batch())
    assert seen[2:] == [(nothing, 0)]
    counter.cut()
    messages.look_for(nothing)
    assert seen[3:] == [(nothing, 0)]


def test_who_came_later_sees_the_rows_from_the_joining_on(counter: Counter) -> None:
    room = FakeLog(floor=6)
    room.say("a", "b", "c", "d", "e")
    room.append("join", Join(6), key=f"in:{ME}")
    room.say("f", "g")
    counter.connect(room)
    counter.batch()
    messages = open_messages(counter)
    assert (messages.first_row, messages.last_row) == (6, 7)
    seen = Seen(messages)
    counter.answer_pages(room)
    assert seen.apply(counter) == [("changed", 6, 7)]
    assert seen.texts() == ["f", "g"]
    assert messages.item(5) is None


def test_a_beginning_that_is_not_known_is_found_by_going_there(counter: Counter) -> None:
    room = FakeLog(floor=4)
    room.say(*map(str, range(1, 10)))
    counter.connect(room)
    counter.batch()
    messages = open_messages(counter)
    assert (messages.first_row, messages.last_row) == (10, 9)
    seen = Seen(messages)
    counter.want(room, 1)
    assert seen.apply(counter) == [("reset",)]
    assert (messages.first_row, seen.texts()) == (4, list("456789"))


# --- other logs, other states -------------------------------------------------------------------------------


def test_a_log_that_is_held_anew_is_read_anew(seen: Seen, counter: Counter, room: FakeLog) -> None:
    mine = counter.say("mine")
    room.append("text", Text("mine"), by=ME, cid=mine.cid)
    counter.extend(room)
    seen.apply(counter)
    room.cut(room.at.seq - 2)
    counter.cut()
    counter.connect(room, answers={ROOM: "history_changed"})
    for _ in range(5):
        for page in counter.all(frames.Page):
            counter.sent.remove(page)
            counter.receive(room.page(page))
        counter.answer_follows(room)
    assert ("reset",) in seen.apply(counter)
    assert seen.texts()[-1] == "mine sent"
    assert seen.messages.head_row == 2


def test_a_closed_log_stays_and_asks_for_nothing(seen: Seen, counter: Counter, room: FakeLog) -> None:
    counter.receive(frames.Lost(ROOM))
    assert seen.apply(counter) == []
    assert seen.messages.is_closed
    assert seen.texts() == ["one", "two", "three"]
    found: list[int] = []
    seen.messages.found.connect(lambda _ref, row: found.append(row))
    seen.messages.look_for(Ref(OTHER, Cid("nothing")))
    assert found == [0]


def test_a_dropped_log_is_empty(counter: Counter) -> None:
    staff = FakeLog(STAFF, LogKind.STAFF)
    staff.say("a note")
    counter.connect(staff)
    counter.hold(staff)
    counter.batch()
    seen = Seen(open_messages(counter, STAFF))
    assert seen.texts() == ["a note"]
    counter.receive(frames.Lost(STAFF))
    assert seen.apply(counter)[0] == ("reset",)
    assert seen.texts() == []


def test_what_waits_looks_otherwise_when_the_server_rests(seen: Seen, counter: Counter, room: FakeLog) -> None:
    counter.cut()
    counter.say("mine")
    seen.apply(counter)
    counter.end(Ending(Trouble.CONNECTION_LOST))
    assert seen.apply(counter) == [("changed", 4, 4)]


# --- read and unread ----------------------------------------------------------------------------------------


def marked(counter: Counter, room: FakeLog, seq: int) -> Messages:
    counter.connect(room)
    counter.hold(room)
    counter.call(counter.session.mark, ROOM, seq, counter.now)
    counter.batch()
    return open_messages(counter)


def test_the_line_of_what_is_new_stands_under_the_last_read_row(counter: Counter, room: FakeLog) -> None:
    room.say("one", "two", "three")
    messages = marked(counter, room, room.at.seq - 2)
    assert messages.read_row == 1
    counter.call(counter.session.mark, ROOM, room.at.seq, counter.now)
    messages.apply(counter.batch())
    assert messages.read_row == 1, "as long as one looks"
    messages.reopen()
    assert messages.read_row is None


def test_what_comes_while_one_is_away_is_new_when_one_looks_again(counter: Counter, room: FakeLog) -> None:
    room.say("one", "two", "three")
    seen = Seen(marked(counter, room, room.at.seq))

    def looks_again() -> tuple[int | None, list[tuple[object, ...]]]:
        seen.told.clear()
        seen.messages.reopen()
        return seen.messages.read_row, list(seen.told)

    room.say("four", "five")
    counter.extend(room)
    seen.apply(counter)
    assert seen.messages.read_row is None
    assert looks_again() == (3, [("changed", 3, 4)])
    counter.call(counter.session.mark, ROOM, room.at.seq - 1, counter.now)
    seen.apply(counter)
    assert looks_again() == (4, [("changed", 3, 5)])
    assert looks_again() == (4, [])
    counter.call(counter.session.mark, ROOM, room.at.seq, counter.now)
    seen.apply(counter)
    assert looks_again() == (None, [("changed", 4, 5)])


def test_what_was_missed_is_new(counter: Counter, room: FakeLog) -> None:
    room.say("one", "two", "three")
    seen = Seen(marked(counter, room, room.at.seq))
    counter.cut()
    room.say("four", "five")
    counter.connect(room)
    assert seen.apply(counter) == [("changed", 3, 3), ("added", 2)]
    assert seen.messages.read_row == 3
    room.say("six")
    counter.extend(room)
    assert seen.apply(counter) == [("added", 1)]


def test_own_messages_are_not_new(counter: Counter, room: FakeLog) -> None:
    room.say("one")
    read = room.at.seq
    room.say("mine", "mine too", by=ME)
    assert marked(counter, room, read).read_row is None
    room.say("theirs")
    counter.extend(room)
    assert open_messages(counter).read_row == 3


def test_the_line_appears_when_what_is_held_reaches_it(counter: Counter) -> None:
    room = long_room(30)
    counter.connect(room, marks=room.at.seq - 10)
    messages = open_messages(counter)
    assert messages.read_row is None
    counter.want(room, 1)
    messages.apply(counter.batch())
    assert messages.read_row == 20


# --- authors ------------------------------------------------------------------------------------------------


def test_authors_have_names_roles_and_keys(counter: Counter, room: FakeLog) -> None:
    people = People(Me=ME, Ann=OTHER)
    counter.connect(people, room)
    kept = Kept(FakeClient(counter.store, counter).as_client)
    messages = open_messages(counter, kept=kept)
    told: list[None] = []
    messages.authors_changed.connect(lambda: told.append(None))
    assert messages.author(OTHER) == Person(OTHER, "Ann", Role.MEMBER, KEYS[OTHER], False, public_name="Ann")
    assert messages.author(ME).is_me
    key = messages.author(THIRD).key
    assert messages.author(THIRD) == Person(THIRD, THIRD[:8], Role.NONE, key, False, public_name=THIRD[:8])
    people.append("rename", Name("Anna"), key=f"name:{OTHER}")
    counter.extend(people)
    messages.apply(counter.batch())
    assert messages.author(OTHER).name == "Anna"
    room.append("moderate", Moderate(), key=f"mod:{OTHER}")
    counter.extend(room)
    messages.apply(counter.batch())
    assert messages.author(OTHER).role is Role.MODERATOR
    people.append("role", SetRole(Role.HOST), key=f"role:{OTHER}")
    counter.extend(people)
    messages.apply(counter.batch())
    assert messages.author(OTHER).role is Role.HOST
    assert len(told) == 3
    people.meet("Third", THIRD)
    counter.extend(people)
    messages.apply(counter.batch())
    assert messages.author(THIRD).name == "Third"


def test_own_names_for_contacts_and_who_is_blocked(counter: Counter, room: FakeLog) -> None:
    people = People(Ann=OTHER)
    counter.connect(people, room)
    client = FakeClient(counter.store, counter)
    messages = open_messages(counter, kept=Kept(client.as_client))
    assert messages.author(OTHER).name == "Ann"
    client.put(f"contact:{OTHER}:name", "Sis")
    assert messages.author(OTHER).name == "Sis"
    client.put(f"contact:{OTHER}:blocked", "yes")
    assert messages.author(OTHER).is_blocked
    client.put(f"draft:{SERVER}:{ROOM}", "hi")
    messages.close()
    client.put(f"contact:{OTHER}:name", None)
    assert messages.author(OTHER).name == "Sis", "closed"


# --- who has read it ----------------------------------------------------------------------------------------


def test_own_messages_say_who_has_read_them(seen: Seen, counter: Counter, room: FakeLog) -> None:
    mine = [room.append("text", Text(f"mine {n}"), by=ME) for n in range(2)]
    counter.extend(room)
    seen.apply(counter)
    counter.receive(frames.Signal(ROOM, "read", OTHER, mine[0].seq))
    assert seen.apply(counter) == [("changed", 4, 4)], "only what is newly read, and nothing of others"
    assert seen.texts()[3:] == ["mine 0 read by 1", "mine 1"]
    counter.receive(frames.Signal(ROOM, "read", THIRD, mine[1].seq))
    counter.receive(frames.Signal(ROOM, "read", OTHER, 1))
    counter.receive(frames.Signal(ROOM, "read", ME, mine[1].seq))
    assert seen.apply(counter) == [("changed", 4, 5)]
    assert seen.texts()[3:] == ["mine 0 read by 2", "mine 1 read by 1"]
    assert open_messages(counter).item(5) == seen.messages.item(5), "and it is known to who opens it anew"


def test_who_hides_what_they_have_read_does_not_see_it_of_others(counter: Counter, room: FakeLog) -> None:
    counter.connect(room)
    mine = room.append("text", Text("mine"), by=ME)
    counter.extend(room)
    counter.receive(frames.Signal(ROOM, "read", OTHER, mine.seq))
    client = FakeClient(counter.store, counter)
    seen = Seen(Messages(client.as_client, counter.as_server, ROOM, Kept(client.as_client)))
    assert seen.texts()[-1:] == ["mine read by 1"]
    client.put(hidden_key("read"), YES)
    assert seen.texts()[-1:] == ["mine"]
    client.put(hidden_key("read"), None)
    assert seen.told == [("changed", mine.row, mine.row)] * 2
    assert seen.texts()[-1:] == ["mine read by 1"]


# --- copying ------------------------------------------------------------------------------------------------


def test_lines_for_copying(seen: Seen, counter: Counter, room: FakeLog) -> None:
    room.append("delete", Delete(), target=room.events[-2].ref)
    counter.extend(room)
    counter.say("mine")
    seen.apply(counter)
    lines = list(seen.messages.lines(0, 99))
    assert [(row, text) for row, _, _, text in lines] == [(1, "one"), (3, "three"), (4, "mine")]
    assert lines[0][1] == OTHER[:8]
    assert [row for row, *_ in seen.messages.lines(3, 3)] == [3]


def test_lines_of_windows_and_of_what_is_not_here(counter: Counter) -> None:
    room = long_room(NEAR + 2_000)
    counter.connect(room)
    counter.batch()
    messages = open_messages(counter)
    messages.item(100)
    counter.answer_window(room)
    messages.apply(counter.batch())
    assert [row for row, *_ in messages.lines(1, 400)] == list(range(50, 151))


def test_a_body_that_can_not_be_read_has_its_row(seen: Seen, counter: Counter, room: FakeLog) -> None:
    room.append("text", Text("x"))
    room.events[-1] = msgspec.structs.replace(room.events[-1], body=Raw(b'{"later":1}'))
    counter.extend(room)
    assert seen.apply(counter) == [("added", 1)]
    assert seen.texts()[3:] == [""]
