"""The way from a caller to the service: one upstream connection of its own, and a gate before it.

What the caller sends is held (in `_outbox`), passed, or dropped. Reading from the caller pauses when too much is held, or
when the service does not take what was passed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tagent_sidecar.proxy.context import ProxyContext

if TYPE_CHECKING:
    from tagent_sidecar.proxy.upstream import Upstream

HELD, OPEN, DROPPING = range(3)
"""The gate. Plain numbers: they are compared for every piece of bytes."""

PEER_FULL, QUEUE_FULL = 1, 2
"""Why a side is not read from: the other side does not take it, or it waits here (for its turn, a delay, a connection)."""


def nothing(_data: bytes) -> None:
    """Stand in for a transport that is not there yet."""


class Gate(asyncio.Protocol):
    """The service's side of one caller's connection."""

    __slots__ = (
        "_connecting",
        "_gate",
        "_holds",
        "_outbox",
        "_outbox_bytes",
        "context",
        "input_ended",
        "is_lost",
        "transport",
        "upstream",
    )

    def __init__(self, context: ProxyContext) -> None:
        self.context = context
        self.transport: asyncio.Transport
        """The caller's."""
        self.upstream: Upstream | None = None
        self.input_ended = False
        """The caller said that it sends no more."""
        self.is_lost = False
        """The caller is gone."""
        self._gate = HELD
        self._holds = 0
        self._outbox: list[bytes] = []
        self._outbox_bytes = 0
        self._connecting: asyncio.Task[None] | None = None

    # --- the service's connection -------------------------------------------------------------------------------

    def make_upstream(self) -> Upstream:
        """Return the protocol of a connection to the service."""
        raise NotImplementedError

    def upstream_made(self, upstream: Upstream) -> None:
        """Go on, now that the service is connected."""
        self._connecting = None
        self.upstream = upstream
        self._empty_outbox()

    def upstream_failed(self, error: OSError | TimeoutError) -> None:
        """Tell the caller that the service cannot be reached."""
        raise NotImplementedError

    # --- the gate -----------------------------------------------------------------------------------------------

    @property
    def is_held(self) -> bool:
        """Return whether what the caller sends waits here."""
        return self._gate == HELD

    @property
    def is_dropping(self) -> bool:
        """Return whether what the caller sends is thrown away."""
        return self._gate == DROPPING

    def hold(self, first: bytes) -> None:
        """Close the gate before a request that begins with these bytes."""
        self._gate = HELD
        if first:
            self.pass_on(first)

    def forget_held(self) -> None:
        """Send nothing any more, and connect to nobody: the caller is gone."""
        if self._connecting is not None:
            self._connecting.cancel()
        self._outbox.clear()

    def pass_on(self, data: bytes) -> None:
        """Send bytes to the service, or keep them until the gate opens."""
        if self._gate == OPEN and self.upstream is not None:
            self.upstream.write(data)
        elif self._gate != DROPPING:
            self._outbox.append(data)
            self._outbox_bytes += len(data)
            if self._outbox_bytes > self.context.settings.buffer_bytes_max:
                self.hold_reading(QUEUE_FULL)

    def open_gate(self) -> None:
        """Let what is held, and all that follows, go upstream; connect first if need be."""
        self._gate = OPEN
        if self.upstream is not None:
            self._empty_outbox()
        elif self._connecting is None:
            self._connecting = self.context.loop.create_task(self._connect())
            self.context.tasks.add(self._connecting)
            self._connecting.add_done_callback(self.context.tasks.discard)

    def drop_input(self) -> None:
        """Throw away what was held and all that follows."""
        self._gate = DROPPING
        self._outbox.clear()
        self._outbox_bytes = 0
        self.let_read(QUEUE_FULL)

    def hold_reading(self, why: int) -> None:
        """Read no more from the caller."""
        if not self._holds and not self.transport.is_closing():
            self.transport.pause_reading()
        self._holds |= why

    def let_read(self, why: int) -> None:
        """Read from the caller again, if nothing else stands against it."""
        if self._holds:
            self._holds &= ~why
            if not self._holds and not self.transport.is_closing():
                self.transport.resume_reading()

    def forward_end(self) -> None:
        """Tell the service that the caller sends no more, if it is so and all of it went out."""
        upstream = self.upstream
        if self.input_ended and upstream is not None and not self._outbox:
            upstream.end_input()

    async def _connect(self) -> None:
        context, settings = self.context, self.context.settings
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                await context.loop.create_connection(
                    self.make_upstream, settings.target_host, settings.target_port
                )
        except (OSError, TimeoutError) as error:
            self._connecting = None
            if not self.is_lost:
                self.upstream_failed(error)

    def _empty_outbox(self) -> None:
        if self.upstream is None or self._gate != OPEN:
            return
        if self._outbox:
            data = self._outbox[0] if len(self._outbox) == 1 else b"".join(self._outbox)
            self._outbox.clear()
            self._outbox_bytes = 0
            self.upstream.write(data)
            self.let_read(QUEUE_FULL)
        self.forward_end()
