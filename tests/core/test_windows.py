"""Windows: shown without being kept, and folded by every event above their seq once."""

from __future__ import annotations

import pytest

from chat_protocol import codec, frames
from chat_protocol.errors import Code, Refused
from chat_protocol.events import Delete, Edit, React, Text
from chat_protocol.fold import Shown, fold_message, show
from chat_protocol.ids import Ref
from desktop_chat.core.effects import Answer, Signalled, WindowChanged
from desktop_chat.core.marks import hidden_key
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.store.contract import Keep, Marked
from tests.core.desk import ME, OTHER, ROOM, SERVER, Desk, FakeLog


@pytest.fixture
def room() -> FakeLog:
    log = FakeLog()
    log.say(*(f"text {n}" for n in range(1, 11)))
    return log


@pytest.fixture
def desk(room: FakeLog) -> Desk:
    desk = Desk()
    desk.connect(room)
    return desk


def folded(room: FakeLog) -> list[Shown]:
    shown: dict[Ref, Shown] = {}
    for event in room.events:
        if event.target is None and event.key is None:
            shown[event.ref] = show(event)
        elif event.target in shown:
            shown[event.target] = fold_message(shown[event.target], event)
    return list(shown.values())


def answer(desk: Desk, as_of: int, messages: list[Shown]) -> None:
    request = desk.last(frames.Page)
    desk.sent.remove(request)
    desk.receive(frames.Ok(request.id, as_of=as_of, messages=messages))


def shown(desk: Desk, number: int) -> list[Shown]:
    return desk.session.windows.open[number].messages


def change(room: FakeLog) -> None:
    first, second = room.events[0].ref, room.events[1].ref
    room.append("edit", Edit("ONE"), target=first)
    room.append("react", React("🙂"), target=first)
    room.append("delete", Delete(), target=second)
    room.say("more")
    room.append("edit", Edit("MORE"), target=room.events[-1].ref)


def test_p6_a_window_and_what_follows_is_the_window_of_later(desk: Desk, room: FakeLog) -> None:
    number = desk.session.window(ROOM, desk.now)
    desk.do()
    answer(desk, 10, folded(room))
    change(room)
    desk.receive(room.frame(10))
    assert shown(desk, number) == folded(room)
    assert [len(notice.messages) for notice in desk.told(WindowChanged)] == [10, 3]


@pytest.mark.parametrize("as_of", range(10, 16))
def test_p6_events_that_overtake_the_answer_are_folded_once(desk: Desk, room: FakeLog, as_of: int) -> None:
    number = desk.session.window(ROOM, desk.now)
    desk.do()
    change(room)
    desk.receive(room.frame(10))
    later, room.events = room.events, room.events[:as_of]
    then, room.events = folded(room), later
    answer(desk, as_of, then)
    assert shown(desk, number) == folded(room)


def test_the_newest_page_is_there_while_the_log_is_still_catching_up(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    change(room)
    number = desk.session.window(ROOM, desk.now)  # asked for offline: it waits for the connection
    desk.connect(room, answers={ROOM: "behind"})
    page, room.events = folded(room), room.events
    answer(desk, 15, page)
    room.append("react", React("🎉"), target=room.events[-2].ref)
    desk.receive(room.frame(15))
    assert shown(desk, number) == folded(room)


def test_a_jump_shows_what_surrounds_a_message_and_grows_no_tail(desk: Desk, room: FakeLog) -> None:
    number = desk.session.window(ROOM, desk.now, around=room.events[4].ref)
    desk.do()
    assert desk.last(frames.Page).around == room.events[4].ref
    answer(desk, 10, folded(room)[3:6])
    room.say("far below")
    room.append("edit", Edit("FIVE"), target=room.events[4].ref)
    desk.receive(room.frame(10))
    assert [one.text for one in shown(desk, number)] == ["text 4", "FIVE", "text 6"]


def test_a_jump_to_a_row(desk: Desk) -> None:
    desk.session.window(ROOM, desk.now, around=7)
    desk.do()
    assert desk.last(frames.Page).around_row == 7


def test_a_window_is_asked_for_again_when_the_log_is_held_anew(desk: Desk, room: FakeLog) -> None:
    number = desk.session.window(ROOM, desk.now)
    desk.do()
    answer(desk, 10, folded(room))
    change(room)
    desk.receive(room.snapshot())
    answer(desk, 15, folded(room))
    assert shown(desk, number) == folded(room)


def test_a_refused_window_says_so_and_a_closed_one_is_forgotten(desk: Desk) -> None:
    number = desk.session.window(ROOM, desk.now, around=Ref(OTHER, ME))  # type: ignore[arg-type]
    desk.do()
    desk.receive(codec.err(Refused(Code.UNKNOWN_TARGET, "No."), desk.last(frames.Page).id))
    failed = desk.session.windows.open[number].failed
    assert failed is not None
    assert failed.code is Code.UNKNOWN_TARGET
    desk.session.windows.close(number)
    assert desk.session.windows.open == {}


# --- marks, signals, search ---------------------------------------------------------------------------------------


def test_a_mark_only_grows_and_goes_at_most_every_two_seconds(desk: Desk) -> None:
    for seq in (3, 5, 4):
        desk.call(desk.session.mark, ROOM, seq, desk.now)
    assert [mark.seq for mark in desk.all(frames.Mark)] == [3]
    desk.pass_s(2.1)
    assert [mark.seq for mark in desk.all(frames.Mark)] == [3, 5]
    assert desk.store.held(SERVER)[0].mark == 5


def test_a_mark_made_offline_goes_with_the_next_login_and_a_higher_one_comes(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    desk.call(desk.session.mark, ROOM, 5, desk.now)
    desk.connect(room, marks=3)
    assert [mark.seq for mark in desk.all(frames.Mark)] == [5]
    desk.cut()
    desk.connect(room, marks=9)
    assert desk.store.held(SERVER)[0].mark == 9
    desk.receive(frames.Signal(ROOM, "mark", ME, 10))
    assert [notice.seq for notice in desk.told(Marked)] == [5, 9, 10]


def test_others_are_let_know_how_far_one_has_read_with_each_mark_and_on_each_connect(desk: Desk, room: FakeLog) -> None:
    for seq in (3, 5):
        desk.call(desk.session.mark, ROOM, seq, desk.now)
    assert desk.all(frames.SendSignal) == [frames.SendSignal(ROOM, "read", 3)]
    desk.pass_s(2.1)
    assert desk.all(frames.SendSignal)[1:] == [frames.SendSignal(ROOM, "read", 5)]
    desk.cut()
    desk.connect(room, marks=5)
    assert desk.all(frames.SendSignal)[-1] == frames.SendSignal(ROOM, "read", 5)
    assert [mark.seq for mark in desk.all(frames.Mark)] == [3, 5], "which the server knows already"


def test_who_hides_it_lets_nobody_know_how_far_they_have_read(desk: Desk, room: FakeLog) -> None:
    desk.store.apply([Keep(hidden_key("read"), "yes")])
    desk.call(desk.session.mark, ROOM, 3, desk.now)
    desk.cut()
    desk.connect(room, marks=3)
    assert [mark.seq for mark in desk.all(frames.Mark)] == [3], "their own other devices learn it"
    assert desk.all(frames.SendSignal) == []
    desk.store.apply([Keep(hidden_key("read"), None)])
    desk.call(desk.session.mark, ROOM, 5, desk.now)
    desk.pass_s(2.1)
    assert desk.all(frames.SendSignal) == [frames.SendSignal(ROOM, "read", 5)]


def test_how_far_others_have_read_is_known_while_the_program_runs(desk: Desk, room: FakeLog) -> None:
    assert desk.session.readers(ROOM) == {}
    for by, seq in ((OTHER, 3), (OTHER, 2), (ME, 5)):
        desk.receive(frames.Signal(ROOM, "read", by, seq))
    assert desk.session.readers(ROOM) == {OTHER: 3}
    desk.cut()
    desk.connect(room)
    assert desk.session.readers(ROOM) == {OTHER: 3}


def test_p20_typing_is_said_at_most_every_three_seconds_and_dropped_offline(desk: Desk) -> None:
    for _ in range(5):
        desk.call(desk.session.signal, ROOM, "typing", desk.now)
    assert len(desk.all(frames.SendSignal)) == 1
    desk.pass_s(3.1)
    desk.call(desk.session.signal, ROOM, "typing", desk.now)
    assert len(desk.all(frames.SendSignal)) == 2
    desk.cut()
    desk.pass_s(9)
    desk.call(desk.session.signal, ROOM, "typing", desk.now)
    assert len(desk.all(frames.SendSignal)) == 2
    desk.receive(frames.Signal(ROOM, "typing", OTHER))
    assert desk.told(Signalled)[-1].by == OTHER


def test_p20_a_new_connection_is_told_at_once_what_the_last_one_was(desk: Desk, room: FakeLog) -> None:
    desk.call(desk.session.signal, ROOM, "present", desk.now)
    desk.cut()
    desk.connect(room)
    desk.call(desk.session.signal, ROOM, "present", desk.now)
    assert len(desk.all(frames.SendSignal)) == 2


def test_a_search_is_answered_once(desk: Desk) -> None:
    answers: list[Answer] = []

    def search() -> None:
        desk.session.search("会议", None, lambda answer, _now: answers.append(answer), desk.now)
        desk.do()

    search()
    answer = frames.Ok(desk.last(frames.Search).id, hits=[])
    desk.receive(answer)
    assert answers == [answer]
    search()
    desk.cut()
    assert answers == [answer, None]
    with pytest.raises(ChatError) as caught:
        search()
    assert caught.value.code is Trouble.NOT_CONNECTED


def test_a_window_of_an_empty_log_shows_the_first_message(desk: Desk, room: FakeLog) -> None:
    room.cut(0)
    empty = Desk()
    empty.connect(room)
    number = empty.session.window(ROOM, empty.now)
    empty.do()
    answer(empty, 0, [])
    room.append("text", Text("first"))
    empty.receive(room.frame(0))
    assert [one.text for one in shown(empty, number)] == ["first"]
