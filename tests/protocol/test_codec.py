"""The grammar of frames and entries (D5): what is refused, how, and that whatever is accepted is written anew."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Raw

from chat_protocol import codec, frames, limits
from chat_protocol.codec import BadFrame, decode_client, decode_entry, decode_server
from chat_protocol.errors import Code, Refused, Retry
from chat_protocol.events import Entry, Event, Text, encode_body, encode_event
from chat_protocol.ids import Cid, LogId, Ref, b64, member_id, new_cid
from chat_protocol.permissions import LogKind
from tests.protocol.test_kinds import EXAMPLES

ROOM = LogId(b64(b"r" * 16))
ANN = member_id(b"ann")
CID = new_cid(1, b"0123456789")
TARGET = (ANN, new_cid(1, b"m" * 10))


def entry(**changes: Any) -> bytes:
    """A right `text` entry as JSON, with fields changed; None takes one away."""
    fields: dict[str, Any] = {"log": ROOM, "cid": CID, "kind": "text", "body": {"text": "hi"}} | changes
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


def said(raw_text: bytes) -> bytes:
    """A `text` entry whose text is just these bytes between quotes."""
    return entry().replace(b'"hi"', b'"' + raw_text + b'"')


def send(*entries: bytes) -> bytes:
    return b'{"op":"send","id":1,"batch":[' + b",".join(entries) + b"]}"


def bad(data: bytes) -> BadFrame:
    with pytest.raises(BadFrame) as caught:
        decode_client(data)
    assert "'" not in caught.value.text.replace("can't", ""), "a refusal repeats nothing of what was sent"
    return caught.value


def refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        decode_entry(data)
    return caught.value


# --- frames ---------------------------------------------------------------------------------------------------

CLIENT_FRAMES: list[frames.ClientFrame] = [
    frames.Login(1, "identity", "device", "sig", "invite", "Ann"),
    frames.Peek(2, "invite"),
    frames.Follow(3, {ROOM: (7, "h"), LogId("people"): None}),
    frames.Send(4, [Raw(entry())]),
    frames.Page(5, ROOM, 50, before=9),
    frames.Page(5, ROOM, 50, around=Ref(*TARGET)),
    frames.Search(6, "東京", ROOM, 10),
    frames.Mark(7, ROOM, 9),
    frames.SendSignal(ROOM, "typing"),
]
SERVER_FRAMES: list[frames.ServerFrame] = [
    frames.Challenge("nonce", "server", "Hana's"),
    frames.Welcome(1, ANN, frames.Limits(), [frames.LogHead(ROOM, LogKind.ROOM, (1, "h", 0), 9, "h", 4)]),
    frames.Events(ROOM, [Raw(b'{"seq":1}')]),
    frames.Snapshot(ROOM, LogKind.ROOM, (1, "h", 0), 9, "h", 4, [Raw(b"{}")], last=True),
    frames.Lost(ROOM),
    frames.Ok(1, res=[frames.Sent(CID, 5, 6, dup=True), frames.Sent(CID, err=codec.error_info(
        Refused(Code.NAME_TAKEN, "Taken.", field="name", suggestion="Ann 2")))]),
    frames.Ok(2, start=(1, "h", 0), events=[Raw(b"{}")]),
    codec.err(Refused(Code.RATE_LIMITED, "Slower.", after_ms=5), 3),
    frames.Signal(ROOM, "read", ANN, 5),
    codec.bye(Code.RESTART, "Back soon.", 500),
]  # fmt: skip


@pytest.mark.parametrize("frame", CLIENT_FRAMES, ids=lambda frame: type(frame).__name__)
def test_a_clients_frame_comes_back(frame: frames.ClientFrame) -> None:
    data = codec.encode(frame)
    assert codec.encode(decode_client(data)) == data
    if not isinstance(frame, frames.Send):  # raw items compare by identity
        assert decode_client(data) == frame


@pytest.mark.parametrize("frame", SERVER_FRAMES, ids=lambda frame: type(frame).__name__)
def test_a_servers_frame_comes_back(frame: frames.ServerFrame) -> None:
    data = codec.encode(frame)
    assert codec.encode(decode_server(data)) == data


def test_every_frame_has_its_example() -> None:
    assert {type(one) for one in CLIENT_FRAMES} == set(frames.ClientFrame.__args__)
    assert {type(one) for one in SERVER_FRAMES} == set(frames.ServerFrame.__args__)


@pytest.mark.parametrize("frame", [one for one in SERVER_FRAMES if not isinstance(one, frames.Ok)])
def test_neither_end_takes_the_others_frames(frame: frames.ServerFrame) -> None:
    data = codec.encode(frame)
    if frame.__struct_config__.tag != "signal":  # both ends have one of that name
        assert bad(data).code is Code.UNKNOWN_TYPE
    with pytest.raises(BadFrame):
        decode_server(codec.encode(CLIENT_FRAMES[0]))


def test_unknown_fields_are_ignored() -> None:
    data = b'{"later":{"a":[1]},"op":"mark","id":1,"log":"people","seq":2,"x":null}'
    assert decode_client(data) == frames.Mark(1, LogId("people"), 2)


HOSTILE: dict[str, tuple[bytes, Code]] = {
    "nothing": (b"", Code.BAD_FRAME),
    "no json": (b"hello", Code.BAD_FRAME),
    "an array": (b"[]", Code.BAD_FRAME),
    "a number": (b"1", Code.BAD_FRAME),
    "null": (b"null", Code.BAD_FRAME),
    "no op": (b"{}", Code.UNKNOWN_TYPE),
    "op of another type": (b'{"op":1}', Code.BAD_FRAME),
    "unknown op": (b'{"op":"destroy","id":1}', Code.UNKNOWN_TYPE),
    "two objects": (b'{"op":"peek"}{"op":"peek"}', Code.BAD_FRAME),
    "open object": (b'{"op":"mark","id":1', Code.BAD_FRAME),
    "NaN": (b'{"op":"mark","id":1,"log":"people","seq":NaN}', Code.BAD_FRAME),
    "Infinity": (b'{"op":"mark","id":1,"log":"people","seq":Infinity}', Code.BAD_FRAME),
    "lone surrogate": (rb'{"op":"mark","id":1,"log":"\ud800","seq":1}', Code.BAD_FRAME),
    "NUL outside a text": (b'{"op":"mark",\0"id":1,"log":"people","seq":1}', Code.BAD_FRAME),
    "raw NUL": (b'{"op":"mark","id":1,"log":"\0","seq":1}', Code.BAD_FRAME),
    "invalid utf-8": (b'{"op":"mark","id":1,"log":"\xff","seq":1}', Code.BAD_FRAME),
    "invalid utf-8 in an unknown field": (b'{"op":"mark","id":1,"log":"people","seq":1,"x":"\xc3"}', Code.BAD_FRAME),
    "invalid utf-8 in a raw item": (send(b'{"x":"\xed\xa0\x80"}'), Code.BAD_FRAME),
    "overlong utf-8": (b'{"op":"mark","id":1,"log":"\xc0\xaf","seq":1}', Code.BAD_FRAME),
    "byte order mark": (b'\xef\xbb\xbf{"op":"mark","id":1,"log":"people","seq":1}', Code.BAD_FRAME),
    "utf-16": ('{"op":"mark"}'.encode("utf-16"), Code.BAD_FRAME),
    "negative": (b'{"op":"mark","id":1,"log":"people","seq":-1}', Code.BAD_VALUE),
    "2**53": (b'{"op":"mark","id":1,"log":"people","seq":9007199254740992}', Code.BAD_VALUE),
    "2**64": (b'{"op":"mark","id":1,"log":"people","seq":18446744073709551616}', Code.BAD_VALUE),
    "a number of 5,000 digits": (b'{"op":"mark","id":1,"log":"people","seq":' + b"9" * 5_000 + b"}", Code.BAD_VALUE),
    "an id of 5,000 digits": (b'{"op":"mark","id":' + b"9" * 5_000 + b',"log":"people","seq":1}', Code.BAD_FRAME),
    "float": (b'{"op":"mark","id":1,"log":"people","seq":1.0}', Code.BAD_VALUE),
    "exponent": (b'{"op":"mark","id":1,"log":"people","seq":1e3}', Code.BAD_VALUE),
    "huge exponent": (b'{"op":"mark","id":1,"log":"people","seq":1e999999}', Code.BAD_VALUE),
    "text for a number": (b'{"op":"mark","id":1,"log":"people","seq":"1"}', Code.BAD_VALUE),
    "true for a number": (b'{"op":"mark","id":1,"log":"people","seq":true}', Code.BAD_VALUE),
    "no id": (b'{"op":"mark","log":"people","seq":1}', Code.BAD_VALUE),
    "negative id": (b'{"op":"mark","id":-1,"log":"people","seq":1}', Code.BAD_VALUE),
    "another op later": (b'{"op":"send","op":"mark","id":1,"log":"people","seq":1}', Code.BAD_VALUE),
    "empty batch": (b'{"op":"send","id":1,"batch":[]}', Code.BAD_VALUE),
    "33 entries": (send(*[b"{}"] * 33), Code.BAD_VALUE),
    "501 logs": (
        json.dumps({"op": "follow", "id": 1, "since": {str(n): None for n in range(501)}}).encode(), Code.BAD_VALUE
    ),
    "long invite": (b'{"op":"peek","id":1,"invite":"' + b"a" * 129 + b'"}', Code.BAD_VALUE),
    "page of 1,001": (b'{"op":"page","id":1,"log":"people","limit":1001}', Code.BAD_VALUE),
    "page of none": (b'{"op":"page","id":1,"log":"people","limit":0}', Code.BAD_VALUE),
    "empty query": (b'{"op":"search","id":1,"query":""}', Code.BAD_VALUE),
    "nine deep": (b'{"op":"mark","x":' + b"[" * 8 + b"]" * 8 + b"}", Code.BAD_FRAME),
    "30,000 deep": (b'{"op":"mark","x":' + b"[" * 30_000, Code.BAD_FRAME),
    "30,000 deep objects": (b'{"op":' * 10_000, Code.BAD_FRAME),
    "deep behind a text full of escapes": (b'{"op":"' + rb"\"\\" * 9_000 + b'","x":' + b"[" * 9, Code.BAD_FRAME),
    "closed before it opens": (b"]" * 20 + b"[" * 20, Code.BAD_FRAME),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_frames_are_refused(name: str) -> None:
    """D5, P13."""
    data, code = HOSTILE[name]
    assert bad(data).code is code


def test_a_refusal_names_the_request_when_it_can_be_read() -> None:
    """P12."""
    assert bad(b'{"op":"mark","id":7,"log":"people","seq":-1}').re == 7
    assert bad(b'{"op":"destroy","id":7}').re == 7
    assert bad(b'{"op":"destroy"}').re is None
    assert bad(b'{"op":"destroy","id":-7}').re is None
    assert bad(b'{"op":"destroy","id":9007199254740992}').re is None
    assert bad(b"hello").re is None


def test_eight_levels_are_allowed_and_brackets_in_texts_do_not_count() -> None:
    deep = b'{"op":"mark","id":1,"log":"people","seq":1,"x":' + b"[" * 7 + b"]" * 7 + b"}"
    assert decode_client(deep) == frames.Mark(1, LogId("people"), 1)
    text = b'{"op":"search","id":1,"query":"[[[[[[[[[[[[ {{{{{{{{{ \\" [[[[ \\\\"}'
    assert decode_client(text) == frames.Search(1, '[[[[[[[[[[[[ {{{{{{{{{ " [[[[ \\')


def test_bounds_of_a_frame_are_exact() -> None:
    """D4: 64 KiB from a client, 256 KiB from a server."""
    empty = b'{"op":"mark","id":1,"log":"people","seq":1,"x":""}'
    fits = empty[:-2] + b"a" * (limits.CLIENT_FRAME - len(empty)) + b'"}'
    assert len(fits) == limits.CLIENT_FRAME
    assert decode_client(fits) == frames.Mark(1, LogId("people"), 1)
    assert bad(fits[:-2] + b'a"}').code is Code.FRAME_TOO_BIG
    lost = b'{"op":"lost","log":"people","x":""}'
    fits = lost[:-2] + b"a" * (limits.SERVER_FRAME - len(lost)) + b'"}'
    assert decode_server(fits) == frames.Lost(LogId("people"))
    with pytest.raises(BadFrame):
        decode_server(fits + b" ")


@pytest.mark.parametrize(
    "unit", [b'\\"', b'"', b"\\", b'"\\', b'[""', b'"a":', b'{"a":"\\"}', b'"\\\\', b"\xc3\xa9", b'["\\u0000",']
)
def test_the_scan_is_linear(unit: bytes) -> None:
    """D8: no frame keeps the loop busy. Quadratic it would take seconds; the bound is a hang guard."""
    frame = b'{"op":"' + unit * (limits.CLIENT_FRAME // len(unit) - 32) + b"[" * 16
    assert len(frame) <= limits.CLIENT_FRAME
    began = time.perf_counter()
    assert bad(frame).code is Code.BAD_FRAME
    began_text = time.perf_counter()
    codec.has_controls(frame)
    assert time.perf_counter() - began_text < 1
    assert began_text - began < 1


# --- entries --------------------------------------------------------------------------------------------------


def test_ids_have_one_spelling() -> None:
    """Two spellings of a cid would be two events (P2)."""
    spellings = [CID + "=", CID + "==", CID[:-1], CID + "A", CID[:-1] + chr(ord(CID[-1]) + 1), "+" + CID[1:],
                 CID[:10] + "\n" + CID[11:], "é" * 11, "", "A" * 23]  # fmt: skip
    for spelling in spellings:
        error = refused(entry(cid=spelling))
        assert (error.code, error.field) == (Code.BAD_VALUE, "cid")
        error = refused(entry(kind="delete", body={}, target=[ANN, spelling]))
        assert (error.code, error.field) == (Code.BAD_VALUE, "target")
        assert refused(entry(kind="delete", body={}, target=[spelling, CID])).code is Code.BAD_VALUE


def test_a_client_cannot_take_a_cid_that_only_a_server_makes() -> None:
    taken = Cid(b64(b"\x80" + b"0" * 15))
    assert refused(entry(cid=taken)).field == "cid"
    decode_entry(entry(cid=b64(b"\x7f" + b"\xff" * 15)))


ENTRIES: dict[str, tuple[bytes, Code]] = {
    "no object": (b"[]", Code.BAD_VALUE),
    "nothing": (b"", Code.BAD_VALUE),
    "no cid": (entry(cid=None), Code.BAD_VALUE),
    "no log": (entry(log=None), Code.BAD_VALUE),
    "no body": (entry(body=None), Code.BAD_VALUE),
    "unknown kind": (entry(kind="later message"), Code.UNKNOWN_KIND),
    "empty kind": (entry(kind=""), Code.BAD_VALUE),
    "long kind": (entry(kind="k" * 33), Code.BAD_VALUE),
    "long key": (entry(kind="leave", body={}, key="in:" + "k" * 62), Code.BAD_VALUE),
    "target and key": (entry(kind="delete", body={}, target=TARGET, key="topic"), Code.BAD_VALUE),
    "a message with a key": (entry(key="topic"), Code.BAD_VALUE),
    "a message with a target": (entry(target=TARGET), Code.BAD_VALUE),
    "a change without a target": (entry(kind="delete", body={}), Code.BAD_VALUE),
    "a change with a key": (entry(kind="delete", body={}, key="topic"), Code.BAD_VALUE),
    "a state without a key": (entry(kind="topic", body={"topic": "x"}), Code.BAD_VALUE),
    "a state with a target": (entry(kind="topic", body={"topic": "x"}, target=TARGET), Code.BAD_VALUE),
    "another state's key": (entry(kind="topic", body={"topic": "x"}, key="name"), Code.BAD_VALUE),
    "a key with something behind": (entry(kind="topic", body={"topic": "x"}, key="topic:1"), Code.BAD_VALUE),
    "a prefix without a name": (entry(kind="leave", body={}, key="in:"), Code.BAD_VALUE),
    "another prefix": (entry(kind="leave", body={}, key="mod:" + ANN), Code.BAD_VALUE),
    "target of three": (entry(kind="delete", body={}, target=[*TARGET, CID]), Code.BAD_VALUE),
    "a body that is no object": (entry(body="hi"), Code.BAD_VALUE),
    "a body without its field": (entry(body={}), Code.BAD_VALUE),
    "empty text": (entry(body={"text": ""}), Code.BAD_VALUE),
    "another body": (entry(body={"emoji": "x"}), Code.BAD_VALUE),
    "text of another type": (entry(body={"text": 5}), Code.BAD_VALUE),
    "51 mentions": (entry(body={"text": "x", "mentions": [ANN] * 51}), Code.BAD_VALUE),
    "mention of a number": (entry(body={"text": "x", "mentions": [1]}), Code.BAD_VALUE),
    "reply that is no name": (entry(body={"text": "x", "reply": "that"}), Code.BAD_VALUE),
    "unknown role": (entry(kind="role", key="role:" + ANN, body={"role": "emperor"}), Code.BAD_VALUE),
    "long emoji": (entry(kind="react", target=TARGET, body={"emoji": "x" * 65}), Code.BAD_VALUE),
    "long topic": (entry(kind="topic", key="topic", body={"topic": "x" * 1_001}), Code.BAD_VALUE),
    "uses below one": (
        entry(kind="invite", key="invite:x", body={"room": ROOM, "expires_ms": 1, "uses": 0}), Code.BAD_VALUE
    ),
    "negative time": (
        entry(kind="invite", key="invite:x", body={"room": ROOM, "expires_ms": -1, "uses": 1}), Code.BAD_VALUE
    ),
    "float time": (
        entry(kind="invite", key="invite:x", body={"room": ROOM, "expires_ms": 1.5, "uses": 1}), Code.BAD_VALUE
    ),
    "16,001 bytes of text": (entry(body={"text": "x" * 16_001}), Code.TEXT_TOO_LONG),
    "16,002 bytes in 5,334 characters": (said("東".encode() * 5_334), Code.TEXT_TOO_LONG),
    "a body over its bound by escapes": (said(b"\\n" * 9_000), Code.TEXT_TOO_LONG),
    "a body over its bound beside the text": (
        entry(body={"text": "x" * 15_900, "mentions": [ANN] * 50}), Code.TEXT_TOO_LONG
    ),
    "a long log": (entry(kind="fault", body={"log": "l" * 65, "seq": 1, "code": "gap"}), Code.BAD_VALUE),
    "invalid utf-8 in the text": (said(b"\xff"), Code.BAD_VALUE),
    "invalid utf-8 in the cid": (entry().replace(CID.encode(), b"\xff"), Code.BAD_VALUE),
    "surrogate in utf-8": (said(b"\xed\xa0\x80"), Code.BAD_VALUE),
    "lone surrogate": (said(rb"\ud83d"), Code.BAD_VALUE),
    "surrogates the wrong way round": (said(rb"\ude00\ud83d"), Code.BAD_VALUE),
    "100,000 deep": (entry().replace(b'"hi"', b"[" * 100_000), Code.BAD_VALUE),
    "100,000 deep in an unknown field": (
        entry().replace(b'"hi"', b'"hi","x":' + b"[" * 100_000 + b"]" * 100_000), Code.BAD_VALUE
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_hostile_entries_are_refused(name: str) -> None:
    """D5, P13."""
    data, code = ENTRIES[name]
    assert refused(data).code is code


def test_a_refusal_repeats_nothing_of_a_body() -> None:
    """A2."""
    error = refused(entry(kind="role", key="role:" + ANN, body={"role": "my secret 'quoted' role"}))
    assert "secret" not in error.text
    assert "secret" not in bad(b'{"op":"send","op":"mark","id":1,"log":"people","seq":"secret"}').text


CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]


@pytest.mark.parametrize("code", CONTROLS)
def test_control_characters_are_refused_however_they_are_written(code: int) -> None:
    """D5: C0, DEL and C1, escaped in both cases, as they are, and behind a backslash of their own."""
    character = chr(code)
    escaped = [rb"a\u%04x" % code, rb"a\u%04X" % code, rb"\\\u%04x" % code]
    if code >= 0x20:
        escaped.append(b"a" + character.encode())
    for text in escaped:
        if character in "\n\t":
            decode_entry(said(text))
        else:
            error = refused(said(text))
            assert (error.code, error.field) == (Code.BAD_VALUE, "body")


@pytest.mark.parametrize("short", [rb"\b", rb"\f", rb"\r", rb"x\\\r", rb"\n\b"])
def test_short_escapes_of_control_characters_are_refused(short: bytes) -> None:
    assert refused(said(short)).field == "body"


@pytest.mark.parametrize(
    "text",
    ["\\u0000", "\\\\u0000", "\\b", "C:\\reports\\u001f", "\n\t", "\\", '\\"', "a\u00a0b", "\u2028", "\U0001f600"],
)
def test_what_only_looks_like_a_control_character_stays(text: str) -> None:
    _entry, body = decode_entry(entry(body={"text": text}))
    assert body.text == text  # type: ignore[attr-defined]


def test_bounds_of_a_text_are_exact() -> None:
    """Bytes of UTF-8, not characters."""
    _entry, body = decode_entry(entry(body={"text": "x" * limits.TEXT}))
    assert len(body.text) == limits.TEXT  # type: ignore[attr-defined]
    decode_entry(said("東".encode() * 5_333))


def test_duplicate_fields_have_one_meaning_and_are_stored_once() -> None:
    """The last one counts, and only what it says is written anew."""
    data = entry().replace(b'"hi"', b'"hi","text":"ho"')
    decoded, body = decode_entry(data)
    assert encode_body(body) == Raw(b'{"text":"ho"}')
    twice = b'{"kind":"later message",' + entry()[1:]
    decoded, body = decode_entry(twice)
    assert decoded.kind == "text"


def assert_canonical(data: bytes) -> None:
    """What was accepted is written by us: reading and writing it again changes no byte, and it holds nothing bad."""
    decoded, body = decode_entry(data)
    written = encode_body(body)
    event = Event(1, 1, 1, ANN, decoded.cid, decoded.kind, decoded.target, decoded.key, written)
    stored = encode_event(event)
    assert encode_event(msgspec.json.decode(stored, type=Event)) == stored
    again, same = decode_entry(msgspec.json.encode(msgspec.structs.replace(decoded, body=written)))
    assert same == body
    assert encode_body(same) == written
    assert not codec.has_controls(stored)
    assert len(bytes(written)) <= limits.BODY
    assert again == msgspec.structs.replace(decoded, body=again.body)


SEEDS = [
    msgspec.json.encode(Entry(ROOM, CID, kind, encode_body(one.body), one.target, one.key))
    for kind, one in EXAMPLES.items()
]


def accepts(data: bytes) -> bool:
    """Decoding raises `Refused` or nothing; anything else fails the test."""
    try:
        decode_entry(data)
    except Refused:
        return False
    return True


@settings(max_examples=400)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=4)), max_size=4))
@example(entry(body={"text": "x", "later": [1]}), [])
@example(entry(kind="add", body={"from": 4}, key="in:\fCGnI_3SA40pwpwiwKHAA"), [])
def test_fuzzed_entries_are_refused_or_canonical(seed: bytes, changes: list[tuple[int, bytes]]) -> None:
    for place, junk in changes:
        seed = seed[:place] + junk + seed[place + len(junk) :]
    if accepts(seed):
        assert_canonical(seed)


@settings(max_examples=300)
@given(st.sampled_from([codec.encode(one) for one in CLIENT_FRAMES]), st.integers(0, 200), st.binary(max_size=6))
def test_fuzzed_frames_are_refused_or_read(seed: bytes, place: int, junk: bytes) -> None:
    for data in (seed[:place] + junk + seed[place:], seed[:place] + junk + seed[place + len(junk) :], seed[:place]):
        try:
            frame = decode_client(data)
        except BadFrame:
            continue
        assert codec.encode(decode_client(codec.encode(frame))) == codec.encode(frame)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        decode_client(data)
    with pytest.raises(BadFrame):
        decode_server(data)
    with pytest.raises(Refused):
        decode_entry(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
field_names = st.sampled_from(
    ["op", "id", "log", "cid", "kind", "body", "target", "key", "text", "reply", "mentions", "batch", "since", "seq"]
)


@settings(max_examples=300)
@given(st.dictionaries(field_names, json_values, max_size=8), st.sampled_from([*EXAMPLES, "later message"]))
def test_wrong_values_in_the_right_places_are_refused_or_read(fields: dict[str, Any], kind: str) -> None:
    data = json.dumps({"log": ROOM, "cid": CID, "kind": kind, "body": {}} | fields).encode()
    if accepts(data):
        assert_canonical(data)
    for op in ("login", "peek", "follow", "send", "page", "search", "mark", "signal"):
        with contextlib.suppress(BadFrame):
            decode_client(json.dumps({"id": 1} | fields | {"op": op}).encode())


# --- frames around events that are encoded already ------------------------------------------------------------


def test_events_are_packed_into_frames_as_full_as_they_may_be() -> None:
    event = Event(1, 1, 1, ANN, CID, "text", body=encode_body(Text("x" * 100)))
    blobs = [encode_event(msgspec.structs.replace(event, seq=seq)) for seq in range(1, 101)]
    limit = 4_096
    packed = codec.events_frames(ROOM, blobs, limit)
    items: list[bytes] = []
    for data in packed:
        frame = decode_server(data)
        assert isinstance(frame, frames.Events)
        assert frame.log == ROOM
        assert len(data) <= limit
        items += map(bytes, frame.items)
    assert items == blobs
    assert all(len(data) + len(blobs[0]) > limit for data in packed[:-1])
    assert codec.events_frames(ROOM, []) == []


@given(st.lists(st.integers(2, 60), max_size=30), st.integers(110, 200))
def test_frames_never_exceed_their_bound(sizes: list[int], limit: int) -> None:
    blobs = [b'"' + b"x" * (size - 2) + b'"' for size in sizes]
    packed = codec.events_frames(LogId("l"), blobs, limit)
    assert all(len(data) <= limit for data in packed)
    read = [msgspec.json.decode(data, type=frames.Events) for data in packed]
    assert [bytes(item) for frame in read for item in frame.items] == blobs


def test_errors_say_what_may_be_done() -> None:
    error = codec.err(Refused(Code.RATE_LIMITED, "Slower.", after_ms=5, field="batch"), 7)
    assert (error.re, error.retry, error.after_ms, error.field) == (7, Retry.LATER, 5, "batch")
    assert codec.bye(Code.REPLACED, "Elsewhere.").retry is Retry.NEVER
