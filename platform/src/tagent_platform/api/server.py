"""The HTTP server: uvicorn with bounded connections, and a stop that lets nobody hang."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from tagent_platform.api.connections import ConnectionGuard
from tagent_platform.api.eager import Eager, eager_protocol
from tagent_platform.api.errors import unavailable
from tagent_platform.api.limits import RequestLimits

T = TypeVar("T")

BACKLOG = 2048


class Stopping:
    """Told once that the platform stops; ends every wait that is only for something to change."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self.is_set = False

    def set(self) -> None:
        """Wake everyone who waits."""
        self.is_set = True
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def wait_for(
        self, change: Awaitable[T], timeout_s: float, gone: Awaitable[object] | None = None
    ) -> T | None:
        """Return what `change` gives; None when the time is over, the platform stops or `gone` comes true before."""
        stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(stop)
        waited = asyncio.ensure_future(change)
        others = {stop} if gone is None else {stop, asyncio.ensure_future(gone)}
        try:
            await asyncio.wait(
                {waited, *others},
                timeout=0.0 if self.is_set else timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            return waited.result() if waited.done() else None
        finally:
            self._waiting.discard(stop)
            for other in (waited, *others):
                other.cancel()


class Slots:
    """So many at a time of what holds a connection for long."""

    def __init__(self, what: str, slots_max: int) -> None:
        self._what = what
        self._slots_max = slots_max
        self.taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold one. Raises a 503 when there is none."""
        if self.taken >= self._slots_max:
            raise unavailable(f"there are already {self.taken} {self._what}, as many as may be")
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class PlatformServer(uvicorn.Server):
    """Serves until `should_exit`; signals are its owner's business."""

    def __init__(
        self,
        app: ASGIApp,
        eager: Mapping[bytes, Eager],
        guard: ConnectionGuard,
        stopping: Stopping,
        stop_within_s: float,
    ) -> None:
        limits: RequestLimits = guard.limits
        super().__init__(
            uvicorn.Config(
                app,
                http=eager_protocol(guard, eager),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=int(limits.idle_timeout_s) or 1,
                timeout_graceful_shutdown=max(1, int(stop_within_s)),
            )
        )
        self._guard = guard
        self._stopping = stopping

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def serve_on(self, listener: socket.socket) -> None:
        """Serve on a bound socket until told to exit; long-polls and streams end at once then."""
        sweeping = asyncio.ensure_future(self._guard.run())
        try:
            await self.serve(sockets=[listener])
        finally:
            sweeping.cancel()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)
