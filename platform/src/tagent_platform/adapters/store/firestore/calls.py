"""Calls to Firestore: bounded in time, and with errors in the port's words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Any

import grpc
from google.api_core import exceptions as google_errors
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport

from tagent_platform.adapters.store.firestore.documents import Database, Found, micros_of_stamp
from tagent_platform.ports.store import Operations, StoreUnavailableError

CALL_TIMEOUT_S = 5.0
CONTENTION_TRIES = 5
CONTENTION_WAIT_S = 0.05
_CHANNEL: tuple[tuple[str, int], ...] = (
    # What is away for a minute must not be waited for two more: gRPC's own longest wait.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # A connection that died without a word is found out.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_receive_message_length", -1),
)
_UNMET = (
    google_errors.FailedPrecondition,
    google_errors.AlreadyExists,
    google_errors.NotFound,
)


class UnmetConditionError(Exception):
    """A write's condition does not hold; nothing was written."""


class Calls:
    """One client and its connection. Belongs to the event loop in which it is made.

    Without `emulator` (host:port) it finds Google's application default credentials by itself.
    """

    def __init__(
        self, database: Database, emulator: str = "", timeout_s: float = CALL_TIMEOUT_S
    ) -> None:
        self.database = database
        self.operations = Operations()
        """As Firestore charges for them: a guard is a write, an empty answer a read, and what the stream tells is read too."""
        self._timeout_s = timeout_s
        if emulator:
            self._channel = grpc.aio.insecure_channel(emulator, options=_CHANNEL)
        else:
            self._channel = FirestoreGrpcAsyncIOTransport.create_channel(options=_CHANNEL)
        transport = FirestoreGrpcAsyncIOTransport(channel=self._channel)
        self._client = FirestoreAsyncClient(transport=transport)
        self._metadata = [("google-cloud-resource-prefix", database.path)]
        if emulator:
            # To the emulator that is whoever may do everything.
            self._metadata.append(("authorization", "Bearer owner"))

    async def close(self) -> None:
        await self._channel.close()

    async def commit(self, writes: Sequence[types.Write]) -> int:
        """Write all or nothing; return the commit's time in microseconds. Raises UnmetConditionError, StoreUnavailableError."""
        request = types.CommitRequest(database=self.database.path, writes=writes)
        for tried in range(1, CONTENTION_TRIES + 1):
            try:
                answer = await self._bounded(self._client.commit, request, self._timeout_s)
            except google_errors.Aborted as error:
                if tried == CONTENTION_TRIES:
                    raise _unavailable(error) from error
                await asyncio.sleep(CONTENTION_WAIT_S * tried)
            except _UNMET as error:
                raise UnmetConditionError(error.message) from error
            else:
                deletes = sum(bool(write.delete) for write in writes)
                self.operations.deletes += deletes
                self.operations.writes += len(writes) - deletes
                return micros_of_stamp(types.CommitResponse.pb(answer).commit_time)
        raise AssertionError("the last try returns or raises")

    async def get(self, names: Sequence[str]) -> dict[str, Found | None]:
        """Return the documents by name, None where there is none. Raises StoreUnavailableError."""
        request = types.BatchGetDocumentsRequest(database=self.database.path, documents=names)
        found: dict[str, Found | None] = {}
        async for answer in self._answers(
            self._client.batch_get_documents, request, self._timeout_s
        ):
            if answer.missing:
                found[answer.missing] = None
            elif answer.HasField("found"):
                found[answer.found.name] = answer.found
        self.operations.reads += len(names)
        return found

    async def query(
        self, query: types.StructuredQuery, within_s: float | None = None
    ) -> tuple[list[Found], int]:
        """Return what a query of the root's collections finds, and as of when in microseconds. Raises StoreUnavailableError.

        `within_s`: for one that finds much; otherwise as long as any call may take.
        """
        request = types.RunQueryRequest(parent=self.database.root, structured_query=query)
        found, read_micros = [], 0
        async for answer in self._answers(
            self._client.run_query, request, within_s or self._timeout_s
        ):
            if answer.HasField("document"):
                found.append(answer.document)
            if answer.HasField("read_time"):
                read_micros = micros_of_stamp(answer.read_time)
        self.operations.reads += max(1, len(found))
        return found, read_micros

    async def listen(self, requests: AsyncIterator[types.ListenRequest]) -> AsyncIterable[Any]:
        """Open the stream of changes; it has no end of its own. Raises what the client does."""
        stream: AsyncIterable[Any] = await self._client.listen(
            requests=requests, metadata=self._metadata, retry=None, timeout=None
        )
        return stream

    async def _bounded(self, call: Any, request: Any, within_s: float) -> Any:
        """Call within the time-out; the client's own retries would go on for minutes, whatever time-out they are given."""
        try:
            return await call(
                request=request,
                metadata=self._metadata,
                retry=None,
                timeout=within_s,
            )
        except (*_UNMET, google_errors.Aborted):
            raise
        except google_errors.GoogleAPICallError as error:
            raise _unavailable(error) from error

    async def _answers(self, call: Any, request: Any, within_s: float) -> AsyncIterator[Any]:
        try:
            async with asyncio.timeout(within_s):
                async for answer in await self._bounded(call, request, within_s):
                    yield answer._pb  # noqa: SLF001  # the public accessor copies
        except TimeoutError as error:
            raise StoreUnavailableError(
                f"Firestore did not answer within {within_s:g} s"
            ) from error
        except google_errors.GoogleAPICallError as error:
            raise _unavailable(error) from error


def _unavailable(error: google_errors.GoogleAPICallError) -> StoreUnavailableError:
    return StoreUnavailableError(f"Firestore did not take it: {why(error)}")


def why(error: Exception) -> str:
    """Say in a sentence what is wrong, with what to do where that is known."""
    text = getattr(error, "message", "") or str(error) or type(error).__name__
    if isinstance(error, google_errors.PermissionDenied):
        return f"{text} (the platform's service account needs roles/datastore.user)"
    if isinstance(error, google_errors.Unauthenticated):
        return f"{text} (no valid Google credentials: see `gcloud auth application-default login`)"
    return text
