"""Answers that need no waiting, written where their request was read: no task, no application, no events between them.

Most of what the platform is asked is a report that says nothing new. Such a request is answered as soon as its last byte is there;
everything else goes its usual way through the application, as if this were not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from tagent_platform.api.connections import BoundedProtocol, ConnectionGuard

BODY_BYTES_MAX = 64 * 2**10
"""A larger body is not collected here."""

Headers = list[tuple[bytes, bytes]]


class Eager(Protocol):
    """Answers a request at once, or leaves it as if it had never been seen."""

    def __call__(self, headers: Headers, body: bytes) -> bytes | None:
        """Return the head's own lines and the body of a 200; None when it takes more, or anything is wrong."""


def _ask(answer: Eager, headers: Headers, body: bytes) -> bytes | None:
    try:
        return answer(headers, body)
    except Exception:  # noqa: BLE001 - the usual way meets the same error, and answers it as a problem
        return None


class EagerProtocol(BoundedProtocol):
    """The bounded protocol, with the POSTs of some paths answered at once where that can be."""

    def __init__(self, *args: Any, eager: Mapping[bytes, Eager], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._eager = eager
        self._answer: Eager | None = None
        """Of the request being read; its cycle is not begun."""
        self._body = b""

    @override
    def on_message_begin(self) -> None:
        self._answer = None
        super().on_message_begin()

    @override
    def begin_cycle(self) -> None:
        answer = self._eager.get(self.url)
        if answer is not None and self._is_simple():
            self._answer, self._body = answer, b""
        else:
            super().begin_cycle()

    def _is_simple(self) -> bool:
        parser = self.parser
        return (
            parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and (self.cycle is None or self.cycle.response_complete)
            and not (self.expect_100_continue or parser.should_upgrade())
            and not self.flow.write_paused
        )

    @override
    def on_body(self, body: bytes) -> None:
        if self._answer is None:
            super().on_body(body)
            return
        self._body = self._body + body if self._body else body
        if len(self._body) > BODY_BYTES_MAX:
            self._go_usual_way()

    def _go_usual_way(self) -> None:
        self._answer = None
        super().begin_cycle()
        if self._body:
            super().on_body(self._body)
            self._body = b""

    @override
    def on_message_complete(self) -> None:
        if self._answer is not None and self.parser.should_keep_alive():
            answered = _ask(self._answer, self.headers, self._body)
            if answered is not None:
                self._write(answered)
                return
        if self._answer is not None:
            self._go_usual_way()
        super().on_message_complete()

    def _write(self, answered: bytes) -> None:
        self._answer, self._body = None, b""
        parts = [STATUS_LINE[200]]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(answered)
        self.transport.write(b"".join(parts))
        self.server_state.total_requests += 1
        self.rest()


def eager_protocol(guard: ConnectionGuard, eager: Mapping[bytes, Eager]) -> Any:
    """Return what uvicorn calls for each new connection."""
    return partial(EagerProtocol, guard=guard, eager=eager)
