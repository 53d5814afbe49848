"""The cards of the host's panel: the invite, where others find it, who is here, storage, key words."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QEvent, QLocale, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.hosting.host import ALL, LOCAL, Host
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.controls import Button, Card, Field, Light, Text
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.key_words import KeyWords
from desktop_chat.widgets.people_list import PeopleList
from desktop_chat.widgets.qr import QrCode
from desktop_chat.widgets.sheet import Question


class InviteCard(Card):
    def __init__(self, theme: Theme, actions: Actions, host: Host) -> None:
        super().__init__(theme)
        self._theme = theme
        self._actions = actions
        self._host = host
        self._is_copied = False
        self._code = QrCode(theme)
        self._code.setObjectName("invite_qr")
        self._title = Text(theme, "title")
        self._sentence = Text(theme, "body", "text.secondary")
        self._sentence.setWordWrap(True)
        self._link = Field(theme, style="code")
        self._link.setObjectName("invite_link")
        self._link.setReadOnly(True)
        self._copy = Button(theme, "primary", icon="copy")
        self._copy.setObjectName("copy_link_button")
        self._renew = Button(theme, "plain", icon="refresh-cw")
        self._renew.setObjectName("renew_link_button")
        self._left = Text(theme, "caption", "text.secondary")
        self._left.setObjectName("invite_left")
        self._revoke = Button(theme, "link")
        self._revoke.setObjectName("revoke_link_button")
        space = theme.space
        buttons = QHBoxLayout()
        buttons.setSpacing(space["8"])
        buttons.addWidget(self._copy)
        buttons.addWidget(self._renew)
        buttons.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(space["16"])
        foot.addWidget(self._left)
        foot.addWidget(self._revoke)
        foot.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self._title)
        column.addSpacing(space["4"])
        column.addWidget(self._sentence)
        column.addSpacing(space["16"])
        column.addWidget(self._link)
        column.addSpacing(space["8"])
        column.addLayout(buttons)
        column.addStretch(1)
        column.addLayout(foot)
        row = QHBoxLayout(self)
        row.setContentsMargins(space["16"], space["16"], space["16"], space["16"])
        row.setSpacing(space["16"])
        row.addWidget(self._code, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        self._copy.clicked.connect(self._on_copy_clicked)
        self._renew.clicked.connect(lambda: actions.do(self._ask(self._renew_question(), host.renew), name="renew"))
        self._revoke.clicked.connect(lambda: actions.do(self._ask(self._revoke_question(), host.revoke), name="revoke"))
        self.retranslate()

    def refresh(self) -> None:
        invitation = self._host.invitation
        link = "" if invitation is None else invitation.link
        self._code.show_text(link)
        if self._link.text() != link:
            self._show_copied(False)
            self._link.setText(link)
            self._link.setCursorPosition(0)
        self._copy.setVisible(invitation is not None)
        self._link.setVisible(invitation is not None)
        self._code.setVisible(invitation is not None)
        self._renew.set_kind("primary" if invitation is None else "plain")
        self._revoke.setVisible(invitation is not None)
        if invitation is None or self._host.server is None:
            self._left.setText(self.tr("No link is valid now: nobody new can join."))
            return
        days = invitation.days_left(self._host.server.driver.now().wall_ms)
        left = self.tr("%n days left", "", days)
        uses = self.tr("%n uses left", "", invitation.uses_left)
        self._left.setText(f"{left} · {uses}")

    def say_copied(self) -> None:
        """The link is on the clipboard: the button says so until there is another one."""
        self._show_copied(True)

    def _show_copied(self, copied: bool) -> None:
        self._is_copied = copied
        self._copy.set_icon("check" if copied else "copy")
        self.retranslate()

    def retranslate(self) -> None:
        self._title.setText(self.tr("Invite people"))
        self._sentence.setText(self.tr("Anyone with this link can join."))
        self._code.setAccessibleName(self.tr("The invite link as a QR code"))
        self._link.setAccessibleName(self.tr("Invite link"))
        for button, text in (
            (self._copy, self.tr("Link copied") if self._is_copied else self.tr("Copy link")),
            (self._renew, self.tr("New link")),
            (self._revoke, self.tr("Revoke")),
        ):
            button.setText(text)
            button.setAccessibleName(text)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    async def _ask(self, question: Question, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if await dialogs.answer(question):
            await act()

    def _renew_question(self) -> Question:
        return Question(
            self._theme,
            self.window(),
            self.tr("Make a new link?"),
            self.tr("The present link and its code lead nowhere from then on. Whoever is in stays in."),
            self.tr("New link"),
        )

    def _revoke_question(self) -> Question:
        return Question(
            self._theme,
            self.window(),
            self.tr("Revoke the link?"),
            self.tr("Nobody can join by it any more. Whoever is in stays in."),
            self.tr("Revoke"),
            kind="danger",
        )

    def _on_copy_clicked(self) -> None:
        if self._host.invitation is not None:
            QGuiApplication.clipboard().setText(self._host.invitation.link)
            self.say_copied()


class ReachCard(Card):
    """Where others find this computer: what it has, not what was proven."""

    bind_chosen = Signal(str)

    def __init__(self, theme: Theme, host: Host) -> None:
        super().__init__(theme)
        self._host = host
        self._title = Text(theme, "title")
        self._light = Light(theme)
        self._who = Text(theme, "bodyMedium")
        self._who.setObjectName("reach_sentence")
        self._addresses = Text(theme, "body", "text.secondary")
        self._addresses.setObjectName("reach_addresses")
        self._switch = Button(theme, "plain", small=True)
        self._switch.setObjectName("bind_button")
        for text in (self._who, self._addresses):
            text.setWordWrap(True)
        space = theme.space
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self._who)
        texts.addWidget(self._addresses)
        light = QVBoxLayout()
        light.addSpacing(6)
        light.addWidget(self._light)
        light.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(space["12"])
        row.addLayout(light)
        row.addLayout(texts, 1)
        row.addWidget(self._switch, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(space["16"], space["16"], space["16"], space["16"])
        column.setSpacing(space["12"])
        column.addWidget(self._title)
        column.addLayout(row)
        self._switch.clicked.connect(self._on_switch_clicked)

    def refresh(self) -> None:
        host = self._host
        self._title.setText(self.tr("Who can reach you"))
        local = host.bind == LOCAL
        if local:
            self._light.show_state("away")
            self._who.setText(self.tr("Only people at this computer can join"))
            self._addresses.setText(", ".join(host.here))
            self._switch.setText(self.tr("Open to this network"))
        elif host.addresses:
            self._light.show_state("online")
            self._who.setText(self.tr("People on this network can join"))
            self._addresses.setText(
                self.tr("They find this computer at {places}.").format(places=", ".join(host.addresses))
            )
            self._switch.setText(self.tr("Only this computer"))
        else:
            self._light.show_state("danger")
            self._who.setText(self.tr("Nobody else can join: this computer is in no network"))
            self._addresses.setText(self.tr("Connect it to a network, then open the room again."))
            self._switch.setText(self.tr("Only this computer"))
        self._switch.setAccessibleName(self._switch.text())
        # A server that somebody else started can't be moved from here.
        self._switch.setVisible(not host.is_attached)

    def _on_switch_clicked(self) -> None:
        self.bind_chosen.emit(ALL if self._host.bind == LOCAL else LOCAL)


class HereCard(Card):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._people: list[Entry] = []
        self._title = Text(theme, "title")
        self._count = Text(theme, "caption", "text.secondary")
        self._count.setObjectName("here_count")
        self._rows = PeopleList(theme, "bg.raised", fits=True)
        self._rows.setObjectName("here_people")
        space = theme.space
        line = QHBoxLayout()
        line.addWidget(self._title, 1)
        line.addWidget(self._count)
        line.setContentsMargins(space["16"], space["16"], space["16"], space["4"])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, space["8"])
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self._rows)
        self._retranslate()

    def show_people(self, people: list[Entry]) -> None:
        self._people = people
        self._rows.show_entries(people)
        self._retranslate()

    def _retranslate(self) -> None:
        self._title.setText(self.tr("Here now"))
        self._rows.setAccessibleName(self._title.text())
        many = len(self._people)
        self._count.setText(self.tr("%n and you", "", many) if many else self.tr("Only you so far"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)


class StorageCard(Card):
    def __init__(self, theme: Theme, host: Host) -> None:
        super().__init__(theme)
        self._host = host
        self._title = Text(theme, "title")
        self._used = Text(theme, "caption", "text.secondary", tabular=True)
        self._used.setObjectName("storage_used")
        space = theme.space
        line = QHBoxLayout(self)
        line.setContentsMargins(space["16"], space["16"], space["16"], space["16"])
        line.addWidget(self._title, 1)
        line.addWidget(self._used)

    def refresh(self) -> None:
        self._title.setText(self.tr("Storage"))
        used = self.locale().formattedDataSize(self._host.storage_bytes(), 1, QLocale.DataSizeFormat.DataSizeSIFormat)
        self._used.setText(self.tr("{size} on this computer").format(size=used))


class WordsCard(Card):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._title = Text(theme, "title")
        self._words = KeyWords(theme)
        self._words.setObjectName("key_words")
        self._hint = Text(theme, "caption", "text.secondary")
        self._hint.setWordWrap(True)
        space = theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space["16"], space["16"], space["16"], space["16"])
        column.setSpacing(space["8"])
        for widget in (self._title, self._words, self._hint):
            column.addWidget(widget)

    def show_key(self, fingerprint: bytes | None) -> None:
        if fingerprint is not None:
            self._words.show_key(fingerprint)
        self._title.setText(self.tr("Your key words"))
        self._hint.setText(
            self.tr(
                "Whoever joins sees the same, in every language. Read out the words or the digits when somebody asks "
                "whether it is really you."
            )
        )
