"""A caller's connection: what HTTP and TCP have in common.

What the caller sends goes through the gate (`gate.py`). What the service sends goes straight to the caller, or through a
shaper when a fault acts on the response.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, cast

from tagent_contract.reports import ErrorClass
from tagent_sidecar.faults.effects import Answer, RequestDecision
from tagent_sidecar.proxy.body import Ranges
from tagent_sidecar.proxy.context import ProxyContext
from tagent_sidecar.proxy.gate import PEER_FULL, QUEUE_FULL, Gate, nothing
from tagent_sidecar.proxy.overriding import override
from tagent_sidecar.proxy.shaping import ResponseShaper
from tagent_sidecar.proxy.sockets import reset
from tagent_sidecar.proxy.struck import StruckRequest

if TYPE_CHECKING:
    from tagent_sidecar.proxy.upstream import Upstream

_FLUSH_POLL_S = 0.002
_FLUSH_TRIES = 500


class Downstream(Gate):
    """One caller's connection."""

    __slots__ = (
        "asked_at",
        "counted",
        "in_exchange",
        "quiet_since",
        "recorder",
        "response_begun",
        "shaper",
        "started_at",
        "struck",
        "write",
    )

    def __init__(self, context: ProxyContext) -> None:
        super().__init__(context)
        self.write: Callable[[bytes], None] = nothing
        self.recorder = context.recorder
        self.counted = True
        self.struck: StruckRequest | None = None
        self.shaper: ResponseShaper | None = None
        self.started_at = 0.0
        self.asked_at = 0.0
        """When the request was whole, if that came later than its begin: a slow upload is not a slow service."""
        self.quiet_since = 0.0
        self.in_exchange = False
        """A request (TCP: the connection) is under way and counted as in flight."""
        self.response_begun = False

    # --- asyncio calls these ------------------------------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the caller, or turn it away."""
        context = self.context
        self.transport = cast(asyncio.Transport, transport)
        self.write = self.transport.write
        if context.is_check(self.transport):
            self.counted = False
            self.recorder = context.unseen
        context.connections.add(self)
        self.recorder.connections += 1
        now = self.quiet_since = self.started_at = monotonic()
        if len(context.connections) > context.connections_max or context.draining:
            self.recorder.rejected += 1
            self.transport.abort()
        elif context.engine.may_refuse and context.engine.refuses_connection(
            now, counted=self.counted
        ):
            reset(self.transport)
        else:
            self.admitted()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Let everything go that belongs to this caller."""
        self.is_lost = True
        self.context.connections.discard(self)
        self.recorder.connections -= 1
        if self.in_exchange:
            self.caller_left()
        if self.shaper is not None:
            self.shaper.cancel()
        if self.struck is not None:
            self.struck.over()
        if self.upstream is not None:
            self.leave_upstream(self.upstream)
        self.forget_held()
        if not self.context.connections:
            self.context.emptied.set()

    @override
    def pause_writing(self) -> None:
        """Read no more from the service than the caller takes."""
        if self.upstream is not None:
            self.upstream.hold_reading(PEER_FULL)

    @override
    def resume_writing(self) -> None:
        """Read from the service again."""
        if self.upstream is not None:
            self.upstream.let_read(PEER_FULL)

    # --- what HTTP and TCP do differently -----------------------------------------------------------------------

    def admitted(self) -> None:
        """Begin with a caller that may stay."""

    def upstream_lost(self, exc: Exception | None) -> None:
        """Deal with the end of the service's connection."""
        raise NotImplementedError

    def leave_upstream(self, upstream: Upstream) -> None:
        """Close the service's connection, since the caller is gone."""
        upstream.transport.abort()

    def check_quiet(self, now: float) -> None:
        """Close what has been silent for too long."""

    def drain(self) -> None:
        """End as soon as nothing is under way."""

    def answer(self, answer: Answer) -> None:
        """Answer instead of the service."""
        raise NotImplementedError

    # --- towards the service ------------------------------------------------------------------------------------

    def begin(self, first: bytes, decision: RequestDecision | None) -> None:
        """Start a request (TCP: the connection) with its first bytes and what was decided about it."""
        self.in_exchange = True
        self.response_begun = False
        self.recorder.in_flight += 1
        self.hold(first)
        if decision is None:
            self.open_gate()
        else:
            self.struck = StruckRequest(self.context, decision, self)
            self.struck.start()

    @override
    def open_gate(self) -> None:
        """Let the request go upstream; a fault that acts on its response gets ready."""
        self._shape_response()
        super().open_gate()

    # --- towards the caller -------------------------------------------------------------------------------------

    def deliver(self, data: bytes, payload: Ranges) -> None:
        """Send a piece of the response to the caller; `payload` tells its body's own bytes when a shaper wants them."""
        if self.shaper is not None:
            self.shaper.feed(data, payload)
        else:
            self.recorder.bytes_out += len(data)
            self.write(data)

    def send(self, data: bytes) -> None:
        """Write what the shaper lets out."""
        if not self.transport.is_closing():
            self.recorder.bytes_out += len(data)
            self.write(data)

    def hold_service(self) -> None:
        """Stop reading from the service: the shaper has enough."""
        if self.upstream is not None:
            self.upstream.hold_reading(QUEUE_FULL)

    def let_service(self) -> None:
        """Read from the service again."""
        if self.upstream is not None:
            self.upstream.let_read(QUEUE_FULL)

    def close(self) -> None:
        """Close when all was sent, and when `slow_close` allows it."""
        if self.shaper is not None:
            self.shaper.finish(self._close_shaped)
        else:
            self.transport.close()

    def end_exchange(self, error: ErrorClass | None) -> None:
        """Count the request under way as over."""
        if not self.in_exchange:
            return
        self.in_exchange = False
        self.response_begun = False
        now = self.quiet_since = monotonic()
        self.recorder.in_flight -= 1
        self.recorder.finished(now - self.started_at, error)

    def caller_left(self) -> None:
        """Count a request whose caller did not stay for the end; without any answer it may have timed out."""
        waited_s = monotonic() - self.started_at
        unanswered = not self.response_begun and waited_s >= self.context.settings.abandoned_after_s
        self.end_exchange(ErrorClass.TIMEOUT if unanswered else None)

    def first_byte(self) -> None:
        """Count the begin of a response, once."""
        if not self.response_begun and self.in_exchange:
            self.response_begun = True
            self.recorder.first_byte(monotonic() - max(self.started_at, self.asked_at))

    # --- faults -------------------------------------------------------------------------------------------------

    def swallow(self) -> None:
        """Throw away what was sent and what follows."""
        self.drop_input()

    def end_swallowed(self) -> None:
        """Close without an answer, as timed out."""
        self.end_exchange(ErrorClass.TIMEOUT)
        self.transport.close()

    def reset_struck(self) -> None:
        """Send a TCP reset behind what was sent."""
        self.end_exchange(ErrorClass.RESET)
        self._reset_when_flushed()

    def cut_struck(self) -> None:
        """End the response here: flush, then close."""
        self.recorder.stream_cut()
        self.end_exchange(ErrorClass.CUT)
        self.transport.close()

    def reset_by_fault(self, fault_id: str) -> None:
        """Reset an open connection, as `down` does to all that are there when it begins."""
        self.end_exchange(ErrorClass.RESET)
        if self.counted:
            self.context.engine.affected(fault_id, monotonic())
        reset(self.transport)

    def _shape_response(self) -> None:
        struck = self.struck
        if struck is None or self.shaper is not None:
            return
        decision = struck.decision
        if (
            decision.reset
            or decision.throttle
            or decision.cut
            or decision.delay_close
            or decision.corrupt
        ):
            self.shaper = ResponseShaper(struck, self, self.context.loop)

    def _close_shaped(self) -> None:
        if self.shaper is not None and not self.is_lost:
            self.shaper.close(self.transport.close)

    def _reset_when_flushed(self, tries_left: int = _FLUSH_TRIES) -> None:
        # A reset throws away what the kernel has not sent; the caller should first get what was promised to it.
        if self.is_lost:
            return
        if tries_left and self.transport.get_write_buffer_size():
            self.context.loop.call_later(_FLUSH_POLL_S, self._reset_when_flushed, tries_left - 1)
        else:
            reset(self.transport)
