"""The fold: a message and its changes become the message as shown; the newest event of a key is its value.

Both ends fold with these two functions only, over any contiguous part of a log, so that
`fold(snapshot at n, events n+1..m) == snapshot at m` and the same for a window (`docs/protocol.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from chat_protocol import limits
from chat_protocol.events import (
    KINDS,
    Body,
    Delete,
    Edit,
    Event,
    Pin,
    React,
    Text,
    decode_bodies,
    decode_body,
    has_words,
)
from chat_protocol.ids import Cid, MemberId, Ref


class Shown(Struct, frozen=True, omit_defaults=True):
    """A message as shown. A deleted one keeps its place and nothing of what it said."""

    seq: int
    row: int
    ts: int
    by: MemberId
    cid: Cid
    kind: str = "text"
    text: str = ""
    reply: Ref | None = None
    mentions: list[MemberId] = []
    edited_ts: int | None = None
    deleted: bool = False
    reactions: dict[str, list[MemberId]] = {}
    """Who reacted with what, in the order of the first reaction."""
    pinned: bool = False
    body: Raw | UnsetType = UNSET
    """As sent, for kinds that have no line in `_SAID`."""

    @property
    def ref(self) -> Ref:
        return Ref(self.by, self.cid)

    @property
    def said(self) -> str:
        """All that it says, as plain text: what is read, marked, copied and spoken. What a kind shows beside its `text`
        belongs here."""
        return self.text

    @property
    def is_unknown(self) -> bool:
        """This program can't read what it says: a later version is needed for that."""
        return not isinstance(self.body, UnsetType)

    @property
    def can_be_edited(self) -> bool:
        """By its author: it is of the kind that an edit is on, and stands."""
        return self.kind == KINDS["edit"].on and not self.deleted and not self.is_unknown


def show(event: Event) -> Shown:
    """A message without any change to it. A body that was erased or can't be read is never an exception here:
    the first is a tombstone, the second is kept as sent."""
    shown = Shown(event.seq, event.row, event.ts, event.by, event.cid, event.kind)
    if isinstance(event.body, UnsetType):
        return msgspec.structs.replace(shown, deleted=True)
    said, body = _SAID.get(event.kind), _body(event)
    if said is None or body is None:
        return msgspec.structs.replace(shown, body=event.body)
    return msgspec.structs.replace(shown, **said(body))


def words_of(kind: str, bodies: Sequence[bytes]) -> list[str]:
    """The `text` that `show` gives to each of the messages of `kind` that say `bodies`, without the rest of it: that of
    the body, as its name is the same in all kinds."""
    if kind not in _SAID:
        return [""] * len(bodies)
    try:
        return [getattr(body, "text", "") for body in decode_bodies(kind, bodies)]
    except msgspec.DecodeError:
        return [""] if len(bodies) == 1 else [text for body in bodies for text in words_of(kind, [body])]


def fold_message(shown: Shown, change: Event) -> Shown:
    """The message after one more change, whose target it must be. Changes come in order of seq; one that does not
    fit, which a hub refuses, changes nothing."""
    apply = _CHANGES.get(change.kind)
    if shown.deleted or apply is None:
        return shown
    body = _body(change)
    return apply(shown, change, body) if body is not None and fits(change.kind, body, shown) else shown


def rewords(change: Event) -> bool:
    """Whether a change may alter the `text` that is shown: by words of its own, of an unknown kind too, or as a
    deletion."""
    return has_words(change) or _CHANGES[change.kind] is _deleted


def fits(kind: str, body: Body, message: Shown) -> bool:
    """Whether a change of `kind`, a known one, that says `body` applies to `message`."""
    on = KINDS[kind].on
    return on is None or (on == message.kind and body.fits(message))


def fold_state(state: MutableMapping[str, Event], events: Iterable[Event]) -> None:
    """Lets each state event of `events` become the value of its key, if it is newer than the one held."""
    for event in events:
        if event.key is not None and ((held := state.get(event.key)) is None or held.seq < event.seq):
            state[event.key] = event


def _body(event: Event) -> Body | None:
    if isinstance(event.body, UnsetType):
        return None
    try:
        body: Body = decode_body(event.kind, event.body)
    except (KeyError, msgspec.DecodeError):
        return None
    return body


def _text(body: Text) -> dict[str, Any]:
    return {"text": body.text, "reply": body.reply, "mentions": body.mentions}


_SAID: dict[str, Callable[[Any], dict[str, Any]]] = {"text": _text}
"""The fields of `Shown` that a message of each kind sets. `text` is what search finds."""


def _deleted(shown: Shown, _change: Event, _body: Delete) -> Shown:
    return Shown(shown.seq, shown.row, shown.ts, shown.by, shown.cid, shown.kind, deleted=True)


def _edited(shown: Shown, change: Event, body: Edit) -> Shown:
    return msgspec.structs.replace(shown, text=body.text, mentions=body.mentions, edited_ts=change.ts)


def _reacted(shown: Shown, change: Event, body: React) -> Shown:
    before = shown.reactions.get(body.emoji, [])
    is_one_more = not before and len(shown.reactions) >= limits.REACTIONS
    if body.on == (change.by in before) or is_one_more:
        return shown
    members = [*before, change.by] if body.on else [member for member in before if member != change.by]
    reactions = {**shown.reactions, body.emoji: members}
    if not members:
        del reactions[body.emoji]
    return msgspec.structs.replace(shown, reactions=reactions)


def _pinned(shown: Shown, _change: Event, body: Pin) -> Shown:
    return msgspec.structs.replace(shown, pinned=body.on)


_CHANGES: dict[str, Callable[..., Shown]] = {
    "edit": _edited,
    "delete": _deleted,
    "react": _reacted,
    "pin": _pinned,
}


def kinds_with_words() -> list[str]:
    """The kinds of messages to which `words_of` gives any text."""
    return list(_SAID)


def kinds_read() -> list[str]:
    """The kinds that this program does more with than keep them, in order of their names."""
    return sorted([*_SAID, *_CHANGES])
