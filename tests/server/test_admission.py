"""Who has to go when too many come (D1), decided without a socket."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_server.transport.admission import CUT_AT_ONCE, Admission, Caps, address_of

A, B, C = b"aaaa", b"bbbb", b"cccc"


def arrivals(admission: Admission, *addresses: bytes) -> list[int | None]:
    """Who had to go at each arrival; keys count from 0."""
    return [admission.arrived(key, address) for key, address in enumerate(addresses)]


def test_d1_one_address_has_so_many_places_and_its_newest_goes() -> None:
    admission = Admission(Caps(strangers_per_address=2))
    assert arrivals(admission, A, A, A, B, A) == [None, None, 2, None, 4]
    assert admission.strangers == len(admission) == 3


def test_d1_over_the_cap_the_newest_of_the_address_that_has_most_goes() -> None:
    admission = Admission(Caps(strangers=3))
    assert arrivals(admission, B, A, A, C) == [None, None, None, 2]
    assert admission.strangers == 3


def test_d1_the_newcomer_goes_when_its_address_has_most() -> None:
    admission = Admission(Caps(strangers=3))
    assert arrivals(admission, A, B, A, A) == [None, None, None, 3]


def test_d1_where_all_have_one_the_longest_waiting_goes_so_nobody_is_kept_out_for_good() -> None:
    admission = Admission(Caps(strangers=2))
    assert arrivals(admission, A, B, C) == [None, None, 0]


def test_d1_members_are_put_out_by_nobody() -> None:
    admission = Admission(Caps(total=4, strangers=2, strangers_per_address=1))
    for key in range(3):
        assert admission.arrived(key, A) is None
        assert admission.authenticated(key)
    assert admission.arrived(3, B) is None
    assert admission.arrived(4, C) == 3, "the cap of all is reached, and only strangers go"
    assert admission.authenticated(4)
    assert admission.arrived(5, A) == 5, "members hold every place"


def test_d1_one_that_was_cut_holds_a_descriptor_until_it_is_closed_and_cannot_log_in() -> None:
    admission = Admission(Caps(strangers=1))
    assert arrivals(admission, A, B) == [None, 0]
    assert len(admission) == 2
    assert not admission.authenticated(0)
    assert admission.left(0)
    assert len(admission) == 1


def test_d1_no_more_are_cut_than_descriptors_are_kept_for() -> None:
    admission = Admission(Caps(strangers=1, strangers_per_address=1))
    addresses = [key.to_bytes(4, "big") for key in range(CUT_AT_ONCE + 3)]
    gone = arrivals(admission, *addresses)
    assert gone[: CUT_AT_ONCE + 1] == [None, *range(CUT_AT_ONCE)]
    assert gone[CUT_AT_ONCE + 1 :] == [CUT_AT_ONCE + 1, CUT_AT_ONCE + 2], "each newcomer is refused"
    assert len(admission) == CUT_AT_ONCE + 1


def test_who_left_gives_its_place_back() -> None:
    admission = Admission(Caps(strangers_per_address=1))
    assert admission.arrived(1, A) is None
    assert admission.left(1), "as a stranger"
    assert admission.arrived(2, A) is None
    assert admission.authenticated(2)
    assert admission.authenticated(2), "twice is once"
    assert not admission.left(2), "as a member"
    assert not admission.authenticated(2)
    assert len(admission) == 0


@given(
    st.lists(st.tuples(st.sampled_from(["arrive", "login", "leave"]), st.integers(0, 40), st.sampled_from([A, B, C])))
)
def test_d1_no_cap_is_ever_exceeded(steps: list[tuple[str, int, bytes]]) -> None:
    caps = Caps(total=8, strangers=5, strangers_per_address=3)
    admission = Admission(caps)
    fresh = itertools.count()
    strangers: dict[int, bytes] = {}
    members: set[int] = set()
    cut: set[int] = set()
    for step, pick, address in steps:
        if step == "arrive":
            key = next(fresh)
            strangers[key] = address
            victim = admission.arrived(key, address)
            if victim is not None:
                assert victim in strangers
                del strangers[victim]
                if victim != key:
                    cut.add(victim)
        elif step == "login" and strangers:
            key = sorted(strangers)[pick % len(strangers)]
            assert admission.authenticated(key)
            del strangers[key]
            members.add(key)
        elif step == "leave" and (anybody := sorted({*strangers, *members, *cut})):
            key = anybody[pick % len(anybody)]
            assert admission.left(key) == (key not in members)
            strangers.pop(key, None)
            members.discard(key)
            cut.discard(key)
        assert admission.strangers == len(strangers) <= caps.strangers
        assert len(admission) == len(strangers) + len(members) + len(cut)
        assert len(strangers) + len(members) <= caps.total
        per_address = [list(strangers.values()).count(one) for one in (A, B, C)]
        assert max(per_address) <= caps.strangers_per_address


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_d1_an_address_is_an_ipv4_address_or_an_ipv6_network_of_64_bits(one: str, other: str, same: bool) -> None:
    assert (address_of(one) == address_of(other)) is same


def test_fewer_sockets_lower_only_the_cap_of_all() -> None:
    assert Caps().within(100) == Caps(total=100)
    assert Caps(total=50).within(100) == Caps(total=50)
