"""What can be wrong with a profile, its store or an invite link, as a person is told it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from chat_protocol.invite_link import InviteMalformed, InviteProblem
from desktop_chat.core.identity import IdentityDamaged, KeyringUnavailable
from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.store.contract import ProfileOpen, StoreDamaged, StoreFull, StoreNewer

_TROUBLES: dict[type[Exception], Trouble] = {
    ProfileOpen: Trouble.PROFILE_OPEN,
    IdentityDamaged: Trouble.IDENTITY_DAMAGED,
    KeyringUnavailable: Trouble.KEYRING_UNAVAILABLE,
    StoreNewer: Trouble.STORE_NEWER,
    StoreDamaged: Trouble.STORE_DAMAGED,
    StoreFull: Trouble.DISK_FULL_HERE,
    OSError: Trouble.PROFILE_NOT_WRITABLE,
}
_OF_INVITES = {
    InviteProblem.NOT_AN_INVITE: Trouble.NOT_AN_INVITE,
    InviteProblem.TRUNCATED: Trouble.INVITE_TRUNCATED,
    InviteProblem.MISTYPED: Trouble.INVITE_MISTYPED,
    InviteProblem.BAD_ADDRESS: Trouble.INVITE_BAD_ADDRESS,
    InviteProblem.TOO_LONG: Trouble.INVITE_TOO_LONG,
}


def for_person(error: Exception) -> ChatError | None:
    """None: it is a bug."""
    if isinstance(error, ChatError):
        return error
    if isinstance(error, InviteMalformed):
        return ChatError(_OF_INVITES[error.reason])
    trouble = next((trouble for kind, trouble in _TROUBLES.items() if isinstance(error, kind)), None)
    return None if trouble is None else ChatError(trouble, detail=str(error))


@contextlib.contextmanager
def as_chat_error() -> Iterator[None]:
    """What the block raises of these becomes a `ChatError`."""
    try:
        yield
    except Exception as error:
        said = for_person(error)
        if said is None:
            raise
        raise said from error
