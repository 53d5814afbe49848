"""Where messages are written: the field, its reply and edit banners, completion, emoji, Send. Mock-ups 02, 09, 14."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QLocale, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chat_protocol import limits
from chat_protocol.ids import MemberId, Ref
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import SPRING, Placed, column, grown, row
from desktop_chat.widgets.composer_controls import ComposerFrame, SendButton
from desktop_chat.widgets.controls import IconButton, Text
from desktop_chat.widgets.drafts import without_sent
from desktop_chat.widgets.emoji import with_recent
from desktop_chat.widgets.entries import Entry, narrowed
from desktop_chat.widgets.mentions import named_in, typed_query
from desktop_chat.widgets.part import Part
from desktop_chat.widgets.spoken import say
from desktop_chat.widgets.text_edit import TextEdit

if TYPE_CHECKING:
    from desktop_chat.widgets.completion import Completion
    from desktop_chat.widgets.emoji_panel import EmojiPanel

COUNT_FROM = limits.TEXT * 9 // 10
"""Bytes from which on it is told how many are left."""
_PADDING = 6
_BANNER = 56
_BOTTOM = Qt.AlignmentFlag.AlignBottom


class Submission(NamedTuple):
    """What Send was pressed for. Hand it back by `Composer.sent` or `not_sent`."""

    text: str
    mentions: tuple[MemberId, ...]
    reply: Ref | None
    edited: Ref | None
    """The message whose text becomes `text`; None: a new one."""


class _Pending(NamedTuple):
    submission: Submission
    taken: str
    """What of the field it stands for."""


class Composer(Part):
    """The owner stores what is `submitted` durably, and only then says `sent`: what was typed since stays."""

    submitted = Signal(object)
    """A `Submission`."""
    draft_changed = Signal(str)
    """What is to be kept for the next time this conversation is shown. While a message is edited it does not change."""
    edit_last_requested = Signal()
    """↑ in the empty field: answer with `edit`."""
    left = Signal()
    """Esc, and there was nothing to cancel."""
    typed = Signal()
    """The person writes: for the `typing` signal, once or more often."""
    recent_emoji_changed = Signal(list)
    """The emoji used last, to be kept and handed to `set_recent_emoji`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "composer", parent=parent)
        self._title = ""
        self._is_resting = False
        self._people: Sequence[Entry] = ()
        self._recent: list[str] = []
        self._reply: Ref | None = None
        self._edited: Ref | None = None
        self._original = ""
        self._set_aside = ""
        """The draft, while a message is edited."""
        self._pending: list[_Pending] = []
        self._is_loading = False

        self._frame = ComposerFrame(theme, self)
        self._banner = _Banner(theme)
        self._banner.closed.connect(self.cancel)
        self._note = Text(theme, "caption", "text.faint", name="composer_note", wrap=True, tabular=True)
        self._note.setContentsMargins(_PADDING, 2, _PADDING, 2)
        self._field = TextEdit(theme)
        self._field.setObjectName("composer_field")
        self._emoji = IconButton(theme, "smile", lambda: self.tr("Emoji"), name="emoji_button")
        self._send = SendButton(theme, lambda: self.tr("Send"))
        buttons = (Placed(self._emoji, at=_BOTTOM), Placed(self._send, at=_BOTTOM))
        line = row(grown(self._field), *buttons, gap=4)
        self._inside = column(self._banner, self._note, line, margins=_PADDING, on=self._frame)
        self._column = column(self._frame, on=self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

        self._completion: Completion | None = None
        self._panel: EmojiPanel | None = None
        self._field.send_requested.connect(self.submit)
        self._field.edit_last_requested.connect(self._on_edit_last_requested)
        self._field.escaped.connect(self._on_escaped)
        self._field.edited.connect(self._on_edited)
        self._field.cursorPositionChanged.connect(self._complete)
        self._field.paste_refused.connect(self._on_paste_refused)
        self._field.focused.connect(self._frame.set_focused)
        self._field.height_changed.connect(self._settle)
        self._emoji.clicked.connect(self._on_emoji_clicked)
        self._send.clicked.connect(self.submit)
        self.setFocusProxy(self._field)
        self._banner.hide()
        self._note.hide()
        self._is_wrong = False
        self.retranslate()
        self._show_state()

    # --- what it is about -------------------------------------------------------------------------------------

    def show_conversation(self, title: str, draft: str, people: Sequence[Entry] = ()) -> None:
        """Another conversation: whatever was being replied to or edited is put away. A submission that is still on
        its way is for the owner to take out of the old draft, by `drafts.without_sent`."""
        self._pending.clear()
        self._reply = self._edited = None
        self._set_aside = ""
        self._title, self._people = title, people
        self._hide_banner()
        self._offer([])
        self._close_panel()
        self._put(draft)
        self.retranslate()

    def set_title(self, title: str) -> None:
        self._title = title
        self.retranslate()

    def set_people(self, people: Sequence[Entry]) -> None:
        """Who can be mentioned, in the order to offer them."""
        self._people = people

    def set_resting(self, is_resting: bool) -> None:
        """The room is away: what is written waits here for it."""
        self._is_resting = is_resting
        self.retranslate()

    def set_recent_emoji(self, recent: Sequence[str]) -> None:
        self._recent = list(recent)

    @property
    def text(self) -> str:
        return self._field.text()

    @property
    def draft(self) -> str:
        """What is being written, a message that is edited aside."""
        return self.text if self._edited is None else self._set_aside

    def reply_to(self, ref: Ref, author: str, text: str, key: bytes) -> None:
        """The next message answers this one, of which author, text and the author's key are shown."""
        if self._edited is not None:
            self._leave_edit()
        self._reply = ref
        self._show_banner(text, author, key)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_state()

    def edit(self, ref: Ref, text: str) -> None:
        """The text of an own message is changed; the draft waits meanwhile."""
        self.finish_composing()
        if self._edited is None:
            self._set_aside = self.text
        self._reply, self._edited, self._original = None, ref, text
        self._show_banner(text)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._put(text)  # behind the focus: who listens hears first what the text is in

    def cancel(self) -> None:
        """Neither reply nor edit."""
        if self._edited is not None:
            self._leave_edit()
        self._reply = None
        self._hide_banner()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_state()

    def finish_composing(self) -> None:
        """What an input method composes is part of the draft from now on."""
        self._field.finish_composing()

    def insert(self, text: str) -> None:
        """At the cursor, as if typed."""
        self._field.insert(text)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- sending ----------------------------------------------------------------------------------------------

    def submit(self) -> None:
        """What Enter and Send do. Nothing while there is nothing that can be sent."""
        taken = self._unsent()
        text = taken.strip()
        if not text or _size(text) > limits.TEXT or self._field.is_composing:
            return
        if self._edited is not None and text == self._original:
            self.cancel()
            return
        mentions = tuple(named_in(text, self._people))
        submission = Submission(text, mentions, self._reply, self._edited)
        self._pending.append(_Pending(submission, taken))
        self._field.moveCursor(self._field.textCursor().MoveOperation.End)
        self._offer([])
        self._show_state()
        self.submitted.emit(submission)

    def sent(self, submission: Submission) -> None:
        """It is durable: its text leaves the field, and the banner it belonged to goes."""
        pending = self._take(submission)
        if pending is None:
            return  # of another conversation
        if submission.edited is not None:
            if self._edited == submission.edited:
                self._leave_edit()
                self._hide_banner()
            return
        if self._reply == submission.reply:
            self._reply = None
            if self._edited is None:
                self._hide_banner()
        if self._edited is not None:
            self._set_aside = without_sent(self._set_aside, pending.taken)
            self.draft_changed.emit(self._set_aside)
        else:
            self._field.replace_text(without_sent(self.text, pending.taken))

    def not_sent(self, submission: Submission, sentence: str) -> None:
        """It could not be stored: it stays in the field, with the reason under the eyes of who wrote it."""
        if self._take(submission) is not None:
            self._show_state()
            self._say(sentence, is_wrong=True)

    def _take(self, submission: Submission) -> _Pending | None:
        pending = next((one for one in self._pending if one.submission is submission), None)
        if pending is not None:
            self._pending.remove(pending)
        return pending

    def _unsent(self) -> str:
        """The text but for what is on its way already."""
        text = self.text
        if self._edited is not None:
            is_on_its_way = any(one.submission.edited == self._edited for one in self._pending)
            return "" if is_on_its_way else text
        for one in self._pending:
            if one.submission.edited is None:
                text = without_sent(text, one.taken)
        return text

    # --- what happens -----------------------------------------------------------------------------------------

    def _on_edited(self) -> None:
        self._show_state()
        if self._is_loading:
            return
        if self.text:  # what was sent leaves the field too
            self.typed.emit()
        if self._edited is None:
            self.draft_changed.emit(self.text)

    def _on_edit_last_requested(self) -> None:
        if self._edited is None and self._reply is None:
            self.edit_last_requested.emit()

    def _on_escaped(self) -> None:
        if self._edited is not None or self._reply is not None:
            self.cancel()
        else:
            self.left.emit()

    def _complete(self) -> None:
        """Offers people while a name is typed at the cursor."""
        query = None if self._is_loading or not self._field.hasFocus() else typed_query(self._field.before_cursor())
        self._offer([] if query is None else narrowed(self._people, query, anywhere=False))

    def _offer(self, people: Sequence[Entry]) -> None:
        if self._completion is None and people:
            from desktop_chat.widgets.completion import Completion  # like the panel: not for the first picture

            self._completion = Completion(self._theme, self._frame, self._field)
            self._completion.chosen.connect(self._on_person_chosen)
        if self._completion is not None:
            self._completion.offer(people)

    def _on_person_chosen(self, person: Entry) -> None:
        query = typed_query(self._field.before_cursor())
        if query is not None:
            self._field.replace_before_cursor(f"@{query}", f"@{person.name} ")

    def _on_emoji_clicked(self) -> None:
        if self._panel is None:
            from desktop_chat.widgets.emoji_panel import EmojiPanel

            self._panel = EmojiPanel(self._theme, self._frame, self._emoji)
            self._panel.picked.connect(self._on_emoji_picked)
            self._panel.closed.connect(self._field.setFocus)
        if self._panel.isVisible():
            self._panel.close_panel()
        else:
            self._panel.open(self._recent)

    def _on_emoji_picked(self, emoji: str) -> None:
        self._recent = with_recent(self._recent, emoji)
        self.insert(emoji)
        self.recent_emoji_changed.emit(self._recent)

    def _close_panel(self) -> None:
        if self._panel is not None:
            self._panel.close_panel()

    # --- showing ----------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """At once, where the layouts by themselves would take a frame for each of them."""
        self._inside.activate()
        self._column.activate()
        self.updateGeometry()

    def _put(self, text: str) -> None:
        self._is_loading = True
        self._field.set_text(text)
        self._is_loading = False
        self._show_state()

    def _show_banner(self, text: str, author: str = "", key: bytes | None = None) -> None:
        self._banner.show_about(text, author, key)
        self._field.setAccessibleDescription(self._banner.accessibleName())

    def _hide_banner(self) -> None:
        self._banner.hide()
        self._field.setAccessibleDescription("")

    def _leave_edit(self) -> None:
        self._edited = None
        self._put(self._set_aside)

    def _show_state(self) -> None:
        """Send, and how much room is left."""
        size = _size(self._unsent().strip())
        self._send.set_ready(0 < size <= limits.TEXT)
        left = limits.TEXT - size
        if size <= COUNT_FROM:
            self._note.hide()
            self._is_wrong = False
        elif left >= 0:
            self._say(self.tr("%Ln byte(s) left", "", left), is_wrong=False)
        else:
            said = self.tr("%Ln byte(s) too long: a message holds at most {most}. Send it in {parts} parts.", "", -left)
            parts = QLocale().toString(-(-size // limits.TEXT))
            self._say(said.format(most=QLocale().toString(limits.TEXT), parts=parts), is_wrong=True)

    def _on_paste_refused(self) -> None:
        said = self.tr("Not pasted: it is far too long, a message holds at most {most} bytes. Paste it in parts.")
        self._say(said.format(most=QLocale().toString(limits.TEXT)), is_wrong=True)

    def _say(self, sentence: str, *, is_wrong: bool) -> None:
        self._note.set_color("text.danger" if is_wrong else "text.faint")
        self._note.setText(sentence)
        self._note.setAccessibleName(sentence)
        was_wrong, self._is_wrong = self._is_wrong, is_wrong
        self._note.show()
        if is_wrong and not was_wrong:
            say(self._field, sentence)

    def retranslate(self) -> None:
        if self._is_resting:
            hint = self.tr("Write now, it goes out when the room is back")
        else:
            hint = self.tr("Message {room}").format(room=self._title)
        self._field.set_hint(hint)
        self._show_state()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The column of the timeline: as wide as that, and in its middle."""
        super().resizeEvent(event)
        margin = self._theme.space["16"]
        side = max(margin, (self.width() - self._theme.size["timelineMax"]) // 2)
        self._column.setContentsMargins(side, 0, side, margin)
        self._column.activate()


class _Banner(Part):
    """Which message is answered or edited."""

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "composer_banner")
        self._key: bytes | None = None
        """Of whom is answered; None: an own message is edited."""
        self._author = ""
        self._text = ""
        self._close = IconButton(theme, "x", self._close_text, name="cancel_reply_or_edit", keys="Esc", small=True)
        self._close.clicked.connect(self.closed)
        row(SPRING, self._close, margins=(0, 0, 4, _BANNER - 44), on=self)
        self.setFixedHeight(_BANNER)

    def show_about(self, text: str, author: str = "", key: bytes | None = None) -> None:
        """An answer to `author`, whose key it is; without, an own message that is edited."""
        self._author, self._text, self._key = author, text, key
        self.retranslate()
        self._close.retranslate()
        self.show()

    def _close_text(self) -> str:
        return self.tr("Cancel editing") if self._key is None else self.tr("Cancel reply")

    def retranslate(self) -> None:
        if self._key is None:
            self._heading = self.tr("Edit message")
            self.setAccessibleName(f"{self._heading}: {self._text}")
        else:
            self._heading = self._author
            self.setAccessibleName(self.tr("Reply to {name}: {text}").format(name=self._author, text=self._text))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        ink: QColor = theme.color("text.link") if self._key is None else theme.avatar_hue(self._key).name
        icon = theme.size["icon"]
        name = "pencil" if self._key is None else "reply"
        painter.drawPixmap(8, 12, theme.pixmap(name, icon, "text.link", self.devicePixelRatioF()))
        painter.fillRect(QRectF(38, 4, 2, 34), ink)
        painter.fillRect(QRectF(0, 46, self.width(), 1), theme.color("line"))
        left, width = 48, self._close.x() - 48 - 8
        painter.setFont(theme.font("captionStrong"))
        painter.setPen(ink)
        self._draw(painter, QRectF(left, 4, width, 16), self._heading)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text.secondary"))
        self._draw(painter, QRectF(left, 20, width, 18), " ".join(self._text.split()))

    @staticmethod
    def _draw(painter: QPainter, rect: QRectF, text: str) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(rect.width()))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, shown)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
