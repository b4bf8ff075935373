"""Calls of Cloud Run's Admin API, each bounded. Reads are tried again by themselves; an update never is: who asks looks first.

The client's own time-outs and retries are not relied upon: an update has no default retry, reads have minutes of it, and a failed
operation raises an error without a code. So operations are read, never waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc.aio
from google.api_core import exceptions as api
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.cloud import run_v2
from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcAsyncIOTransport
from google.cloud.run_v2.services.services.transports import ServicesGrpcAsyncIOTransport
from google.longrunning import operations_pb2

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
CALL_TIMEOUT_S = 8.0
READ_TRIES = 3
READ_PAUSE_S = 0.3
REVISIONS_PAGE = 100
_TRY_AGAIN = (api.ServiceUnavailable, api.InternalServerError, api.Aborted)

T = TypeVar("T")


class CloudRunCalls:
    """One channel to the API. Made on the event loop that uses it."""

    def __init__(
        self,
        *,
        credentials: Credentials | None = None,
        endpoint: str = "",
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> None:
        """Connect to nothing yet. An `endpoint`, `host:port`, is a server on this machine, spoken to without TLS or credentials."""
        self._timeout_s = timeout_s
        self._channel = grpc.aio.insecure_channel(endpoint) if endpoint else None
        if self._channel is not None:
            self._services = run_v2.ServicesAsyncClient(
                transport=ServicesGrpcAsyncIOTransport(channel=self._channel)
            )
            self._revisions = run_v2.RevisionsAsyncClient(
                transport=RevisionsGrpcAsyncIOTransport(channel=self._channel)
            )
            return
        options = ClientOptions(scopes=[SCOPE])
        self._services = run_v2.ServicesAsyncClient(credentials=credentials, client_options=options)
        self._revisions = run_v2.RevisionsAsyncClient(
            credentials=credentials, client_options=options
        )

    async def close(self) -> None:
        """Close the channel."""
        for client in (self._services, self._revisions):
            closing: Any = client.transport
            await closing.close()

    async def service(self, path: str) -> run_v2.Service:
        """Return a service as it is now."""
        return await self._read(lambda: self._services.get_service(name=path, **self._bounds()))

    async def update(self, service: run_v2.Service) -> str:
        """Ask for a service to become this; return the operation's name. The etag in it refuses what was read too long ago."""
        async with asyncio.timeout(self._timeout_s):
            begun = await self._services.update_service(service=service, **self._bounds())
        return str(begun.operation.name)

    async def operation(self, name: str) -> operations_pb2.Operation:
        """Return an operation as it is now."""
        request = operations_pb2.GetOperationRequest(name=name)
        return await self._read(lambda: self._services.get_operation(request, **self._bounds()))

    async def revisions(self, path: str) -> list[run_v2.Revision]:
        """Return all revisions that the service has, at most 1000."""

        async def read() -> list[run_v2.Revision]:
            request = run_v2.ListRevisionsRequest(parent=path, page_size=REVISIONS_PAGE)
            pages = await self._revisions.list_revisions(request, **self._bounds())
            return [revision async for revision in pages]

        return await self._read(read)

    def _bounds(self) -> dict[str, Any]:
        return {"retry": None, "timeout": self._timeout_s}

    async def _read(self, call: Callable[[], Awaitable[T]]) -> T:
        for tries_left in reversed(range(READ_TRIES)):
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await call()
            except _TRY_AGAIN:
                if not tries_left:
                    raise
            await asyncio.sleep(READ_PAUSE_S)
        raise AssertionError("the last try returns or raises")
