"""Models over both stores, with what happened at the counter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_chat.store.contract import Store
from desktop_chat.store.sqlite import SqliteStore
from tests.core.desk import START_MS
from tests.models.counter import Counter
from tests.store.memory import MemoryStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "store.db", START_MS)
    yield store
    store.close()


@pytest.fixture
def counter(store: Store) -> Counter:
    return Counter(store)
