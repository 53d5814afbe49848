"""A name is filled in: the person's own, as the account says it."""

from __future__ import annotations

import pytest

from desktop_chat.platform import names


@pytest.mark.parametrize(
    ("gecos", "name"),
    [
        ("Mara Lindqvist,Room 4,555,555", "Mara Lindqvist"),
        ("Mara Lindqvist", "Mara Lindqvist"),
        ("& Lindqvist,,,", "Mara Lindqvist"),
        ("王小明", "王小明"),
        (",,,", ""),
        ("", ""),
    ],
)
def test_the_real_name_stands_first_in_the_account(gecos: str, name: str) -> None:
    assert names.real_name_of(gecos, "mara") == name


def test_there_is_a_proposal_of_the_length_of_a_name() -> None:
    assert 0 < len(names.own_name()) <= 32


def test_an_account_without_a_real_name_gives_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_real_name", lambda: "")
    monkeypatch.setenv("LOGNAME", "mara")
    assert names.own_name() == "mara"
    monkeypatch.setattr(names, "_real_name", lambda: f"Mara\n {'Lindqvist ' * 9}")
    assert names.own_name() == "Mara Lindqvist Lindqvist Lindqvi"


@pytest.mark.parametrize("real", ["", "Server", "The Host", "管理员", "A\u200bda", "h0st"])
def test_no_name_is_proposed_that_would_be_refused(monkeypatch: pytest.MonkeyPatch, real: str) -> None:
    monkeypatch.setattr(names, "_real_name", lambda: real)
    monkeypatch.setenv("LOGNAME", "mara")
    assert names.own_name() == "mara"
    monkeypatch.setenv("LOGNAME", "admin")
    assert names.own_name() == ""
