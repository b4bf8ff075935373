"""A caller's TCP connection, of which nobody reads the protocol: a fault acts on the connection as a whole.

The service is connected at once, since it may be the one that speaks first. Each side may end its sending by itself; the
pair is over when both have. In the figures a connection is one request: its first byte is the service's first, counted from
the caller's first if there was one before.
"""

from __future__ import annotations

import contextlib
from time import monotonic

from tagent_contract.reports import ErrorClass
from tagent_sidecar.faults.effects import Answer
from tagent_sidecar.proxy.context import ProxyContext
from tagent_sidecar.proxy.downstream import Downstream
from tagent_sidecar.proxy.gate import PEER_FULL
from tagent_sidecar.proxy.overriding import override
from tagent_sidecar.proxy.sockets import reset
from tagent_sidecar.proxy.tcp_upstream import TcpUpstream
from tagent_sidecar.proxy.upstream import Upstream


class TcpDownstream(Downstream):
    """One caller's TCP connection."""

    __slots__ = ("_output_ended",)

    def __init__(self, context: ProxyContext) -> None:
        super().__init__(context)
        self._output_ended = False

    @override
    def admitted(self) -> None:
        """Decide about the connection, and connect the service unless a fault says otherwise."""
        engine = self.context.engine
        decision = None
        if engine.has_request_faults:
            decision = engine.decide_connection(self.started_at, counted=self.counted)
        self.begin(b"", decision)

    @override
    def data_received(self, data: bytes) -> None:
        """Pass on what the caller says."""
        self.recorder.bytes_in += len(data)
        if not self.asked_at:
            self.asked_at = monotonic()
        self.pass_on(data)

    @override
    def eof_received(self) -> bool:
        """Tell the service that no more comes; it may still answer."""
        self.input_ended = True
        if self.is_dropping:
            return False
        self.forward_end()
        self._close_when_both_ended()
        return True

    @override
    def make_upstream(self) -> TcpUpstream:
        """Return the protocol of a connection to the service."""
        return TcpUpstream(self)

    @override
    def upstream_failed(self, error: OSError | TimeoutError) -> None:
        """Reset: a caller of plain TCP can be told nothing else."""
        self.end_exchange(ErrorClass.CONNECT)
        reset(self.transport)

    @override
    def upstream_lost(self, exc: Exception | None) -> None:
        """Pass a reset on as one; an orderly end was passed on before."""
        self.let_read(PEER_FULL)
        if exc is not None:
            self.recorder.stream_cut()
            self.end_exchange(ErrorClass.CUT if self.response_begun else ErrorClass.RESET)
            self._reset_when_flushed()
        else:
            self.output_ends()
            self.close()

    @override
    def leave_upstream(self, upstream: Upstream) -> None:
        """Let what the caller still said reach the service, if the end was an orderly one."""
        if self.input_ended:
            upstream.transport.close()
            self.context.loop.call_later(self.context.settings.linger_s, upstream.transport.abort)
        else:
            upstream.transport.abort()

    @override
    def caller_left(self) -> None:
        """Count the connection as over: which side leaves first says nothing in a protocol that nobody reads."""
        self.end_exchange(None)

    @override
    def drain(self) -> None:
        """Wait: nobody knows when such a connection is idle."""

    @override
    def answer(self, answer: Answer) -> None:
        """Do nothing: no fault that answers is armed for TCP."""
        self.open_gate()

    def output_ends(self) -> None:
        """Tell the caller that the service sends no more, once it has all."""
        if self._output_ended:
            return
        self._output_ended = True
        if self.shaper is not None:
            self.shaper.finish(self._end_shaped_output)
        else:
            self._end_output()

    def _end_shaped_output(self) -> None:
        if self.shaper is not None and not self.is_lost:
            self.shaper.close(self._end_output)

    def _end_output(self) -> None:
        if self.is_lost or self.transport.is_closing():
            return
        with contextlib.suppress(OSError, RuntimeError):
            self.transport.write_eof()
        self._close_when_both_ended()

    def _close_when_both_ended(self) -> None:
        if self._output_ended and self.input_ended:
            self.close()
