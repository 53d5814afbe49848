"""C7: the table of lookalikes, and the script that makes it."""

from __future__ import annotations

import unicodedata
from importlib.resources import files

import pytest

from chat_protocol.names import _confusables, skeleton
from chat_protocol.tables.make_confusables import read_source, readings, write

SOURCE = """\ufeff# confusables.txt
# Version: 15.0.0
0430 ;\t0061 ;\tMA\t# ( а → a ) CYRILLIC SMALL LETTER A → LATIN SMALL LETTER A
006D ;\t0072 006E ;\tMA\t# ( m → rn )
041C ;\t004D ;\tMA\t# ( М → M )
043C ;\t028D ;\tMA\t# ( м → ʍ )
0049 ;\t006C ;\tMA\t# ( I → l )
039D ;\t004E ;\tMA\t# ( Ν → N )
03BD ;\t0076 ;\tMA\t# ( ν → v )
0393 ;\t0413 ;\tMA\t# ( Γ → Г )

04D9 ;\t01DD ;\tMA\t# ( ә → ǝ )
"""


def test_letters_are_joined_but_never_two_ascii_ones() -> None:
    version, prototypes = read_source(SOURCE.splitlines())
    table = readings(prototypes)
    assert version == "15.0.0"
    assert (table["а"], table["А"], table["ᴀ"]) == ("a", "a", "a")
    assert {table[c] for c in "mMмМᴍ"} == {"rn"}
    assert {table[c] for c in "iI"} == {"l"}
    assert (table["Ν"], table["ν"], table.get("n"), table.get("v")) == ("n", "v", None, None)
    assert table.get("Γ", "γ") == table.get("Г", "г") == table.get("г", "г")
    assert table.get("ә", "ә") == table.get("ǝ", "ǝ") == table.get("Ǝ", "ǝ")


def test_a_source_without_a_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        read_source(["0430 ; 0061 ; MA # x"])


def test_the_file_says_where_it_comes_from_and_is_small() -> None:
    text = (files("chat_protocol") / "tables" / "confusables.tsv").read_text(encoding="utf-8")
    assert text.startswith("# Unicode 15.0.0 confusables, modified")
    assert len(text.encode()) < 50_000
    assert text == write("15.0.0", {chr(c): reading for c, reading in _confusables().items()})


def test_one_pass_over_a_text_is_enough() -> None:
    for point, reading in _confusables().items():
        assert skeleton(reading) == reading
        assert unicodedata.normalize("NFKD", chr(point)) == chr(point)
