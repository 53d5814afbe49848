"""C3: which links are seen, which open without asking, and where they lead."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_chat.timeline import links
from desktop_chat.timeline.links import Judgement, Reason


def test_links_of_three_schemes_are_found() -> None:
    text = "see https://example.com/a_b?x=1. or foo.org, (www.bar.net) a@b.co, mailto:c@d.co"
    found = links.spans(text)
    assert [text[start:end] for start, end, _ in found] == [
        "https://example.com/a_b?x=1",
        "foo.org",
        "www.bar.net",
        "a@b.co",
        "mailto:c@d.co",
    ]
    assert [url for _, _, url in found] == [
        "https://example.com/a_b?x=1",
        "http://foo.org",
        "http://www.bar.net",
        "mailto:a@b.co",
        "mailto:c@d.co",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no link. At all",
        "ftp://example.com/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//host/share",
        "1.5",
        "http://exampl%65.com",
    ],
)
def test_C3_nothing_else_is_a_link(text: str) -> None:
    assert links.spans(text) == []


def test_positions_count_characters() -> None:
    text = "🙂🙂 https://例え.jp/道 你好"
    ((start, end, url),) = links.spans(text)
    assert text[start:end] == url == "https://例え.jp/道"


@given(st.text(st.sampled_from("ab.:/@ w#?\n(漢🙂\u202e"), max_size=60))
def test_spans_lie_in_the_text_in_order(text: str) -> None:
    at = 0
    for start, end, url in links.spans(text):
        assert at <= start < end <= len(text)
        assert url.partition(":")[0].lower() in links.SCHEMES
        at = end
        links.judge(url)


@pytest.mark.parametrize(
    "text", ["a.b " * 4000, "http://" * 2200, "a@" * 8000, "." * 16000, "((((" * 4000 + "http://x.y"]
)
def test_C8_no_text_takes_long(text: str) -> None:
    links.spans("http://x.y")
    began = time.process_time()
    links.spans(text)
    assert time.process_time() - began < 1.0, "ten times what is promised"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/x", "example.com"),
        ("HTTP://EXAMPLE.com", "example.com"),
        ("https://münchen.de/a", "münchen.de"),
        ("http://例え.jp", "例え.jp"),
        ("http://xn--r8jz45g.jp", "例え.jp"),
        ("http://127.0.0.1:8080/", "127.0.0.1"),
        ("http://[::1]:80/", "[::1]"),
        ("https://a_b.example.com", "a_b.example.com"),
        ("mailto:a@b.co", "b.co"),
    ],
)
def test_C3_plain_links_open(url: str, host: str) -> None:
    assert links.judge(url) == Judgement(True, None, host)


@pytest.mark.parametrize(
    ("url", "reason", "host"),
    [
        ("http://google.com@evil.com/", Reason.USER_INFO, "evil.com"),
        ("https://exаmple.com", Reason.MIXED_SCRIPTS, "xn--exmple-4nf.com"),
        ("https://bücher日本.jp", Reason.MIXED_SCRIPTS, "xn--bcher-kva9491p0ec.jp"),
        ("https://аррӏе.com", Reason.LOOKS_LIKE_ANOTHER, "xn--80ak6aa92e.com"),
        ("http://xn--80ak6aa92e.com/", Reason.LOOKS_LIKE_ANOTHER, "xn--80ak6aa92e.com"),
        ("mailto:me@аррӏе.com", Reason.LOOKS_LIKE_ANOTHER, "xn--80ak6aa92e.com"),
        ("https://a.com/\u202egnp.exe", Reason.BIDI, "a.com"),
        ("https://a.com/%E2%80%AEgnp.exe", Reason.BIDI, "a.com"),
        ("http://3232235521/", Reason.UNREADABLE, "3232235521"),
        ("http://0x7f.1/", Reason.UNREADABLE, "0x7f.1"),
        ("http://10.1/", Reason.UNREADABLE, "10.1"),
        ("https://good.com\\@evil.com", Reason.UNREADABLE, ""),
        ("http://a b", Reason.UNREADABLE, ""),
        ("http://a..b", Reason.UNREADABLE, ""),
        ("http://a%2eb/", Reason.UNREADABLE, "a%2eb"),
        ("http://", Reason.UNREADABLE, ""),
        ("http://x:99999/", Reason.UNREADABLE, ""),
        ("http://[::1/", Reason.UNREADABLE, ""),
        ("javascript:alert(1)", Reason.SCHEME, ""),
        ("file:///etc/passwd", Reason.SCHEME, ""),
        ("nothing", Reason.SCHEME, ""),
    ],
)
def test_C3_what_may_lead_elsewhere_is_asked_about(url: str, reason: Reason, host: str) -> None:
    judgement = links.judge(url)
    assert judgement == Judgement(False, reason, host)
    assert judgement.is_refused == (reason is Reason.SCHEME)


def test_C3_another_text_than_the_target_is_asked_about() -> None:
    assert links.judge("http://example.com", "example.com").opens
    assert links.judge("http://example.com/a", "http://example.com/a").opens
    for text in ("click here", "http://other.com", "see example.com", "example.com/b"):
        assert links.judge("http://example.com", text).reason is Reason.OTHER_TEXT


def test_C3_what_is_hidden_in_a_link_can_be_seen() -> None:
    assert links.visible("https://a.com/\u202egnp\u200b.exe\n") == "https://a.com/%E2%80%AEgnp%E2%80%8B.exe%0A"
    assert links.visible("https://例え.jp/a b?c=%20") == "https://例え.jp/a b?c=%20"


@given(st.text(max_size=40))
def test_any_url_is_judged(rest: str) -> None:
    for scheme in ("http://", "https:", "mailto:", ""):
        judgement = links.judge(scheme + rest)
        assert judgement.opens == (judgement.reason is None)


def test_the_parser_of_links_waits_for_a_link() -> None:
    code = """if True:
        import sys
        from desktop_chat.timeline import links
        links.spans('No link. At all')
        print('linkify_it' in sys.modules)
    """
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert ran.stdout.strip() == "False"
