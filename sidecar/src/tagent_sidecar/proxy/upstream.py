"""The service's side of a pair: what HTTP and TCP have in common."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

from tagent_sidecar.proxy.downstream import Downstream
from tagent_sidecar.proxy.gate import PEER_FULL, nothing
from tagent_sidecar.proxy.overriding import override


class Upstream(asyncio.Protocol):
    """One connection to the service, for one caller."""

    __slots__ = ("_holds", "_input_ended", "downstream", "is_lost", "transport", "write")

    def __init__(self, downstream: Downstream) -> None:
        self.downstream = downstream
        self.transport: asyncio.Transport
        self.write: Callable[[bytes], None] = nothing
        self.is_lost = False
        self._holds = 0
        self._input_ended = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the caller, unless it has gone meanwhile."""
        self.transport = cast(asyncio.Transport, transport)
        self.write = self.transport.write
        if self.downstream.is_lost:
            self.transport.abort()
        else:
            self.downstream.upstream_made(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the caller, and let it decide what that means."""
        self.is_lost = True
        if self.downstream.upstream is self:
            self.downstream.upstream = None
            if not self.downstream.is_lost:
                self.downstream.upstream_lost(exc)

    @override
    def pause_writing(self) -> None:
        """Read no more from the caller than the service takes."""
        self.downstream.hold_reading(PEER_FULL)

    @override
    def resume_writing(self) -> None:
        """Read from the caller again."""
        self.downstream.let_read(PEER_FULL)

    def hold_reading(self, why: int) -> None:
        """Read no more from the service."""
        if not self._holds and not self.transport.is_closing():
            self.transport.pause_reading()
        self._holds |= why

    def let_read(self, why: int) -> None:
        """Read from the service again, if nothing else stands against it."""
        if self._holds:
            self._holds &= ~why
            if not self._holds and not self.transport.is_closing():
                self.transport.resume_reading()

    def end_input(self) -> None:
        """Tell the service that no more comes."""
        if not self._input_ended and not self.transport.is_closing():
            self._input_ended = True
            with contextlib.suppress(OSError, RuntimeError):
                self.transport.write_eof()
