"""C7: which names are allowed, which look alike, and which free one is offered."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat_protocol.names import (
    NAME_BYTES,
    NAME_CLUSTERS,
    NameProblem,
    NameRefused,
    clean_name,
    free_variant,
    skeleton,
    why_refused,
)

FAMILY = "👨‍👩‍👧"


def problem(text: str) -> NameProblem:
    with pytest.raises(NameRefused) as refused:
        clean_name(text)
    return refused.value.reason


def cleaned(text: str) -> str | None:
    try:
        return clean_name(text)
    except NameRefused:
        return None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("会", "会"),
        ("  Ana\t\n María ", "Ana María"),
        ("Ａｎａ", "Ana"),
        ("Ze\u0301", "Zé"),
        ("O´Neil", "O'Neil"),
        ("x" * 32, "x" * 32),
        ("语" * 32, "语" * 32),
        ("é" * 32, "é" * 32),
        (FAMILY, FAMILY),
        ("❤️ 1️⃣ 👍🏽 🏳️‍🌈", "❤️ 1️⃣ 👍🏽 🏳️‍🌈"),
        ("علی\u200cرضا", "علی\u200cرضا"),  # Persian
        ("ශ්\u200dරී", "ශ්\u200dරී"),  # Sinhala
        ("शक्ति", "शक्ति"),
        ("Hostess", "Hostess"),
        ("Ghost", "Ghost"),
        ("Adminton", "Adminton"),
        ("Systema", "Systema"),
    ],
)
def test_c7_it_is_a_name(typed: str, name: str) -> None:
    assert clean_name(typed) == name


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_c7_an_empty_name(text: str) -> None:
    assert problem(text) is NameProblem.EMPTY


@pytest.mark.parametrize("text", ["x" * 33, "语" * 33, FAMILY * 16, "👨" + "\u200d👨" * 30, "ﷺ" * 3, "x" * 1_000_000])
def test_c7_a_name_too_long(text: str) -> None:
    assert problem(text) is NameProblem.TOO_LONG


CHARACTERS = ["\u0000", "\u007f", "\u0085x\u0086", "\u200b", "\u200d", "\u200e", "\u202e", "\u2066", "\u00ad", "\ufeff"]
INVISIBLE = ["\u3164", "\u115f", "\u2800", "\u180e", "\u034f", "\ufffc", "\ufe0f", "\ue000", "\ud800", "\u0378"]


@pytest.mark.parametrize("character", [*CHARACTERS, *INVISIBLE, "\U000e0041", "\U000e0100", "\U0010ffff"])
def test_c7_no_control_bidi_format_or_invisible_characters(character: str) -> None:
    for text in (character, f"Ana{character}Lee", f"{character}Ana", f"会{character}"):
        assert problem(text) is NameProblem.CHARACTERS


@pytest.mark.parametrize(
    "text", ["\u0301", "Ana \u0301", "\u20e3a", "a" + "\u0301\u0302" * 4, "Ana\u200dLee", "😀\u200d"]
)
def test_c7_no_marks_or_joiners_of_their_own(text: str) -> None:
    assert problem(text) is NameProblem.CHARACTERS


ROLES = """
host  HOST  Host 2  host2  Ho\u0301st  Ноѕт  ʜᴏsᴛ  H0ST  ｈｏｓｔ  𝓱𝓸𝓼𝓽  h.o.s.t  Ana (host)  admin  Adrnin  Admln
adm|n  АDMIN  Ad min  [Admin] Ana  administrator  admin1  the admin
System  ѕуѕтем  Moderator  m0derator  server  админ  АДМИН
管理员  管理员小王  系 统  관리자
"""


@pytest.mark.parametrize("text", re.split(r"  |\n", ROLES.strip()))
def test_c7_no_name_reads_like_a_role(text: str) -> None:
    assert problem(text) is NameProblem.NOT_ALLOWED


@pytest.mark.parametrize(
    "alike",
    [
        ("Ana", "ana", "ANA", "Аnа", "ᴀɴᴀ", "Ana", "А\u200dna"),
        ("Ian", "lan", "Lan", "1an", "|an", "ian"),
        ("Bob", "B0b", "ВОВ", "boЬ"),
        ("modern", "rnodem", "МODERN"),
        ("Вова", "ВОВА", "вова"),
        ("Жанна", "ЖАННА"),
        ("Νίκος", "νίκος"),
        ("NINA", "Nina", "ΝΙΝΑ", "Νina"),
        ("David", "Daνid"),
        ("Weiß", "Weiβ", "WEISS"),
        ("Æsir", "aesir"),
        ("Zoe\u0308", "Zoë"),
        ("ロ", "口", "囗"),
        ("ニ", "二"),
        (FAMILY, "👨👩👧"),
        ("👍", "👍\ufe0e"),
    ],
)
def test_c7_names_that_look_alike_have_one_skeleton(alike: tuple[str, ...]) -> None:
    assert len({skeleton(name) for name in alike}) == 1


def test_c7_names_that_differ_have_different_skeletons() -> None:
    names = [
        "Ana",
        "Aná",
        "Anna",
        "Ann",
        "Nina",
        "Vina",
        "Yuri",
        "Nora",
        "Vova",
        "Hana",
        "会议",
        "会義",
        "东京",
        "東京",
        "회의",
        "Аня",
        "Саша",
        "Юля",
        "Яна",
        "Νίκος",
        "Γιώργος",
        "محمد",
    ]
    assert len({skeleton(name) for name in names}) == len(names)
    letters = set("abcdefghjklnopqrstuvwxyz23456789")
    assert len({skeleton(letter) for letter in letters}) == len(letters)


latin_and_cyrillic = st.text(
    [chr(c) for c in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x1BC), *range(0x400, 0x530))]
)


@given(latin_and_cyrillic)
def test_c7_case_never_makes_another_name(name: str) -> None:
    assert skeleton(name) == skeleton(name.casefold()) == skeleton(name.upper().lower())


@given(st.text())
@example("ſt")
def test_c7_a_skeleton_is_its_own(text: str) -> None:
    assert skeleton(skeleton(text)) == skeleton(text)
    assert skeleton(unicodedata.normalize("NFD", text)) == skeleton(unicodedata.normalize("NFC", text))


@given(st.text(max_size=40))
@example("\u00a8x")
@example("a\u00b4")
def test_c7_cleaning_twice_changes_nothing(text: str) -> None:
    name = cleaned(text)
    if name is not None:
        assert clean_name(name) == name
        assert unicodedata.is_normalized("NFKC", name)
        assert name == name.strip()
        assert len(name.encode()) <= NAME_BYTES


@pytest.mark.parametrize(
    ("name", "taken", "free"),
    [
        ("Ana", set(), "Ana"),
        ("Ana", {"ana"}, "Ana 2"),
        ("Ana", {"Аna", "ANA 2"}, "Ana 3"),
        ("Ana 2", {"Ana 2"}, "Ana 3"),
        ("Ana 2", {"Ana 2", "Ana 3"}, "Ana 4"),
        ("会", {"会"}, "会 2"),
        ("42", {"42"}, "42 2"),
        ("x" * 32, {"x" * 32}, "x" * 30 + " 2"),
        ("x" * 29 + " yz", {"x" * 29 + " yz"}, "x" * 29 + " 2"),
        ("x" * 25 + " hostie", {"x" * 25 + " hostie"}, "x" * 25 + " hos 10"),
        (FAMILY * 14, {FAMILY * 14}, FAMILY * 14 + " 2"),
    ],
)
def test_c7_a_free_variant_is_offered(name: str, taken: set[str], free: str) -> None:
    skeletons = {skeleton(other) for other in taken}
    assert free_variant(name, lambda wanted: skeleton(wanted) in skeletons) == free


@given(st.text(max_size=40), st.integers(0, 30))
def test_c7_an_offered_name_is_free_and_allowed(text: str, others: int) -> None:
    name = cleaned(text)
    if name is None:
        return
    seen: set[str] = set()

    def taken(wanted: str) -> bool:
        seen.add(skeleton(wanted))
        return len(seen) <= others

    free = free_variant(name, taken)
    assert clean_name(free) == free


def test_a_refusal_is_a_sentence_that_does_not_repeat_the_name() -> None:
    for text, reason in [("", "empty"), ("x" * 33, "too_long"), ("Ana\u202e", "characters"), ("Host", "not_allowed")]:
        with pytest.raises(NameRefused) as refused:
            clean_name(text)
        assert refused.value.reason == reason
        assert str(refused.value).endswith(".")
        assert not text or text not in str(refused.value)


def test_the_bounds_are_those_of_c7() -> None:
    assert NAME_CLUSTERS == 32


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("host", "host"),
        ("The Host", "host"),
        ("Host 2", "host"),
        ("h o s t", "host"),
        ("Н0ST", "host"),
        ("Admin", "admin"),
        ("我是群主", "群主"),
    ],
)
def test_c7_a_refusal_knows_the_word(name: str, word: str) -> None:
    refused = why_refused(name)
    assert refused is not None
    assert (refused.reason, refused.word) == (NameProblem.NOT_ALLOWED, word)


def test_c7_nothing_is_wrong_with_a_name() -> None:
    assert why_refused("Ghost") is None
