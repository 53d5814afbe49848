"""Which messages call for a person who works elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chat_protocol.events import EventClass
from chat_protocol.fold import show
from chat_protocol.permissions import LogKind
from desktop_chat.core.effects import Notice
from desktop_chat.core.server import Server
from desktop_chat.models.conversations import Conversation, Conversations
from desktop_chat.store.contract import Extended


def calls_for_attention(batch: Sequence[tuple[Server, Notice]], conversations: Conversations) -> Iterator[Conversation]:
    """Where somebody wrote to this person, or named them, unless it is muted."""
    for server, notice in batch:
        if not isinstance(notice, Extended):
            continue
        one = conversations.value(server.id, notice.log)
        if one is None or one.muted:
            continue
        for event in notice.events:
            is_new = event.cls is EventClass.MESSAGE and event.by != server.me
            if is_new and (one.kind is LogKind.DM or server.me in show(event).mentions):
                yield one
                break
