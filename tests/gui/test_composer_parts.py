"""What the composer decides without a screen: who is meant, what is left to be sent, which emoji is looked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_protocol.codec import has_controls
from chat_protocol.events import Text, encode_body
from desktop_chat.widgets import emoji
from desktop_chat.widgets.drafts import clean_text, without_sent
from desktop_chat.widgets.entries import Entry, narrowed
from desktop_chat.widgets.mentions import named_in, typed_query


def person(name: str) -> Entry:
    return Entry(name, name, name.encode())


PEOPLE = [person(name) for name in ("Theo Okafor", "Théa Laurent", "Ann", "Ann-Marie", "王小明", "小林", "Otto Theo")]


@pytest.mark.parametrize(
    ("before", "query"),
    [
        ("@", ""),
        ("Ask @Th", "Th"),
        ("Ask @Theo Ok", "Theo Ok"),
        ("(@王", "王"),
        ("你好@小", "小"),
        ("mail ann@example.org", None),
        ("Ask @Theo @", ""),
        ("nobody", None),
        ("@Theo\n", None),
        ("@" + "x" * 61, None),
    ],
)
def test_a_name_is_being_typed_after_an_at_but_not_in_an_address(before: str, query: str | None) -> None:
    assert typed_query(before) == query


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", [one.name for one in PEOPLE]),
        ("th", ["Theo Okafor", "Théa Laurent", "Otto Theo"]),
        ("THÉ", ["Theo Okafor", "Théa Laurent", "Otto Theo"]),
        ("oka", ["Theo Okafor"]),
        ("theo ok", ["Theo Okafor"]),
        ("ann", ["Ann", "Ann-Marie"]),
        ("marie", ["Ann-Marie"]),
        ("小", ["小林", "王小明"]),
        ("明", ["王小明"]),
        ("xyz", []),
        ("heo", []),
        ("Theo ", ["Theo Okafor"]),
    ],
)
def test_people_are_offered_by_the_beginnings_of_their_names(query: str, names: list[str]) -> None:
    assert [one.name for one in narrowed(PEOPLE, query, anywhere=False)] == names


def test_what_was_found_is_marked_in_the_name_as_it_is_written() -> None:
    def marked(people: list[Entry], query: str) -> list[tuple[int, int]]:
        return [one.marked for one in narrowed(people, query)]

    assert marked(PEOPLE, "the") == [(0, 3), (0, 3), (5, 8)]
    assert marked([person("ﬁne Straße")], "str") == [(4, 7)]
    assert marked(PEOPLE, "明") == [(2, 3)]
    assert marked(PEOPLE, "kafo") == [(6, 10)]


def test_what_stands_in_a_name_or_beside_it_is_found_last_and_marked_where_it_stands() -> None:
    people = [Entry("1", "Grace", b"", beside="Joann"), person("Hannah"), person("Mary Ann"), person("Ann")]
    found = narrowed(people, "ann")
    assert [one.name for one in found] == ["Ann", "Mary Ann", "Hannah", "Grace"]
    assert [one.marked for one in found] == [(0, 3), (5, 8), (1, 4), (0, 0)]
    assert [one.marked_beside for one in found] == [(0, 0), (0, 0), (0, 0), (2, 5)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Theo Okafor, and @ann?", ["Theo Okafor", "Ann"]),
        ("@Ann-Marie", ["Ann-Marie"]),  # the longest name counts
        ("@Annabel @Ann2", []),
        ("@theo, @otto and @Laurent", ["Theo Okafor", "Otto Theo"]),  # a first name that only one has
        ("@王小明你好", ["王小明"]),
        ("ask@Ann", []),
        ("@Ann @Ann", ["Ann"]),
        ("@nobody", []),
        ("", []),
    ],
)
def test_who_is_named_in_a_text(text: str, named: list[str]) -> None:
    assert named_in(text, PEOPLE) == named


def test_nobody_is_named_in_a_room_without_people() -> None:
    assert named_in("@Ann", []) == []
    assert named_in("@", [person("")]) == []


# --- what is left to be sent ----------------------------------------------------------------------------------


@given(st.text(), st.text())
def test_what_was_typed_behind_a_message_on_its_way_stays(sent: str, since: str) -> None:
    assert without_sent(sent + since, sent) == since


@given(st.text("01", max_size=40), st.text("01", min_size=1, max_size=40), st.data())
def test_what_was_typed_into_a_message_on_its_way_stays_too(sent: str, since: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sent)))
    left = without_sent(sent[:at] + since + sent[at:], sent)
    assert len(left) == len(since)
    assert sorted(left) == sorted(since)


@given(st.text())
def test_nothing_is_left_of_what_was_only_cut(sent: str) -> None:
    assert without_sent(sent[: len(sent) // 2], sent) == ""


@given(st.text(st.characters(exclude_categories=())))
def test_a_cleaned_text_is_one_that_the_protocol_takes(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode()
    assert not has_controls(encode_body(Text(f"x{cleaned}")))
    assert clean_text(cleaned) == cleaned


def test_lines_stay_lines() -> None:
    assert clean_text("a\r\nb\rc\u2028d\u2029e\tf\x00\ufffc\ud83d") == "a\nb\nc\nd\ne\tf"


# --- emoji ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything() -> list[emoji.Emoji]:
    return emoji.read_emoji()


def test_every_emoji_has_its_group_and_its_names(everything: list[emoji.Emoji]) -> None:
    assert len(everything) > 1_000
    assert [one.group for one in everything] == sorted((one.group for one in everything), key=emoji.GROUPS.index)
    assert {one.group for one in everything} == set(emoji.GROUPS)
    assert all(one.text and one.shortcode and one.name and one.chinese for one in everything)
    assert len({one.text for one in everything}) == len(everything)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("wave", "👋"),
        ("ocean", "🌊"),
        (":ocean:", "🌊"),
        ("water wave", "🌊"),
        ("thumbs up", "👍"),
        ("PARTY", "🥳"),
        ("海浪", None),
        ("爱心", None),
        ("笑", None),
    ],
)
def test_emoji_are_found_by_words(everything: list[emoji.Emoji], query: str, first: str | None) -> None:
    found = emoji.find(everything, query)
    if first is None:
        assert all(set(query) & set(one.chinese + one.chinese_words) for one in found)
    else:
        assert first in [one.text for one in found[:4]]


def test_chinese_words_find_too(everything: list[emoji.Emoji]) -> None:
    assert "🌊" in [one.text for one in emoji.find(everything, "海洋")]
    assert "🎉" in [one.text for one in emoji.find(everything, "庆祝")]
    assert emoji.find(everything, "zzzz") == []
    (ocean,) = [one for one in everything if one.text == "🌊"]
    assert (ocean.called("zh_CN"), ocean.called("de_DE")) == ("浪花", "water wave")


def test_what_was_used_last_comes_first_and_a_few_are_remembered() -> None:
    recent: list[str] = []
    for one in [*map(str, range(40)), "30"]:
        recent = emoji.with_recent(recent, one)
    assert recent[:3] == ["30", "39", "38"]
    assert len(recent) == len(set(recent)) == emoji.RECENT


def test_an_emoji_is_written_as_everywhere_else(everything: list[emoji.Emoji]) -> None:
    texts = [one.text for one in everything]
    assert {"👍", "❤️", "☀️", "🇩🇪", "🏳️‍🌈"} <= set(texts)
    assert "👍\ufe0f" not in texts
