"""Every text of the window can be read: the contrast of each pair of the tokens, in each of the four themes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import desktop_chat_resources
from desktop_chat.theme import tokens
from desktop_chat.theme.tokens import Palette

TOKENS = tokens.read()
PROGRAM = Path(__file__).resolve().parents[2] / "desktop_chat"


def luminance(color: str) -> float:
    """Relative luminance by WCAG 2.2."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def values(palette: Palette, name: str, hue: str) -> str:
    if name.startswith("avatar.*."):
        return str(getattr(palette.avatar[hue], name.removeprefix("avatar.*.")))
    return palette.color[name]


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", list(TOKENS.themes))
def test_every_pair_has_its_contrast(theme):
    palette = TOKENS.themes[theme]
    weak = [
        (front, back, hue, round(found, 2))
        for front, back, least in TOKENS.contrast_checks.pairs
        for hue in (palette.avatar if "avatar.*" in front + back else ["-"])
        if (found := contrast(values(palette, front, hue), values(palette, back, hue))) < least
    ]
    assert len(TOKENS.contrast_checks.pairs) > 100
    assert not weak


def test_all_themes_have_the_same_names():
    light = TOKENS.themes["light"]
    for palette in TOKENS.themes.values():
        assert list(palette.color) == list(light.color)
        assert list(palette.avatar) == list(light.avatar)
    assert len(light.avatar) == 12


COLOR, STYLE, ICON = "color", "style", "icon"
FIRST = {
    **dict.fromkeys(("color", "set_color"), COLOR),
    **dict.fromkeys(("font", "line_height"), STYLE),
    **dict.fromkeys(("pixmap", "icon", "set_icon"), ICON),
}
SECOND = {"Text": STYLE, "IconButton": ICON}
"""What the arguments of a call name."""


class Names(ast.NodeVisitor):
    """Names of colours, styles, sizes and icons that code says as literals."""

    def __init__(self) -> None:
        self.found: set[tuple[str, str]] = set()

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in FIRST and node.args:
            self._say(FIRST[called], node.args[0])
        if called in SECOND and len(node.args) > 1:
            self._say(SECOND[called], node.args[1])
        if called == "Text" and len(node.args) > 2:
            self._say(COLOR, node.args[2])
        for keyword in node.keywords:
            if keyword.arg == ICON:
                self._say(ICON, keyword.value)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.value, ast.Attribute) and node.value.attr in ("size", "radius", "space"):
            self._say(node.value.attr, node.slice)
        self.generic_visit(node)

    def _say(self, kind: str, said: ast.expr) -> None:
        for node in (said.body, said.orelse) if isinstance(said, ast.IfExp) else (said,):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
                self.found.add((kind, node.value))


def named_in_code() -> Iterator[tuple[Path, str, str]]:
    for part in ("theme", "timeline", "widgets"):
        for path in sorted((PROGRAM / part).rglob("*.py")):
            names = Names()
            names.visit(ast.parse(path.read_text("utf-8")))
            for kind, name in sorted(names.found):
                yield path.relative_to(PROGRAM), kind, name


def test_every_name_that_code_says_is_there():
    known = {
        "color": set(TOKENS.themes["light"].color),
        "style": {name for name, style in TOKENS.type.items() if not isinstance(style, list)},
        "icon": {path.stem for path in desktop_chat_resources.path("icons").glob("*.svg")},
        "size": set(TOKENS.size),
        "radius": set(TOKENS.radius),
        "space": set(TOKENS.space),
    }
    said = list(named_in_code())
    assert {kind for _, kind, _ in said} == set(known)
    assert [each for each in said if each[2] not in known[each[1]]] == []


def test_no_colour_is_written_in_code():
    """A colour belongs to the tokens: it has a counterpart in every theme there, and its contrast is known."""
    written = [
        (str(path.relative_to(PROGRAM)), node.value)
        for part in ("timeline", "widgets")
        for path in sorted((PROGRAM / part).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_hex_color(node.value)
    ]
    assert written == []


def is_hex_color(text: str) -> bool:
    return (
        text.startswith("#") and len(text) in (4, 7, 9) and all(part in "0123456789abcdefABCDEF" for part in text[1:])
    )
