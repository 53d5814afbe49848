"""The first screen: a name, and two ways in."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.avatar import Avatar
from desktop_chat.widgets.boxes import scrolled
from desktop_chat.widgets.controls import Button, Card, Field, Text
from desktop_chat.widgets.invites import clipboard_text, text_of
from desktop_chat.widgets.languages import LanguageButton
from desktop_chat.widgets.states import IconTile

_CARD = QSize(272, 264)
_NARROW_HEIGHT = 224
_TWO_CARDS = 2 * _CARD.width() + 16 + 2 * 24


class Welcome(QWidget):
    """`key` is the identity's public key, whose colour the avatar takes; `name` what the field begins with."""

    host_requested = Signal(str)
    """With the name."""
    join_requested = Signal(str, str)
    """With the name and a text that holds an invite, or is empty: then it is asked for."""
    language_chosen = Signal(str)

    def __init__(self, theme: Theme, key: bytes, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAcceptDrops(True)
        self._theme = theme
        self._key = key
        self._avatar = Avatar(theme, 72)
        self._title = Text(theme, "display")
        self._subtitle = Text(theme, "body", "text.secondary")
        self._name = Field(theme, icon="user-round", tall=True)
        self._name.setObjectName("name_field")
        self._name.setText(name)
        self._name.setFixedWidth(_CARD.width())
        self._name.setMaxLength(64)
        self._hint = Text(theme, "caption", "text.secondary")
        self._host = _Choice(theme, "house-wifi", ("text.onAccent", "accent"), ("host_button",), "primary")
        self._join = _Choice(theme, "link", ("text.link", "accent.soft"), ("paste_button", "link_button"), "plain")
        self._join.buttons[0].set_icon("clipboard-paste")
        self._cards = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._promise_icon = IconTile(theme, 16, 14)
        self._promise_icon.show_icon("shield-check", "text.secondary", "bg.list")
        self._promise = Text(theme, "caption", "text.secondary")
        self._language = LanguageButton(theme)
        self._lay_out()
        self._name.textChanged.connect(self._on_name_changed)
        self._name.returnPressed.connect(self._on_host_clicked)
        self._host.buttons[0].clicked.connect(self._on_host_clicked)
        self._join.buttons[0].clicked.connect(self._on_paste_clicked)
        self._join.buttons[1].clicked.connect(lambda: self.join_requested.emit(self.name, ""))
        self._language.chosen.connect(self.language_chosen)
        self._on_name_changed()
        self._retranslate()
        self.setFocusProxy(self._name)

    @property
    def name(self) -> str:
        return self._name.text().strip()

    def offer_name(self, name: str) -> None:
        self._name.setText(name)

    def set_busy(self, busy: bool) -> None:
        """While a room is being opened, nothing can be begun twice."""
        for button in (*self._host.buttons, *self._join.buttons):
            button.setEnabled(not busy and bool(self.name))
        self._host.buttons[0].setText(self.tr("Opening the room…") if busy else self.tr("Host a room"))

    # --- inside -----------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        space = self._theme.space
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(space["24"], space["24"], space["24"], 0)
        column.setSpacing(0)
        center = Qt.AlignmentFlag.AlignHCenter
        column.addStretch(1)
        for widget, gap in (
            (self._avatar, "16"),
            (self._title, "4"),
            (self._subtitle, "24"),
            (self._name, "8"),
            (self._hint, "32"),
        ):
            if isinstance(widget, Text):
                widget.setAlignment(center)
            column.addWidget(widget, 0, center)
            column.addSpacing(space[gap])
        self._cards.setSpacing(space["16"])
        self._cards.addWidget(self._host)
        self._cards.addWidget(self._join)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addLayout(self._cards)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(space["4"])
        foot.addStretch(1)
        foot.addWidget(self._promise_icon)
        foot.addWidget(self._promise)
        foot.addSpacing(space["16"])
        foot.addWidget(self._language)
        foot.addStretch(1)
        column.addSpacing(space["16"])
        column.addLayout(foot)
        column.addSpacing(space["12"])
        self._promise.setWordWrap(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inner, "welcome_scroll"))

    def _retranslate(self) -> None:
        self._title.setText(self.tr("Welcome to Desktop Chat"))
        self._subtitle.setText(self.tr("One person hosts a room. Everyone else opens one link."))
        self._name.setPlaceholderText(self.tr("Your name"))
        self._name.setAccessibleName(self.tr("Your name"))
        self._hint.setText(self.tr("Your name, as others see it. The colour comes from your key."))
        self._host.say(
            self.tr("Host a room"),
            self.tr("Your computer becomes the room. You get a link to hand out. It takes one click."),
            (self.tr("Host a room"),),
        )
        self._join.say(
            self.tr("Join with a link"),
            self.tr("Paste an invite, or drop it anywhere in this window."),
            (self.tr("Paste"), self.tr("Enter a link")),
        )
        self._promise.setText(
            self.tr("Your key stays on this computer. No account, nothing sent until you host or join.")
        )

    def _on_name_changed(self) -> None:
        self._avatar.show_of(self._key, self.name or "?", is_room=False)
        for button in (*self._host.buttons, *self._join.buttons):
            button.setEnabled(bool(self.name))

    def _on_host_clicked(self) -> None:
        if self._host.buttons[0].isEnabled():
            self.host_requested.emit(self.name)

    def _on_paste_clicked(self) -> None:
        self.join_requested.emit(self.name, clipboard_text())

    # --- Qt ---------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasText() or event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.join_requested.emit(self.name, text_of(event.mimeData()))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.color("bg.list"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= _TWO_CARDS
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._cards.direction() is not direction:
            self._cards.setDirection(direction)
            for card in (self._host, self._join):
                card.setFixedHeight(_CARD.height() if wide else _NARROW_HEIGHT)
            self._promise.setWordWrap(not wide)


class _Choice(Card):
    """A card with an icon, a title, a sentence and its buttons in a row."""

    def __init__(self, theme: Theme, icon: str, colors: tuple[str, str], names: tuple[str, ...], kind: str) -> None:
        super().__init__(theme)
        self.setFixedSize(_CARD)
        self._tile = IconTile(theme, 40, 20)
        self._tile.show_icon(icon, *colors)
        self._title = Text(theme, "title")
        self._sentence = Text(theme, "body", "text.secondary")
        self._sentence.setWordWrap(True)
        self.buttons = [Button(theme, kind) for _ in names]
        column = QVBoxLayout(self)
        margin = theme.space["24"] - 1
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(0)
        column.addWidget(self._tile)
        column.addSpacing(theme.space["16"])
        column.addWidget(self._title)
        column.addSpacing(theme.space["4"])
        column.addWidget(self._sentence)
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(theme.space["8"])
        for button, name in zip(self.buttons, names, strict=True):
            button.setObjectName(name)
            row.addWidget(button, 1)
        column.addLayout(row)

    def say(self, title: str, sentence: str, buttons: tuple[str, ...]) -> None:
        self._title.setText(title)
        self._sentence.setText(sentence)
        for button, text in zip(self.buttons, buttons, strict=True):
            button.setText(text)
            button.setAccessibleName(text)
            button.setAccessibleDescription(sentence)
