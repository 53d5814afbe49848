"""What was written here: waiting, sent, stored or refused, and never lost, doubled or reordered."""

from __future__ import annotations

import pytest
from msgspec import Raw

from chat_protocol import codec, frames, limits
from chat_protocol.errors import Code, Refused
from chat_protocol.events import Access, Dm, History, Join, Leave, React, Text, Topic, decode_body
from chat_protocol.frames import Sent
from chat_protocol.ids import LogId, Ref, b64
from chat_protocol.permissions import LogKind
from desktop_chat.core.effects import Hindered
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.store.contract import Delivery, RowChanged, RowGone, StoreFull
from tests.core.desk import ME, OTHER, ROOM, SERVER, Desk, FakeLog, refusal, stored

NO_ROOM = (Code.BAD_VALUE, Code.UNKNOWN_LOG)
"""How a `make` is refused, and what was written behind it."""


@pytest.fixture
def room() -> FakeLog:
    log = FakeLog()
    log.say("hello")
    return log


@pytest.fixture
def desk(room: FakeLog) -> Desk:
    """A member who holds the room and is connected."""
    desk = Desk()
    desk.connect(room)
    return desk


def test_p4_rows_go_in_the_order_of_pressing_send_one_batch_at_a_time(desk: Desk) -> None:
    first, *rest = [desk.say(f"text {n}") for n in range(5)]
    assert desk.entries() == [("text", first.cid)]  # the others wait behind it
    assert desk.deliveries() == ["sent"] + ["waiting"] * 4
    desk.ok(*stored([first.cid], 2))
    assert desk.entries() == [("text", ref.cid) for ref in rest]
    assert desk.deliveries() == ["stored"] + ["sent"] * 4


def test_a_row_is_marked_sent_durably_before_its_first_write(desk: Desk) -> None:
    desk.store.full = True
    desk.session.write(ROOM, "text", Text("hi"), desk.now)
    effects = desk.session.take(desk.now)
    with pytest.raises(StoreFull):
        desk.store.apply(effects.ops)
    # Whoever drives the session writes no frame when the store refused: the row says so, durable or not at all.
    desk.store.full = False
    desk.store.apply(effects.ops)
    assert desk.store.outbox(SERVER)[0].delivery is Delivery.SENT


def test_a_batch_keeps_to_the_limits_of_send() -> None:
    desk = Desk()
    room = FakeLog()
    room.say("x")
    desk.connect(room)
    desk.cut()
    for n in range(50):
        desk.say(f"{n}")
    for _ in range(4):
        desk.say("long" * 4_000)
    desk.connect(room)
    assert len(desk.last(frames.Send).batch) == limits.SEND_EVENTS
    desk.ok(*stored([cid for _, cid in desk.entries()], 2))
    last = desk.last(frames.Send)
    assert len(codec.encode(last)) <= limits.CLIENT_FRAME
    assert sum(map(len, map(bytes, last.batch))) <= limits.SEND_BYTES
    assert len(last.batch) == 18 + 2


def test_p7_the_row_goes_in_the_step_that_brings_its_event(desk: Desk, room: FakeLog) -> None:
    ref = desk.say("mine")
    desk.ok(*stored([ref.cid], 2))
    assert desk.deliveries() == ["stored"]
    room.append("text", Text("mine"), by=ME, cid=ref.cid)
    desk.receive(room.frame(1))
    assert desk.deliveries() == []
    assert desk.texts() == ["mine"]


def test_p7_an_event_before_its_ok_takes_the_row_just_the_same(desk: Desk, room: FakeLog) -> None:
    ref = desk.say("mine")
    room.append("text", Text("mine"), by=ME, cid=ref.cid)
    desk.receive(room.frame(1))
    assert desk.deliveries() == []
    desk.ok(*stored([ref.cid], 2))
    assert desk.deliveries() == []
    again = desk.say("more")
    assert desk.entries() == [("text", again.cid)]  # and the next batch goes


@pytest.mark.parametrize("crash", [False, True], ids=["cut", "kill -9"])
def test_p2_a_lost_answer_sends_the_same_cids_again(desk: Desk, room: FakeLog, crash: bool) -> None:
    refs = [desk.say("one"), desk.say("two")]
    desk.cut()
    if crash:
        desk.crash()
    desk.connect(room)
    assert desk.entries() == [("text", ref.cid) for ref in refs]
    desk.ok(*[Sent(ref.cid, seq, 1, dup=True) for seq, ref in enumerate(refs, 2)])
    assert desk.deliveries() == ["stored", "stored"]


def test_an_answer_that_does_not_come_ends_the_connection(desk: Desk) -> None:
    desk.say("one")
    closes = []
    for seconds in (29, 2):
        desk.pass_s(seconds)
        closes.append(desk.effects.close and desk.effects.close.code)
    assert closes == [None, Trouble.NO_ANSWER]


def test_until_it_was_sent_an_edit_and_a_deletion_change_the_row_itself(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    kept, taken = desk.say("wrnog"), desk.say("never mind")
    answer = desk.session.write(ROOM, "text", Text("why?", taken), desk.now)
    desk.session.write(ROOM, "react", React("🙂"), desk.now, target=taken)
    desk.call(desk.session.edit, ROOM, kept, "wrong", desk.now)
    desk.call(desk.session.delete, ROOM, taken, desk.now)
    rows = desk.store.outbox(SERVER)
    assert [(row.kind, decode_body(row.kind, Raw(row.body)).text) for row in rows] == [
        ("text", "wrong"),
        ("text", "why?"),
    ]
    assert [row.cid for row in rows] == [kept.cid, answer.cid]
    assert decode_body("text", Raw(rows[1].body)).reply is None
    desk.connect(room)
    assert len(desk.entries()) == 2


def test_once_it_was_sent_they_are_events_behind_it(desk: Desk, room: FakeLog) -> None:
    ref = desk.say("wrnog")
    desk.cut()
    desk.call(desk.session.edit, ROOM, ref, "wrong", desk.now)
    desk.call(desk.session.delete, ROOM, ref, desk.now)
    desk.connect(room)
    assert [kind for kind, _ in desk.entries()] == ["text", "edit", "delete"]


def test_a_refused_row_takes_its_waiting_dependents_along_and_back(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    ref, other = desk.say("one"), desk.say("two")
    desk.connect(room)
    desk.session.write(ROOM, "text", Text("about one", ref), desk.now)
    desk.session.write(ROOM, "react", React("🙂"), desk.now, target=ref)
    desk.do()
    desk.ok(refusal(ref.cid, Code.FORBIDDEN), *stored([other.cid], 2))
    assert desk.deliveries() == ["refused", "stored", "refused", "refused"]
    row = desk.store.outbox(SERVER)[0]
    assert row.code is Code.FORBIDDEN
    desk.call(desk.session.outbox.retry, row, desk.now)
    assert [kind for kind, _ in desk.entries()] == ["text", "text", "react"]


def test_a_refused_state_is_told_and_goes(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    left = desk.session.write(ROOM, "leave", Leave(), desk.now, key=f"in:{ME}")
    said = desk.say("bye")
    desk.connect(room)
    desk.notices.clear()
    desk.ok(refusal(left.cid, Code.FORBIDDEN), *stored([said.cid], 2))
    told = [notice.row for notice in desk.notices if isinstance(notice, RowChanged | RowGone) and notice.row.key]
    assert [(row.cid, row.delivery, row.code) for row in told] == [(left.cid, Delivery.REFUSED, Code.FORBIDDEN)] * 2
    assert desk.deliveries() == ["stored"]


def test_a_room_that_is_refused_before_anything_was_said_is_no_more(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    made = desk.session.make_room("New", Access.PRIVATE, History.ALL, desk.now)
    desk.session.write(made, "topic", Topic("News"), desk.now, key="topic")
    desk.connect(room)
    desk.ok(*(refusal(cid, code) for (_, cid), code in zip(desk.entries(), NO_ROOM, strict=True)))
    assert desk.deliveries() == []
    with pytest.raises(ChatError):
        desk.say("anybody?", made)


@pytest.fixture
def refused_room(desk: Desk, room: FakeLog) -> LogId:
    """A room that could not be made, with two words in it."""
    desk.cut()
    made = desk.session.make_room("New", Access.PRIVATE, History.ALL, desk.now)
    desk.say("one", made)
    desk.say("two", made)
    desk.connect(room)
    desk.ok(*(refusal(cid, code) for (_, cid), code in zip(desk.entries(), (*NO_ROOM, NO_ROOM[1]), strict=True)))
    assert desk.deliveries() == ["refused"] * 3
    return made


def test_a_text_in_a_refused_room_goes_again_with_what_makes_the_room(desk: Desk, refused_room: LogId) -> None:
    desk.call(desk.session.outbox.retry, desk.store.outbox(SERVER)[2], desk.now)
    assert [kind for kind, _ in desk.entries()] == ["make", "text", "text"]


def test_a_reworded_text_in_a_refused_room_does_too(desk: Desk, refused_room: LogId) -> None:
    two = Ref(ME, desk.store.outbox(SERVER)[2].cid)
    desk.call(desk.session.edit, refused_room, two, "deux", desk.now)
    assert [kind for kind, _ in desk.entries()] == ["make", "text", "text"]


def test_a_refused_room_is_no_more_when_its_last_text_is_deleted(desk: Desk, refused_room: LogId) -> None:
    _made, one, two = (Ref(ME, row.cid) for row in desk.store.outbox(SERVER))
    desk.call(desk.session.delete, refused_room, one, desk.now)
    assert desk.deliveries() == ["refused"] * 2
    desk.call(desk.session.delete, refused_room, two, desk.now)
    assert desk.deliveries() == []


def test_a_refused_row_is_deleted_by_the_person_with_what_hangs_on_it(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    ref = desk.say("one")
    desk.connect(room)
    desk.session.write(ROOM, "react", React("🙂"), desk.now, target=ref)
    desk.do()
    desk.ok(refusal(ref.cid, Code.FORBIDDEN))
    desk.call(desk.session.delete, ROOM, ref, desk.now)
    assert desk.deliveries() == []


def test_p18_a_refusal_that_this_program_does_not_know_concerns_its_own_entry(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    one, two = desk.say("one"), desk.say("two")
    desk.connect(room)
    error = b'{"code":"on_fire","text":"No.","retry":"with_care"}'
    answer = b'{"op":"ok","re":%d,"res":[{"cid":"%b","err":%b},{"cid":"%b","seq":2,"ts":5}]}'
    desk.receive(answer % (desk.last(frames.Send).id, one.cid.encode(), error, two.cid.encode()))
    assert desk.deliveries() == ["refused", "stored"]
    assert desk.store.outbox(SERVER)[0].code is Code.UNKNOWN


def test_nothing_is_due_once_what_waits_is_gone(desk: Desk, room: FakeLog) -> None:
    ref = desk.say("stored all the same")
    desk.ok(refusal(ref.cid, Code.BUSY))
    room.append("text", Text("stored all the same"), by=ME, cid=ref.cid)
    desk.receive(room.frame(1))
    assert desk.deliveries() == []
    desk.pass_s(60)
    assert desk.session.outbox.deadline() is None


@pytest.mark.parametrize("code", [Code.RATE_LIMITED, Code.BUSY, Code.STORAGE_FULL])
def test_a_temporary_refusal_waits_and_sends_the_same_again(desk: Desk, room: FakeLog, code: Code) -> None:
    desk.cut()
    one, two = desk.say("one"), desk.say("two")
    desk.connect(room)
    sends = len(desk.all(frames.Send))
    desk.ok(*stored([one.cid], 2), refusal(two.cid, code, after_ms=700))
    assert desk.deliveries() == ["stored", "sent"]
    assert desk.session.outbox.hindrance is code
    assert desk.told(Hindered) == [Hindered(code)]
    desk.pass_s(0.6)
    assert len(desk.all(frames.Send)) == sends
    desk.pass_s(0.2)
    assert desk.entries() == [("text", two.cid)]
    desk.ok(*stored([two.cid], 3))
    assert desk.told(Hindered) == [Hindered(code), Hindered(None)]
    assert desk.session.outbox.hindrance is None


def test_refusals_in_a_row_are_answered_with_longer_pauses(desk: Desk) -> None:
    desk.say("one")
    gaps = []
    for _ in range(9):
        desk.receive(codec.err(Refused(Code.BUSY, "No."), desk.last(frames.Send).id))
        sends, at = len(desk.all(frames.Send)), desk.now.mono_s
        while len(desk.all(frames.Send)) == sends:
            desk.pass_s(0.05)
        gaps.append(desk.now.mono_s - at)
    assert gaps == sorted(gaps)
    assert gaps[0] < 0.5
    assert 29 < gaps[-1] < 31


def test_an_answer_that_decides_nothing_does_not_spin(desk: Desk) -> None:
    desk.say("one")
    desk.ok()
    sends = len(desk.all(frames.Send))
    desk.pass_s(0.2)
    assert len(desk.all(frames.Send)) == sends


def test_a_batch_refused_as_a_whole_goes_again_one_by_one(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    refs = [desk.say("one"), desk.say("two")]
    desk.connect(room)
    desk.receive(codec.err(Refused(Code.BAD_VALUE, "No."), desk.last(frames.Send).id))
    assert desk.entries() == [("text", refs[0].cid)]
    desk.receive(codec.err(Refused(Code.BAD_VALUE, "No."), desk.last(frames.Send).id))
    assert desk.deliveries() == ["refused", "sent"]
    assert desk.entries() == [("text", refs[1].cid)]


def test_a_dm_is_made_offline_by_its_first_text_in_the_same_batch(desk: Desk, room: FakeLog) -> None:
    desk.cut()
    log = desk.session.open_dm(OTHER)
    desk.say("psst", log)
    desk.say("there?", log)
    desk.connect(room)
    assert [kind for kind, _ in desk.entries()] == ["dm", "text", "text"]
    entry, body = codec.decode_entry(desk.last(frames.Send).batch[0])
    assert entry.key == "dm"
    assert body == Dm((min(ME, OTHER), max(ME, OTHER)))
    # The log comes with a snapshot; what was stored before it won't come as events.
    desk.ok(*stored([cid for _, cid in desk.entries()], 1))
    dm = FakeLog(log, LogKind.DM)
    for (kind, cid), text in zip(desk.entries(), ("", "psst", "there?"), strict=True):
        made = kind == "dm"
        dm.append(kind, body if made else Text(text), by=ME, cid=cid, key="dm" if made else None)
    desk.receive(dm.snapshot())
    assert desk.deliveries() == []
    desk.session.page(log, 1, desk.now)
    desk.do()
    desk.receive(dm.page(desk.last(frames.Page)))
    assert desk.texts(log) == ["psst", "there?"]


@pytest.mark.parametrize(
    ("text", "code"), [("x" * 16_001, Code.TEXT_TOO_LONG), ("\x07", Code.BAD_VALUE), ("", Code.BAD_VALUE)]
)
def test_what_can_never_be_accepted_is_refused_before_it_is_queued(desk: Desk, text: str, code: Code) -> None:
    with pytest.raises(ChatError) as caught:
        desk.say(text)
    assert caught.value.code is code
    assert desk.deliveries() == []


def test_a_dm_is_not_begun_by_a_text_that_can_not_be(desk: Desk) -> None:
    log = desk.session.open_dm(OTHER)
    with pytest.raises(ChatError):
        desk.say("x" * 16_001, log)
    assert desk.deliveries() == []
    desk.say("short", log)
    assert desk.deliveries() == ["sent", "waiting"]


def test_an_unknown_room_is_refused_here(desk: Desk) -> None:
    with pytest.raises(ChatError) as caught:
        desk.say("hi", LogId(b64(b"?" * 16)))
    assert caught.value.code is Code.UNKNOWN_LOG


def test_a_full_disk_loses_nothing_that_was_durable(desk: Desk, room: FakeLog) -> None:
    ref = desk.say("durable")
    desk.store.full = True
    desk.session.write(ROOM, "text", Text("not durable"), desk.now)
    with pytest.raises(StoreFull):
        desk.do()
    desk.store.full = False
    desk.crash()  # what a driver does: built anew from what is stored
    desk.connect(room)
    assert desk.entries() == [("text", ref.cid)]


def test_stored_rows_of_a_lost_log_are_not_kept_for_an_event_that_can_not_come(desk: Desk) -> None:
    ref = desk.say("mine")
    desk.ok(*stored([ref.cid], 9))
    desk.receive(frames.Lost(ROOM))
    assert desk.deliveries() == []


def test_only_own_refs_name_rows(desk: Desk) -> None:
    ref = desk.say("mine")
    assert desk.session.outbox.own(Ref(OTHER, ref.cid)) is None


def test_p4_what_was_written_before_a_joining_is_answered_before_it_is_sent(desk: Desk, room: FakeLog) -> None:
    """Else a text that was refused for want of it, in an answer that was lost, would be accepted the second time."""
    desk.cut()
    refs = [desk.say("not in any more?")]
    desk.session.write(ROOM, "join", Join(), desk.now, key=f"in:{ME}")
    refs.append(desk.say("in again"))
    desk.connect(room)
    assert [kind for kind, _ in desk.entries()] == ["text"]
    desk.ok(refusal(refs[0].cid, Code.FORBIDDEN))
    assert [kind for kind, _ in desk.entries()] == ["join", "text"]
