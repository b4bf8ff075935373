"""The way in: who calls, how much they send, and every refusal on the way as a problem. Plain ASGI, since each request passes here."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tagent_contract.problems import ProblemType
from tagent_platform.api.auth import CALLER, Access
from tagent_platform.api.errors import (
    ProblemError,
    error_problem,
    invalid,
    problem_response,
    too_large,
)
from tagent_platform.api.limits import RequestLimits
from tagent_platform.api.metrics import Counters

PREFIX = "/api/v1"
TELEMETRY_PATHS = frozenset({"/telemetry", f"{PREFIX}/telemetry"})
_GUARDED_AT_ROOT = frozenset({"/telemetry", "/inject-fault"})


class CallerGoneError(Exception):
    """The caller closed the connection before the end of its request."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first header of that (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def needs_token(path: str) -> bool:
    """Tell whether this path is behind the tokens: all of the API is; documentation and health are not."""
    return path in _GUARDED_AT_ROOT or path.startswith(f"{PREFIX}/")


class Gate:
    """Admits a request, reads its body within its limit, and hands both on."""

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        limits: RequestLimits,
        refusals: Counters,
        fast: dict[str, ASGIApp],
    ) -> None:
        self._app = app
        self._access = access
        self._limits = limits
        self._refusals = refusals
        self._fast = fast
        """Paths whose POST goes straight to its handler, past routing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._let_in(scope, receive, send)
        except ProblemError as error:
            self._refusals.add(reason_of(error))
            await problem_response(error.problem, error.headers)(scope, receive, send)
        except CallerGoneError:
            return

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if needs_token(path):
            client = scope.get("client")
            scope[CALLER] = self._access.admit(
                header(scope, b"authorization"), client[0] if client else ""
            )
        app = self._app
        if scope["method"] not in ("GET", "HEAD"):
            bytes_max = (
                self._limits.telemetry_body_bytes_max
                if path in TELEMETRY_PATHS
                else self._limits.body_bytes_max
            )
            body = await read_body(scope, receive, bytes_max)
            receive = replay(body, receive)
            if scope["method"] == "POST":
                app = self._fast.get(path, app)
        await app(scope, receive, send)


async def read_body(scope: Scope, receive: Receive, bytes_max: int) -> bytes:
    """Return the whole body. Raises a 413 as soon as it is known to be over the limit, before reading it where its length is told."""
    declared = header(scope, b"content-length")
    if declared is not None and _length(declared) > bytes_max:
        raise too_large(bytes_max)
    message = await _next_part(receive)
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= bytes_max:
        return body
    parts, size = [body], len(body)
    while message.get("more_body", False) and size <= bytes_max:
        message = await _next_part(receive)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > bytes_max:
        raise too_large(bytes_max)
    return b"".join(parts)


def _length(declared: bytes) -> int:
    try:
        return int(declared)
    except ValueError:
        raise invalid("content-length", "is not a number") from None


async def _next_part(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise CallerGoneError
    return message


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body already read, and then what the connection says."""
    is_given = False

    async def receive_again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


class Answered:
    """A plain route whose errors are answered as problems; it sends nothing before it fails. What nobody foresaw is raised again, to be logged."""

    def __init__(self, route: ASGIApp, refusals: Counters) -> None:
        self._route = route
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        try:
            await self._route(scope, receive, send)
        except Exception as error:
            refusal = error_problem(error)
            self._refusals.add(reason_of(refusal))
            await problem_response(refusal.problem, refusal.headers)(scope, receive, send)
            if refusal.problem.type.endswith(ProblemType.INTERNAL):
                raise


def reason_of(error: ProblemError) -> str:
    """Return why something was refused, as a metric's label."""
    return error.problem.reason or error.problem.type.rpartition(":")[2]
