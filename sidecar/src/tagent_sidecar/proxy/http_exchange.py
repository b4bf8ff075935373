"""One HTTP exchange after another, seen from the caller: how a response begins, ends or fails, and what is counted.

`http_downstream.py` adds how requests are read. Phases: see `phases.py`.
"""

from __future__ import annotations

import contextlib
from time import monotonic

from tagent_contract.reports import ErrorClass
from tagent_sidecar.faults.effects import Answer
from tagent_sidecar.proxy.answers import build_answer, build_notice
from tagent_sidecar.proxy.context import ProxyContext
from tagent_sidecar.proxy.downstream import Downstream
from tagent_sidecar.proxy.gate import PEER_FULL
from tagent_sidecar.proxy.heads import RefusedError, response_closes
from tagent_sidecar.proxy.http_upstream import HttpUpstream
from tagent_sidecar.proxy.inbox import Inbox
from tagent_sidecar.proxy.overriding import override
from tagent_sidecar.proxy.phases import AWAITED, BODY, CAREFUL, CLOSING, IDLE, TUNNEL, WAITING
from tagent_sidecar.proxy.sockets import reset
from tagent_sidecar.proxy.upstream import Upstream

_FIVE = ord("5")

ORDINARY = b""
"""Stands for every method whose answers are read like any other's."""


class HttpExchange(Downstream):
    """The response side of a caller's HTTP connection."""

    __slots__ = (
        "_closes",
        "_must_close",
        "_response_done",
        "error",
        "inbox",
        "method",
        "output_ended",
        "phase",
        "service",
    )

    def __init__(self, context: ProxyContext) -> None:
        super().__init__(context)
        self.phase = IDLE
        self.method = ORDINARY
        self.inbox: Inbox | None = None
        """None when empty: then a plain request needs no second thought."""
        self.service: HttpUpstream | None = None
        self.error: ErrorClass | None = None
        """What the response under way tells its caller that went wrong."""
        self._closes = False
        """The connection ends with the exchange under way."""
        self._must_close = False
        """The connection ends with an answer of ours, which said so."""
        self._response_done = False
        self.output_ended = False
        """The service sends no more through the tunnel."""

    # --- the service's connection -------------------------------------------------------------------------------

    @override
    def make_upstream(self) -> HttpUpstream:
        """Return the protocol of a connection to the service."""
        return HttpUpstream(self)

    @override
    def open_gate(self) -> None:
        """Let the request go upstream, and await its answer."""
        if self.service is not None:
            self._expect(self.service)
        super().open_gate()

    @override
    def upstream_made(self, upstream: Upstream) -> None:
        """Send what waits for the service, and await the answer to it."""
        if isinstance(upstream, HttpUpstream):
            self.service = upstream
            self._expect(upstream)
        super().upstream_made(upstream)

    @override
    def upstream_failed(self, error: OSError | TimeoutError) -> None:
        """Answer 502: nobody is there."""
        self.service = None
        why = (
            "does not accept connections in time"
            if isinstance(error, TimeoutError)
            else "refuses connections"
        )
        self._fail(ErrorClass.CONNECT, f"the service {why}")

    @override
    def upstream_lost(self, exc: Exception | None) -> None:
        """Take the close as the response's end, as its cut, or as the end of an idle connection."""
        service, self.service = self.service, None
        self.let_read(PEER_FULL)
        if service is None or self.phase == CLOSING or (self.in_exchange and self.is_held):
            return  # what is held will go to a new connection
        if not self.in_exchange or self._response_done:
            self.close()
        elif service.is_complete_at_close(exc):
            self._closes = True
            self.response_over()
            self.close()
        elif self.response_begun:
            self._cut(service)
        elif service.began_head:
            self._fail(
                ErrorClass.MALFORMED, "the service closed in the middle of a response's head"
            )
        elif service.answered:
            # A reused connection may be closed by the service while a request is on its way. Without us the caller
            # would see just that, and knows what to do.
            self.end_exchange(ErrorClass.RESET)
            self.close()
        else:
            self._fail(ErrorClass.RESET, "the service closed the connection without an answer")

    def _expect(self, service: HttpUpstream) -> None:
        service.phase = CAREFUL if self.method in (b"HEAD", b"CONNECT") else AWAITED

    # --- the response -------------------------------------------------------------------------------------------

    def answered_whole(self, response: bytes) -> None:
        """Count a plain response that went to the caller in one piece, and be ready for the next request."""
        recorder = self.recorder
        recorder.bytes_out += len(response)
        recorder.in_flight -= 1
        self.in_exchange = False
        now = self.quiet_since = monotonic()
        if response[9] == _FIVE:
            recorder.first_byte(now - self.started_at)
            recorder.finished(now - self.started_at, ErrorClass.STATUS_5XX)
        else:
            recorder.answered(now - self.started_at)
        self.phase = IDLE
        if self.inbox is not None or self.input_ended or self.context.draining:
            self.exchange_over()

    def response_begins(self, http_status: int, head: bytes) -> None:
        """Note the head of a final response."""
        self.first_byte()
        if http_status >= 500:
            self.error = ErrorClass.STATUS_5XX
        if self.struck is not None:
            self._closes = self._closes or response_closes(head)

    def response_over(self) -> None:
        """Go on when the caller has the response, whose last byte came from the service."""
        if self.shaper is not None:
            self.shaper.finish(self._response_left)
        else:
            self._response_left()

    def response_is_malformed(self, problem: str) -> bool:
        """Answer 502 if nothing was sent yet, and return True; else the bytes should pass."""
        if not self.in_exchange or self.phase == CLOSING:
            return False
        if not self.response_begun:
            self._fail(
                ErrorClass.MALFORMED, f"the service's response is not HTTP/1.1: it {problem}"
            )
            return True
        self.error = ErrorClass.MALFORMED
        return False

    def begin_tunnel(self) -> None:
        """Pass bytes both ways from now on; the exchange itself is answered."""
        self.end_exchange(self.error)
        self.forget_struck()
        self.phase = TUNNEL
        if self.service is not None:
            self.service.tunnel()
        inbox, self.inbox = self.inbox, None
        if inbox is not None:
            self.pass_on(inbox.take_all())
        self.forward_end()

    def end_output(self) -> None:
        """Tell the caller that no more comes through the tunnel."""
        self.output_ended = True
        with contextlib.suppress(OSError, RuntimeError):
            self.transport.write_eof()

    @override
    def answer(self, answer: Answer) -> None:
        """Answer instead of the service; the request's body, if one follows, is thrown away."""
        self.drop_input()
        self._shape_response()
        to_head = self.method == b"HEAD"
        data, head_bytes = build_answer(
            answer.http_status, answer.headers, answer.body, to_head=to_head, closes=self._closes
        )
        self._must_close = self._closes
        if answer.http_status >= 500:
            self.error = ErrorClass.STATUS_5XX
        self.first_byte()
        self.deliver(data, [(head_bytes, len(data))] if len(data) > head_bytes else [])
        self.response_over()

    def forget_struck(self) -> None:
        """Close the account of the fault that acted on the last request."""
        if self.shaper is not None:
            self.shaper.cancel()
            self.shaper = None
        if self.struck is not None:
            self.struck.over()
            self.struck = None

    def exchange_over(self) -> None:
        """Be ready for the next request, or close."""
        raise NotImplementedError

    def _response_left(self) -> None:
        if self.is_lost or not self.in_exchange:
            return
        self.end_exchange(self.error)
        self.error = None
        closes_late = (
            self._closes
            and self.struck is not None
            and self.struck.decision.delay_close is not None
        )
        if not closes_late:
            self.forget_struck()
        if self.phase == BODY:
            self._response_done = True
        elif self.phase == WAITING:
            self.phase = IDLE
            self.exchange_over()

    # --- what goes wrong ----------------------------------------------------------------------------------------

    def _fail(self, error: ErrorClass, text: str) -> None:
        """Answer 502 in the service's place, and close: what the service would have said next, nobody knows."""
        self.first_byte()
        self.end_exchange(error)
        self.forget_struck()
        self._say_and_close(build_notice(502, text, to_head=self.method == b"HEAD"))

    def refuse(self, refused: RefusedError) -> None:
        """Answer a request that is not passed on, and close."""
        self.recorder.rejected += 1
        begun = self.response_begun and self.in_exchange
        if self.in_exchange:
            # It was counted as under way before its body turned out to be none.
            self.in_exchange = False
            self.recorder.in_flight -= 1
        self.forget_struck()
        if begun:
            reset(self.transport)
        elif self._response_done:
            self._say_and_close(b"")  # it was answered before it turned out to be wrong
        else:
            self._say_and_close(build_notice(refused.http_status, refused.reason))

    def _cut(self, service: HttpUpstream) -> None:
        """End a response in the middle, so that nobody takes it for whole."""
        ends_by_close = service.ends_by_close
        error = self.error if self.error is ErrorClass.MALFORMED else ErrorClass.CUT
        if error is ErrorClass.CUT:
            self.recorder.stream_cut()
        self.end_exchange(error)
        if ends_by_close and error is ErrorClass.CUT:
            self._reset_when_flushed()
        else:
            self.close()

    def _say_and_close(self, data: bytes) -> None:
        # Closing at once could reset the connection while the caller still sends, and lose the answer on its way.
        self.recorder.bytes_out += len(data)
        self.phase = CLOSING
        self.inbox = None
        self.drop_input()
        if self.service is not None:
            self.service.transport.abort()
            self.service = None
        if self.transport.is_closing():
            return
        self.write(data)
        with contextlib.suppress(OSError, RuntimeError):
            self.transport.write_eof()
        self.context.loop.call_later(self.context.settings.linger_s, self.transport.abort)
