"""A caller's HTTP connection: reads requests one after the other, and gives each its own decision.

A pipelined follower waits in the inbox until both its predecessor's request and response are complete. Phases: see
`phases.py`.
"""

from __future__ import annotations

from time import monotonic

from tagent_sidecar.proxy.body import Body, BodyError, body_reader
from tagent_sidecar.proxy.context import ProxyContext
from tagent_sidecar.proxy.gate import QUEUE_FULL
from tagent_sidecar.proxy.heads import RefusedError, RequestHead
from tagent_sidecar.proxy.http_exchange import ORDINARY, HttpExchange
from tagent_sidecar.proxy.inbox import Inbox
from tagent_sidecar.proxy.overriding import override
from tagent_sidecar.proxy.phases import AWAITED, BODY, CAREFUL, CLOSING, IDLE, TUNNEL, WAITING
from tagent_sidecar.proxy.plain import REMEMBERED_BYTES_MAX
from tagent_sidecar.proxy.sockets import probe_when_silent

_H = ord("H")
_INBOX_BYTES_MAX = 64 * 1024


class HttpDownstream(HttpExchange):
    """One caller's HTTP connection."""

    __slots__ = ("_body", "_engine", "_is_plain", "_last_plain", "_spoke")

    def __init__(self, context: ProxyContext) -> None:
        super().__init__(context)
        self._engine = context.engine
        self._is_plain = context.plain_requests.is_one
        self._last_plain = b""
        """The latest plain request: the same bytes need no second look. Clients that poll say the same again and again."""
        self._body: Body | None = None
        self._spoke = False
        """A request came: from now on silence is idleness, not a caller that never says what it wants."""

    @override
    def data_received(self, data: bytes) -> None:
        """Pass a plain whole request on at once; look closely at anything else."""
        recorder = self.recorder
        recorder.bytes_in += len(data)
        service = self.service
        if (
            self.phase == IDLE
            and service is not None
            and self.inbox is None
            and self.struck is None
            and not self._engine.has_request_faults
            and (data == self._last_plain or self._looks_plain(data))
        ):
            self.started_at = monotonic()
            self.in_exchange = True
            recorder.in_flight += 1
            self.phase = WAITING
            if data[0] == _H:
                self.method = b"HEAD"  # the only plain method that begins so
                service.phase = CAREFUL
            else:
                self.method = ORDINARY
                service.phase = AWAITED
            service.write(data)
        else:
            self._receive(data)

    @override
    def eof_received(self) -> bool:
        """Keep the connection while a whole request awaits its answer; else let it close."""
        self.input_ended = True
        self._next_request()
        if self.phase == WAITING:
            probe_when_silent(self.transport)
            self.forward_end()
            return True
        if self.phase == TUNNEL:
            self.forward_end()
            return not self.output_ended
        return False

    @override
    def forward_end(self) -> None:
        """Tell the service that no more comes, once the last request went out."""
        if self.inbox is None and self.phase in (WAITING, TUNNEL):
            super().forward_end()

    @override
    def swallow(self) -> None:
        """Throw away what was sent and what follows."""
        super().swallow()
        self.phase = CLOSING
        self.inbox = None

    @override
    def exchange_over(self) -> None:
        """Be ready for the next request, or close."""
        if self.context.draining or self._must_close:
            self.close()
        elif self.inbox is not None:
            # Not at once: a thousand pipelined requests that are answered here would be as many calls deep.
            self.context.loop.call_soon(self._next_request)
        elif self.input_ended:
            self.close()

    @override
    def check_quiet(self, now: float) -> None:
        """Close a caller that sends nothing, or not the end of a head."""
        settings = self.context.settings
        if self.transport.is_closing():
            # The caller does not read what was sent before the close.
            if now - self.quiet_since > settings.idle_timeout_s:
                self.transport.abort()
            return
        if self.phase != IDLE:
            return
        if self.inbox is not None:
            if now - max(self.inbox.arrived_at(1), self.quiet_since) > settings.head_timeout_s:
                self.refuse(RefusedError(408, "the request's head did not come in time"))
        elif now - self.quiet_since > (
            settings.idle_timeout_s if self._spoke else settings.head_timeout_s
        ):
            self.transport.close()

    @override
    def drain(self) -> None:
        """Close now if nothing is under way; else `exchange_over` will."""
        if self.phase == IDLE:
            self.close()

    def _looks_plain(self, data: bytes) -> bool:
        is_plain = self._is_plain(data)
        if is_plain and len(data) <= REMEMBERED_BYTES_MAX:
            self._last_plain = data
        return is_plain

    def _receive(self, data: bytes) -> None:
        phase = self.phase
        if phase == BODY and self._body is not None:
            self._take_body(self._body, data)
        elif phase == TUNNEL:
            self.pass_on(data)
        elif phase != CLOSING:
            inbox = self.inbox = self.inbox or Inbox()
            inbox.add(data, monotonic())
            if phase == IDLE:
                self._next_request()
            elif len(inbox) > _INBOX_BYTES_MAX:
                self.hold_reading(QUEUE_FULL)

    def _next_request(self) -> None:
        inbox = self.inbox
        if self.phase != IDLE or inbox is None or self.transport.is_closing():
            return
        self.let_read(QUEUE_FULL)
        try:
            head = inbox.read_head(self.context.limits)
            whole = self._measure(head, inbox) if head is not None else 0
        except RefusedError as refused:
            self.refuse(refused)
            return
        except BodyError as error:
            self.refuse(RefusedError(400, str(error)))
            return
        if head is not None:
            self._begin_request(head, whole, inbox)
        elif self.input_ended:
            self.close()

    def _measure(self, head: RequestHead, inbox: Inbox) -> int:
        """Return how many bytes of the inbox belong to this request; what is wrong with its body's begin is seen here."""
        self._body = body_reader(head.body, strict=True)
        return inbox.measure(self._body, head.end) if head.body else head.end

    def _begin_request(self, head: RequestHead, length: int, inbox: Inbox) -> None:
        self._spoke = True
        self.started_at = inbox.arrived_at(head.end)
        self.method = head.method
        self._closes = head.closes
        self._response_done = False
        self.forget_struck()
        self.phase = WAITING if self._body is None or self._body.done else BODY
        data = inbox.take(length)
        if not len(inbox):
            self.inbox = None
        engine = self._engine
        decision = None
        if engine.has_request_faults:
            decision = engine.decide_request(
                head.method, head.target, data[: head.end], monotonic(), counted=self.counted
            )
        self.begin(data, decision)

    def _take_body(self, body: Body, data: bytes) -> None:
        try:
            end = body.take(data, 0)
        except BodyError as error:
            self.refuse(RefusedError(400, str(error)))
            return
        if end < len(data):
            inbox = self.inbox = Inbox()
            inbox.add(data[end:], monotonic())
            data = data[:end]
        self.pass_on(data)
        if body.done:
            self._request_whole()

    def _request_whole(self) -> None:
        self._body = None
        self.asked_at = monotonic()
        if self.service is not None and self.service.phase == AWAITED:
            self.service.phase = CAREFUL  # the two times of such a request are not the same
        if self._response_done:
            self._response_done = False
            self.phase = IDLE
            self.exchange_over()
        elif self.phase == BODY:
            self.phase = WAITING
            self.forward_end()
