"""The theme that is in force: handed to every widget that draws, which asks for what it needs by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPixmap
from PySide6.QtWidgets import QApplication

from desktop_chat.theme import fonts, style, tokens
from desktop_chat.theme.icons import Icons
from desktop_chat.theme.tokens import ThemeName

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon

Choice = Literal["system"] | ThemeName


class Hue(NamedTuple):
    """The colours of a person or room: the disc, the initials on it, and the name beside a message."""

    fill: QColor
    ink: QColor
    name: QColor


class Theme(QObject):
    """Names to colours, fonts, sizes and icons. Needs a QGuiApplication.

    `choice` "system" follows the system's light, dark and contrast while the program runs. Whoever draws repaints on
    `changed`, and asks again rather than keep what it got.
    """

    changed = Signal()

    def __init__(
        self,
        choice: Choice = "system",
        *,
        is_motion_reduced: Callable[[], bool] = lambda: False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tokens = tokens.read()
        self._choice: Choice = choice
        self._is_motion_reduced = is_motion_reduced
        self._icons = Icons()
        self._fonts: dict[tuple[str, bool], QFont] = {}
        self._colors: dict[str, QColor] = {}
        self._hues: list[Hue] = []
        self._app: QApplication | None = None
        self._has_sheet = False
        self.space: Mapping[str, int] = self._tokens.space
        self.size: Mapping[str, int] = self._tokens.size
        self.radius: Mapping[str, int] = self._tokens.radius
        hints = QGuiApplication.styleHints()
        self._scheme = hints.colorScheme()
        self._contrast = hints.accessibility().contrastPreference()
        hints.colorSchemeChanged.connect(self._on_scheme_changed)
        hints.accessibility().contrastPreferenceChanged.connect(self._on_contrast_changed)
        self._name: ThemeName = self._wanted()
        self._take_colors()

    @property
    def name(self) -> ThemeName:
        return self._name

    @property
    def is_contrast(self) -> bool:
        """High contrast: bubbles, avatars and selected rows get a 1 px line, nothing has a shadow."""
        return self._name in ("contrast", "contrastLight")

    def choose(self, choice: Choice) -> None:
        """What the person wants from now on."""
        self._choice = choice
        self._follow()

    def color(self, name: str) -> QColor:
        """The colour of this name; not to be modified. Raises KeyError if the tokens have none."""
        return self._colors[name]

    def font(self, name: str, *, tabular: bool = False) -> QFont:
        """The font of a style of text; not to be modified. `tabular` for numbers that change. Raises KeyError."""
        made = self._fonts.get((name, tabular))
        if made is None:
            families = fonts.MONO if name == "code" else fonts.SANS
            made = fonts.font(self._tokens.style(name), families, tabular=tabular)
            self._fonts[name, tabular] = made
        return made

    def line_height(self, name: str) -> int:
        """Of every line of this style, whatever characters it holds. Raises KeyError."""
        return self._tokens.style(name).line

    def icon(self, name: str, size: int, color: str = "text.secondary") -> QIcon:
        """For menus and actions; it must be asked for again on `changed`."""
        return self._icons.icon(name, size, self.color(color))

    def pixmap(self, name: str, size: int, color: str = "text.secondary", dpr: float = 1.0) -> QPixmap:
        """The icon for a painter whose device has `dpr` pixels to a logical one. Raises FileNotFoundError."""
        return self._icons.pixmap(name, size, self.color(color), dpr)

    def avatar_hue(self, key: bytes) -> Hue:
        """The hue of whoever has this key: the same in every window of everybody."""
        return self._hues[sha256(key).digest()[0] % len(self._hues)]

    def animation_ms(self, name: Literal["fast", "normal"]) -> int:
        """How long a movement lasts, 0 if the person wants none."""
        return 0 if self._is_motion_reduced() else int(getattr(self._tokens.motion, name))

    def apply(self, app: QApplication) -> None:
        """Makes the whole program look like this, now and after each change. To be called before the first window;
        `apply_sheet` says what is left."""
        self._app = app
        fonts.load()
        app.setStyle("Fusion")
        app.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus)  # those of the system, in a field's own menu
        app.setFont(self.font("body"))
        app.setPalette(style.palette(self._colors))

    def apply_sheet(self) -> None:
        """Also what only a style sheet says: menus, tool tips, scroll bars, dialogs. To be called before the first of
        them, after `apply`: a sheet is matched against every widget, which is a tenth of the time a window takes."""
        self._has_sheet = True
        if self._app is not None:
            self._app.setStyleSheet(style.sheet(self._colors, self._tokens))

    def _wanted(self) -> ThemeName:
        if self._choice != "system":
            return self._choice
        dark = self._scheme == Qt.ColorScheme.Dark
        if self._contrast == Qt.ContrastPreference.HighContrast:
            return "contrast" if dark else "contrastLight"
        return "dark" if dark else "light"

    def _take_colors(self) -> None:
        palette = self._tokens.themes[self._name]
        self._colors = {name: _color(value) for name, value in palette.color.items()}
        self._hues = [Hue(_color(hue.fill), _color(hue.ink), _color(hue.name)) for hue in palette.avatar.values()]

    def _on_scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        self._scheme = scheme
        self._follow()

    def _on_contrast_changed(self, contrast: Qt.ContrastPreference) -> None:
        self._contrast = contrast
        self._follow()

    def _follow(self) -> None:
        wanted = self._wanted()
        if wanted == self._name:
            return
        self._name = wanted
        self._take_colors()
        if self._app is not None:
            self._app.setPalette(style.palette(self._colors))
            if self._has_sheet:
                self.apply_sheet()
        self.changed.emit()


def _color(value: str) -> QColor:
    """Of `#RRGGBB` or `#RRGGBBAA`; Qt itself reads the second as `#AARRGGBB`."""
    color = QColor(value[:7])
    if len(value) == 9:
        color.setAlpha(int(value[7:], 16))
    return color
