"""What Qt's own widgets look like: a palette and a style sheet for Fusion, made from the tokens.

The sheet holds only what a palette can't say. Controls of this program paint themselves (`widgets.controls`), so that
the sheet stays small: it is matched against every widget that is made. Nothing of a first picture may need it.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QColor, QPalette

from desktop_chat.theme.tokens import Tokens

_SHEET = """
QToolTip {{ background: {tooltip.bg}; color: {tooltip.text}; border: 0; padding: 4px; font-size: {caption}px; }}
QMenu {{ background: {bg.raised}; border: 1px solid {line}; border-radius: {frame_radius}px; padding: 4px; }}
QMenu::item {{ padding: 8px 12px 8px 16px; border-radius: {radius}px; min-width: 120px; }}
QMenu::item:selected {{ background: {menu.hover}; }}
QMenu::item:disabled {{ color: {text.faint}; }}
QMenu::icon {{ padding-left: 16px; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QScrollBar {{ background: transparent; border: 0; }}
QScrollBar:vertical {{ width: {bar}px; }}
QScrollBar:horizontal {{ height: {bar}px; }}
QScrollBar::handle {{ background: {scroll.thumb}; border-radius: {thumb_radius}px; margin: 3px; }}
QScrollBar::handle:hover {{ background: {text.faint}; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QLineEdit {{ background: transparent; border: 0; }}
QDialog {{ background: {bg.raised}; }}
"""


def css(color: QColor) -> str:
    """The colour as a style sheet writes it."""
    return (
        color.name() if color.alpha() == 255 else f"rgba({color.red()},{color.green()},{color.blue()},{color.alpha()})"
    )


def sheet(colors: Mapping[str, QColor], tokens: Tokens) -> str:
    """The style sheet of the whole program."""
    thumb = tokens.size["scrollThumb"]
    values = {
        "{caption}": str(tokens.style("caption").size),
        "{radius}": str(tokens.radius["control"]),
        "{frame_radius}": str(tokens.radius["dialog"]),
        "{bar}": str(thumb + 6),
        "{thumb_radius}": str(thumb // 2),
        **{f"{{{name}}}": css(color) for name, color in colors.items()},
    }
    made = _SHEET.replace("{{", "\0").replace("}}", "\1")
    for placeholder, value in values.items():
        made = made.replace(placeholder, value)
    return made.replace("\0", "{").replace("\1", "}")


def palette(colors: Mapping[str, QColor]) -> QPalette:
    """The palette of the whole program, for whatever is not painted by this program itself."""
    made = QPalette()
    role = QPalette.ColorRole
    for where, name in {
        role.Window: "bg.list",
        role.WindowText: "text",
        role.Base: "bg.field",
        role.AlternateBase: "bg.sunken",
        role.Text: "text",
        role.PlaceholderText: "text.faint",
        role.Button: "bg.raised",
        role.ButtonText: "text",
        role.BrightText: "text.onAccent",
        role.ToolTipBase: "tooltip.bg",
        role.ToolTipText: "tooltip.text",
        role.Highlight: "selection",
        role.HighlightedText: "text",
        role.Accent: "accent",
        role.Link: "text.link",
        role.LinkVisited: "text.link",
        role.Light: "bg.raised",
        role.Midlight: "line",
        role.Mid: "line.field",
        role.Dark: "line.control",
        role.Shadow: "shadow",
    }.items():
        made.setColor(where, colors[name])
    for where in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, where, colors["text.faint"])
    return made
