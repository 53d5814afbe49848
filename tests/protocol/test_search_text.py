"""Words of every script are found, in the index and in the text as shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import apsw
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat_protocol.search_text import QUERY_PHRASES, fold, match_expression, spans


@dataclass
class Index:
    """An FTS5 table as storage and store keep it."""

    connection: apsw.Connection

    def finds(self, text: str, query: str) -> bool:
        expression = match_expression(query)
        if expression is None:
            return False
        self.connection.execute("DELETE FROM found")
        self.connection.execute("INSERT INTO found (text) VALUES (?)", (fold(text),))
        return bool(self.connection.execute("SELECT 1 FROM found WHERE found MATCH ?", (expression,)).get)


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE VIRTUAL TABLE found USING fts5 (text, tokenize = 'unicode61')")
    yield Index(connection)
    connection.close()


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("我们明天开会议室见", "会议", ["会议"]),
        ("明日は東京駅で会いましょう", "東京", ["東京"]),
        ("오늘회의에서 봐요", "회의", ["회의"]),
        (unicodedata.normalize("NFD", "오늘회의에서"), "회의", [unicodedata.normalize("NFD", "회의")]),
        ("ㅋㅋㅋ 진짜", "ㅋㅋ", ["ㅋㅋㅋ"]),
        ("ㅋㅏ", "ㅋ", ["ㅋ"]),
        ("サーバーがダウン", "サーバー", ["サーバー"]),
        ("ﾊﾞｯｸｱｯﾌﾟ", "バック", ["ﾊﾞｯｸ"]),
        ("人々の声", "人々", ["人々"]),
        ("สวัสดีครับ", "ครับ", ["ครับ"]),
        ("𰻝𰻝面好吃", "𰻝面", ["𰻝面"]),
        ("用iPhone开会议", "iphone 会议", ["iPhone", "会议"]),
        ("Le Café, le cafe\u0301 et le CAFE", "cafe", ["Café", "cafe\u0301", "CAFE"]),
        ("cafe", "café", ["cafe"]),
        ("Straße", "STRASSE", ["Straße"]),
        ("ΟΔΟΣ οδός", "οδοσ", ["ΟΔΟΣ", "οδός"]),
        ("ﬁne soft\u00adware", "fine software", ["ﬁne", "soft\u00adware"]),
        ("hi🤣there", "hi there", ["hi", "there"]),
        ("fast food, food fast", '"food fast"', ["food fast"]),
        ("the meeting was met", "meet", ["meeting"]),
        ("it's C++ and C#", "c", ["C", "C"]),
        ("a_b snake_case", "snake case", ["snake", "case"]),
        ("№5 ½ ①", "1", ["½", "①"]),
        ("a⑴b", '"a"', ["a"]),
    ],
)
def test_it_is_found_and_marked(index: Index, text: str, query: str, marked: list[str]) -> None:
    assert index.finds(text, query)
    assert [text[start:end] for start, end in spans(text, query)] == marked


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("会商议论", "会议"),
        ("議会", "会議"),
        ("かく", "がく"),
        ("ハハ", "パパ"),
        ("meeting", "eet"),
        ("meeting", '"meet"'),
        ("meeting room", "meet room"),
        ("apple", "a"),
        ("one two", "one three"),
        ("fast, food fast", '"food food"'),
        ("🤣", "🤣"),
    ],
)
def test_it_is_not_found(index: Index, text: str, query: str) -> None:
    assert not index.finds(text, query)
    assert spans(text, query) == []


@pytest.mark.parametrize("query", ["", " ", '"', '""', "*", "^ - ( )", "\x00", "🎉", "\u0301", "\ud800"])
def test_a_query_without_words_is_none(query: str) -> None:
    assert match_expression(query) is None
    assert spans("anything", query) == []


def test_the_expression_is_all_quoted_strings() -> None:
    assert match_expression('会议 "Big Room" proj') == '"会 议" "big room" "proj"*'
    assert match_expression("“exact words” more") == '"exact words" "more"*'
    assert match_expression("foo-bar a") == '"foo bar" "a"'
    assert match_expression('text: x OR y* NEAR(z) "') == '"text" "x" "or" "y" "near z"'
    assert match_expression("open first") == '"open" "first"*'


def test_long_queries_are_cut(index: Index) -> None:
    many = " ".join(f"w{n}" for n in range(1000))
    expression = match_expression(many)
    assert expression is not None
    assert expression.count('"') == 2 * QUERY_PHRASES
    assert index.finds(many, many)
    assert index.finds("会" * 300, "会" * 100_000)


syntax = st.lists(
    st.sampled_from(['"', "'", "*", "^", "(", ")", "+", "-", ":", "AND", "OR", "NOT", "NEAR", "NEAR(", "a", "会", " "])
).map("".join)
any_text = st.one_of(st.text(), syntax, st.text(st.characters()))
scripts = st.text("abcéßÀ 会议室東京がか゛ﾊﾞ회의ㅋㅏ\u1112\u1162ครับ,.-_'\"1½\u0301\u00ad🤣", max_size=12)


@given(text=scripts, query=any_text)
@example(text="", query='a" OR "b')
@example(text="", query="\ud800")
@example(text="", query="a\x00b")
def test_no_query_is_an_error_and_marks_say_the_same_as_the_index(index: Index, text: str, query: str) -> None:
    assert index.finds(text, query) == bool(spans(text, query))


@given(text=scripts, query=scripts)
@example(text="\u1112\u00ad\u1162", query="\u1112")
@example(text="\u1112\u0301\u1162", query="\u1162")
def test_marks_say_the_same_as_the_index(index: Index, text: str, query: str) -> None:
    marked = spans(text, query)
    assert index.finds(text, query) == bool(marked)
    ends = [place for span in marked for place in span]
    assert ends == sorted(set(ends))
    assert ends[-1:] <= [len(text)]


unspaced = st.text("会议室明天見東京駅あいがぱアパー々회의실오늘ครบ", min_size=1, max_size=8)


@given(before=st.text(max_size=6), word=unspaced, after=unspaced | st.just(" ") | st.just(""))
def test_any_part_of_a_run_is_found(index: Index, before: str, word: str, after: str) -> None:
    text = f"{before} {word}{after}"
    assert index.finds(text, word)
    assert any(text[start:end].find(word) >= 0 for start, end in spans(text, word))


@given(any_text)
def test_folding_twice_changes_nothing_and_can_be_stored(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded.encode().decode() == folded
    assert folded.isascii() or unicodedata.is_normalized("NFC", folded)


def test_ascii_is_only_lowered() -> None:
    text = "".join(map(chr, range(128)))
    assert fold(text) == text.lower()
