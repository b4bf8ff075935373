"""Connections, bounded: how many there are, how long they may be silent, how long a head and how slow a reader may be.

uvicorn's protocol has none of these limits. A connection *waits* from its first moment, and again from the end of each answer, until a whole
request has arrived; only waiting ones are closed, by time or, when there are too many, the longest waiting first. So callers who speak
are served while ten thousand silent ones knock.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from tagent_contract import wire
from tagent_contract.problems import Problem, ProblemType
from tagent_platform.api.errors import problem
from tagent_platform.api.limits import RequestLimits

HEADERS_MAX = 200
SWEEP_INTERVAL_S = 1.0


class ConnectionGuard:
    """Knows the waiting connections of one server and closes those that have waited enough."""

    def __init__(self, limits: RequestLimits, connections_max: int) -> None:
        self.limits = limits
        self.connections_max = connections_max
        self.waiting: OrderedDict[BoundedProtocol, float] = OrderedDict()
        """Each with the loop time at which its patience ends, longest waiting first."""
        self.closed_silent = 0
        self.closed_for_room = 0
        self.closed_slow_reader = 0

    def make_room(self, open_connections: int) -> bool:
        """Close the longest waiting connection when there are too many; False when nobody can be closed."""
        if open_connections < self.connections_max:
            return True
        if not self.waiting:
            return False
        longest, _ = self.waiting.popitem(last=False)
        self.closed_for_room += 1
        longest.abort()
        return True

    def sweep(self, now: float) -> None:
        """Close what has waited past its time."""
        for protocol, deadline in list(self.waiting.items()):
            if deadline <= now:
                del self.waiting[protocol]
                self.closed_silent += 1
                protocol.abort()

    async def run(self) -> None:
        """Sweep until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(SWEEP_INTERVAL_S, self.limits.head_timeout_s / 4))
            self.sweep(loop.time())


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with the guard's limits."""

    def __init__(self, *args: Any, guard: ConnectionGuard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard
        self._is_in_head = False
        self._head_bytes = 0
        self._refusal: Problem | None = None
        self._slow_reader_timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        state: ServerState = self.server_state
        has_room = self._guard.make_room(len(state.connections))
        super().connection_made(transport)
        if not has_room:
            self._guard.closed_for_room += 1
            transport.abort()
            return
        self._wait(self._guard.limits.head_timeout_s)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.waiting.pop(self, None)
        self._unset_slow_reader_timer()
        super().connection_lost(exc)

    def abort(self) -> None:
        """Drop the connection at once, unsent bytes too."""
        if not self.transport.is_closing():
            self.transport.abort()

    def _wait(self, seconds: float) -> None:
        self._guard.waiting[self] = self.loop.time() + seconds

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes = max(self._head_bytes, len(data))
            if self._head_bytes > self._guard.limits.head_bytes_max:
                self._refuse_head()
                self.send_400_response("")

    @override
    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._head_bytes = 0
        if self in self._guard.waiting:
            self._wait(self._guard.limits.head_timeout_s)
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._wait(self._guard.limits.body_timeout_s)
        head_bytes = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if head_bytes > self._guard.limits.head_bytes_max or len(self.headers) > HEADERS_MAX:
            self._refuse_head()
            raise ValueError("the head is too large")
        self.begin_cycle()

    def begin_cycle(self) -> None:
        """Start what answers the request whose head was read."""
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        if self.cycle.response_complete:
            # Answered before its end, and the rest was thrown away: now it is as idle as any other.
            self._wait(self._guard.limits.idle_timeout_s)
        else:
            self._guard.waiting.pop(self, None)
        super().on_message_complete()

    def _refuse_head(self) -> None:
        self._refusal = problem(
            ProblemType.TOO_LARGE,
            431,
            f"the request's line and headers are over {self._guard.limits.head_bytes_max} bytes or {HEADERS_MAX} lines",
        )

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and not self.pipeline:
            self.rest()

    def rest(self) -> None:
        """Wait for the next request, as the one that has waited least."""
        self._guard.waiting.pop(self, None)
        self._wait(self._guard.limits.idle_timeout_s)

    @override
    def send_400_response(self, msg: str) -> None:
        if self.transport.is_closing():
            return
        refusal = self._refusal or problem(
            ProblemType.INVALID, 400, "this is not a valid HTTP/1.1 request"
        )
        body = wire.encode(refusal)
        self.transport.write(
            b"".join(
                (
                    STATUS_LINE[refusal.status],
                    b"content-type: application/problem+json\r\ncontent-length: ",
                    str(len(body)).encode(),
                    b"\r\nconnection: close\r\n\r\n",
                    body,
                )
            )
        )
        self.transport.close()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._slow_reader_timer = self.loop.call_later(
            self._guard.limits.slow_reader_timeout_s, self._cut_slow_reader
        )

    @override
    def resume_writing(self) -> None:
        self._unset_slow_reader_timer()
        super().resume_writing()

    def _unset_slow_reader_timer(self) -> None:
        if self._slow_reader_timer is not None:
            self._slow_reader_timer.cancel()
            self._slow_reader_timer = None

    def _cut_slow_reader(self) -> None:
        self._guard.closed_slow_reader += 1
        self.abort()
