"""Every kind of event, from one example each: how it lies in a log, and the equations of the fold (P6).

`fold(snapshot at n, events n+1…m) == snapshot at m`, and the same for windows, whatever lies between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from chat_protocol import codec, limits
from chat_protocol.events import (
    KINDS,
    Access,
    Ban,
    Body,
    Delete,
    Dm,
    Edit,
    Entry,
    Event,
    EventClass,
    Fault,
    History,
    Identity,
    Invite,
    Join,
    Kick,
    Leave,
    Listed,
    Make,
    Moderate,
    Name,
    Pin,
    React,
    Revoke,
    Role,
    SetAccess,
    SetHistory,
    SetRole,
    Stop,
    Text,
    Topic,
    Unban,
    Unlisted,
    Used,
    class_of,
    decode_body,
    decode_event,
    encode_body,
    encode_event,
    erased,
    has_words,
)
from chat_protocol.fold import Shown, fold_message, fold_state, rewords, show, words_of
from chat_protocol.ids import Cid, LogId, MemberId, Ref, b64, member_id, new_cid

ANN, BEN = sorted(member_id(who) for who in (b"ann", b"ben"))
ROOM = LogId(b64(b"r" * 16))
TOKEN = b64(b"t" * 32)
MESSAGE = Ref(ANN, new_cid(1, b"m" * 10))


class Example(NamedTuple):
    """One event of its kind: what it says and what it names. `unfit`: bodies of a change that do not fit the example
    of the kind that it is on."""

    body: Body
    key: str | None = None
    target: Ref | None = None
    unfit: tuple[Body, ...] = ()


EXAMPLES: dict[str, Example] = {
    "text": Example(Text("Hello, 東京!", reply=MESSAGE, mentions=[BEN])),
    "fault": Example(Fault(ROOM, 7, "gap")),
    "edit": Example(Edit("Hello again", mentions=[ANN]), target=MESSAGE),
    "delete": Example(Delete(), target=MESSAGE),
    "react": Example(React("👋"), target=MESSAGE),
    "pin": Example(Pin(on=True), target=MESSAGE),
    "make": Example(Make("Garden", Access.OPEN, History.JOINED), key="make"),
    "topic": Example(Topic("What grows"), key="topic"),
    "access": Example(SetAccess(Access.PRIVATE), key="access"),
    "history": Example(SetHistory(History.JOINED), key="history"),
    "name": Example(Name("Orchard"), key="name"),
    "join": Example(Join(3, TOKEN), key=f"in:{ANN}"),
    "add": Example(Join(4), key=f"in:{BEN}"),
    "leave": Example(Leave(), key=f"in:{ANN}"),
    "kick": Example(Kick("Spam"), key=f"in:{BEN}"),
    "moderate": Example(Moderate(on=False), key=f"mod:{BEN}"),
    "dm": Example(Dm((ANN, BEN)), key="dm"),
    "rename": Example(Name("Ann"), key=f"name:{ANN}"),
    "identity": Example(Identity(TOKEN), key=f"identity:{ANN}"),
    "role": Example(SetRole(Role.MODERATOR), key=f"role:{BEN}"),
    "ban": Example(Ban("Spam"), key=f"ban:{BEN}"),
    "unban": Example(Unban(), key=f"ban:{BEN}"),
    "listed": Example(Listed("Garden"), key=f"room:{ROOM}"),
    "unlisted": Example(Unlisted(), key=f"room:{ROOM}"),
    "invite": Example(Invite(ROOM, 9, 5), key=f"invite:{TOKEN}"),
    "revoke": Example(Revoke(), key=f"invite:{TOKEN}"),
    "used": Example(Used(2), key=f"used:{TOKEN}"),
    "stop": Example(Stop(), key="stop"),
}

UNKNOWN = {
    "later message": Example(Text("a message of a later version")),
    "later change": Example(Pin(on=True), target=MESSAGE),
    "later state": Example(Topic("a state of a later version"), key="later"),
}
"""A kind of each class that this program does not know."""

ALL = EXAMPLES | UNKNOWN

each_kind = pytest.mark.parametrize("kind", KINDS)


def plain(kind: str) -> Body:
    """The example of the kind without the messages and the members that it names, who are not everywhere."""
    body = EXAMPLES[kind].body
    named: dict[str, object] = {"reply": None, "mentions": []}
    return msgspec.structs.replace(body, **{field: none for field, none in named.items() if hasattr(body, field)})


def target_kind(kind: str) -> str:
    """A kind of message to which changes of `kind` apply."""
    return (KINDS[kind].on if kind in KINDS else None) or "text"


def test_every_kind_has_an_example() -> None:
    assert EXAMPLES.keys() == KINDS.keys(), "a new kind needs its line in EXAMPLES"
    assert UNKNOWN.keys().isdisjoint(KINDS)
    assert {class_of(one.target, one.key) for one in UNKNOWN.values()} == set(EventClass)


# --- how it lies in a log -------------------------------------------------------------------------------------


@each_kind
def test_its_class_and_key_follow_from_the_table(kind: str) -> None:
    example, line = EXAMPLES[kind], KINDS[kind]
    assert class_of(example.target, example.key) is line.cls
    assert type(example.body) is line.body
    assert (line.key is None) == (line.cls is not EventClass.STATE)
    if line.on is not None:
        assert line.cls is EventClass.CHANGE
        assert KINDS[line.on].cls is EventClass.MESSAGE
    assert line.on is not None or not example.unfit
    if line.body.fits is not Body.fits:
        assert example.unfit, "without a body that does not fit nobody sees that it is refused"
    if line.key is not None:
        assert example.key is not None
        assert example.key == line.key or (line.key.endswith(":") and example.key.startswith(line.key))


@each_kind
def test_an_entry_of_it_is_accepted_and_its_body_comes_back(kind: str) -> None:
    example = EXAMPLES[kind]
    entry = Entry(ROOM, new_cid(5, b"0123456789"), kind, encode_body(example.body), example.target, example.key)
    decoded, body = codec.decode_entry(msgspec.json.encode(entry))
    assert body == example.body
    assert (decoded.log, decoded.cid, decoded.kind) == (entry.log, entry.cid, entry.kind)
    assert (decoded.target, decoded.key) == (entry.target, entry.key)


@each_kind
def test_an_event_of_it_is_the_same_after_the_wire(kind: str) -> None:
    event = Log().append(kind)
    data = encode_event(event)
    again = decode_event(data)
    assert again == event
    assert encode_event(again) == data
    assert decode_body(kind, again.body) == EXAMPLES[kind].body  # type: ignore[arg-type]


@each_kind
def test_a_field_of_a_later_version_is_ignored(kind: str) -> None:
    fields = msgspec.json.decode(encode_body(EXAMPLES[kind].body)) | {"later": {"than": ["this"]}}
    assert decode_body(kind, Raw(msgspec.json.encode(fields))) == EXAMPLES[kind].body


# --- the fold -------------------------------------------------------------------------------------------------


@dataclass
class Log:
    """A log of events: what a storage holds, and its folded views as a server gives them."""

    events: list[Event] = field(default_factory=list)

    def append(
        self,
        kind: str,
        body: Body | None = None,
        *,
        by: MemberId = ANN,
        target: Event | None = None,
        key: str | None = None,
        is_erased: bool = False,
    ) -> Event:
        example = ALL[kind]
        seq = len(self.events) + 1
        ref = target.ref if target is not None else example.target
        row = (self.events[-1].row if self.events else 0) + (ref is None and example.key is None)
        cid = new_cid(seq, seq.to_bytes(10, "big"))
        event = Event(seq, row, 1_000 + seq, by, cid, kind, ref, key or example.key, encode_body(body or example.body))
        self.events.append(erased(event) if is_erased else event)
        return self.events[-1]

    def until(self, seq: int) -> list[Event]:
        return self.events[:seq]

    def state(self, as_of: int) -> dict[str, Event]:
        state: dict[str, Event] = {}
        fold_state(state, self.until(as_of))
        return state

    def window(self, as_of: int) -> dict[Ref, Shown]:
        return fold_window({}, self.until(as_of))


def fold_window(window: dict[Ref, Shown], events: Sequence[Event]) -> dict[Ref, Shown]:
    """What a client does with the events above a window: new messages stand below, changes go to those it shows."""
    shown = dict(window)
    for event in events:
        if event.cls is EventClass.MESSAGE:
            shown[event.ref] = show(event)
        elif event.target is not None and event.target in shown:
            shown[event.target] = fold_message(shown[event.target], event)
    return shown


WITH_TEXT = [kind for kind in EXAMPLES if KINDS[kind].cls is EventClass.MESSAGE and show(Log().append(kind)).text]
"""The kinds of messages that search finds."""


@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if KINDS[kind].cls is EventClass.MESSAGE])
def test_the_text_that_is_shown_is_that_of_the_body(kind: str) -> None:
    """Whoever copies a hundred thousand messages reads nothing else of them, and its length is bounded by its name."""
    event = Log().append(kind)
    (words,) = words_of(kind, [encode_body(EXAMPLES[kind].body)])
    assert show(event).text == words == getattr(EXAMPLES[kind].body, "text", "")


def through_the_wire(window: dict[Ref, Shown]) -> dict[Ref, Shown]:
    shown = msgspec.json.decode(msgspec.json.encode(list(window.values())), type=list[Shown])
    return {one.ref: one for one in shown}


def assert_equations(log: Log, starts: Sequence[int]) -> None:
    """From every start to every later point, in one step and event by event."""
    head = len(log.events)
    for n in starts:
        state, window = log.state(n), through_the_wire(log.window(n))
        for event in log.events[n:]:
            fold_state(state, [event])
            before = msgspec.json.encode(list(window.values()))
            folded = fold_window(window, [event])
            assert msgspec.json.encode(list(window.values())) == before, "the fold makes a new message of the old one"
            window = folded
            m = event.seq
            assert state == log.state(m)
            assert window == log.window(m)
        at_once = log.state(n)
        fold_state(at_once, log.events[n:])
        assert at_once == log.state(head)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("is_erased", [False, True])
def test_equations_of_the_fold_hold_for_every_kind(kind: str, is_erased: bool) -> None:
    """P6: around one event of the kind, between messages and changes to them."""
    log = Log()
    first = log.append("text", Text("one"))
    log.append("edit", Edit("two"), target=first)
    target = log.append(target_kind(kind)) if ALL[kind].target is not None else None
    log.append(kind, target=target, is_erased=is_erased)
    log.append("react", React("🎉"), by=BEN, target=first)
    log.append(kind, by=BEN, target=target)
    log.append("text", Text("three"))
    assert_equations(log, range(len(log.events) + 1))


@pytest.mark.parametrize("kind", [kind for kind in ALL if ALL[kind].key is not None])
def test_a_state_is_the_newest_event_of_its_key(kind: str) -> None:
    log = Log()
    log.append(kind)
    newest = log.append(kind, by=BEN)
    state = log.state(2)
    assert state == {ALL[kind].key: newest}
    fold_state(state, log.events[:1])
    assert state == {ALL[kind].key: newest}, "an older event must not take its place"


@pytest.mark.parametrize("kind", [kind for kind in ALL if ALL[kind].target is not None])
def test_a_change_goes_to_its_target_alone(kind: str) -> None:
    log = Log()
    one, other = log.append(target_kind(kind)), log.append(target_kind(kind))
    log.append(kind, target=one)
    window = log.window(3)
    assert window[other.ref] == show(other)
    assert (window[one.ref] != show(one)) == (kind in KINDS)


@pytest.mark.parametrize("kind", [kind for kind in ALL if ALL[kind].target is not None])
def test_only_a_change_that_rewords_alters_the_text(kind: str) -> None:
    """Search and erasure read no others."""
    log = Log()
    message = log.append(target_kind(kind))
    change = log.append(kind, target=message)
    altered = fold_message(show(message), change).text != show(message).text
    assert altered == (rewords(change) and kind in KINDS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].on is not None])
def test_a_change_that_does_not_fit_changes_nothing(kind: str) -> None:
    for other in ALL:
        if class_of(ALL[other].target, ALL[other].key) is EventClass.MESSAGE and other != KINDS[kind].on:
            message = Log().append(other)
            assert fold_message(show(message), Log().append(kind, target=message)) == show(message)
    message = Log().append(target_kind(kind))
    for unfit in EXAMPLES[kind].unfit:
        assert fold_message(show(message), Log().append(kind, unfit, target=message)) == show(message)


def test_a_deletion_leaves_a_tombstone_that_nothing_changes() -> None:
    """P8: the place stays, what was said is gone."""
    log = Log()
    message = log.append("text", Text("gone", mentions=[BEN]))
    for kind in ("edit", "react", "pin", "delete", "edit", "react", "pin", "delete"):
        log.append(kind, target=message)
    (tombstone,) = log.window(9).values()
    assert tombstone == Shown(message.seq, message.row, message.ts, ANN, message.cid, deleted=True)
    assert tombstone == show(erased(message))


def test_m6_what_an_event_says_of_its_own_is_erased_with_its_target() -> None:
    assert {kind for kind in ALL if ALL[kind].target is not None and has_words(Log().append(kind))} == {
        *(kind for kind in EXAMPLES if ALL[kind].target is not None and hasattr(EXAMPLES[kind].body, "text")),
        "later change",
    }


def test_reactions_stand_in_the_order_of_the_first() -> None:
    log = Log()
    message = log.append("text", Text("hi"))
    for by, emoji, on in [
        (ANN, "a", True), (BEN, "b", True), (BEN, "a", True), (ANN, "a", False), (ANN, "a", True), (ANN, "a", True),
        (BEN, "b", False), (BEN, "b", False),
    ]:  # fmt: skip
        log.append("react", React(emoji, on), by=by, target=message)
    (shown,) = log.window(9).values()
    assert shown.reactions == {"a": [BEN, ANN]}


def test_a_message_shows_so_many_emoji_and_no_more() -> None:
    log = Log()
    message = log.append("text", Text("hi"))
    emoji = [f"emoji {n}" for n in range(limits.REACTIONS + 1)]
    for one in emoji:
        log.append("react", React(one), target=message)
    for one in emoji:
        log.append("react", React(one), by=BEN, target=message)
    (shown,) = log.window(len(log.events)).values()
    assert shown.reactions == {one: [ANN, BEN] for one in emoji[:-1]}
    for by in (ANN, BEN):
        log.append("react", React(emoji[0], on=False), by=by, target=message)
    log.append("react", React(emoji[-1]), by=BEN, target=message)
    (shown,) = log.window(len(log.events)).values()
    assert list(shown.reactions) == emoji[1:], "there is room for one again"
    assert_equations(log, range(0, len(log.events) + 1, 10))


def test_a_body_that_cannot_be_read_is_no_exception() -> None:
    log = Log()
    message = log.append("text", Text("hi"))
    broken = msgspec.structs.replace(message, body=Raw(b'{"text":5}'))
    assert show(broken).body == broken.body
    change = log.append("edit", Pin(on=True), target=message)
    assert fold_message(show(message), change) == show(message)


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Messages, changes to any of them (seen or not), states, erased bodies and unknown kinds, in any order."""
    log = Log()
    messages: list[Event] = []
    stranger = Log().append("text", Text("not in this log"))
    stranger = msgspec.structs.replace(stranger, cid=Cid(b64(b"?" * 16)))
    often = [kind for kind, line in KINDS.items() if line.cls is not EventClass.STATE]
    kinds = st.sampled_from([*ALL, *often * 4])
    for kind in draw(st.lists(kinds, min_size=1, max_size=24)):
        by = draw(st.sampled_from([ANN, BEN]))
        is_erased = hasattr(ALL[kind].body, "text") and draw(st.integers(0, 5)) == 0
        if ALL[kind].target is not None:
            target = draw(st.sampled_from([*messages, stranger]))
            body = React(draw(st.sampled_from("ab")), draw(st.booleans())) if kind == "react" else None
            log.append(kind, body, by=by, target=target, is_erased=is_erased)
        else:
            event = log.append(kind, by=by, is_erased=is_erased)
            if event.cls is EventClass.MESSAGE:
                messages.append(event)
    return log


@settings(max_examples=150)
@given(logs(), st.data())
def test_equations_of_the_fold_hold_in_any_order(log: Log, data: st.DataObject) -> None:
    """P6, for snapshots and windows at any point, with partial suffixes."""
    head = len(log.events)
    assert_equations(log, data.draw(st.lists(st.integers(0, head), min_size=1, max_size=4, unique=True)))


@settings(max_examples=100)
@given(logs(), st.data())
def test_a_suffix_folds_as_the_whole_log_does(log: Log, data: st.DataObject) -> None:
    """What a client holds is a suffix: its messages look as in the whole log, for a change stands above its target;
    extending it downwards changes no state."""
    head = len(log.events)
    first = data.draw(st.integers(0, head))
    whole = log.window(head)
    suffix = fold_window({}, log.events[first:])
    assert suffix == {ref: shown for ref, shown in whole.items() if shown.seq > first}
    snapshot = log.state(head)
    state = dict(snapshot)
    fold_state(state, log.events[first:])
    fold_state(state, log.events[:first])
    assert state == snapshot


@settings(max_examples=100)
@given(logs())
def test_rows_address_messages(log: Log) -> None:
    """`row` counts the messages up to and including an event, for kinds that are not known too."""
    for event in log.events:
        assert event.row == sum(one.cls is EventClass.MESSAGE for one in log.until(event.seq))
