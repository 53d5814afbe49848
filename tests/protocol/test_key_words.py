"""A5: a server's key as words and digits for people."""

from __future__ import annotations

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_protocol.key_words import DIGITS, WORDS, _words, key_digits, key_words

fingerprints = st.binary(min_size=32, max_size=32)


def test_the_list_has_1296_words_that_differ() -> None:
    assert len(_words()) == len(set(_words())) == 6**4
    assert all(word.isascii() and word.replace("-", "").isalpha() and word.islower() for word in _words())


def test_a5_how_many_bits_are_shown() -> None:
    assert WORDS * math.log2(len(_words())) == pytest.approx(62.0, abs=0.05)
    assert math.log2(10) * DIGITS == pytest.approx(66.4, abs=0.05)


def test_a5_the_same_key_reads_the_same_for_ever() -> None:
    assert key_words(bytes(range(32))) == ["vest", "stuck", "army", "ditzy", "pond", "doze"]
    assert key_digits(bytes(range(32))) == "06050 95539 57313 61295"
    assert key_digits(bytes(32)) == "00000 00000 00000 00000"


@given(fingerprints)
def test_a5_six_words_and_four_groups_of_five_digits(fingerprint: bytes) -> None:
    assert len(key_words(fingerprint)) == WORDS
    assert set(key_words(fingerprint)) <= set(_words())
    assert [len(group) for group in key_digits(fingerprint).split(" ")] == [5, 5, 5, 5]
    assert key_digits(fingerprint).replace(" ", "").isdecimal()


def test_a5_other_keys_read_differently_in_every_place() -> None:
    keys = [hashlib.sha256(bytes([n])).digest() for n in range(200)]
    for place in range(WORDS):
        assert len({key_words(key)[place] for key in keys}) > 150
    assert len({key_digits(key) for key in keys}) == len({tuple(key_words(key)) for key in keys}) == 200


@pytest.mark.parametrize("size", [0, 31, 33])
def test_only_whole_fingerprints_are_shown(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        key_words(bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        key_digits(bytes(size))
