"""Opens what there is in Firestore for one process: its store, and the other processes on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import google.auth
from google.auth.exceptions import DefaultCredentialsError

from tagent_platform.adapters.store.firestore.calls import Calls
from tagent_platform.adapters.store.firestore.documents import Database
from tagent_platform.adapters.store.firestore.feed import Feed
from tagent_platform.adapters.store.firestore.replicas import FirestoreReplicas
from tagent_platform.adapters.store.firestore.store import FirestoreStore
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.store import StoreUnavailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the database is. Without a project it is the one of Google's credentials; `emulator` (host:port) is asked instead of Firestore."""

    project: str = ""
    database: str = "(default)"
    emulator: str = ""
    timeout_s: float = 5.0


async def open_firestore(
    place: Place, *, replica: str, clock: Clock, events_max: int
) -> tuple[FirestoreStore, FirestoreReplicas, Callable[[], Awaitable[None]]]:
    """Return the store, the other processes, and what closes both. Raises StoreUnavailableError naming what to do."""
    calls = _connect(place)
    feed = Feed(calls, replica, clock, shown_within_s=place.timeout_s)

    async def close() -> None:
        await feed.close()
        await calls.close()

    try:
        replicas = FirestoreReplicas(feed, clock)
        store = await FirestoreStore.open(calls, feed, events_max=events_max)
    except BaseException:
        await close()
        raise
    return store, replicas, close


def _connect(place: Place) -> Calls:
    if place.emulator:
        database = Database(place.project or "tagent", place.database)
        return Calls(database, place.emulator, place.timeout_s)
    try:
        found = place.project or google.auth.default()[1]
        if not found:
            raise StoreUnavailableError(
                "Google's credentials name no project: set TAGENT_FIRESTORE_PROJECT"
            )
        return Calls(Database(found, place.database), timeout_s=place.timeout_s)
    except DefaultCredentialsError as error:
        raise StoreUnavailableError(
            "there are no Google credentials for Firestore: run `gcloud auth application-default login`, "
            "or give the platform's container a service account"
        ) from error
