"""The service's side of an HTTP pair: finds where each response begins and ends, and passes its bytes on as they are.

Phases: see `phases.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagent_contract.reports import ErrorClass
from tagent_sidecar.proxy.body import Body, BodyError, EndlessBody, Ranges, body_reader
from tagent_sidecar.proxy.heads import TUNNEL, MalformedError, ResponseHead, read_response_head
from tagent_sidecar.proxy.overriding import override
from tagent_sidecar.proxy.phases import (
    ANSWERING,
    AWAITED,
    CAREFUL,
    PASSING,
    RESTING,
    TUNNELLING,
    WAITING,
)
from tagent_sidecar.proxy.plain import REMEMBERED_BYTES_MAX
from tagent_sidecar.proxy.upstream import Upstream

if TYPE_CHECKING:
    from tagent_sidecar.proxy.http_exchange import HttpExchange


class HttpUpstream(Upstream):
    """One HTTP connection to the service."""

    __slots__ = ("_body", "_caller", "_is_plain", "_last_plain", "_partial", "answered", "phase")

    def __init__(self, downstream: HttpExchange) -> None:
        super().__init__(downstream)
        self._caller = downstream
        self._is_plain = downstream.context.plain_responses.is_one
        self._partial = b""
        """The begin of a head whose end has not come."""
        self._last_plain = b""
        """The latest plain response: the same bytes need no second look."""
        self._body: Body | None = None
        self.phase = RESTING
        self.answered = False
        """A response came on this connection before: it is reused, and may be closed at any moment."""

    @override
    def data_received(self, data: bytes) -> None:
        """Pass a plain whole response on at once; look closely at anything else."""
        caller = self._caller
        if (
            self.phase == AWAITED
            and caller.phase == WAITING
            and caller.struck is None
            and not self._partial
            and (data == self._last_plain or self._looks_plain(data))
        ):
            self.phase = RESTING
            self.answered = True
            caller.write(data)
            caller.answered_whole(data)
        else:
            self._receive(data)

    @override
    def eof_received(self) -> bool:
        """Keep a tunnel half open; else let the transport close."""
        if self.phase == TUNNELLING and not self._caller.input_ended:
            self._caller.end_output()
            return True
        return False

    def tunnel(self) -> None:
        """Speak no HTTP any more."""
        self.phase = TUNNELLING

    def is_complete_at_close(self, exc: Exception | None) -> bool:
        """Return whether the close is the regular end of the response under way."""
        return self.phase == ANSWERING and isinstance(self._body, EndlessBody) and exc is None

    @property
    def ends_by_close(self) -> bool:
        """Return whether only the close tells a caller that the response under way is whole."""
        return self.phase == PASSING or isinstance(self._body, EndlessBody)

    @property
    def began_head(self) -> bool:
        """Return whether part of a head has come."""
        return bool(self._partial)

    def _looks_plain(self, data: bytes) -> bool:
        is_plain = self._is_plain(data)
        if is_plain and len(data) <= REMEMBERED_BYTES_MAX:
            self._last_plain = data
        return is_plain

    def _receive(self, data: bytes) -> None:
        phase = self.phase
        if phase == ANSWERING and self._body is not None:
            self._read_body(self._body, data, 0)
        elif phase in (AWAITED, CAREFUL):
            self._read_head(self._partial + data)
        else:
            if phase == RESTING and data.strip(b"\r\n"):
                # Nobody asked. Services say so why they close; the caller may see it, as it would without us. (A few
                # end their bodies in an empty line too many.)
                self.phase = PASSING
            self._caller.deliver(data, [])

    def _read_head(self, data: bytes) -> None:
        self._partial = b""
        while data:
            try:
                head = read_response_head(data, self._caller.method)
            except MalformedError as error:
                self._malformed(data, str(error))
                return
            if head is None:
                self._keep_partial(data)
                return
            if not head.is_interim:
                self._begin_response(head, data)
                return
            self._caller.deliver(data[: head.end], [])
            data = data[head.end :]

    def _keep_partial(self, data: bytes) -> None:
        if len(data) > self._caller.context.settings.buffer_bytes_max:
            self._malformed(data, "the head does not end")
        else:
            self._partial = data

    def _begin_response(self, head: ResponseHead, data: bytes) -> None:
        caller = self._caller
        self.answered = True
        caller.response_begins(head.http_status, data[: head.end])
        if head.body == TUNNEL:
            self.phase = TUNNELLING
            caller.deliver(data, [])
            caller.begin_tunnel()
            return
        self.phase = ANSWERING
        self._body = body_reader(head.body, strict=False)
        self._read_body(self._body, data, head.end)

    def _read_body(self, body: Body, data: bytes, start: int) -> None:
        caller = self._caller
        payload: Ranges = []
        try:
            end = body.take(data, start, payload if caller.shaper is not None else None)
        except BodyError:
            self.phase = PASSING
            caller.error = ErrorClass.MALFORMED
            caller.deliver(data, [])
            return
        surplus = b""
        if end < len(data):
            data, surplus = data[:end], data[end:]
        caller.deliver(data, payload)
        if body.done:
            self.phase = RESTING
            self._body = None
            caller.response_over()
            if surplus:
                self._receive(surplus)

    def _malformed(self, data: bytes, problem: str) -> None:
        self.phase = PASSING
        if not self._caller.response_is_malformed(problem):
            self._caller.deliver(data, [])
