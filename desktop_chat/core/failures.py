"""What can be wrong with a profile and its store, as a person is told it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

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


def for_person(error: Exception) -> ChatError | None:
    """None: it is a bug."""
    if isinstance(error, ChatError):
        return error
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
