"""The cards of the host's panel: the invite, where others find it, who is here, storage, key words."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal

from desktop_chat.bridge import dialogs
from desktop_chat.bridge.actions import Actions
from desktop_chat.hosting.addresses import for_others
from desktop_chat.hosting.host import ALL, LOCAL, Host
from desktop_chat.hosting.room_host import State
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import SPRING, column, grown, row, top
from desktop_chat.widgets.controls import Button, Card, Field, Light, Text
from desktop_chat.widgets.entries import Entry
from desktop_chat.widgets.invites import CopiedLink
from desktop_chat.widgets.key_words import KeyWords
from desktop_chat.widgets.people_list import PeopleList
from desktop_chat.widgets.qr import QrCode
from desktop_chat.widgets.sheet import Question


class InviteCard(Card):
    def __init__(self, theme: Theme, actions: Actions, host: Host) -> None:
        super().__init__(theme)
        self._host = host
        self._copied = CopiedLink(self)
        self._code = QrCode(theme, name="invite_qr", spoken=lambda: self.tr("The invite link as a QR code"))
        self._link = Field(theme, name="invite_link", spoken=lambda: self.tr("Invite link"), style="code")
        self._link.setReadOnly(True)
        self._copy = Button(theme, "primary", name="copy_link_button", text=self._copy_text, icon="copy")
        self._renew = Button(theme, name="renew_link_button", text=lambda: self.tr("New link"), icon="refresh-cw")
        self._left = Text(theme, "caption", "text.secondary", name="invite_left", text=self._left_text)
        self._revoke = Button(theme, "link", name="revoke_link_button", text=lambda: self.tr("Revoke"))
        policy = self._revoke.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # what stands beside it stays where it is
        self._revoke.setSizePolicy(policy)
        title = Text(theme, "title", text=lambda: self.tr("Invite people"))
        self._sentence = Text(theme, "body", "text.secondary", text=self._sentence_text, wrap=True)
        buttons = row(self._copy, self._renew, SPRING, gap=8)
        foot = row(self._left, self._revoke, SPRING, gap=16)
        texts = column(title, 4, self._sentence, 16, self._link, 8, buttons, SPRING, foot)
        row(top(self._code), grown(texts), gap=16, margins=16, on=self)
        self._copied.changed.connect(self._on_copied_changed)
        self._copy.clicked.connect(lambda: self._copied.copy(self._link.text()))
        self._renew.clicked.connect(lambda: actions.do(self._renew_link(), name="renew"))
        self._revoke.clicked.connect(lambda: actions.do(self._ask(self._revoke_question(), host.revoke), name="revoke"))

    def refresh(self) -> None:
        invitation = self._host.invitation
        link = "" if invitation is None else invitation.link
        self._code.show_text(link)
        if self._link.text() != link:
            self._link.setText(link)
            self._link.setCursorPosition(0)
            self._on_copied_changed()
        for shown in (self._sentence, self._copy, self._link, self._code, self._revoke):
            shown.setVisible(invitation is not None)
        self._renew.set_kind("primary" if invitation is None else "plain")
        self._sentence.retranslate()
        self._left.retranslate()

    def say_copied(self) -> None:
        """The link is on the clipboard: the button says so as long as that is so."""
        self._copied.note(self._link.text())

    def _on_copied_changed(self) -> None:
        self._copy.set_icon("check" if self._copied.holds(self._link.text()) else "copy")
        self._copy.retranslate()

    def _copy_text(self) -> str:
        return self.tr("Link copied") if self._copied.holds(self._link.text()) else self.tr("Copy link")

    def _sentence_text(self) -> str:
        if self._host.bind == LOCAL or not for_others(self._host.addresses):
            return self.tr("Only this computer can use this link now.")
        return self.tr("Anyone with this link can join.")

    def _left_text(self) -> str:
        invitation, server = self._host.invitation, self._host.server
        if invitation is None or server is None:
            return self.tr("No link is valid now: nobody new can join.")
        days = invitation.days_left(server.driver.now().wall_ms)
        return self.tr("%n days left", "", days) + " · " + self.tr("%n uses left", "", invitation.uses_left)

    async def _ask(self, question: Question, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if await dialogs.answer(question):
            await act()

    async def _renew_link(self) -> None:
        """Asks only if there is a link to lose."""
        if self._host.invitation is None:
            await self._make_new()
        else:
            await self._ask(self._renew_question(), self._make_new)

    async def _make_new(self) -> None:
        """If a paste gives the old link, which leads nowhere then or did so already, it gives the new one."""
        await self._host.renew()
        if self._copied:
            self._copied.copy(self._link.text())

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


class ReachCard(Card):
    """Where others find this computer: what it has, not what was proven."""

    bind_chosen = Signal(str)

    def __init__(self, theme: Theme, host: Host) -> None:
        super().__init__(theme)
        self._host = host
        self._light = Light(theme)
        self._who = Text(theme, "bodyMedium", name="reach_sentence", wrap=True)
        self._addresses = Text(theme, "body", "text.secondary", name="reach_addresses", wrap=True)
        self._switch = Button(theme, name="bind_button", small=True)
        title = Text(theme, "title", text=lambda: self.tr("Who can reach you"))
        light = column(6, self._light, SPRING)
        who = row(light, grown(column(self._who, self._addresses)), top(self._switch), gap=12)
        column(title, who, gap=12, margins=16, on=self)
        self._switch.clicked.connect(self._on_switch_clicked)

    def refresh(self) -> None:
        host = self._host
        places = for_others(host.addresses)
        if host.state is State.RESTARTING:
            light = "away"
            who, where = self.tr("Nobody can join until your room runs again"), ""
        elif host.bind == LOCAL or (host.is_attached and not places):
            light = "away"
            who, where = self.tr("Only people at this computer can join"), ", ".join(host.here)
        elif places:
            light = "online"
            who = self.tr("People on this network can join")
            where = self.tr("They find this computer at {places}.").format(places=", ".join(places))
        else:
            light = "danger"
            who = self.tr("Nobody else can join: this computer is in no network")
            where = self.tr("Connect it to a network, then open the room again.")
        self._light.show_state(light)
        self._who.setText(who)
        self._addresses.setText(where)
        is_local = host.bind == LOCAL
        self._switch.setText(self.tr("Open to this network") if is_local else self.tr("Only this computer"))
        # A server that somebody else started can't be moved from here.
        self._switch.setVisible(not host.is_attached)

    def _on_switch_clicked(self) -> None:
        self.bind_chosen.emit(ALL if self._host.bind == LOCAL else LOCAL)


class HereCard(Card):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._people: list[Entry] = []
        title = Text(theme, "title", text=lambda: self.tr("Here now"))
        self._count = Text(theme, "caption", "text.secondary", name="here_count", text=self._count_text)
        self._rows = PeopleList(theme, "bg.raised", name="here_people", text=lambda: self.tr("Here now"), fits=True)
        column(row(grown(title), self._count, margins=(16, 16, 16, 4)), self._rows, margins=(0, 0, 0, 8), on=self)

    def show_people(self, people: list[Entry]) -> None:
        self._people = people
        self._rows.show_entries(people)
        self._rows.setFocusPolicy(Qt.FocusPolicy.StrongFocus if people else Qt.FocusPolicy.NoFocus)
        self._count.retranslate()

    def _count_text(self) -> str:
        many = len(self._people)
        return self.tr("%n and you", "", many) if many else self.tr("Only you so far")


class StorageCard(Card):
    def __init__(self, theme: Theme, host: Host) -> None:
        super().__init__(theme)
        self._host = host
        self._used = Text(theme, "caption", "text.secondary", name="storage_used", tabular=True)
        row(grown(Text(theme, "title", text=lambda: self.tr("Storage"))), self._used, margins=16, on=self)

    def refresh(self) -> None:
        used = self.locale().formattedDataSize(self._host.storage_bytes(), 1, QLocale.DataSizeFormat.DataSizeSIFormat)
        self._used.setText(self.tr("{size} on this computer").format(size=used))


class WordsCard(Card):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._words = KeyWords(theme, "key_words")
        title = Text(theme, "title", text=lambda: self.tr("Your key words"))
        hint = Text(theme, "caption", "text.secondary", text=self._hint_text, wrap=True)
        column(title, self._words, hint, gap=8, margins=16, on=self)

    def show_key(self, fingerprint: bytes | None) -> None:
        if fingerprint is not None:
            self._words.show_key(fingerprint)

    def _hint_text(self) -> str:
        return self.tr(
            "Whoever joins sees the same, in every language. Read out the words or the digits when somebody asks "
            "whether it is really you."
        )
