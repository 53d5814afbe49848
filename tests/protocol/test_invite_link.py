"""A1, A2: invite links of both forms, and the server name that asks for a key."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_protocol.invite_link import (
    LINK_CHARACTERS,
    Address,
    Invite,
    InviteMalformed,
    InviteProblem,
    parse,
    server_name,
)

KEY = bytes(range(32))
TOKEN = bytes(range(100, 116))
INVITE = Invite((Address("192.0.2.7", 47000), Address("2001:db8::1", 47001), Address("chat.example", 443)), KEY, TOKEN)
FORMS: list[Callable[[Invite], str]] = [Invite.to_app_link, Invite.to_web_link]

labels = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z])?", fullmatch=True)
hosts = st.one_of(
    st.ip_addresses(v=4).filter(lambda ip: not (ip.is_multicast or ip.is_unspecified)).map(str),
    st.ip_addresses(v=6).filter(lambda ip: not (ip.is_multicast or ip.is_unspecified)).map(str),
    st.lists(labels, min_size=1, max_size=4).map(".".join),
)
addresses = st.builds(Address, hosts, st.integers(1, 65535))
invites = st.builds(
    Invite,
    st.lists(addresses, min_size=1, max_size=6).map(tuple),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=16, max_size=64),
)


def problem(text: str) -> InviteProblem:
    with pytest.raises(InviteMalformed) as refused:
        parse(text)
    return refused.value.reason


@pytest.mark.parametrize("form", FORMS)
@given(invite=invites)
def test_a1_both_forms_come_back_as_they_were(form: Callable[[Invite], str], invite: Invite) -> None:
    assert parse(form(invite)) == invite


def test_a1_the_forms_are_the_documented_ones() -> None:
    secrets = "k=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8&t=ZGVmZ2hpamtsbW5vcHFycw"
    places = "192.0.2.7:47000,[2001:db8::1]:47001,chat.example:443"
    assert INVITE.to_app_link() == f"desktopchat://join/{places}#{secrets}&c=8YpOHw"
    more = "&a=[2001:db8::1]:47001&a=chat.example:443"
    assert INVITE.to_web_link() == f"https://192.0.2.7:47000/#{secrets}{more}&c=8YpOHw"


@pytest.mark.parametrize("form", FORMS)
def test_every_wrong_or_missing_character_of_the_fragment_is_refused(form: Callable[[Invite], str]) -> None:
    place, fragment = form(INVITE).split("#")
    for at in range(len(fragment)):
        for typed in ("", *string.ascii_letters, *string.digits, *string.punctuation, " ", "é"):
            changed = fragment[:at] + typed + fragment[at + 1 :]
            in_address = fragment.find("&a=") + 2 < at < fragment.index("&c=") and "&a=" in fragment
            if changed == fragment or (in_address and changed.lower() == fragment.lower()):
                continue  # a host is the same host in capitals
            with pytest.raises(InviteMalformed):
                parse(f"{place}#{changed}")


def test_a_wrong_character_of_an_address_is_refused() -> None:
    link = INVITE.to_app_link()
    for at in range(len("desktopchat://join/"), link.index("#")):
        for typed in ("", *string.digits, "a", "x", ".", ":", "-"):
            if typed != link[at]:
                assert problem(link[:at] + typed + link[at + 1 :])


@pytest.mark.parametrize("form", FORMS)
def test_every_link_cut_short_is_refused_as_truncated(form: Callable[[Invite], str]) -> None:
    link = form(INVITE)
    for length in range(link.index("t="), len(link)):
        assert problem(link[:length]) is InviteProblem.TRUNCATED
    assert problem(INVITE.to_app_link().partition("#")[0]) is InviteProblem.TRUNCATED


@given(st.text(max_size=60), st.sampled_from(["", "desktopchat://join/", "https://", "desktopchat://join/a:1#k="]))
def test_any_other_text_is_refused_in_one_way(text: str, start: str) -> None:
    assert isinstance(problem(start + text), InviteProblem)


@pytest.mark.parametrize(
    "text", ["", " ", "hello", "https://example.org/", "https://example.org/#top", "http://a:1/#k=A"]
)
def test_what_never_was_an_invite(text: str) -> None:
    assert problem(text) is InviteProblem.NOT_AN_INVITE


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", ["\n{}\n", "<{}>", '"{}"', "“{}”", "({}).", "「{}」", "\u200b{}\u2069", "  {} ,"])
def test_what_people_and_programs_put_around_a_link_does_not_matter(form: Callable[[Invite], str], around: str) -> None:
    assert parse(around.format(form(INVITE))) == INVITE


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "sentence",
    ["Hey, join us: {} see you", "快来：{}，我们在等你", "https://example.org/ is the page, {} the room", "{}\nAnn"],
)
def test_a_link_in_a_sentence_is_found(form: Callable[[Invite], str], sentence: str) -> None:
    assert parse(sentence.format(form(INVITE))) == INVITE
    assert problem(sentence.format(form(INVITE)[:-1])) is not InviteProblem.NOT_AN_INVITE


@pytest.mark.parametrize("form", FORMS)
def test_a_link_broken_over_lines_is_whole(form: Callable[[Invite], str]) -> None:
    link = form(INVITE)
    assert parse("\r\n> ".join([link[:30], link[30:70], link[70:]]).replace("> ", " ")) == INVITE


@pytest.mark.parametrize("form", FORMS)
def test_what_browsers_do_to_a_link_does_not_matter(form: Callable[[Invite], str]) -> None:
    link = form(INVITE)
    assert parse(link.replace("[", "%5B").replace("]", "%5D").replace(",", "%2C")) == INVITE
    scheme, rest = link.split(":", 1)
    assert parse(f"{scheme.upper()}:{rest}&from=mail") == INVITE
    usual_port = Invite((Address("chat.example", 443),), KEY, TOKEN)
    assert parse(usual_port.to_web_link().replace(":443", "")) == usual_port


def changed_place(place: str) -> str:
    return place + "#" + INVITE.to_app_link().partition("#")[2]


BAD_PLACES = """
:1  a  a:  a:0  a:65536  a:1:2  a:٣  a:1,  ,a:1  2001:db8::1:1  [::1]  [a]:1  [192.0.2.7]:1  [:1  [::1:1  a@b:1  a/b:1
256.1.1.1:1  1.2.3:1  0x7f.1:1  0.0.0.0:1  [::]:1  224.0.0.1:1  [fe80::1%25eth0]:1  -a:1  a-.b:1  a..b:1  a?b:1  a!:1
"""


@pytest.mark.parametrize("place", ["", *BAD_PLACES.split(), f"{'a' * 64}:1", f"{'ü' * 64}:1", f"{'a.' * 130}a:1"])
def test_an_address_that_cannot_be_is_refused(place: str) -> None:
    assert problem(changed_place(f"desktopchat://join/{place}")) is InviteProblem.BAD_ADDRESS


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("Chat.Example.", "chat.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("１２７.0.0.1", "127.0.0.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("my_pc", "my_pc"),
    ],
)
def test_a_host_has_one_spelling(typed: str, host: str) -> None:
    assert Address(typed, 1) == Address(host, 1)
    assert Address(typed, 1).host == host


def test_a_link_has_at_most_2048_characters() -> None:
    long_name = Address(".".join(["a" * 60] * 4), 47000)
    with pytest.raises(InviteMalformed) as refused:
        Invite((long_name,) * 8, KEY, TOKEN)
    assert refused.value.reason is InviteProblem.TOO_LONG
    assert len(Invite((long_name,) * 7, KEY, TOKEN).to_web_link()) <= LINK_CHARACTERS
    assert problem(INVITE.to_app_link() + "&x=" + "a" * LINK_CHARACTERS) is InviteProblem.TOO_LONG
    assert problem(" " * 1_000_000) is InviteProblem.TOO_LONG


@pytest.mark.parametrize(("key", "token"), [(KEY[1:], TOKEN), (KEY, TOKEN[1:]), (KEY, bytes(65)), (b"", b"")])
def test_a1_a_token_has_at_least_128_bits(key: bytes, token: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Invite(INVITE.addresses, key, token)
    with pytest.raises(ValueError, match="address"):
        Invite((), KEY, TOKEN)


def test_a2_neither_repr_nor_errors_show_the_secrets() -> None:
    link = INVITE.to_app_link()
    shown = [repr(INVITE), str(INVITE), f"{INVITE}"]
    for text in (link[:-1], link.replace("t=", "t=!"), link.replace("47000", "470000"), link + "&t=AAAA"):
        with pytest.raises(InviteMalformed) as refused:
            parse(text)
        shown += [repr(refused.value), str(refused.value), repr(refused.value.__cause__)]
    secrets = [link.partition("t=")[2][:8], link.partition("k=")[2][:8], repr(TOKEN), repr(KEY), TOKEN.hex()]
    assert not [secret for secret in secrets for text in shown if secret in text]


def test_a4_a_server_name_is_its_key() -> None:
    label, _, domain = server_name(KEY).partition(".")
    assert (len(label), domain) == (52, "desktop-chat.invalid")
    assert base64.b32decode(label.upper() + "====") == KEY
    with pytest.raises(ValueError, match="32 bytes"):
        server_name(KEY[1:])


def test_addresses_are_shown_as_they_are_written() -> None:
    assert [str(address) for address in INVITE.addresses] == [
        "192.0.2.7:47000",
        "[2001:db8::1]:47001",
        "chat.example:443",
    ]
