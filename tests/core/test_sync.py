"""What is held of a log: contiguous, verified, carried forward by one rule, healed when histories differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import Raw
from msgspec.structs import replace

from chat_protocol import codec, frames, limits
from chat_protocol.errors import Code, Refused
from chat_protocol.events import Delete, Fault, Name, React, Text, encode_event
from chat_protocol.fold import fold_message, fold_state, show
from chat_protocol.ids import PEOPLE, STAFF, LogId, b64, member_id
from chat_protocol.permissions import LogKind
from desktop_chat.core.copying import Extent
from desktop_chat.core.effects import Faulted, Restored
from desktop_chat.core.rooms import name_of
from desktop_chat.store.contract import Extended, HeldLog, LogClosed, LogHeld
from tests.core.desk import ME, OTHER, ROOM, SERVER, START_MS, Desk, FakeLog, stored


@pytest.fixture
def room() -> FakeLog:
    log = FakeLog()
    log.append("name", Name("Lobby"), key="name")
    log.say("one", "two")
    return log


@pytest.fixture
def desk(room: FakeLog) -> Desk:
    desk = Desk()
    desk.connect(room)
    return desk


def held(desk: Desk, log: LogId = ROOM) -> HeldLog:
    (found,) = [one for one in desk.store.held(SERVER) if one.log == log]
    assert desk.session.sync.held[log] == found, "what the session believes is what the store holds"
    return found


def answer_page(desk: Desk, room: FakeLog) -> None:
    request = desk.last(frames.Page)
    desk.sent.remove(request)
    desk.receive(room.page(request))


def test_a_log_begins_with_a_snapshot_and_goes_on_with_events(desk: Desk, room: FakeLog) -> None:
    assert held(desk).before == held(desk).at == room.at
    assert desk.store.state(SERVER, ROOM)["name"] == room.events[0]
    room.say("three", "four")
    desk.receive(room.frame(3))
    assert desk.texts() == ["three", "four"]
    assert held(desk).at == room.at
    assert [notice.at for notice in desk.told(Extended)] == [room.at]


def test_a_snapshot_in_several_frames_is_one_step(room: FakeLog) -> None:
    desk = Desk()
    room.append("name", Name("Hall"), key="name")
    room.append("topic", Name("x"), key="topic")
    desk.connect(room, answers={})
    desk = Desk()
    desk.session.connected(desk.now)
    desk.receive(frames.Challenge(b64(b"n"), SERVER, "There"))
    desk.receive(frames.Welcome(desk.last(frames.Login).id, ME, frames.Limits(), [room.head()]))
    desk.receive(frames.Ok(desk.last(frames.Follow).id, logs={ROOM: "behind"}))
    whole = codec.decode_server(room.snapshot())
    assert isinstance(whole, frames.Snapshot)
    desk.receive(replace(whole, items=whole.items[:1], last=False))
    assert desk.store.held(SERVER) == []
    desk.receive(replace(whole, items=whole.items[1:]))
    assert set(desk.store.state(SERVER, ROOM)) == {"name", "topic"}


def test_p18_a_log_of_a_kind_not_known_yet_is_held_and_known_by_a_later_program(room: FakeLog) -> None:
    desk = Desk()
    room.kind = LogKind.UNKNOWN
    desk.connect(room)
    assert held(desk).kind is LogKind.UNKNOWN
    desk.cut()
    desk.crash()
    room.kind = LogKind.ROOM
    desk.connect(room)
    assert held(desk).kind is LogKind.ROOM
    assert desk.session.sync.is_current(ROOM)


def test_p5_after_a_cut_it_goes_on_right_behind_the_login_from_where_it_stood(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    room.say("missed", "too")
    desk.session.connected(desk.now)
    desk.receive(frames.Challenge(b64(b"n" * 32), SERVER, "There"))
    login, follow = desk.sent[-2:]  # without waiting for the welcome
    assert isinstance(login, frames.Login)
    assert isinstance(follow, frames.Follow)
    assert follow.since == {ROOM: (3, b64(room.positions[3].h[:8]))}
    desk.receive(frames.Welcome(login.id, ME, frames.Limits(), [room.head()]))
    desk.answer_follows(room)
    assert desk.texts() == ["missed", "too"]


def _gap(room: FakeLog) -> bytes:
    return room.frame(4)


def _row(room: FakeLog) -> bytes:
    (frame,) = codec.events_frames(ROOM, [encode_event(replace(room.events[3], row=9))])
    return frame


def _body(room: FakeLog) -> bytes:
    return codec.encode(frames.Events(ROOM, [Raw(b'{"seq":4}')]))


@pytest.mark.parametrize(
    ("frame", "code"), [(_gap, "gap"), (_row, "gap"), (_body, "bad_body")], ids=["gap", "row", "body"]
)
def test_what_is_not_head_plus_one_is_a_fault_and_the_log_is_followed_again(
    desk: Desk, room: FakeLog, frame: Callable[[FakeLog], bytes], code: str
) -> None:
    room.say("three", "four")
    desk.receive(frame(room))
    assert [(fault.log, fault.seq, fault.code) for fault in desk.told(Faulted)] == [(ROOM, 4, code)]
    entry, body = codec.decode_entry(desk.last(frames.Send).batch[0])
    assert entry.log == STAFF
    assert body == Fault(ROOM, 4, code)
    desk.receive(room.frame(3))  # still of the old feed
    assert desk.texts() == []
    desk.pass_s(1.1)
    desk.answer_follows(room)
    assert desk.texts() == ["three", "four"]
    assert len(desk.told(Faulted)) == 1


def test_h_is_compared_with_the_head_that_the_server_said(room: FakeLog) -> None:
    desk = Desk()
    desk.connect(room)
    desk.cut()
    room.say("three")
    head = replace(room.head(), h=b64(b"x" * 32))
    desk.session.connected(desk.now)
    desk.receive(frames.Challenge(b64(b"n" * 32), SERVER, "There"))
    desk.receive(frames.Welcome(desk.last(frames.Login).id, ME, frames.Limits(), [head]))
    desk.answer_follows(room)
    assert [fault.code for fault in desk.told(Faulted)] == ["bad_h"]
    assert desk.texts() == []


def test_p13_a_server_that_goes_on_with_nonsense_is_asked_less_and_less_often(desk: Desk, room: FakeLog) -> None:
    room.say("three", "four")
    asked = []
    for _ in range(8):
        desk.receive(room.frame(4))
        desk.ok()  # to the fault report
        at = desk.now.mono_s
        while not desk.all(frames.Follow):
            desk.pass_s(0.5)
        asked.append(desk.now.mono_s - at)
        follow = desk.last(frames.Follow)
        desk.sent.remove(follow)
        desk.receive(frames.Ok(follow.id, logs={ROOM: "behind"}))
    assert asked == sorted(asked)
    assert asked[-1] >= 60


def test_a_frame_that_can_not_be_read_leaves_the_connection(desk: Desk) -> None:
    desk.receive(b'{"op":"hologram"}')
    desk.receive(b"\xff")
    assert [fault.code for fault in desk.told(Faulted)] == ["unknown_type", "bad_frame"]
    assert desk.effects.close is None


@pytest.mark.parametrize("log", ["r" * 65, "r" * 64 + "\u0001", "\u0001", ""])
def test_a_log_whose_name_can_t_be_is_a_fault_like_any(desk: Desk, room: FakeLog, log: str) -> None:
    event = Raw(encode_event(room.events[0]))
    desk.receive(codec.encode(frames.Events(LogId(log), [event])))
    assert len(desk.told(Faulted)) == 1
    _, body = codec.decode_entry(desk.last(frames.Send).batch[0])
    assert body == Fault(LogId("r" * 64 if "r" in log else ""), 0, "not_followed")


def test_a_lost_log_is_closed_and_what_a_role_gave_is_dropped(room: FakeLog) -> None:
    people, staff = FakeLog(PEOPLE, LogKind.PEOPLE), FakeLog(STAFF, LogKind.STAFF)
    people.append("rename", Name("Ada"), key=f"name:{ME}")
    desk = Desk()
    desk.connect(room, people, staff)
    for log in (ROOM, PEOPLE, STAFF):
        desk.receive(frames.Lost(log))
    assert [(one.log, one.closed) for one in desk.store.held(SERVER)] == [(ROOM, True), (PEOPLE, True)]
    lost = [(ROOM, False), (PEOPLE, False), (STAFF, True)]
    assert [(notice.log, notice.dropped) for notice in desk.told(LogClosed)] == lost
    assert name_of(desk.store.state(SERVER, PEOPLE), ME) == "Ada"  # what they said is still theirs


def test_what_the_welcome_does_not_name_was_lost_meanwhile(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    desk.connect()
    assert held(desk).closed


def test_a_log_gained_while_connected_comes_with_its_snapshot(desk: Desk) -> None:
    other = FakeLog(LogId(b64(b"2" * 16)))
    other.append("name", Name("Den"), key="name")
    desk.receive(other.snapshot())
    other.say("hi")
    desk.receive(other.frame(1))
    assert desk.texts(other.log) == ["hi"]
    assert desk.told(Faulted) == []


def test_another_joining_begins_a_fresh_copy_and_keeps_the_old_one_apart(desk: Desk, room: FakeLog) -> None:
    room.say("three")
    desk.receive(room.frame(3))
    desk.receive(frames.Lost(ROOM))
    room.say("unseen")
    room.floor = 6
    desk.receive(room.snapshot())
    room.say("new")
    desk.receive(room.frame(5))
    assert desk.texts() == ["new"]
    assert held(desk).floor == 6
    assert [show(event).text for event in desk.store.aside(SERVER, ROOM)] == ["three"]


# --- downwards --------------------------------------------------------------------------------------------------


def test_the_copy_goes_down_to_the_first_readable_event_and_is_verified(room: FakeLog) -> None:
    room.say(*map(str, range(2_500)))
    desk = Desk(extent=Extent.EVERYTHING)
    desk.connect(room)
    for _ in range(3):
        answer_page(desk, room)
    assert held(desk).before == room.positions[0]
    assert len(desk.texts()) == 2_502
    assert desk.all(frames.Page) == []


def test_a_page_that_does_not_lead_to_what_is_held_is_a_fault(desk: Desk, room: FakeLog) -> None:
    desk.session.page(ROOM, 1, desk.now)
    desk.do()
    page = room.page(desk.last(frames.Page))
    desk.receive(replace(page, events=(page.events or [])[:-1]))
    assert [fault.code for fault in desk.told(Faulted)] == ["bad_page"]
    assert desk.texts() == []


def test_it_takes_a_tenth_of_the_link_but_what_is_scrolled_to_does_not_wait(room: FakeLog) -> None:
    room.say(*map(str, range(4_000)))
    desk = Desk(extent=Extent.EVERYTHING)
    desk.connect(room)
    desk.pass_s(1)  # the page takes a second
    answer_page(desk, room)
    desk.pass_s(8.9)
    assert desk.all(frames.Page) == []
    desk.session.page(ROOM, 2_500, desk.now)
    desk.do()
    answer_page(desk, room)
    assert held(desk).before.row < 2_500
    desk.pass_s(0.2)
    assert len(desk.all(frames.Page)) == 1


def test_as_read_copies_nothing_by_itself(desk: Desk) -> None:
    desk.pass_s(100)
    assert desk.all(frames.Page) == []


def test_the_last_90_days_end_where_they_end(room: FakeLog) -> None:
    room.say(*map(str, range(3_000)))
    room.events = [replace(event, ts=START_MS - (3_000 - event.seq) * 86_400) for event in room.events]
    desk = Desk(extent=Extent.LAST_90_DAYS)
    desk.connect(room)
    answer_page(desk, room)
    desk.pass_s(1)
    assert len(desk.all(frames.Page)) == 1  # a day is not 90
    room.events = [replace(event, ts=event.ts - 90 * 86_400_000) for event in room.events]
    answer_page(desk, room)
    desk.pass_s(100)
    assert desk.all(frames.Page) == []


def test_a_refused_page_is_asked_for_again_later(room: FakeLog) -> None:
    desk = Desk(extent=Extent.EVERYTHING)
    desk.connect(room)
    request = desk.last(frames.Page)
    desk.sent.remove(request)
    desk.receive(codec.err(Refused(Code.BUSY, "No."), request.id))
    desk.pass_s(2.1)
    answer_page(desk, room)
    assert desk.texts() == ["one", "two"]


@pytest.mark.parametrize("split", range(1, 9))
def test_p6_a_suffix_folds_to_what_the_whole_log_folds_to(split: int) -> None:
    room = FakeLog()
    room.append("name", Name("A"), key="name")
    one, two = room.say("one", "two")
    room.append("edit", Text("ONE"), target=one.ref)
    room.append("react", React("🙂"), target=two.ref)
    room.append("name", Name("B"), key="name")
    room.append("delete", Delete(), target=one.ref)
    room.append("react", React("🙂", on=False), target=two.ref)
    whole, room.events = room.events, room.events[:split]
    positions, room.positions = room.positions, room.positions[: split + 1]
    desk = Desk()
    desk.connect(room)
    room.events, room.positions = whole, positions
    if split < len(whole):
        desk.receive(room.frame(split))
    desk.session.page(ROOM, 0, desk.now)
    desk.do()
    if desk.all(frames.Page):
        answer_page(desk, room)
    state: dict = {}
    fold_state(state, whole)
    assert desk.store.state(SERVER, ROOM) == state
    shown = {event.ref: show(event) for event in whole if event.target is None and event.key is None}
    for event in whole:
        if event.target is not None:
            shown[event.target] = fold_message(shown[event.target], event)
    assert desk.store.messages(SERVER, ROOM, before_row=99, limit=99) == list(shown.values())


# --- healing ----------------------------------------------------------------------------------------------------


def test_p10_after_a_restored_backup_own_messages_go_again_and_the_rest_is_kept_aside(
    desk: Desk, room: FakeLog
) -> None:
    room.say("three")
    mine = room.append("text", Text("mine"), by=ME)
    mine_too = room.append("react", React("🙂"), by=ME, target=room.events[3].ref)
    topic = room.append("topic", Name("x"), by=ME, key="topic")
    desk.receive(room.frame(3))
    desk.receive(frames.Signal(ROOM, "read", OTHER, room.at.seq))
    desk.cut()
    late = desk.say("written offline")
    room.cut(4)
    desk.connect(room, answers={ROOM: "history_changed"})
    assert [notice.keep for notice in desk.told(Restored)] == [room.at]
    assert list(desk.told(Restored)[0].states) == [topic]
    assert desk.session.readers(ROOM) == {}
    assert desk.store.aside(SERVER, ROOM) == [mine, mine_too, topic]
    assert desk.entries() == [("text", mine.cid), ("react", mine_too.cid), ("text", late.cid)]
    answer_page(desk, room)  # what was held before is copied again, whatever the setting
    assert desk.texts()[:3] == ["one", "two", "three"]


def test_p10_what_was_deleted_meanwhile_does_not_go_again(desk: Desk, room: FakeLog) -> None:
    before = room.append("text", Text("in the backup"), by=ME)
    others = room.say("in the backup too")[0]
    kept = room.at.seq
    again = [room.append("delete", Delete(), by=ME, target=before.ref)]
    room.append("react", React("🙂"), by=ME, target=others.ref)
    room.append("delete", Delete(), target=others.ref)
    said = room.append("text", Text("taken back"), by=ME)
    room.append("delete", Delete(), by=ME, target=said.ref)
    again += [room.append("text", Text("stays"), by=ME)]
    desk.receive(room.frame(3))
    desk.cut()
    room.cut(kept)
    desk.connect(room, answers={ROOM: "history_changed"})
    assert desk.entries() == [(event.kind, event.cid) for event in again]


def test_p10_a_copy_that_was_closed_is_compared_from_its_end(desk: Desk, room: FakeLog) -> None:
    """The server hears of it, and so knows that what goes again may name what is not there yet."""
    mine = room.append("text", Text("mine"), by=ME)
    desk.receive(room.frame(3))
    end = room.at
    desk.receive(frames.Lost(ROOM))
    desk.cut()
    room.cut(3)
    desk.session.connected(desk.now)
    desk.receive(frames.Challenge(b64(b"n" * 32), SERVER, "There"))
    login = desk.last(frames.Login)
    desk.receive(frames.Welcome(login.id, ME, frames.Limits(), [room.head()]))
    assert desk.last(frames.Follow).since == {ROOM: (end.seq, b64(end.h[:8]))}
    desk.answer_follows(room, answers={ROOM: "history_changed"})
    assert desk.entries() == [("text", mine.cid)]
    assert held(desk).at == room.at


def test_p10_a_fork_is_healed_at_its_parting(desk: Desk, room: FakeLog) -> None:
    common = room.say(*map(str, range(20)))
    desk.receive(room.frame(3))
    fork = FakeLog()
    fork.events, fork.positions = room.events[:], room.positions[:]
    room.say(*(f"ours {n}" for n in range(1_200)))
    desk.receive(room.frame(23))
    third = member_id(b"3" * 32)
    fork.say(*(f"theirs {n}" for n in range(1_300)), by=third)
    desk.cut()
    desk.connect(fork, answers={ROOM: "history_changed"})
    pages = 0
    while desk.all(frames.Page):
        answer_page(desk, fork)
        pages += 1
    desk.answer_follows(fork)
    assert [notice.keep for notice in desk.told(Restored)] == [fork.positions[23]]
    assert len(desk.store.aside(SERVER, ROOM)) == 1_200
    assert 2 <= pages <= 4
    assert held(desk).at == fork.at
    while held(desk).before.seq > 3:
        answer_page(desk, fork)
    assert desk.texts()[:22] == ["one", "two", *(show(event).text for event in common)]
    assert desk.told(Faulted) == []


def test_nothing_in_common_sets_everything_aside(desk: Desk, room: FakeLog) -> None:
    room.say("three", "four")
    desk.receive(room.frame(3))
    desk.cut()
    other = FakeLog()
    other.say(*map(str, range(9)), by=member_id(b"3" * 32))
    desk.connect(other, answers={ROOM: "history_changed"})
    answer_page(desk, other)
    desk.answer_follows(other)
    assert held(desk).at == other.at
    assert len(desk.store.aside(SERVER, ROOM)) == 2


def test_what_the_server_had_acknowledged_and_lost_goes_again(desk: Desk, room: FakeLog) -> None:
    room.say("three")
    desk.receive(room.frame(3))
    ref = desk.say("acked")
    desk.ok(*stored([ref.cid], 5))
    desk.cut()
    assert desk.deliveries() == ["stored"]
    room.cut(3)
    desk.connect(room, answers={ROOM: "history_changed"})
    assert desk.entries() == [("text", ref.cid)]
    assert len(desk.told(LogHeld)) == 2


def test_follow_is_asked_in_parts(room: FakeLog) -> None:
    logs = [FakeLog(LogId(b64(n.to_bytes(16, "big")))) for n in range(limits.FOLLOW_LOGS + 3)]
    for log in logs:
        log.say("x")
    desk = Desk()
    desk.connect(*logs)
    assert len(desk.store.held(SERVER)) == len(logs)
    desk.cut()
    desk.session.connected(desk.now)
    desk.receive(frames.Challenge(b64(b"n" * 32), SERVER, "There"))
    assert [len(follow.since) for follow in desk.all(frames.Follow)] == [limits.FOLLOW_LOGS, 3]


def test_other_is_not_me() -> None:
    assert ME != OTHER
