"""What this device keeps, as the models read it."""

from __future__ import annotations

import asyncio

import pytest

from desktop_chat.core.sentences import ChatError, Trouble
from desktop_chat.models.kept import YES, Kept, contact_key, draft_key, favourite_key, folded_key, muted_key
from desktop_chat.store.contract import Store
from tests.core.desk import OTHER, ROOM, SERVER
from tests.models.counter import FakeClient


class Counting(FakeClient):
    writes = 0

    def put(self, key: str, value: str | None) -> None:
        self.writes += 1
        super().put(key, value)


async def test_everything_has_a_name(store: Store) -> None:
    client = Counting(store)
    kept = Kept(client.as_client)
    told: list[str] = []
    kept.changed.connect(told.append)
    facts = {
        draft_key(SERVER, ROOM): "half",
        favourite_key(SERVER, ROOM): YES,
        muted_key(SERVER, ROOM): YES,
        contact_key(OTHER, "name"): "Sis",
        contact_key(OTHER, "blocked"): YES,
        folded_key(None): YES,
    }
    assert (kept.draft(SERVER, ROOM), kept.own_name(OTHER)) == ("", "")
    assert not any((kept.is_favourite(SERVER, ROOM), kept.is_muted(SERVER, ROOM), kept.is_blocked(OTHER)))
    for key, value in facts.items():
        await kept.keep(key, value)
        await kept.keep(key, value)
    assert told == list(facts)
    assert client.writes == len(facts), "what is kept already is not written again"
    for one in (kept, Kept(client.as_client)):
        assert (one.draft(SERVER, ROOM), one.own_name(OTHER)) == ("half", "Sis")
        assert one.is_favourite(SERVER, ROOM)
        assert one.is_muted(SERVER, ROOM)
        assert one.is_blocked(OTHER)
        assert one.under("contact:") == {key: facts[key] for key in facts if key.startswith("contact:")}
    assert folded_key(SERVER) not in facts


async def test_what_is_kept_no_longer_is_gone(store: Store) -> None:
    client = FakeClient(store)
    kept = Kept(client.as_client)
    told: list[str] = []
    kept.changed.connect(told.append)
    await kept.keep("language", None)
    client.put("language", None)
    assert told == []
    await kept.keep("language", "zh_CN")
    await kept.keep("language", None)
    assert (told, kept.get("language"), store.kept()) == (["language"] * 2, None, {})


class Slow(FakeClient):
    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.disk = asyncio.Event()

    async def keep(self, key: str, value: str | None) -> None:
        await self.disk.wait()
        self.put(key, value)


async def test_what_is_kept_last_stays_even_if_it_was_so_before(store: Store) -> None:
    client = Slow(store)
    kept = Kept(client.as_client)
    async with asyncio.TaskGroup() as group:
        for value in ("half", None):
            group.create_task(kept.keep(draft_key(SERVER, ROOM), value))
        await asyncio.sleep(0)
        client.disk.set()
    assert kept.draft(SERVER, ROOM) == ""
    assert store.kept() == {}


async def test_what_a_full_disk_does_not_take_counts_and_is_stored_later(store: Store) -> None:
    class Full(FakeClient):
        is_full = True

        async def keep(self, key: str, value: str | None) -> None:
            if self.is_full:
                raise ChatError(Trouble.DISK_FULL_HERE)
            self.put(key, value)

    client = Full(store)
    kept = Kept(client.as_client)
    delayed: list[str] = []
    kept.delayed.connect(lambda: delayed.append("delayed"))
    with pytest.raises(ChatError):
        await kept.keep("language", "zh_CN")
    assert (kept.get("language"), kept.unstored) == ("zh_CN", {"language": "zh_CN"})
    with pytest.raises(ChatError):
        await kept.keep_again()
    assert delayed == ["delayed"] * 2
    client.is_full = False
    await kept.keep_again()
    assert (kept.unstored, store.kept()) == ({}, {"language": "zh_CN"})
