"""The first screen: a name, and two ways in."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.boxes import SPRING, centred, column, grown, row, scrolled
from desktop_chat.widgets.controls import Button, Card, Field, Text
from desktop_chat.widgets.invites import clipboard_text, take_copy, text_of
from desktop_chat.widgets.languages import LanguageButton
from desktop_chat.widgets.part import Part, Words, said
from desktop_chat.widgets.said import name_refusal
from desktop_chat.widgets.spoken import say
from desktop_chat.widgets.states import IconTile

_CARD = QSize(272, 264)
_MARGIN, _GAP = 24, 16
_TWO_CARDS = 2 * _CARD.width() + _GAP + 2 * _MARGIN
_NARROW_CARD, _SCROLL_BAR = 416, 16
"""Below each other they may be wider, up to the bar by which they scroll: what they say takes fewer lines then."""


class Welcome(Part):
    """`key` is the identity's public key, whose colour the avatar takes; `name` what the field begins with."""

    host_requested = Signal(str)
    """With the name."""
    join_requested = Signal(str, str)
    """With the name and a text that holds an invite, or is empty: then it is asked for."""
    language_chosen = Signal(str)

    def __init__(self, theme: Theme, key: bytes, name: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, "welcome", fill="bg.list", parent=parent)
        self.setAcceptDrops(True)
        self._key = key
        self._is_busy = False
        self._avatar = Avatar(theme, 72)
        self._name = Field(
            theme, name="name_field", hint=lambda: self.tr("Your name"), icon="user-round", most=64, tall=True
        )
        self._name.setText(name)
        self._name.setFixedWidth(_CARD.width())
        self._host = Button(theme, "primary", name="host_button", text=self._host_text)
        self._paste = Button(theme, name="paste_button", text=lambda: self.tr("Paste"), icon="clipboard-paste")
        self._enter = Button(theme, name="link_button", text=lambda: self.tr("Enter a link"))
        self._host_card = _Choice(
            theme,
            IconTile(theme, 40, 20, "house-wifi", "text.onAccent", "accent"),
            lambda: self.tr("Host a room"),
            lambda: self.tr("Your computer becomes the room. You get a link to hand out. It takes one click."),
            self._host,
        )
        self._join_card = _Choice(
            theme,
            IconTile(theme, 40, 20, "link", "text.link", "accent.soft"),
            lambda: self.tr("Join with a link"),
            lambda: self.tr("Paste an invite, or drop it anywhere in this window."),
            self._paste,
            self._enter,
        )
        self._trouble = Text(theme, "caption", "text.danger", name="name_trouble")
        self._hint = Text(theme, "caption", "text.secondary", text=self._hint_text)
        self._cards = row(self._host_card, self._join_card, gap=_GAP)
        self._promise = Text(theme, "caption", "text.secondary", text=self._promise_text)
        language = LanguageButton(theme)
        self._lay_out(language)
        self._trouble.hide()
        self._name.textChanged.connect(lambda: self._say_about_name(""))
        self._name.textChanged.connect(self._show_state)
        self._name.returnPressed.connect(self._on_host_clicked)
        self._host.clicked.connect(self._on_host_clicked)
        self._paste.clicked.connect(lambda: self.join_requested.emit(self.name, clipboard_text()))
        self._enter.clicked.connect(lambda: self.join_requested.emit(self.name, ""))
        language.chosen.connect(self.language_chosen)
        self._show_state()
        self.setFocusProxy(self._name)

    @property
    def name(self) -> str:
        return self._name.text().strip()

    def set_busy(self, busy: bool) -> None:
        """While a room is being opened, nothing can be begun twice."""
        self._is_busy = busy
        self._host.retranslate()
        self._show_state()

    # --- inside -----------------------------------------------------------------------------------------------

    def _lay_out(self, language: QWidget) -> None:
        theme = self._theme
        title = Text(theme, "display", text=lambda: self.tr("Welcome to Desktop Chat"))
        sentence = Text(theme, "body", "text.secondary", text=self._subtitle_text)
        for text in (title, sentence, self._hint, self._trouble):
            text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        shield = IconTile(theme, 16, 14, "shield-check", "text.secondary", "bg.list")
        head = (centred(self._avatar), 16, centred(title), 4, centred(sentence), 24)
        name = (centred(self._name), 8, centred(self._hint), centred(self._trouble), 32)
        foot = row(SPRING, shield, 4, self._promise, 20, language, SPRING)
        inner = QWidget()
        cards = row(SPRING, self._cards, SPRING)
        column(SPRING, *head, *name, cards, SPRING, 16, foot, 12, margins=(_MARGIN, _MARGIN, _MARGIN, 0), on=inner)
        column(scrolled(inner, "welcome_scroll"), on=self)

    def _host_text(self) -> str:
        return self.tr("Opening the room…") if self._is_busy else self.tr("Host a room")

    def _subtitle_text(self) -> str:
        return self.tr("One person hosts a room. Everyone else opens one link.")

    def _hint_text(self) -> str:
        return self.tr("Your name, as others see it. The colour comes from your key.")

    def _promise_text(self) -> str:
        return self.tr("Your key stays on this computer. No account, nothing sent until you host or join.")

    def _show_state(self) -> None:
        self._avatar.show_of(self._key, self.name or "?", is_room=False)
        for button in (self._host, self._paste, self._enter):
            button.setEnabled(bool(self.name) and not self._is_busy)

    def _on_host_clicked(self) -> None:
        if not self._host.isEnabled():
            return
        if why := name_refusal(self.name):
            self._say_about_name(why)
            self._name.setFocus()
            self._name.selectAll()
        else:
            self.host_requested.emit(self.name)

    def _say_about_name(self, sentence: str) -> None:
        self._trouble.setText(sentence)
        self._name.setAccessibleDescription(sentence)
        say(self._name, sentence)
        self._trouble.setVisible(bool(sentence))
        self._hint.setVisible(not sentence)

    # --- Qt ---------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasText() or event.mimeData().hasUrls():
            take_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if take_copy(event):
            self.join_requested.emit(self.name, text_of(event.mimeData()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        is_wide = self.width() >= _TWO_CARDS
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._cards.setDirection(direction)
        width = _CARD.width() if is_wide else min(_NARROW_CARD, self.width() - 2 * _MARGIN - _SCROLL_BAR)
        for card in (self._host_card, self._join_card):
            card.setFixedWidth(width)
            card.setMinimumHeight(_CARD.height() if is_wide else 0)
        self._promise.setWordWrap(not is_wide)


class _Choice(Card):
    """A card with an icon, a title, a sentence and its buttons in a row."""

    def __init__(self, theme: Theme, tile: IconTile, title: Words, sentence: Words, *buttons: Button) -> None:
        super().__init__(theme)
        self._sentence = sentence
        self._buttons = buttons
        words = Text(theme, "body", "text.secondary", text=sentence, wrap=True)
        act = row(*map(grown, buttons), gap=8)
        column(tile, 16, Text(theme, "title", text=title), 4, words, 16, SPRING, act, margins=_MARGIN - 1, on=self)
        self.retranslate()

    def retranslate(self) -> None:
        for button in self._buttons:
            button.setAccessibleDescription(said(self._sentence))
