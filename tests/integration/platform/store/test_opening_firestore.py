"""A platform starts on a stream that says nothing at first, or that takes long to tell everything."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from google.cloud.firestore_v1 import types
from typing_extensions import override

from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.store.firestore import store as firestore_store
from tagent_platform.adapters.store.firestore.calls import Calls
from tagent_platform.adapters.store.firestore.documents import Database
from tagent_platform.adapters.store.firestore.feed import Feed
from tagent_platform.adapters.store.firestore.store import FirestoreStore
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change, StoreUnavailableError

pytestmark = pytest.mark.integration
SERVICES = 20
SILENT_MAX_S = 6.0
REOPENED_AFTER_S = 2.0


class Muffled(Calls):
    """Calls whose first `silent` streams never say a word, and whose others pause before each message."""

    def __init__(self, database: Database, host: str, *, silent: int = 0, pause_s: float = 0.0):
        super().__init__(database, host, timeout_s=30.0)
        self._silent = silent
        self._pause_s = pause_s

    @override
    async def listen(self, requests: AsyncIterator[types.ListenRequest]) -> AsyncIterable[Any]:
        if self._silent:
            self._silent -= 1
            return _silence()
        return _slowly(await super().listen(requests), self._pause_s)


async def _silence() -> AsyncIterator[Any]:
    await asyncio.Event().wait()
    yield None


async def _slowly(messages: AsyncIterable[Any], pause_s: float) -> AsyncIterator[Any]:
    async for message in messages:
        await asyncio.sleep(pause_s)
        yield message


@asynccontextmanager
async def opened(calls: Calls) -> AsyncIterator[FirestoreStore]:
    feed = Feed(calls, secrets.token_hex(4), SystemClock(), shown_within_s=REOPENED_AFTER_S)
    try:
        yield await FirestoreStore.open(calls, feed)
    finally:
        await feed.close()
        await calls.close()


@pytest.fixture
async def database(firestore_host: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    """One with some services in it, of a platform that is gone."""
    there = Database(f"t{secrets.token_hex(6)}")
    calls = Calls(there, firestore_host, timeout_s=30.0)
    feed = Feed(calls, "gone", SystemClock(), shown_within_s=30.0)
    try:
        store = await FirestoreStore.open(calls, feed)
        names = [f"service-{number}" for number in range(SERVICES)]
        await store.commit([Change(ServiceRecord, n, ServiceRecord(name=n), 0) for n in names])
    finally:
        await feed.close()
        await calls.close()
    monkeypatch.setattr(firestore_store, "OPEN_WITHIN_S", SILENT_MAX_S)
    return there


async def test_a_stream_that_says_nothing_is_opened_again(
    database: Database, firestore_host: str
) -> None:
    async with opened(Muffled(database, firestore_host, silent=1)) as store:
        assert len(store.all(ServiceRecord)) == SERVICES


async def test_what_takes_long_to_be_told_is_waited_for(
    database: Database, firestore_host: str
) -> None:
    """Longer than a start may hear nothing: a hundred thousand services are not told in a moment."""
    pause_s = SILENT_MAX_S * 1.2 / SERVICES
    async with opened(Muffled(database, firestore_host, pause_s=pause_s)) as store:
        assert len(store.all(ServiceRecord)) == SERVICES


async def test_who_hears_nothing_at_all_gives_up_with_a_sentence(
    database: Database, firestore_host: str
) -> None:
    with pytest.raises(StoreUnavailableError, match="Firestore said nothing for 6 s"):
        async with opened(Muffled(database, firestore_host, silent=1000)):
            pass
