"""The client's core as it is, in this process, over a profile of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from desktop_chat.core.client import Client
from desktop_chat.core.profile import Profile
from desktop_chat.store.sqlite import SqliteStore


def open_client(stack: AsyncExitStack, folder: Path, chance: Callable[[], float]) -> Client:
    """A client over the profile in `folder`, ended by `stack`. It connects when it is started or joins; `chance`
    scales the pauses between its attempts."""
    profile = Profile.open(folder, keyring=None)
    stack.callback(profile.close)
    store = SqliteStore(profile.store_path, time.time_ns() // 1_000_000)
    stack.callback(store.close)
    client = Client(profile.identity, profile.device, store, chance=chance)
    stack.push_async_callback(client.close)
    return client
