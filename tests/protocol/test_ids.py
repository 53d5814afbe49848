"""Ids, the hash chain, and what nobody can take beforehand."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_protocol.ids import (
    PEOPLE,
    STAFF,
    Cid,
    LogId,
    MemberId,
    Ref,
    b64,
    cid_ms,
    derived_cid,
    dm_log,
    first_h,
    is_b64,
    is_dm,
    is_id,
    is_server_cid,
    member_id,
    new_cid,
    next_h,
    server_cid,
    unb64,
)

ANN, BEN, CYD = (member_id(who) for who in (b"ann", b"ben", b"cyd"))
ROOM = LogId(b64(b"r" * 16))
CID = new_cid(1_764_000_000_000, b"0123456789")

ids_ = st.binary(min_size=16, max_size=16).map(b64)


@given(st.binary(max_size=70))
def test_b64_is_unpadded_base64url_and_comes_back(data: bytes) -> None:
    """RFC 4648 section 5."""
    text = b64(data)
    assert text == urlsafe_b64encode(data).decode().rstrip("=")
    assert unb64(text) == data
    assert is_b64(text, len(data))
    assert not is_b64(text, len(data) + 1)


@given(st.text(alphabet="ABCabc012-_+/= \n\tÄ=", max_size=24))
def test_there_is_one_spelling(text: str) -> None:
    try:
        data = unb64(text)
    except ValueError:
        assert not is_b64(text, len(text) * 3 // 4)
    else:
        assert b64(data) == text


@given(ids_)
def test_an_id_is_22_characters_and_its_last_has_four_values(text: str) -> None:
    assert is_id(text)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert [end for end in alphabet if is_id(text[:-1] + end)] == list("AQgw")
    assert not is_id(text[:-1])
    assert not is_id(text + "A")


@pytest.mark.parametrize("text", ["", "people", "A" * 21, "A" * 23, "A" * 20 + "==", "+" * 22, "é" * 22, "A" * 100_000])
def test_what_is_no_id(text: str) -> None:
    assert not is_id(text)


def test_a_member_is_named_by_the_hash_of_its_key() -> None:
    key = bytes(range(32))
    assert unb64(member_id(key)) == hashlib.sha256(key).digest()[:16]


# --- cids -----------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**47 - 1), st.integers(0, 2**47 - 1), st.binary(min_size=10, max_size=10))
def test_cids_tell_their_time_and_sort_by_it(one: int, other: int, random: bytes) -> None:
    cids = [new_cid(ms, random) for ms in (one, other)]
    assert [cid_ms(cid) for cid in cids] == [one, other]
    assert all(map(is_id, cids))
    assert (unb64(cids[0]) < unb64(cids[1])) == (one < other)


@pytest.mark.parametrize("ms", [-1, -62_135_596_800_000, 0, 253_402_300_799_999, 2**47, 2**60])
def test_no_clock_makes_a_cid_that_only_a_server_may(ms: int) -> None:
    assert not is_server_cid(new_cid(ms, b"0123456789"))
    assert is_server_cid(server_cid(ms, b"about"))


def test_a_cid_takes_ten_random_bytes() -> None:
    with pytest.raises(ValueError, match="10"):
        new_cid(1, b"short")


def test_derived_cids_follow_from_their_cause_alone() -> None:
    cause = Ref(ANN, CID)
    cid = derived_cid(cause, ROOM, "name", "name")
    assert cid == derived_cid(cause, ROOM, "name", "name")
    assert is_id(cid)
    assert is_server_cid(cid)
    assert cid_ms(cid) == cid_ms(CID)
    others = {
        derived_cid(Ref(BEN, CID), ROOM, "name", "name"),
        derived_cid(Ref(ANN, new_cid(1, b"0123456789")), ROOM, "name", "name"),
        derived_cid(cause, PEOPLE, "name", "name"),
        derived_cid(cause, ROOM, "nam", "ename"),
        derived_cid(cause, ROOM, "name", ""),
        server_cid(cid_ms(CID), b"name"),
        cid,
    }
    assert len(others) == 7


def test_a_derived_cid_can_be_a_cause() -> None:
    first = derived_cid(Ref(ANN, CID), ROOM, "kick", "in:x")
    second = derived_cid(Ref(ANN, first), ROOM, "kick", "in:x")
    assert first != second
    assert cid_ms(second) == cid_ms(CID)


# --- DMs ------------------------------------------------------------------------------------------------------


def test_a_dm_has_one_id_from_both_sides() -> None:
    log = dm_log(ANN, BEN)
    assert log == dm_log(BEN, ANN)
    assert is_id(log)
    assert len({log, dm_log(ANN, CYD), dm_log(BEN, CYD)}) == 3


def test_the_id_of_a_dm_is_what_the_document_says() -> None:
    low, high = sorted((ANN, BEN))
    fields = (b"dm", unb64(low), unb64(high))
    digest = hashlib.sha256(b"".join(len(one).to_bytes(4, "big") + one for one in fields)).digest()
    assert unb64(dm_log(ANN, BEN)) == b"\xff\xff\xff" + digest[:13]


@given(ids_, ids_)
def test_dms_are_told_by_their_id(one: str, other: str) -> None:
    assert is_dm(dm_log(MemberId(one), MemberId(other)))
    assert is_dm(LogId(one)) == (unb64(one)[:3] == b"\xff\xff\xff")


def test_other_logs_are_no_dms() -> None:
    assert not any(map(is_dm, (PEOPLE, STAFF, ROOM, LogId(""))))


# --- h --------------------------------------------------------------------------------------------------------


def test_h_is_what_the_document_says() -> None:
    assert first_h(ROOM) == hashlib.sha256(ROOM.encode()).digest()
    before = first_h(ROOM)
    kinds: list[tuple[str, Ref | None, str | None, str]] = [
        ("text", None, None, ""),
        ("edit", Ref(BEN, CID), None, f"@{BEN}{CID}"),
        ("tópico", None, "topic", "=topic"),
    ]
    for seq, (kind, target, key, about) in enumerate(kinds, 1):
        fields = [str(seq), ANN, CID, str(len(kind.encode())), kind, str(len(about)), about]
        expected = hashlib.sha256(before + "\0".join(fields).encode()).digest()
        before = next_h(before, seq, ANN, CID, kind, target, key)
        assert before == expected


def test_every_field_but_the_body_counts() -> None:
    h = first_h(ROOM)
    other = new_cid(2, b"0123456789")
    variants = [
        next_h(h, 1, ANN, CID, "text", None, None),
        next_h(first_h(PEOPLE), 1, ANN, CID, "text", None, None),
        next_h(h, 2, ANN, CID, "text", None, None),
        next_h(h, 1, BEN, CID, "text", None, None),
        next_h(h, 1, ANN, other, "text", None, None),
        next_h(h, 1, ANN, CID, "edit", None, None),
        next_h(h, 1, ANN, CID, "text", Ref(ANN, CID), None),
        next_h(h, 1, ANN, CID, "text", Ref(BEN, CID), None),
        next_h(h, 1, ANN, CID, "text", Ref(ANN, other), None),
        next_h(h, 1, ANN, CID, "text", None, "topic"),
        next_h(h, 1, ANN, CID, "text", None, f"@{ANN}{CID}"),
        next_h(h, 1, ANN, CID, "text", None, ""),
    ]
    assert len(set(variants)) == len(variants)


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_fields_do_not_run_into_each_other(kind: str, key: str, kind2: str, key2: str) -> None:
    one = next_h(b"h", 1, ANN, Cid("c"), kind, None, key)
    other = next_h(b"h", 1, ANN, Cid("c"), kind2, None, key2)
    assert (one == other) == ((kind, key) == (kind2, key2))
